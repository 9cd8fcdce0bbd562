//! `GET /Users`, `GET /Groups` (RFC 7644 section 3.4.2): filter, paging with exact totals, sorting, projection.
//!
//! A filter that is one equality on an indexed attribute is answered from the index; any other walks the directory, off the
//! HTTP thread, and gives up with `tooMany`. The language of queries is `scim::list`.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};

use crate::limits;
use crate::model::{Object, StoreError};
use crate::scim::error::ScimError;
use crate::scim::filter::Filter;
use crate::scim::kind::ResourceKind;
use crate::scim::list::{ListQuery, Sort, list_response};
use crate::server::reads::{Reads, Stored};
use crate::server::routes::Answer;
use crate::server::state::ServerState;
use crate::server::view::{self, Parts};
use crate::server::{answer, query};

/// Records that are read at once while walking.
const CHUNK: usize = 500;
/// Most resources that are sorted in one query: each is held in memory whole.
const SORT_MAX: usize = 20_000;

/// Lists users.
///
/// # Errors
/// 400 for a bad filter, a bad parameter or too many resources to look at.
pub async fn users(req: HttpRequest, state: Data<ServerState>) -> Answer {
    handle(ResourceKind::User, &req, state).await
}

/// Lists groups.
///
/// # Errors
/// As [`users`].
pub async fn groups(req: HttpRequest, state: Data<ServerState>) -> Answer {
    handle(ResourceKind::Group, &req, state).await
}

async fn handle(kind: ResourceKind, req: &HttpRequest, state: Data<ServerState>) -> Answer {
    let pairs = query::pairs(req.query_string())?;
    let query = ListQuery::parse(kind, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
    let start = query.start_index;
    let (total, items) = run(kind, query, state).await?;
    Ok(page(total, start, items))
}

/// A page as an answer.
pub(super) fn page(total: usize, start: usize, items: Vec<Object>) -> HttpResponse {
    answer::json(StatusCode::OK, &list_response(total, start, items))
}

/// Runs a query: the total and the page. Walks on a blocking thread, looks up right here.
///
/// # Errors
/// `tooMany`, or the directory cannot be read.
pub(super) async fn run(
    kind: ResourceKind,
    query: ListQuery,
    state: Data<ServerState>,
) -> Result<(usize, Vec<Object>), ScimError> {
    if query.filter.as_ref().and_then(Filter::lookup).is_some() {
        return find(kind, &query, &state);
    }
    web::block(move || find(kind, &query, &state))
        .await
        .map_err(|_| ScimError::unavailable(5, "Too many queries run at this moment; send this one again."))?
}

fn find(
    kind: ResourceKind,
    query: &ListQuery,
    state: &ServerState,
) -> Result<(usize, Vec<Object>), ScimError> {
    let search = Search { kind, query, reads: state.reads.as_ref(), base: state.settings.base_url() };
    let (total, page) = search.select()?;
    let mut items = Vec::with_capacity(page.len());
    for stored in &page {
        items.push(view::shown(state, kind, stored, &query.projection)?);
    }
    Ok((total, items))
}

/// Runs one sorted query over several resource types: one order over all of them. Walks on a blocking thread.
///
/// # Errors
/// As [`run`].
pub(super) async fn run_sorted(
    queries: Vec<(ResourceKind, ListQuery)>,
    sort: Sort,
    state: Data<ServerState>,
) -> Result<(usize, Vec<Object>), ScimError> {
    web::block(move || find_sorted(&queries, &sort, &state))
        .await
        .map_err(|_| ScimError::unavailable(5, "Too many queries run at this moment; send this one again."))?
}

fn find_sorted(
    queries: &[(ResourceKind, ListQuery)],
    sort: &Sort,
    state: &ServerState,
) -> Result<(usize, Vec<Object>), ScimError> {
    let mut all = Vec::new();
    for (kind, query) in queries {
        let search =
            Search { kind: *kind, query, reads: state.reads.as_ref(), base: state.settings.base_url() };
        let found = search.keyed(sort, search.all()?)?;
        all.extend(found.into_iter().map(|(key, stored)| (key, query, *kind, stored)));
    }
    all.sort_by(|(left, ..), (right, ..)| sort.compare(left, right));
    let total = all.len();
    let (start, count) = queries.first().map_or((1, 0), |(_, query)| (query.start_index, query.count));
    let page = all.into_iter().skip(start.saturating_sub(1)).take(count);
    let shown = page.map(|(_, query, kind, stored)| view::shown(state, kind, &stored, &query.projection));
    Ok((total, shown.collect::<Result<_, _>>()?))
}

struct Search<'a> {
    kind: ResourceKind,
    query: &'a ListQuery,
    reads: &'a dyn Reads,
    base: String,
}

fn fault(error: StoreError) -> ScimError {
    answer::store_fault(&error)
}

impl Search<'_> {
    /// How many match, and those of the page.
    fn select(&self) -> Result<(usize, Vec<Stored>), ScimError> {
        if let Some(hits) = self.by_index()? {
            let total = hits.len();
            return Ok((total, self.cut(self.sorted(hits)?)));
        }
        if self.query.sort.is_some() {
            let all = self.all()?;
            let total = all.len();
            return Ok((total, self.cut(self.sorted(all)?)));
        }
        self.in_order()
    }

    /// Every match, as long as there are not more than can be sorted.
    fn all(&self) -> Result<Vec<Stored>, ScimError> {
        let mut all = Vec::new();
        self.walk(|stored| {
            all.push(stored);
            if all.len() > SORT_MAX {
                return Err(ScimError::too_many(format!(
                    "More than {SORT_MAX} resources would have to be sorted; leave out sortBy or narrow the filter."
                )));
            }
            Ok(true)
        })?;
        Ok(all)
    }

    fn by_index(&self) -> Result<Option<Vec<Stored>>, ScimError> {
        let Some(filter) = &self.query.filter else { return Ok(None) };
        let Some(lookup) = filter.lookup() else { return Ok(None) };
        let Some(hits) = self.reads.lookup(self.kind, &lookup).map_err(fault)? else { return Ok(None) };
        let mut matching = Vec::with_capacity(hits.len());
        for stored in hits {
            if self.matches(filter, &stored)? {
                matching.push(stored);
            }
        }
        Ok(Some(matching))
    }

    /// The page in the directory's own order; without a filter the walk ends with the page.
    fn in_order(&self) -> Result<(usize, Vec<Stored>), ScimError> {
        let (first, count) = (self.query.start_index.saturating_sub(1), self.query.count);
        let known = match self.query.filter {
            None => Some(usize::try_from(self.reads.count(self.kind).map_err(fault)?).unwrap_or(usize::MAX)),
            Some(_) => None,
        };
        let (mut seen, mut page) = (0_usize, Vec::new());
        if known.is_none_or(|total| count > 0 && first < total) {
            self.walk(|stored| {
                if seen >= first && page.len() < count {
                    page.push(stored);
                }
                seen += 1;
                Ok(known.is_none() || page.len() < count)
            })?;
        }
        Ok((known.unwrap_or(seen), page))
    }

    /// Calls `each` with every match until it says stop.
    fn walk(&self, mut each: impl FnMut(Stored) -> Result<bool, ScimError>) -> Result<(), ScimError> {
        let (mut after, mut looked_at) = (None::<String>, 0_usize);
        loop {
            let chunk = self.reads.scan(self.kind, after.as_deref(), CHUNK).map_err(fault)?;
            let full = chunk.len() == CHUNK;
            after = chunk.last().map(|stored| stored.id.clone());
            for stored in chunk {
                looked_at += 1;
                if looked_at > limits::SCAN_MAX {
                    return Err(ScimError::too_many(
                        "This query would look at too many resources; filter by id, userName, externalId, displayName or e-mail.",
                    ));
                }
                let wanted = match &self.query.filter {
                    Some(filter) => self.matches(filter, &stored)?,
                    None => true,
                };
                if wanted && !each(stored)? {
                    return Ok(());
                }
            }
            if !full {
                return Ok(());
            }
        }
    }

    fn matches(&self, filter: &Filter, stored: &Stored) -> Result<bool, ScimError> {
        let parts = Parts::filtered(filter);
        Ok(filter.matches(&view::whole(self.reads, &self.base, self.kind, stored, parts)?))
    }

    fn sorted(&self, found: Vec<Stored>) -> Result<Vec<Stored>, ScimError> {
        let Some(sort) = &self.query.sort else { return Ok(found) };
        let mut keyed = self.keyed(sort, found)?;
        keyed.sort_by(|(left, _), (right, _)| sort.compare(left, right));
        Ok(keyed.into_iter().map(|(_, stored)| stored).collect())
    }

    /// Each resource with what it is sorted by.
    fn keyed(&self, sort: &Sort, found: Vec<Stored>) -> Result<Vec<(Object, Stored)>, ScimError> {
        let parts = Parts { groups: sort.attribute() == "groups", members: sort.attribute() == "members" };
        let mut keyed = Vec::with_capacity(found.len());
        for stored in found {
            keyed.push((view::whole(self.reads, &self.base, self.kind, &stored, parts)?, stored));
        }
        Ok(keyed)
    }

    fn cut(&self, found: Vec<Stored>) -> Vec<Stored> {
        found.into_iter().skip(self.query.start_index.saturating_sub(1)).take(self.query.count).collect()
    }
}
