//! A configuration in a directory of its own, an emulated Genesys Cloud, and the real binary.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Cloud, Options, SeedFile};
use tempfile::TempDir;

/// What a test works with.
pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    pub(crate) cloud: Cloud,
    pub(crate) port: u16,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(SeedFile::built_in().unwrap(), "")
    }

    /// With another organisation, and lines for the end of the configuration.
    pub(crate) fn with(seed: SeedFile, more: &str) -> Self {
        let cloud = Cloud::start(Options { seed, rate_per_minute: 60_000, ..Options::default() }).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\n[log]\nlevel = \"warn\"\n[genesys]\napi_base = \"{}\"\nlogin_base = \"{}\"\n\
             client_id = \"{}\"\nclient_secret_file = \"secret\"\ncalls_per_minute = 60000\n[tenant]\nname = \"aurora\"\n{more}",
            cloud.api_base(),
            cloud.login_base(),
            cloud.client_id(),
        );
        std::fs::write(dir.path().join("secret"), cloud.client_secret()).unwrap();
        std::fs::write(dir.path().join("scim-bridge.toml"), text).unwrap();
        Self { dir, cloud, port }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Changes the configuration.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let file = self.file("scim-bridge.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        std::fs::write(file, text.replacen(from, to, 1)).unwrap();
    }

    /// The binary in the directory of the bench, with no variables that change what it does.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scim-bridge"));
        command.current_dir(self.dir.path()).args(words.split_whitespace()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SCIM_BRIDGE_")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &str) -> Ended {
        ended(self.command(words).output().unwrap())
    }

    /// Runs `serve` until the guard is dropped.
    pub(crate) fn serve(&self) -> Serving {
        let child = self.command("serve").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut serving = Serving { child };
        let start = Instant::now();
        while !self.answers() {
            assert!(serving.child.try_wait().unwrap().is_none(), "serve ended");
            assert!(start.elapsed() < Duration::from_secs(30), "serve does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        serving
    }

    /// Whether it answers. That it listens is not enough: the port is taken before the data directory is.
    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }
}

pub(crate) fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A bridge that serves.
pub(crate) struct Serving {
    child: Child,
}

impl Serving {
    /// Tells it to stop and gives its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
