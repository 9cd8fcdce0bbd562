//! A bad configuration: exit code 2, the file, the key and the cure; nothing is opened and nobody is called.

use std::path::{Path, PathBuf};

use genesys_cloud_emulator::Cloud;

use super::says;
use crate::support::bridge::{Wish, cloud, text};
use crate::support::program::{command, run};

/// Stands for a secret that somebody put into the wrong place.
const CANARY: &str = "canary-secret-7731";

/// What is replaced in a good file, by what, what is said.
const ROWS: &[(&str, &str, &[&str])] = &[
    ("[server]", "[server]\nlisen = \"x\"", &["line", "unknown field", "lisen", "listen"]),
    ("[server]", "[serve]", &["line", "unknown field", "serve"]),
    ("deadline_seconds = 20", "deadline_seconds = \"soon\"", &["line 4", "column", "string", "correct it"]),
    (
        "deadline_seconds = 20",
        "deadline_seconds = 0",
        &["server.deadline_seconds", "out of range", "1 to 120"],
    ),
    ("deadline_seconds = 20", "deadline_seconds = ", &["line 4"]),
    ("listen = \"127.0.0.1:0\"", "listen = \"8080\"", &["server.listen", "not an address", "127.0.0.1:8080"]),
    (
        "listen = \"127.0.0.1:0\"",
        "listen = \"0.0.0.0:0\"",
        &["public_url", "is missing", "identity provider", "https://scim.example.com"],
    ),
    ("[server]", "public_url = \"scim.example.com\"\n[server]", &["public_url", "https://host.example.com"]),
    ("format = \"json\"", "format = \"xml\"", &["line", "`text` or `json`"]),
    ("format = \"json\"", "level = \"loud=very\"", &["log.level", "error, warn, info, debug"]),
    ("[genesys]", "[genesys]\nregion = \"atlantis-1\"", &["atlantis-1", "region", "eu-central-1"]),
    ("api_base = ", "# api_base = ", &["genesys.region", "is missing", "genesys.api_base"]),
    ("client_id = ", "# client_id = ", &["genesys.client_id", "is missing", "OAuth", "Client Credentials"]),
    (
        "client_secret_env = \"GENESYS_SECRET\"",
        "client_secret = \"canary-secret-7731\"",
        &["genesys.client_secret", "does not belong in this file", "client_secret_file"],
    ),
    (
        "client_secret_env = \"GENESYS_SECRET\"",
        "client_secret_fil = \"canary-secret-7731\"",
        &["line", "unknown field", "client_secret_file"],
    ),
    (
        "client_secret_env = \"GENESYS_SECRET\"",
        "client_secret_env = \"NOT_SET_AT_ALL\"",
        &["genesys.client_secret_env", "NOT_SET_AT_ALL", "is not set"],
    ),
    (
        "client_secret_env = \"GENESYS_SECRET\"",
        "client_secret_file = \"no/such/file\"",
        &["genesys.client_secret_file", "no/such/file", "cannot be read", "permissions"],
    ),
    (
        "client_secret_env = \"GENESYS_SECRET\"",
        "client_secret_file = \"empty\"",
        &["genesys.client_secret_file", "no secret", "nothing else"],
    ),
    (
        "client_secret_env = \"GENESYS_SECRET\"",
        "client_secret_file = \"two-words\"",
        &["genesys.client_secret_file", "more than one word"],
    ),
    (
        "client_secret_env = \"GENESYS_SECRET\"",
        "client_secret_env = \"GENESYS_SECRET\"\nclient_secret_file = \"empty\"",
        &["genesys.client_secret_file", "keep one"],
    ),
    ("calls_per_minute = 60000", "calls_per_minute = -1", &["line", "integer"]),
    ("name = \"aurora\"", "name = \"Aurora Inc.\"", &["tenant.name", "a-z", "lower-case"]),
    ("name = \"aurora\"", "", &["tenant.name", "is missing"]),
    ("import = \"off\"", "import = \"maybe\"", &["line", "`off`"]),
    ("import = \"off\"", "fallback_email_domain = \"@x\"", &["tenant.fallback_email_domain", "without @"]),
    ("when = 'title eq \"Support Agent\"'", "when = 'title eq'", &["emea-support", "when"]),
    ("when = 'title eq \"Support Agent\"'", "when = 'titel eq \"x\"'", &["emea-support", "titel"]),
    ("when = 'title eq \"Support Agent\"'", "when = ''", &["emea-support", "is empty", "SCIM filter"]),
    ("when = 'title eq \"Support Agent\"'", "when = '((((title eq \"x\"'", &["emea-support", "when"]),
    ("skills = { Billing = 4 }", "skills = { Billing = 9 }", &["emea-support", "skills", "0 to 5"]),
    ("queues = [\"EMEA Support\"]", "queues = \"EMEA Support\"", &["line", "sequence"]),
    ("name = \"night-desk\"", "name = \"emea-support\"", &["rule 2", "used twice"]),
];

struct Bench {
    cloud: Cloud,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("empty"), "\n").unwrap();
        std::fs::write(dir.path().join("two-words"), format!("secret = {CANARY}\n")).unwrap();
        Self { cloud: cloud(), dir }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn good(&self) -> String {
        text(&self.cloud, &self.data(), &Wish::default())
    }

    /// Serves with that file, which must fail, and gives what was said.
    fn refused(&self, row: &str, config: &Path, words: &[&str]) {
        let ended = run(command(self.cloud.client_secret()).arg("--config").arg(config).arg("serve"));
        assert_eq!(ended.code, Some(2), "{row}: {ended:?}");
        assert_eq!(ended.out, "", "{row}: errors belong on standard error");
        says(row, &ended.err, words);
        for secret in [CANARY, self.cloud.client_secret()] {
            assert!(!ended.err.contains(secret), "{row}: a secret is said: {}", ended.err);
        }
        assert!(!self.data().exists(), "{row}: nothing was opened");
        assert_eq!(self.cloud.ledger(), [], "{row}: nobody was called");
    }
}

#[test]
fn every_mistake_in_the_file_is_named_with_its_cure_before_anything_is_opened() {
    let bench = Bench::new();
    let config = bench.dir.path().join("bridge.toml");
    for (from, to, words) in ROWS {
        let text = bench.good().replacen(from, to, 1);
        assert_ne!(text, bench.good(), "{from}");
        std::fs::write(&config, text).unwrap();
        bench.refused(to, &config, words);
    }
}

#[test]
fn several_mistakes_are_told_at_once() {
    let bench = Bench::new();
    let config = bench.dir.path().join("bridge.toml");
    let text = bench.good().replacen("name = \"aurora\"", "name = \"A\"", 1);
    std::fs::write(&config, text.replacen("deadline_seconds = 20", "deadline_seconds = 999", 1)).unwrap();
    bench.refused("two mistakes", &config, &["tenant.name", "server.deadline_seconds"]);
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_cure() {
    let bench = Bench::new();
    let path = |name: &str| bench.dir.path().join(name);
    std::fs::write(path("latin1.toml"), b"name = \"M\xfcller\"\n").unwrap();
    std::fs::create_dir(path("a-directory")).unwrap();
    for (name, words) in [
        ("missing.toml", &["missing.toml", "cannot be read", "--config"] as &[&str]),
        ("latin1.toml", &["latin1.toml", "cannot be read", "UTF-8"]),
        ("a-directory", &["a-directory", "cannot be read"]),
    ] {
        bench.refused(name, &path(name), words);
    }
}

#[test]
fn a_mistake_in_an_environment_variable_names_the_variable() {
    let bench = Bench::new();
    let config = bench.dir.path().join("bridge.toml");
    std::fs::write(&config, bench.good()).unwrap();
    for (name, value) in [("SCIM_BRIDGE_GENESYS_CALLS_PER_MINUTE", "many"), ("SCIM_BRIDGE_LOG_FORMAT", "xml")]
    {
        let mut command = command(bench.cloud.client_secret());
        let ended = run(command.env(name, value).arg("--config").arg(&config).arg("serve"));
        assert_eq!(ended.code, Some(2), "{ended:?}");
        says(name, &ended.err, &[name, "correct or unset"]);
    }
    assert!(!bench.data().exists());
}

#[test]
fn a_wrong_command_line_is_exit_code_2_and_shows_how_it_is_written() {
    for arguments in [&["serv"] as &[&str], &["token", "new"], &["serve", "--port", "80"], &["plan"]] {
        let ended = run(command("").args(arguments));
        assert_eq!(ended.code, Some(2), "{arguments:?} {ended:?}");
        says(&arguments.join(" "), &ended.err, &["usage"]);
    }
}
