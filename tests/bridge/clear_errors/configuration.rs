//! A bad configuration: exit code 2, the file, the key and the cure; nothing is opened and nobody is called.

use std::path::Path;

use super::says;
use crate::support::program::{Installation, command, run};
use crate::support::setup::Setup;

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
    ("queues = [\"EMEA Support\"]", "queues = 7", &["line", "a text or a list of"]),
    ("name = \"night-desk\"", "name = \"emea-support\"", &["rule 2", "used twice"]),
];

/// A good configuration, and two files beside it that hold no secret.
fn installed() -> Installation {
    let place = Installation::new(Setup::default());
    std::fs::write(place.file("empty"), "\n").unwrap();
    std::fs::write(place.file("two-words"), format!("secret = {CANARY}\n")).unwrap();
    place
}

/// Serves with that file, which must fail, and gives what was said.
fn refused(place: &Installation, row: &str, config: &Path, words: &[&str]) {
    let ended = run(command(place.cloud.client_secret()).arg("--config").arg(config).arg("serve"));
    assert_eq!(ended.code, 2, "{row}: {ended:?}");
    assert_eq!(ended.out, "", "{row}: errors belong on standard error");
    says(row, &ended.err, words);
    for secret in [CANARY, place.cloud.client_secret()] {
        assert!(!ended.err.contains(secret), "{row}: a secret is said: {}", ended.err);
    }
    assert!(!place.data().exists(), "{row}: nothing was opened");
    assert_eq!(place.cloud.ledger(), [], "{row}: nobody was called");
}

#[test]
fn every_mistake_in_the_file_is_named_with_its_cure_before_anything_is_opened() {
    let place = installed();
    let config = place.config();
    let good = std::fs::read_to_string(&config).unwrap();
    for (from, to, words) in ROWS {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        std::fs::write(&config, text).unwrap();
        refused(&place, to, &config, words);
    }
}

#[test]
fn several_mistakes_are_told_at_once() {
    let place = installed();
    place.edit("name = \"aurora\"", "name = \"A\"");
    place.edit("deadline_seconds = 20", "deadline_seconds = 999");
    refused(&place, "two mistakes", &place.config(), &["tenant.name", "server.deadline_seconds"]);
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_cure() {
    let place = installed();
    std::fs::write(place.file("latin1.toml"), b"name = \"M\xfcller\"\n").unwrap();
    std::fs::create_dir(place.file("a-directory")).unwrap();
    for (name, words) in [
        ("missing.toml", &["missing.toml", "cannot be read", "--config"] as &[&str]),
        ("latin1.toml", &["latin1.toml", "cannot be read", "UTF-8"]),
        ("a-directory", &["a-directory", "cannot be read"]),
    ] {
        refused(&place, name, &place.file(name), words);
    }
}

#[test]
fn a_mistake_in_an_environment_variable_names_the_variable() {
    let place = installed();
    for (name, value) in [("SCIM_BRIDGE_GENESYS_CALLS_PER_MINUTE", "many"), ("SCIM_BRIDGE_LOG_FORMAT", "xml")]
    {
        let ended = run(place.command("serve").env(name, value));
        assert_eq!(ended.code, 2, "{ended:?}");
        says(name, &ended.err, &[name, "correct or unset"]);
    }
    assert!(!place.data().exists());
}

#[test]
fn a_wrong_command_line_is_exit_code_2_and_shows_how_it_is_written() {
    for arguments in [&["serv"] as &[&str], &["token", "new"], &["serve", "--port", "80"], &["plan"]] {
        let ended = run(command("").args(arguments));
        assert_eq!(ended.code, 2, "{arguments:?} {ended:?}");
        says(&arguments.join(" "), &ended.err, &["usage"]);
    }
}
