//! `POST /.search`, `/Users/.search`, `/Groups/.search` (RFC 7644 section 3.4.3): a query whose values stay
//! out of addresses and logs.
//!
//! The query itself runs as in `list`. A search over both types answers users first, then groups.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde_json::Value;

use super::list::{self, Page, Paging};
use crate::scim::cursor::{After, Position};
use crate::scim::dialect::Dialect;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::list::{ListQuery, SEARCH_SCHEMA, Sort};
use crate::server::answer::HandlerResult;
use crate::server::body;
use crate::server::context::Current;
use crate::server::find::PageStart;

/// Searches users.
///
/// # Errors
/// As a list; and a body that cannot be read.
pub(crate) async fn users(req: HttpRequest, payload: Payload, tenant: Current) -> HandlerResult {
    one(ResourceKind::User, &req, payload, tenant).await
}

/// Searches groups.
///
/// # Errors
/// As [`users`].
pub(crate) async fn groups(req: HttpRequest, payload: Payload, tenant: Current) -> HandlerResult {
    one(ResourceKind::Group, &req, payload, tenant).await
}

async fn one(kind: ResourceKind, req: &HttpRequest, payload: Payload, tenant: Current) -> HandlerResult {
    let body = body::read(req, payload, &tenant, Ok).await?;
    check_schema(&body, tenant.settings.dialect)?;
    let query = ListQuery::from_search(kind, &body)?;
    list::one(kind, query, tenant).await
}

/// In the strict dialect a search says that it is one (RFC 7644 section 3.4.3).
fn check_schema(body: &Value, dialect: Dialect) -> Result<(), ScimError> {
    let listed = || body.get("schemas")?.as_array();
    if dialect.is_tolerant() || listed().is_some_and(|urns| urns.iter().any(|urn| urn == SEARCH_SCHEMA)) {
        return Ok(());
    }
    Err(ScimError::invalid_syntax(format!("schemas of a search must list {SEARCH_SCHEMA}.")))
}

/// Searches users and groups. An attribute that one of the types does not have is without value there (RFC
/// 7644 section
/// 3.4.2.1).
///
/// # Errors
/// As [`users`].
pub(crate) async fn everything(req: HttpRequest, payload: Payload, tenant: Current) -> HandlerResult {
    let body = body::read(&req, payload, &tenant, Ok).await?;
    check_schema(&body, tenant.settings.dialect)?;
    let queries = ResourceKind::ALL
        .into_iter()
        .map(|kind| ListQuery::from_search_anywhere(kind, &body).map(|query| (kind, query)))
        .collect::<Result<Vec<_>, _>>()?;
    let borrowed: Vec<_> = queries.iter().map(|(kind, query)| (*kind, query)).collect();
    let paging = Paging::of(&tenant, &borrowed)?;
    if let Some(sort) = queries.first().and_then(|(_, query)| query.sort.clone()) {
        return sorted(queries, sort, paging, tenant).await;
    }
    match paging {
        None => by_index(queries, tenant).await,
        Some(paging) => by_cursor(queries, &paging, tenant).await,
    }
}

/// One order over both types; a cursor counts from its beginning.
async fn sorted(
    queries: Vec<(ResourceKind, ListQuery)>,
    sort: Sort,
    paging: Option<Paging>,
    tenant: Current,
) -> HandlerResult {
    let start = queries.first().map_or(1, |(_, query)| query.start_index);
    let Some(paging) = paging else {
        return Ok(list::run_sorted(queries, sort, PageStart::Index, tenant.clone())
            .await?
            .answer(start, &tenant));
    };
    let page = list::run_sorted(queries, sort, paging.from(ResourceKind::User), tenant.clone()).await?;
    let next = page.next.clone().map(|after| Position { kind: ResourceKind::User, after });
    paging.answer(&tenant, page, next)
}

async fn by_index(queries: Vec<(ResourceKind, ListQuery)>, tenant: Current) -> HandlerResult {
    let (start, count) = queries.first().map_or((1, 0), |(_, query)| (query.start_index, query.count));
    let mut all = Page::empty();
    for (kind, mut query) in queries {
        query.start_index = start.saturating_sub(all.total.unwrap_or(0)).max(1);
        // A page that ended early, because it was large, goes on with the type on which it ended.
        let at_the_end = start.saturating_sub(1).saturating_add(all.number) >= all.total.unwrap_or(0);
        query.count = if at_the_end { count.saturating_sub(all.number) } else { 0 };
        let place = all.hand_on();
        all.append(list::run(kind, query, PageStart::Index, &tenant, place).await?);
    }
    Ok(all.answer(start, &tenant))
}

/// Users to their end, then groups. The cursor says in which of them the next page begins.
async fn by_cursor(
    queries: Vec<(ResourceKind, ListQuery)>,
    paging: &Paging,
    tenant: Current,
) -> HandlerResult {
    let count = queries.first().map_or(0, |(_, query)| query.count);
    let (mut all, mut next) = (Page::empty(), None);
    for (kind, mut query) in queries.into_iter().filter(|(kind, _)| !paging.is_past(*kind)) {
        query.count = count.saturating_sub(all.number);
        let full = query.count == 0;
        let page = list::run(kind, query, paging.from(kind), &tenant, all.hand_on()).await?;
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
    paging.answer(&tenant, all, next)
}
