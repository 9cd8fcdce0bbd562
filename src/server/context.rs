//! What is known of the request at hand: its id, its tenant, and who sent it once that is known.
//!
//! Put into the request by [`super::middleware`] before it is routed, completed by [`super::auth`]; handlers
//! ask for the tenant with [`Current`].

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::tenant::Tenant;
use super::tokens::Principal;
use crate::model::{Actor, Cause, ClientId};
use crate::scim::error::ScimError;

/// What is known of a request.
#[derive(Clone)]
pub(crate) struct RequestContext {
    /// Its id.
    pub id: String,
    /// Whose it is; `None` where its path is no tenant's.
    pub tenant: Option<Arc<Tenant>>,
    /// Who sent it, once its token was checked.
    pub principal: Option<Principal>,
}

/// The client that asks.
pub(crate) fn client(req: &HttpRequest) -> ClientId {
    let extensions = req.extensions();
    client_of(extensions.get::<RequestContext>().and_then(|context| context.principal.as_ref()))
}

fn client_of(who: Option<&Principal>) -> ClientId {
    who.map_or_else(|| ClientId::new("-"), |who| who.client().clone())
}

/// Who asks, and in which request.
pub(crate) fn cause(req: &HttpRequest) -> Cause {
    let extensions = req.extensions();
    let context = extensions.get::<RequestContext>();
    let who = context.and_then(|context| context.principal.as_ref());
    Cause {
        by: Actor::Client(client_of(who)),
        credential: who.map(|who| who.credential().clone()),
        request: context.map(|context| context.id.clone()).unwrap_or_default(),
    }
}

/// The tenant of the request at hand, and the client that asks.
#[derive(Clone)]
pub(crate) struct Current(Arc<Tenant>, ClientId);

impl Current {
    /// The client that asks.
    pub(crate) fn client(&self) -> &ClientId {
        &self.1
    }
}

impl Deref for Current {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.0
    }
}

impl FromRequest for Current {
    type Error = ScimError;
    type Future = Ready<Result<Self, ScimError>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let client = client(req);
        let extensions = req.extensions();
        let tenant = extensions.get::<RequestContext>().and_then(|context| context.tenant.clone());
        let current = tenant.map(|tenant| Self(tenant, client));
        ready(current.ok_or_else(|| ScimError::not_found("There is no such endpoint.")))
    }
}
