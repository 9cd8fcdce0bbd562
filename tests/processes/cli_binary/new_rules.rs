//! `plan --all`: what other rules would change is told with the bridge running and stopped, and is what happens after
//! a restart with them.
//!
//! One person as a table is in `plan::new_rules`, walks over many in `bridge::new_rules`.

use std::collections::{BTreeMap, BTreeSet};

use genesys_cloud_emulator::SeedFile;
use serde_json::{Value, json};

use super::bench::installed_with;
use super::commands::token;
use crate::support::bodies::{agent, group, patch, user};
use crate::support::client::call_blocking;
use crate::support::program::Installation;
use crate::support::setup::RULES;
use crate::support::wait::until;

/// Other levels, a queue less, a rule for everybody more, and none for the group.
const NEW: &str = r#"
[[rule]]
name = "emea-support"
when = 'title eq "Support Agent"'
roles = [{ role = "Agent", division = "EMEA" }]
skills = { Billing = 5 }

[[rule]]
name = "everybody"
when = 'userName pr'
queues = ["Chat"]
"#;

/// A difference: whose, which way, and of what by what key.
type Differences = BTreeSet<(String, String, String)>;

struct House {
    bench: Installation,
    people: BTreeMap<&'static str, String>,
}

impl House {
    /// Two agents, one of whom has left, somebody of the night desk, and somebody of whom no rule knows.
    fn open() -> (Self, crate::support::program::Program) {
        let bench = installed_with(SeedFile::built_in().unwrap(), RULES);
        std::fs::write(bench.file("admin"), token(&bench, "--name admin --scope admin")).unwrap();
        let okta = token(&bench, "--name okta");
        assert_eq!(bench.run("import").code, 0);
        let serving = bench.serve();
        let send = |method: &str, path: &str, body: Value| {
            let path = format!("/scim/v2{path}");
            call_blocking(bench.listen(), &okta, method, &path, Some(&body.to_string())).unwrap()
        };
        let made = |body: Value| send("POST", "/Users", body).is(201).id();
        let people = BTreeMap::from([
            ("nora", made(agent("nora"))),
            ("ines", made(agent("ines"))),
            ("vera", made(user("vera", json!({})))),
            ("paul", made(user("paul", json!({})))),
        ]);
        send("POST", "/Groups", group("Night Desk", &[&people["vera"]])).is(201);
        let out = patch(json!([{ "op": "replace", "path": "active", "value": false }]));
        send("PATCH", &format!("/Users/{}", people["ines"]), out).is(200);
        let text = std::fs::read_to_string(bench.config()).unwrap();
        assert!(text.contains(RULES));
        std::fs::write(bench.file("new.toml"), text.replace(RULES, NEW)).unwrap();
        (Self { bench, people }, serving)
    }

    /// What was given to everybody, once nothing is left to do: by person and key, with its level.
    fn granted(&self) -> BTreeMap<(String, String), Value> {
        let mut granted = BTreeMap::new();
        for id in self.people.values() {
            let settled = until(|| {
                let plan = self.bench.run(&format!("plan --id {id} --token-file admin --json")).json();
                let open = self.bench.run("sagas list --json --token-file admin").json();
                let work = self.bench.run("work list --json --token-file admin").json();
                let done = plan["text"] == "Nothing to change in Genesys Cloud.\n"
                    && open["open"] == json!([])
                    && work["work"] == json!([]);
                done.then(|| plan["granted"].clone())
            });
            for (key, one) in settled.expect("everybody is as they should be").as_object().unwrap() {
                granted.insert((id.clone(), key.clone()), one["entitlement"]["setting"].clone());
            }
        }
        granted
    }

    /// What a preview says, line by line, and its sums.
    fn preview(&self, words: &str) -> (Differences, Value) {
        let said = self.bench.run(words);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
        let mut lines: Vec<Value> =
            said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let totals = lines.pop().unwrap()["totals"].clone();
        let text = |line: &Value, member: &str| line[member].as_str().unwrap().to_owned();
        let differences =
            lines.iter().map(|line| (text(line, "user"), text(line, "change"), text(line, "what"))).collect();
        (differences, totals)
    }
}

/// The kind that a key of something granted is of, and how many of them changed in which way, by person.
fn counted(
    changes: impl Iterator<Item = (String, String, String)>,
) -> BTreeMap<(String, String, String), usize> {
    let mut counted = BTreeMap::new();
    for (user, change, what) in changes {
        let kind = what.split([' ', '/']).next().unwrap().to_owned();
        *counted.entry((user, change, kind)).or_insert(0) += 1;
    }
    counted
}

#[test]
fn what_is_told_of_other_rules_is_what_a_restart_with_them_does() {
    let (house, serving) = House::open();
    let before = house.granted();
    let world = house.bench.cloud.snapshot();
    let (online, totals) = house.preview("plan --all --json --config new.toml --token-file admin");
    let plain = house.bench.run("plan --all --config new.toml --token-file admin");
    let same = house.bench.run("plan --all --token-file admin");
    assert!(same.out.starts_with("No difference for the 4 people"), "{same:?}");
    assert_eq!(house.bench.cloud.snapshot(), world, "Genesys is not changed");
    assert_eq!(serving.terminate(), Some(0));
    let (offline, offline_totals) = house.preview("plan --all --json --config new.toml");
    assert_eq!((&offline, &offline_totals), (&online, &totals), "the same answer both ways");
    let same = house.bench.run("plan --all");
    assert!(same.code == 0 && same.out.starts_with("No difference for the 4 people"), "{same:?}");

    std::fs::copy(house.bench.file("new.toml"), house.bench.config()).unwrap();
    let serving = house.bench.serve();
    let everybody_chats = |world: &Value| {
        let chat = &world["queues"]["Chat"];
        ["nora", "vera", "paul"].iter().all(|name| !chat[&house.people[name]].is_null())
    };
    until(|| everybody_chats(&house.bench.cloud.snapshot()).then_some(())).expect("the rules are worked out");
    let after = house.granted();
    let mut happened = Vec::new();
    for ((user, key), setting) in &after {
        match before.get(&(user.clone(), key.clone())) {
            None => happened.push((user.clone(), "gain".to_owned(), key.clone())),
            Some(old) if old != setting => happened.push((user.clone(), "value".to_owned(), key.clone())),
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    happened.extend(gone.map(|(user, key)| (user.clone(), "loss".to_owned(), key.clone())));
    assert_eq!(
        counted(online.iter().cloned()),
        counted(happened.iter().cloned()),
        "{online:?}, {happened:?}"
    );
    let number = |change: &str| happened.iter().filter(|one| one.1 == change).count();
    let told = ["gains", "losses", "changed_values"].map(|sum| totals[sum].as_u64().unwrap());
    assert_eq!(told, ["gain", "loss", "value"].map(|change| number(change) as u64));
    assert_eq!(told, [3, 3, 1], "three chat, a queue, a role and a queue go, a level changes");

    for said in [
        "emea-support",
        "night-desk",
        "gone",
        "3 of 4 people differ",
        "queue Chat",
        "Genesys Cloud was not asked",
    ] {
        assert!(plain.out.contains(said), "{said}: {}", plain.out);
    }
    let same = house.bench.run("plan --all --token-file admin");
    assert!(same.out.starts_with("No difference"), "what is worked out is no difference any more: {same:?}");
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn rules_that_cannot_be_used_are_refused_by_the_command_and_by_the_bridge() {
    let bench = installed_with(SeedFile::built_in().unwrap(), RULES);
    let admin = token(&bench, "--name admin --scope admin");
    let okta = token(&bench, "--name okta");
    let text = std::fs::read_to_string(bench.config()).unwrap();
    std::fs::write(bench.file("bad.toml"), text.replace("title eq", "title is")).unwrap();
    let refused = bench.run("plan --all --config bad.toml");
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("rule 1 \"emea-support\", key when"), "{refused:?}");
    let _serving = bench.serve();
    let ask = |token: &str, body: &str| {
        call_blocking(bench.listen(), token, "POST", "/admin/plan/rules", Some(body)).unwrap()
    };
    let rule = json!({ "name": "r", "when": "title is 7", "queues": ["A"] });
    let bad = ask(&admin, &json!({ "rules": [rule] }).to_string());
    assert!(bad.is_error(400, Some("invalidValue")).starts_with("rule 1 \"r\", key when: "), "{bad:?}");
    ask(&admin, "{").is_error(400, Some("invalidSyntax"));
    ask(&admin, &format!("\"{}\"", "x".repeat(5 * 1024 * 1024))).is_error(413, None);
    assert_eq!(ask(&okta, "{}").status, 401);
    // In chunks, which this client leaves as they are.
    let none = ask(&admin, "{\"rules\": []}").is(200);
    assert!(none.body.to_string().contains("\\\"people\\\":0"), "{none:?}");
}
