//! Genesys refuses the bridge itself: wrong secret, missing permission, missing division, no connection. The
//! identity provider hears 503 and never 401 or 403; `check` tells the operator which it is; nothing is left
//! half made.

use genesys_cloud_emulator::{Cloud, SeedClient, SeedFile};
use serde_json::json;

use super::says;
use crate::support::bodies::{agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::client::call;
use crate::support::emulator::{self, Access, cloud_with};
use crate::support::program::{Ended, Installation, command, run};
use crate::support::setup::{RULES, Setup};
use crate::support::wait::eventually;

const EVERYTHING: [&str; 22] = [
    "directory:user:add",
    "directory:user:edit",
    "directory:user:delete",
    "directory:user:view",
    "directory:userProfile:edit",
    "directory:userProfile:view",
    "directory:group:add",
    "directory:group:edit",
    "directory:group:delete",
    "authorization:grant:add",
    "authorization:grant:delete",
    "authorization:grant:view",
    "authorization:role:view",
    "routing:skill:assign",
    "routing:skill:view",
    "routing:language:assign",
    "routing:queue:view",
    "routing:queueMember:manage",
    "routing:queue:join",
    "users:customAttributesSchema:view",
    "oauth:token:delete",
    "telephony:extension:assign",
];

/// An organisation with one more OAuth client: everything but some permissions, in these divisions.
fn cloud_with_client(without: &[&str], divisions: &[&str]) -> Cloud {
    let mut seed = SeedFile::built_in().unwrap();
    let permissions =
        EVERYTHING.into_iter().filter(|one| !without.contains(one)).map(str::to_owned).collect();
    let mut client: SeedClient = seed.clients[0].clone();
    client.name = "Limited".to_owned();
    client.permissions = permissions;
    client.divisions = divisions.iter().map(|name| (*name).to_owned()).collect();
    seed.clients[0] = client;
    cloud_with(|options| options.seed = seed)
}

fn check(cloud: &Cloud, setup: &Setup, secret: &str) -> Ended {
    let dir = tempfile::tempdir().unwrap();
    let (config, data) = (dir.path().join("bridge.toml"), dir.path().join("data"));
    std::fs::write(&config, setup.text(cloud, &data)).unwrap();
    let ended = run(command(secret).arg("--config").arg(&config).arg("check"));
    assert!(!data.exists(), "a check touches nothing");
    assert!(!format!("{}{}", ended.out, ended.err).contains(secret), "{ended:?}");
    ended
}

async fn refused_without_a_trace(house: &TestBridge, words: &[&str]) {
    let before = (house.directory().await, house.cloud.snapshot());
    let got = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(got.status, 503, "never 401 or 403, an identity provider would quarantine its own: {got:?}");
    assert!(got.retry_after.is_some(), "{got:?}");
    says("POST", got.body["detail"].as_str().unwrap(), words);
    assert!(!got.body.to_string().contains("vera@"), "{got:?}");
    house.settled().await;
    let world = house.cloud.snapshot();
    for section in ["users", "grants", "skills", "languages", "queues", "teams", "attributes", "groups"] {
        assert_eq!(world[section], before.1[section], "{section}");
    }
    assert_eq!(house.directory().await, before.0);
}

#[tokio::test]
async fn a_wrong_secret_is_503_readiness_says_why_and_after_the_cure_everything_works() {
    let setup = Setup { secret: Some("canary-wrong-secret".to_owned()), ..Setup::default() };
    let house = TestBridge::with(setup.clone());
    refused_without_a_trace(&house, &["own access to Genesys Cloud was refused", "id", "secret"]).await;
    let ready = || async { call(&house.http, &house.url("/readyz"), "", "GET", None).await };
    eventually("readiness is red", async || ready().await.status == 503).await;
    let got = ready().await;
    says(
        "readiness",
        &got.body["reasons"].to_string(),
        &["refuses our credentials", "client_id", "secret", "region"],
    );
    assert!(!got.body.to_string().contains("canary-wrong-secret"), "{got:?}");
    let checked = check(&house.cloud, &setup, "canary-wrong-secret");
    assert_eq!(checked.code, 3, "{checked:?}");
    says("check", &checked.out, &["BAD", "sign-in", "cure", "client_id", "secret"]);
    let cured = TestBridge::with(Setup::default());
    assert_eq!(cured.scim("POST", "/Users", Some(agent("vera"))).await.status, 201);
}

#[tokio::test]
async fn a_missing_permission_is_503_with_its_name_and_what_was_done_before_it_is_undone() {
    for (permission, words) in [
        ("directory:user:add", &["own access", "permission", "directory:user:add"] as &[&str]),
        ("routing:queueMember:manage", &["own access", "permission", "queue", "undone"]),
        ("authorization:grant:add", &["own access", "permission", "role", "undone"]),
        ("routing:skill:assign", &["own access", "permission", "skill", "undone"]),
        ("routing:queue:view", &["own access", "permission", "routing:queue:view"]),
    ] {
        let also: &[&str] = if permission == "routing:queueMember:manage" {
            &["routing:queueMember:manage", "routing:queue:join"]
        } else {
            std::slice::from_ref(&permission)
        };
        let house = TestBridge::on(cloud_with_client(also, &["*"]), Setup::default());
        refused_without_a_trace(&house, words).await;
    }
}

#[test]
fn check_names_a_missing_permission_and_a_missing_division_and_what_cures_them() {
    let cloud = cloud_with_client(&["routing:queue:view"], &["*"]);
    let checked = check(&cloud, &Setup::default(), cloud.client_secret());
    assert_eq!(checked.code, 3, "{checked:?}");
    says(
        "permission",
        &checked.out,
        &["BAD", "queues", "add routing:queue:view", "role of the OAuth client"],
    );
    let rules = RULES.replace("division = \"EMEA\"", "division = \"Atlantis\"");
    let cloud = emulator::cloud();
    let checked = check(&cloud, &Setup { rules, ..Setup::default() }, cloud.client_secret());
    assert_eq!(checked.code, 3, "{checked:?}");
    says("division", &checked.out, &["BAD", "division \"Atlantis\"", "does not exist", "correct its name"]);
    let rules = RULES.replace("EMEA Support", "EMEA Suport");
    let checked = check(&cloud, &Setup { rules, ..Setup::default() }, cloud.client_secret());
    says("name", &checked.out, &["rule \"emea-support\"", "EMEA Suport", "EMEA Support"]);
}

#[tokio::test]
async fn a_division_that_the_client_may_not_touch_is_503_that_names_the_cure_and_leaves_no_trace() {
    let house = TestBridge::on(cloud_with_client(&[], &["Home", "Americas"]), Setup::default());
    refused_without_a_trace(&house, &["own access", "division"]).await;
}

#[tokio::test]
async fn a_division_of_the_request_that_does_not_exist_is_400_and_named() {
    let house = TestBridge::with(Setup::default());
    let before = house.cloud.snapshot();
    let mut body = agent("vera");
    body["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = json!({"division": "Atlantis"});
    let got = house.scim("POST", "/Users", Some(body)).await;
    assert_eq!((got.status, &got.body["scimType"]), (400, &json!("invalidValue")), "{got:?}");
    says("division", got.body["detail"].as_str().unwrap(), &["division", "Atlantis", "may not see it"]);
    assert_eq!(house.cloud.snapshot(), before);
}

#[tokio::test]
async fn a_protected_user_is_refused_whatever_is_asked() {
    let tenant = "protected = [\"Greta.Lindqvist@aurora.example\"]";
    let house = TestBridge::with(Setup { import: "required", tenant, ..Setup::default() });
    assert_eq!(house.admin("POST", "/import", None).await.status, 200);
    let found =
        house.scim("GET", "/Users?filter=userName%20eq%20%22greta.lindqvist@aurora.example%22", None).await;
    let path = format!("/Users/{}", found.body["Resources"][0]["id"].as_str().unwrap());
    let before = (house.directory().await, house.cloud.snapshot());
    let leave = patch(json!([{"op": "replace", "path": "active", "value": false}]));
    for (method, body) in [("PATCH", Some(leave)), ("PUT", Some(agent("greta.lindqvist"))), ("DELETE", None)]
    {
        let got = house.scim(method, &path, body).await;
        assert_eq!((got.status, &got.body["scimType"]), (400, &json!("mutability")), "{method} {got:?}");
        says(method, got.body["detail"].as_str().unwrap(), &["protected", "configuration"]);
    }
    assert_eq!((house.directory().await, house.cloud.snapshot()), before);
}

#[tokio::test]
async fn no_connection_to_genesys_is_503_with_retry_after_readiness_is_red_and_reads_go_on() {
    let place = Installation::new(Setup { deadline_s: 2, ..Setup::default() });
    let gone = Access::from(&emulator::cloud());
    place.edit(&place.cloud.api_base(), &gone.api);
    place.edit(&place.cloud.login_base(), &gone.login);
    let token = place.token("scim");
    let program = place.serve();
    let http = reqwest::Client::new();
    let send = async |method: &str, path: &str, body: Option<String>| {
        call(&http, &program.url(path), &token, method, body).await
    };
    let got = send("POST", "/scim/v2/Users", Some(agent("vera").to_string())).await;
    assert_eq!(got.status, 503, "{got:?}");
    assert!(got.retry_after.is_some(), "{got:?}");
    says("POST", got.body["detail"].as_str().unwrap(), &["Genesys Cloud"]);
    eventually("readiness is red", async || send("GET", "/readyz", None).await.status == 503).await;
    says(
        "readiness",
        &send("GET", "/readyz", None).await.body.to_string(),
        &["Genesys Cloud cannot be reached"],
    );
    assert_eq!(send("GET", "/scim/v2/Users", None).await.body["totalResults"], 0);
    assert_eq!(send("GET", "/healthz", None).await.status, 200, "a restart would not help");
    let checked = place.run("check");
    assert_eq!(checked.code, 3, "{checked:?}");
    says("check", &checked.out, &["BAD", "does not answer", "network"]);
    let import = place.run("import");
    assert_eq!(import.code, 4, "{import:?}");
    says("import", &import.err, &["administrator's token", "--token-file"]);
    assert_eq!(program.terminate(), Some(0));
}
