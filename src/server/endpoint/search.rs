//! `POST /.search`, `/Users/.search`, `/Groups/.search` (RFC 7644 section 3.4.3): a query whose values stay out of addresses and logs.
//!
//! The query itself runs as in `list`. A search over both types answers users first, then groups.

use actix_web::HttpRequest;
use actix_web::web::{Data, Payload};
use serde_json::Value;

use super::list::{self, Page, Paging};
use crate::scim::cursor::{After, Position};
use crate::scim::dialect::Dialect;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::list::{ListQuery, SEARCH_SCHEMA, Sort};
use crate::server::body;
use crate::server::find::From;
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
    let body = body::read(req, payload, &state).await?;
    check_schema(&body, state.settings.dialect)?;
    let query = ListQuery::from_search(kind, &body)?;
    list::one(kind, query, state).await
}

/// In the strict dialect a search says that it is one (RFC 7644 section 3.4.3).
fn check_schema(body: &Value, dialect: Dialect) -> Result<(), ScimError> {
    let listed = || body.get("schemas")?.as_array();
    if dialect.is_tolerant() || listed().is_some_and(|urns| urns.iter().any(|urn| urn == SEARCH_SCHEMA)) {
        return Ok(());
    }
    Err(ScimError::invalid_syntax(format!("schemas of a search must list {SEARCH_SCHEMA}.")))
}

/// Searches users and groups. An attribute that one of the types does not have is without value there (RFC 7644 section
/// 3.4.2.1).
///
/// # Errors
/// As [`users`].
pub async fn everything(req: HttpRequest, payload: Payload, state: Data<ServerState>) -> Answer {
    let body = body::read(&req, payload, &state).await?;
    check_schema(&body, state.settings.dialect)?;
    let queries = ResourceKind::ALL
        .into_iter()
        .map(|kind| ListQuery::from_search_anywhere(kind, &body).map(|query| (kind, query)))
        .collect::<Result<Vec<_>, _>>()?;
    let borrowed: Vec<_> = queries.iter().map(|(kind, query)| (*kind, query)).collect();
    let paging = Paging::of(&state, &borrowed)?;
    if let Some(sort) = queries.first().and_then(|(_, query)| query.sort.clone()) {
        return sorted(queries, sort, paging, state).await;
    }
    match paging {
        None => by_index(queries, state).await,
        Some(paging) => by_cursor(queries, &paging, state).await,
    }
}

/// One order over both types; a cursor counts from its beginning.
async fn sorted(
    queries: Vec<(ResourceKind, ListQuery)>,
    sort: Sort,
    paging: Option<Paging>,
    state: Data<ServerState>,
) -> Answer {
    let start = queries.first().map_or(1, |(_, query)| query.start_index);
    let Some(paging) = paging else {
        return Ok(list::run_sorted(queries, sort, From::Index, state).await?.answer(start));
    };
    let page = list::run_sorted(queries, sort, paging.from(ResourceKind::User), state.clone()).await?;
    let next = page.next.clone().map(|after| Position { kind: ResourceKind::User, after });
    paging.answer(&state, page, next)
}

async fn by_index(queries: Vec<(ResourceKind, ListQuery)>, state: Data<ServerState>) -> Answer {
    let (start, count) = queries.first().map_or((1, 0), |(_, query)| (query.start_index, query.count));
    let mut all = Page::empty();
    for (kind, mut query) in queries {
        query.start_index = start.saturating_sub(all.total.unwrap_or(0)).max(1);
        query.count = count.saturating_sub(all.number);
        all.append(list::run(kind, query, From::Index, state.clone()).await?);
    }
    Ok(all.answer(start))
}

/// Users to their end, then groups. The cursor says in which of them the next page begins.
async fn by_cursor(
    queries: Vec<(ResourceKind, ListQuery)>,
    paging: &Paging,
    state: Data<ServerState>,
) -> Answer {
    let count = queries.first().map_or(0, |(_, query)| query.count);
    let (mut all, mut next) = (Page::empty(), None);
    for (kind, mut query) in queries.into_iter().filter(|(kind, _)| !paging.is_past(*kind)) {
        query.count = count.saturating_sub(all.number);
        let full = query.count == 0;
        let page = list::run(kind, query, paging.from(kind), state.clone()).await?;
        // A page that is full already looks only whether this type may have anything.
        let begins = || After::Id(String::new());
        let after = page.next.clone().or_else(|| (full && page.total != Some(0)).then(begins));
        all.append(page);
        if let Some(after) = after {
            next = Some(Position { kind, after });
            break;
        }
    }
    // How many there are in all is told by paging by index; here the types before may be past.
    all.total = None;
    paging.answer(&state, all, next)
}
