//! The program itself: `scim-bridge` in a directory of its own, started as a user would start it, its log
//! kept and its exit code read.
//!
//! [`Installation`] is the directory with its configuration and its emulated Genesys Cloud; [`Program`] is
//! one that serves. A bridge inside the test's own process is `bridge`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use genesys_cloud_emulator::Cloud;
use serde_json::{Value, json};

use super::client::{call, is_alive};
use super::emulator::{assert_contract, cloud};
use super::setup::{SECRET, Setup};
use super::wait::{eventually, until};

/// The program with nothing in its environment but the secret.
pub(crate) fn command(secret: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-bridge"));
    command.env_clear().env(SECRET, secret).stdin(Stdio::null());
    command
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// -1 when it was ended by a signal, such as that of [`wait`].
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs to the end; a program that does not end in time is killed and has no exit code.
pub(crate) fn run(command: &mut Command) -> Ended {
    let dir = tempfile::tempdir().unwrap();
    let (out, err) = (dir.path().join("out"), dir.path().join("err"));
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let mut child = command.spawn().unwrap();
    let code = wait(&mut child).and_then(|status| status.code()).unwrap_or(-1);
    let text = |file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    Ended { code, out: text(out), err: text(err) }
}

/// Waits for an end; kills what does not come to one.
pub(crate) fn wait(child: &mut Child) -> Option<ExitStatus> {
    let ended = until(|| child.try_wait().unwrap());
    if ended.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    ended
}

/// SIGTERM.
pub(crate) fn terminate(pid: u32) {
    let sent = Command::new("kill").args(["-TERM", &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "the signal could not be sent");
}

/// An address that is free, below the range from which outgoing connections take theirs: nobody grabs it
/// while the program that is to have it is down. Every call gives another one.
pub(crate) fn free_address() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = 20_000 + std::process::id() * 97 % 10_000;
    std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed))
        .take(2000)
        .map(|port| format!("127.0.0.1:{port}"))
        .find(|address| std::net::TcpListener::bind(address).is_ok())
        .unwrap()
}

/// Where a bridge listens, as soon as its log says so.
pub(crate) fn serving_at(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let line = text.lines().rev().find(|line| line.contains("\"serving\""))?;
    let line: Value = serde_json::from_str(line).ok()?;
    line["address"].as_str().map(str::to_owned)
}

/// A directory with a configuration, and an emulated Genesys Cloud that it names. When it goes, a call
/// against the public description of the API fails the test.
pub(crate) struct Installation {
    pub(crate) cloud: Cloud,
    pub(crate) dir: tempfile::TempDir,
    setup: Setup,
}

impl Drop for Installation {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_contract(&self.cloud);
        }
    }
}

impl Installation {
    /// With the built-in organisation.
    pub(crate) fn new(setup: Setup) -> Self {
        Self::on(cloud(), setup)
    }

    /// With another organisation.
    pub(crate) fn on(cloud: Cloud, setup: Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let installation = Self { cloud, dir, setup };
        let text = installation.setup.text(&installation.cloud, &installation.data());
        std::fs::write(installation.config(), text).unwrap();
        installation
    }

    /// A file of the directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.file("scim-bridge.toml")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.file("data")
    }

    /// Changes the configuration.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.config()).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        std::fs::write(self.config(), text.replacen(from, to, 1)).unwrap();
    }

    /// Where it is to listen.
    pub(crate) fn listen(&self) -> &str {
        &self.setup.listen
    }

    pub(crate) fn secret(&self) -> &str {
        self.setup.secret(self.cloud.client_secret())
    }

    /// The program in the directory, where it finds its configuration by itself.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = command(self.secret());
        command.current_dir(self.dir.path()).args(words.split_whitespace());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &str) -> Ended {
        run(&mut self.command(words))
    }

    /// Makes a token of a scope with the command line.
    pub(crate) fn token(&self, scope: &str) -> String {
        let made = self.run(&format!("token new --name {scope} --scope {scope}"));
        assert_eq!(made.code, 0, "{made:?}");
        let token = made.out.trim().to_owned();
        assert!(token.starts_with("gsb_") && !made.err.contains(&token), "shown once");
        token
    }

    /// Starts a bridge and waits until it serves. Its log is the file `log`.
    pub(crate) fn serve(&self) -> Program {
        self.serve_by(self.command("serve"))
    }

    /// As [`Installation::serve`], by a command that comes to it in another way.
    pub(crate) fn serve_by(&self, command: Command) -> Program {
        Program::serve(command, &self.file("log"), &self.setup.listen)
    }
}

/// A bridge that serves. When it goes, it is killed, and an error in its log fails the test.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
    expects_errors: bool,
    /// Host and port.
    pub(crate) address: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        if !std::thread::panicking() && !self.expects_errors {
            let log = self.log();
            let is_error = |line: &&str| line.contains("\"level\":\"ERROR\"") || line.contains(" ERROR ");
            let errors: Vec<&str> = log.lines().filter(is_error).collect();
            assert!(errors.is_empty(), "the log of a bridge that had no reason for it says {errors:#?}");
        }
    }
}

impl Program {
    fn serve(mut command: Command, log: &Path, listen: &str) -> Self {
        let child = command.stdout(Stdio::null()).stderr(File::create(log).unwrap()).spawn().unwrap();
        let (log, address) = (log.to_owned(), String::new());
        let mut program = Self { child, log, address, expects_errors: false };
        let found = until(|| {
            let ended = program.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended at once: {}", program.log());
            // A free port is known from the log, which says it when the bridge serves.
            if listen.ends_with(":0") {
                serving_at(&program.log)
            } else {
                is_alive(listen).then(|| listen.to_owned())
            }
        });
        program.address = found.unwrap_or_else(|| panic!("it does not serve: {}", program.log()));
        program
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until no saga is open.
    pub(crate) async fn settled(&self, admin: &str) {
        let (http, url) = (reqwest::Client::new(), self.url("/admin/sagas"));
        eventually("every saga has ended", async || {
            call(&http, &url, admin, "GET", None).await.body["open"] == json!([])
        })
        .await;
    }

    /// The test gives it a reason to log errors.
    pub(crate) fn expecting_errors(mut self) -> Self {
        self.expects_errors = true;
        self
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// SIGTERM, and one more after a pause that it must not have needed, then its exit code.
    pub(crate) fn terminate_twice(mut self, pause: Duration) -> Option<i32> {
        terminate(self.child.id());
        std::thread::sleep(pause);
        assert!(self.child.try_wait().unwrap().is_none(), "the first signal is waited for");
        terminate(self.child.id());
        wait(&mut self.child).and_then(|status| status.code())
    }

    /// SIGTERM, then its exit code; none when it did not end by itself.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        terminate(self.child.id());
        wait(&mut self.child).and_then(|status| status.code())
    }
}
