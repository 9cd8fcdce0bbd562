//! What `expand` adds to a user: skills, languages, team, groups, roles, the last sign-in and a few more
//! (docs/genesys.md G3.16).
//!
//! What the emulator has nothing to say about (presence, station, places) is taken and never there, as "best
//! effort" allows. The plain user is `user_model`'s.

use serde_json::{Value, json};

use super::rating::{self, Area};
use super::{grants, group_model, languages, skills, teams, user_model};
use crate::reply::Refusal;
use crate::turn::{Turn, timestamp};
use crate::world::entities::User;

/// Every name that can be asked for.
const KNOWN: [&str; 25] = [
    "routingStatus",
    "presence",
    "integrationPresence",
    "conversationSummary",
    "outOfOffice",
    "geolocation",
    "station",
    "authorization",
    "lasttokenissued",
    "authorization.unusedRoles",
    "team",
    "workPlanBidRanks",
    "externalContactsSettings",
    "groups",
    "customAttributes",
    "profileSkills",
    "certifications",
    "locations",
    "skills",
    "languages",
    "languagePreference",
    "employerInfo",
    "biography",
    "dateLastLogin",
    "dateWelcomeSent",
];
/// Most schemas whose values a listing may be asked for (docs/genesys.md G3.17).
pub(super) const SCHEMAS_OF_A_LISTING: usize = 5;
/// The same for one user.
pub(super) const SCHEMAS_OF_ONE: usize = 100;

/// What a request wants added to each user.
pub(super) struct Expand(Vec<&'static str>);

impl Expand {
    /// Reads `expand` and checks what belongs to it.
    pub(super) fn read(turn: &Turn<'_>, most_schemas: usize) -> Result<Expand, Refusal> {
        let wrong = |name: &str, value: &str| {
            let message = format!("Value [{value}] is not valid for parameter [{name}].");
            Refusal::new(400, "invalid.query.param.value", message)
        };
        let mut wanted = Vec::new();
        for name in turn.request.parameters("expand") {
            let known = KNOWN.into_iter().find(|known| *known == name);
            wanted.push(known.ok_or_else(|| wrong("expand", &name))?);
        }
        let schemas = turn.request.parameters("userCustomAttributeSchemaIds");
        if wanted.contains(&"customAttributes") && schemas.len() > most_schemas {
            return Err(wrong("userCustomAttributeSchemaIds", &schemas.len().to_string()));
        }
        Ok(Expand(wanted))
    }

    /// A user with what was asked for.
    pub(super) fn model(&self, turn: &Turn<'_>, user: &User) -> Value {
        let mut shown = user_model(turn.world, user);
        if let Some(out) = shown.as_object_mut() {
            for name in &self.0 {
                if turn.quirks.expand_best_effort && is_withheld(&user.id, name) {
                    out.remove(*name);
                } else if let Some(value) = value(turn, user, name) {
                    out.insert((*name).to_owned(), value);
                }
            }
        }
        shown
    }
}

/// The value of one expansion; none when there is nothing to show.
fn value(turn: &Turn<'_>, user: &User, name: &str) -> Option<Value> {
    let catalog = &turn.world.catalog;
    let rated = |area: Area, known, held| json!(rating::models(area, &user.id, known, held));
    match name {
        "skills" => Some(rated(skills::AREA, &catalog.skills, &user.skills)),
        "languages" => Some(rated(languages::AREA, &catalog.languages, &user.languages)),
        "profileSkills" => Some(json!(user.profile_skills)),
        "certifications" => Some(json!(user.certifications)),
        "authorization" => Some(Value::Object(grants::authorization(turn, user))),
        "groups" => {
            let groups = user.groups.iter().filter_map(|id| turn.world.groups.get(id));
            Some(groups.map(|group| group_model(turn.world, group)).collect())
        }
        "team" => {
            let team = user.teams.iter().find_map(|id| catalog.team(id));
            team.map(|team| teams::model(turn.world, team))
        }
        "dateLastLogin" => user.last_login_ms.map(|at| json!(timestamp(at))),
        _ => None,
    }
}

/// Whether best effort was not good enough for this user and this field: for a third of them, and for the
/// same ones each time.
fn is_withheld(id: &str, name: &str) -> bool {
    let hash = id.bytes().chain(name.bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 16).is_multiple_of(3)
}
