//! The stage: an emulated Genesys Cloud and a bridge with its own data directory, both in this process and on
//! loopback.
//!
//! Sets up and tears down; what happens in between is `story`. The directory is made anew under the system's
//! temporary directory and removed at the end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use genesys_cloud_emulator::{Cloud, Options};

use super::super::admin_client::AdminClient;
use super::super::exit::Failure;
use super::super::reach::start_failure;
use super::connector::Connector;
use super::snapshot::Snapshot;
use crate::app::system::SystemClock;
use crate::app::{App, Overrides, Running, fresh_token};
use crate::config::Config;
use crate::model::Secret;
use crate::model::ports::Clock as _;
use crate::store::tokens::Scope;

/// The rules of the story, as they would stand in the configuration file.
pub(super) const RULES: &str = r#"
[[rule]]
name = "motor-claims"
when = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "Motor Claims"'
roles = ["Agent@EMEA", "Claims Handler@EMEA"]
queues = ["EMEA Motor Claims", "Overflow"]
skills = { "Motor claims" = 3, "Voice" = 2 }
attributes = [
  { schema = "HR", field = "cost_centre", value = "CC-EMEA-7" },
  { schema = "HR", field = "badge_number", from = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber" },
]

[[rule]]
name = "team-leads"
when = 'groups.display eq "Team Leads"'
roles = ["Team Lead@EMEA"]
queues = ["EMEA Complaints"]
skills = { "Escalations" = 4 }
"#;

/// How long something that happens in the background is waited for.
const PATIENCE_MS: u64 = 10_000;
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(25);

/// Where the story plays.
pub(super) struct Stage {
    /// Genesys Cloud.
    pub(super) cloud: Cloud,
    /// The administrator's access to the bridge.
    pub(super) admin: AdminClient,
    /// Address of the bridge, `http://127.0.0.1:PORT`.
    pub(super) url: String,
    /// Token for identity providers.
    pub(super) token: Secret,
    running: Running,
    dir: Scratch,
    clock: SystemClock,
}

impl Stage {
    /// Starts both.
    ///
    /// # Errors
    /// No port, no directory, or no randomness is to be had.
    pub(super) fn set_up(port: u16) -> Result<Self, Failure> {
        let cloud = Cloud::start(Options::default())
            .map_err(|error| Failure::failed(format!("the Genesys Cloud emulator cannot start: {error}")))?;
        let (token, admin) =
            (fresh_token().map_err(Failure::failed)?, fresh_token().map_err(Failure::failed)?);
        let dir = Scratch::new(&token)?;
        let tokens = vec![(Scope::Scim, token.clone()), (Scope::Admin, admin.clone())];
        let config = config(&cloud, &dir.0, port)?;
        let running = App::start(config, Overrides { tokens, ..Overrides::default() })
            .map_err(|error| start_failure(&error))?;
        let url = format!("http://{}", running.addr());
        let admin = AdminClient::new(&url, admin)?;
        Ok(Self { cloud, admin, url, token, running, dir, clock: SystemClock::new() })
    }

    /// An identity provider's connector.
    pub(super) fn connector(&self, name: &'static str, user_agent: &'static str) -> Connector {
        Connector { name, user_agent, addr: self.running.addr(), token: self.token.clone() }
    }

    /// What Genesys has at this moment.
    pub(super) fn look(&self) -> Snapshot {
        Snapshot::of(&self.cloud)
    }

    /// Number of the last call to Genesys so far.
    pub(super) fn last_call(&self) -> u64 {
        self.cloud.ledger().last().map_or(0, |call| call.seq)
    }

    /// Milliseconds since both were started.
    pub(super) fn elapsed_ms(&self) -> u64 {
        self.clock.monotonic_ms()
    }

    /// Waits until something holds, but not for ever; false when it never did.
    #[expect(
        clippy::disallowed_methods,
        reason = "a terminal command on its own thread, without a runtime to wait on"
    )]
    pub(super) fn wait_until(&self, mut holds: impl FnMut() -> bool) -> bool {
        let until = self.elapsed_ms() + PATIENCE_MS;
        loop {
            if holds() {
                return true;
            }
            if self.elapsed_ms() > until {
                return false;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Goes on serving until SIGINT or SIGTERM.
    ///
    /// # Errors
    /// The system does not let us listen for signals.
    pub(super) fn serve_until_signal(self) -> Result<(), Failure> {
        let Stage { cloud, running, dir, .. } = self;
        let stopped = running.serve_until_signal();
        drop((dir, cloud));
        stopped.map(drop).map_err(|error| Failure::failed(format!("signals cannot be received: {error}")))
    }

    /// Ends both and removes the data directory.
    pub(super) fn tear_down(self) {
        let Stage { cloud, running, dir, .. } = self;
        running.stop_blocking();
        drop((dir, cloud));
    }
}

/// The configuration file of the demo.
fn config(cloud: &Cloud, dir: &Path, port: u16) -> Result<Config, Failure> {
    let text = format!(
        r#"
data_dir = {dir}
[server]
listen = "127.0.0.1:{port}"
[genesys]
api_base = "{api}"
login_base = "{login}"
client_id = "{client}"
client_secret_env = "DEMO_CLIENT_SECRET"
[tenant]
name = "aurora"
{RULES}"#,
        dir = toml::Value::String(dir.to_string_lossy().into_owned()),
        api = cloud.api_base(),
        login = cloud.login_base(),
        client = cloud.client_id(),
    );
    let secret = cloud.client_secret().to_owned();
    let environment = move |name: &str| (name == "DEMO_CLIENT_SECRET").then(|| secret.clone());
    Config::parse(&text, Path::new("demo.toml"), &environment)
        .map_err(|error| Failure::failed(error.to_string()))
}

/// A directory of our own that goes when we go.
struct Scratch(PathBuf);

impl Scratch {
    /// Named after our process and a hash of a fresh token, so that nobody can be there before us.
    fn new(token: &Secret) -> Result<Self, Failure> {
        let unique = blake3::hash(token.expose().as_bytes()).to_hex();
        let name =
            format!("scim-bridge-demo-{}-{}", std::process::id(), unique.get(..12).unwrap_or_default());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir(&dir).map_err(|error| {
            let shown = dir.display();
            Failure::failed(format!(
                "{shown}: the data directory of the demo cannot be made ({error}); set TMPDIR to a directory that can be written"
            ))
        })?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind it does no harm.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
