//! Queries and their answers (RFC 7644 section 3.4.2): filter, paging by index and by cursor, sorting, list
//! responses.
//!
//! Reads parameters only; finding resources is the directory's work, and decoding the query string the
//! server's. What is inside a cursor is in [`super::cursor`]. Parameters nobody knows are passed over,
//! because connectors leak flags into addresses (docs/connectors.md C1.5).

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Value, json};

use super::dialect::is_primary;
use super::error::ScimError;
use super::filter::Filter;
use super::kind::{BRIDGE_USER, ResourceKind};
use super::projection::Projection;
use super::registry::{AttrPath, AttributeType, registry};
use super::value::{fold, get};
use crate::limits;
use crate::model::Object;

/// URN of a list response.
pub(crate) const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// URN of a search request.
pub(crate) const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// A query over resources of one kind.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// Which resources; `None` means all.
    pub filter: Option<Filter>,
    /// Position of the first resource wanted, counted from 1.
    pub start_index: usize,
    /// Most resources wanted, never above the page limit; 0 asks for the total alone.
    pub count: usize,
    /// Which page of paging by cursor (RFC 9865); `None` means paging by index, which is the default.
    pub cursor: Option<CursorParam>,
    /// In which order; `None` means the stable order of the directory.
    pub sort: Option<Sort>,
    /// What of each.
    pub projection: Projection,
}

/// The page that paging by cursor asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CursorParam {
    /// The first one: the cursor was there and empty.
    First,
    /// The one behind this cursor, not yet opened.
    At(String),
}

/// An order of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    path: AttrPath,
    case_exact: bool,
    descending: bool,
}

impl ListQuery {
    /// Reads decoded query parameters; names count without letter case.
    ///
    /// # Errors
    /// `invalidFilter` for the filter, `invalidPath` for an unknown `sortBy`, `invalidCount` for a page size that paging
    /// by cursor does not know, `invalidValue` for the rest.
    pub fn parse<'a>(
        kind: ResourceKind,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ScimError> {
        let mut given = Given::default();
        for (name, value) in pairs {
            let slot = match name.to_ascii_lowercase().as_str() {
                "filter" => &mut given.filter,
                "startindex" => &mut given.start_index,
                "count" => &mut given.count,
                "cursor" => &mut given.cursor,
                "sortby" => &mut given.sort_by,
                "sortorder" => &mut given.sort_order,
                // Repeated parameters add up, as a client that sends one for each name means them to.
                "attributes" => {
                    append(&mut given.attributes, value);
                    continue;
                }
                "excludedattributes" => {
                    append(&mut given.excluded, value);
                    continue;
                }
                _ => continue,
            };
            *slot = Some(value.to_owned());
        }
        given.into_query(kind, false)
    }

    /// Reads the body of a search request (RFC 7644 section 3.4.3).
    ///
    /// # Errors
    /// As [`ListQuery::parse`], `invalidSyntax` when the body is not an object, `invalidValue` for a member of the wrong
    /// type.
    pub fn from_search(kind: ResourceKind, body: &Value) -> Result<Self, ScimError> {
        Self::search(kind, body, false)
    }

    /// Reads the body of a search over all resource types, for one of them: attributes that only another type
    /// has are attributes without value (RFC 7644 section 3.4.2.1).
    ///
    /// # Errors
    /// As [`ListQuery::from_search`].
    pub fn from_search_anywhere(kind: ResourceKind, body: &Value) -> Result<Self, ScimError> {
        Self::search(kind, body, true)
    }

    fn search(kind: ResourceKind, body: &Value, anywhere: bool) -> Result<Self, ScimError> {
        let body = body
            .as_object()
            .ok_or_else(|| ScimError::invalid_syntax("A search request must be a JSON object."))?;
        let text = |name: &str| match get(body, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                Ok(Some(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")))
            }
            Some(_) => Err(ScimError::invalid_value(format!("{name} of a search has the wrong type."))),
        };
        let given = Given {
            filter: match get(body, "filter") {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(_) => return Err(ScimError::invalid_filter("The filter must be a text.")),
            },
            start_index: text("startIndex")?,
            count: text("count")?,
            cursor: match get(body, "cursor") {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(_) => return Err(ScimError::invalid_cursor("cursor must be a text.")),
            },
            sort_by: text("sortBy")?,
            sort_order: text("sortOrder")?,
            attributes: text("attributes")?,
            excluded: text("excludedAttributes")?,
        };
        given.into_query(kind, anywhere)
    }

    /// Puts resources into the order that was asked for; without one they stay as they are.
    pub fn sort(&self, resources: &mut [Object]) {
        if let Some(sort) = &self.sort {
            resources.sort_by(|left, right| sort.compare(left, right));
        }
    }
}

fn append(slot: &mut Option<String>, value: &str) {
    match slot {
        Some(list) => {
            list.push(',');
            list.push_str(value);
        }
        None => *slot = Some(value.to_owned()),
    }
}

#[derive(Default)]
struct Given {
    filter: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
    cursor: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    attributes: Option<String>,
    excluded: Option<String>,
}

impl Given {
    fn into_query(self, kind: ResourceKind, anywhere: bool) -> Result<ListQuery, ScimError> {
        let read_filter = |text: String| match anywhere {
            true => Filter::parse_anywhere(kind, &text),
            false => Filter::parse(kind, &text),
        };
        let read_sort = |by: String| {
            let order = self.sort_order.as_deref();
            let others = ResourceKind::ALL.into_iter().filter(|other| anywhere && *other != kind);
            Sort::parse(kind, &by, order).or_else(|fault| {
                others.into_iter().find_map(|other| Sort::parse(other, &by, order).ok()).ok_or(fault)
            })
        };
        let cursor = self.cursor.as_deref().map(CursorParam::parse);
        if cursor.is_some() {
            check_cursor_paging(self.start_index.as_deref(), self.count.as_deref())?;
        }
        let start_index = number("startIndex", self.start_index.as_deref())?.unwrap_or(1).max(1);
        // Negative counts are zero (RFC 7644 section 3.4.2.4).
        let count = number("count", self.count.as_deref())?.map_or(limits::PAGE_DEFAULT, |count| {
            usize::try_from(count.max(0)).unwrap_or(usize::MAX).min(limits::PAGE_MAX)
        });
        Ok(ListQuery {
            // One that is there and empty is a mistake of who built it; taken for none, it would name everybody.
            filter: self.filter.map(read_filter).transpose()?,
            start_index: usize::try_from(start_index).unwrap_or(usize::MAX),
            count,
            cursor,
            sort: self.sort_by.map(read_sort).transpose()?,
            projection: Projection::parse(kind, self.attributes.as_deref(), self.excluded.as_deref())?,
        })
    }
}

impl CursorParam {
    fn parse(text: &str) -> Self {
        if text.is_empty() { Self::First } else { Self::At(text.to_owned()) }
    }
}

/// Paging by cursor starts at no index, and its pages hold at least one resource (RFC 9865 section 2). A
/// count above the largest page is cut as in paging by index: a page may hold fewer resources than were asked
/// for.
fn check_cursor_paging(start_index: Option<&str>, count: Option<&str>) -> Result<(), ScimError> {
    if start_index.is_some_and(|text| !text.trim().is_empty()) {
        return Err(ScimError::invalid_value(
            "startIndex and cursor are two ways of paging; send one of them (RFC 9865 section 2.3).",
        ));
    }
    let count = number("count", count).unwrap_or(Some(0));
    if count.is_some_and(|count| count < 1) {
        return Err(ScimError::invalid_count(format!(
            "count must be a whole number from 1 to {} when paging by cursor.",
            limits::PAGE_MAX
        )));
    }
    Ok(())
}

fn number(name: &str, text: Option<&str>) -> Result<Option<i64>, ScimError> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| ScimError::invalid_value(format!("{name} must be a whole number."))),
    }
}

impl Sort {
    fn parse(kind: ResourceKind, by: &str, order: Option<&str>) -> Result<Self, ScimError> {
        let (uri, rest) = match by.trim().rsplit_once(':') {
            Some((uri, rest)) => (Some(uri), rest),
            None => (None, by.trim()),
        };
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        let unknown =
            || ScimError::invalid_path(format!("sortBy names no attribute of {kind}; see /Schemas."));
        let found = registry().resolve(kind, uri, name, sub).ok_or_else(unknown)?;
        let mut path = found.path.clone();
        let mut leaf = found.leaf();
        if leaf.data_type == AttributeType::Complex {
            leaf = leaf.sub("value").ok_or_else(unknown)?;
            path.sub = Some(leaf.name.clone());
        }
        let descending = match order.map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "ascending") => false,
            Some("descending") => true,
            Some(_) => return Err(ScimError::invalid_value("sortOrder must be ascending or descending.")),
        };
        Ok(Self { path, case_exact: leaf.case_exact, descending })
    }

    /// Whether the order is by the names of a group's members, which are read one by one.
    pub fn is_by_member_names(&self) -> bool {
        self.path.name == "members" && self.path.sub.as_deref() == Some("display")
    }

    /// Whether the order is by how far provisioning has come, which is no part of the document.
    pub fn is_by_provisioning(&self) -> bool {
        self.path.schema.as_deref() == Some(BRIDGE_USER) && self.path.name == "provisioning"
    }

    /// The attribute sorted by, for those who load parts of a resource only when somebody looks at them.
    pub fn attribute(&self) -> &str {
        &self.path.name
    }

    /// Compares two resources; those without a value come last when ascending (RFC 7644 section 3.4.2.3).
    pub fn compare(&self, left: &Object, right: &Object) -> Ordering {
        let order = match (self.key(left), self.key(right)) {
            (Some(left), Some(right)) => self.compare_values(left, right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if self.descending { order.reverse() } else { order }
    }

    fn compare_values(&self, left: &Value, right: &Value) -> Ordering {
        match (left, right) {
            (Value::String(left), Value::String(right)) if self.case_exact => left.cmp(right),
            (Value::String(left), Value::String(right)) => fold(left).cmp(&fold(right)),
            (Value::Number(left), Value::Number(right)) => {
                left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal)
            }
            (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
            _ => Ordering::Equal,
        }
    }

    /// The value to sort by: the primary entry's, else the first one's.
    fn key<'a>(&self, object: &'a Object) -> Option<&'a Value> {
        let container = match &self.path.schema {
            Some(schema) => object.get(schema)?.as_object()?,
            None => object,
        };
        let value = match container.get(&self.path.name)? {
            Value::Array(items) => items.iter().find(|item| is_primary(item)).or_else(|| items.first())?,
            other => other,
        };
        match &self.path.sub {
            Some(sub) => value.get(sub),
            None => Some(value),
        }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.path.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.path.name)?;
        if let Some(sub) = &self.path.sub {
            write!(f, ".{sub}")?;
        }
        f.write_str(if self.descending { " descending" } else { " ascending" })
    }
}

/// A list response. `total` counts all that match, `items` is the page.
pub(crate) fn list_response(total: usize, start_index: usize, items: Vec<Object>) -> Value {
    json!({
        "schemas": [LIST_SCHEMA],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": items.len(),
        "Resources": items,
    })
}

/// The beginning of a list response as text, up to the bracket that opens `Resources`; `]}` ends it after
/// `number` resources.
pub(crate) fn list_head(total: usize, start_index: usize, number: usize) -> Vec<u8> {
    format!(
        "{{\"schemas\":[\"{LIST_SCHEMA}\"],\"totalResults\":{total},\"startIndex\":{start_index},\"itemsPerPage\":{number},\"Resources\":["
    )
    .into_bytes()
}

/// The same for paging by cursor. `total` counts all that match, where it is known; `next` is the cursor of
/// the page that follows, and leaving it out says that this page is the last one (RFC 9865 section 2).
pub(crate) fn cursor_head(total: Option<usize>, next: Option<&str>, number: usize) -> Vec<u8> {
    let total = total.map(|total| format!("\"totalResults\":{total},")).unwrap_or_default();
    // The characters of a cursor need no escape.
    let next = next.map(|next| format!("\"nextCursor\":\"{next}\",")).unwrap_or_default();
    format!("{{\"schemas\":[\"{LIST_SCHEMA}\"],{total}\"itemsPerPage\":{number},{next}\"Resources\":[")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::ScimType;

    #[test]
    fn paging_by_cursor_is_asked_for_by_the_parameter_alone() {
        let at = |text: &str| Some(CursorParam::At(text.to_owned()));
        for (pairs, cursor, count) in [
            (vec![], None, limits::PAGE_DEFAULT),
            (vec![("count", "10")], None, 10),
            (vec![("cursor", "")], Some(CursorParam::First), limits::PAGE_DEFAULT),
            (vec![("Cursor", ""), ("count", "1")], Some(CursorParam::First), 1),
            (vec![("cursor", "a.b.c"), ("count", "7")], at("a.b.c"), 7),
            (vec![("cursor", "a.b.c"), ("count", "99999999")], at("a.b.c"), limits::PAGE_MAX),
            (vec![("cursor", ""), ("startIndex", "")], Some(CursorParam::First), limits::PAGE_DEFAULT),
        ] {
            let query = parse(&pairs).unwrap();
            assert_eq!((query.cursor, query.count), (cursor, count), "{pairs:?}");
        }
        for (pairs, expected) in [
            ([("cursor", ""), ("count", "0")], ScimType::InvalidCount),
            ([("cursor", ""), ("count", "-1")], ScimType::InvalidCount),
            ([("cursor", "a.b.c"), ("count", "many")], ScimType::InvalidCount),
            ([("cursor", ""), ("startIndex", "1")], ScimType::InvalidValue),
            ([("startIndex", "5"), ("cursor", "a.b.c")], ScimType::InvalidValue),
        ] {
            assert_eq!(parse(&pairs).unwrap_err().scim_type, Some(expected), "{pairs:?}");
        }
    }

    #[test]
    fn a_search_request_carries_a_cursor_too() {
        for (body, cursor) in [
            (json!({"cursor": "", "count": 10}), Some(CursorParam::First)),
            (json!({"CURSOR": "a.b.c"}), Some(CursorParam::At("a.b.c".into()))),
            (json!({"cursor": null}), None),
            (json!({}), None),
        ] {
            assert_eq!(ListQuery::from_search(ResourceKind::User, &body).unwrap().cursor, cursor, "{body}");
        }
        for (body, expected) in [
            (json!({"cursor": 7}), ScimType::InvalidCursor),
            (json!({"cursor": ["a"]}), ScimType::InvalidCursor),
            (json!({"cursor": "", "count": 0}), ScimType::InvalidCount),
            (json!({"cursor": "", "startIndex": 1}), ScimType::InvalidValue),
        ] {
            let error = ListQuery::from_search(ResourceKind::User, &body).unwrap_err();
            assert_eq!(error.scim_type, Some(expected), "{body}");
        }
    }

    #[test]
    fn the_last_page_has_no_next_cursor_and_no_page_a_start_index() {
        let page = |total, next, number, items: &str| {
            let text = [cursor_head(total, next, number), format!("{items}]}}").into_bytes()].concat();
            serde_json::from_slice::<Value>(&text).unwrap()
        };
        assert_eq!(
            page(Some(12), Some("a.b.c"), 1, r#"{"id": "1"}"#),
            json!({"schemas": [LIST_SCHEMA], "totalResults": 12, "itemsPerPage": 1, "nextCursor": "a.b.c", "Resources": [{"id": "1"}]})
        );
        assert_eq!(
            page(None, None, 0, ""),
            json!({"schemas": [LIST_SCHEMA], "itemsPerPage": 0, "Resources": []})
        );
    }

    fn parse(pairs: &[(&str, &str)]) -> Result<ListQuery, ScimError> {
        ListQuery::parse(ResourceKind::User, pairs.iter().copied())
    }

    #[test]
    fn numbers_are_brought_into_range_and_unknown_parameters_are_passed_over() {
        let table = [
            (vec![], 1, limits::PAGE_DEFAULT),
            (vec![("startIndex", "0"), ("count", "-1")], 1, 0),
            (vec![("STARTINDEX", "6"), ("count", "5")], 6, 5),
            (vec![("count", "99999999")], 1, limits::PAGE_MAX),
            (vec![("aadOptscim062020", "")], 1, limits::PAGE_DEFAULT),
            (vec![("startIndex", "-3"), ("count", "")], 1, limits::PAGE_DEFAULT),
        ];
        for (pairs, start, count) in table {
            let query = parse(&pairs).unwrap();
            assert_eq!((query.start_index, query.count), (start, count), "{pairs:?}");
            assert!(query.filter.is_none());
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error_of_its_own_kind() {
        for (pair, expected) in [
            (("count", "many"), ScimType::InvalidValue),
            (("filter", "nonsense eq"), ScimType::InvalidFilter),
            (("sortBy", "nonsense"), ScimType::InvalidPath),
            (("sortBy", "name"), ScimType::InvalidPath),
        ] {
            assert_eq!(parse(&[pair]).unwrap_err().scim_type, Some(expected), "{pair:?}");
        }
        assert!(parse(&[("sortBy", "userName"), ("sortOrder", "upwards")]).is_err());
    }

    #[test]
    fn sorting_ignores_letter_case_and_puts_missing_values_last() {
        let users = || {
            [json!({"title": "b"}), json!({}), json!({"title": "A"}), json!({"title": "C"})]
                .map(|user| user.as_object().unwrap().clone())
        };
        let titles = |order: &str| {
            let mut users = users();
            parse(&[("sortBy", "title"), ("sortOrder", order)]).unwrap().sort(&mut users);
            users.map(|user| user.get("title").and_then(Value::as_str).unwrap_or("-").to_owned()).join("")
        };
        assert_eq!(titles("ascending"), "AbC-");
        assert_eq!(titles("descending"), "-CbA");
    }

    #[test]
    fn a_search_request_says_the_same_as_a_query() {
        let body = json!({"filter": "userName eq \"a\"", "startIndex": 3, "count": 7, "attributes": ["userName", "id"]});
        let query = ListQuery::from_search(ResourceKind::User, &body).unwrap();
        assert_eq!((query.start_index, query.count), (3, 7));
        assert!(query.filter.is_some() && !query.projection.wants("emails"));
    }

    #[test]
    fn an_empty_answer_still_has_its_array() {
        let answer = list_response(0, 1, Vec::new());
        assert_eq!(answer.get("Resources"), Some(&json!([])));
        assert_eq!(answer.get("totalResults"), Some(&json!(0)));
        let mut text = list_head(0, 1, 0);
        text.extend(b"]}");
        assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), answer);
    }
}
