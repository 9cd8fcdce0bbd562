//! Queues: the directory and memberships (docs/genesys.md G6.1, G6.3). Pure.
//!
//! A member is added and removed by the same POST, told apart by `delete`; what a user is in needs two
//! listings, because `joined` defaults to true.

use serde_json::json;

use crate::genesys::request::{HttpCall, HttpMethod, Nature};
use crate::model::UserId;

/// Page size for queues of a user.
pub(crate) const PAGE: usize = 100;

/// Makes a user a member.
pub(crate) fn join(user: &UserId, queue: &str) -> HttpCall {
    members("queue_join", Nature::Change, queue, user, "false")
}

/// Ends a membership.
pub(crate) fn leave(user: &UserId, queue: &str) -> HttpCall {
    members("queue_leave", Nature::Removal, queue, user, "true")
}

fn members(
    operation: &'static str,
    nature: Nature,
    queue: &str,
    user: &UserId,
    delete: &'static str,
) -> HttpCall {
    HttpCall::new(operation, nature, HttpMethod::Post, &["routing", "queues", queue, "members"])
        .with("delete", delete)
        .body(json!([{"id": user.as_str()}]))
}

/// One page of the queues that a user is in, either joined or not.
pub(crate) fn of_user(user: &UserId, joined: bool, page: u32) -> HttpCall {
    HttpCall::get("queues_of_user", &["users", user.as_str(), "queues"])
        .page(PAGE, page)
        .with("joined", joined.to_string())
}

/// One page of the directory. Asterisks in a name would match more: the caller compares.
pub(crate) fn directory(name: Option<&str>, size: usize, page: u32) -> HttpCall {
    let call = HttpCall::get("queues_list", &["routing", "queues"]).page(size, page);
    match name {
        Some(name) => call.with("name", name),
        None => call,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_and_leaving_are_one_post_told_apart_by_delete() {
        let user = UserId::new("u");
        let (join, leave) = (join(&user, "q"), leave(&user, "q"));
        assert_eq!(join.path, "/api/v2/routing/queues/q/members");
        assert_eq!(join.body, Some(json!([{"id": "u"}])));
        assert_eq!(join.query, [("delete", "false".to_owned())]);
        assert_eq!(leave.query, [("delete", "true".to_owned())]);
        assert_eq!(leave.nature, Nature::Removal);
        assert_eq!(of_user(&user, false, 1).query[2], ("joined", "false".to_owned()));
    }
}
