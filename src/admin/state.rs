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
use crate::audit::{self, AuditRecord};
use crate::directory::Directory;
use crate::model::ports::{Clock, Ids, Journal, Store};
use crate::model::{Batch, Cause, ClientId, CredentialId, StoreError, TenantId};
use crate::resync::Runs;
use crate::scim::error::ScimError;
use crate::scim::json::{JsonFault, read, twice};
use crate::scim::store_fault::store_fault;
use crate::store::tokens::TokenRecord;

/// Fresh random bytes of the operating system.
pub(crate) type Random = Arc<dyn Fn() -> Result<[u8; 32], String> + Send + Sync>;

/// A change of tokens, for what knows them in memory.
#[derive(Clone, Debug)]
pub(crate) enum TokenChange {
    /// One more.
    Made(Box<TokenRecord>),
    /// One less.
    Revoked(CredentialId),
}

/// The turn of whoever changes tokens; the next one waits until it is dropped.
pub(crate) type TokensLane = tokio::sync::OwnedMutexGuard<()>;

/// Commits a change of tokens and brings it into force. Goes on when the caller leaves: a token that is
/// revoked on disk opens nothing from then on.
pub(crate) type ChangeTokens = Arc<
    dyn Fn(TokensLane, Batch, TokenChange) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>
        + Send
        + Sync,
>;

/// What the endpoints share.
pub(crate) struct AdminState {
    /// The tenant.
    pub tenant: TenantId,
    /// For tokens.
    pub store: Arc<dyn Store>,
    /// For work records.
    pub directory: Arc<Directory>,
    /// For runs of a resync.
    pub runs: Runs,
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
    /// The way by which tokens change.
    pub change_tokens: ChangeTokens,
    /// One change of tokens at a time, so that the limit of live ones holds.
    pub tokens_lane: Arc<tokio::sync::Mutex<()>>,
}

impl AdminState {
    /// The trail's record of what the administrator who sent this request did.
    pub(super) fn trail(&self, req: &HttpRequest, what: &str, subject: &str, outcome: &str) -> AuditRecord {
        // The guard puts it into every request that it lets in.
        let unknown = || Cause::client(ClientId::new("-"), CredentialId::new("-"), "-");
        let cause = req.extensions().get::<Cause>().cloned().unwrap_or_else(unknown);
        AuditRecord::administration(&cause, self.clock.now_ms(), what, subject, outcome)
    }

    /// Puts into the trail that an administrator asks for something, before it is begun.
    ///
    /// # Errors
    /// The store refuses; then nothing may be begun.
    pub(super) async fn note(&self, req: &HttpRequest, what: &str, subject: &str) -> Result<(), ScimError> {
        let mut batch = Batch::new();
        audit::append(&mut batch, &self.tenant, &self.trail(req, what, subject, "asked"))
            .map_err(|error| store_fault(&error))?;
        self.store.commit(batch).await.map(drop).map_err(|error| store_fault(&error))
    }
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

/// Who asks, and in which request, as the guard put it into the request.
pub(crate) struct Caller(pub(super) Cause);

impl FromRequest for Caller {
    type Error = ScimError;
    type Future = Ready<Result<Self, ScimError>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let cause = req.extensions().get::<Cause>().cloned();
        ready(cause.map(Self).ok_or_else(|| ScimError::not_found("There is no such endpoint.")))
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
    read(bytes).map_err(|fault| match fault {
        JsonFault::Malformed { line, column } => ScimError::invalid_syntax(format!(
            "The request body is not valid JSON (line {line}, column {column})."
        )),
        JsonFault::Twice(name) => twice(&name),
    })
}
