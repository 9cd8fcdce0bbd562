//! The audit log: every write is told of, in the words of its service, and found by the near-real-time query.

use genesys_cloud_emulator::{Options, Quirks, SeedFile};
use serde_json::{Value, json};

use crate::client::{Api, Got, calm};

const QUERY: &str = "/api/v2/audits/query/realtime";

/// An interval that holds everything the emulator did.
pub(crate) fn today() -> String {
    let now = jiff::Timestamp::now();
    let hour = jiff::SignedDuration::from_hours(1);
    format!("{}/{}", now - hour, now + hour)
}

async fn ask(api: &Api, more: Value) -> Got {
    let mut body =
        json!({ "interval": today(), "sort": [{ "name": "Timestamp", "sortOrder": "ascending" }] });
    let Value::Object(more) = more else { panic!("an object") };
    body.as_object_mut().unwrap().extend(more);
    api.call("POST", QUERY, Some(body)).await
}

/// Messages of a service, oldest first.
pub(crate) async fn told(api: &Api, service: &str) -> Vec<Value> {
    let got = ask(api, json!({ "serviceName": service, "pageSize": 500 })).await;
    assert_eq!(got.status, 200, "{:?}", got.body);
    got.body["entities"].as_array().unwrap().clone()
}

pub(crate) fn change(message: &Value, property: &str) -> Value {
    let changes = message["propertyChanges"].as_array().unwrap();
    let found = changes.iter().find(|change| change["property"] == property);
    found.map_or(Value::Null, |change| json!([change["oldValues"], change["newValues"]]))
}

#[tokio::test]
async fn a_change_of_a_user_is_told_with_what_was_and_what_is() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    assert_eq!(told(&api, "Directory").await.len(), 0, "the seed is nobody's change");
    let path = format!("/api/v2/users/{iris}");
    let body = json!({ "version": 1, "title": "Team lead" });
    assert_eq!(api.call("PATCH", &path, Some(body)).await.status, 200);
    assert_eq!(api.call("PATCH", &path, Some(json!({ "version": 1, "title": "Late" }))).await.status, 409);
    let same = json!({ "version": 2, "title": "Team lead" });
    assert_eq!(api.call("PATCH", &path, Some(same)).await.status, 200);
    let messages = told(&api, "Directory").await;
    assert_eq!(messages.len(), 1, "neither a refusal nor a write without effect is told of");
    let message = &messages[0];
    assert_eq!((&message["action"], &message["entityType"]), (&json!("Update"), &json!("User")));
    assert_eq!(message["entity"]["id"], json!(iris));
    assert_eq!(change(message, "title"), json!([["Claims agent"], ["Team lead"]]));
    assert_eq!(change(message, "version"), json!([["1"], ["2"]]));
    assert_eq!(message["client"]["id"], api.cloud.client_id());
    assert_eq!((&message["level"], &message["user"]), (&json!("USER"), &json!({})));
    let new = api.hire("new.hire@aurora.example").await;
    assert_eq!(api.call("DELETE", &format!("/api/v2/users/{new}"), None).await.status, 200);
    let messages = told(&api, "Directory").await;
    let actions: Vec<&Value> = messages.iter().map(|one| &one["action"]).collect();
    assert_eq!(actions, ["Update", "Create", "Delete"]);
    assert_eq!(change(&messages[2], "state"), json!([["active"], ["deleted"]]));
}

#[tokio::test]
async fn queues_roles_and_skills_are_told_in_the_words_of_their_services() {
    let api = Api::calm().await;
    let noor = api.seeded("noor.haddad@aurora.example").await;
    let (queue, lead) = (api.queue("EMEA Billing").await, api.role("Team Lead").await);
    let (apac, skill) = (api.division("APAC").await, api.skill("Chat").await);
    let members = format!("/api/v2/routing/queues/{queue}/members");
    api.call("POST", &members, Some(json!([{ "id": noor }]))).await;
    api.call("PATCH", &members, Some(json!([{ "id": noor, "joined": false }]))).await;
    api.call("POST", &format!("{members}?delete=true"), Some(json!([{ "id": noor }]))).await;
    let member = format!("QueueMember/{queue}:{noor}");
    let messages = told(&api, "ContactCenter").await;
    let actions: Vec<&Value> = messages.iter().map(|one| &one["action"]).collect();
    assert_eq!(actions, ["MemberAdd", "MemberUpdate", "MemberRemove"]);
    assert_eq!(messages[0]["entity"]["name"], "EMEA Billing");
    assert_eq!(change(&messages[0], &member), json!([[], ["<queue member added>"]]));
    assert_eq!(change(&messages[1], &format!("{member}:joined")), json!([["true"], ["false"]]));
    assert_eq!(change(&messages[2], &member), json!([["<queue member deleted>"], []]));
    let subject = format!("/api/v2/authorization/subjects/{noor}");
    api.call("POST", &format!("{subject}/divisions/{apac}/roles/{lead}"), None).await;
    api.call("DELETE", &format!("{subject}/divisions/{apac}/roles/{lead}"), None).await;
    let messages = told(&api, "PeoplePermissions").await;
    let actions: Vec<&Value> = messages.iter().map(|one| &one["action"]).collect();
    assert_eq!(actions, ["MemberAdd", "MemberRemove"]);
    assert_eq!((&messages[0]["entity"]["id"], &messages[0]["propertyChanges"]), (&json!(lead), &json!([])));
    assert!(messages[0]["entity"]["name"].as_str().unwrap().starts_with(&format!("{noor}--{lead}--")));
    let path = format!("/api/v2/users/{noor}/routingskills/bulk");
    api.call("PATCH", &path, Some(json!([{ "id": skill, "proficiency": 4.0 }]))).await;
    let message = told(&api, "ContactCenter").await.pop().unwrap();
    assert_eq!(message["entityType"], "AgentRoutingInfo");
    assert_eq!(change(&message, &format!("RoutingSkill/{skill}")), json!([[], ["4.0"]]));
    assert_eq!(told(&api, "Directory").await.len(), 1, "the version of the user has changed, too");
}

#[tokio::test]
async fn who_comes_to_a_group_and_who_goes_differ_in_the_count_alone() {
    let api = Api::with(Quirks { group_lag_ms: 600_000, ..calm() }).await;
    let noor = api.seeded("noor.haddad@aurora.example").await;
    let group = api.id_of("/api/v2/groups", "Claims Experts").await;
    let path = format!("/api/v2/groups/{group}/members");
    for (method, path, body) in [
        ("POST", path.clone(), Some(json!({ "memberIds": [noor] }))),
        ("DELETE", format!("{path}?ids={noor}"), None),
    ] {
        assert_eq!(api.call(method, &path, body).await.status, 202);
        let before = told(&api, "Groups").await.len();
        api.cloud.settle();
        let messages = told(&api, "Groups").await.split_off(before);
        let [count, individuals, member] = &messages[..] else { panic!("three: {messages:?}") };
        let expected = if method == "POST" { json!([["1"], ["2"]]) } else { json!([["2"], ["1"]]) };
        assert_eq!(change(count, "memberCount"), expected);
        assert_eq!((&count["level"], &count["client"]["id"]), (&json!("SYSTEM"), &json!("")));
        assert_eq!(count["context"]["userid"], api.cloud.client_id());
        assert_eq!(change(individuals, "individuals"), json!([[], []]));
        assert_eq!(change(member, "group-membership"), json!([[], [format!("[{noor}]")]]));
        assert_eq!(member["client"]["id"], api.cloud.client_id(), "who asked, although it happened later");
        assert_eq!(count["context"]["correlationId"], member["context"]["correlationId"]);
    }
}

#[tokio::test]
async fn a_query_filters_sorts_and_pages() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    for version in 1..=30 {
        let body = json!({ "version": version, "title": format!("Title {version}") });
        api.call("PATCH", &format!("/api/v2/users/{iris}"), Some(body)).await;
    }
    api.hire("new.hire@aurora.example").await;
    let first = ask(&api, json!({ "serviceName": "Directory" })).await;
    assert_eq!((&first.body["total"], &first.body["pageCount"]), (&json!(31), &json!(2)));
    assert_eq!(change(&first.body["entities"][0], "version"), json!([["1"], ["2"]]));
    let second = ask(&api, json!({ "serviceName": "Directory", "pageNumber": 2 })).await;
    assert_eq!(second.body["entities"].as_array().unwrap().len(), 6);
    let newest =
        json!({ "serviceName": "Directory", "sort": [{ "name": "Timestamp", "sortOrder": "descending" }] });
    assert_eq!(ask(&api, newest).await.body["entities"][0]["action"], "Create");
    let filtered = async |filters: Value| {
        let got = ask(&api, json!({ "serviceName": "Directory", "filters": filters })).await;
        got.body["total"].as_u64().unwrap()
    };
    let by = |property: &str, value: &str| json!({ "property": property, "value": value });
    assert_eq!(filtered(json!([by("EntityId", &iris)])).await, 30);
    assert_eq!(filtered(json!([by("Action", "Create")])).await, 1);
    assert_eq!(filtered(json!([by("EntityId", &iris), by("Action", "Create")])).await, 0);
    assert_eq!(filtered(json!([by("EntityType", "User"), by("ClientId", api.cloud.client_id())])).await, 31);
    assert_eq!(filtered(json!([by("UserId", &iris)])).await, 0, "who does is not to whom it is done");
    api.cloud.set_quirks(Quirks { audit_names_client: false, ..calm() });
    assert_eq!(filtered(json!([by("ClientId", api.cloud.client_id())])).await, 0);
    assert_eq!(told(&api, "Directory").await[0]["client"]["id"], "");
}

#[tokio::test]
async fn what_is_wrong_in_a_query_is_refused() {
    let api = Api::calm().await;
    let long = "2026-01-01T00:00:00Z/2026-03-01T00:00:00Z";
    for wrong in [
        json!({}),
        json!({ "serviceName": "Telegraphy" }),
        json!({ "serviceName": "Directory", "interval": "yesterday" }),
        json!({ "serviceName": "Directory", "interval": long }),
        json!({ "serviceName": "Directory", "interval": "2026-03-02T00:00:00Z/2026-03-01T00:00:00Z" }),
        json!({ "serviceName": "Directory", "pageSize": 501 }),
        json!({ "serviceName": "Directory", "pageNumber": 0 }),
    ] {
        assert_eq!(ask(&api, wrong.clone()).await.status, 400, "{wrong}");
    }
    let services = api.get("/api/v2/audits/query/realtime/servicemapping").await;
    let names: Vec<&Value> =
        services.body["services"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["ContactCenter", "Directory", "Groups", "PeoplePermissions"]);
    let seed = SeedFile::built_in().unwrap().without_permission("audits:audit:view");
    let api = Api::start(Options { seed, quirks: calm(), ..Options::default() }).await;
    let got = ask(&api, json!({ "serviceName": "Directory" })).await;
    assert_eq!((got.status, got.code()), (403, "missing.permissions"));
}

#[tokio::test]
async fn a_message_is_late_by_as_much_as_the_quirk_says() {
    let api = Api::with(Quirks { audit_lag_ms: 120_000, ..calm() }).await;
    api.hire("new.hire@aurora.example").await;
    assert_eq!(told(&api, "Directory").await.len(), 0);
    api.cloud.settle();
    assert_eq!(told(&api, "Directory").await.len(), 1);
    api.cloud.reset().unwrap();
    let api = Api::calm().await;
    assert_eq!(told(&api, "Directory").await.len(), 0);
}
