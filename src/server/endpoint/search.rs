//! `POST /.search`, `/Users/.search`, `/Groups/.search` (RFC 7644 section 3.4.3): a query whose values stay out of addresses and logs.
//!
//! The query itself runs as in `list`. A search over both types answers users first, then groups.

use actix_web::HttpRequest;
use actix_web::web::{Data, Payload};
use serde_json::Value;

use super::list;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::list::ListQuery;
use crate::server::body;
use crate::server::routes::Answer;
use crate::server::state::ServerState;

/// Searches users.
///
/// # Errors
/// As a list; and a body that cannot be read.
pub async fn users(req: HttpRequest, payload: Payload, state: Data<ServerState>) -> Answer {
    one(ResourceKind::User, &req, payload, state).await
}

/// Searches groups.
///
/// # Errors
/// As [`users`].
pub async fn groups(req: HttpRequest, payload: Payload, state: Data<ServerState>) -> Answer {
    one(ResourceKind::Group, &req, payload, state).await
}

async fn one(kind: ResourceKind, req: &HttpRequest, payload: Payload, state: Data<ServerState>) -> Answer {
    let body = body::read(req, payload, &state.settings).await?;
    let query = ListQuery::from_search(kind, &body)?;
    let start = query.start_index;
    Ok(list::run(kind, query, state).await?.answer(start))
}

/// Searches users and groups. A filter that makes no sense for one type finds nothing of it.
///
/// # Errors
/// As [`users`], when the query makes sense for neither.
pub async fn everything(req: HttpRequest, payload: Payload, state: Data<ServerState>) -> Answer {
    let body = body::read(&req, payload, &state.settings).await?;
    let (users, groups) = match (query(ResourceKind::User, &body), query(ResourceKind::Group, &body)) {
        (Err(error), Err(_)) => return Err(error),
        (users, groups) => (users.ok(), groups.ok()),
    };
    let (start, count) =
        users.as_ref().or(groups.as_ref()).map_or((1, 0), |query| (query.start_index, query.count));
    let mut all = list::Page::default();
    for (kind, query) in [(ResourceKind::User, users), (ResourceKind::Group, groups)] {
        let Some(mut query) = query else { continue };
        query.start_index = start.saturating_sub(all.total).max(1);
        query.count = count.saturating_sub(all.number);
        all.append(list::run(kind, query, state.clone()).await?);
    }
    Ok(all.answer(start))
}

fn query(kind: ResourceKind, body: &Value) -> Result<ListQuery, ScimError> {
    ListQuery::from_search(kind, body)
}
