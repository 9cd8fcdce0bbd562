//! REST: users where SCIM cannot go: deleted ones, their restoring, external ids, search (docs/genesys.md
//! G3). Pure.
//!
//! Creates nobody: users are made through [`super::scim_users`].

use serde_json::{Value, json};

use super::text;
use crate::genesys::request::{HttpCall, HttpMethod, Nature};
use crate::model::{FoundUser, Mark, Observed, UserId, UserState};

/// GET of a deleted user; needed for its version.
pub(crate) fn deleted(user: &UserId) -> HttpCall {
    HttpCall::get("user_get_deleted", &["users", user.as_str()]).with("state", "deleted")
}

/// GET of a user that is not deleted.
pub(crate) fn get(user: &UserId) -> HttpCall {
    HttpCall::get("user_get", &["users", user.as_str()])
}

/// PATCH of the state alone: with it nothing else may be changed. It takes the address back, which may be
/// taken by now.
pub(crate) fn activate(user: &UserId, version: i64) -> HttpCall {
    HttpCall::new("user_restore", Nature::Change, HttpMethod::Patch, &["users", user.as_str()])
        .body(json!({"state": "active", "version": version}))
        .naming(true)
}

/// The user with that external id.
pub(crate) fn by_mark(mark: &Mark) -> HttpCall {
    HttpCall::get("user_by_external_id", &["users", "externalid", &mark.authority, &mark.value])
}

/// External ids of a user.
pub(crate) fn external_ids(user: &UserId) -> HttpCall {
    HttpCall::get("user_external_ids", &["users", user.as_str(), "externalid"])
}

/// Search by exact e-mail address in every state. The index lags: what it finds must be looked at, what it
/// misses proves nothing.
pub(crate) fn search_email(email: &str) -> HttpCall {
    let query = json!([
        {"type": "EXACT", "fields": ["email"], "value": email},
        {"type": "EXACT", "fields": ["state"], "values": ["active", "inactive", "deleted"]},
    ]);
    HttpCall::new("users_search", Nature::Read, HttpMethod::Post, &["users", "search"])
        .body(json!({"pageSize": 25, "pageNumber": 1, "query": query}))
}

/// State of a REST user; `None` when it does not say.
pub(crate) fn state(user: &Value) -> Option<UserState> {
    match text(user, "state")? {
        "deleted" => Some(UserState::Deleted),
        "inactive" => Some(UserState::Inactive),
        "active" => Some(UserState::Active),
        _ => None,
    }
}

/// Users of a search answer whose main address really is that one. `None` if it is no search answer.
pub(crate) fn found(answer: &Value, email: &str) -> Option<Vec<FoundUser>> {
    let results = match answer.get("results") {
        Some(results) => results.as_array()?.clone(),
        None => {
            answer.get("total")?;
            Vec::new()
        }
    };
    let users = results.iter().filter_map(|user| {
        let address = text(user, "email").or_else(|| text(user, "username"))?;
        address.eq_ignore_ascii_case(email).then_some(())?;
        Some(FoundUser { id: UserId::new(text(user, "id")?), state: state(user)?, email: address.to_owned() })
    });
    Some(users.collect())
}

/// Pairs of a listing of external ids. `None` if it is none.
pub(crate) fn read_external_ids(answer: &Value) -> Option<Vec<(String, String)>> {
    let pair = |entry: &Value| {
        Some((text(entry, "authorityName")?.to_owned(), text(entry, "externalKey")?.to_owned()))
    };
    Some(answer.as_array()?.iter().filter_map(pair).collect())
}

/// A REST user as [`Observed`], for users whom SCIM does not show any more.
pub(crate) fn observed(user: &Value) -> Option<Observed> {
    let state = state(user)?;
    let mut document = serde_json::Map::new();
    for (from, to) in [("email", "userName"), ("name", "displayName"), ("title", "title")] {
        if let Some(value) = text(user, from) {
            document.insert(to.to_owned(), json!(value));
        }
    }
    document.insert("active".to_owned(), json!(state == UserState::Active));
    Some(Observed {
        id: Some(UserId::new(text(user, "id")?)),
        state,
        document,
        division: user.get("division").and_then(super::named),
        ..Observed::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_restoring_patch_carries_state_and_version_and_nothing_else() {
        let call = activate(&UserId::new("u"), 7);
        assert_eq!((call.method, call.path.as_str()), (HttpMethod::Patch, "/api/v2/users/u"));
        assert_eq!(call.body, Some(json!({"state": "active", "version": 7})));
        assert_eq!(deleted(&UserId::new("u")).query, [("state", "deleted".to_owned())]);
    }

    #[test]
    fn the_mark_is_looked_up_by_authority_and_key() {
        let call = by_mark(&Mark { authority: "scimbridge-acme".into(), value: "0190".into() });
        assert_eq!(call.path, "/api/v2/users/externalid/scimbridge-acme/0190");
        let pairs =
            read_external_ids(&json!([{"authorityName": "a", "externalKey": "k"}, {"x": 1}])).unwrap();
        assert_eq!(pairs, [("a".to_owned(), "k".to_owned())]);
    }

    #[test]
    fn a_search_hit_counts_only_with_that_very_address() {
        let answer = json!({"total": 3, "results": [
            {"id": "1", "email": "Ada@Example.com", "state": "deleted"},
            {"id": "2", "email": "ada@example.com.au", "state": "active"},
            {"id": "3", "email": "ada@example.com", "state": "inactive"}]});
        let users = found(&answer, "ada@example.com").unwrap();
        let seen: Vec<_> = users.iter().map(|user| (user.id.as_str(), user.state)).collect();
        assert_eq!(seen, [("1", UserState::Deleted), ("3", UserState::Inactive)]);
        assert_eq!(found(&json!({"total": 0}), "x"), Some(vec![]));
        assert_eq!(found(&json!({"message": "?"}), "x"), None);
    }

    #[test]
    fn a_deleted_user_is_observed_with_its_division() {
        let user = json!({"id": "u", "email": "a@b.c", "name": "A", "state": "deleted",
            "division": {"id": "d", "name": "Home"}, "version": 4});
        let seen = observed(&user).unwrap();
        assert_eq!(seen.state, UserState::Deleted);
        assert_eq!(seen.division.unwrap().name, "Home");
        assert_eq!(seen.document["active"], json!(false));
        assert_eq!(super::super::version(&user), Some(4));
    }
}
