//! One bridge and one emulator for all tests of this binary, and a second pair in the strict dialect.
//!
//! Tests share them, so each makes resources of its own names and asks only about those. What the answers must be is in
//! the files of the chapters.

use std::path::Path;
use std::sync::OnceLock;

use genesys_cloud_emulator::{Cloud, Options};
use genesys_scim_bridge::app::{App, Overrides, Running};
use genesys_scim_bridge::config::Config;
use genesys_scim_bridge::model::Secret;
use genesys_scim_bridge::store::tokens::Scope;
use serde_json::{Value, json};

pub(crate) const SCIM: &str = "gsb_scim-token-of-the-tests";
pub(crate) const ADMIN: &str = "gsb_admin-token-of-the-tests";
pub(crate) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const BRIDGE: &str = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User";
pub(crate) const MESSAGES: &str = "urn:ietf:params:scim:api:messages:2.0";
/// The public address of the bridge, behind a proxy.
pub(crate) const PUBLIC: &str = "https://scim.example.com/scim/v2";

struct Pair {
    cloud: Cloud,
    running: Running,
    _data: tempfile::TempDir,
}

fn open(dialect: &str) -> Pair {
    let cloud = Cloud::start(Options { rate_per_minute: 60_000, ..Options::default() }).unwrap();
    let data = tempfile::tempdir().unwrap();
    let text = format!(
        r#"data_dir = {data:?}
public_url = "https://scim.example.com"
[server]
listen = "127.0.0.1:0"
[genesys]
api_base = "{api}"
login_base = "{login}"
client_id = "{client}"
client_secret_env = "SECRET"
calls_per_minute = 60000
margin_percent = 0
[tenant]
name = "aurora"
import = "off"
dialect = "{dialect}"
"#,
        data = data.path().to_str().unwrap(),
        api = cloud.api_base(),
        login = cloud.login_base(),
        client = cloud.client_id(),
    );
    let secret = cloud.client_secret().to_owned();
    let environment = move |name: &str| (name == "SECRET").then(|| secret.clone());
    let config = Config::parse(&text, Path::new("test.toml"), &environment).unwrap();
    let tokens = vec![(Scope::Scim, Secret::new(SCIM)), (Scope::Admin, Secret::new(ADMIN))];
    let running = App::start(config, Overrides { tokens, ..Overrides::default() }).unwrap();
    Pair { cloud, running, _data: data }
}

static TOLERANT: OnceLock<Pair> = OnceLock::new();
static STRICT: OnceLock<Pair> = OnceLock::new();

/// The shared bridge, with a client of this test's own.
pub(crate) struct Bench {
    pair: &'static Pair,
    http: reqwest::Client,
}

pub(crate) fn bench() -> Bench {
    Bench { pair: TOLERANT.get_or_init(|| open("tolerant")), http: reqwest::Client::new() }
}

/// The one that takes nothing but the letter of the RFCs.
pub(crate) fn strict() -> Bench {
    Bench { pair: STRICT.get_or_init(|| open("strict")), http: reqwest::Client::new() }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.pair.cloud.violations(), Vec::<String>::new(), "calls against the description");
        }
    }
}

/// What came back, body parsed where there is one.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id: {self:?}")).to_owned()
    }

    /// The member of the body, which must be there.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}: {self:?}"))
    }

    pub(crate) fn keys(&self) -> Vec<&str> {
        self.body.as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// Fails unless it is a SCIM error of that status and keyword; gives its text.
    pub(crate) fn is_error(&self, status: u16, scim_type: Option<&str>) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.body["schemas"], json!([format!("{MESSAGES}:Error")]), "{self:?}");
        assert_eq!(self.body["status"], status.to_string(), "{self:?}");
        assert_eq!(self.body["scimType"].as_str(), scim_type, "{self:?}");
        assert_eq!(self.header("content-type"), "application/scim+json", "{self:?}");
        self.body["detail"].as_str().filter(|it| !it.is_empty()).unwrap_or_else(|| panic!("{self:?}"))
    }

    /// The values of one attribute over all resources of a list.
    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        assert_eq!(self.status, 200, "{self:?}");
        let rows = self.body["Resources"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        rows.iter().map(|row| row[name].as_str().unwrap_or("-")).collect()
    }
}

impl Bench {
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.pair.running.addr());
        self.http.request(method.parse().unwrap(), url)
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Got {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Got { status, headers, body }
    }

    /// With the right token, below `/scim/v2`, and one more header where a name is given.
    pub(crate) async fn with(
        &self,
        method: &str,
        path: &str,
        header: (&str, &str),
        body: Option<Value>,
    ) -> Got {
        let mut request = self.request(method, &format!("/scim/v2{path}")).bearer_auth(SCIM);
        if !header.0.is_empty() {
            request = request.header(header.0, header.1);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        self.send(request).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        self.with(method, path, ("", ""), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.call("GET", path, None).await
    }

    /// A list, its query given as it is meant: `filter=userName eq "x"`.
    pub(crate) async fn list(&self, endpoint: &str, query: &[(&str, &str)]) -> Got {
        let request = self.request("GET", &format!("/scim/v2/{endpoint}")).bearer_auth(SCIM).query(query);
        self.send(request).await
    }

    /// Users of this test only: those whose userName begins with `prefix`, and the filter.
    pub(crate) async fn among(&self, prefix: &str, filter: &str) -> Got {
        let filter = format!("userName sw \"{prefix}\" and ({filter})");
        self.list("Users", &[("filter", &filter), ("sortBy", "userName")]).await
    }

    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Got {
        self.call("PATCH", path, Some(operations_of(operations))).await
    }

    /// Makes a user of this body; `schemas` and `userName` are added.
    pub(crate) async fn user(&self, name: &str, more: Value) -> Got {
        let got = self.call("POST", "/Users", Some(user(name, more))).await;
        assert_eq!(got.status, 201, "{name}: {got:?}");
        got
    }

    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> Got {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [GROUP], "displayName": name, "members": members});
        let got = self.call("POST", "/Groups", Some(body)).await;
        assert_eq!(got.status, 201, "{name}: {got:?}");
        got
    }

    /// The users and groups that Genesys holds, as the emulator shows them.
    pub(crate) fn world(&self) -> Value {
        self.pair.cloud.snapshot()
    }
}

/// The body of a user.
pub(crate) fn user(name: &str, more: Value) -> Value {
    let mut body = json!({"schemas": [CORE], "userName": address(name)});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

pub(crate) fn address(name: &str) -> String {
    format!("{name}@aurora.example")
}

/// The body of a PATCH.
pub(crate) fn operations_of(operations: Value) -> Value {
    json!({"schemas": [format!("{MESSAGES}:PatchOp")], "Operations": operations})
}
