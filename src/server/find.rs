//! How resources are found for a query: by index, in the directory's own order, or sorted; and how many there are.
//!
//! A filter with an equality on an indexed attribute is answered from the index; any other walks the directory and gives up with
//! `tooMany`. Without a filter nothing is looked at but the page. Rendering is [`super::view`], the query language `scim::list`.

use super::answer::store_fault;
use super::marks::STEP;
use super::reads::Stored;
use super::state::ServerState;
use super::view::{self, Parts};
use crate::limits;
use crate::model::StoreError;
use crate::scim::error::ScimError;
use crate::scim::filter::Filter;
use crate::scim::kind::ResourceKind;
use crate::scim::list::ListQuery;

/// Records that are read at once while walking.
const CHUNK: usize = 500;
/// Most resources that are sorted in one query: each is held in memory whole.
const SORT_MAX: usize = 20_000;
/// Most resources of a page that is read on the thread that serves requests.
const INLINE_PAGE: usize = 200;

/// What a query found: how many match, and those of the page.
pub(super) struct Found {
    pub(super) total: usize,
    pub(super) page: Vec<Stored>,
}

/// One query on its way.
pub(super) struct Search<'a> {
    pub(super) kind: ResourceKind,
    pub(super) query: &'a ListQuery,
    pub(super) state: &'a ServerState,
}

fn fault(error: StoreError) -> ScimError {
    store_fault(&error)
}

impl Search<'_> {
    /// Whether it takes so little time that it need not leave the thread that serves requests.
    pub(super) fn is_quick(&self) -> bool {
        match &self.query.filter {
            Some(filter) => filter.lookup().is_some(),
            None if self.query.sort.is_some() || self.query.count > INLINE_PAGE => false,
            None => {
                let first = self.query.start_index.saturating_sub(1);
                self.nearest(first).is_ok_and(|(_, at, _)| first - at <= STEP)
            }
        }
    }

    /// Runs the query.
    pub(super) fn run(&self) -> Result<Found, ScimError> {
        if let Some(filter) = &self.query.filter
            && let Some(hits) = self.by_index(filter)?
        {
            let total = hits.len();
            return Ok(Found { total, page: self.cut(self.sorted(hits)?) });
        }
        if self.query.sort.is_some() {
            return self.all_sorted();
        }
        match &self.query.filter {
            Some(filter) => self.matching(filter),
            None => self.slice(),
        }
    }

    fn by_index(&self, filter: &Filter) -> Result<Option<Vec<Stored>>, ScimError> {
        let Some(lookup) = filter.lookup() else { return Ok(None) };
        let Some(mut hits) = self.state.reads.lookup(self.kind, &lookup).map_err(fault)? else {
            return Ok(None);
        };
        if !filter.is_lookup_alone() {
            let mut matching = Vec::with_capacity(hits.len());
            for stored in hits {
                if self.matches(filter, &stored)? {
                    matching.push(stored);
                }
            }
            hits = matching;
        }
        Ok(Some(hits))
    }

    /// The page without a filter: the position is found by the marks, and only the page is read.
    fn slice(&self) -> Result<Found, ScimError> {
        let reads = self.state.reads.as_ref();
        let total = usize::try_from(reads.count(self.kind).map_err(fault)?).unwrap_or(usize::MAX);
        let (first, count) = (self.query.start_index.saturating_sub(1), self.query.count);
        if count == 0 || first >= total {
            return Ok(Found { total, page: Vec::new() });
        }
        let (generation, mut at, mut after) = self.nearest(first)?;
        while at < first {
            let step = STEP.min(first - at);
            let Some(id) = reads.nth_id(self.kind, after.as_deref(), step).map_err(fault)? else {
                return Ok(Found { total, page: Vec::new() });
            };
            at += step;
            if at.is_multiple_of(STEP) {
                self.state.marks.learn(self.kind, generation, at, &id);
            }
            after = Some(id);
        }
        Ok(Found { total, page: reads.scan(self.kind, after.as_deref(), count).map_err(fault)? })
    }

    fn nearest(&self, first: usize) -> Result<(u64, usize, Option<String>), ScimError> {
        let generation = self.state.reads.generation(self.kind).map_err(fault)?;
        let (at, id) = self.state.marks.before(self.kind, generation, first);
        Ok((generation, at, id))
    }

    /// The page of those that match, counted to the end.
    fn matching(&self, filter: &Filter) -> Result<Found, ScimError> {
        let (first, count) = (self.query.start_index.saturating_sub(1), self.query.count);
        let (mut total, mut page) = (0_usize, Vec::new());
        self.walk(Some(filter), |stored| {
            if total >= first && page.len() < count {
                page.push(stored);
            }
            total += 1;
            Ok(())
        })?;
        Ok(Found { total, page })
    }

    fn all_sorted(&self) -> Result<Found, ScimError> {
        let mut all = Vec::new();
        self.walk(self.query.filter.as_ref(), |stored| {
            all.push(stored);
            if all.len() > SORT_MAX {
                return Err(ScimError::too_many(format!(
                    "More than {SORT_MAX} resources would have to be sorted; leave out sortBy or narrow the filter."
                )));
            }
            Ok(())
        })?;
        let total = all.len();
        Ok(Found { total, page: self.cut(self.sorted(all)?) })
    }

    /// Calls `each` with every match.
    fn walk(
        &self,
        filter: Option<&Filter>,
        mut each: impl FnMut(Stored) -> Result<(), ScimError>,
    ) -> Result<(), ScimError> {
        let (mut after, mut looked_at) = (None::<String>, 0_usize);
        loop {
            let chunk = self.state.reads.scan(self.kind, after.as_deref(), CHUNK).map_err(fault)?;
            let full = chunk.len() == CHUNK;
            after = chunk.last().map(|stored| stored.id.clone());
            for stored in chunk {
                looked_at += 1;
                if looked_at > limits::SCAN_MAX {
                    return Err(ScimError::too_many(
                        "This query would look at too many resources; filter by id, userName, externalId, displayName or e-mail.",
                    ));
                }
                let wanted = match filter {
                    Some(filter) => self.matches(filter, &stored)?,
                    None => true,
                };
                if wanted {
                    each(stored)?;
                }
            }
            if !full {
                return Ok(());
            }
        }
    }

    fn matches(&self, filter: &Filter, stored: &Stored) -> Result<bool, ScimError> {
        let (reads, base) = (self.state.reads.as_ref(), self.state.settings.base_url());
        Ok(filter.matches(&view::whole(reads, base, self.kind, stored, Parts::filtered(filter))?))
    }

    fn sorted(&self, found: Vec<Stored>) -> Result<Vec<Stored>, ScimError> {
        let Some(sort) = &self.query.sort else { return Ok(found) };
        let mut keyed = Vec::with_capacity(found.len());
        for stored in found {
            keyed.push((stored.resource(self.state.settings.base_url()).map_err(fault)?, stored));
        }
        keyed.sort_by(|(left, _), (right, _)| sort.compare(left, right));
        Ok(keyed.into_iter().map(|(_, stored)| stored).collect())
    }

    fn cut(&self, found: Vec<Stored>) -> Vec<Stored> {
        found.into_iter().skip(self.query.start_index.saturating_sub(1)).take(self.query.count).collect()
    }
}
