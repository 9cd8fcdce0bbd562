//! REST: listings of many users at once, for a sweep: users by state, holders of a role, members of a queue
//! (docs/genesys.md G3.6, G3.14 to G3.16, G4.10, G4.11, G6.17). Builds calls and reads pages; pure.
//!
//! What is read here is a hint: whatever differs is looked at by itself before it counts. Single users are in
//! [`super::users`] and [`super::scim_users`], teams in [`super::teams`].

use serde_json::{Value, json};

use super::scim_users::ENTERPRISE;
use super::{named, routing, text, users};
use crate::genesys::request::HttpCall;
use crate::model::{Holder, Kind, Named, Observed, UserId, UserState};

/// Users on a page.
pub(crate) const USERS: usize = 500;
/// Members of a queue on a page: more are not given.
pub(crate) const MEMBERS: usize = 100;
/// Holders of a role on a page, the largest that is tried first: how many Genesys gives is not published.
pub(crate) const GRANTS: [usize; 3] = [500, 100, 25];

/// What else is wanted of each user.
const EXPAND: [&str; 3] = ["skills", "languages", "employerInfo"];

fn expanded(call: HttpCall) -> HttpCall {
    EXPAND.into_iter().fold(call, |call, what| call.with("expand", what))
}

const fn word(state: UserState) -> &'static str {
    match state {
        UserState::Active => "active",
        UserState::Inactive => "inactive",
        UserState::Deleted => "deleted",
    }
}

/// One page of users in a state, by number from 1.
pub(crate) fn users(state: UserState, page: u32) -> HttpCall {
    expanded(HttpCall::get("users_list", &["users"]).page(USERS, page).with("state", word(state)))
}

/// The same by cursor: the way past ten thousand inactive users.
pub(crate) fn users_by_cursor(state: UserState, cursor: Option<&str>) -> HttpCall {
    let call = HttpCall::get("users_query", &["users", "query"]);
    let call = expanded(call.with("pageSize", USERS.to_string()).with("state", word(state)));
    match cursor {
        Some(cursor) => call.with("cursor", cursor),
        None => call,
    }
}

/// One page of those who hold a role.
pub(crate) fn holders(role: &str, size: usize, page: u32) -> HttpCall {
    HttpCall::get("role_holders", &["authorization", "roles", role, "subjectgrants"]).page(size, page)
}

/// One page of the members of a queue.
pub(crate) fn members(queue: &str, page: u32) -> HttpCall {
    HttpCall::get("queue_members", &["routing", "queues", queue, "members"]).page(MEMBERS, page)
}

/// A queue: how many members it has.
pub(crate) fn queue(queue: &str) -> HttpCall {
    HttpCall::get("queue_get", &["routing", "queues", queue])
}

/// A listed user as it is compared; `None` when it cannot be read. What was to be expanded and is missing was not
/// read.
pub(crate) fn observed(user: &Value) -> Option<Observed> {
    let mut observed = users::observed(user)?;
    let mut enterprise = serde_json::Map::new();
    let employer = user.get("employerInfo");
    let employed = |name: &str| employer.and_then(|employer| text(employer, name));
    let manager = user.get("manager").and_then(|manager| text(manager, "id"));
    for (name, value) in [
        ("department", text(user, "department").map(|text| json!(text))),
        ("employeeNumber", employed("employeeId").map(|text| json!(text))),
        ("dateHire", employed("dateHire").map(|text| json!(text))),
        ("manager", manager.map(|id| json!({ "value": id }))),
    ] {
        enterprise.extend(value.map(|value| (name.to_owned(), value)));
    }
    if !enterprise.is_empty() {
        observed.document.insert(ENTERPRISE.to_owned(), Value::Object(enterprise));
    }
    let phones = phones(user);
    if !phones.is_empty() {
        observed.document.insert("phoneNumbers".to_owned(), Value::Array(phones));
    }
    for (member, kind, area) in [
        ("skills", Kind::Skill, routing::Area::Skills),
        ("languages", Kind::Language, routing::Area::Languages),
    ] {
        let Some(levels) = user.get(member).and_then(Value::as_array) else { continue };
        observed.read.insert(kind);
        for level in levels {
            let entitlement = routing::entitlement(area, level)?;
            observed.entitlements.insert(entitlement.target.key(), entitlement);
        }
    }
    Some(observed)
}

/// Telephone numbers as SCIM writes them.
fn phones(user: &Value) -> Vec<Value> {
    let contacts = user.get("addresses").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let phones = contacts.iter().filter(|contact| text(contact, "mediaType") == Some("PHONE"));
    phones
        .filter_map(|contact| {
            let number = text(contact, "address").or_else(|| text(contact, "display"))?;
            let value = match text(contact, "extension") {
                Some(extension) if !number.contains(";ext=") => format!("tel:{number};ext={extension}"),
                _ => number.to_owned(),
            };
            let kind = text(contact, "type").unwrap_or("work").to_ascii_lowercase();
            Some(json!({ "type": kind, "value": value }))
        })
        .collect()
}

/// The users among the holders of a role, one for each division. Groups and clients are others.
pub(crate) fn of_role(entity: &Value) -> Option<Vec<Holder>> {
    if text(entity, "type").is_some_and(|kind| kind != "PC_USER") {
        return Some(Vec::new());
    }
    let user = UserId::new(text(entity, "id")?);
    let divisions: Option<Vec<Named>> = entity.get("divisions")?.as_array()?.iter().map(named).collect();
    Some(
        divisions?
            .into_iter()
            .map(|division| Holder { user: user.clone(), division: Some(division) })
            .collect(),
    )
}

/// A member of a queue, in person or through a group: both are there.
pub(crate) fn of_queue(entity: &Value) -> Option<Holder> {
    Some(Holder { user: UserId::new(text(entity, "id")?), division: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Setting;

    #[test]
    fn a_listed_user_is_read_as_scim_would_show_it_and_what_was_not_expanded_was_not_read() {
        let user = json!({"id": "u", "email": "a@b.c", "name": "A", "state": "inactive", "department": "Sales",
            "manager": {"id": "m"}, "employerInfo": {"employeeId": "7", "dateHire": "2020-01-02"},
            "addresses": [{"address": "+14255550100", "mediaType": "PHONE", "type": "WORK2", "extension": "9"},
                {"address": "x@b.c", "mediaType": "EMAIL", "type": "WORK"}],
            "skills": [{"id": "s", "name": "S", "proficiency": 3.0}]});
        let seen = observed(&user).unwrap();
        assert_eq!(seen.state, UserState::Inactive);
        assert_eq!(seen.document["userName"], "a@b.c");
        assert_eq!(
            seen.document[ENTERPRISE],
            json!({"department": "Sales", "employeeNumber": "7",
            "dateHire": "2020-01-02", "manager": {"value": "m"}})
        );
        assert_eq!(
            seen.document["phoneNumbers"],
            json!([{"type": "work2", "value": "tel:+14255550100;ext=9"}])
        );
        assert_eq!(seen.read.into_iter().collect::<Vec<_>>(), [Kind::Skill]);
        assert!(matches!(seen.entitlements["skill/s"].setting, Setting::Level(_)));
        assert_eq!(observed(&json!({"id": "u", "state": "active", "skills": [{"name": "S"}]})), None);
    }

    #[test]
    fn holders_of_a_role_are_users_once_for_each_division() {
        let user =
            json!({"id": "u", "type": "PC_USER", "divisions": [{"id": "d1", "name": "1"}, {"id": "d2"}]});
        let divisions = |entity: &Value| -> Option<Vec<String>> {
            let holders = of_role(entity)?;
            Some(
                holders
                    .into_iter()
                    .filter_map(|holder| holder.division)
                    .map(|division| division.id)
                    .collect(),
            )
        };
        assert_eq!(divisions(&user), Some(vec!["d1".to_owned(), "d2".to_owned()]));
        assert_eq!(divisions(&json!({"id": "g", "type": "PC_GROUP", "divisions": []})), Some(vec![]));
        assert_eq!(divisions(&json!({"id": "u", "type": "PC_USER"})), None, "it must say where");
    }

    #[test]
    fn pages_are_asked_for_with_what_is_compared() {
        let call = users(UserState::Inactive, 3);
        assert_eq!(call.path, "/api/v2/users");
        let query: Vec<String> = call.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            query,
            [
                "pageSize=500",
                "pageNumber=3",
                "state=inactive",
                "expand=skills",
                "expand=languages",
                "expand=employerInfo"
            ]
        );
        let call = users_by_cursor(UserState::Active, Some("c"));
        assert_eq!(call.path, "/api/v2/users/query");
        assert!(call.query.contains(&("cursor", "c".to_owned())));
        assert_eq!(holders("r", 25, 2).path, "/api/v2/authorization/roles/r/subjectgrants");
        assert_eq!(members("q", 1).query[0], ("pageSize", "100".to_owned()));
        assert_eq!(queue("q").path, "/api/v2/routing/queues/q");
    }
}
