//! Teams: the directory, members and their changes (docs/genesys.md G6.12, G6.13). Pure.
//!
//! Listings are read by cursor. Who could not be added is named inside a 200; a user's own listing of teams
//! does not exist, so members are read by team.

use serde_json::{Value, json};

use super::text;
use crate::genesys::request::{HttpCall, HttpMethod, Nature};
use crate::model::UserId;

/// Entities on a page.
pub(crate) const PAGE: usize = 100;

/// One page of the directory. The name is the start of one: the caller compares.
pub(crate) fn directory(name: Option<&str>, after: Option<&str>) -> HttpCall {
    let call = page(HttpCall::get("teams_list", &["teams"]), after);
    match name {
        Some(name) => call.with("name", name),
        None => call,
    }
}

/// One page of the members of a team.
pub(crate) fn members(team: &str, after: Option<&str>) -> HttpCall {
    page(HttpCall::get("team_members", &["teams", team, "members"]), after)
}

fn page(call: HttpCall, after: Option<&str>) -> HttpCall {
    let call = call.with("pageSize", PAGE.to_string());
    match after {
        Some(after) => call.with("after", after),
        None => call,
    }
}

/// Makes a user a member. Its answer must be read by [`not_added`].
pub(crate) fn join(user: &UserId, team: &str) -> HttpCall {
    HttpCall::new("team_join", Nature::Change, HttpMethod::Post, &["teams", team, "members"])
        .body(json!({"memberIds": [user.as_str()]}))
}

/// Ends a membership.
pub(crate) fn leave(user: &UserId, team: &str) -> HttpCall {
    HttpCall::new("team_leave", Nature::Removal, HttpMethod::Delete, &["teams", team, "members"])
        .with("id", user.as_str())
}

/// Why the user was not added, from the answer to [`join`]; `None` if it was.
pub(crate) fn not_added(answer: &Value, user: &UserId) -> Option<String> {
    let failures = answer.get("failures").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let of_user = |failure: &&Value| text(failure, "id") == Some(user.as_str());
    // One user was sent: a failure that names nobody is about it.
    let failure = failures.iter().find(of_user).or_else(|| failures.first())?;
    Some(text(failure, "reason").filter(|reason| !reason.is_empty()).unwrap_or("not.added").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_change_by_post_and_by_delete_with_ids_in_the_query() {
        let user = UserId::new("u");
        let (join, leave) = (join(&user, "t"), leave(&user, "t"));
        assert_eq!(
            (join.path.as_str(), join.body),
            ("/api/v2/teams/t/members", Some(json!({"memberIds": ["u"]})))
        );
        assert_eq!((leave.nature, leave.query), (Nature::Removal, vec![("id", "u".to_owned())]));
        assert_eq!(
            directory(Some("Cla"), Some("at=4")).query[1..],
            [("after", "at=4".into()), ("name", "Cla".into())]
        );
        assert_eq!(members("t", None).query, [("pageSize", "100".to_owned())]);
    }

    #[test]
    fn a_failure_inside_a_200_is_found_and_nothing_else_is_one() {
        let user = UserId::new("u");
        let table = [
            (json!({"entities": [{"id": "u"}], "failures": []}), None),
            (json!({"entities": [{"id": "u"}]}), None),
            (
                json!({"failures": [{"id": "x", "reason": "UserNotFound"}, {"id": "u", "reason": "UserGroupLimitExceeded"}]}),
                Some("UserGroupLimitExceeded"),
            ),
            (json!({"failures": [{"reason": "UserNotFound"}]}), Some("UserNotFound")),
            (json!({"failures": [{"id": "u"}]}), Some("not.added")),
        ];
        for (answer, reason) in table {
            assert_eq!(not_added(&answer, &user).as_deref(), reason, "{answer}");
        }
    }
}
