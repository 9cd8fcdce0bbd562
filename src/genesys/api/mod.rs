//! The calls, one file for each area of the Genesys API: request building and answer reading as pure
//! functions.
//!
//! Every path, parameter and property here is in the published API description. Sending is `super::client`'s
//! work, judging [`super::verdict`]'s.

pub(crate) mod attributes;
pub(crate) mod authorization;
pub(crate) mod groups;
pub(crate) mod listings;
pub(crate) mod queues;
pub(crate) mod rights;
pub(crate) mod routing;
pub(crate) mod scim_users;
pub(crate) mod teams;
pub(crate) mod tokens;
pub(crate) mod users;

use serde_json::Value;

use crate::model::Named;

/// One page of a listing as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listing {
    /// The entities in order.
    pub entities: Vec<Value>,
    /// Total, where Genesys tells.
    pub total: Option<u64>,
    /// Number of pages, where Genesys tells.
    pub pages: Option<u32>,
    /// Whether Genesys names a next page.
    pub more: bool,
}

/// Reads an `…EntityListing`. `None` if it is none.
pub(crate) fn listing(answer: &Value) -> Option<Listing> {
    Some(Listing {
        entities: answer.get("entities")?.as_array()?.clone(),
        total: answer.get("total").and_then(Value::as_u64),
        pages: answer.get("pageCount").and_then(Value::as_u64).and_then(|pages| u32::try_from(pages).ok()),
        more: answer.get("nextUri").is_some_and(|uri| uri.as_str().is_some_and(|uri| !uri.is_empty())),
    })
}

/// A text member of an object.
pub(crate) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}

/// Id and name of an entity; the id stands in for a missing name.
pub(crate) fn named(value: &Value) -> Option<Named> {
    let id = text(value, "id")?;
    Some(Named { id: id.to_owned(), name: text(value, "name").unwrap_or(id).to_owned() })
}

/// The `id` of what was made.
pub(crate) fn id(answer: &Value) -> Option<String> {
    text(answer, "id").filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The `version` of a REST record.
pub(crate) fn version(answer: &Value) -> Option<i64> {
    answer.get("version").and_then(Value::as_i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_listing_is_read_with_or_without_totals_and_nothing_else_is_a_listing() {
        let full =
            listing(&json!({"entities": [1, 2], "total": 7, "pageCount": 4, "nextUri": "/x"})).unwrap();
        assert_eq!((full.entities.len(), full.total, full.pages, full.more), (2, Some(7), Some(4), true));
        let bare = listing(&json!({"entities": []})).unwrap();
        assert_eq!((bare.total, bare.pages, bare.more), (None, None, false));
        assert_eq!(listing(&json!({"message": "no"})), None);
        assert_eq!(listing(&json!({"entities": "x"})), None);
    }
}
