//! `POST /.search`, `/Users/.search`, `/Groups/.search` (RFC 7644 section 3.4.3): a query whose values stay out of addresses and logs.
//!
//! The query itself runs as in `list`. A search over both types answers users first, then groups.

use actix_web::HttpRequest;
use actix_web::web::{Data, Payload};

use super::list;
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
    let (total, items) = list::run(kind, query, state).await?;
    Ok(list::page(total, start, items))
}

/// Searches users and groups. An attribute that one of the types does not have is without value there (RFC 7644 section
/// 3.4.2.1).
///
/// # Errors
/// As [`users`], when the query makes sense for neither.
pub async fn everything(req: HttpRequest, payload: Payload, state: Data<ServerState>) -> Answer {
    let body = body::read(&req, payload, &state.settings).await?;
    let queries = ResourceKind::ALL
        .into_iter()
        .map(|kind| ListQuery::from_search_anywhere(kind, &body).map(|query| (kind, query)))
        .collect::<Result<Vec<_>, _>>()?;
    let (start, count) = queries.first().map_or((1, 0), |(_, query)| (query.start_index, query.count));
    if let Some(sort) = queries.first().and_then(|(_, query)| query.sort.clone()) {
        let (total, items) = list::run_sorted(queries, sort, state).await?;
        return Ok(list::page(total, start, items));
    }
    let mut total = 0;
    let mut items = Vec::new();
    for (kind, mut query) in queries {
        query.start_index = start.saturating_sub(total).max(1);
        query.count = count.saturating_sub(items.len());
        let (found, page) = list::run(kind, query, state.clone()).await?;
        total += found;
        items.extend(page);
    }
    Ok(list::page(total, start, items))
}
