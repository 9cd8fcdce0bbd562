//! Routing languages of a user: list, bulk patch, single post, patch and delete; there is no bulk put
//! (docs/genesys.md G5).

use super::rating::{self, Area};
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::Turn;
use crate::world::catalog::find_id;
use crate::world::entities::User;

pub(super) const AREA: Area = Area { path: "routinglanguages", directory: "languages", link: "languageUri" };

fn respond(turn: &Turn<'_>, id: &str) -> Answer {
    let user = turn.world.live_user(id).ok_or_else(Refusal::no_user)?;
    rating::listing(turn, AREA, id, &turn.world.catalog.languages, &user.languages)
}

pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    turn.readable_user(&id)?;
    respond(turn, &id)
}

pub(crate) fn post(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.directory_user(&turn.path(0))?;
    let (language, proficiency) = rating::item(&turn.world.catalog.languages, &turn.object()?)?;
    user.languages.insert(language.clone(), proficiency);
    one(turn, user, &language)
}

pub(crate) fn patch(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.directory_user(&turn.path(0))?;
    let language = turn.path(1);
    let proficiency = rating::proficiency(&turn.object()?)?;
    let slot = user.languages.get_mut(&language).ok_or_else(missing)?;
    *slot = proficiency;
    one(turn, user, &language)
}

fn one(turn: &mut Turn<'_>, user: User, language: &str) -> Answer {
    let (id, proficiency) = (user.id.clone(), user.languages.get(language).copied().unwrap_or_default());
    turn.put_directory(user);
    let named = find_id(&turn.world.catalog.languages, language).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(rating::model(AREA, &id, named, proficiency)))
}

fn missing() -> Refusal {
    Refusal::new(404, "general.resource.not.found", "The user does not have this language.")
}

pub(crate) fn patch_bulk(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    let mut user = turn.directory_user(&id)?;
    user.languages.extend(rating::items(turn, &turn.world.catalog.languages)?);
    turn.put_directory(user);
    respond(turn, &id)
}

pub(crate) fn delete(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.directory_user(&turn.path(0))?;
    user.languages.remove(&turn.path(1)).ok_or_else(missing)?;
    turn.put_directory(user);
    Ok(Reply::empty(204))
}
