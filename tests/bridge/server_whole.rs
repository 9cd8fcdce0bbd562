//! The whole bridge over HTTP, against the emulator: start, readiness, import, a hire, the administration, restart, stop.
//!
//! What the server does by itself is in `server_http`; what sagas do under faults is tested elsewhere.

use std::path::Path;
use std::time::Duration;

use genesys_cloud_emulator::{Cloud, Fault, FaultKind, Options};
use genesys_scim_bridge::app::{App, Overrides, Running, StartError};
use genesys_scim_bridge::config::Config;
use genesys_scim_bridge::model::Secret;
use genesys_scim_bridge::store::tokens::Scope;
use serde_json::{Value, json};

const SCIM: &str = "gsb_scim-token-of-the-tests";
const ADMIN: &str = "gsb_admin-token-of-the-tests";

fn cloud() -> Cloud {
    Cloud::start(Options { rate_per_minute: 60_000, ..Options::default() }).unwrap()
}

fn config(cloud: &Cloud, dir: &Path, import: &str, listen: &str, secret: &str) -> Config {
    let text = format!(
        r#"
data_dir = {dir:?}
[server]
listen = "{listen}"
[genesys]
api_base = "{api}"
login_base = "{login}"
client_id = "{client}"
client_secret_env = "SECRET"
calls_per_minute = 60000
[tenant]
name = "aurora"
import = "{import}"
[[rule]]
name = "emea-support"
when = 'title eq "Support Agent"'
roles = [{{ role = "Agent", division = "EMEA" }}]
queues = ["EMEA Support"]
skills = {{ Billing = 4 }}
"#,
        dir = dir.to_str().unwrap(),
        api = cloud.api_base(),
        login = cloud.login_base(),
        client = cloud.client_id(),
    );
    let secret = secret.to_owned();
    let environment = move |name: &str| (name == "SECRET").then(|| secret.clone());
    Config::parse(&text, Path::new("test.toml"), &environment).unwrap()
}

fn overrides() -> Overrides {
    let tokens = vec![(Scope::Scim, Secret::new(SCIM)), (Scope::Admin, Secret::new(ADMIN))];
    Overrides { tokens, ..Overrides::default() }
}

struct House {
    cloud: Cloud,
    dir: tempfile::TempDir,
    running: Option<Running>,
    http: reqwest::Client,
}

impl Drop for House {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.cloud.violations(), Vec::<String>::new(), "calls against the public description");
        }
    }
}

struct Got {
    status: u16,
    etag: String,
    body: Value,
}

impl House {
    fn new(import: &str) -> Self {
        let (cloud, dir) = (cloud(), tempfile::tempdir().unwrap());
        let config = config(&cloud, dir.path(), import, "127.0.0.1:0", cloud.client_secret());
        let running = App::start(config, overrides()).unwrap();
        Self { cloud, dir, running: Some(running), http: reqwest::Client::new() }
    }

    async fn restart(&mut self) {
        let stopped = self.running.take().unwrap().stop().await;
        assert!(stopped.quiet, "every saga reached a safe point");
        let config = config(&self.cloud, self.dir.path(), "off", "127.0.0.1:0", self.cloud.client_secret());
        self.running = Some(App::start(config, overrides()).unwrap());
    }

    async fn call(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Got {
        let url = format!("http://{}{path}", self.running.as_ref().unwrap().addr());
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let etag = answer.headers().get("etag").map_or("", |it| it.to_str().unwrap()).to_owned();
        let text = answer.text().await.unwrap();
        Got { status, etag, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    async fn scim(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        self.call(SCIM, method, &format!("/scim/v2{path}"), body).await
    }

    async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        self.call(ADMIN, method, &format!("/admin{path}"), body).await
    }
}

fn agent(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{name}@aurora.example"),
        "externalId": format!("ext-{name}"),
        "displayName": name,
        "title": "Support Agent",
        "active": true,
        "name": {"givenName": name, "familyName": "Test"},
    })
}

fn deactivate() -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "Replace", "path": "active", "value": "False"}]})
}

#[tokio::test]
async fn a_hire_travels_the_whole_street_and_back() {
    let house = House::new("off");
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 201, "{}", got.body);
    assert_eq!(got.etag, "W/\"1\"");
    let id = got.body["id"].as_str().unwrap().to_owned();
    assert_eq!(got.body["name"]["givenName"], "nora", "kept although Genesys cannot hold it");
    let world = house.cloud.snapshot().to_string();
    assert!(world.contains("nora@aurora.example"));
    for query in [
        "filter=userName%20eq%20%22NORA@aurora.example%22",
        "filter=externalId%20eq%20%22ext-nora%22",
        "filter=title%20eq%20%22support%20agent%22%20and%20active%20eq%20true",
        "attributes=urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User:provisioning",
    ] {
        let got = house.scim("GET", &format!("/Users?{query}"), None).await;
        assert_eq!(got.body["Resources"][0]["id"], id.as_str(), "{query} {}", got.body);
    }
    house.cloud.settle();
    let got = house.scim("PATCH", &format!("/Users/{id}"), Some(deactivate())).await;
    assert_eq!((got.status, &got.body["active"]), (200, &json!(false)), "{}", got.body);
    assert_eq!(got.etag, "W/\"2\"");
    house.cloud.settle();
    assert_eq!(house.scim("DELETE", &format!("/Users/{id}"), None).await.status, 204);
    assert_eq!(house.scim("GET", &format!("/Users/{id}"), None).await.status, 404);
    let sagas = house.admin("GET", "/sagas?finished=10", None).await;
    assert_eq!(sagas.body["open"], json!([]));
    assert_eq!(sagas.body["finished"].as_array().unwrap().len(), 3, "{}", sagas.body);
    let first = sagas.body["finished"][2]["id"].as_str().unwrap();
    let shown = house.admin("GET", &format!("/sagas/{first}"), None).await;
    assert_eq!(shown.body["state"], "committed", "{}", shown.body);
    assert!(shown.body["plan"].to_string().contains("EMEA Support"), "{}", shown.body);
    assert!(!shown.body.to_string().contains("nora"), "no personal value: {}", shown.body);
    assert_eq!(house.admin("POST", &format!("/sagas/{first}/redrive"), None).await.status, 409);
}

#[tokio::test]
async fn a_change_right_after_a_create_is_not_told_that_the_user_is_gone() {
    let house = House::new("off");
    for name in ["nora", "vera", "iris"] {
        let id =
            house.scim("POST", "/Users", Some(agent(name))).await.body["id"].as_str().unwrap().to_owned();
        let got = house.scim("PATCH", &format!("/Users/{id}"), Some(deactivate())).await;
        assert_eq!((got.status, &got.body["active"]), (200, &json!(false)), "{}", got.body);
    }
}

#[tokio::test]
async fn a_refused_step_is_undone_and_named_and_the_next_try_works() {
    let house = House::new("off");
    let refuse = FaultKind::Refuse { status: 400, code: "bad.request".to_owned() };
    house.cloud.fault(Fault::on("POST", "/api/v2/routing/queues/{queueId}/members", refuse));
    let got = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert!((400..600).contains(&got.status), "{}", got.body);
    assert!(got.body["detail"].as_str().unwrap().contains("queue"), "{}", got.body);
    assert_eq!(house.scim("GET", "/Users", None).await.body["totalResults"], 0);
    house.cloud.clear_faults();
    let got = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(got.status, 201, "{}", got.body);
}

#[tokio::test]
async fn readiness_waits_for_the_import_and_the_import_fills_the_directory() {
    let house = House::new("required");
    let ready = house.call("", "GET", "/readyz", None).await;
    assert_eq!(ready.status, 503);
    assert!(ready.body["reasons"].to_string().contains("import"), "{}", ready.body);
    let got = house.admin("POST", "/import", None).await;
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(house.admin("GET", "/import", None).await.body, got.body);
    let users = house.scim("GET", "/Users?count=1", None).await;
    assert_eq!(users.body["totalResults"], got.body["users"], "{}", got.body);
    assert!(users.body["totalResults"].as_u64().unwrap() > 0);
    assert!(house.scim("GET", "/Groups", None).await.body["totalResults"].as_u64().unwrap() > 0);
    let again = house.admin("POST", "/import", None).await;
    assert_eq!(again.body["written"], 0, "nothing changed meanwhile: {}", again.body);
    for _ in 0..100 {
        if house.call("", "GET", "/readyz", None).await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(house.call("", "GET", "/readyz", None).await.body, json!({"ready": true, "reasons": []}));
}

#[tokio::test]
async fn tokens_are_made_used_and_revoked_while_it_serves() {
    let house = House::new("off");
    let wish = || Some(json!({"label": "okta", "scope": "scim", "days": 30}));
    let made = house.admin("POST", "/tokens", wish()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let (id, text) = (made.body["id"].as_str().unwrap(), made.body["token"].as_str().unwrap());
    assert!(text.starts_with("gsb_"));
    assert_eq!(house.call(text, "GET", "/scim/v2/Users", None).await.status, 200);
    assert_eq!(house.call(text, "GET", "/admin/tokens", None).await.status, 401, "wrong scope");
    assert_eq!(house.admin("POST", "/tokens", wish()).await.status, 201, "its successor");
    assert_eq!(house.admin("POST", "/tokens", wish()).await.status, 409, "a third");
    let list = house.admin("GET", "/tokens", None).await;
    assert_eq!(list.body["tokens"].as_array().unwrap().len(), 2);
    assert!(!list.body.to_string().contains(text));
    assert_eq!(house.admin("DELETE", &format!("/tokens/{id}"), None).await.status, 204);
    assert_eq!(house.call(text, "GET", "/scim/v2/Users", None).await.status, 401);
    assert_eq!(house.admin("DELETE", "/tokens/nothing", None).await.status, 404);
    for bad in [
        json!({"scope": "scim"}),
        json!({"label": "", "scope": "scim"}),
        json!({"label": "x", "scope": "root"}),
        json!([]),
    ] {
        assert_eq!(house.admin("POST", "/tokens", Some(bad.clone())).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let house = House::new("off");
    house.cloud.clear_ledger();
    let got = house.admin("POST", "/plan", Some(json!({"user": agent("nora")}))).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let text = got.body["text"].as_str().unwrap();
    assert!(text.contains("EMEA Support") && text.contains("emea-support"), "{text}");
    assert!(!house.cloud.snapshot().to_string().contains("nora@"));
    assert_eq!(house.scim("GET", "/Users", None).await.body["totalResults"], 0);
    for bad in [json!({}), json!({"user": 1}), json!({"id": "nobody"})] {
        let got = house.admin("POST", "/plan", Some(bad.clone())).await;
        assert!(matches!(got.status, 400 | 404), "{bad} {}", got.body);
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_and_so_are_the_tokens() {
    let mut house = House::new("off");
    let made = house.admin("POST", "/tokens", Some(json!({"label": "okta"}))).await;
    let token = made.body["token"].as_str().unwrap().to_owned();
    let id = house.scim("POST", "/Users", Some(agent("nora"))).await.body["id"].as_str().unwrap().to_owned();
    house.restart().await;
    let got = house.call(&token, "GET", &format!("/scim/v2/Users/{id}"), None).await;
    assert_eq!((got.status, got.etag.as_str()), (200, "W/\"1\""), "{}", got.body);
    assert_eq!(house.running.as_ref().unwrap().recovered(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_24_racing_posts_of_one_name_one_wins() {
    let house = std::sync::Arc::new(House::new("off"));
    let mut racing = Vec::new();
    for _ in 0..24 {
        let house = house.clone();
        racing.push(tokio::spawn(
            async move { house.scim("POST", "/Users", Some(agent("nora"))).await.status },
        ));
    }
    let mut counts = std::collections::BTreeMap::new();
    for one in racing {
        *counts.entry(one.await.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(counts, std::collections::BTreeMap::from([(201, 1), (409, 23)]));
    assert_eq!(house.scim("POST", "/Users", Some(agent("nora"))).await.status, 409, "after the 201 as well");
}

#[tokio::test]
async fn a_wrong_secret_turns_readiness_red_with_the_cure() {
    let (cloud, dir) = (cloud(), tempfile::tempdir().unwrap());
    let running = App::start(config(&cloud, dir.path(), "off", "127.0.0.1:0", "wrong"), overrides()).unwrap();
    let url = format!("http://{}/readyz", running.addr());
    let mut text = String::new();
    for _ in 0..100 {
        text = reqwest::get(&url).await.unwrap().text().await.unwrap();
        if text.contains("client secret") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(text.contains("client secret"), "{text}");
    let user = reqwest::Client::new()
        .post(format!("http://{}/scim/v2/Users", running.addr()))
        .bearer_auth(SCIM)
        .header("content-type", "application/json")
        .body(agent("nora").to_string());
    let status = user.send().await.unwrap().status().as_u16();
    assert_eq!(status, 503, "never 401 or 403, an IdP would quarantine its own credentials");
    running.stop().await;
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_named_with_its_cure() {
    let (cloud, dir, other) = (cloud(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secret = cloud.client_secret();
    let running = App::start(config(&cloud, dir.path(), "off", "127.0.0.1:0", secret), overrides()).unwrap();
    let taken = running.addr().to_string();
    let error = App::start(config(&cloud, other.path(), "off", &taken, secret), overrides()).err().unwrap();
    assert!(matches!(&error, StartError::Listen(_)) && error.to_string().contains(&taken), "{error}");
    let error =
        App::start(config(&cloud, dir.path(), "off", "127.0.0.1:0", secret), overrides()).err().unwrap();
    assert!(matches!(&error, StartError::Open(_)) && error.to_string().contains("locked"), "{error}");
    let mut bad = config(&cloud, other.path(), "off", "127.0.0.1:0", secret);
    bad.rules[0].when = "title eq".to_owned();
    let error = App::start(bad, overrides()).err().unwrap().to_string();
    assert!(error.contains("emea-support"), "{error}");
    running.stop().await;
}
