//! Who holds a role, asked by role: users and groups with their divisions, page by page, and what is said of
//! the same grant by subject.

use genesys_cloud_emulator::{Options, Quirks};
use serde_json::{Value, json};

use crate::client::{Api, calm};
use crate::listings::{crowd, follow};

async fn holders(api: &Api, role: &str) -> Vec<Value> {
    let role = api.role(role).await;
    follow(api, &format!("/api/v2/authorization/roles/{role}/subjectgrants")).await
}

fn names<'a>(holder: &'a Value, of: &str) -> Vec<&'a str> {
    holder[of].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_role_lists_users_and_groups_with_all_their_divisions() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let (agent, apac) = (api.role("Agent").await, api.division("APAC").await);
    let grants = json!({ "grants": [{ "roleId": agent, "divisionId": apac }] });
    let path = format!("/api/v2/authorization/subjects/{iris}/bulkadd?subjectType=PC_USER");
    assert_eq!(api.call("POST", &path, Some(grants)).await.status, 204);
    let agents = holders(&api, "Agent").await;
    assert_eq!(agents.len(), 3);
    let shown = agents.iter().find(|holder| holder["id"] == json!(iris)).unwrap();
    assert_eq!((&shown["type"], &shown["name"]), (&json!("PC_USER"), &json!("Iris Keller")));
    let mut divisions = names(shown, "divisions");
    divisions.sort_unstable();
    assert_eq!(divisions, ["APAC", "EMEA"]);
    let viewers = holders(&api, "Reporting Viewer").await;
    assert_eq!(viewers.len(), 1, "who has it through the group is not listed apart");
    assert_eq!((&viewers[0]["type"], &viewers[0]["name"]), (&json!("PC_GROUP"), &json!("Claims Experts")));
    assert_eq!(names(&viewers[0], "divisions"), ["Home"]);
    let nowhere = "/api/v2/authorization/roles/00000000-0000-4000-8000-000000000000/subjectgrants";
    assert_eq!(api.get(nowhere).await.status, 404);
}

#[tokio::test]
async fn pages_go_up_to_what_the_quirk_allows() {
    let api = Api::start(Options { seed: crowd(0), quirks: calm(), ..Options::default() }).await;
    let employee = api.role("employee").await;
    for number in 0..30 {
        api.hire(&format!("new.{number}@aurora.example")).await;
    }
    let path = format!("/api/v2/authorization/roles/{employee}/subjectgrants");
    let first = api.get(&path).await;
    assert_eq!((&first.body["pageSize"], &first.body["total"]), (&json!(25), &json!(34)));
    assert_eq!(follow(&api, &path).await, follow(&api, &format!("{path}?pageSize=500")).await);
    api.cloud.set_quirks(Quirks { subjectgrants_max_page: 10, ..calm() });
    assert_eq!(api.get(&format!("{path}?pageSize=10")).await.status, 200);
    assert_eq!(api.get(&format!("{path}?pageSize=11")).await.status, 400);
    assert_eq!(api.get(&path).await.status, 400, "what nobody asked for is too much as well");
    assert_eq!(follow(&api, &format!("{path}?pageSize=10")).await.len(), 34);
}

#[tokio::test]
async fn one_grant_from_two_sides_is_shown_once_unless_duplicates_are_asked_for() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let group = api.id_of("/api/v2/groups", "Claims Experts").await;
    let (viewer, home) = (api.role("Reporting Viewer").await, api.division("Home").await);
    let holders = async |query: &str| {
        let got = api.get(&format!("/api/v2/authorization/subjects/{iris}{query}")).await;
        let grants = got.body["grants"].as_array().unwrap().clone();
        let wanted = grants.into_iter().filter(|grant| grant["role"]["id"] == json!(viewer));
        wanted.map(|grant| grant["subjectId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(holders("").await, [group.as_str()], "inherited, with the id of the group");
    let path = format!("/api/v2/authorization/subjects/{iris}/divisions/{home}/roles/{viewer}");
    assert_eq!(api.call("POST", &path, None).await.status, 204);
    assert_eq!(holders("").await, [iris.as_str()]);
    assert_eq!(holders("?includeDuplicates=true").await, [iris.clone(), group.clone()]);
    api.cloud.set_quirks(Quirks { inherited_hides_direct: true, ..calm() });
    assert_eq!(holders("").await, [group.as_str()]);
    assert_eq!(holders("?includeDuplicates=true").await.len(), 2);
}

#[tokio::test]
async fn a_grant_just_changed_is_read_as_it_was_by_role_and_by_subject_alike() {
    let api = Api::with(Quirks { stale_ms: 600_000, ..calm() }).await;
    let noor = api.seeded("noor.haddad@aurora.example").await;
    let (agent, lead) = (api.role("Agent").await, api.role("Team Lead").await);
    let apac = api.division("APAC").await;
    let path = format!("/api/v2/authorization/subjects/{noor}/bulkreplace?subjectType=PC_USER");
    let grants = json!({ "grants": [{ "roleId": lead, "divisionId": apac }] });
    assert_eq!(api.call("POST", &path, Some(grants)).await.status, 204);
    let is_among = async |role: &str| holders(&api, role).await.iter().any(|one| one["id"] == json!(noor));
    assert!(is_among("Agent").await && !is_among("Team Lead").await);
    let total = format!("/api/v2/authorization/roles/{agent}/subjectgrants");
    assert_eq!(api.get(&total).await.body["total"], 3);
    api.cloud.settle();
    assert!(!is_among("Agent").await && is_among("Team Lead").await);
    assert_eq!(api.get(&total).await.body["total"], 2);
}
