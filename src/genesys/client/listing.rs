//! Listings for a sweep, one page at a time: the page that an opaque place names, and the place of the next one.
//!
//! Nothing is kept between two pages, so that a sweep that was interrupted goes on where it was. Whether all pages
//! together are complete is the caller's to judge, by the totals. Calls and reading: `api::listings`.

use serde_json::Value;

use super::GenesysClient;
use crate::genesys::api::{Listing, id, listing, listings, teams, text};
use crate::genesys::calls::cursor_in;
use crate::genesys::not_done::{NotDone, unreadable};
use crate::genesys::request::HttpCall;
use crate::model::ports::CallContext;
use crate::model::{Held, Holder, Kind, Listed, Observed, RefusalKind, UserId, UserState};

/// What a place by cursor begins with.
const CURSOR: &str = "cursor:";

impl GenesysClient {
    pub(super) async fn page_in_state(
        &self,
        state: UserState,
        at: Option<&str>,
        context: &CallContext,
    ) -> Result<Listed<Observed>, NotDone> {
        if let Some(cursor) = at.and_then(|at| at.strip_prefix(CURSOR)) {
            return self.page_by_cursor(state, Some(cursor), 1, context).await;
        }
        let number = at.and_then(|at| at.parse().ok()).unwrap_or(1);
        let call = listings::users(state, number);
        let answer = match self.calls.json(&call, context).await {
            // Behind ten thousand inactive users pages have no numbers: all over again by cursor (G3.15).
            Err(stop) if stop.is(RefusalKind::Validation) => {
                return self.page_by_cursor(state, None, 2, context).await;
            }
            answer => answer?,
        };
        let page = listing(&answer).ok_or_else(|| unreadable(&call))?;
        let next = numbered(&page, listings::USERS, number)?;
        Ok(Listed { items: read_users(&page, &call)?, next, total: page.total, calls: 1 })
    }

    async fn page_by_cursor(
        &self,
        state: UserState,
        cursor: Option<&str>,
        calls: u32,
        context: &CallContext,
    ) -> Result<Listed<Observed>, NotDone> {
        let call = listings::users_by_cursor(state, cursor);
        let answer = self.calls.json(&call, context).await?;
        let page = listing(&answer).ok_or_else(|| unreadable(&call))?;
        let next = text(&answer, "cursor").filter(|next| !next.is_empty());
        if next.is_some() && next == cursor {
            return Err(NotDone::later(1_000, format!("{}: the cursor does not move on", call.operation)));
        }
        let next = next.map(|next| format!("{CURSOR}{next}"));
        Ok(Listed { items: read_users(&page, &call)?, next, total: None, calls })
    }

    pub(super) async fn page_of_holders(
        &self,
        of: &Held,
        at: Option<&str>,
        context: &CallContext,
    ) -> Result<Listed<Holder>, NotDone> {
        match of {
            Held::Role(role) => self.holders_of_role(&role.id, at, context).await,
            Held::Member(Kind::Team, team) => self.members_of_team(&team.id, at, context).await,
            Held::Member(_, queue) => self.members_of_queue(&queue.id, at, context).await,
        }
    }

    /// The place says how many are on a page: as many as Genesys takes, which is found out on the first one.
    async fn holders_of_role(
        &self,
        role: &str,
        at: Option<&str>,
        context: &CallContext,
    ) -> Result<Listed<Holder>, NotDone> {
        let place = at.and_then(|at| at.split_once('/'));
        let known = place.and_then(|(size, number)| Some((size.parse().ok()?, number.parse().ok()?)));
        let (mut calls, mut sizes) = (0, listings::GRANTS.iter().copied());
        let (call, answer, size, number) = loop {
            let (size, number) = match known {
                Some(known) => known,
                None => (sizes.next().unwrap_or(25), 1),
            };
            calls += 1;
            let call = listings::holders(role, size, number);
            match self.calls.json(&call, context).await {
                Err(stop) if known.is_none() && stop.is(RefusalKind::Validation) && sizes.len() > 0 => {}
                answer => break (call, answer?, size, number),
            }
        };
        let page = listing(&answer).ok_or_else(|| unreadable(&call))?;
        let next = numbered(&page, size, number)?.map(|next| format!("{size}/{next}"));
        let holders: Option<Vec<Vec<Holder>>> = page.entities.iter().map(listings::of_role).collect();
        let items = holders.ok_or_else(|| unreadable(&call))?.into_iter().flatten().collect();
        // The total counts holders of every sort; that all pages were there is all that it can tell.
        Ok(Listed { items, next, total: None, calls })
    }

    async fn members_of_queue(
        &self,
        queue: &str,
        at: Option<&str>,
        context: &CallContext,
    ) -> Result<Listed<Holder>, NotDone> {
        let number = at.and_then(|at| at.parse().ok()).unwrap_or(1);
        let call = listings::members(queue, number);
        let answer = self.calls.json(&call, context).await?;
        let page = listing(&answer).ok_or_else(|| unreadable(&call))?;
        let items: Option<Vec<Holder>> = page.entities.iter().map(listings::of_queue).collect();
        let items = items.ok_or_else(|| unreadable(&call))?;
        let more = page.entities.len() >= listings::MEMBERS || page.more;
        if more {
            return Ok(Listed { items, next: Some((number + 1).to_string()), total: None, calls: 1 });
        }
        // The listing has no total; the queue itself says how many there are.
        let call = listings::queue(queue);
        let answer = self.calls.json(&call, context).await?;
        let total = answer.get("memberCount").and_then(Value::as_u64);
        Ok(Listed { items, next: None, total, calls: 2 })
    }

    async fn members_of_team(
        &self,
        team: &str,
        at: Option<&str>,
        context: &CallContext,
    ) -> Result<Listed<Holder>, NotDone> {
        let call = teams::members(team, at);
        let answer = self.calls.json(&call, context).await?;
        let page = listing(&answer).ok_or_else(|| unreadable(&call))?;
        let member = |entity: &Value| Some(Holder { user: UserId::new(id(entity)?), division: None });
        let items: Option<Vec<Holder>> = page.entities.iter().map(member).collect();
        let next = if page.more { Some(cursor_in(&answer).ok_or_else(|| unreadable(&call))?) } else { None };
        Ok(Listed { items: items.ok_or_else(|| unreadable(&call))?, next, total: None, calls: 1 })
    }
}

fn read_users(page: &Listing, call: &HttpCall) -> Result<Vec<Observed>, NotDone> {
    let users: Option<Vec<Observed>> = page.entities.iter().map(listings::observed).collect();
    users.ok_or_else(|| unreadable(call))
}

/// Number of the next page. A page that is short and is not the last is an error: the listing changed or was cut.
fn numbered(page: &Listing, size: usize, number: u32) -> Result<Option<String>, NotDone> {
    let pages = match (page.pages, page.total.and_then(|total| usize::try_from(total).ok())) {
        (Some(pages), _) => pages,
        (None, Some(total)) => u32::try_from(total.div_ceil(size)).unwrap_or(u32::MAX),
        (None, None) if page.more || page.entities.len() >= size => u32::MAX,
        (None, None) => number,
    };
    if number >= pages {
        return Ok(None);
    }
    if page.entities.len() < size && page.total.is_some() {
        return Err(NotDone::later(1_000, format!("page {number} of {pages} of the listing is short")));
    }
    Ok(Some((number + 1).to_string()))
}
