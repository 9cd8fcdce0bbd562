//! A large group that Genesys had before: imported with its members, changed by one, deleted.
//!
//! `GROUP_MEMBERS` sets how many members it has (1,500 by default). Groups that are made by a request are in `thousands`.

use std::time::{Duration, Instant};

use genesys_cloud_emulator::{SeedGroup, SeedUser};
use serde_json::{Value, json};

use crate::support::bodies::patch;
use crate::support::bridge::TestBridge;
use crate::support::client::Response;
use crate::support::emulator::cloud_with;
use crate::support::setup::Setup;

const NAME: &str = "Everybody";
/// What any of it may take in a debug build on a busy machine, for a thousand members: connectors wait a minute.
const WITHIN: Duration = Duration::from_secs(40);

fn number() -> usize {
    std::env::var("GROUP_MEMBERS").ok().map_or(1_500, |text| text.parse().unwrap())
}

/// A bridge beside an organisation that has the group.
fn house(number: usize) -> TestBridge {
    let email = |n: usize| format!("c{n:05}@aurora.example");
    let cloud = cloud_with(|options| {
        options.rate_per_minute = 600_000;
        options.seed.users = (0..number)
            .map(|n| SeedUser { email: email(n), name: format!("Crowd {n}"), ..SeedUser::default() })
            .collect();
        let everybody = SeedGroup {
            name: NAME.to_owned(),
            members: (0..number).map(email).collect(),
            ..options.seed.groups[0].clone()
        };
        options.seed.groups = vec![everybody];
        options.seed.queues.iter_mut().for_each(|queue| queue.groups.clear());
    });
    TestBridge::on(cloud, Setup { import: "required", calls_per_minute: 600_000, ..Setup::without_rules() })
}

async fn quick(asked: impl Future<Output = Response>) -> Response {
    let began = Instant::now();
    let got = asked.await;
    eprintln!("{} after {:?}", got.status, began.elapsed());
    assert!(began.elapsed() < WITHIN, "{got:?} after {:?}", began.elapsed());
    got
}

/// How many members it has in Genesys.
fn upstream(house: &TestBridge) -> Option<usize> {
    house.cloud.settle();
    let world = house.cloud.snapshot();
    let mut named = world["groups"].as_object().unwrap().values().filter(|group| group["name"] == NAME);
    named.next().map(|group| group["members"].as_array().unwrap().len())
}

#[tokio::test]
async fn a_large_group_is_imported_with_its_members_changed_by_one_and_deleted() {
    let number = number();
    let house = house(number);
    quick(house.admin("POST", "/import", None)).await.is(200);
    let found = "/Groups?filter=displayName%20eq%20%22Everybody%22&excludedAttributes=members";
    let path = quick(house.scim("GET", found, None)).await.is(200).body["Resources"][0]["id"].clone();
    let path = format!("/Groups/{}", path.as_str().unwrap());
    let members = async || {
        let got = quick(house.scim("GET", &path, None)).await.is(200);
        got.body["members"].as_array().map_or_else(Vec::new, Clone::clone)
    };
    let before = members().await;
    assert_eq!((before.len(), upstream(&house)), (number, Some(number)));
    let one = before[number / 2]["value"].as_str().unwrap();
    let remove = patch(json!([{"op": "remove", "path": format!("members[value eq \"{one}\"]")}]));
    assert_eq!(quick(house.scim("PATCH", &path, Some(remove))).await.status, 204);
    house.settled().await;
    let after = members().await;
    let gone = |member: &&Value| member["value"] == one;
    assert_eq!((after.len(), after.iter().filter(gone).count()), (number - 1, 0));
    assert_eq!(upstream(&house), Some(number - 1));

    quick(house.scim("DELETE", &path, None)).await.is(204);
    house.settled().await;
    quick(house.scim("GET", &path, None)).await.is(404);
    assert_eq!(
        upstream(&house),
        Some(number - 1),
        "Genesys had it before: it stays, and so do those who are in it"
    );
    // Here nobody shows it any more, and everybody is still there.
    let user = quick(house.scim("GET", &format!("/Users/{one}"), None)).await.is(200);
    let other = before[0]["value"].as_str().unwrap();
    let other = quick(house.scim("GET", &format!("/Users/{other}"), None)).await.is(200);
    for user in [user, other] {
        assert!(user.body["groups"].as_array().is_none_or(Vec::is_empty), "{user:?}");
    }
    let listed = quick(house.scim("GET", "/Users?count=1", None)).await.is(200);
    assert_eq!(listed.body["totalResults"], number);
}
