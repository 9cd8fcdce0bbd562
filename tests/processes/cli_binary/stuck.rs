//! Somebody who is held and a change that is stuck, from the command line to the end: listed, shown, counted, tried
//! again, let be, turned back.
//!
//! What each order leads to inside is tested in `tests/bridge/promises`.

use genesys_cloud_emulator::{Fault, FaultKind, SeedFile};
use serde_json::{Value, json};

use super::bench::installed_with;
use super::commands::token;
use crate::support::bodies::agent;
use crate::support::client::{Response, call_blocking};
use crate::support::program::{Ended, Installation, Program};
use crate::support::setup::RULES;
use crate::support::wait::until;

const USERS: &str = "/api/v2/scim/v2/users";
const USER: &str = "/api/v2/scim/v2/users/{userId}";
const MEMBERS: &str = "/api/v2/routing/queues/{queueId}/members";

/// An installation that answers after a second, and serves.
struct Desk {
    bench: Installation,
    serving: Option<Program>,
    scim: String,
}

impl Desk {
    fn open(rules: &str) -> Self {
        let bench = installed_with(SeedFile::built_in().unwrap(), rules);
        bench.edit("deadline_seconds = 20", "deadline_seconds = 1");
        std::fs::write(bench.file("admin"), token(&bench, "--name admin --scope admin")).unwrap();
        let scim = token(&bench, "--name okta");
        assert_eq!(bench.run("import").code, 0);
        let serving = Some(bench.serve().expecting_errors());
        Self { bench, serving, scim }
    }

    fn post(&self, name: &str) -> Response {
        let body = agent(name).to_string();
        call_blocking(self.bench.listen(), &self.scim, "POST", "/scim/v2/Users", Some(&body)).unwrap()
    }

    /// A command that goes to the running bridge.
    fn ask(&self, words: &str) -> Ended {
        self.bench.run(&format!("{words} --token-file admin"))
    }

    /// The same, and it is well.
    fn said(&self, words: &str) -> String {
        let ended = self.ask(words);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{words}: {ended:?}");
        ended.out
    }

    fn works(&self) -> Vec<Value> {
        self.ask("work list --json").json()["work"].as_array().unwrap().clone()
    }

    fn open_sagas(&self) -> Vec<Value> {
        self.ask("sagas list --json").json()["open"].as_array().unwrap().clone()
    }

    /// The id of the one open saga, once it is in that state.
    fn saga(&self, state: &str) -> String {
        let mut open = Vec::new();
        let found = until(|| {
            open = self.open_sagas();
            open.iter()
                .find(|saga| saga["state"] == state)
                .map(|saga| saga["id"].as_str().unwrap().to_owned())
        });
        found.unwrap_or_else(|| panic!("none is {state}: {open:?}"))
    }

    fn settled(&self) {
        until(|| self.open_sagas().is_empty().then_some(()))
            .unwrap_or_else(|| panic!("{:?}", self.open_sagas()));
    }

    /// The number of a metric with this label.
    fn metric(&self, name: &str, label: &str) -> f64 {
        let got = call_blocking(self.bench.listen(), "", "GET", "/metrics", None).unwrap();
        let text = got.body.as_str().unwrap().to_owned();
        let start = format!("{name}{{tenant=\"aurora\"{label}}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{start} in {text}")).parse().unwrap()
    }

    fn stop(&mut self) {
        assert_eq!(self.serving.take().unwrap().terminate(), Some(0));
    }
}

fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word} in {text}");
    }
}

#[test]
fn somebody_who_is_held_is_listed_shown_counted_tried_again_and_let_be() {
    let rules = RULES.replace("EMEA Support", "Nowhere");
    let mut desk = Desk::open(&rules);
    assert!(desk.works().is_empty());
    says(&desk.said("work list"), &["No work is waiting"]);
    let (vera, nora) = (desk.post("vera").is(201).id(), desk.post("nora").is(201).id());
    says(&desk.said("work list"), &[&vera, &nora, "name_held"]);
    says(&desk.said(&format!("work show {vera}")), &[&vera, "name_held", "since"]);
    let stranger = desk.ask("work show nobody");
    assert!(stranger.code == 1 && stranger.out.is_empty(), "{stranger:?}");

    // With the bridge stopped it is the same; numbers are counted at each start, and every minute.
    let running = desk.works();
    desk.stop();
    let stopped = desk.bench.run("work list --json").json();
    let of =
        |works: &[Value]| works.iter().map(|one| json!([one["user"], one["reasons"]])).collect::<Vec<_>>();
    assert_eq!(of(stopped["work"].as_array().unwrap()), of(&running));
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    desk.serving = Some(desk.bench.serve().expecting_errors());
    let held = ",reason=\"name_held\"";
    let counted = until(|| (desk.metric("scim_bridge_work_users", held) == 2.0).then_some(()));
    assert!(counted.is_some(), "two people are held");
    assert!(desk.metric("scim_bridge_work_oldest_age_seconds", held) >= 1.0);
    assert_eq!(desk.metric("scim_bridge_work_users", ",reason=\"step_failed\""), 0.0);

    says(&desk.said(&format!("work drop {nora}")), &[&nora, "left as it is"]);
    assert_eq!(of(&desk.works()).len(), 1, "one of them is let be");
    let again = desk.ask(&format!("work drop {nora}"));
    assert_eq!(again.code, 1, "{again:?}");
    // Nothing was cured: another try comes to nothing, and is counted.
    let attempts = |desk: &Desk| desk.works().first().map(|work| work["attempts"].as_u64().unwrap());
    let before = attempts(&desk).unwrap();
    says(&desk.said(&format!("work retry {vera}")), &[&vera, "is recomputed"]);
    let tried = until(|| attempts(&desk).is_some_and(|now| now > before).then_some(()));
    assert!(tried.is_some(), "{:?}", desk.works());
    assert!(desk.bench.cloud.rename("VIP", "Nowhere") > 0);
    let done = until(|| {
        desk.said(&format!("work retry {vera}"));
        let there = desk.bench.cloud.snapshot()["queues"]["Nowhere"][&vera].is_object();
        (there && desk.works().is_empty()).then_some(())
    });
    assert!(done.is_some(), "{:?}", desk.works());
    assert!(desk.bench.cloud.snapshot()["queues"]["Nowhere"][&nora].is_null(), "nobody asked for her");
    desk.stop();
}

#[test]
fn a_change_that_is_stuck_is_listed_counted_and_driven_to_its_end() {
    let mut desk = Desk::open(RULES);
    let refuse = || FaultKind::Refuse { status: 400, code: "bad.request".to_owned() };
    desk.bench.cloud.fault(Fault::on("POST", MEMBERS, refuse()));
    desk.bench.cloud.fault(Fault::on("DELETE", USER, refuse()));
    let got = desk.post("vera");
    assert!(got.status >= 400, "{got:?}");
    let id = desk.saga("stuck");
    says(&desk.said("sagas list"), &[&id, "stuck"]);
    says(&desk.said(&format!("sagas show {id}")), &["create the user", "bad.request"]);
    let counted = until(|| (desk.metric("scim_bridge_sagas_stuck", "") == 1.0).then_some(()));
    assert!(counted.is_some(), "one is stuck");
    let refused = desk.ask(&format!("sagas give-up {id} 1"));
    assert!(refused.code == 1 && refused.err.contains("stuck"), "{refused:?}");
    says(&desk.said(&format!("sagas abort {id}")), &["rolled back", "Nothing was changed"]);
    assert_eq!(desk.saga("stuck"), id, "it was only asked");
    desk.bench.cloud.clear_faults();
    desk.said(&format!("sagas redrive {id}"));
    desk.settled();
    says(&desk.said(&format!("sagas show {id}")), &["rolled back"]);
    let gone = desk.ask(&format!("sagas redrive {id}"));
    assert!(gone.code == 1 && gone.err.contains("not stuck"), "{gone:?}");
    desk.post("vera").is(201);
    desk.stop();
}

#[test]
fn what_is_tried_in_vain_is_turned_back_or_given_up_by_hand_and_what_was_given_up_is_work() {
    let mut desk = Desk::open(RULES);
    // Nobody was promised anything.
    desk.bench.cloud.fault(Fault::on("POST", USERS, FaultKind::Status(500)));
    assert_eq!(desk.post("vera").status, 503);
    let id = desk.saga("open");
    says(
        &desk.said(&format!("sagas abort {id}")),
        &["goes back", "1. create the user", "Nothing was changed"],
    );
    says(&desk.said(&format!("sagas abort {id} --yes")), &["goes back", "Asked for"]);
    desk.settled();
    says(&desk.said(&format!("sagas show {id}")), &["rolled back"]);
    desk.bench.cloud.clear_faults();
    // Somebody was.
    desk.bench.cloud.fault(Fault::on("POST", MEMBERS, FaultKind::Status(503)));
    let nora = desk.post("nora").is(201).id();
    let id = desk.saga("acknowledged");
    let refused = desk.ask(&format!("sagas abort {id} --yes"));
    assert!(refused.code == 1 && refused.err.contains("only goes forward"), "{refused:?}");
    let plan = desk.ask(&format!("sagas show {id} --json")).json()["plan"].clone();
    let joins = |line: &Value| line.as_str().unwrap().contains("add to queue");
    let step = plan.as_array().unwrap().iter().position(joins).unwrap() + 1;
    says(&desk.said(&format!("sagas give-up {id} {step}")), &["counts as failed", "Nothing was changed"]);
    assert_eq!(desk.saga("acknowledged"), id);
    desk.said(&format!("sagas give-up {id} {step} --yes"));
    desk.settled();
    says(&desk.said(&format!("sagas show {id}")), &["committed with failures"]);
    says(&desk.said("work list"), &[&nora, "step_failed"]);
    says(&desk.said(&format!("work show {nora}")), &["step_failed"]);
    desk.bench.cloud.clear_faults();
    desk.said(&format!("work retry {nora}"));
    let done = until(|| desk.works().iter().all(|work| work["user"] != nora.as_str()).then_some(()));
    assert!(done.is_some(), "{:?}", desk.works());
    assert!(desk.bench.cloud.snapshot()["queues"]["EMEA Support"][&nora].is_object());
    desk.stop();
}
