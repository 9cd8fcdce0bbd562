//! The routing directory: which skills and languages exist (docs/genesys.md G5).

use serde_json::{Value, json};

use crate::reply::{Answer, Refusal, Reply};
use crate::turn::Turn;
use crate::world::catalog::{Named, find_id};

fn model(area: &str, named: &Named) -> Value {
    json!({
        "id": named.id,
        "name": named.name,
        "state": "active",
        "version": "1",
        "selfUri": format!("/api/v2/routing/{area}/{}", named.id),
    })
}

/// Entries whose name starts with the `name` parameter, letter case aside, and whose id is asked for.
fn list(turn: &Turn<'_>, area: &str, all: &[Named]) -> Answer {
    let ids = turn.request.parameters("id");
    let name = turn.request.parameter("name").map(str::to_lowercase);
    let fits = |named: &&Named| {
        (ids.is_empty() || ids.contains(&named.id))
            && name.as_ref().is_none_or(|name| named.name.to_lowercase().starts_with(name))
    };
    let mut found: Vec<&Named> = all.iter().filter(fits).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    turn.listing(found.into_iter().map(|named| model(area, named)).collect())
}

pub(crate) fn skills(turn: &mut Turn<'_>) -> Answer {
    list(turn, "skills", &turn.world.catalog.skills)
}

pub(crate) fn languages(turn: &mut Turn<'_>) -> Answer {
    list(turn, "languages", &turn.world.catalog.languages)
}

pub(crate) fn skill(turn: &mut Turn<'_>) -> Answer {
    let found = find_id(&turn.world.catalog.skills, &turn.path(0));
    let missing = || Refusal::new(404, "skillsservice.skillnotfound", "The skill was not found.");
    found.map(|found| Reply::ok(model("skills", found))).ok_or_else(missing)
}

pub(crate) fn language(turn: &mut Turn<'_>) -> Answer {
    let found = find_id(&turn.world.catalog.languages, &turn.path(0));
    found.map(|found| Reply::ok(model("languages", found))).ok_or_else(Refusal::not_found)
}
