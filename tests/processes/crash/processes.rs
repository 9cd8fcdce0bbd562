//! The two processes of a campaign: the emulator, which survives, and the bridge, which is killed and started again.
//!
//! The emulator is this test binary itself, started with its state file. The bridge is `scim-bridge serve`, or the binary that
//! `CRASH_BINARY` names. What is written to them is in `writer`, what is compared in `verify`.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Cloud, ContractSource, Options};
use serde_json::{Value, json};

/// Where the emulator keeps its state; set means "be the emulator".
pub(crate) const EMULATOR_DIR: &str = "CRASH_EMULATOR_DIR";
/// Neither side is slowed by its rate.
const CALLS_PER_MINUTE: u32 = 60_000;
const SECRET: &str = "CRASH_GENESYS_SECRET";
/// How long a process may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(30);

/// A rule on the title and one on the membership of a group, so that group changes are followed by recomputation.
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

/// Runs the emulator until the campaign closes the pipe.
pub(crate) fn be_the_emulator(dir: &Path) {
    let cloud = Cloud::start(Options {
        rate_per_minute: CALLS_PER_MINUTE,
        state_file: Some(dir.join("emulator.state")),
        contract: ContractSource::Off,
        ..Options::default()
    })
    .unwrap();
    let words = json!({
        "api": cloud.api_base(), "login": cloud.login_base(),
        "client": cloud.client_id(), "secret": cloud.client_secret(),
    });
    std::fs::write(dir.join("ports.part"), words.to_string()).unwrap();
    std::fs::rename(dir.join("ports.part"), dir.join("ports.json")).unwrap();
    // Ends when the campaign ends, however that is.
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
}

/// Both processes, their files and the tokens.
pub(crate) struct House {
    dir: PathBuf,
    binary: PathBuf,
    emulator: Child,
    secret: String,
    bridge: Option<Child>,
    pub(crate) base: String,
    pub(crate) api: String,
    pub(crate) writer_token: String,
    pub(crate) reader_token: String,
    pub(crate) admin_token: String,
    pub(crate) http: reqwest::Client,
}

impl House {
    pub(crate) fn new(dir: &Path) -> Self {
        let this = std::env::current_exe().unwrap();
        let emulator = Command::new(this)
            .args(["--exact", "crash::emulator_process", "--nocapture"])
            .env(EMULATOR_DIR, dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let ports = dir.join("ports.json");
        let started = Instant::now();
        while !ports.exists() {
            assert!(started.elapsed() < UP_WITHIN, "the emulator does not come up");
            std::thread::sleep(Duration::from_millis(5));
        }
        let ports: Value = serde_json::from_str(&std::fs::read_to_string(ports).unwrap()).unwrap();
        let text = |name: &str| ports[name].as_str().unwrap().to_owned();
        let listen = free_address();
        std::fs::write(dir.join("bridge.toml"), config(dir, &listen, &text)).unwrap();
        let binary =
            std::env::var_os("CRASH_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_scim-bridge").into());
        let mut house = Self {
            dir: dir.to_owned(),
            binary: binary.into(),
            emulator,
            secret: text("secret"),
            bridge: None,
            base: format!("http://{listen}"),
            api: text("api"),
            writer_token: String::new(),
            reader_token: String::new(),
            admin_token: String::new(),
            http: reqwest::Client::new(),
        };
        house.writer_token = house.token("writer", "scim");
        house.reader_token = house.token("reader", "scim");
        house.admin_token = house.token("operator", "admin");
        house
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--config").arg(self.dir.join("bridge.toml")).env(SECRET, &self.secret);
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
        let child = self.command().arg("serve").stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        self.bridge = Some(child);
    }

    /// Waits until the bridge takes requests.
    pub(crate) async fn ready(&mut self) {
        let started = Instant::now();
        let url = format!("{}/readyz", self.base);
        loop {
            // A connection to a port that nobody listens on yet may meet itself, and would wait for ever.
            if let Ok(answer) = self.http.get(&url).timeout(Duration::from_secs(2)).send().await
                && answer.status().is_success()
            {
                return;
            }
            let ended = self.bridge.as_mut().unwrap().try_wait().unwrap();
            assert!(
                ended.is_none(),
                "the bridge ended by itself: {ended:?}; its log is {}",
                self.log().display()
            );
            assert!(
                started.elapsed() < UP_WITHIN,
                "the bridge does not get ready; its log is {}",
                self.log().display()
            );
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.bridge.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("bridge.log")
    }

    /// Reads what the bridge said since the last call, and forgets it, so that long campaigns do not fill the disk.
    pub(crate) fn take_log(&self) -> String {
        let text = std::fs::read(self.log()).unwrap_or_default();
        std::fs::write(self.dir.join("bridge.log.before"), &text).unwrap();
        File::options().write(true).open(self.log()).unwrap().set_len(0).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// GET of the bridge with a token of its own, so that no claim of the writers ends by it.
    pub(crate) async fn get(&self, token: &str, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.base)).bearer_auth(token).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "GET {path}: {status} {body}");
        body
    }

    /// The emulator's organisation in its canonical form.
    pub(crate) async fn cloud(&self) -> Value {
        let url = format!("{}/__emulator/state", self.api);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill();
        // Neither can fail in a way that matters any more.
        drop(self.emulator.kill());
        drop(self.emulator.wait());
    }
}

fn config(dir: &Path, listen: &str, ports: &dyn Fn(&str) -> String) -> String {
    format!(
        r#"
data_dir = {data:?}
[server]
listen = "{listen}"
workers = 2
[log]
format = "text"
level = "info"
[genesys]
api_base = "{api}"
login_base = "{login}"
client_id = "{client}"
client_secret_env = "{SECRET}"
calls_per_minute = {CALLS_PER_MINUTE}
[tenant]
name = "aurora"
import = "off"
groups = "create"
{RULES}"#,
        data = dir.join("data"),
        api = ports("api"),
        login = ports("login"),
        client = ports("client"),
    )
}

/// An address below the range from which outgoing connections take theirs: nobody grabs it while the bridge is down.
fn free_address() -> String {
    let first = 20_000 + std::process::id() % 10_000;
    (first..first + 2000)
        .map(|port| format!("127.0.0.1:{port}"))
        .find(|address| TcpListener::bind(address).is_ok())
        .unwrap()
}
