//! What happens to people later: a promotion by group membership, and the end of an engagement.
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
    leaver(stage, teller, cast)
}

fn promotion(stage: &Stage, teller: &mut Teller, cast: &Cast) -> Result<(), Failure> {
    teller.chapter("Lin is promoted: Okta pushes the group \"Team Leads\" with her in it")?;
    let path = format!("/Groups{}", filter(&format!("displayName eq \"{TEAM_LEADS}\"")));
    teller.request(&cast.okta, "GET", &path, None, 200)?;
    let made = teller.request(&cast.okta, "POST", "/Groups", Some(&requests::okta_group(TEAM_LEADS)), 201)?;
    let group = format!("/Groups/{}", made.text("/id"));
    let name = requests::okta_group_name(made.text("/id"), TEAM_LEADS);
    let named = cast.okta.send("PATCH", &group, Some(&name))?;
    teller.fact(
        matches!(named.status, 200 | 204),
        "Okta says the name again, with the id and without a path: taken",
    )?;
    let id = stage.look().person(LIN.email).id;
    let member = requests::okta_member(&id, "Lin Zhao");
    let added = cast.okta.send("PATCH", &group, Some(&member))?;
    teller.say(format_args!(
        "   {} → PATCH /scim/v2{group} (add members) → {}",
        cast.okta.name, added.status
    ))?;
    teller.fact(matches!(added.status, 200 | 204), "she is a member")?;
    stage.wait_until(|| stage.look().person(LIN.email).queues.contains("EMEA Complaints"));
    stage.wait_until(|| stage.look().person(LIN.email).roles.contains("Team Lead@EMEA"));
    stage.wait_until(|| stage.look().person(LIN.email).skills.contains("Escalations:4"));
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
    for email in [LIN.email, IRIS] {
        let (title, others) = if email == IRIS {
            ("Iris leaves too: only what the bridge gave her is taken back", true)
        } else {
            ("Lin leaves: Entra sends active = \"False\", a text, and access ends first", false)
        };
        teller.chapter(title)?;
        let before = stage.look().person(email);
        let from = last_call(stage);
        let patch = requests::entra_patch(&[("Replace", "active", "False")]);
        teller.request(&cast.entra, "PATCH", &format!("/Users/{}", before.id), Some(&patch), 200)?;
        let calls = stage.cloud.ledger();
        let ended = format!("/api/v2/tokens/{}", before.id);
        let sessions = calls
            .iter()
            .any(|call| call.seq > from && call.method == "DELETE" && call.path.starts_with(&ended));
        let rest = if others { "EMEA Motor Claims" } else { "" };
        stage.wait_until(|| stage.look().person(email).queues.iter().all(|queue| queue == rest));
        let after = stage.look().person(email);
        teller.fact(after.state == "inactive", "inactive in Genesys Cloud")?;
        teller.fact(sessions, "her sessions were ended")?;
        if others {
            teller.names("queues", &after.queues, &[rest])?;
        } else {
            teller.names("queues", &after.queues, &[])?;
            let ours = after.roles.iter().filter(|role| *role != "employee@Home").count();
            teller.fact(ours == 0, "no role that the bridge gave is left")?;
        }
        let path = format!("/Users{}", filter(&format!("userName eq \"{email}\"")));
        let found = teller.request(&cast.entra, "GET", &path, None, 200)?;
        let still = found.text("/Resources/0/id") == before.id
            && found.body.pointer("/Resources/0/active") == Some(&serde_json::Value::Bool(false));
        teller.fact(still, "and is still found, inactive, for the day she comes back")?;
    }
    Ok(())
}
