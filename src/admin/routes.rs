//! The list of the administration's routes, as data, and their registration below `/admin`.

use std::future::ready;

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, ResponseError, Route};

use super::state::AdminState;
use super::{import, plan, sagas, tokens};
use crate::scim::error::ScimError;

/// A method's name and what makes its route.
pub type Method = (&'static str, fn() -> Route);
/// Pattern below `/admin`, and its methods.
pub type Entry = (&'static str, &'static [Method]);

/// All routes.
pub const ROUTES: &[Entry] = &[
    ("/tokens", &[("GET", || web::get().to(tokens::list)), ("POST", || web::post().to(tokens::create))]),
    ("/tokens/{id}", &[("DELETE", || web::delete().to(tokens::revoke))]),
    ("/sagas", &[("GET", || web::get().to(sagas::list))]),
    ("/sagas/{id}", &[("GET", || web::get().to(sagas::show))]),
    ("/sagas/{id}/redrive", &[("POST", || web::post().to(sagas::redrive))]),
    ("/plan", &[("POST", || web::post().to(plan::handle))]),
    ("/import", &[("GET", || web::get().to(import::progress)), ("POST", || web::post().to(import::start))]),
];

/// Registers all routes with their state.
pub fn configure(cfg: &mut ServiceConfig, state: &Data<AdminState>) {
    cfg.app_data(state.clone());
    for (pattern, methods) in ROUTES {
        let allow = methods.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let refuse = move || ready(not_allowed(&allow));
        let resource = methods
            .iter()
            .fold(web::resource(*pattern), |resource, (_, route)| resource.route(route()))
            .default_service(web::to(refuse));
        cfg.service(resource);
    }
}

fn not_allowed(allow: &str) -> HttpResponse {
    let fault = ScimError::method_not_allowed(format!("This address takes {allow}."));
    let mut response = fault.error_response();
    if let Ok(value) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}
