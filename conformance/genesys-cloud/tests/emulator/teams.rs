//! Teams: listed by cursor, members added with failures inside a 200, removed 25 at a time.

use genesys_cloud_emulator::{AtGone, Quirks};
use serde_json::{Value, json};

use crate::client::{Api, calm};

async fn team(api: &Api, name: &str) -> String {
    let got = api.get("/api/v2/teams?pageSize=100").await;
    let teams = got.body["entities"].as_array().unwrap();
    let found = teams.iter().find(|team| team["name"] == name).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

async fn add(api: &Api, team: &str, ids: &[&str]) -> Value {
    let path = format!("/api/v2/teams/{team}/members");
    let got = api.call("POST", &path, Some(json!({ "memberIds": ids }))).await;
    assert_eq!(got.status, 200, "{:?}", got.body);
    got.body["failures"].clone()
}

#[tokio::test]
async fn a_listing_is_followed_by_its_cursor_to_the_end() {
    let api = Api::calm().await;
    let mut names = Vec::new();
    let mut path = "/api/v2/teams?pageSize=4".to_owned();
    loop {
        let got = api.get(&path).await;
        assert!(got.body.get("total").is_none(), "a cursor knows no total");
        names.extend(got.body["entities"].as_array().unwrap().iter().map(|team| team["name"].clone()));
        match got.body["nextUri"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    let sorted = ["Billing Hamburg", "Claims Dublin", "Claims Lisbon", "Head Office", "Support Austin"];
    assert_eq!(names[..5], sorted.map(|name| json!(name)));
    assert_eq!(names.len(), 7);
    assert_eq!(api.get("/api/v2/teams?name=claims").await.body["entities"].as_array().unwrap().len(), 2);
    assert_eq!(api.get("/api/v2/teams?after=nowhere").await.status, 400);
}

#[tokio::test]
async fn who_cannot_be_added_is_named_inside_a_200_and_the_others_are_members() {
    let api = Api::calm().await;
    let (iris, noor) =
        (api.seeded("iris.keller@aurora.example").await, api.seeded("noor.haddad@aurora.example").await);
    let greta = api.seeded("greta.lindqvist@aurora.example").await;
    let dublin = team(&api, "Claims Dublin").await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert_eq!(
        add(&api, &dublin, &[&greta, &iris, &noor, nobody]).await,
        json!([
            { "id": iris, "reason": "UserGroupLimitExceeded" },
            { "id": noor, "reason": "UserGroupDivisionMismatch" },
            { "id": nobody, "reason": "UserNotFound" },
        ])
    );
    assert_eq!(api.cloud.snapshot()["teams"]["Claims Dublin"], json!([greta]));
    let shown = api.get(&format!("/api/v2/teams/{dublin}/members?expand=entities")).await;
    assert_eq!(shown.body["entities"][0]["name"], "Greta Lindqvist");
    assert_eq!(add(&api, &dublin, &[&greta]).await, json!([]), "adding again is done");
    api.cloud.set_quirks(Quirks {
        team_single: false,
        team_same_division: false,
        team_readd: AtGone::Refuse,
        ..calm()
    });
    assert_eq!(
        add(&api, &dublin, &[&greta, &iris, &noor]).await,
        json!([{ "id": greta, "reason": "UserGroupLimitExceeded" }])
    );
}

#[tokio::test]
async fn members_are_removed_and_a_missing_one_is_done_or_not_as_the_quirk_says() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let hamburg = team(&api, "Billing Hamburg").await;
    let path = format!("/api/v2/teams/{hamburg}/members?id={iris}");
    for _ in 0..2 {
        assert_eq!(api.call("DELETE", &path, None).await.status, 204);
    }
    assert!(api.cloud.snapshot()["teams"].get("Billing Hamburg").is_none());
    api.cloud.set_quirks(Quirks { team_remove_absent: AtGone::Refuse, ..calm() });
    assert_eq!(api.call("DELETE", &path, None).await.status, 404);
    let many = vec![iris.as_str(); 26].join(",");
    let got = api.call("DELETE", &format!("/api/v2/teams/{hamburg}/members?id={many}"), None).await;
    assert_eq!((got.status, got.code()), (400, "max.user.ids"));
    let got = api.get("/api/v2/teams/00000000-0000-4000-8000-000000000000/members").await;
    assert_eq!((got.status, got.code()), (404, "general.resource.not.found"));
}
