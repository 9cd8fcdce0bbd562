//! A bridge in this process, its emulator and its data directory, and what tests ask of them over real sockets.
//!
//! Shared by `promises` and `clear_errors`. A bridge as a process of its own: `program`.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use genesys_cloud_emulator::{Cloud, Options};
use genesys_scim_bridge::app::system::SystemClock;
use genesys_scim_bridge::app::{App, Overrides, Running};
use genesys_scim_bridge::config::Config;
use genesys_scim_bridge::model::Secret;
use genesys_scim_bridge::model::ports::Clock;
use genesys_scim_bridge::store::tokens::Scope;
use serde_json::{Value, json};

pub(crate) const SCIM: &str = "gsb_scim-token-of-the-tests";
pub(crate) const ADMIN: &str = "gsb_admin-token-of-the-tests";
pub(crate) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const OURS: &str = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User";

/// One rule by title, one by group.
pub(crate) const RULES: &str = r#"
[[rule]]
name = "emea-support"
when = 'title eq "Support Agent"'
roles = [{ role = "Agent", division = "EMEA" }]
queues = ["EMEA Support"]
skills = { Billing = 4 }

[[rule]]
name = "night-desk"
when = 'groups.display eq "Night Desk"'
roles = [{ role = "Team Lead", division = "EMEA" }]
queues = ["VIP"]
"#;

/// What a test wants to be different.
#[derive(Clone)]
pub(crate) struct Wish {
    pub(crate) import: &'static str,
    pub(crate) deadline_s: u64,
    pub(crate) calls_per_minute: u32,
    /// Further lines of section `[tenant]`.
    pub(crate) tenant: &'static str,
    pub(crate) rules: String,
    pub(crate) client_id: Option<String>,
    pub(crate) secret: Option<String>,
    /// How many times faster the bridge's clock runs; 1 is the real one.
    pub(crate) hurry: u32,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            import: "off",
            deadline_s: 20,
            calls_per_minute: 60_000,
            tenant: "",
            rules: RULES.to_owned(),
            client_id: None,
            secret: None,
            hurry: 1,
        }
    }
}

/// A clock in a hurry, so that a test need not wait for what takes minutes.
struct Hurried {
    real: SystemClock,
    times: u32,
}

#[async_trait]
impl Clock for Hurried {
    fn now_ms(&self) -> i64 {
        self.real.now_ms()
    }
    fn monotonic_ms(&self) -> u64 {
        self.real.monotonic_ms() * u64::from(self.times)
    }
    async fn sleep(&self, pause: Duration) {
        self.real.sleep(pause / self.times).await;
    }
    fn jitter(&self, bound: u64) -> u64 {
        self.real.jitter(bound)
    }
}

pub(crate) fn cloud() -> Cloud {
    Cloud::start(Options { rate_per_minute: 60_000, ..Options::default() }).unwrap()
}

/// The configuration file of a wish. The secret is in the environment variable `GENESYS_SECRET`.
pub(crate) fn text(cloud: &Cloud, data: &Path, wish: &Wish) -> String {
    format!(
        r#"data_dir = {data:?}
[server]
listen = "127.0.0.1:0"
deadline_seconds = {deadline}
[log]
format = "json"
[genesys]
api_base = "{api}"
login_base = "{login}"
client_id = "{client}"
client_secret_env = "GENESYS_SECRET"
calls_per_minute = {calls}
margin_percent = 0
[tenant]
name = "aurora"
import = "{import}"
{tenant}
{rules}"#,
        data = data.to_str().unwrap(),
        deadline = wish.deadline_s,
        api = cloud.api_base(),
        login = cloud.login_base(),
        client = wish.client_id.as_deref().unwrap_or(cloud.client_id()),
        calls = wish.calls_per_minute,
        import = wish.import,
        tenant = wish.tenant,
        rules = wish.rules,
    )
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) etag: String,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Value,
}

impl Got {
    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id: {self:?}")).to_owned()
    }
}

/// Sends one request and reads the whole answer.
pub(crate) async fn call(
    http: &reqwest::Client,
    url: &str,
    token: &str,
    method: &str,
    body: Option<String>,
) -> Got {
    let mut request = http.request(method.parse().unwrap(), url).bearer_auth(token);
    if let Some(body) = body {
        request = request.header("content-type", "application/scim+json").body(body);
    }
    read(request).await
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Got {
    let answer = request.send().await.unwrap();
    let header = |name: &str| answer.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
    let (status, etag) = (answer.status().as_u16(), header("etag").unwrap_or_default());
    let retry_after = header("retry-after").map(|it| it.parse().expect("whole seconds"));
    let text = answer.text().await.unwrap();
    Got { status, etag, retry_after, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

/// A bridge with its emulator.
pub(crate) struct House {
    pub(crate) cloud: Cloud,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) http: reqwest::Client,
    wish: Wish,
    running: Option<Running>,
}

impl Drop for House {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.cloud.violations(), Vec::<String>::new(), "calls against the public description");
        }
    }
}

impl House {
    pub(crate) fn with(wish: Wish) -> Self {
        Self::on(cloud(), wish)
    }

    pub(crate) fn on(cloud: Cloud, wish: Wish) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut house = Self { cloud, dir, http: reqwest::Client::new(), wish, running: None };
        house.open();
        house
    }

    fn open(&mut self) {
        let text = text(&self.cloud, &self.dir.path().join("data"), &self.wish);
        let secret = self.wish.secret.clone().unwrap_or_else(|| self.cloud.client_secret().to_owned());
        let environment = move |name: &str| (name == "GENESYS_SECRET").then(|| secret.clone());
        let config = Config::parse(&text, Path::new("test.toml"), &environment).unwrap();
        let tokens = vec![(Scope::Scim, Secret::new(SCIM)), (Scope::Admin, Secret::new(ADMIN))];
        let clock: Option<Arc<dyn Clock>> = match self.wish.hurry {
            1 => None,
            times => Some(Arc::new(Hurried { real: SystemClock::new(), times })),
        };
        self.running = Some(App::start(config, Overrides { tokens, clock, ..Overrides::default() }).unwrap());
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.as_ref().unwrap().addr())
    }

    pub(crate) async fn scim(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        let url = self.url(&format!("/scim/v2{path}"));
        call(&self.http, &url, SCIM, method, body.map(|body| body.to_string())).await
    }

    pub(crate) async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        let url = self.url(&format!("/admin{path}"));
        call(&self.http, &url, ADMIN, method, body.map(|body| body.to_string())).await
    }

    /// Everything an identity provider can see.
    pub(crate) async fn directory(&self) -> Value {
        let users = self.scim("GET", "/Users?count=1000&sortBy=id", None).await;
        let groups = self.scim("GET", "/Groups?count=1000&sortBy=id", None).await;
        assert_eq!((users.status, groups.status), (200, 200), "{users:?} {groups:?}");
        json!([users.body, groups.body])
    }

    /// The provisioning status of a user, which is shown to those who ask for it.
    pub(crate) async fn provisioning(&self, id: &str) -> Value {
        let got = self.scim("GET", &format!("/Users/{id}?attributes={OURS}:provisioning"), None).await;
        assert_eq!(got.status, 200, "{got:?}");
        got.body[OURS]["provisioning"].clone()
    }

    /// Waits until no saga is open.
    pub(crate) async fn settled(&self) {
        eventually("every saga has ended", async || {
            self.admin("GET", "/sagas", None).await.body["open"] == json!([])
        })
        .await;
        self.cloud.settle();
    }
}

/// Asks until it is so, at most twenty seconds.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}

/// A user whom the first rule makes an agent.
pub(crate) fn agent(name: &str) -> Value {
    json!({
        "schemas": [CORE],
        "userName": format!("{name}@aurora.example"),
        "externalId": format!("ext-{name}"),
        "displayName": name,
        "title": "Support Agent",
        "active": true,
    })
}

pub(crate) fn patch(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}
