//! How a bridge under test is configured: a struct of wishes, and the configuration file that they come to.
//!
//! A test names what must be different: `Setup { deadline_s: 1, ..Setup::default() }`. The same file serves a
//! bridge in this process (`bridge`) and the program (`program`); its secret is in the environment variable
//! [`SECRET`].

use std::path::Path;

use genesys_scim_bridge::testing::config::Config;

use super::emulator::Access;

/// The environment variable that holds the secret of the OAuth client.
pub(crate) const SECRET: &str = "GENESYS_SECRET";

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
pub(crate) struct Setup {
    /// `off`, `required` or `optional`, as in the configuration file.
    pub(crate) import: &'static str,
    pub(crate) deadline_s: u64,
    pub(crate) calls_per_minute: u32,
    /// Port 0 takes a free one.
    pub(crate) listen: String,
    /// The address behind a proxy, without path.
    pub(crate) public_url: Option<&'static str>,
    /// The line that says where the secret of the OAuth client is.
    pub(crate) secret_at: &'static str,
    /// The lines of section `[log]`. The program says where it listens in JSON of level `info` only.
    pub(crate) log: &'static str,
    /// Room on the disk that is kept, in mebibytes.
    pub(crate) reserve_mib: u64,
    /// Further lines of section `[tenant]`.
    pub(crate) tenant: &'static str,
    /// The rules, as at the end of the file.
    pub(crate) rules: String,
    /// Another OAuth client than the emulator's first.
    pub(crate) client_id: Option<String>,
    /// Another secret than the emulator's.
    pub(crate) secret: Option<String>,
    /// How many times faster the bridge's clock runs; 1 is the real one. Only for a bridge in this process.
    pub(crate) hurry: u32,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            import: "off",
            deadline_s: 20,
            calls_per_minute: super::emulator::CALLS_PER_MINUTE,
            listen: "127.0.0.1:0".to_owned(),
            public_url: None,
            secret_at: "client_secret_env = \"GENESYS_SECRET\"",
            log: "format = \"json\"",
            reserve_mib: 0,
            tenant: "",
            rules: RULES.to_owned(),
            client_id: None,
            secret: None,
            hurry: 1,
        }
    }
}

impl Setup {
    /// The usual, without any rule.
    pub(crate) fn without_rules() -> Self {
        Self { rules: String::new(), ..Self::default() }
    }

    /// The configuration file.
    pub(crate) fn text(&self, to: impl Into<Access>, data: &Path) -> String {
        let to = to.into();
        format!(
            r#"data_dir = {data:?}
{public_url}[server]
listen = "{listen}"
deadline_seconds = {deadline}
[store]
reserve_mib = {reserve}
[log]
{log}
[genesys]
api_base = "{api}"
login_base = "{login}"
client_id = "{client}"
{secret_at}
calls_per_minute = {calls}
margin_percent = 0
[tenant]
name = "aurora"
import = "{import}"
{tenant}
{rules}"#,
            data = data.to_str().unwrap(),
            public_url = self.public_url.map(|url| format!("public_url = \"{url}\"\n")).unwrap_or_default(),
            listen = self.listen,
            deadline = self.deadline_s,
            log = self.log,
            reserve = self.reserve_mib,
            secret_at = self.secret_at,
            api = to.api,
            login = to.login,
            client = self.client_id.as_ref().unwrap_or(&to.client),
            calls = self.calls_per_minute,
            import = self.import,
            tenant = self.tenant,
            rules = self.rules,
        )
    }

    /// The secret that the bridge is given.
    pub(crate) fn secret<'a>(&'a self, of: &'a str) -> &'a str {
        self.secret.as_deref().unwrap_or(of)
    }

    /// The configuration, read as the program reads it.
    pub(crate) fn config(&self, to: impl Into<Access>, data: &Path) -> Config {
        let to = to.into();
        let secret = self.secret(&to.secret).to_owned();
        let environment = move |name: &str| (name == SECRET).then(|| secret.clone());
        Config::parse(&self.text(to, data), Path::new("test.toml"), &environment).unwrap()
    }
}
