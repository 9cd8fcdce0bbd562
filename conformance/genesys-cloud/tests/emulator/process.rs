//! The emulator as a process: its port file, its control endpoints, and a state that survives its death.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Got, SCIM_USERS, read};

struct Process {
    child: Child,
    ports: Value,
    http: reqwest::Client,
    token: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Process {
    async fn start(directory: &Path, more: &[&str]) -> Process {
        let port_file = directory.join("ports.json");
        std::fs::remove_file(&port_file).ok();
        let child = Command::new(env!("CARGO_BIN_EXE_genesys-cloud-emulator"))
            .args(["--rate", "60000", "--quirk", "stale_ms=0", "--quirk", "group_lag_ms=60000"])
            .arg("--state")
            .arg(directory.join("state.ndjson"))
            .arg("--port-file")
            .arg(&port_file)
            .args(more)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let ports = loop {
            if let Ok(text) = std::fs::read_to_string(&port_file) {
                break serde_json::from_str(&text).unwrap();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "the emulator did not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        Process { child, ports, http: reqwest::Client::new(), token: String::new() }
    }

    async fn sign_in(&mut self) {
        let request = self
            .http
            .post(format!("{}/oauth/token", self.ports["login"].as_str().unwrap()))
            .basic_auth(self.ports["client_id"].as_str().unwrap(), self.ports["client_secret"].as_str())
            .form(&[("grant_type", "client_credentials")]);
        let got = read(request.send().await.unwrap()).await;
        self.token = got.body["access_token"].as_str().unwrap().to_owned();
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}{path}", self.ports["api"].as_str().unwrap());
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        read(request.send().await.unwrap()).await
    }
}

#[tokio::test]
async fn everything_acknowledged_survives_a_kill_tokens_and_pending_members_included() {
    let directory = tempfile::tempdir().unwrap();
    let mut one = Process::start(directory.path(), &[]).await;
    one.sign_in().await;
    let mut ids = Vec::new();
    for n in 0..30 {
        let user = json!({ "userName": format!("u{n}@aurora.example"), "displayName": "U" });
        ids.push(one.call("POST", SCIM_USERS, Some(user)).await.body["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(one.call("DELETE", &format!("{SCIM_USERS}/{}", ids[0]), None).await.status, 204);
    let body = json!({ "name": "Team", "type": "official", "visibility": "public", "rulesVisible": true });
    let group = one.call("POST", "/api/v2/groups", Some(body)).await.body["id"].as_str().unwrap().to_owned();
    let members = format!("/api/v2/groups/{group}/members");
    assert_eq!(one.call("POST", &members, Some(json!({ "memberIds": [ids[1]] }))).await.status, 202);
    let before = one.call("GET", "/__emulator/state", None).await.body;
    let token = one.token.clone();
    one.child.kill().unwrap();
    drop(one);

    let mut two = Process::start(directory.path(), &[]).await;
    two.token = token;
    assert_eq!(two.call("GET", "/__emulator/state", None).await.body, before);
    assert_eq!(
        two.call("GET", &format!("{SCIM_USERS}/{}", ids[29]), None).await.status,
        200,
        "the token is still good"
    );
    assert_eq!(two.call("POST", "/__emulator/settle", None).await.status, 204);
    assert_eq!(two.call("GET", &members, None).await.body["total"], 1, "what was pending happens later");
}

#[tokio::test]
async fn a_last_line_cut_short_is_passed_over_and_any_other_damage_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.ndjson");
    let one = Process::start(directory.path(), &[]).await;
    let before = one.call("GET", "/__emulator/state", None).await.body;
    drop(one);
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{whole}{{\"kind\":\"us")).unwrap();
    let two = Process::start(directory.path(), &[]).await;
    assert_eq!(two.call("GET", "/__emulator/state", None).await.body, before);
    drop(two);
    std::fs::write(&file, whole.replacen("{\"kind\"", "{\"kin", 1)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_genesys-cloud-emulator"))
        .arg("--state")
        .arg(&file)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("line 1"), "{text}");
}

#[tokio::test]
async fn the_control_endpoints_offer_what_the_library_does() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = Process::start(directory.path(), &["--quirk", "post_status=200"]).await;
    process.sign_in().await;
    let fault =
        json!({ "method": "POST", "path": { "contains": "users" }, "times": 1, "kind": { "status": 503 } });
    assert_eq!(process.call("POST", "/__emulator/faults", Some(fault)).await.body["id"], 1);
    let user = json!({ "userName": "a@aurora.example", "displayName": "A" });
    assert_eq!(process.call("POST", SCIM_USERS, Some(user.clone())).await.status, 503);
    assert_eq!(process.call("POST", SCIM_USERS, Some(user)).await.status, 200);
    let ledger = process.call("GET", "/__emulator/ledger?after=2", None).await.body;
    assert_eq!(
        ledger["calls"].as_array().unwrap().len(),
        1,
        "control calls and earlier calls are not listed"
    );
    let quirks = process.call("PATCH", "/__emulator/quirks", Some(json!({ "post_status": 201 }))).await;
    assert_eq!(quirks.body["post_status"], 201);
    assert_eq!(process.call("PATCH", "/__emulator/quirks", Some(json!({ "no_such": 1 }))).await.status, 400);
    let chaos = json!({ "seed": 1, "status": 1000 });
    assert_eq!(process.call("PUT", "/__emulator/chaos", Some(chaos)).await.status, 204);
    assert!(process.call("GET", SCIM_USERS, None).await.status >= 500);
    assert_eq!(process.call("DELETE", "/__emulator/chaos", None).await.status, 204);
    assert_eq!(process.call("GET", "/__emulator/violations", None).await.body, json!([]));
    let renamed = process.call("POST", "/__emulator/rename", Some(json!(["VIP", "Gold"]))).await;
    assert_eq!(renamed.body["renamed"], 2, "a queue and a skill: {}", renamed.body);
    let queues = process.call("GET", "/api/v2/routing/queues?name=Gold", None).await;
    assert_eq!(queues.body["entities"][0]["name"], "Gold", "{}", queues.body);
    assert_eq!(process.call("POST", "/__emulator/rename", Some(json!(["Gold", "VIP"]))).await.status, 200);
    assert_eq!(process.call("POST", "/__emulator/reset", None).await.status, 204);
    let state = process.call("GET", "/__emulator/state", None).await.body;
    assert_eq!(state["users"].as_object().unwrap().len(), 5);
    assert_eq!(process.call("GET", "/__emulator/nothing", None).await.status, 404);
}

#[tokio::test]
async fn a_secret_that_was_changed_gets_no_token_and_the_right_one_does() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = Process::start(directory.path(), &[]).await;
    process.sign_in().await;
    let right = process.ports["client_secret"].clone();
    assert_eq!(process.call("PUT", "/__emulator/secret", Some(json!("another"))).await.status, 204);
    assert_eq!(process.call("GET", "/api/v2/tokens/me", None).await.status, 200, "what was given stays good");
    let url = format!("{}/oauth/token", process.ports["login"].as_str().unwrap());
    let asked = async |process: &Process| {
        let asked = process.http.post(&url);
        let asked = asked.basic_auth(process.ports["client_id"].as_str().unwrap(), right.as_str());
        read(asked.form(&[("grant_type", "client_credentials")]).send().await.unwrap()).await
    };
    let refused = asked(&process).await;
    assert_eq!((refused.status, &refused.body["error"]), (401, &json!("invalid_client")));
    assert_eq!(process.call("PUT", "/__emulator/secret", Some(right.clone())).await.status, 204);
    assert_eq!(asked(&process).await.status, 200);
}

#[tokio::test]
async fn one_agent_is_shown_by_address_name_or_id_with_all_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let process = Process::start(directory.path(), &[]).await;
    let by_address = process.call("GET", "/__emulator/agents/iris.keller%40aurora.example", None).await;
    assert_eq!(by_address.status, 200, "{}", by_address.body);
    let agent = by_address.body;
    assert_eq!(agent["name"], "Iris Keller");
    assert_eq!(agent["roles"], json!(["Agent@EMEA", "employee@Home"]));
    assert_eq!(agent["queues"], json!(["EMEA Motor Claims"]));
    assert_eq!(agent["teams"], json!(["Billing Hamburg"]));
    assert_eq!(agent["languages"], json!({ "English": 4.0, "German": 5.0 }));
    assert_eq!(agent["attributes"]["HR"]["cost_centre_text"], "CC-EMEA-7");
    for who in ["IRIS.KELLER@aurora.example", "Iris%20Keller", agent["id"].as_str().unwrap()] {
        assert_eq!(
            process.call("GET", &format!("/__emulator/agents/{who}"), None).await.body,
            agent,
            "{who}"
        );
    }
    assert_eq!(process.call("GET", "/__emulator/agents/nobody@aurora.example", None).await.status, 404);
}

#[test]
fn a_bad_command_line_says_what_is_wrong() {
    for (arguments, words) in [
        (["--quirk", "post_statis=200"], "post_statis"),
        (["--quirk", "stale_ms"], "NAME=VALUE"),
        (["--seed", "/no/such/seed.toml"], "/no/such/seed.toml"),
        (["--state", "/no/such/directory/state"], "No such file"),
    ] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_genesys-cloud-emulator")).args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(words), "{arguments:?}: {text}");
    }
}
