//! What happens to people later: a promotion by group membership, and two farewells.
//!
//! A group change answers at once; what members get by rules follows in the background and is waited for here.

use super::super::exit::Failure;
use super::hires::{LIN, last_call};
use super::http::filter;
use super::requests;
use super::stage::Stage;
use super::story::{Cast, IRIS};
use super::teller::Teller;

const TEAM_LEADS: &str = "Team Leads";

/// Tells these chapters.
pub(super) fn tell(stage: &Stage, teller: &mut Teller, cast: &Cast) -> Result<(), Failure> {
    promotion(stage, teller, cast)?;
    leaver(stage, teller, cast)?;
    leaver_with_a_past(stage, teller, cast)
}

fn promotion(stage: &Stage, teller: &mut Teller, cast: &Cast) -> Result<(), Failure> {
    teller.chapter("Lin is promoted: Okta pushes the group \"Team Leads\" with her in it")?;
    let path = format!("/Groups{}", filter(&format!("displayName eq \"{TEAM_LEADS}\"")));
    teller.request(&cast.okta, "GET", &path, None, &[200])?;
    let made =
        teller.request(&cast.okta, "POST", "/Groups", Some(&requests::okta_group(TEAM_LEADS)), &[201])?;
    let group = format!("/Groups/{}", made.text("/id"));
    let name = requests::okta_group_name(made.text("/id"), TEAM_LEADS);
    teller.remark(
        "Okta says the name again, with the id and without a path, before every change of members:",
    )?;
    teller.request(&cast.okta, "PATCH", &group, Some(&name), &[200, 204])?;
    let id = stage.look().person(LIN.email).id;
    let member = requests::okta_member(&id, "Lin Zhao");
    teller.remark("and then adds her:")?;
    teller.request(&cast.okta, "PATCH", &group, Some(&member), &[200, 204])?;
    stage.wait_until(|| {
        let lin = stage.look().person(LIN.email);
        lin.queues.contains("EMEA Complaints")
            && lin.roles.contains("Team Lead@EMEA")
            && lin.skills.contains("Escalations:4")
    });
    let lin = stage.look().person(LIN.email);
    teller.remark("rule \"team-leads\" follows in the background, and adds to what she had:")?;
    teller.names(
        "roles",
        &lin.roles,
        &["Agent@EMEA", "Claims Handler@EMEA", "Team Lead@EMEA", "employee@Home"],
    )?;
    teller.names("queues", &lin.queues, &["EMEA Complaints", "EMEA Motor Claims", "Overflow"])?;
    teller.names("skills", &lin.skills, &["Escalations:4", "Motor claims:3", "Voice:2"])
}

fn leaver(stage: &Stage, teller: &mut Teller, cast: &Cast) -> Result<(), Failure> {
    teller.chapter("Lin leaves: Entra sends active = \"False\", a text, and access ends first")?;
    deactivate(stage, teller, cast, LIN.email)?;
    // Tidying up may go on after the answer: her access has ended by then.
    stage.wait_until(|| stage.look().person(LIN.email).queues.is_empty());
    let lin = stage.look().person(LIN.email);
    teller.names("queues", &lin.queues, &[])?;
    let given = lin.roles.iter().any(|role| role != "employee@Home");
    teller.fact(!given, "no role that the bridge gave her is left")
}

fn leaver_with_a_past(stage: &Stage, teller: &mut Teller, cast: &Cast) -> Result<(), Failure> {
    teller.chapter("Iris leaves too: the queue that the bridge gave her is taken back, the other stays")?;
    deactivate(stage, teller, cast, IRIS)?;
    stage.wait_until(|| !stage.look().person(IRIS).queues.contains("VIP"));
    teller.names("queues", &stage.look().person(IRIS).queues, &["EMEA Motor Claims"])
}

fn deactivate(stage: &Stage, teller: &mut Teller, cast: &Cast, email: &str) -> Result<(), Failure> {
    let id = stage.look().person(email).id;
    let from = last_call(stage);
    let patch = requests::entra_patch(&[("Replace", "active", "False")]);
    teller.request(&cast.entra, "PATCH", &format!("/Users/{id}"), Some(&patch), &[200])?;
    teller.fact(stage.look().person(email).state == "inactive", "inactive in Genesys Cloud")?;
    let tokens = format!("/api/v2/tokens/{id}");
    let ended = || {
        let mut calls = stage.cloud.ledger().into_iter().filter(|call| call.seq > from);
        calls.any(|call| call.method == "DELETE" && call.path == tokens && call.effect)
    };
    teller.fact(stage.wait_until(ended), "her sessions were ended")?;
    let path = format!("/Users{}", filter(&format!("userName eq \"{email}\"")));
    let found = teller.request(&cast.entra, "GET", &path, None, &[200])?;
    let still = found.text("/Resources/0/id") == id
        && found.body.pointer("/Resources/0/active") == Some(&serde_json::Value::Bool(false));
    teller.fact(still, "still found, inactive, for the day she comes back")
}
