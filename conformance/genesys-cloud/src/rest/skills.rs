//! Routing skills of a user: list, bulk put and patch, single post, put and delete (docs/genesys.md G5).

use super::rating::{self, Area};
use crate::quirks::Empty;
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::Turn;
use crate::world::catalog::find_id;

pub(super) const AREA: Area = Area { path: "routingskills", directory: "skills", link: "skillUri" };

fn respond(turn: &Turn<'_>, id: &str) -> Answer {
    let user = turn.world.live_user(id).ok_or_else(Refusal::no_user)?;
    rating::listing(turn, AREA, id, &turn.world.catalog.skills, &user.skills)
}

pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    turn.readable_user(&id)?;
    respond(turn, &id)
}

pub(crate) fn post(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.directory_user(&turn.path(0))?;
    let (skill, proficiency) = rating::item(&turn.world.catalog.skills, &turn.object()?)?;
    user.skills.insert(skill.clone(), proficiency);
    one(turn, user, &skill)
}

pub(crate) fn put(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.directory_user(&turn.path(0))?;
    let skill = turn.path(1);
    if find_id(&turn.world.catalog.skills, &skill).is_none() {
        return Err(Refusal::new(404, "general.resource.not.found", "The skill was not found."));
    }
    user.skills.insert(skill.clone(), rating::proficiency(&turn.object()?)?);
    one(turn, user, &skill)
}

fn one(turn: &mut Turn<'_>, user: crate::world::entities::User, skill: &str) -> Answer {
    let (id, proficiency) = (user.id.clone(), user.skills.get(skill).copied().unwrap_or_default());
    turn.put_directory(user);
    let named = find_id(&turn.world.catalog.skills, skill).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(rating::model(AREA, &id, named, proficiency)))
}

pub(crate) fn put_bulk(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    let mut user = turn.directory_user(&id)?;
    let items = rating::items(turn, &turn.world.catalog.skills)?;
    match (items.is_empty(), turn.quirks.skills_put_empty) {
        (true, Empty::Refuse) => return Err(Refusal::general("The list of skills must not be empty.")),
        (true, Empty::Ignore) => {}
        _ => user.skills = items.into_iter().collect(),
    }
    turn.put_directory(user);
    respond(turn, &id)
}

pub(crate) fn patch_bulk(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    let mut user = turn.directory_user(&id)?;
    user.skills.extend(rating::items(turn, &turn.world.catalog.skills)?);
    turn.put_directory(user);
    respond(turn, &id)
}

pub(crate) fn delete(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.directory_user(&turn.path(0))?;
    if user.skills.remove(&turn.path(1)).is_none() {
        return Err(Refusal::new(404, "general.resource.not.found", "The user does not have this skill."));
    }
    turn.put_directory(user);
    Ok(Reply::empty(200))
}
