//! What happens to people later: a promotion by group membership, two farewells, and one who is let in again by hand.
//!
//! A group change answers at once; what members get by rules follows in the background and is waited for
//! here.

use serde_json::{Value, json};

use super::super::exit::Failure;
use super::cast::{Cast, IRIS, LIN};
use super::connector::filter;
use super::narrator::Narrator;
use super::requests;
use super::stage::Stage;

const TEAM_LEADS: &str = "Team Leads";

/// Tells these chapters.
pub(super) fn tell(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    promotion(stage, narrator, cast)?;
    leaver(stage, narrator, cast)?;
    leaver_with_a_past(stage, narrator, cast)?;
    back_by_hand(stage, narrator)
}

fn promotion(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    narrator.chapter("Lin is promoted: Okta pushes the group \"Team Leads\" with her in it")?;
    let path = format!("/Groups{}", filter(&format!("displayName eq \"{TEAM_LEADS}\"")));
    narrator.request(&cast.okta, "GET", &path, None, &[200])?;
    let made =
        narrator.request(&cast.okta, "POST", "/Groups", Some(&requests::okta_group(TEAM_LEADS)), &[201])?;
    let group = format!("/Groups/{}", made.text("/id"));
    let name = requests::okta_group_name(made.text("/id"), TEAM_LEADS);
    narrator.remark(
        "Okta says the name again, with the id and without a path, before every change of members:",
    )?;
    narrator.request(&cast.okta, "PATCH", &group, Some(&name), &[200, 204])?;
    let id = stage.look().person(LIN.email).id;
    let member = requests::okta_member(&id, "Lin Zhao");
    narrator.remark("and then adds her:")?;
    narrator.request(&cast.okta, "PATCH", &group, Some(&member), &[200, 204])?;
    stage.wait_until(|| {
        let lin = stage.look().person(LIN.email);
        lin.queues.contains("EMEA Complaints")
            && lin.roles.contains("Team Lead@EMEA")
            && lin.skills.contains("Escalations:4")
    });
    let lin = stage.look().person(LIN.email);
    narrator.remark("rule \"team-leads\" follows in the background, and adds to what she had:")?;
    narrator.names(
        "roles",
        &lin.roles,
        &["Agent@EMEA", "Claims Handler@EMEA", "Team Lead@EMEA", "employee@Home"],
    )?;
    narrator.names("queues", &lin.queues, &["EMEA Complaints", "EMEA Motor Claims", "Overflow"])?;
    narrator.names("skills", &lin.skills, &["Escalations:4", "Motor claims:3", "Voice:2"])
}

fn leaver(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    narrator.chapter("Lin leaves: Entra sends active = \"False\", a text, and access ends first")?;
    deactivate(stage, narrator, cast, LIN.email)?;
    // Tidying up may go on after the answer: her access has ended by then.
    stage.wait_until(|| stage.look().person(LIN.email).queues.is_empty());
    let lin = stage.look().person(LIN.email);
    narrator.names("queues", &lin.queues, &[])?;
    let given = lin.roles.iter().any(|role| role != "employee@Home");
    narrator.fact(!given, "no role that the bridge gave her is left")
}

fn leaver_with_a_past(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    narrator.chapter("Iris leaves too: the queue that the bridge gave her is taken back, the other stays")?;
    deactivate(stage, narrator, cast, IRIS)?;
    stage.wait_until(|| !stage.look().person(IRIS).queues.contains("VIP"));
    narrator.names("queues", &stage.look().person(IRIS).queues, &["EMEA Motor Claims"])
}

fn back_by_hand(stage: &Stage, narrator: &mut Narrator) -> Result<(), Failure> {
    narrator.chapter("Somebody makes Lin active again by hand, in Genesys Cloud; a resync finds it")?;
    let id = stage.look().person(LIN.email).id;
    stage.cloud.by_hand("PATCH", &format!("/api/v2/users/{id}"), Some(json!({ "state": "active" })));
    narrator
        .fact(stage.look().person(LIN.email).state == "active", "active in Genesys Cloud, inactive here")?;
    let asked = json!({ "user": id, "mode": "repair" });
    let run = stage.admin.send("POST", "/admin/resync", Some(&asked))?;
    let path = format!("/admin/resync/{}", run.get("id").and_then(Value::as_str).unwrap_or_default());
    narrator.say("   Admin → POST /admin/resync, about Lin, with repair")?;
    let ended =
        || stage.admin.send("GET", &path, None).is_ok_and(|run| run.get("end").is_some_and(Value::is_string));
    stage.wait_until(ended);
    let lines = stage.admin.send("GET", &format!("{path}/differences"), None)?;
    let class = lines.pointer("/differences/0/class").and_then(Value::as_str);
    narrator.fact(class == Some("reactivated_outside"), "reactivated_outside heads the report")?;
    let out = stage.wait_until(|| stage.look().person(LIN.email).state == "inactive");
    narrator.fact(out, "and Lin is out again")
}

fn deactivate(stage: &Stage, narrator: &mut Narrator, cast: &Cast, email: &str) -> Result<(), Failure> {
    let id = stage.look().person(email).id;
    let from = stage.last_call();
    let patch = requests::entra_patch(&[("Replace", "active", "False")]);
    narrator.request(&cast.entra, "PATCH", &format!("/Users/{id}"), Some(&patch), &[200])?;
    narrator.fact(stage.look().person(email).state == "inactive", "inactive in Genesys Cloud")?;
    let tokens = format!("/api/v2/tokens/{id}");
    let ended = || {
        let mut calls = stage.cloud.ledger().into_iter().filter(|call| call.seq > from);
        calls.any(|call| call.method == "DELETE" && call.path == tokens && call.effect)
    };
    narrator.fact(stage.wait_until(ended), "her sessions were ended")?;
    let path = format!("/Users{}", filter(&format!("userName eq \"{email}\"")));
    let found = narrator.request(&cast.entra, "GET", &path, None, &[200])?;
    let still = found.text("/Resources/0/id") == id
        && found.body.pointer("/Resources/0/active") == Some(&serde_json::Value::Bool(false));
    narrator.fact(still, "still found, inactive, for the day she comes back")
}
