//! How resources are found for a query: by index, in the directory's own order, or sorted; and how many there
//! are.
//!
//! A filter with an equality on an indexed attribute is answered from the index; any other walks the
//! directory and gives up with `tooMany`. Without a filter nothing is looked at but the page. Rendering is
//! [`super::view`], the query language `scim::list`.

use super::page_index::STEP;
use super::reads::{MemberNames, Stored};
use super::tenant::Tenant;
use super::view::{self, Parts, fault};
use crate::limits;
use crate::model::Object;
use crate::scim::cursor::After;
use crate::scim::error::ScimError;
use crate::scim::filter::Filter;
use crate::scim::kind::ResourceKind;
use crate::scim::list::{ListQuery, Sort};

/// Records that are read at once while walking.
const CHUNK: usize = 500;
/// A page of up to so many resources is read on the thread that serves requests.
const INLINE_PAGE: usize = 200;

/// What a query found.
pub(super) struct Found {
    /// How many match; `None` where counting would mean to walk on behind the page.
    pub(super) total: Option<usize>,
    /// Those of the page; fewer than were asked for where more would be too large together.
    pub(super) page: Vec<Stored>,
    /// Whether more follow.
    more: bool,
    counted: Counted,
}

/// How the client tells where it is.
enum Counted {
    /// By an index of its own.
    ByClient,
    /// By a cursor that holds how many came before the page.
    Before(usize),
    /// By a cursor that holds the last id.
    LastId,
}

impl Found {
    fn by_index(total: usize, page: Vec<Stored>) -> Self {
        Self { total: Some(total), page, more: false, counted: Counted::ByClient }
    }

    /// Where the next page begins if so many of this one are shown; only when paging by cursor, and not on the
    /// last page.
    pub(super) fn next(&self, shown: usize) -> Option<After> {
        if shown == self.page.len() && !self.more {
            return None;
        }
        match self.counted {
            Counted::ByClient => None,
            Counted::Before(before) => Some(After::Count(before.saturating_add(shown))),
            Counted::LastId => {
                let last = self.page.get(shown.checked_sub(1)?)?;
                Some(After::Id(last.id.clone()))
            }
        }
    }
}

/// Room for resources of some size.
struct Room(Option<usize>);

impl Room {
    /// Whether one more may come: there is room left, however large it is.
    fn takes(&mut self, stored: &Stored) -> bool {
        let Some(left) = self.0 else { return false };
        self.0 = left.checked_sub(stored.text.bytes());
        true
    }
}

/// Which page is wanted.
#[derive(Clone, Debug)]
pub(super) enum PageStart {
    /// The one at the query's `startIndex`.
    Index,
    /// The first one, paging by cursor.
    First,
    /// The one behind a position.
    Behind(After),
}

/// One query on its way.
pub(super) struct Search<'a> {
    pub(super) kind: ResourceKind,
    pub(super) query: &'a ListQuery,
    pub(super) from: &'a PageStart,
    pub(super) tenant: &'a Tenant,
}

impl Search<'_> {
    /// Whether it takes so little time that it need not leave the thread that serves requests.
    pub(super) async fn is_quick(&self) -> bool {
        // Members of a group are many, and a filter on them looks at all of them unless an index answers it.
        let members = self.kind == ResourceKind::Group && self.query.projection.wants("members");
        let looks = |filter: &Filter| filter.mentions("members") && !filter.is_lookup_alone();
        let looks = self.query.filter.as_ref().is_some_and(looks);
        if members || looks {
            return false;
        }
        match &self.query.filter {
            Some(filter) => filter.lookup().is_some(),
            None if self.query.sort.is_some() || self.query.count > INLINE_PAGE => false,
            None if !matches!(self.from, PageStart::Index) => true,
            None => {
                let first = self.query.start_index.saturating_sub(1);
                self.nearest(first).await.is_ok_and(|(_, at, _)| first - at <= STEP)
            }
        }
    }

    /// Runs the query.
    pub(super) async fn run(&self) -> Result<Found, ScimError> {
        if let Some(filter) = &self.query.filter
            && let Some(hits) = self.by_index(filter).await?
        {
            return self.cut(self.sorted(hits).await?);
        }
        if self.query.sort.is_some() {
            return self.cut(self.sorted(self.all().await?).await?);
        }
        match (&self.query.filter, self.from) {
            (Some(filter), PageStart::Index) => self.matching(filter).await,
            (None, PageStart::Index) => self.slice().await,
            (filter, _) => self.onward(filter.as_ref()).await,
        }
    }

    /// The page behind a position, in the directory's own order.
    async fn onward(&self, filter: Option<&Filter>) -> Result<Found, ScimError> {
        let after = match self.from {
            PageStart::Behind(After::Id(id)) => Some(id.clone()),
            PageStart::Behind(After::Count(_)) => return Err(foreign()),
            PageStart::Index | PageStart::First => None,
        };
        let (mut page, mut room, mut more) = (Vec::new(), Room(Some(limits::PAGE_BYTES)), false);
        self.walk(after, filter, |stored| {
            more = page.len() == self.query.count || !room.takes(&stored);
            if !more {
                page.push(stored);
            }
            Ok(!more)
        })
        .await?;
        let total = match filter {
            None => Some(self.count().await?),
            Some(_) => None,
        };
        Ok(Found { total, page, more, counted: Counted::LastId })
    }

    async fn count(&self) -> Result<usize, ScimError> {
        let count = self.tenant.reads.count(self.kind).await.map_err(fault)?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    async fn by_index(&self, filter: &Filter) -> Result<Option<Vec<Stored>>, ScimError> {
        let Some(lookup) = filter.lookup() else { return Ok(None) };
        let Some(mut hits) = self.tenant.reads.lookup(self.kind, &lookup).await.map_err(fault)? else {
            return Ok(None);
        };
        if !filter.is_lookup_alone() {
            let mut matching = Vec::with_capacity(hits.len());
            for stored in hits {
                if self.matches(filter, &stored).await? {
                    matching.push(stored);
                }
            }
            hits = matching;
        }
        Ok(Some(hits))
    }

    /// The page without a filter: the position is found by the page index, and only the page is read.
    async fn slice(&self) -> Result<Found, ScimError> {
        let reads = self.tenant.reads.as_ref();
        let total = self.count().await?;
        let (first, count) = (self.query.start_index.saturating_sub(1), self.query.count);
        if count == 0 || first >= total {
            return Ok(Found::by_index(total, Vec::new()));
        }
        let (generation, mut at, mut after) = self.nearest(first).await?;
        while at < first {
            let step = STEP.min(first - at);
            let Some(id) = reads.nth_id(self.kind, after.as_deref(), step).await.map_err(fault)? else {
                return Ok(Found::by_index(total, Vec::new()));
            };
            at += step;
            if at.is_multiple_of(STEP) {
                self.tenant.page_index.learn(self.kind, generation, at, &id);
            }
            after = Some(id);
        }
        let page = reads.scan(self.kind, after.as_deref(), count, limits::PAGE_BYTES).await.map_err(fault)?;
        Ok(Found::by_index(total, page.0))
    }

    async fn nearest(&self, first: usize) -> Result<(u64, usize, Option<String>), ScimError> {
        let generation = self.tenant.reads.generation(self.kind).await.map_err(fault)?;
        let (at, id) = self.tenant.page_index.before(self.kind, generation, first);
        Ok((generation, at, id))
    }

    /// The page of those that match, counted to the end.
    async fn matching(&self, filter: &Filter) -> Result<Found, ScimError> {
        let (first, count) = (self.query.start_index.saturating_sub(1), self.query.count);
        let (mut total, mut page, mut room) = (0_usize, Vec::new(), Room(Some(limits::PAGE_BYTES)));
        self.walk(None, Some(filter), |stored| {
            if total >= first && page.len() < count && room.takes(&stored) {
                page.push(stored);
            }
            total += 1;
            Ok(true)
        })
        .await?;
        Ok(Found::by_index(total, page))
    }

    /// Every match, as long as there are not more than can be sorted.
    async fn all(&self) -> Result<Vec<Stored>, ScimError> {
        let (mut all, mut room) = (Vec::new(), Room(Some(limits::SORT_BYTES)));
        self.walk(None, self.query.filter.as_ref(), |stored| {
            if all.len() == limits::SORT_MAX || !room.takes(&stored) {
                return Err(too_many_to_sort());
            }
            all.push(stored);
            Ok(true)
        })
        .await?;
        Ok(all)
    }

    /// Calls `each` with every match behind `after` until it says stop.
    async fn walk(
        &self,
        after: Option<String>,
        filter: Option<&Filter>,
        mut each: impl FnMut(Stored) -> Result<bool, ScimError>,
    ) -> Result<(), ScimError> {
        let (mut after, mut looked_at) = (after, 0_usize);
        let size = if filter.is_some() { CHUNK } else { CHUNK.min(self.query.count.saturating_add(1)) };
        loop {
            let read = self.tenant.reads.scan(self.kind, after.as_deref(), size, limits::WALK_BYTES);
            let (chunk, more) = read.await.map_err(fault)?;
            after = chunk.last().map(|stored| stored.id.clone());
            for stored in chunk {
                looked_at += 1;
                if looked_at > limits::SCAN_MAX {
                    return Err(ScimError::too_many(
                        "This query would look at too many resources; filter by id, userName, externalId, displayName or e-mail.",
                    ));
                }
                let wanted = match filter {
                    Some(filter) => self.matches(filter, &stored).await?,
                    None => true,
                };
                if wanted && !each(stored)? {
                    return Ok(());
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    async fn matches(&self, filter: &Filter, stored: &Stored) -> Result<bool, ScimError> {
        let (reads, base) = (self.tenant.reads.as_ref(), self.tenant.settings.base_url());
        Ok(filter.matches(&view::whole(reads, base, self.kind, stored, Parts::filtered(filter)).await?))
    }

    async fn sorted(&self, found: Vec<Stored>) -> Result<Vec<Stored>, ScimError> {
        let Some(sort) = &self.query.sort else { return Ok(found) };
        let mut keyed = self.keyed(sort, found).await?;
        keyed.sort_by(|(left, _), (right, _)| sort.compare(left, right));
        Ok(keyed.into_iter().map(|(_, stored)| stored).collect())
    }

    /// Each resource with what it is sorted by.
    async fn keyed(&self, sort: &Sort, found: Vec<Stored>) -> Result<Vec<(Object, Stored)>, ScimError> {
        let (reads, base) = (self.tenant.reads.as_ref(), self.tenant.settings.base_url());
        let parts = Parts {
            groups: sort.attribute() == "groups",
            members: sort.attribute() == "members",
            names: if sort.is_by_member_names() { MemberNames::All } else { MemberNames::None },
            provisioning: sort.is_by_provisioning(),
        };
        let (mut keyed, mut left) = (Vec::with_capacity(found.len()), limits::SORT_BYTES);
        for stored in found {
            let (key, bytes) = view::measured(reads, base, self.kind, &stored, parts).await?;
            left = left.checked_sub(bytes).ok_or_else(too_many_to_sort)?;
            keyed.push((key, stored));
        }
        Ok(keyed)
    }

    /// Every match with what it is sorted by, for a search over several types.
    pub(super) async fn all_keyed(&self, sort: &Sort) -> Result<Vec<(Object, Stored)>, ScimError> {
        let hits = match &self.query.filter {
            Some(filter) => self.by_index(filter).await?,
            None => None,
        };
        let found = match hits {
            Some(hits) => hits,
            None => self.all().await?,
        };
        self.keyed(sort, found).await
    }

    /// The page of what was found as a whole.
    fn cut(&self, found: Vec<Stored>) -> Result<Found, ScimError> {
        let (total, first) = (found.len(), first(self.from, self.query)?);
        let mut room = Room(Some(limits::PAGE_BYTES));
        let page = found.into_iter().skip(first).take(self.query.count);
        let page: Vec<Stored> = page.take_while(|stored| room.takes(stored)).collect();
        let more = first.saturating_add(page.len()) < total;
        let counted = match self.from {
            PageStart::Index => Counted::ByClient,
            PageStart::First | PageStart::Behind(_) => Counted::Before(first),
        };
        Ok(Found { total: Some(total), page, more, counted })
    }
}

/// How many of a list that is there as a whole come before the page.
pub(super) fn first(from: &PageStart, query: &ListQuery) -> Result<usize, ScimError> {
    match from {
        PageStart::Index => Ok(query.start_index.saturating_sub(1)),
        PageStart::First => Ok(0),
        PageStart::Behind(After::Count(seen)) => Ok(*seen),
        PageStart::Behind(After::Id(_)) => Err(foreign()),
    }
}

/// Where such a list goes on behind its page; only when paging by cursor.
pub(super) fn next(from: &PageStart, end: usize, total: usize) -> Option<After> {
    (!matches!(from, PageStart::Index) && end < total).then_some(After::Count(end))
}

fn too_many_to_sort() -> ScimError {
    ScimError::too_many(format!(
        "More than {} resources, or {} MiB of them, would have to be sorted; leave out sortBy or narrow the filter.",
        limits::SORT_MAX,
        limits::SORT_BYTES / (1024 * 1024)
    ))
}

/// A position that does not fit the query it is sealed with: nothing of ours makes one.
fn foreign() -> ScimError {
    ScimError::invalid_cursor("The cursor does not belong to this query; begin again with an empty cursor.")
}
