//! What the administration endpoints of one tenant share, and how their answers look.
//!
//! Built once for each tenant by `app`, which has it put into every request that is let in; handlers ask for
//! it with [`Administration`]. Answers are plain JSON; errors have the SCIM shape, so that a client needs one
//! parser only.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use serde_json::Value;

use super::door::AdminDoor;
use crate::model::TenantId;
use crate::model::ports::{Clock, Ids, Journal, Store};
use crate::scim::error::ScimError;

/// Fresh random bytes of the operating system.
pub(crate) type Random = Arc<dyn Fn() -> Result<[u8; 32], String> + Send + Sync>;

/// Brings a change of tokens into force.
pub(crate) type TokensChanged = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What the endpoints share.
pub(crate) struct AdminState {
    /// The tenant.
    pub tenant: TenantId,
    /// For tokens.
    pub store: Arc<dyn Store>,
    /// For sagas.
    pub journal: Arc<dyn Journal>,
    /// For everything that changes users and groups.
    pub door: Arc<dyn AdminDoor>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn Ids>,
    /// Random bytes for tokens.
    pub random: Random,
    /// Called after tokens changed, so that the change is in force at once.
    pub tokens_changed: TokensChanged,
    /// One change of tokens at a time, so that the limit of live ones holds.
    pub tokens_lane: tokio::sync::Mutex<()>,
}

/// What handlers give back.
pub(crate) type HandlerResult = Result<HttpResponse, ScimError>;

/// The administration of the request's tenant.
#[derive(Clone)]
pub(crate) struct Administration(Arc<AdminState>);

impl Deref for Administration {
    type Target = AdminState;

    fn deref(&self) -> &AdminState {
        &self.0
    }
}

impl FromRequest for Administration {
    type Error = ScimError;
    type Future = Ready<Result<Self, ScimError>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let state = req.extensions().get::<Arc<AdminState>>().cloned();
        ready(state.map(Self).ok_or_else(|| ScimError::not_found("There is no such endpoint.")))
    }
}

/// JSON with a status.
pub(super) fn json(status: StatusCode, body: &Value) -> HttpResponse {
    HttpResponse::build(status).content_type("application/json").body(body.to_string())
}

/// Reads a JSON body; an empty one is an empty object.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, ScimError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ScimError::invalid_syntax(format!(
            "The request body is not valid JSON (line {line}, column {column})."
        ))
    })
}
