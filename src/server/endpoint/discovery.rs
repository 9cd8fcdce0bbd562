//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 section 4). Filters are refused with 403
//! there, as the RFC demands.
//!
//! What they say is written in `scim::discovery`, from the same registry that drives parsing.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use serde_json::Value;

use crate::model::Object;
use crate::scim::discovery;
use crate::scim::error::ScimError;
use crate::scim::list::list_response;
use crate::server::answer::HandlerResult;
use crate::server::context::Current;
use crate::server::{answer, query};

/// What this service can do.
///
/// # Errors
/// 403 with a filter.
pub(crate) async fn service_provider_config(req: HttpRequest, tenant: Current) -> HandlerResult {
    show(&req, Some(discovery::service_provider_config(tenant.settings.base_url())))
}

/// All resource types.
///
/// # Errors
/// 403 with a filter.
pub(crate) async fn resource_types(req: HttpRequest, tenant: Current) -> HandlerResult {
    show(&req, Some(all(discovery::resource_types(tenant.settings.base_url()))))
}

/// One resource type.
///
/// # Errors
/// 404 when there is none of that name.
pub(crate) async fn resource_type(req: HttpRequest, name: Path<String>, tenant: Current) -> HandlerResult {
    show(&req, discovery::resource_type(tenant.settings.base_url(), &name).map(Value::Object))
}

/// All schemas.
///
/// # Errors
/// 403 with a filter.
pub(crate) async fn schemas(req: HttpRequest, tenant: Current) -> HandlerResult {
    show(&req, Some(all(discovery::schemas(tenant.settings.base_url(), &tenant.settings.suggestions))))
}

/// One schema.
///
/// # Errors
/// 404 when there is none of that URN.
pub(crate) async fn schema(req: HttpRequest, urn: Path<String>, tenant: Current) -> HandlerResult {
    show(
        &req,
        discovery::schema(tenant.settings.base_url(), &urn, &tenant.settings.suggestions).map(Value::Object),
    )
}

fn all(items: Vec<Object>) -> Value {
    list_response(items.len(), 1, items)
}

fn show(req: &HttpRequest, found: Option<Value>) -> HandlerResult {
    if query::first(&query::pairs(req.query_string())?, "filter").is_some() {
        return Err(ScimError::forbidden("A filter is not allowed here (RFC 7644 section 4)."));
    }
    let found =
        found.ok_or_else(|| ScimError::not_found("There is no schema or resource type of that name."))?;
    Ok(answer::json(StatusCode::OK, &found))
}
