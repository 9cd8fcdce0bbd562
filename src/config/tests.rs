//! Tables: a good file, and one problem a line with the key and the cure that it names.

use std::path::Path;

use serde_json::json;

use super::*;
use crate::model::{Kind, Proficiency};

const GOOD: &str = r#"
public_url = "https://scim.example.com/"
[genesys]
region = "eu-central-1"
client_id = "abc"
client_secret_env = "GENESYS_CLIENT_SECRET"
[tenant]
name = "aurora"
protected = ["Admin@Example.com"]
[[rule]]
name = "emea-support"
when = 'groups.display eq "EMEA Support"'
roles = [{ role = "Agent", division = "EMEA" }, "Supervisor", "Agent@APAC", 'R\@D']
queues = ["Sales"]
skills = { Billing = 4 }
languages = { Spanish = 4.5 }
attributes = [
  { schema = "HR", field = "cost_centre", value = "4711" },
  { schema = "HR", field = "badge", from = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber" },
]
"#;

fn environment(name: &str) -> Option<String> {
    (name == "GENESYS_CLIENT_SECRET").then(|| "s3cret\n".to_owned())
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("dir/bridge.toml"), &environment)
}

#[test]
fn a_good_file_becomes_checked_settings_with_defaults() {
    let config = parse(GOOD).expect("good");
    assert_eq!(config.public_url.as_deref(), Some("https://scim.example.com"));
    assert_eq!(config.data_dir, Path::new("dir/data"));
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.deadline, Duration::from_secs(20));
    assert_eq!(config.genesys.client_secret.expose(), "s3cret");
    assert_eq!((config.genesys.calls_per_minute, config.genesys.margin_percent), (300, 10));
    assert_eq!(config.tenant.protected, ["admin@example.com"]);
    assert_eq!(config.tenant.on_existing, OnExisting::Link);
    let role = |role: &str, division: Option<&str>| {
        Grant::Wanted(Wanted::Role { role: role.into(), division: division.map(str::to_owned) })
    };
    let level = |level| Proficiency::new(level).expect("in range");
    let expected = vec![
        role("Agent", Some("EMEA")),
        role("Supervisor", None),
        role("Agent", Some("APAC")),
        role("R@D", None),
        Grant::Wanted(Wanted::Level { kind: Kind::Skill, name: "Billing".into(), proficiency: level(4.0) }),
        Grant::Wanted(Wanted::Level {
            kind: Kind::Language,
            name: "Spanish".into(),
            proficiency: level(4.5),
        }),
        Grant::Wanted(Wanted::Attribute {
            schema: "HR".into(),
            field: "cost_centre".into(),
            value: json!("4711"),
        }),
        Grant::AttributeFrom {
            schema: "HR".into(),
            field: "badge".into(),
            from: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber".into(),
        },
        Grant::Wanted(Wanted::Member { kind: Kind::Queue, name: "Sales".into() }),
    ];
    assert_eq!(config.rules.first().map(|rule| &rule.grants), Some(&expected));
}

/// What is replaced in the good file, by what, the key that is named, a part of what is said.
const PROBLEMS: [(&str, &str, &str, &str); 29] = [
    ("[genesys]", "[genesys]\nlisen = 1", "line 4, column 1", "unknown field `lisen`"),
    ("name = \"aurora\"", "name = ", "line 8", "bridge.toml"),
    ("name = \"aurora\"", "name = \"Aurora!\"", "tenant.name", "lower-case"),
    ("name = \"aurora\"", "", "tenant.name", "is missing"),
    ("name = \"aurora\"", "name = \"a\"\non_existing = \"merge\"", "line 9", "`link` or `refuse`"),
    ("region = \"eu-central-1\"", "", "genesys.region", "api_base"),
    ("region = \"eu-central-1\"", "api_base = \"https://api.example.com\"", "genesys.region", "login_base"),
    (
        "region = \"eu-central-1\"",
        "region = \"x\"\napi_base = \"http://api.example.com\"",
        "genesys.api_base",
        "use https",
    ),
    ("client_id = \"abc\"", "", "genesys.client_id", "OAuth client"),
    ("client_secret_env = \"GENESYS_CLIENT_SECRET\"", "", "genesys.client_secret_file", "file of its own"),
    (
        "client_secret_env = \"GENESYS_CLIENT_SECRET\"",
        "client_secret_env = \"OTHER\"",
        "genesys.client_secret_env",
        "OTHER is not set",
    ),
    (
        "client_secret_env = \"GENESYS_CLIENT_SECRET\"",
        "client_secret_file = \"/nowhere\"",
        "genesys.client_secret_file",
        "cannot be read",
    ),
    (
        "client_id = \"abc\"",
        "client_id = \"abc\"\nclient_secret_file = \"x\"",
        "genesys.client_secret_file",
        "keep one",
    ),
    (
        "client_id = \"abc\"",
        "client_id = \"abc\"\ncalls_per_minute = 0",
        "genesys.calls_per_minute",
        "use 1 to",
    ),
    (
        "public_url = \"https://scim.example.com/\"",
        "public_url = \"scim.example.com\"",
        "public_url",
        "https://host",
    ),
    (
        "public_url = \"https://scim.example.com/\"",
        "public_url = \"https://scim.example.com/?tenant=1\"",
        "public_url",
        "without user, query or fragment",
    ),
    (
        "public_url = \"https://scim.example.com/\"",
        "server.listen = \"0.0.0.0:8080\"",
        "public_url",
        "identity provider",
    ),
    (
        "public_url = \"https://scim.example.com/\"",
        "server.listen = \"8080\"",
        "server.listen",
        "127.0.0.1:8080",
    ),
    (
        "public_url = \"https://scim.example.com/\"",
        "server.metrics_listen = \"9100\"",
        "server.metrics_listen",
        "127.0.0.1:8080",
    ),
    (
        "public_url = \"https://scim.example.com/\"",
        "server.metrics_listen = \"127.0.0.1:8080\"",
        "server.metrics_listen",
        "another port",
    ),
    ("Billing = 4", "Billing = 6", "rule 1 \"emea-support\", key skills", "0 to 5"),
    ("queues = [\"Sales\"]", "queues = [\" \"]", "rule 1 \"emea-support\", key queues", "empty name"),
    (
        "value = \"4711\"",
        "value = \"4711\", from = \"title\"",
        "rule 1 \"emea-support\", key attributes",
        "exactly one",
    ),
    ("Admin@Example.com", "nobody", "tenant.protected", "e-mail addresses or Genesys user ids"),
    ("roles = [", "roles = [7, ", "line 13", "Role@Division"),
    ("queues = [\"Sales\"]", "quues = [\"Sales\"]", "line 14, column 1", "unknown field `quues`"),
    ("\"Supervisor\"", "\"Supervisor@\"", "rule 1 \"emea-support\", key roles", "division name after the @"),
    ("{ Billing = 4 }", "[\"Billing\"]", "rule 1 \"emea-support\", key skills", "has no level"),
    ("'groups.display eq \"EMEA Support\"'", "' '", "rule 1 \"emea-support\", key when", "SCIM filter"),
];

#[test]
fn every_problem_names_file_key_and_cure() {
    for (from, to, key, said) in PROBLEMS {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let shown = parse(&text).expect_err(to).to_string();
        assert!(shown.starts_with("dir/bridge.toml: "), "{shown}");
        assert!(shown.contains(key) && shown.contains(said), "wanted {key} and {said} in: {shown}");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    for text in ["client_secret = \"hunter2\"", "client_secret = \"hunter2\"\nclient_secrt = \"hunter2\""] {
        let shown = parse(&GOOD.replacen("client_id = \"abc\"", text, 1)).expect_err("refused").to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("client_secr"), "{shown}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let error = parse("server.workers = 0\nstore.cache_mib = 0\n").expect_err("bad");
    let keys: Vec<&str> = error.problems.iter().map(|problem| problem.key.as_str()).collect();
    let expected = [
        "server.workers",
        "store.cache_mib",
        "genesys.region",
        "genesys.client_id",
        "genesys.client_secret_file",
        "tenant.name",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn a_rule_without_grants_and_a_name_used_twice_are_told() {
    let twice = format!("{GOOD}\n[[rule]]\nname = \"emea-support\"\nwhen = 'active eq true'\n");
    let shown = parse(&twice).expect_err("bad").to_string();
    assert!(shown.contains("is used twice") && shown.contains("gives nothing"), "{shown}");
}

#[test]
fn the_environment_wins_over_the_file_and_its_mistakes_name_the_variable() {
    let with = |name: &'static str, value: &'static str| {
        let lookup =
            move |asked: &str| if asked == name { Some(value.to_owned()) } else { environment(asked) };
        Config::parse(GOOD, Path::new("bridge.toml"), &lookup)
    };
    assert_eq!(with("SCIM_BRIDGE_LISTEN", "127.0.0.1:0").expect("good").server.listen.port(), 0);
    assert_eq!(with("SCIM_BRIDGE_DATA_DIR", "/var/x").expect("good").data_dir, Path::new("/var/x"));
    assert_eq!(with("SCIM_BRIDGE_LISTEN", "").expect("empty counts as not set").server.listen.port(), 8080);
    let shown = with("SCIM_BRIDGE_GENESYS_CALLS_PER_MINUTE", "many").expect_err("bad").to_string();
    assert!(shown.contains("SCIM_BRIDGE_GENESYS_CALLS_PER_MINUTE"), "{shown}");
}

#[test]
fn secret_files_are_read_beside_the_configuration() {
    let dir = tempfile::tempdir().expect("directory");
    std::fs::write(dir.path().join("secret"), "from-file\n").expect("written");
    let text =
        GOOD.replacen("client_secret_env = \"GENESYS_CLIENT_SECRET\"", "client_secret_file = \"secret\"", 1);
    let file = dir.path().join("bridge.toml");
    std::fs::write(&file, text).expect("written");
    let config = Config::load_with(&file, &|_| None).expect("good");
    assert_eq!(config.genesys.client_secret.expose(), "from-file");
    let missing = Config::load(Path::new("/nowhere/bridge.toml")).expect_err("no file").to_string();
    assert!(missing.contains("--config"), "{missing}");
}
