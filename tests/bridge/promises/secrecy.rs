//! Canaries: secrets, passwords and addresses of people are in no log, no metric, no answer that is our
//! fault, and no password is on the disk.

use std::path::Path;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::support::bodies::{agent, patch};
use crate::support::client::{Response, call};
use crate::support::program::{Installation, Program};
use crate::support::setup::Setup;

const PASSWORD: &str = "Canary-Passw0rd-7731";
const PERSON: &str = "canarybird";
const PHONE: &str = "+4930555017731";
/// More than was ever asked for: everything the program itself can say.
const LOG: &str = "format = \"json\"\nlevel = \"debug,genesys_scim_bridge=trace\"";
/// What the libraries below it say as well.
const EVERYTHING: &str = "format = \"json\"\nlevel = \"trace\"";
/// Also those that a plain level leaves out.
const BY_NAME: &str = "format = \"json\"\nlevel = \"trace,actix_http=trace,sled=trace,h2=trace,hyper=trace\"";

struct Scene {
    place: Installation,
    program: Program,
    http: reqwest::Client,
    token: String,
    answers: Vec<Response>,
}

impl Scene {
    fn open(password: &'static str, log: &'static str) -> Self {
        let place = Installation::new(Setup { tenant: password, deadline_s: 2, log, ..Setup::default() });
        let token = place.token("scim");
        // Everything goes wrong at least once.
        let program = place.serve().expecting_errors();
        Self { place, program, http: reqwest::Client::new(), token, answers: Vec::new() }
    }

    async fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Response {
        let url = self.program.url(path);
        let got = call(&self.http, &url, &self.token, method, body.map(|body| body.to_string())).await;
        self.answers.push(got.clone());
        got
    }
}

fn person() -> Value {
    let mut body = agent(PERSON);
    body["password"] = json!(PASSWORD);
    body["phoneNumbers"] = json!([{"type": "work", "value": PHONE}]);
    body
}

/// Everything that goes wrong at least once, with a person's values in it.
async fn misfortunes(scene: &mut Scene) {
    let refuse = |status| FaultKind::Refuse { status, code: "bad.request".to_owned() };
    for (method, path, kind) in [
        ("POST", "/api/v2/scim/v2/users", refuse(400)),
        ("POST", "/api/v2/scim/v2/users", refuse(403)),
        ("POST", "/api/v2/scim/v2/users", FaultKind::Status(500)),
        ("POST", "/members", refuse(400)),
        ("POST", "/api/v2/scim/v2/users", FaultKind::DropBeforeApply),
    ] {
        scene.place.cloud.fault(Fault::on(method, path, kind).times(3));
        scene.send("POST", "/scim/v2/Users", Some(person())).await;
        scene.place.cloud.clear_faults();
    }
    let mut id = None;
    for _ in 0..100 {
        let got = scene.send("POST", "/scim/v2/Users", Some(person())).await;
        if matches!(got.status, 201 | 409) {
            id = got.body["id"].as_str().map(str::to_owned);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let listed = scene.send("GET", "/scim/v2/Users", None).await;
    let id = id.unwrap_or_else(|| listed.body["Resources"][0]["id"].as_str().unwrap().to_owned());
    let path = format!("/scim/v2/Users/{id}");
    scene.send("POST", "/scim/v2/Users", Some(person())).await;
    scene.place.cloud.fault(Fault::on("PATCH", "/api/v2/scim/v2/users/{userId}", refuse(400)));
    scene.place.cloud.fault(Fault::on("PUT", "/api/v2/scim/v2/users/{userId}", refuse(400)));
    let rename = patch(json!([
        {"op": "replace", "path": "displayName", "value": "Canarybird Zweitname"},
        {"op": "replace", "path": "password", "value": PASSWORD},
    ]));
    scene.send("PATCH", &path, Some(rename.clone())).await;
    scene.place.cloud.clear_faults();
    scene.send("PATCH", &path, Some(rename)).await;
    scene.send("PATCH", &path, Some(patch(json!([{"op": "replace", "path": "userName", "value": 7}])))).await;
    scene
        .send("GET", &format!("/scim/v2/Users?filter=userName%20eq%20%22{PERSON}@aurora.example%22"), None)
        .await;
    scene
        .send("GET", &format!("/scim/v2/Users?filter=userName%20zz%20%22{PERSON}@aurora.example%22"), None)
        .await;
    scene.send("GET", &format!("/scim/v2/Users/{PERSON}@aurora.example"), None).await;
    scene.send("GET", &format!("/{PERSON}@aurora.example"), None).await;
    scene.place.cloud.fault(Fault::everywhere(FaultKind::Status(503)));
    scene.send("PUT", &path, Some(person())).await;
    scene.place.cloud.clear_faults();
    let wrong = format!("gsb_wrong-{PASSWORD}");
    call(&scene.http, &scene.program.url("/scim/v2/Users"), &wrong, "GET", None).await;
    scene.send("DELETE", &path, None).await;
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The lines that have it, in letters or as the numbers of its bytes.
fn lines_with<'a>(text: &'a str, canary: &str) -> Vec<&'a str> {
    let canary = canary.to_lowercase();
    let numbers: Vec<String> = canary.bytes().map(|byte| byte.to_string()).collect();
    let numbers = numbers.join(", ");
    text.lines().filter(|line| line.to_lowercase().contains(&canary) || line.contains(&numbers)).collect()
}

async fn nothing_leaks(setting: &'static str, log: &'static str) {
    let mut scene = Scene::open(setting, log);
    misfortunes(&mut scene).await;
    let metrics = scene.http.get(scene.program.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("scim_bridge_requests_total"), "there is something to look at");
    let Scene { place, program, token, answers, .. } = scene;
    let log = program.log();
    assert!(log.lines().count() > 50 && log.contains("step refused"), "there is something to look at");
    let secrets = [place.cloud.client_secret(), token.as_str(), PASSWORD];
    let personal = [PERSON, "aurora.example", PHONE, "Zweitname"];
    for canary in secrets.into_iter().chain(personal) {
        assert_eq!(lines_with(&log, canary), Vec::<&str>::new(), "{canary} in the log");
        assert_eq!(lines_with(&metrics, canary), Vec::<&str>::new(), "{canary} in the metrics");
        for got in answers.iter().filter(|got| got.status >= 500) {
            assert!(
                !got.body.to_string().to_lowercase().contains(&canary.to_lowercase()),
                "{canary} in {got:?}"
            );
        }
    }
    assert!(answers.iter().any(|got| got.status == 503), "there is something to look at");
    for got in &answers {
        assert_ne!(got.status, 500, "{got:?}");
        for canary in secrets {
            assert!(!got.body.to_string().contains(canary), "{canary} in {got:?}");
        }
    }
    assert_eq!(program.terminate(), Some(0));
    for file in files(&place.data()) {
        let bytes = std::fs::read(&file).unwrap();
        for canary in [place.cloud.client_secret(), PASSWORD, token.as_str()] {
            let there = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!there, "{canary} in {}", file.display());
        }
    }
}

#[tokio::test]
async fn no_secret_no_password_and_no_personal_value_is_in_logs_metrics_or_answers_that_are_our_fault() {
    nothing_leaks("password = \"ignore\"", LOG).await;
}

#[tokio::test]
async fn a_password_that_is_forwarded_leaves_no_trace_either() {
    nothing_leaks("password = \"forward\"", LOG).await;
}

#[tokio::test]
async fn nothing_leaks_where_every_library_says_all_it_can_say() {
    nothing_leaks("password = \"forward\"", EVERYTHING).await;
}

#[tokio::test]
async fn nothing_leaks_where_libraries_are_asked_by_name_to_say_all_they_can_say() {
    nothing_leaks("password = \"ignore\"", BY_NAME).await;
}
