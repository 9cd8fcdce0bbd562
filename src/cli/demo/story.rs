//! The story from its beginning: the import, and an agent who was there before the bridge.
//!
//! Each chapter sends what a connector sends and checks what Genesys Cloud then has. Hires are in `hires`,
//! later changes in `changes`; the rules that are in force in `stage`.

use serde_json::Value;

use super::super::exit::Failure;
use super::super::import;
use super::cast::{Cast, IRIS};
use super::connector::filter;
use super::narrator::Narrator;
use super::requests::{self, OURS};
use super::stage::{RULES, Stage};
use super::{changes, hires};

/// Tells the whole story.
///
/// # Errors
/// The story cannot go on. What is merely not as told is counted by the narrator.
pub(super) fn tell(stage: &Stage, narrator: &mut Narrator) -> Result<(), Failure> {
    let cast = Cast::at(stage);
    narrator.heading("Genesys SCIM Bridge: a short story, told by real requests")?;
    narrator.say(format_args!(
        "Emulated Genesys Cloud  {} (Aurora Insurance, made up)",
        stage.cloud.api_base()
    ))?;
    narrator.say(format_args!("Bridge                  {}{}", stage.url, super::connector::BASE))?;
    narrator.say("Rules in force:")?;
    for line in RULES.trim().lines() {
        narrator.remark(line)?;
    }
    narrator.say(
        "Genesys Cloud grants 300 calls a minute; where the story pauses, the bridge waits for its turn.",
    )?;
    import(stage, narrator)?;
    link(stage, narrator, &cast)?;
    hires::tell(stage, narrator, &cast)?;
    changes::tell(stage, narrator, &cast)?;
    ending(stage, narrator)
}

fn import(stage: &Stage, narrator: &mut Narrator) -> Result<(), Failure> {
    narrator.chapter("The bridge meets the organisation")?;
    narrator.remark("Users and groups that Genesys Cloud already has are read; nothing is changed there.")?;
    let before = stage.look();
    let done = import::with_progress(&stage.admin)?;
    let number = |member| done.get(member).and_then(Value::as_u64).unwrap_or_default();
    let (users, groups) = (number("users"), number("groups"));
    narrator.say(format_args!("   Admin → POST /admin/import → {users} users, {groups} groups read"))?;
    let read = (usize::try_from(users).unwrap_or(0), usize::try_from(groups).unwrap_or(0));
    narrator
        .fact(read == before.size() && read.0 > 0, "every user and group of Genesys Cloud is known here")?;
    narrator.fact(stage.look() == before, "Genesys Cloud is as it was")?;
    let ready = stage.wait_until(|| {
        let answer = stage.admin.send("GET", "/readyz", None);
        answer.is_ok_and(|answer| answer.get("ready") == Some(&Value::Bool(true)))
    });
    narrator.fact(ready, "/readyz is green: imported, and the credentials are good")
}

fn link(stage: &Stage, narrator: &mut Narrator, cast: &Cast) -> Result<(), Failure> {
    narrator.chapter("Iris has been an agent for years; Entra finds her and takes her over")?;
    let before = stage.look().person(IRIS);
    let path = format!("/Users{}", filter(&format!("userName eq \"{IRIS}\"")));
    let found = narrator.request(&cast.entra, "GET", &path, None, &[200])?;
    let id = found.text("/Resources/0/id").to_owned();
    narrator.fact(
        id == before.id && !id.is_empty(),
        "found under her Genesys id, so Entra does not make a second Iris",
    )?;
    let ours = |name: &str| format!("{OURS}:{name}");
    let patch = requests::entra_patch(&[
        ("Add", "externalId", "7c1f4f0e-2a30-4b7e-9a54-7d3b2f0f1002"),
        ("Replace", "title", "Senior claims agent"),
        ("Add", &ours("compactQueues"), "VIP"),
        ("Add", &ours("compactSkills"), "Escalations:3"),
    ]);
    narrator
        .remark("her patch carries a title, compactQueues = \"VIP\" and compactSkills = \"Escalations:3\"")?;
    narrator.request(&cast.entra, "PATCH", &format!("/Users/{id}"), Some(&patch), &[200])?;
    let seen = stage.look();
    let after = seen.person(IRIS);
    narrator.fact(seen.count(IRIS) == 1 && after.id == before.id, "one Iris, the same id")?;
    narrator.names("queues", &after.queues, &["EMEA Motor Claims", "VIP"])?;
    narrator.names("skills", &after.skills, &["Escalations:3", "Fraud review:2", "Motor claims:4"])?;
    narrator.remark("what others gave her is untouched:")?;
    narrator.names("roles", &after.roles, &["Agent@EMEA", "employee@Home"])?;
    narrator.names("languages", &after.languages, &["English:4", "German:5"])?;
    let attributes = ["HR.badge_number_identifier=B-1002", "HR.cost_centre_text=CC-EMEA-7"];
    narrator.names("attributes", &after.attributes, &attributes)
}

fn ending(stage: &Stage, narrator: &mut Narrator) -> Result<(), Failure> {
    narrator.chapter("Nothing is left open")?;
    let quiet = stage.wait_until(|| open_sagas(stage) == Some(0));
    narrator.say("   Admin → GET /admin/sagas")?;
    narrator.fact(quiet, "every saga has ended, none is stuck")?;
    let calls = stage.cloud.ledger();
    let seconds = stage.elapsed_ms() / 100;
    let text = format!(
        "{} calls to Genesys Cloud in {}.{} seconds, none of them answered 429 (too many)",
        calls.len(),
        seconds / 10,
        seconds % 10
    );
    narrator.fact(calls.iter().all(|call| call.status != Some(429)), text)
}

fn open_sagas(stage: &Stage) -> Option<usize> {
    let sagas = stage.admin.send("GET", "/admin/sagas", None).ok()?;
    sagas.get("open")?.as_array().map(Vec::len)
}
