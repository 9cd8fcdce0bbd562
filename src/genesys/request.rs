//! One HTTP call as data: operation, method, path, query, body, and how its answer must be judged.
//!
//! Pure. Which calls exist is in [`super::api`]; how answers are judged in [`super::verdict`]; who sends them
//! `super::client`.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::model::ports::RouteFamily;

/// Characters that stay as they are in a path segment (RFC 3986 "unreserved").
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

/// What the call does to Genesys; decides what a lost answer, a 404 and a conflict mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Changes nothing: a lost answer is simply asked again.
    Read,
    /// Makes something new: a conflict means that the name is taken.
    Create,
    /// Changes a record: a conflict is one of versions unless Genesys says that a name is taken.
    Change,
    /// Takes something away: 404 is what was wanted.
    Removal,
}

impl Nature {
    /// Whether the call may have changed something when its answer was lost.
    pub fn writes(self) -> bool {
        self != Nature::Read
    }
}

/// How the body is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`.
    Json,
    /// `application/scim+json`.
    Scim,
}

/// One call. `Debug` prints neither query values nor the body: both may hold personal values.
#[derive(Clone, PartialEq)]
pub struct HttpCall {
    /// Name for metrics and logs, e.g. `scim_user_patch`.
    pub operation: &'static str,
    /// HttpMethod.
    pub method: HttpMethod,
    /// Path with encoded segments, from `/api/v2`.
    pub path: String,
    /// Query parameters in order; a name may be repeated.
    pub query: Vec<(&'static str, String)>,
    /// JSON body.
    pub body: Option<Value>,
    /// Content type of body and answer.
    pub media: Media,
    /// What it does.
    pub nature: Nature,
    /// Whether it sets a name that must be unique: a conflict that does not speak of versions then means
    /// "taken".
    pub names: bool,
}

impl HttpCall {
    /// A call without query or body; `segments` are encoded and joined after `/api/v2`.
    pub fn new(operation: &'static str, nature: Nature, method: HttpMethod, segments: &[&str]) -> Self {
        let mut path = String::from("/api/v2");
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        let media = if segments.first() == Some(&"scim") { Media::Scim } else { Media::Json };
        Self {
            operation,
            method,
            path,
            query: Vec::new(),
            body: None,
            media,
            nature,
            names: nature == Nature::Create,
        }
    }

    /// A GET.
    pub fn get(operation: &'static str, segments: &[&str]) -> Self {
        Self::new(operation, Nature::Read, HttpMethod::Get, segments)
    }

    /// The routes that may share a limit with it: without ids and without what comes after them, except
    /// below users, groups and teams, where it says what of them is meant.
    pub fn family(&self) -> RouteFamily {
        let mut segments = self.path.split('/').skip(3);
        let [first, second, third] = [(); 3].map(|()| segments.next().unwrap_or_default());
        RouteFamily::new(match (first, third) {
            ("scim", resource) => format!("scim/{resource}"),
            ("routing" | "authorization", _) => format!("{first}/{second}"),
            ("users" | "groups" | "teams", part) if !part.is_empty() => format!("{first}/{part}"),
            _ => first.to_owned(),
        })
    }

    /// Adds a query parameter.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Says that it sets a unique name.
    pub fn naming(mut self, names: bool) -> Self {
        self.names = names;
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Adds `pageSize` and `pageNumber` (from 1).
    pub fn page(self, size: usize, number: u32) -> Self {
        self.with("pageSize", size.to_string()).with("pageNumber", number.to_string())
    }
}

impl fmt::Debug for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.operation, self.method, self.path)?;
        for (name, _) in &self.query {
            write!(f, " {name}=…")?;
        }
        Ok(())
    }
}

/// Texts of the body that may be personal: they are struck out of what Genesys says about the call.
pub(crate) fn personal_values(body: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    collect(body, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if text.chars().count() >= 3 => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            for (key, member) in members {
                // What names attributes and ids is needed to understand a refusal, and is nobody's name.
                let plain = ["schemas", "op", "path", "type", "id", "roleId", "divisionId", "schemaId"];
                if !plain.contains(&key.as_str()) {
                    collect(member, found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn path_segments_are_encoded_so_that_no_value_can_leave_its_place() {
        let call = HttpCall::get("x", &["users", "externalid", "a b", "../x?y=1#z"]);
        assert_eq!(call.path, "/api/v2/users/externalid/a%20b/..%2Fx%3Fy%3D1%23z");
        assert_eq!(call.media, Media::Json);
        assert_eq!(HttpCall::get("x", &["scim", "v2"]).media, Media::Scim);
    }

    #[test]
    fn a_family_holds_no_id() {
        for (path, family) in [
            (&["scim", "v2", "users", "7"][..], "scim/users"),
            (&["scim", "v2", "users"], "scim/users"),
            (&["routing", "queues", "7", "members"], "routing/queues"),
            (&["authorization", "subjects", "7", "bulkadd"], "authorization/subjects"),
            (&["users", "7", "routingskills", "bulk"], "users/routingskills"),
            (&["users", "7"], "users"),
            (&["users", "search"], "users"),
            (&["tokens", "7"], "tokens"),
            (&["teams", "7", "members"], "teams/members"),
        ] {
            assert_eq!(HttpCall::get("x", path).family().as_str(), family, "{path:?}");
        }
    }

    #[test]
    fn debug_prints_no_query_value_and_no_body() {
        let call = HttpCall::get("look", &["users"])
            .with("filter", "userName eq \"ada@example.com\"")
            .body(json!({"password": "hunter2"}));
        let text = format!("{call:?}");
        assert!(text.contains("filter"), "{text}");
        assert!(!text.contains("ada") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn names_and_addresses_are_personal_and_paths_are_not() {
        let body = json!({"schemas": ["urn:x"], "Operations": [{"op": "replace", "path": "title", "value": "Boss"}],
            "userName": "ada@example.com", "id": "1234"});
        assert_eq!(personal_values(&body), ["Boss", "ada@example.com"]);
    }
}
