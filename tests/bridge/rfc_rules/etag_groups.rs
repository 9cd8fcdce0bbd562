//! RFC 7644 section 3.14 for groups: whoever has the version of before hears of every change of the members, also of
//! one that was no change of the group.

use serde_json::{Value, json};

use super::bench::{Bench, bench};
use crate::support::bodies::patch;

/// The members that a client sees who has `tag`; none when the tag is still right.
async fn news(bench: &Bench, path: &str, tag: &mut String) -> Option<Vec<String>> {
    let got = bench.with("GET", path, ("if-none-match", tag), None).await;
    if got.status == 304 {
        assert_eq!(got.header("etag"), tag.as_str());
        return None;
    }
    let got = got.is(200);
    got.header("etag").clone_into(tag);
    let members = got.body["members"].as_array().cloned().unwrap_or_default();
    Some(members.iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect())
}

fn add(id: &str) -> Value {
    json!([{"op": "add", "path": "members", "value": [{"value": id}]}])
}

fn remove(id: &str) -> Value {
    json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}])
}

#[tokio::test]
async fn a_conditional_read_of_a_group_is_never_304_after_its_members_have_changed() {
    let bench = bench();
    let mut ids = Vec::new();
    for name in ["tagged-nora", "tagged-vera", "tagged-omar"] {
        ids.push(bench.user(name, json!({})).await.id());
    }
    let made = bench.group("Tagged Desk", &[&ids[0], &ids[1]]).await;
    let path = format!("/Groups/{}", made.id());
    let mut tag = made.header("etag").to_owned();
    assert_eq!(news(&bench, &path, &mut tag).await, None, "nothing is new");
    let changes = [add(&ids[2]), remove(&ids[0]), add(&ids[0])];
    for change in changes {
        let got = bench.call("PATCH", &path, Some(patch(change.clone()))).await;
        assert!([200, 204].contains(&got.status), "{got:?}");
        assert!(news(&bench, &path, &mut tag).await.is_some(), "{change}");
        assert_eq!(news(&bench, &path, &mut tag).await, None, "nothing more");
    }
    bench.call("DELETE", &format!("/Users/{}", ids[1]), None).await.is(204);
    let mut left = news(&bench, &path, &mut tag).await.expect("a member is gone");
    left.sort();
    let mut wanted = vec![ids[0].clone(), ids[2].clone()];
    wanted.sort();
    assert_eq!(left, wanted);
    assert_eq!(news(&bench, &path, &mut tag).await, None, "nothing more");
}
