//! REST: groups are created, renamed, deleted and filled here, since Genesys' SCIM API cannot
//! (docs/genesys.md G2.3, G6.7). Pure.
//!
//! Member calls are answered before they take effect. Reading of groups is in [`super::scim_users`].

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::text;
use crate::genesys::request::{HttpCall, HttpMethod, Nature};
use crate::model::UserId;

/// Makes an official, public group.
pub(crate) fn create(name: &str) -> HttpCall {
    HttpCall::new("group_create", Nature::Create, HttpMethod::Post, &["groups"])
        .body(json!({"name": name, "type": "official", "visibility": "public", "rulesVisible": true}))
}

/// GET of a group, for its version and state.
pub(crate) fn get(id: &str) -> HttpCall {
    HttpCall::get("group_get", &["groups", id])
}

/// Renames a group that was read; what else a PUT can set is sent back as it was, lest it be reset.
pub(crate) fn rename(group: &Value, id: &str, name: &str, version: i64) -> HttpCall {
    let mut body = Map::new();
    for member in ["description", "rulesVisible", "rolesEnabled", "includeOwners", "callsEnabled"] {
        if let Some(value) = group.get(member).filter(|value| !value.is_null()) {
            body.insert(member.to_owned(), value.clone());
        }
    }
    if let Some(visibility) = text(group, "visibility") {
        // The model of the update calls it by another name than that of the group.
        let visibility = if visibility == "owners" { "ownerIds" } else { visibility };
        body.insert("visibility".to_owned(), json!(visibility));
    }
    body.insert("name".to_owned(), json!(name));
    body.insert("version".to_owned(), json!(version));
    HttpCall::new("group_rename", Nature::Change, HttpMethod::Put, &["groups", id])
        .body(Value::Object(body))
        .naming(true)
}

/// Deletes a group; it may answer 200 and fail later, so it must be looked at again.
pub(crate) fn delete(id: &str) -> HttpCall {
    HttpCall::new("group_delete", Nature::Removal, HttpMethod::Delete, &["groups", id])
}

/// Adds at most 50 members.
pub(crate) fn add_members(id: &str, users: &[UserId]) -> HttpCall {
    let ids: Vec<&str> = users.iter().map(UserId::as_str).collect();
    HttpCall::new("group_members_add", Nature::Change, HttpMethod::Post, &["groups", id, "members"])
        .body(json!({"memberIds": ids}))
}

/// Removes at most 50 members.
pub(crate) fn remove_members(id: &str, users: &[UserId]) -> HttpCall {
    let ids: Vec<&str> = users.iter().map(UserId::as_str).collect();
    HttpCall::new("group_members_remove", Nature::Removal, HttpMethod::Delete, &["groups", id, "members"])
        .with("ids", ids.join(","))
}

/// Explicit members; GET members would list owners and dynamic members too.
pub(crate) fn individuals(id: &str) -> HttpCall {
    HttpCall::get("group_individuals", &["groups", id, "individuals"])
}

/// Members of an answer to [`individuals`]. `None` when it is no listing or shows fewer than it counts.
pub(crate) fn read_individuals(answer: &Value) -> Option<BTreeSet<UserId>> {
    let listing = super::listing(answer)?;
    let shown = u64::try_from(listing.entities.len()).ok()?;
    if listing.total.is_some_and(|total| total > shown) || listing.more {
        return None;
    }
    listing.entities.iter().map(|user| text(user, "id").map(UserId::new)).collect()
}

/// Whether a REST group is deleted already.
pub(crate) fn is_deleted(group: &Value) -> bool {
    text(group, "state") == Some("deleted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_calls_carry_what_the_published_models_require() {
        let users = [UserId::new("a"), UserId::new("b")];
        assert_eq!(
            create("Sales").body,
            Some(json!({"name": "Sales", "type": "official", "visibility": "public", "rulesVisible": true}))
        );
        let group = json!({"id": "g", "name": "Old", "visibility": "owners", "rolesEnabled": true, "memberCount": 3,
            "description": null, "version": 3});
        assert_eq!(
            rename(&group, "g", "Sales", 3).body,
            Some(json!({"rolesEnabled": true, "visibility": "ownerIds", "name": "Sales", "version": 3}))
        );
        assert_eq!(add_members("g", &users).body, Some(json!({"memberIds": ["a", "b"]})));
        assert_eq!(remove_members("g", &users).query, [("ids", "a,b".to_owned())]);
        assert_eq!(delete("g").nature, Nature::Removal);
    }

    #[test]
    fn a_listing_that_shows_fewer_members_than_it_counts_is_no_listing() {
        let all = json!({"entities": [{"id": "a"}], "total": 1});
        assert_eq!(read_individuals(&all), Some(BTreeSet::from([UserId::new("a")])));
        assert_eq!(read_individuals(&json!({"entities": [{"id": "a"}], "total": 2})), None);
        assert_eq!(read_individuals(&json!({"entities": [{"id": "a"}], "nextUri": "/x"})), None);
        assert!(is_deleted(&json!({"state": "deleted"})) && !is_deleted(&json!({"state": "active"})));
    }
}
