//! `GET /Users`, `GET /Groups` (RFC 7644 section 3.4.2): filter, paging by index with exact totals and by
//! cursor (RFC 9865), sorting, projection.
//!
//! Puts the answer together from stored texts; what takes longer than a look-up or a page is found off the
//! HTTP thread. How it is found: `server::find`; the language of queries: `scim::list`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use crate::limits;
use crate::scim::cursor::{After, Fingerprint, Position};
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::list::{CursorParam, ListQuery, Sort, cursor_head, list_head};
use crate::scim::store_fault::store_fault;
use crate::server::answer::HandlerResult;
use crate::server::context::Current;
use crate::server::find::{self, PageStart, Search};
use crate::server::reads::Stored;
use crate::server::slow_reads::{self, Place};
use crate::server::tenant::Tenant;
use crate::server::{answer, query, view};

/// Bytes that one resource of an answer typically has, for the first size of its buffer.
const TYPICAL: usize = 1536;

/// Lists users.
///
/// # Errors
/// 400 for a bad filter, a bad parameter or too many resources to look at.
pub(crate) async fn users(req: HttpRequest, tenant: Current) -> HandlerResult {
    handle(ResourceKind::User, &req, tenant).await
}

/// Lists groups.
///
/// # Errors
/// As [`users`].
pub(crate) async fn groups(req: HttpRequest, tenant: Current) -> HandlerResult {
    handle(ResourceKind::Group, &req, tenant).await
}

async fn handle(kind: ResourceKind, req: &HttpRequest, tenant: Current) -> HandlerResult {
    let pairs = query::pairs(req.query_string())?;
    let query = ListQuery::parse(kind, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
    one(kind, query, tenant).await
}

/// Answers a query over one type.
///
/// # Errors
/// As [`users`], and what RFC 9865 says about cursors.
pub(super) async fn one(kind: ResourceKind, query: ListQuery, tenant: Current) -> HandlerResult {
    let Some(paging) = Paging::of(&tenant, &[(kind, &query)])? else {
        let start = query.start_index;
        return Ok(run(kind, query, PageStart::Index, &tenant, None).await?.answer(start, &tenant));
    };
    let page = run(kind, query, paging.from(kind), &tenant, None).await?;
    let next = page.next.clone().map(|after| Position { kind, after });
    paging.answer(&tenant, page, next)
}

/// Paging by cursor: where the client is, and the seal of its query.
pub(super) struct Paging {
    fingerprint: Fingerprint,
    position: Option<Position>,
}

impl Paging {
    /// `None` when the queries page by index.
    ///
    /// # Errors
    /// `invalidCursor`, `expiredCursor`.
    pub(super) fn of(
        tenant: &Tenant,
        queries: &[(ResourceKind, &ListQuery)],
    ) -> Result<Option<Self>, ScimError> {
        let Some(cursor) = queries.first().and_then(|(_, query)| query.cursor.as_ref()) else {
            return Ok(None);
        };
        let fingerprint = tenant.cursors.fingerprint(tenant.id.as_str(), queries);
        let position = match cursor {
            CursorParam::First => None,
            CursorParam::At(text) => Some(tenant.cursors.read(text, &fingerprint, tenant.clock.now_ms())?),
        };
        Ok(Some(Self { fingerprint, position }))
    }

    /// Where a type goes on: behind the position if it is the position's type, else at its beginning.
    pub(super) fn from(&self, kind: ResourceKind) -> PageStart {
        match &self.position {
            Some(position) if position.kind == kind => PageStart::Behind(position.after.clone()),
            _ => PageStart::First,
        }
    }

    /// Whether all of that type was on pages before.
    pub(super) fn is_past(&self, kind: ResourceKind) -> bool {
        kind == ResourceKind::User
            && self.position.as_ref().is_some_and(|position| position.kind == ResourceKind::Group)
    }

    /// The page with the cursor of the next one.
    pub(super) fn answer(&self, tenant: &Tenant, page: Page, next: Option<Position>) -> HandlerResult {
        let issue =
            |position: Position| tenant.cursors.issue(&position, &self.fingerprint, tenant.clock.now_ms());
        let next = next.map(issue).transpose()?;
        let head = cursor_head(page.total, next.as_deref(), page.number);
        Ok(page.behind(head, tenant))
    }
}

/// Resources as text, with commas between them.
pub(super) struct Page {
    /// How many match in all, where that is known.
    pub(super) total: Option<usize>,
    /// How many are in the text.
    pub(super) number: usize,
    /// Where its type goes on, when paging by cursor.
    pub(super) next: Option<After>,
    text: Vec<u8>,
    place: Option<Place>,
}

impl Page {
    /// A page with nothing on it.
    pub(super) fn empty() -> Self {
        Self { total: Some(0), number: 0, next: None, text: Vec::new(), place: None }
    }

    /// Puts another page behind this one.
    pub(super) fn append(&mut self, other: Page) {
        if self.number > 0 && other.number > 0 {
            self.text.push(b',');
        }
        self.total = self.total.zip(other.total).map(|(left, right)| left + right);
        self.number += other.number;
        self.next = other.next;
        self.text.extend(other.text);
        self.place = other.place.or(self.place.take());
    }

    /// The place that it took to find it, for whoever looks for more of the same answer: one answer has one place.
    pub(super) fn hand_on(&mut self) -> Option<Place> {
        self.place.take()
    }

    /// The page as an answer of paging by index.
    pub(super) fn answer(self, start: usize, tenant: &Tenant) -> HttpResponse {
        let head = list_head(self.total.unwrap_or(self.number), start, self.number);
        self.behind(head, tenant)
    }

    fn behind(self, head: Vec<u8>, tenant: &Tenant) -> HttpResponse {
        let mut body = head;
        body.reserve(self.text.len() + 2);
        body.extend(self.text);
        body.extend(b"]}");
        answer::text(StatusCode::OK, body, tenant.pace(self.place))
    }
}

/// Runs a query. Walks and sorts on a blocking thread, looks up right here.
///
/// # Errors
/// `tooMany`, or the directory cannot be read.
pub(super) async fn run(
    kind: ResourceKind,
    query: ListQuery,
    from: PageStart,
    tenant: &Current,
    place: Option<Place>,
) -> Result<Page, ScimError> {
    if (Search { kind, query: &query, from: &from, tenant }).is_quick().await {
        return Ok(Page { place, ..find(kind, &query, &from, tenant).await? });
    }
    let place = match place {
        Some(place) => place,
        None => tenant.settings.slow_reads.place(tenant.client(), &tenant.clock).await?,
    };
    let tenant = tenant.clone();
    let (page, place) =
        slow_reads::aside(place, async move { find(kind, &query, &from, &tenant).await }).await?;
    Ok(Page { place: Some(place), ..page })
}

async fn find(
    kind: ResourceKind,
    query: &ListQuery,
    from: &PageStart,
    tenant: &Tenant,
) -> Result<Page, ScimError> {
    let found = Search { kind, query, from, tenant }.run().await?;
    let mut text = Vec::with_capacity(found.page.len() * TYPICAL);
    let groupless = groupless(kind, &found.page, tenant).await?;
    let mut number = 0;
    // What is derived, members above all, may be larger than what is stored.
    for stored in &found.page {
        if text.len() > limits::PAGE_BYTES {
            break;
        }
        if number > 0 {
            text.push(b',');
        }
        view::write(tenant, kind, stored, &query.projection, groupless, &mut text).await?;
        number += 1;
    }
    Ok(Page { total: found.total, number, next: found.next(number), text, place: None })
}

/// Runs one sorted query over several resource types: one order over all of them. Walks on a blocking thread.
///
/// # Errors
/// As [`run`].
pub(super) async fn run_sorted(
    queries: Vec<(ResourceKind, ListQuery)>,
    sort: Sort,
    from: PageStart,
    tenant: Current,
) -> Result<Page, ScimError> {
    let place = tenant.settings.slow_reads.place(tenant.client(), &tenant.clock).await?;
    let finding = async move { find_sorted(&queries, &sort, &from, &tenant).await };
    let (page, place) = slow_reads::aside(place, finding).await?;
    Ok(Page { place: Some(place), ..page })
}

async fn find_sorted(
    queries: &[(ResourceKind, ListQuery)],
    sort: &Sort,
    from: &PageStart,
    tenant: &Tenant,
) -> Result<Page, ScimError> {
    let mut all = Vec::new();
    for (kind, query) in queries {
        let found = Search { kind: *kind, query, from, tenant }.all_keyed(sort).await?;
        all.extend(found.into_iter().map(|(key, stored)| (key, query, *kind, stored)));
    }
    all.sort_by(|(left, ..), (right, ..)| sort.compare(left, right));
    let mut page = Page { total: Some(all.len()), ..Page::empty() };
    let Some((_, query)) = queries.first() else { return Ok(page) };
    let first = find::first(from, query)?;
    for (_, query, kind, stored) in all.iter().skip(first).take(query.count) {
        if page.text.len() > limits::PAGE_BYTES {
            break;
        }
        if page.number > 0 {
            page.text.push(b',');
        }
        view::write(tenant, *kind, stored, &query.projection, false, &mut page.text).await?;
        page.number += 1;
    }
    page.next = find::next(from, first.saturating_add(page.number), all.len());
    Ok(page)
}

/// Whether nobody on a page is in any group, asked once instead of for each. Where the ids do not sort as
/// their keys do, as those of Genesys Cloud do, the answer is no.
async fn groupless(kind: ResourceKind, page: &[Stored], tenant: &Tenant) -> Result<bool, ScimError> {
    let ids = || page.iter().map(|stored| stored.id.as_str());
    let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(true) };
    let alike = |id: &str| {
        id.len() == first.len() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if kind != ResourceKind::User || page.len() < 2 || !ids().all(alike) {
        return Ok(false);
    }
    tenant.reads.groupless(first, last).await.map_err(|error| store_fault(&error))
}
