//! Hires: three that work, one whose queue call is refused, one whose answer is lost.
//!
//! The faults are set in the emulator, each for one call; the bridge knows nothing of them. How the story
//! goes on: `changes`.

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::json;

use super::super::exit::Failure;
use super::cast::{Cast, DARIO, LIN, MARA, OTTO, ZOE};
use super::connector::filter;
use super::narrator::{Agent, Narrator};
use super::stage::Stage;

/// Where Genesys adds queue members, in its public description.
const QUEUE_MEMBERS: &str = "/api/v2/routing/queues/{queueId}/members";
/// Where Genesys makes users.
const SCIM_USERS: &str = "/api/v2/scim/v2/users";

/// Tells these chapters.
pub(super) fn tell(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    by_entra(stage, narrator, cast)?;
    by_okta(stage, narrator, cast)?;
    by_rule(stage, narrator, cast)?;
    refused(stage, narrator, cast)?;
    lost(stage, narrator, cast)
}

fn by_entra(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    narrator.chapter("Entra hires Mara, and says itself what she needs, in compact form")?;
    let ours = json!({
        "compactRoles": "Agent@EMEA;Reporting Viewer@Home",
        "compactQueues": "EMEA Billing;Overflow",
        "compactSkills": "Billing:4;Refunds:3",
        "compactLanguages": "English:5;French:3",
        "compactAttributes": "HR.badge_number=B-2001;Workplace.site=Dublin",
    });
    for (name, value) in ours.as_object().into_iter().flatten() {
        narrator.remark(&format!("{name} = {value}"))?;
    }
    narrator.request(&cast.entra, "POST", "/Users", Some(&MARA.entra(Some(ours))), &[201])?;
    let expected = Agent {
        roles: &["Agent@EMEA", "Reporting Viewer@Home", "employee@Home"],
        queues: &["EMEA Billing", "Overflow"],
        skills: &["Billing:4", "Refunds:3"],
        languages: &["English:5", "French:3"],
        attributes: &["HR.badge_number_identifier=B-2001", "Workplace.site_enum=Dublin"],
    };
    narrator.agent(&stage.look().person(MARA.email), &expected)
}

fn by_okta(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    narrator.chapter("Okta hires Dario, with lists of texts")?;
    let path =
        format!("/Users{}&startIndex=1&count=100", filter(&format!("userName eq \"{}\"", DARIO.email)));
    let found = narrator.request(&cast.okta, "GET", &path, None, &[200])?;
    narrator.fact(found.body.get("totalResults") == Some(&json!(0)), "nobody is found, and that is a 200")?;
    let ours = json!({
        "roles": ["Agent@Americas"],
        "queues": ["Americas Support", "Americas Billing"],
        "skills": ["Technical support:4"],
        "languages": ["Italian:5", "English:4"],
    });
    for (name, value) in ours.as_object().into_iter().flatten() {
        narrator.remark(&format!("{name} = {value}"))?;
    }
    narrator.request(&cast.okta, "POST", "/Users", Some(&DARIO.okta(Some(ours))), &[201])?;
    let expected = Agent {
        roles: &["Agent@Americas", "employee@Home"],
        queues: &["Americas Billing", "Americas Support"],
        skills: &["Technical support:4"],
        languages: &["English:4", "Italian:5"],
        attributes: &[],
    };
    narrator.agent(&stage.look().person(DARIO.email), &expected)
}

/// What the rule `motor-claims` gives, with a badge number.
fn motor_claims(badge: &'static [&'static str]) -> Agent<'static> {
    Agent {
        roles: &["Agent@EMEA", "Claims Handler@EMEA", "employee@Home"],
        queues: &["EMEA Motor Claims", "Overflow"],
        skills: &["Motor claims:3", "Voice:2"],
        languages: &[],
        attributes: badge,
    }
}

fn by_rule(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    narrator.chapter("Entra hires Lin and says only her department; rule \"motor-claims\" does the rest")?;
    narrator.request(&cast.entra, "POST", "/Users", Some(&LIN.entra(None)), &[201])?;
    let expected = motor_claims(&["HR.badge_number_identifier=2003", "HR.cost_centre_text=CC-EMEA-7"]);
    narrator.agent(&stage.look().person(LIN.email), &expected)
}

fn refused(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    narrator.chapter("Otto's queue is full: Genesys refuses one call, so nothing of him stays")?;
    let before = stage.look();
    let full = FaultKind::Refuse { status: 400, code: "queue.size.limit".to_owned() };
    stage.cloud.fault(Fault::on("POST", QUEUE_MEMBERS, full).once());
    let from = stage.last_call();
    let answer = narrator.request(&cast.entra, "POST", "/Users", Some(&OTTO.entra(None)), &[400])?;
    let detail = answer.text("/detail").to_owned();
    narrator.remark(&format!("it says: {detail}"))?;
    narrator.fact(
        detail.contains("queue.size.limit"),
        "the error names the step and the error code of Genesys",
    )?;
    let calls = stage.cloud.ledger();
    let his = calls.iter().filter(|call| call.seq > from && call.effect);
    let made = his.clone().any(|call| call.method == "POST" && call.template == SCIM_USERS);
    let removed = his.clone().any(|call| call.method == "DELETE" && call.path.starts_with(SCIM_USERS));
    narrator.fact(made && removed, "he had been made by then, and was undone")?;
    let after = stage.look();
    narrator.fact(
        after.count(OTTO.email) == 0 && after.living() == before.living(),
        "no user, grant, skill, attribute or queue of his is left: Genesys Cloud lives as before",
    )?;
    narrator.remark("(A soft-deleted user stays behind in Genesys Cloud, as after every deletion there.)")?;
    let path = format!("/Users{}", filter(&format!("userName eq \"{}\"", OTTO.email)));
    let found = narrator.request(&cast.entra, "GET", &path, None, &[200])?;
    narrator.fact(found.body.get("totalResults") == Some(&json!(0)), "and Entra does not find him")?;
    stage.cloud.clear_faults();
    narrator.remark("There is room in the queue now; Entra tries again with the same address.")?;
    narrator.request(&cast.entra, "POST", "/Users", Some(&OTTO.entra(None)), &[201])?;
    let expected = motor_claims(&["HR.badge_number_identifier=2004", "HR.cost_centre_text=CC-EMEA-7"]);
    narrator.agent(&stage.look().person(OTTO.email), &expected)
}

fn lost(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    narrator.chapter("Zoe is made, but the answer of Genesys is lost on its way")?;
    let from = stage.last_call();
    stage.cloud.fault(Fault::on("POST", SCIM_USERS, FaultKind::ApplyThenDrop).once());
    let answer = narrator.request(&cast.entra, "POST", "/Users", Some(&ZOE.entra(None)), &[201])?;
    let lost =
        stage.cloud.ledger().iter().any(|call| call.seq > from && call.status.is_none() && call.effect);
    narrator.fact(lost, "the call took effect, and its connection broke before the answer")?;
    let seen = stage.look();
    let zoe = seen.person(ZOE.email);
    narrator.fact(
        seen.count(ZOE.email) == 1,
        "exactly one user has her address: the bridge looked for its mark before it did anything again",
    )?;
    narrator.fact(
        answer.text("/id") == zoe.id && !zoe.id.is_empty(),
        "and it is the one that Entra was told of",
    )?;
    stage.cloud.clear_faults();
    let expected = motor_claims(&["HR.badge_number_identifier=2005", "HR.cost_centre_text=CC-EMEA-7"]);
    narrator.agent(&zoe, &expected)
}
