//! Listings of users: by page and by cursor, in every state, with what `expand` adds and what it withholds.
//! That they agree with the operations of one user is asked in `agreement`.

use genesys_cloud_emulator::{Options, Quirks, SeedFile, SeedUser};
use serde_json::{Value, json};

use crate::client::{Api, calm};

/// An organisation with so many more people; of ten, two are inactive and one is deleted.
pub(crate) fn crowd(number: usize) -> SeedFile {
    let mut seed = SeedFile::built_in().unwrap();
    seed.users.extend((0..number).map(|n| SeedUser {
        name: format!("Crowd {n}"),
        email: format!("crowd.{n}@aurora.example"),
        state: match n % 10 {
            0 | 1 => Some("inactive".to_owned()),
            2 => Some("deleted".to_owned()),
            _ => None,
        },
        last_login: (n % 3 == 0).then(|| "2026-03-01T08:00:00Z".to_owned()),
        ..SeedUser::default()
    }));
    seed
}

/// Every entity of a listing, page by page to its end.
pub(crate) async fn follow(api: &Api, first: &str) -> Vec<Value> {
    let (mut all, mut path) = (Vec::new(), first.to_owned());
    loop {
        let got = api.get(&path).await;
        assert_eq!(got.status, 200, "{path}: {:?}", got.body);
        all.extend(got.body["entities"].as_array().unwrap().clone());
        match got.body["nextUri"].as_str() {
            Some(next) => path = next.to_owned(),
            None => return all,
        }
    }
}

fn ids(users: &[Value]) -> Vec<&str> {
    users.iter().map(|user| user["id"].as_str().unwrap()).collect()
}

async fn crowded(number: usize, quirks: Quirks) -> Api {
    Api::start(Options { seed: crowd(number), quirks, rate_per_minute: 100_000, ..Options::default() }).await
}

#[tokio::test]
async fn pages_and_cursor_list_the_same_people_in_every_state() {
    let api = crowded(60, calm()).await;
    for (state, number) in [("active", 46), ("inactive", 13), ("deleted", 7), ("any", 66)] {
        let pages = follow(&api, &format!("/api/v2/users?state={state}&pageSize=7")).await;
        let cursor = follow(&api, &format!("/api/v2/users/query?state={state}&pageSize=7")).await;
        assert_eq!(pages, cursor, "{state}");
        let mut known = ids(&pages);
        assert_eq!(known.len(), number, "{state}");
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), number, "{state}: somebody is listed twice");
        assert!(state == "any" || pages.iter().all(|user| user["state"] == state));
        let mut back = follow(&api, &format!("/api/v2/users/query?state={state}&sortOrder=DESC")).await;
        back.reverse();
        assert_eq!(back, pages, "{state} backwards");
    }
    assert_eq!(follow(&api, "/api/v2/users?pageSize=500").await.len(), 46, "active is what nobody asked for");
    let got = api.get("/api/v2/users/query?pageSize=5").await;
    assert_eq!((&got.body["results"], got.body.get("total")), (&json!(5), None));
    let cursor = got.body["cursor"].as_str().unwrap();
    let by_hand =
        reqwest::Url::parse_with_params("http://x/api/v2/users/query", [("cursor", cursor)]).unwrap();
    let target = format!("{}?{}&pageSize=5", by_hand.path(), by_hand.query().unwrap());
    let second = api.get(&target).await;
    assert_eq!(
        second.body["entities"],
        api.get("/api/v2/users?pageSize=5&pageNumber=2").await.body["entities"]
    );
    assert_eq!(api.get("/api/v2/users/query?cursor=nowhere").await.status, 400);
}

#[tokio::test]
async fn a_cursor_loses_nobody_when_people_leave_meanwhile() {
    let api = crowded(40, calm()).await;
    let before = follow(&api, "/api/v2/users?pageSize=500").await;
    let first = api.get("/api/v2/users/query?pageSize=10").await;
    let seen = first.body["entities"].as_array().unwrap();
    for id in [ids(seen)[3], ids(seen)[9]] {
        assert_eq!(api.call("DELETE", &format!("/api/v2/users/{id}"), None).await.status, 200);
    }
    let rest = follow(&api, first.body["nextUri"].as_str().unwrap()).await;
    assert_eq!([ids(seen), ids(&rest)].concat(), ids(&before));
}

#[tokio::test]
async fn offset_pages_end_where_too_many_inactive_users_are_behind_and_the_cursor_goes_on() {
    let api = crowded(100, Quirks { inactive_offset_max: 10, ..calm() }).await;
    assert_eq!(api.get("/api/v2/users?state=inactive&pageSize=10").await.status, 200);
    let got = api.get("/api/v2/users?state=inactive&pageSize=10&pageNumber=2").await;
    assert_eq!((got.status, got.code()), (400, "general.bad.request"));
    assert_eq!(api.get("/api/v2/users?state=inactive&pageSize=11").await.status, 400);
    assert_eq!(api.get("/api/v2/users?state=any&pageSize=100").await.status, 400);
    assert_eq!(api.get("/api/v2/users?state=any&pageSize=10").await.status, 200);
    assert_eq!(follow(&api, "/api/v2/users?pageSize=10").await.len(), 74, "active ones are not meant");
    assert_eq!(follow(&api, "/api/v2/users/query?state=inactive&pageSize=10").await.len(), 21);
    api.cloud.set_quirks(Quirks { inactive_offset_max: 0, ..calm() });
    assert_eq!(follow(&api, "/api/v2/users?state=inactive&pageSize=10").await.len(), 21);
}

#[tokio::test]
async fn ids_pick_up_to_a_hundred_of_the_state_asked_for() {
    let api = crowded(150, calm()).await;
    let all = follow(&api, "/api/v2/users?state=any&pageSize=500").await;
    let pick = |number: usize| {
        let ids: Vec<String> = ids(&all)[..number].iter().map(|id| format!("id={id}")).collect();
        ids.join("&")
    };
    let got = api.get(&format!("/api/v2/users?state=any&pageSize=500&{}", pick(100))).await;
    assert_eq!(got.body["entities"], json!(all[..100]));
    let active = all[..100].iter().filter(|user| user["state"] == "active").count();
    let got = api.get(&format!("/api/v2/users?{}", pick(100))).await;
    assert_eq!(got.body["total"], json!(active));
    let got = api.get(&format!("/api/v2/users?{}", pick(101))).await;
    assert_eq!((got.status, got.code()), (400, "max.user.ids"));
}

const EXPAND: &str = "expand=skills&expand=languages&expand=team&expand=groups&expand=authorization\
    &expand=dateLastLogin&expand=customAttributes";

#[tokio::test]
async fn expand_adds_what_was_asked_for_in_the_shape_of_the_user_model() {
    let api = crowded(3, calm()).await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let plain = api.get(&format!("/api/v2/users?id={iris}")).await;
    for name in ["skills", "languages", "team", "groups", "authorization"] {
        assert_eq!(plain.body["entities"][0].get(name), None, "{name} without being asked for");
    }
    let got = api.get(&format!("/api/v2/users?id={iris}&{EXPAND}")).await;
    let user = &got.body["entities"][0];
    let skills = api.get(&format!("/api/v2/users/{iris}/routingskills")).await;
    assert_eq!(user["skills"], skills.body["entities"]);
    assert_eq!(user["skills"][1]["proficiency"], 4.0);
    let languages = api.get(&format!("/api/v2/users/{iris}/routinglanguages")).await;
    assert_eq!(user["languages"], languages.body["entities"]);
    assert_eq!(user["team"]["name"], "Billing Hamburg");
    assert_eq!(user["groups"][0]["name"], "Claims Experts");
    assert_eq!(user["authorization"], api.get(&format!("/api/v2/users/{iris}/roles")).await.body);
    assert_eq!(user.get("customAttributes"), None, "the model has no such property");
    assert_eq!(user.get("dateLastLogin"), None, "who never signed in has none");
    assert_eq!(*user, api.get(&format!("/api/v2/users/{iris}?{EXPAND}")).await.body);
    let crowd = follow(&api, "/api/v2/users?state=any&expand=dateLastLogin").await;
    let known = crowd.iter().filter(|user| user["dateLastLogin"] == "2026-03-01T08:00:00.000Z").count();
    assert_eq!(known, 1);
    assert_eq!(api.get("/api/v2/users?expand=roles").await.status, 400);
    let schema = api.id_of("/api/v2/users/customattributes/schemas", "HR").await;
    let six = vec![format!("userCustomAttributeSchemaIds={schema}"); 6].join("&");
    assert_eq!(api.get(&format!("/api/v2/users?expand=customAttributes&{six}")).await.status, 400);
}

#[tokio::test]
async fn best_effort_withholds_fields_from_the_same_users_each_time() {
    let api = crowded(300, calm()).await;
    let path = "/api/v2/users?state=any&pageSize=500&expand=skills&expand=languages";
    let whole = follow(&api, path).await;
    assert!(whole.iter().all(|user| user["skills"].is_array() && user["languages"].is_array()));
    api.cloud.set_quirks(Quirks { expand_best_effort: true, ..calm() });
    let some = follow(&api, path).await;
    assert_eq!(some, follow(&api, path).await, "the same ones each time");
    assert_eq!(ids(&some), ids(&whole), "nobody is missing for it");
    for name in ["skills", "languages"] {
        let missing = some.iter().filter(|user| user.get(name).is_none()).count();
        assert!((60..=150).contains(&missing), "{missing} of 306 without {name}");
    }
    assert!(some.iter().any(|user| user.get("skills").is_none() && user.get("languages").is_some()));
}

#[tokio::test]
async fn the_cursor_wants_the_right_to_see_users_in_every_division() {
    let seed = crowd(1);
    for seed in [seed.clone().without_permission("directory:user:view"), seed.without_division("APAC")] {
        let api = Api::start(Options { seed, quirks: calm(), ..Options::default() }).await;
        assert_eq!(api.get("/api/v2/users/query").await.status, 403);
        assert_eq!(api.get("/api/v2/users").await.status, 200);
    }
}
