//! Listings page by page: numbered ones, and those where the next page is named by the one before.
//!
//! A walk is data: it can stand still, and go on at the page where it was. What is on the pages is the
//! caller's matter.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Calls;
use crate::genesys::api;
use crate::genesys::not_done::{NotDone, unreadable};
use crate::genesys::request::HttpCall;
use crate::limits;
use crate::model::ports::CallContext;

/// A way through a listing.
#[derive(Clone, Debug)]
pub(in crate::genesys) struct Walk {
    /// Entities on a full numbered page; `None` for a listing by cursor.
    size: Option<usize>,
    after: Option<String>,
    pages: u32,
    seen: usize,
    done: bool,
}

impl Walk {
    /// From page 1.
    pub(in crate::genesys) fn by_number(size: usize) -> Self {
        Self { size: Some(size), after: None, pages: 0, seen: 0, done: false }
    }

    /// From the page that no cursor names.
    pub(in crate::genesys) fn by_cursor() -> Self {
        Self { size: None, after: None, pages: 0, seen: 0, done: false }
    }

    /// Whether the last page was read.
    pub(in crate::genesys) fn is_done(&self) -> bool {
        self.done
    }

    /// Number of the next page.
    pub(in crate::genesys) fn number(&self) -> u32 {
        self.pages + 1
    }

    /// Cursor of the next page.
    pub(in crate::genesys) fn cursor(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Pages that were read.
    pub(in crate::genesys) fn pages(&self) -> u32 {
        self.pages
    }

    /// The call for the next page; `None` after the last one.
    pub(in crate::genesys) fn next(&self, call: impl FnOnce(&Self) -> HttpCall) -> Option<HttpCall> {
        (!self.done).then(|| call(self))
    }

    /// Reads a page and finds out where the next one is.
    fn read(&mut self, call: &HttpCall, answer: &Value) -> Result<Vec<Value>, NotDone> {
        let listing = api::listing(answer).ok_or_else(|| unreadable(call))?;
        let (seen, found) = (self.seen + listing.entities.len(), listing.entities.len());
        match self.size {
            Some(size) => {
                let total = listing.total.and_then(|total| usize::try_from(total).ok());
                self.done = match (total, listing.pages) {
                    (Some(total), _) => seen >= total,
                    (None, Some(pages)) => self.number() >= pages,
                    (None, None) => found < size && !listing.more,
                };
                if found == 0 && !self.done {
                    let reason = format!("{}: the listing ended before its total", call.operation);
                    return Err(NotDone::later(1_000, reason));
                }
            }
            None => {
                let next = if listing.more {
                    Some(cursor_in(answer).ok_or_else(|| unreadable(call))?)
                } else {
                    None
                };
                if next.is_some() && next == self.after {
                    let reason = format!("{}: the cursor does not move on", call.operation);
                    return Err(NotDone::later(1_000, reason));
                }
                self.done = next.is_none();
                self.after = next;
            }
        }
        (self.pages, self.seen) = (self.pages + 1, seen);
        if !self.done && usize::try_from(self.pages).unwrap_or(usize::MAX) >= limits::GENESYS_PAGES {
            let reason = format!("{}: more than {} pages", call.operation, limits::GENESYS_PAGES);
            return Err(NotDone::later(60_000, reason));
        }
        Ok(listing.entities)
    }
}

impl Calls {
    /// Reads the page that `call` asks for and moves the walk on. If it fails the walk stays where it is.
    pub(in crate::genesys) async fn walk(
        &self,
        call: &HttpCall,
        walk: &mut Walk,
        context: &CallContext,
    ) -> Result<Vec<Value>, NotDone> {
        let answer = self.json(call, context).await?;
        walk.read(call, &answer)
    }

    /// All pages of a numbered listing, or none: a partial listing is an error.
    pub(in crate::genesys) async fn pages(
        &self,
        page: impl Fn(u32) -> HttpCall + Sync,
        size: usize,
        context: &CallContext,
    ) -> Result<Vec<Value>, NotDone> {
        let (mut walk, mut all) = (Walk::by_number(size), Vec::new());
        while let Some(call) = walk.next(|walk| page(walk.number())) {
            all.extend(self.walk(&call, &mut walk, context).await?);
        }
        Ok(all)
    }

    /// All pages of a listing by cursor, or none.
    pub(in crate::genesys) async fn cursor_pages(
        &self,
        page: impl Fn(Option<&str>) -> HttpCall + Sync,
        context: &CallContext,
    ) -> Result<Vec<Value>, NotDone> {
        let (mut walk, mut all) = (Walk::by_cursor(), Vec::new());
        while let Some(call) = walk.next(|walk| page(walk.cursor())) {
            all.extend(self.walk(&call, &mut walk, context).await?);
        }
        Ok(all)
    }
}

/// The value of `after` in `nextUri`, decoded.
pub(in crate::genesys) fn cursor_in(answer: &Value) -> Option<String> {
    let (_, query) = api::text(answer, "nextUri")?.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix("after="))?;
    let decoded = percent_decode_str(value).decode_utf8().ok()?;
    (!decoded.is_empty()).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_cursor_is_taken_from_the_address_of_the_next_page() {
        let table = [
            (json!({"nextUri": "/api/v2/teams?pageSize=100&after=at%3D4"}), Some("at=4")),
            (json!({"nextUri": "https://x/api/v2/teams?after=abc&pageSize=1"}), Some("abc")),
            (json!({"nextUri": "/api/v2/teams?pageSize=100"}), None),
            (json!({"nextUri": "/api/v2/teams?after="}), None),
            (json!({}), None),
        ];
        for (answer, expected) in table {
            assert_eq!(cursor_in(&answer).as_deref(), expected, "{answer}");
        }
    }
}
