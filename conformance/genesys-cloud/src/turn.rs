//! One operation's turn: the request, the organisation, the quirks and the clock, with the checks that many
//! share. Pages of listings are in `paging`.

use serde_json::{Map, Value};

use crate::quirks::{Quirks, ScimErrors};
use crate::reply::Refusal;
use crate::request::Request;
use crate::seed::SeedClient;
use crate::world::World;
use crate::world::entities::User;

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
