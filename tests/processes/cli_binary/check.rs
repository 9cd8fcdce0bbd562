//! `scim-bridge check` against organisations with one thing wrong: each trouble is told apart from the
//! others, has a cure and an exit code, and nothing is changed by asking.

use genesys_cloud_emulator::{Fault, FaultKind, SeedFile};

use super::bench::{installed, installed_with};
use crate::support::program::Ended;

const RULE: &str = "[[rule]]\nname = \"emea\"\nwhen = 'active eq true'\nroles = [\"Agent@EMEA\"]\nqueues = [\"EMEA Support\"]\n";

fn troubles(ended: &Ended) -> Vec<String> {
    let report = ended.json();
    let checks = report.get("checks").and_then(serde_json::Value::as_array).unwrap();
    let bad = checks.iter().filter(|check| check.get("state").is_some_and(|state| state == "bad"));
    let mut found: Vec<String> = bad
        .map(|check| check.get("trouble").and_then(serde_json::Value::as_str).unwrap().to_owned())
        .collect();
    found.dedup();
    found
}

#[test]
fn an_organisation_in_order_passes_and_is_not_changed() {
    let bench = installed_with(SeedFile::built_in().unwrap(), RULE);
    let before = bench.cloud.snapshot();
    let ended = bench.run("check");
    assert_eq!(ended.code, 0, "{ended:?}");
    for line in ["Aurora Insurance", "every permission", "division \"EMEA\": found", "its 2 names exist"] {
        assert!(ended.out.contains(line), "{line}: {}", ended.out);
    }
    assert_eq!(bench.run("check --json").json()["ok"], true);
    assert_eq!(bench.cloud.snapshot(), before);
    let writes =
        bench.cloud.ledger().into_iter().filter(|call| !matches!(call.method.as_str(), "GET" | "HEAD"));
    let searches =
        writes.filter(|call| !call.path.ends_with("/search") && !call.path.ends_with("/oauth/token"));
    assert_eq!(searches.count(), 0, "check only reads");
}

#[test]
fn a_missing_permission_is_named() {
    let permissions = [
        "routing:queueMember:manage",
        "groups:team:assign",
        "authorization:grant:add",
        "directory:user:view",
    ];
    for permission in permissions {
        let bench = installed_with(SeedFile::built_in().unwrap().without_permission(permission), RULE);
        let ended = bench.run("check --json");
        assert_eq!((ended.code, troubles(&ended)), (3, vec!["permission".to_owned()]), "{ended:?}");
        assert!(ended.out.contains(permission), "{ended:?}");
    }
}

#[test]
fn a_missing_division_is_named_and_is_no_missing_permission() {
    let mut seed = SeedFile::built_in().unwrap();
    if let Some(client) = seed.clients.first_mut() {
        client.divisions = vec!["Home".to_owned(), "Americas".to_owned(), "APAC".to_owned()];
    }
    let bench = installed_with(seed, RULE);
    let ended = bench.run("check --json");
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(troubles(&ended).iter().all(|trouble| trouble == "division"), "{ended:?}");
    assert!(ended.out.contains("not in division EMEA"), "{ended:?}");
}

#[test]
fn a_bad_secret_is_told_apart_from_silence() {
    let bench = installed();
    std::fs::write(bench.file("secret"), "wrong").unwrap();
    let ended = bench.run("check --json");
    assert_eq!((ended.code, troubles(&ended)), (3, vec!["secret".to_owned()]), "{ended:?}");
    let bench = installed();
    bench.cloud.fault(Fault::everywhere(FaultKind::Reset));
    let ended = bench.run("check --json");
    assert_eq!((ended.code, troubles(&ended)), (3, vec!["connection".to_owned()]), "{ended:?}");
}

#[test]
fn an_unknown_region_and_a_bad_name_are_troubles_of_the_file() {
    let bench = installed();
    bench.edit("api_base = ", "region = \"mars-1\"\n# api_base = ");
    bench.edit("login_base = ", "# login_base = ");
    let ended = bench.run("check --json");
    assert_eq!((ended.code, troubles(&ended)), (2, vec!["configuration".to_owned()]), "{ended:?}");
    assert!(ended.out.contains("genesys.region") && ended.out.contains("mars-1"), "{ended:?}");
    let bench = installed();
    bench.edit("name = \"aurora\"", "name = \"Aurora\"");
    let ended = bench.run("check --json");
    assert_eq!((ended.code, troubles(&ended)), (2, vec!["configuration".to_owned()]), "{ended:?}");
}

#[test]
fn a_name_that_does_not_exist_follows_the_policy_and_close_names_are_offered() {
    let rule = RULE.replace("EMEA Support", "EMEA Suport");
    let bench = installed_with(SeedFile::built_in().unwrap(), &rule);
    let held = bench.run("check");
    assert_eq!(held.code, 0, "{held:?}");
    assert!(held.out.contains("note") && held.out.contains("did you mean EMEA Support?"), "{held:?}");
    let bench =
        installed_with(SeedFile::built_in().unwrap(), &format!("unknown_rule_name = \"refuse\"\n{rule}"));
    let refused = bench.run("check --json");
    assert_eq!((refused.code, troubles(&refused)), (2, vec!["name".to_owned()]), "{refused:?}");
}
