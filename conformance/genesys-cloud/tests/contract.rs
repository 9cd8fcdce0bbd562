//! The contract judged by exchanges written by hand: right ones pass, planted mistakes are found and named.
//! It does not run the emulator; the emulator's own tests put real exchanges through the same judge.
//! Without the public API description it says SKIPPED, and under `CI=true` that is a failure.
#![cfg(feature = "contract")]
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failed assumption fails the test"
)]

use std::sync::Arc;

use genesys_cloud_emulator::contract::{Contract, Exchange};
use serde_json::{Value, json};

const USER: &str = "0b2f3c1e-5d0a-4c57-9a54-1f6a1a5d9b01";
const ROLE: &str = "6a1d7f0c-2c59-4f43-8d57-0f0b7a3c1e02";
const DIVISION: &str = "f3c9a7b2-8e0d-4a7e-b1c6-6d2e9f4a5b03";
const QUEUE: &str = "9d4e8b16-7a35-4f0c-8c2d-3b5a7e9f1c04";
const SKILL: &str = "c7b6a594-8372-4615-a0f1-e2d3c4b5a605";
const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";

/// The contract, or `None` after saying why there is none.
fn contract() -> Option<Contract> {
    match Contract::from_env_uncounted() {
        Ok(contract) => Some(contract),
        Err(absent) if absent.is_broken() || std::env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("{absent}")
        }
        Err(absent) => {
            println!("{absent}");
            None
        }
    }
}

/// An exchange that can be built up step by step.
#[derive(Clone)]
struct Case {
    method: &'static str,
    path: String,
    query: String,
    request_headers: Vec<(String, String)>,
    request: Vec<u8>,
    status: u16,
    answer_headers: Vec<(String, String)>,
    answer: Vec<u8>,
}

impl Case {
    fn new(method: &'static str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            request_headers: vec![pair("Authorization", "Bearer t")],
            request: Vec::new(),
            status: 0,
            answer_headers: vec![pair("ININ-Correlation-Id", "c-1")],
            answer: Vec::new(),
        }
    }

    fn send(mut self, body: &Value) -> Self {
        self.request_headers.push(pair("Content-Type", "application/json"));
        self.request = body.to_string().into_bytes();
        self
    }

    fn get(mut self, status: u16, body: &Value) -> Self {
        self.answer_headers.push(pair("Content-Type", "application/json; charset=utf-8"));
        self.status = status;
        self.answer = body.to_string().into_bytes();
        self
    }

    fn empty(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.request_headers.push(pair(name, value));
        self
    }

    fn answering(mut self, name: &str, value: &str) -> Self {
        self.answer_headers.push(pair(name, value));
        self
    }

    fn judge(&self, contract: &Contract) -> Vec<String> {
        contract.check(&Exchange {
            method: self.method,
            path: &self.path,
            query: &self.query,
            request_headers: &self.request_headers,
            request_body: &self.request,
            status: self.status,
            response_headers: &self.answer_headers,
            response_body: &self.answer,
        })
    }
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn error(status: u16, code: &str) -> Value {
    json!({"message": "m", "code": code, "status": status, "contextId": "c-1", "details": [], "errors": []})
}

fn user() -> Value {
    json!({"id": USER, "name": "Anna", "email": "anna@example.org", "state": "active", "version": 4,
        "division": {"id": DIVISION, "name": "Home", "selfUri": "/api/v2/authorization/divisions/x"},
        "manager": {"id": USER}, "selfUri": "/api/v2/users/x"})
}

fn scim_user() -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", GENESYS], "id": USER, "active": true,
        "userName": "anna@example.org", "displayName": "Anna",
        "groups": [{"value": ROLE, "$ref": "https://example.org/g"}],
        GENESYS: {"externalIds": [{"authority": "x-pc:scimv2:v1:a", "value": "1"}]},
        "meta": {"resourceType": "User", "version": "4", "lastModified": "2026-02-09T10:00:00.000+0000"}})
}

fn new_scim_user() -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", GENESYS],
        "userName": "anna@example.org", "displayName": "Anna", "active": true,
        GENESYS: {"routingSkills": [{"name": "Claims", "proficiency": 3.5}],
            "externalIds": [{"authority": "scimbridge-t", "value": "s-1"}]}})
}

fn patch(operations: &Value) -> Case {
    let body =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    Case::new("PATCH", &format!("/api/v2/scim/v2/users/{USER}")).send(&body)
}

fn post_scim(body: &Value) -> Case {
    Case::new("POST", "/api/v2/scim/v2/users").send(body)
}

fn grants(list: &Value) -> Case {
    Case::new("POST", &format!("/api/v2/authorization/subjects/{USER}/bulkadd?subjectType=PC_USER"))
        .send(&json!({"grants": list}))
}

fn queue_members(body: &Value) -> Case {
    Case::new("POST", &format!("/api/v2/routing/queues/{QUEUE}/members")).send(body)
}

fn team_members(body: &Value) -> Case {
    Case::new("POST", &format!("/api/v2/teams/{QUEUE}/members")).send(body)
}

fn get_home() -> Case {
    Case::new("GET", "/api/v2/authorization/divisions/home")
}

fn token(form: &str) -> Case {
    let mut case =
        Case::new("POST", "/oauth/token").with("Content-Type", "application/x-www-form-urlencoded");
    case.request_headers.remove(0);
    case.request = form.as_bytes().to_vec();
    case.with("Authorization", "Basic aWQ6c2VjcmV0")
}

fn right_scim() -> Vec<(&'static str, Case)> {
    let token_answer = json!({"access_token": "t", "token_type": "bearer", "expires_in": 86400});
    let stale = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400",
        "scimType": "invalidVers", "detail": "stale"});
    vec![
        ("token", token("grant_type=client_credentials").get(200, &token_answer)),
        ("create", post_scim(&new_scim_user()).get(201, &scim_user()).answering("ETag", "\"4\"")),
        (
            "patch with paths",
            patch(&json!([
                {"op": "replace", "path": "active", "value": false},
                {"op": "add", "path": "emails", "value": {"type": "work", "value": "a@example.org"}},
                {"op": "add", "path": format!("{GENESYS}:externalIds"),
                    "value": [{"authority": "a", "value": "1"}]},
                {"op": "remove", "path": "phoneNumbers[type eq \"mobile\"]"}]))
            .with("If-Match", "\"4\"")
            .get(200, &scim_user())
            .answering("ETag", "\"4\""),
        ),
        (
            "patch without a path",
            patch(&json!([{"op": "replace", "value": {"title": "Agent", "active": true}}])).empty(0),
        ),
        (
            "stale version in the SCIM shape",
            patch(&json!([{"op": "remove", "path": "title"}])).get(400, &stale),
        ),
    ]
}

fn right_rest() -> Vec<(&'static str, Case)> {
    let grant = json!({"subjectId": USER, "role": {"id": ROLE, "name": "Agent"},
        "division": {"id": DIVISION, "name": "Home", "description": ""}});
    let page = json!({"entities": [{"id": SKILL, "name": "Claims", "proficiency": 3, "state": "active"}],
        "pageSize": 25, "pageNumber": 1, "total": 1, "pageCount": 1, "selfUri": "/x"});
    let search = json!({"query": [
        {"type": "EXACT", "fields": ["email"], "value": "anna@example.org"},
        {"type": "EXACT", "fields": ["state"], "values": ["active", "deleted"]}], "pageSize": 25});
    let found = json!({"total": 1, "pageCount": 1, "pageSize": 25, "pageNumber": 1, "types": ["users"],
        "results": [user()]});
    let record = json!({"schemaId": ROLE, "schemaVersion": 1,
        "attributes": {"desk_text": "4.17", "remote_checkbox": true, "gone_text": null}});
    let stored = json!({"id": USER, "userId": USER, "schema": {"id": ROLE, "version": 1},
        "attributes": {"desk_text": "4.17", "remote_checkbox": true}});
    vec![
        (
            "read",
            Case::new("GET", &format!("/api/v2/users/{USER}?expand=groups&expand=team")).get(200, &user()),
        ),
        (
            "state alone",
            Case::new("PATCH", &format!("/api/v2/users/{USER}"))
                .send(&json!({"state": "active", "version": 4}))
                .get(409, &error(409, "general.conflict")),
        ),
        ("search", Case::new("POST", "/api/v2/users/search").send(&search).get(200, &found)),
        ("grants", grants(&json!([{"roleId": ROLE, "divisionId": DIVISION}])).empty(204)),
        (
            "grants read",
            Case::new("GET", &format!("/api/v2/authorization/subjects/{USER}"))
                .get(200, &json!({"id": USER, "grants": [grant]})),
        ),
        ("queue members", queue_members(&json!([{"id": USER}])).empty(204)),
        (
            "team members",
            team_members(&json!({"memberIds": [USER]}))
                .get(200, &json!({"entities": [], "failures": [{"id": USER, "reason": "UserNotFound"}]})),
        ),
        (
            "skills",
            Case::new("GET", &format!("/api/v2/users/{USER}/routingskills?pageSize=50")).get(200, &page),
        ),
        (
            "custom attributes",
            Case::new("PATCH", &format!("/api/v2/users/{USER}/customattributes"))
                .send(&record)
                .get(200, &stored),
        ),
        (
            "group members removed",
            Case::new("DELETE", &format!("/api/v2/groups/{ROLE}/members?ids={USER},{SKILL}")).empty(202),
        ),
        (
            "rate limit",
            Case::new("GET", "/api/v2/authorization/roles?userCount=false")
                .answering("Retry-After", "7")
                .get(429, &error(429, "too.many.requests.retry.after")),
        ),
        ("a gateway's own 502", get_home().empty(502)),
        ("a platform 502", get_home().get(502, &error(502, "bad.gateway"))),
        ("a gateway's own 503", get_home().empty(503)),
        ("token probe", Case::new("HEAD", "/api/v2/tokens/me").empty(200)),
    ]
}

fn wrong_paths_and_parameters() -> Vec<(Case, &'static str)> {
    let user_path = format!("/api/v2/users/{USER}");
    let list = |query: &str| Case::new("GET", &format!("/api/v2/scim/v2/users?{query}"));
    vec![
        (Case::new("GET", "/api/v2/scim/v2/Users"), "letter case"),
        (Case::new("GET", "/api/v2/presence/users"), "no operation has this path"),
        (Case::new("POST", "/api/v2/scim/v2/groups").send(&json!({})), "does not offer that method"),
        (Case::new("GET", "/api/v2/users?searchQuery=anna"), "query searchQuery: the operation has no such"),
        (Case::new("GET", "/api/v2/users?state=retired"), "query state: is not an allowed value"),
        (Case::new("GET", "/api/v2/users?expand=roles"), "query expand: is not an allowed value"),
        (Case::new("GET", "/api/v2/users?pageSize=25&pageSize=50"), "once only"),
        (Case::new("GET", "/api/v2/users?pageSize=1000"), "must be 1 to 500"),
        (Case::new("GET", &format!("/api/v2/routing/queues/{QUEUE}/members?pageSize=200")), "1 to 100"),
        (Case::new("GET", "/api/v2/users/anna@example.org"), "path userId: is not a UUID"),
        (Case::new("DELETE", &format!("/api/v2/groups/{ROLE}/members")), "query ids: is required"),
        (list("filter=userName+sw+%22a%22"), "eq is the only published operator"),
        (list("filter=active+eq+true+and+userName+eq+%22a%22"), "more than one comparison"),
        (list("count=100"), "a page over 25"),
        (list("attributes=name.givenName"), "query attributes: is not an allowed value"),
        (Case::new("GET", &user_path).send(&json!({})), "takes no body"),
        (patch(&json!([{"op": "remove", "path": "title"}])).with("If-Match", "4"), "in double quotes"),
        (token("grant_type=client_credentials&scope=users"), "form scope"),
        (token("grant_type=password"), "must be client_credentials"),
    ]
}

fn wrong_scim_bodies() -> Vec<(Case, &'static str)> {
    let mut with_name = new_scim_user();
    with_name["name"] = json!({"givenName": "Anna"});
    let mut with_id = new_scim_user();
    with_id["id"] = json!(USER);
    let mut too_good = new_scim_user();
    too_good[GENESYS]["routingSkills"][0]["proficiency"] = json!(6);
    vec![
        (post_scim(&with_name), "no property name"),
        (post_scim(&with_id), "no property id"),
        (Case::new("PUT", &format!("/api/v2/scim/v2/users/{USER}")).send(&with_id), "/id: is read-only"),
        (post_scim(&json!({"userName": "anna@example.org"})), "lacks displayName"),
        (post_scim(&too_good), "proficiency: must be between 0 and 5"),
        (patch(&json!([])), "/Operations: is missing or empty"),
        (patch(&json!([{"op": "Replace", "path": "title", "value": "x"}])), "/Operations/0/op"),
        (patch(&json!([{"op": "remove"}])), "remove needs a path"),
        (patch(&json!([{"op": "add", "path": "externalIds", "value": []}])), "needs its full URN"),
        (
            patch(&json!([{"op": "replace", "path": "active", "value": "False"}])),
            "/Operations/0/value at /active",
        ),
        (patch(&json!([{"op": "replace", "value": {"nickName": "A"}}])), "no property nickName"),
    ]
}

fn wrong_rest_bodies() -> Vec<(Case, &'static str)> {
    let many = |count: usize| Value::Array(vec![json!({"id": USER}); count]);
    let user_path = format!("/api/v2/users/{USER}");
    let change = |body: Value| Case::new("PATCH", &user_path).send(&body);
    let bulk: Value = vec![json!({"id": SKILL, "proficiency": 1}); 51].into();
    vec![
        (change(json!({"state": "active", "title": "x", "version": 4})), "same call as state"),
        (change(json!({"title": "x"})), "lacks version"),
        (change(json!({"divisionId": DIVISION, "version": 4})), "no property divisionId"),
        (change(json!({"title": "x", "version": 4})).with("If-Match", "\"4\""), "does not take this header"),
        (grants(&json!([])), "/grants: holds 0 entries"),
        (grants(&json!([{"roleId": "Agent", "divisionId": DIVISION}])), "/grants/0/roleId: is not a UUID"),
        (queue_members(&many(101)), "at most 100"),
        (queue_members(&json!([{"id": USER, "joined": true}])), "no property joined"),
        (team_members(&json!({"memberIds": vec![USER; 26]})), "at most 25"),
        (team_members(&json!({"memberIds": ["ada"]})), "/memberIds/0: is not a UUID"),
        (queue_members(&json!([{}])), "/0/id: is missing"),
        (Case::new("PATCH", &format!("{user_path}/routingskills/bulk")).send(&bulk), "at most 50"),
        (
            Case::new("POST", "/api/v2/users/search")
                .send(&json!({"query": [{"type": "REQUIRED", "fields": ["email"], "value": "a"}]})),
            "/query/0/type",
        ),
        (
            Case::new("POST", "/api/v2/users/search")
                .send(&json!({"query": [{"type": "EXACT", "fields": ["mail"], "value": "a"}]})),
            "is not a search field",
        ),
        (
            Case::new("POST", &format!("{user_path}/externalid"))
                .send(&json!({"authorityName": "https://idp", "externalKey": "1"})),
            "shape of a URL",
        ),
    ]
}

fn wrong_answers() -> Vec<(Case, &'static str)> {
    let get_user = || Case::new("GET", &format!("/api/v2/users/{USER}"));
    let changed = |name: &str, value: Value| {
        let mut user = user();
        user[name] = value;
        user
    };
    let mut no_version = user();
    if let Some(members) = no_version.as_object_mut() {
        members.remove("version");
    }
    let mut with_password = scim_user();
    with_password["password"] = json!("secret");
    let created = |body: &Value| post_scim(&new_scim_user()).get(201, body);
    let mut both = error(409, "conflict");
    both["schemas"] = json!(["urn:ietf:params:scim:api:messages:2.0:Error"]);
    let skill = json!({"entities": [{"id": SKILL, "name": "Claims", "proficiency": 9}],
        "pageSize": 25, "pageNumber": 1, "total": 1, "pageCount": 1});
    vec![
        (get_user().get(200, &changed("roles", json!([]))), "no property roles"),
        (get_user().get(200, &changed("version", json!("4"))), "/version"),
        (get_user().get(200, &changed("state", json!("gone"))), "/state"),
        (get_user().get(200, &no_version), "/version: is missing"),
        (get_user().get(201, &user()), "201 is not an answer"),
        (get_user().empty(200), "is declared and missing"),
        (get_user().get(404, &json!({"code": "not.found"})), "/contextId: is missing"),
        (get_user().get(404, &error(400, "not.found")), "/status: must be the HTTP status"),
        (get_user().get(422, &error(422, "x")), "422 is not an answer"),
        (get_user().get(429, &error(429, "too.many.requests.retry.after")), "header Retry-After"),
        (grants(&json!([{"roleId": ROLE, "divisionId": DIVISION}])).empty(200), "200 is not an answer"),
        (queue_members(&json!([{"id": USER}])).get(200, &json!([{"id": USER}])), "gives no body"),
        (queue_members(&json!([{"id": USER}])).empty(202), "202 is not an answer"),
        (created(&scim_user()), "header ETag: is missing"),
        (created(&scim_user()).answering("ETag", "\"5\""), "differs from meta.version"),
        (created(&with_password).answering("ETag", "\"4\""), "/password: is write-only"),
        (post_scim(&new_scim_user()).get(409, &both), "neither exactly"),
        (
            Case::new("GET", &format!("/api/v2/users/{USER}/routingskills")).get(200, &skill),
            "between 0 and 5",
        ),
        (
            token("grant_type=client_credentials")
                .get(200, &json!({"access_token": "t", "token_type": "mac"})),
            "/token_type",
        ),
    ]
}

#[test]
fn right_exchanges_keep_the_contract() {
    let Some(contract) = contract() else { return };
    for (name, case) in right_scim().into_iter().chain(right_rest()) {
        assert_eq!(case.judge(&contract), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_planted_mistake_in_a_request_is_named() {
    let Some(contract) = contract() else { return };
    assert_named(&contract, wrong_paths_and_parameters(), "request");
    assert_named(&contract, wrong_scim_bodies(), "request");
    assert_named(&contract, wrong_rest_bodies(), "request");
}

#[test]
fn every_planted_mistake_in_an_answer_is_named() {
    let Some(contract) = contract() else { return };
    assert_named(&contract, wrong_answers(), "answer");
}

/// Each case must have a violation that says `expected`, and none in the other direction.
fn assert_named(contract: &Contract, cases: Vec<(Case, &'static str)>, direction: &str) {
    let mut wrong = Vec::new();
    for (case, expected) in cases {
        let found = case.judge(contract);
        let named = found.iter().any(|violation| violation.contains(expected));
        if !named || !found.iter().all(|violation| violation.contains(&format!(": {direction} "))) {
            wrong.push(format!("{} {}: expected `{expected}`, found {found:#?}", case.method, case.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_dropped_answer_is_not_judged() {
    let Some(contract) = contract() else { return };
    let case = Case::new("GET", &format!("/api/v2/users/{USER}"));
    assert_eq!(case.judge(&contract), Vec::<String>::new());
}

#[test]
fn the_template_of_a_path_is_known_literal_segments_first() {
    let Some(contract) = contract() else { return };
    for (method, path, expected) in [
        ("GET", "/api/v2/users/me".to_owned(), Some("/api/v2/users/me")),
        ("GET", format!("/api/v2/users/{USER}"), Some("/api/v2/users/{userId}")),
        ("POST", "/api/v2/users/search".to_owned(), Some("/api/v2/users/search")),
        (
            "GET",
            "/api/v2/authorization/divisions/home".to_owned(),
            Some("/api/v2/authorization/divisions/home"),
        ),
        ("PUT", "/api/v2/users/search".to_owned(), None),
        ("GET", "/api/v2/Users/me".to_owned(), None),
    ] {
        assert_eq!(contract.operation(method, &path), expected, "{method} {path}");
    }
}

#[test]
fn the_contract_of_a_process_is_loaded_once() {
    let (Some(_), Ok(one), Ok(two)) = (contract(), Contract::from_env(), Contract::from_env()) else {
        return;
    };
    assert!(Arc::ptr_eq(&one, &two), "two contracts in one process");
}

#[test]
fn every_schema_of_the_description_compiles() {
    let Some(contract) = contract() else { return };
    assert_eq!(contract.unusable_schemas(), Vec::<String>::new());
}

#[test]
fn a_check_is_fast_enough_for_every_call_of_every_test() {
    let Some(contract) = contract() else { return };
    let cases = right_rest();
    for (_, case) in &cases {
        case.judge(&contract);
    }
    let start = std::time::Instant::now();
    for _ in 0..20 {
        for (_, case) in &cases {
            case.judge(&contract);
        }
    }
    let each = start.elapsed() / u32::try_from(20 * cases.len()).unwrap_or(u32::MAX);
    println!("one check takes {each:?}");
    assert!(each < std::time::Duration::from_millis(20), "one check took {each:?}");
}
