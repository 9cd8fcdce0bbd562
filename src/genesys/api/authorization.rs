//! Roles, divisions and grants (docs/genesys.md G4). Pure.
//!
//! Grants are added with bulkadd and taken away one by one: the PUT of roles replaces everything, and
//! bulkremove fails when any grant is already gone.

use serde_json::{Value, json};

use super::{named, text};
use crate::genesys::request::{HttpCall, HttpMethod, Nature};
use crate::model::{Entitlement, RoleGrant, Setting, Target, UserId};

/// Grants of a user, inherited ones among them.
pub(crate) fn subject(user: &UserId) -> HttpCall {
    HttpCall::get("subject_get", &["authorization", "subjects", user.as_str()])
}

/// Adds grants; adding what is there is no error. A 404 may only mean that a cache does not know role,
/// division or user yet: how long that is believed is `saga::drive`'s matter.
pub(crate) fn add(user: &UserId, grants: &[RoleGrant]) -> HttpCall {
    let pairs: Vec<Value> = grants
        .iter()
        .map(|grant| json!({"roleId": grant.role.id, "divisionId": grant.division.id}))
        .collect();
    let path = ["authorization", "subjects", user.as_str(), "bulkadd"];
    HttpCall::new("roles_add", Nature::Change, HttpMethod::Post, &path)
        .with("subjectType", "PC_USER")
        .body(json!({"grants": pairs}))
}

/// Takes one grant away.
pub(crate) fn remove(user: &UserId, grant: &RoleGrant) -> HttpCall {
    let (division, role) = (grant.division.id.as_str(), grant.role.id.as_str());
    let path = ["authorization", "subjects", user.as_str(), "divisions", division, "roles", role];
    HttpCall::new("role_remove", Nature::Removal, HttpMethod::Delete, &path)
}

/// Moves a user to a division.
pub(crate) fn move_user(user: &UserId, division: &str) -> HttpCall {
    let path = ["authorization", "divisions", division, "objects", "USER"];
    HttpCall::new("user_move_division", Nature::Change, HttpMethod::Post, &path).body(json!([user.as_str()]))
}

/// One page of roles; counting the users of each would be slow.
pub(crate) fn roles(name: Option<&str>, size: usize, page: u32) -> HttpCall {
    let call =
        HttpCall::get("roles_list", &["authorization", "roles"]).page(size, page).with("userCount", "false");
    match name {
        Some(name) => call.with("name", name),
        None => call,
    }
}

/// One page of divisions.
pub(crate) fn divisions(name: Option<&str>, size: usize, page: u32) -> HttpCall {
    let call = HttpCall::get("divisions_list", &["authorization", "divisions"]).page(size, page);
    match name {
        Some(name) => call.with("name", name),
        None => call,
    }
}

/// The Home division.
pub(crate) fn home() -> HttpCall {
    HttpCall::get("division_home", &["authorization", "divisions", "home"])
}

/// Direct grants of a user; what comes from groups is not the user's own. `None` if the answer is no subject.
pub(crate) fn direct_grants(answer: &Value, user: &UserId) -> Option<Vec<Entitlement>> {
    let grants = match answer.get("grants") {
        Some(grants) => grants.as_array()?.clone(),
        None => {
            answer.get("id")?;
            Vec::new()
        }
    };
    let own = grants.iter().filter(|grant| text(grant, "subjectId") == Some(user.as_str()));
    own.map(|grant| {
        let role = named(grant.get("role")?)?;
        let division = named(grant.get("division")?)?;
        Some(Entitlement { target: Target::Role { role, division }, setting: Setting::Held })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Named;

    fn grant() -> RoleGrant {
        RoleGrant {
            role: Named { id: "r".into(), name: "Agent".into() },
            division: Named { id: "d".into(), name: "EMEA".into() },
        }
    }

    #[test]
    fn grants_are_pairs_of_role_and_division() {
        let user = UserId::new("u");
        let call = add(&user, &[grant()]);
        assert_eq!(call.path, "/api/v2/authorization/subjects/u/bulkadd");
        assert_eq!(call.query, [("subjectType", "PC_USER".to_owned())]);
        assert_eq!(call.body, Some(json!({"grants": [{"roleId": "r", "divisionId": "d"}]})));
        assert_eq!(remove(&user, &grant()).path, "/api/v2/authorization/subjects/u/divisions/d/roles/r");
        assert_eq!(move_user(&user, "d").path, "/api/v2/authorization/divisions/d/objects/USER");
        assert_eq!(move_user(&user, "d").body, Some(json!(["u"])));
    }

    #[test]
    fn inherited_grants_are_not_the_users_own() {
        let answer = json!({"id": "u", "grants": [
            {"subjectId": "u", "role": {"id": "r1", "name": "Agent"}, "division": {"id": "d", "name": "Home"}},
            {"subjectId": "group-1", "role": {"id": "r2"}, "division": {"id": "d"}}]});
        let own = direct_grants(&answer, &UserId::new("u")).unwrap();
        assert_eq!(own.iter().map(|e| e.target.key()).collect::<Vec<_>>(), ["role/r1/d"]);
    }

    #[test]
    fn a_grant_that_cannot_be_read_spoils_the_answer_instead_of_vanishing() {
        let answer = json!({"id": "u", "grants": [{"subjectId": "u", "role": {"id": "r1"}}]});
        assert_eq!(direct_grants(&answer, &UserId::new("u")), None);
        assert_eq!(direct_grants(&json!({"message": "?"}), &UserId::new("u")), None);
        assert_eq!(direct_grants(&json!({"id": "u"}), &UserId::new("u")), Some(vec![]));
    }
}
