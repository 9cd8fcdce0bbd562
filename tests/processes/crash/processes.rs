//! The two processes of a campaign: the emulator, which survives, and the bridge, which is killed and started
//! again.
//!
//! The emulator is this test binary itself, started with its state file. The bridge is `scim-bridge serve`,
//! or the binary that `CRASH_BINARY` names. What is written to them is in `writer`, what is compared in
//! `verify`.

use std::cell::Cell;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::client::call;
use crate::support::emulator::EmulatorProcess;
use crate::support::program::free_address;
use crate::support::setup::{SECRET, Setup};
use crate::support::wait::PATIENCE;

/// A rule on the title and one on the membership of a group, so that group changes are followed by
/// recomputation.
const RULES: &str = r#"
[[rule]]
name = "night"
when = 'title eq "Night agent"'
queues = ["Chat"]
[[rule]]
name = "crew"
when = 'groups[display sw "crew-"]'
roles = ["Team Lead@EMEA"]
"#;

/// Both processes, their files and the tokens.
pub(crate) struct Pair {
    dir: PathBuf,
    binary: PathBuf,
    emulator: EmulatorProcess,
    /// The bridge, and who writes its log.
    bridge: Option<(Child, Child)>,
    /// How often the store was kept from writing.
    pub(crate) refusals: Cell<u64>,
    pub(crate) base: String,
    pub(crate) api: String,
    pub(crate) writer_token: String,
    pub(crate) reader_token: String,
    pub(crate) admin_token: String,
    pub(crate) http: reqwest::Client,
}

impl Pair {
    pub(crate) fn new(dir: &Path) -> Self {
        let emulator = EmulatorProcess::start(dir, "crash::emulator_process");
        let listen = free_address();
        let setup = Setup {
            listen: listen.clone(),
            log: "format = \"text\"\nlevel = \"info\"",
            tenant: "groups = \"create\"",
            rules: RULES.to_owned(),
            // What was in flight at a kill is waited for that long.
            secret_at: "client_secret_env = \"GENESYS_SECRET\"\ntimeout_seconds = 3",
            ..Setup::default()
        };
        let text = setup.text(emulator.access.clone(), &dir.join("data"));
        std::fs::write(dir.join("bridge.toml"), text).unwrap();
        let binary =
            std::env::var_os("CRASH_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_scim-bridge").into());
        let mut pair = Self {
            dir: dir.to_owned(),
            binary: binary.into(),
            api: emulator.access.api.clone(),
            emulator,
            bridge: None,
            refusals: Cell::new(0),
            base: format!("http://{listen}"),
            writer_token: String::new(),
            reader_token: String::new(),
            admin_token: String::new(),
            http: reqwest::Client::new(),
        };
        pair.writer_token = pair.token("writer", "scim");
        pair.reader_token = pair.token("reader", "scim");
        pair.admin_token = pair.token("operator", "admin");
        pair
    }

    fn command(&self) -> Command {
        // Where no file may grow for a while, a write is to be refused and not to end the process.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(&self.binary);
        command.arg("--config").arg(self.dir.join("bridge.toml")).env(SECRET, &self.emulator.access.secret);
        command.stdin(Stdio::null());
        command
    }

    fn token(&self, name: &str, scope: &str) -> String {
        let made = self
            .command()
            .args(["token", "new", "--name", name, "--scope", scope, "--json"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        made["token"].as_str().unwrap().to_owned()
    }

    /// Starts the bridge; it is not ready when this returns.
    pub(crate) fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        // Written by somebody else: where no file of the bridge may grow, its log still does.
        let mut scribe = Command::new("cat").stdin(Stdio::piped()).stdout(log).spawn().unwrap();
        let said = OwnedFd::from(scribe.stdin.take().unwrap());
        let mut command = self.command();
        let child = command.arg("serve").stdout(said.try_clone().unwrap()).stderr(said).spawn().unwrap();
        self.bridge = Some((child, scribe));
    }

    /// Waits until the bridge takes requests.
    pub(crate) async fn ready(&mut self) {
        let started = Instant::now();
        // While Genesys is in trouble the bridge takes requests and says that it is not ready.
        let route = if std::env::var_os("CRASH_FAULTS").is_some() { "healthz" } else { "readyz" };
        let url = format!("{}/{route}", self.base);
        loop {
            // A connection to a port that nobody listens on yet may meet itself, and would wait for ever.
            if let Ok(answer) = self.http.get(&url).timeout(Duration::from_secs(2)).send().await
                && answer.status().is_success()
            {
                return;
            }
            let ended = self.bridge.as_mut().unwrap().0.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "the bridge ended by itself: {ended:?}; its log is {}",
                self.log().display()
            );
            assert!(
                started.elapsed() < PATIENCE,
                "the bridge does not get ready; its log is {}",
                self.log().display()
            );
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    /// The secret that Genesys knows when all is well.
    pub(crate) fn genesys_secret(&self) -> &str {
        &self.emulator.access.secret
    }

    /// Until the bridge is killed the system lets none of its files be written behind the first half of its records:
    /// what is appended to them is refused.
    pub(crate) fn let_no_file_grow(&self) {
        let Some((bridge, _)) = &self.bridge else { return };
        let bytes = self.dir.join("data/records/db").metadata().map_or(0, |found| found.len());
        let limit = format!("--fsize={}:unlimited", bytes / 2);
        let set = Command::new("prlimit").args(["--pid", &bridge.id().to_string(), &limit]).status();
        // Where there is no such program there is one trouble less.
        self.refusals.set(self.refusals.get() + u64::from(set.is_ok_and(|status| status.success())));
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        if let Some((mut child, mut scribe)) = self.bridge.take() {
            child.kill().unwrap();
            child.wait().unwrap();
            scribe.wait().unwrap();
        }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("bridge.log")
    }

    /// Reads what the bridge said since the last call, and forgets it, so that long campaigns do not fill the
    /// disk.
    pub(crate) fn take_log(&self) -> String {
        let text = std::fs::read(self.log()).unwrap_or_default();
        std::fs::write(self.dir.join("bridge.log.before"), &text).unwrap();
        File::options().write(true).open(self.log()).unwrap().set_len(0).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// GET of the bridge with a token of its own, so that no claim of the writers ends by it.
    pub(crate) async fn get(&self, token: &str, path: &str) -> Value {
        call(&self.http, &format!("{}{path}", self.base), token, "GET", None).await.is(200).body
    }

    /// The emulator's organisation in its canonical form.
    pub(crate) async fn cloud(&self) -> Value {
        let url = format!("{}/__emulator/state", self.api);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.kill();
    }
}
