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

/// Who asks, and in which request.
pub(crate) fn cause(req: &HttpRequest) -> Cause {
    let extensions = req.extensions();
    let context = extensions.get::<RequestContext>();
    let who = context.and_then(|context| context.principal.as_ref());
    Cause {
        by: Actor::Client(who.map_or_else(|| ClientId::new("-"), |who| who.client().clone())),
        credential: who.map(|who| who.credential().clone()),
        request: context.map(|context| context.id.clone()).unwrap_or_default(),
    }
}

/// The tenant of the request at hand.
#[derive(Clone)]
pub(crate) struct Current(Arc<Tenant>);

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
        let extensions = req.extensions();
        let tenant = extensions.get::<RequestContext>().and_then(|context| context.tenant.clone());
        ready(tenant.map(Self).ok_or_else(|| ScimError::not_found("There is no such endpoint.")))
    }
}
