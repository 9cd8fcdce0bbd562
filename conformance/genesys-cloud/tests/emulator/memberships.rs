//! Members of queues, teams and groups, listed to the end: pages, filters, and what comes from a group.

use std::collections::BTreeSet;

use genesys_cloud_emulator::Options;
use serde_json::{Value, json};

use crate::client::{Api, calm};
use crate::listings::{crowd, follow};

/// An organisation in which 120 people are in one queue by themselves, in one team and in one group whose
/// members are in that queue, too; every fourth is in the group only.
async fn filled() -> Api {
    let mut seed = crowd(0);
    for n in 0..120 {
        let email = format!("member.{n:03}@aurora.example");
        let direct = n % 4 != 0;
        seed.users.push(genesys_cloud_emulator::SeedUser {
            name: format!("Member {n:03}"),
            email: email.clone(),
            queues: if direct { vec!["EMEA Billing".to_owned()] } else { Vec::new() },
            teams: vec!["Claims Dublin".to_owned()],
            ..Default::default()
        });
        if n % 2 == 0 {
            seed.groups[0].members.push(email);
        }
    }
    let queue = seed.queues.iter_mut().find(|queue| queue.name == "EMEA Billing").unwrap();
    queue.groups = vec!["Claims Experts".to_owned()];
    Api::start(Options { seed, quirks: calm(), rate_per_minute: 10_000, ..Options::default() }).await
}

fn ids(entities: &[Value]) -> BTreeSet<String> {
    entities.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_queue_lists_its_members_a_hundred_a_page_without_a_total() {
    let api = filled().await;
    let path = format!("/api/v2/routing/queues/{}/members", api.queue("EMEA Billing").await);
    let first = api.get(&format!("{path}?pageSize=100")).await;
    assert_eq!((first.body["entities"].as_array().unwrap().len(), first.body.get("total")), (100, None));
    assert_eq!(first.body.get("pageCount"), None);
    assert_eq!(api.get(&format!("{path}?pageSize=101")).await.status, 400);
    let all = follow(&api, &format!("{path}?pageSize=100")).await;
    // Iris is in the group, too.
    assert_eq!((all.len(), ids(&all).len()), (121, 121));
    let mut backwards = follow(&api, &format!("{path}?sortOrder=desc")).await;
    backwards.reverse();
    assert_eq!(backwards, all);
    let by_group = follow(&api, &format!("{path}?memberBy=group")).await;
    let by_user = follow(&api, &format!("{path}?memberBy=user")).await;
    assert_eq!((by_group.len(), by_user.len()), (31, 90));
    assert!(ids(&by_group).is_disjoint(&ids(&by_user)));
    assert_eq!(api.get(&format!("{path}?memberBy=chance")).await.status, 400);
}

#[tokio::test]
async fn who_left_the_queue_for_a_while_is_found_by_joined() {
    let api = filled().await;
    let path = format!("/api/v2/routing/queues/{}/members", api.queue("EMEA Billing").await);
    let by_user = follow(&api, &format!("{path}?memberBy=user")).await;
    let away: Vec<Value> =
        by_user[..5].iter().map(|one| json!({ "id": one["id"], "joined": false })).collect();
    assert_eq!(api.call("PATCH", &path, Some(json!(away))).await.status, 200);
    let unjoined = follow(&api, &format!("{path}?joined=false")).await;
    assert_eq!(ids(&unjoined), ids(&by_user[..5]));
    assert_eq!(follow(&api, &format!("{path}?joined=true")).await.len(), 116);
    assert_eq!(follow(&api, &path).await.len(), 121, "both, when nobody says which");
}

#[tokio::test]
async fn a_member_through_a_group_cannot_be_deleted_alone() {
    let api = filled().await;
    let path = format!("/api/v2/routing/queues/{}/members", api.queue("EMEA Billing").await);
    let through = follow(&api, &format!("{path}?memberBy=group")).await;
    let one = through[0]["id"].as_str().unwrap();
    let got = api.call("DELETE", &format!("{path}/{one}"), None).await;
    assert_eq!((got.status, got.code()), (400, "invalid.type"));
    assert_eq!(follow(&api, &path).await.len(), 121);
}

#[tokio::test]
async fn a_team_and_a_group_are_listed_to_the_end_and_a_group_with_its_owners() {
    let api = filled().await;
    let team = api.id_of("/api/v2/teams", "Claims Dublin").await;
    let members = follow(&api, &format!("/api/v2/teams/{team}/members")).await;
    assert_eq!((members.len(), ids(&members).len()), (120, 120));
    let group = api.id_of("/api/v2/groups", "Claims Experts").await;
    let path = format!("/api/v2/groups/{group}");
    let shown = api.get(&path).await;
    let greta = api.seeded("greta.lindqvist@aurora.example").await;
    let body = json!({ "version": shown.body["version"], "ownerIds": [greta] });
    assert_eq!(api.call("PUT", &path, Some(body)).await.status, 200);
    let members = follow(&api, &format!("{path}/members")).await;
    let individuals = api.get(&format!("{path}/individuals")).await;
    let individuals = ids(individuals.body["entities"].as_array().unwrap());
    assert_eq!((members.len(), individuals.len()), (62, 61));
    let owners: Vec<String> = ids(&members).difference(&individuals).cloned().collect();
    assert_eq!(owners, [greta]);
    let mut backwards = follow(&api, &format!("{path}/members?sortOrder=descending&pageSize=7")).await;
    backwards.reverse();
    assert_eq!(backwards, members);
}
