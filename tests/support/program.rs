//! The program itself: `scim-bridge` started as a user would start it, with its log kept and its exit code read.
//!
//! Shared by `promises` and `clear_errors`. A bridge inside the test's own process: `house`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for a start or an end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with nothing in its environment but the secret.
pub(crate) fn command(secret: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-bridge"));
    command.env_clear().env("GENESYS_SECRET", secret).stdin(Stdio::null());
    command
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs to the end; a program that does not end in time is killed and has no exit code.
pub(crate) fn run(command: &mut Command) -> Ended {
    let dir = tempfile::tempdir().unwrap();
    let (out, err) = (dir.path().join("out"), dir.path().join("err"));
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let mut child = command.spawn().unwrap();
    let code = wait(&mut child).and_then(|status| status.code());
    let text = |file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    Ended { code, out: text(out), err: text(err) }
}

/// Waits for an end; kills what does not come to one.
pub(crate) fn wait(child: &mut Child) -> Option<ExitStatus> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A token that was made with the command line.
pub(crate) fn new_token(config: &Path, secret: &str, scope: &str) -> String {
    let mut command = command(secret);
    command.arg("--config").arg(config).args(["token", "new", "--name", "test", "--scope", scope]);
    let made = run(&mut command);
    assert_eq!(made.code, Some(0), "{made:?}");
    let token = made.out.trim().to_owned();
    assert!(token.starts_with("gsb_") && !made.err.contains(&token), "shown once");
    token
}

/// Where a bridge listens, as soon as the log says so.
pub(crate) fn address(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let line = text.lines().rev().find(|line| line.contains("\"serving\""))?;
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    line["address"].as_str().map(str::to_owned)
}

/// A bridge that serves.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
    address: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Program {
    /// Starts it and waits until it serves. The configuration must ask for JSON logs.
    pub(crate) fn serve(config: &Path, secret: &str, log: &Path) -> Self {
        let mut command = command(secret);
        command.arg("--config").arg(config).arg("serve");
        let child = command.stdout(Stdio::null()).stderr(File::create(log).unwrap()).spawn().unwrap();
        let mut program = Self { child, log: log.to_owned(), address: String::new() };
        let began = Instant::now();
        loop {
            if let Some(address) = address(&program.log) {
                program.address = address;
                return program;
            }
            assert!(program.child.try_wait().unwrap().is_none(), "ended at once: {}", program.log());
            assert!(began.elapsed() < PATIENCE, "does not serve: {}", program.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// SIGTERM, then its exit code; none when it did not end by itself.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        terminate(self.child.id());
        wait(&mut self.child).and_then(|status| status.code())
    }
}

pub(crate) fn terminate(pid: u32) {
    let sent = Command::new("kill").args(["-TERM", &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "the signal could not be sent");
}
