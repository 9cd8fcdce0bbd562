//! One name wanted by many: exactly one gets it, in Genesys Cloud as well, and all others are told.

use serde_json::{Value, json};

use super::race::{Entry, RACERS, counted, hire, house, plain, race, upstream};
use crate::support::bodies::patch;

/// A name in as many spellings as there are racers: upper case at the bits of the number.
fn spelled(name: &str, number: usize) -> String {
    let letter = |(at, letter): (usize, char)| match number >> at & 1 {
        1 => letter.to_ascii_uppercase(),
        _ => letter,
    };
    name.chars().enumerate().map(letter).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_24_creates_of_one_user_name_in_24_spellings_one_is_201_and_23_are_409() {
    let house = house();
    for round in 0..3 {
        let name = format!("racer{round}");
        let entries = (0..RACERS).map(|number| {
            let mut body = plain(&spelled(&name, number));
            body["externalId"] = json!(format!("ext-{round}-{number}"));
            Entry::new("POST", "/Users", body)
        });
        let got = race(&house, entries.collect()).await;
        assert_eq!(counted(&got), [(201, 1), (409, RACERS - 1)].into(), "round {round}");
        let won = got.iter().find(|one| one.status == 201).unwrap();
        for lost in got.iter().filter(|one| one.status == 409) {
            assert_eq!(lost.body["scimType"], "uniqueness", "{lost:?}");
        }
        let read = house.scim("GET", &format!("/Users/{}", won.id()), None).await;
        assert_eq!(read.body, won.body, "what the winner was told is what is there");
        let address = format!("{name}@aurora.example");
        let same = |one: &Value| one["email"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(&address));
        assert_eq!(upstream(&house, "users", same).len(), 1, "one user upstream");
        assert_eq!(upstream(&house, "deleted_users", same).len(), 0, "and none made and taken back");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_24_creates_of_one_group_name_one_is_201_and_23_are_409() {
    let house = house();
    let ids = hire(&house, "push", 2).await;
    for round in 0..3 {
        let name = format!("night desk {round}");
        let entries = (0..RACERS).map(|number| {
            let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
            Entry::new("POST", "/Groups", json!({"displayName": spelled(&name, number), "members": members}))
        });
        let got = race(&house, entries.collect()).await;
        assert_eq!(counted(&got), [(201, 1), (409, RACERS - 1)].into(), "round {round}");
        assert!(got.iter().all(|one| one.status == 201 || one.body["scimType"] == "uniqueness"), "{got:?}");
        let same = |one: &Value| one["name"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(&name));
        let there = upstream(&house, "groups", same);
        assert_eq!(there.len(), 1, "one group upstream");
        assert_eq!(there[0]["members"].as_array().unwrap().len(), 2, "with its members");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_renames_to_one_name_one_is_done_and_the_others_keep_theirs() {
    let house = house();
    let ids = hire(&house, "old", 8).await;
    let entries = ids.iter().enumerate().map(|(number, id)| {
        let name = spelled("renamed@aurora.example", number);
        let rename = json!([{"op": "replace", "path": "userName", "value": name}]);
        Entry::new("PATCH", &format!("/Users/{id}"), patch(rename))
    });
    let got = race(&house, entries.collect()).await;
    assert_eq!(counted(&got), [(200, 1), (409, 7)].into(), "{got:?}");
    for (number, (id, got)) in ids.iter().zip(&got).enumerate() {
        let user = house.scim("GET", &format!("/Users/{id}"), None).await.body;
        let wanted = match got.status {
            200 => spelled("renamed@aurora.example", number),
            _ => format!("old{number:02}@aurora.example"),
        };
        assert_eq!(user["userName"], wanted.as_str(), "{got:?}");
        let same = |one: &Value| one["email"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(&wanted));
        assert_eq!(upstream(&house, "users", same).len(), 1, "{wanted} in Genesys Cloud");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_given_up_and_taken_at_the_same_moment_has_one_owner_at_any_time() {
    let house = house();
    for round in 0..4 {
        let old = hire(&house, &format!("held{round}x"), 1).await.remove(0);
        let mut taker = plain(&format!("held{round}x00"));
        taker["externalId"] = json!("taker");
        let free =
            json!([{"op": "replace", "path": "userName", "value": format!("free{round}@aurora.example")}]);
        let got = race(
            &house,
            vec![
                Entry::new("PATCH", &format!("/Users/{old}"), patch(free)),
                Entry::new("POST", "/Users", taker),
            ],
        )
        .await;
        assert_eq!(got[0].status, 200, "{:?}", got[0]);
        assert!(matches!(got[1].status, 201 | 409), "{:?}", got[1]);
        let filter = format!("/Users?filter=userName%20eq%20%22held{round}x00@aurora.example%22");
        let owners = usize::from(got[1].status == 201);
        assert_eq!(house.scim("GET", &filter, None).await.body["totalResults"], owners, "round {round}");
    }
}
