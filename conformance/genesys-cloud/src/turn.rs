//! One operation's turn: the request, the organisation, the quirks and the clock, with the checks that many
//! share.

use serde_json::{Map, Value};

use crate::quirks::{Quirks, ScimErrors};
use crate::reply::{Answer, Refusal};
use crate::request::Request;
use crate::seed::SeedClient;
use crate::world::World;
use crate::world::entities::User;

/// Largest page of a listing that names no limit of its own (docs/genesys.md G3.6).
const MAX_PAGE_SIZE: usize = 500;

/// What an operation gets.
pub(crate) struct Turn<'a> {
    pub(crate) request: &'a Request,
    pub(crate) world: &'a mut World,
    pub(crate) quirks: &'a Quirks,
    pub(crate) client: &'a SeedClient,
    pub(crate) token: &'a str,
    pub(crate) now_ms: u64,
    pub(crate) rate_per_minute: u32,
    /// `http://host:port` of the API listener, for absolute locations.
    pub(crate) base: &'a str,
    /// Values of the template's parameters, decoded, in order of appearance.
    pub(crate) captures: Vec<String>,
}

impl Turn<'_> {
    /// The n-th parameter of the path, from 0.
    pub(crate) fn path(&self, n: usize) -> String {
        self.captures.get(n).cloned().unwrap_or_default()
    }

    /// The body as JSON.
    pub(crate) fn body(&self) -> Result<Value, Refusal> {
        let kind = self.request.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let scim = self.request.path.starts_with("/api/v2/scim/");
        if kind != "application/json" && !(scim && kind == "application/scim+json") {
            return Err(Refusal::new(
                415,
                "unsupported.media.type",
                "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type \
                 value in the header.",
            ));
        }
        serde_json::from_slice(&self.request.body)
            .map_err(|error| Refusal::bad(format!("The request body is not valid JSON: {error}")))
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match self.body()? {
            Value::Object(map) => Ok(map),
            _ => Err(Refusal::bad("The request body must be a JSON object.")),
        }
    }

    /// The body as a list of objects, at least one and at most `limit`.
    pub(crate) fn objects(&self, limit: usize) -> Result<Vec<Map<String, Value>>, Refusal> {
        let Value::Array(list) = self.body()? else {
            return Err(Refusal::bad("The request body must be a JSON array."));
        };
        if list.len() > limit {
            return Err(Refusal::bad(format!("At most {limit} items are allowed in one request.")));
        }
        list.into_iter()
            .map(|item| match item {
                Value::Object(map) => Ok(map),
                _ => Err(Refusal::bad("Each item of the request body must be a JSON object.")),
            })
            .collect()
    }

    /// The body as a list of ids.
    pub(crate) fn ids(&self) -> Result<Vec<String>, Refusal> {
        serde_json::from_value(self.body()?)
            .map_err(|_| Refusal::bad("The request body must be a list of ids."))
    }

    /// A user to read: not deleted, and not so new that reads miss it.
    pub(crate) fn readable_user(&self, id: &str) -> Result<User, Refusal> {
        let user = self.world.live_user(id).ok_or_else(Refusal::no_user)?;
        if self.world.is_fresh(id, self.now_ms, self.quirks.stale_ms) {
            return Err(Refusal::no_user());
        }
        Ok(user.clone())
    }

    /// A user to write to, as a copy.
    pub(crate) fn writable_user(&self, id: &str) -> Result<User, Refusal> {
        let user = self.world.live_user(id).ok_or_else(Refusal::no_user)?;
        if self.quirks.stale_writes && self.world.is_fresh(id, self.now_ms, self.quirks.stale_ms) {
            return Err(Refusal::no_user());
        }
        self.need_division(&user.division, "missing.division.permission")?;
        Ok(user.clone())
    }

    /// A user whose directory record is to be written, as a copy; a conflict when another write has just
    /// happened.
    pub(crate) fn directory_user(&self, id: &str) -> Result<User, Refusal> {
        let user = self.writable_user(id)?;
        self.need_calm(id)?;
        Ok(user)
    }

    /// Refuses while another write of the user has just happened.
    pub(crate) fn need_calm(&self, id: &str) -> Result<(), Refusal> {
        if self.world.is_contended(id, self.now_ms, self.quirks.conflict_window_ms) {
            return Err(self.version_conflict());
        }
        Ok(())
    }

    /// The refusal of a stale version.
    pub(crate) fn version_conflict(&self) -> Refusal {
        Refusal::new(
            self.quirks.conflict_status,
            "general.conflict",
            "The version supplied does not match the current version of the user",
        )
    }

    /// Puts a user back with a new version.
    pub(crate) fn put_directory(&mut self, user: User) -> User {
        self.world.put_directory(user, self.now_ms)
    }

    /// Puts a user back with its version as it is.
    pub(crate) fn put_aside(&mut self, user: User) {
        self.world.put_aside(user, self.now_ms);
    }

    /// Whether the client may act in a division, by id.
    pub(crate) fn covers_division(&self, division: &str) -> bool {
        let name = self.world.catalog.division(division).map(|division| division.name.as_str());
        self.client.divisions.iter().any(|held| held == "*" || Some(held.as_str()) == name)
    }

    /// Refuses with a 403 of this code when the client may not act in a division.
    pub(crate) fn need_division(&self, division: &str, code: &str) -> Result<(), Refusal> {
        if self.covers_division(division) {
            return Ok(());
        }
        Err(Refusal::new(
            403,
            code,
            "Unable to perform the requested action. You are missing a required permission in the provided \
             division(s).",
        ))
    }

    /// A SCIM 400 about the content, in the shape that the quirk asks for.
    pub(crate) fn scim_bad(&self, scim_type: &str, detail: impl Into<String>) -> Refusal {
        match self.quirks.scim_errors {
            ScimErrors::Scim => Refusal::scim(400, scim_type, detail),
            ScimErrors::Platform => Refusal::bad(detail),
        }
    }

    /// A numeric query parameter.
    pub(crate) fn number(&self, name: &str, default: i64) -> Result<i64, Refusal> {
        match self.request.parameter(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| {
                let message = format!("Value [{text}] is not valid for parameter [{name}].");
                Refusal::new(400, "invalid.query.param.value", message)
            }),
        }
    }

    /// A boolean query parameter.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.request.parameter(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(text) => Err(Refusal::new(
                400,
                "invalid.query.param.value",
                format!(
                    "Value [{text}] is not valid for parameter [{name}]. Allowable values are: true, false"
                ),
            )),
        }
    }

    /// Page size and number of a REST listing.
    fn page_bounds(&self, max: usize) -> Result<(usize, usize), Refusal> {
        let wrong = |name: &str| {
            Refusal::new(
                400,
                "invalid.query.param.value",
                format!("Value is not valid for parameter [{name}]."),
            )
        };
        let size = usize::try_from(self.number("pageSize", 25)?).map_err(|_| wrong("pageSize"))?;
        let number = usize::try_from(self.number("pageNumber", 1)?).map_err(|_| wrong("pageNumber"))?;
        if size == 0 || size > max {
            return Err(wrong("pageSize"));
        }
        if number == 0 {
            return Err(wrong("pageNumber"));
        }
        Ok((size, number))
    }

    /// A page of a listing with totals.
    pub(crate) fn listing(&self, all: Vec<Value>) -> Answer {
        self.page(all, MAX_PAGE_SIZE, true)
    }

    /// The same of many things, of which only those on the page are shown; at most `max` on one.
    pub(crate) fn listing_of<T>(&self, all: &[T], max: usize, model: impl Fn(&T) -> Value) -> Answer {
        let (size, number) = self.page_bounds(max)?;
        let skip = number.saturating_sub(1).saturating_mul(size);
        let entities = all.iter().skip(skip).take(size).map(model).collect();
        self.framed(entities, (size, number), all.len(), true)
    }

    /// A page by a cursor of its own kind: `cursor` in, `cursor` and `nextUri` out.
    pub(crate) fn query_of<T>(&self, all: &[T], model: impl Fn(&T) -> Value) -> Answer {
        let (size, _) = self.page_bounds(MAX_PAGE_SIZE)?;
        let start = match self.request.parameter("cursor") {
            Some(cursor) => cursor_place("cursor", cursor)?,
            None => 0,
        };
        let end = start.saturating_add(size);
        let entities: Vec<Value> = all.iter().skip(start).take(size).map(model).collect();
        let mut page = Map::new();
        page.insert("results".into(), entities.len().into());
        page.insert("entities".into(), Value::Array(entities));
        page.insert("selfUri".into(), self.request.path.clone().into());
        if end < all.len() {
            page.insert("cursor".into(), format!("at={end}").into());
            page.insert("nextUri".into(), self.cursor_uri(size, "cursor", end).into());
        }
        Ok(crate::reply::Reply::ok(Value::Object(page)))
    }

    /// Where the page ends that is asked for, counted in entities.
    pub(crate) fn page_end(&self) -> Result<usize, Refusal> {
        let (size, number) = self.page_bounds(MAX_PAGE_SIZE)?;
        Ok(size.saturating_mul(number))
    }

    /// A page of a listing without totals and with its own limit.
    pub(crate) fn listing_without_total(&self, all: Vec<Value>, max: usize) -> Answer {
        self.page(all, max, false)
    }

    /// A page of a listing that is read by cursor: neither numbers nor totals, only where to go on.
    pub(crate) fn cursor_listing(&self, all: Vec<Value>, max: usize) -> Answer {
        let (size, _) = self.page_bounds(max)?;
        let place = |name| self.request.parameter(name).map(|cursor| cursor_place(name, cursor));
        let after = place("after").transpose()?;
        let before = place("before").transpose()?;
        let start = after.or(before.map(|end| end.saturating_sub(size))).unwrap_or(0);
        let end = start.saturating_add(size);
        let total = all.len();
        let entities: Vec<Value> = all.into_iter().skip(start).take(size).collect();
        let mut page = Map::new();
        page.insert("entities".into(), Value::Array(entities));
        page.insert("selfUri".into(), self.request.path.clone().into());
        if end < total {
            page.insert("nextUri".into(), self.cursor_uri(size, "after", end).into());
        }
        if start > 0 {
            page.insert("previousUri".into(), self.cursor_uri(size, "before", start).into());
        }
        Ok(crate::reply::Reply::ok(Value::Object(page)))
    }

    fn cursor_uri(&self, size: usize, name: &str, place: usize) -> String {
        let kept = self.request.raw_query.split('&').filter(|part| {
            let paging = ["pageSize=", "after=", "before=", "cursor="];
            !part.is_empty() && !paging.iter().any(|name| part.starts_with(name))
        });
        let mut parts: Vec<String> = kept.map(str::to_owned).collect();
        parts.push(format!("pageSize={size}"));
        parts.push(format!("{name}={CURSOR}{place}"));
        format!("{}?{}", self.request.path, parts.join("&"))
    }

    fn page(&self, all: Vec<Value>, max: usize, totals: bool) -> Answer {
        let (size, number) = self.page_bounds(max)?;
        let total = all.len();
        let skip = number.saturating_sub(1).saturating_mul(size);
        let entities: Vec<Value> = all.into_iter().skip(skip).take(size).collect();
        self.framed(entities, (size, number), total, totals)
    }

    /// Entities with what a page says of itself and of the others.
    fn framed(
        &self,
        entities: Vec<Value>,
        (size, number): (usize, usize),
        total: usize,
        totals: bool,
    ) -> Answer {
        let pages = total.div_ceil(size);
        let mut page = Map::new();
        page.insert("entities".into(), Value::Array(entities));
        page.insert("pageSize".into(), size.into());
        page.insert("pageNumber".into(), number.into());
        if totals {
            page.insert("total".into(), total.into());
            page.insert("pageCount".into(), pages.into());
            page.insert("lastUri".into(), self.page_uri(size, pages.max(1)).into());
        }
        page.insert("firstUri".into(), self.page_uri(size, 1).into());
        page.insert("selfUri".into(), self.page_uri(size, number).into());
        if number < pages {
            page.insert("nextUri".into(), self.page_uri(size, number.saturating_add(1)).into());
        }
        if number > 1 {
            page.insert("previousUri".into(), self.page_uri(size, number.saturating_sub(1)).into());
        }
        Ok(crate::reply::Reply::ok(Value::Object(page)))
    }

    fn page_uri(&self, size: usize, number: usize) -> String {
        let mut parts: Vec<String> = self
            .request
            .raw_query
            .split('&')
            .filter(|part| {
                !part.is_empty() && !part.starts_with("pageSize=") && !part.starts_with("pageNumber=")
            })
            .map(str::to_owned)
            .collect();
        parts.push(format!("pageSize={size}"));
        parts.push(format!("pageNumber={number}"));
        format!("{}?{}", self.request.path, parts.join("&"))
    }
}

/// How a cursor begins. It has to be encoded in an address, so that clients that forget it are found out.
const CURSOR: &str = "at%3D";

/// The place that a cursor stands for.
fn cursor_place(name: &str, cursor: &str) -> Result<usize, Refusal> {
    cursor.strip_prefix("at=").and_then(|place| place.parse().ok()).ok_or_else(|| {
        Refusal::new(400, "invalid.query.param.value", format!("Value is not valid for parameter [{name}]."))
    })
}

/// A string member of an object; absent and null are both none.
pub(crate) fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str)
}

/// Time as the API writes it.
pub(crate) fn timestamp(ms: u64) -> String {
    let instant = jiff::Timestamp::from_millisecond(i64::try_from(ms).unwrap_or(0)).unwrap_or_default();
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
