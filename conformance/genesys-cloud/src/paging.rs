//! Pages of listings: by number, with or without a total, and by cursor. Only what stands on the page is
//! turned into models.
//!
//! What is listed, and in which order, is the operations' business.

use serde_json::{Map, Value};

use crate::reply::{Answer, Refusal, Reply};
use crate::turn::Turn;

/// Largest page of a listing that names no limit of its own (docs/genesys.md G3.6).
pub(crate) const MAX_PAGE_SIZE: usize = 500;

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) size: usize,
    /// From 1.
    number: usize,
}

impl Page {
    /// How many entries come before it.
    pub(crate) fn skip(self) -> usize {
        self.number.saturating_sub(1).saturating_mul(self.size)
    }

    /// How many entries there are up to its end.
    pub(crate) fn end(self) -> usize {
        self.number.saturating_mul(self.size)
    }
}

fn wrong(name: &str) -> Refusal {
    Refusal::new(400, "invalid.query.param.value", format!("Value is not valid for parameter [{name}]."))
}

impl Turn<'_> {
    /// Page size and number of a REST listing.
    pub(crate) fn page(&self, max: usize) -> Result<Page, Refusal> {
        let size = usize::try_from(self.number("pageSize", 25)?).map_err(|_| wrong("pageSize"))?;
        let number = usize::try_from(self.number("pageNumber", 1)?).map_err(|_| wrong("pageNumber"))?;
        if size == 0 || size > max {
            return Err(wrong("pageSize"));
        }
        if number == 0 {
            return Err(wrong("pageNumber"));
        }
        Ok(Page { size, number })
    }

    /// A page of a listing with totals.
    pub(crate) fn listing(&self, all: Vec<Value>) -> Answer {
        self.listing_of(&all, Value::clone)
    }

    /// The same, with models made for the page only.
    pub(crate) fn listing_of<T>(&self, all: &[T], model: impl Fn(&T) -> Value) -> Answer {
        let page = self.page(MAX_PAGE_SIZE)?;
        let entities = all.iter().skip(page.skip()).take(page.size).map(model).collect();
        self.paged(page, all.len(), true, entities)
    }

    /// A page of a listing without totals and with its own limit.
    pub(crate) fn listing_without_total<T>(
        &self,
        all: &[T],
        max: usize,
        model: impl Fn(&T) -> Value,
    ) -> Answer {
        let page = self.page(max)?;
        let entities = all.iter().skip(page.skip()).take(page.size).map(model).collect();
        self.paged(page, all.len(), false, entities)
    }

    /// A page of a listing that is read by cursor: neither numbers nor totals, only where to go on.
    pub(crate) fn cursor_listing<T>(&self, all: &[T], max: usize, model: impl Fn(&T) -> Value) -> Answer {
        let size = self.page(max)?.size;
        let place = |name| self.request.parameter(name).map(|cursor| cursor_place(name, cursor));
        let after = place("after").transpose()?;
        let before = place("before").transpose()?;
        let start = after.or(before.map(|end| end.saturating_sub(size))).unwrap_or(0);
        let end = start.saturating_add(size);
        let entities: Vec<Value> = all.iter().skip(start).take(size).map(model).collect();
        let mut page = Map::new();
        page.insert("entities".into(), Value::Array(entities));
        page.insert("selfUri".into(), self.request.path.clone().into());
        let cursor = |name: &str, place: usize| {
            let with = [("pageSize", size.to_string()), (name, format!("{CURSOR}{place}"))];
            self.address(&["pageSize", "after", "before"], &with)
        };
        if end < all.len() {
            page.insert("nextUri".into(), cursor("after", end).into());
        }
        if start > 0 {
            page.insert("previousUri".into(), cursor("before", start).into());
        }
        Ok(Reply::ok(Value::Object(page)))
    }

    /// The answer around the entities of a page.
    pub(crate) fn paged(&self, page: Page, total: usize, totals: bool, entities: Vec<Value>) -> Answer {
        let Page { size, number } = page;
        let pages = total.div_ceil(size);
        let uri = |number: usize| {
            self.address(&["pageSize", "pageNumber"], &[("pageSize", size), ("pageNumber", number)])
        };
        let mut out = Map::new();
        out.insert("entities".into(), Value::Array(entities));
        out.insert("pageSize".into(), size.into());
        out.insert("pageNumber".into(), number.into());
        if totals {
            out.insert("total".into(), total.into());
            out.insert("pageCount".into(), pages.into());
            out.insert("lastUri".into(), uri(pages.max(1)).into());
        }
        out.insert("firstUri".into(), uri(1).into());
        out.insert("selfUri".into(), uri(number).into());
        if number < pages {
            out.insert("nextUri".into(), uri(number.saturating_add(1)).into());
        }
        if number > 1 {
            out.insert("previousUri".into(), uri(number.saturating_sub(1)).into());
        }
        Ok(Reply::ok(Value::Object(out)))
    }

    /// The address of the request without some of its parameters and with others.
    pub(crate) fn address(&self, without: &[&str], with: &[(&str, impl std::fmt::Display)]) -> String {
        let kept = self.request.raw_query.split('&').filter(|part| {
            let name = part.split('=').next().unwrap_or_default();
            !part.is_empty() && !without.contains(&name)
        });
        let mut parts: Vec<String> = kept.map(str::to_owned).collect();
        parts.extend(with.iter().map(|(name, value)| format!("{name}={value}")));
        format!("{}?{}", self.request.path, parts.join("&"))
    }
}

/// How a cursor begins. It has to be encoded in an address, so that clients that forget it are found out.
const CURSOR: &str = "at%3D";

/// The place that a cursor stands for.
fn cursor_place(name: &str, cursor: &str) -> Result<usize, Refusal> {
    cursor.strip_prefix("at=").and_then(|place| place.parse().ok()).ok_or_else(|| wrong(name))
}
