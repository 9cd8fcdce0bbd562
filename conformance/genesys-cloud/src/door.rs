//! The one way in: a call, whichever way it came, and what becomes of it. Sockets lead here through `http`, a
//! test in the same process through [`crate::Cloud::call`].
//!
//! Only says whose call it is: the organisation's is `engine`'s, the test's `control`'s.

use std::sync::Arc;

use crate::control;
use crate::engine::{Engine, Host, Outcome};
use crate::reply::Reply;
use crate::request::Request;

/// The answer to a call made in process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers in order; names in any letter case.
    pub headers: Vec<(String, String)>,
    /// The body; empty when there is none.
    pub body: Vec<u8>,
}

impl From<Reply> for Response {
    fn from(reply: Reply) -> Self {
        Response {
            status: reply.status,
            headers: reply.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            body: reply.bytes(),
        }
    }
}

/// Takes one call to its end.
pub(crate) async fn enter(engine: Arc<Engine>, host: Host, request: Request) -> Outcome {
    if host == Host::Api && request.path.starts_with("/__emulator/") {
        return Outcome::Send(control::handle(&engine, &request).typed(false));
    }
    engine.handle(host, request).await
}
