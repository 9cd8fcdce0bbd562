//! The listings of a run, page by page. What a page held is on disk before the next one is asked for.
//!
//! A listing is whole when it showed as many different ones as Genesys counts in the end; else it is read once more, and
//! then the run is incomplete. One that changes while it is read may pass somebody over: whoever is ours and was on no
//! page is looked at in the end, so that this costs a look and hides nobody. Users are compared on the page that shows them ([`super::compare`]).

use std::collections::{BTreeMap, HashSet};

use super::control::Live;
use super::plan::Listing;
use super::run::{Phase, Place};
use super::runs::PageRow;
use super::seen::Seen;
use super::{Halt, ResyncParts};
use crate::model::{Batch, Held, Holder, Listed, Observed, UserState};

/// A page of either sort.
enum Page {
    Holders(Listed<Holder>),
    Users(Listed<Observed>),
}

impl ResyncParts {
    /// Reads what is still to be read.
    pub(super) async fn sweep(&self, live: &mut Live) -> Result<(), Halt> {
        let listings = self.runs().listings(&live.run.id).await?.unwrap_or_default();
        let mut seen = self.seen_before(live, &listings).await?;
        while let Some(listing) = listings.get(live.run.place.listing) {
            live.go_on(self)?;
            match self.page(live, listing).await {
                Ok(page) => self.take_in(live, listing, page, &mut seen).await?,
                Err(Halt::Incomplete(why)) => self.not_listed(live, why).await?,
                Err(halt) => return Err(halt),
            }
        }
        live.run.phase = Phase::Compare;
        self.keep(live, Batch::new()).await
    }

    /// What the pages showed that were read before the process began.
    async fn seen_before(&self, live: &Live, listings: &[Listing]) -> Result<Seen, Halt> {
        let mut seen = Seen::default();
        for (number, listing) in listings.iter().enumerate().take(live.run.place.listing.saturating_add(1)) {
            if let Listing::Holders(of) = listing {
                seen.listed(of.kind());
                self.runs().each_page(&live.run.id, number, |page| seen.add(listing, &page)).await?;
            }
        }
        seen.sort();
        Ok(seen)
    }

    async fn page(&self, live: &Live, listing: &Listing) -> Result<Page, Halt> {
        let (context, at, what) = (self.context(&live.run), live.run.place.at.as_deref(), listing.words());
        match listing {
            Listing::Holders(of) => {
                let page = self
                    .patiently(&live.cancelled, &what, || self.upstream.list_holders(of, at, &context))
                    .await?;
                Ok(Page::Holders(page))
            }
            Listing::Users(state) => {
                let page = self
                    .patiently(&live.cancelled, &what, || self.upstream.list_in_state(*state, at, &context))
                    .await?;
                Ok(Page::Users(page))
            }
        }
    }

    async fn take_in(
        &self,
        live: &mut Live,
        listing: &Listing,
        page: Page,
        seen: &mut Seen,
    ) -> Result<(), Halt> {
        let mut batch = Batch::new();
        let (row, next, total, calls) = match page {
            Page::Holders(page) => {
                let row = row_of(listing, &page.items);
                seen.add(listing, &row);
                (row, page.next, page.total, page.calls)
            }
            Page::Users(page) => {
                seen.sort();
                let ids = page.items.iter().filter_map(|user| user.id.as_ref());
                let row =
                    PageRow { users: ids.map(|id| id.as_str().to_owned()).collect(), ..PageRow::default() };
                live.run.counts.listed += page.items.len() as u64;
                self.compare_page(live, &mut batch, page.items, seen).await?;
                (row, page.next, page.total, page.calls)
            }
        };
        live.run.calls += u64::from(calls);
        let place = &mut live.run.place;
        self.runs().put_page(&mut batch, &live.run.id, (place.listing, place.pages), &row)?;
        (place.at, place.total, place.pages) = (next, total.or(place.total), place.pages.saturating_add(1));
        let (over, expected, number) = (place.at.is_none(), place.total, place.listing);
        self.keep(live, batch).await?;
        if !over {
            return Ok(());
        }
        match expected {
            Some(expected) if self.distinct(live, number).await? < expected => {
                self.once_more(live, listing).await
            }
            _ => self.next_listing(live).await,
        }
    }

    /// How many different users the pages of a listing held.
    async fn distinct(&self, live: &Live, listing: usize) -> Result<u64, Halt> {
        let mut users = HashSet::new();
        self.runs().each_page(&live.run.id, listing, |page| users.extend(page.users)).await?;
        Ok(users.len() as u64)
    }

    /// A listing that is not whole is read a second time.
    async fn once_more(&self, live: &mut Live, listing: &Listing) -> Result<(), Halt> {
        if live.run.place.again {
            let why = format!("the listing of {} shows fewer than Genesys Cloud counts", listing.words());
            return self.not_listed(live, why).await;
        }
        let place = &mut live.run.place;
        *place = Place { listing: place.listing, again: true, ..Place::default() };
        self.runs().forget_pages(&live.run.id, live.run.place.listing).await?;
        self.keep(live, Batch::new()).await
    }

    /// A listing that cannot be read to its end: what it does not show is not said to be missing.
    async fn not_listed(&self, live: &mut Live, why: String) -> Result<(), Halt> {
        live.run.incomplete.push(why);
        live.run.unlisted.push(live.run.place.listing);
        self.next_listing(live).await
    }

    async fn next_listing(&self, live: &mut Live) -> Result<(), Halt> {
        live.run.place = Place { listing: live.run.place.listing.saturating_add(1), ..Place::default() };
        self.keep(live, Batch::new()).await
    }

    /// Everybody whom a listing of users showed.
    pub(super) async fn listed_users(&self, live: &Live) -> Result<HashSet<String>, Halt> {
        let listings = self.runs().listings(&live.run.id).await?.unwrap_or_default();
        let mut users = HashSet::new();
        for (number, listing) in listings.iter().enumerate() {
            if let Listing::Users(UserState::Active | UserState::Inactive) = listing {
                self.runs().each_page(&live.run.id, number, |page| users.extend(page.users)).await?;
            }
        }
        Ok(users)
    }
}

/// What is kept of a page of holders.
fn row_of(listing: &Listing, holders: &[Holder]) -> PageRow {
    let mut row = PageRow::default();
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    for holder in holders {
        row.users.push(holder.user.as_str().to_owned());
        if let (Listing::Holders(Held::Role(_)), Some(division)) = (listing, &holder.division) {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry(&division.id).or_insert(next);
            if number == next {
                row.named.push((division.id.clone(), division.name.clone()));
            }
            row.divisions.push(number);
        }
    }
    row
}
