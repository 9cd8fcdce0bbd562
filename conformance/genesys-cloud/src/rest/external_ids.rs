//! External identifiers: a lookup by pair, and the list of one user (docs/genesys.md G3). There is no update.

use serde_json::{Value, json};

use super::user_model;
use crate::reply::{Answer, Refusal, Reply};
use crate::scim::SCIM_AUTHORITY;
use crate::turn::{Turn, text};
use crate::world::entities::{ExternalId, State, User};

/// Most identifiers of one user.
const MAX_PER_USER: usize = 100;

fn missing() -> Refusal {
    Refusal::new(404, "general.resource.not.found", "Unable to find an external identifier like that.")
}

fn all(user: &User) -> Vec<ExternalId> {
    let own = user.scim_external_id.iter();
    let own = own.map(|value| ExternalId { authority: SCIM_AUTHORITY.to_owned(), value: value.clone() });
    own.chain(user.external_ids.iter().cloned()).collect()
}

fn model(user: &User, id: &ExternalId) -> Value {
    json!({
        "authorityName": id.authority,
        "externalKey": id.value,
        "selfUri": format!("/api/v2/users/{}/externalid/{}", user.id, id.authority),
    })
}

pub(crate) fn find(turn: &mut Turn<'_>) -> Answer {
    let wanted = ExternalId { authority: turn.path(0), value: turn.path(1) };
    let user =
        turn.world.users.values().find(|user| user.state != State::Deleted && all(user).contains(&wanted));
    user.map(|user| Reply::ok(user_model(turn.world, user))).ok_or_else(missing)
}

pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    let deleted = turn.world.users.get(&id).filter(|user| user.state == State::Deleted).cloned();
    let user = match deleted.filter(|_| turn.quirks.deleted_external_ids) {
        Some(user) => user,
        None => turn.readable_user(&id)?,
    };
    Ok(Reply::ok(all(&user).iter().map(|id| model(&user, id)).collect()))
}

pub(crate) fn get(turn: &mut Turn<'_>) -> Answer {
    let user = turn.readable_user(&turn.path(0))?;
    let authority = turn.path(1);
    let ids = all(&user);
    let found = ids.iter().find(|id| id.authority == authority).ok_or_else(missing)?;
    Ok(Reply::ok(model(&user, found)))
}

pub(crate) fn post(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    let body = turn.object()?;
    let need = |name: &str| {
        let held = text(&body, name).filter(|held| !held.is_empty()).map(str::to_owned);
        held.ok_or_else(|| Refusal::general(format!("{name} is required")))
    };
    let id = ExternalId { authority: need("authorityName")?, value: need("externalKey")? };
    if user.external_ids.len() >= MAX_PER_USER {
        return Err(Refusal::general(format!(
            "A user can have at most {MAX_PER_USER} external identifiers."
        )));
    }
    let taken =
        turn.world.users.values().any(|other| other.state != State::Deleted && all(other).contains(&id));
    if taken {
        let message = "The external identifier is assigned already.";
        return Err(Refusal::new(409, "general.resource.conflict", message));
    }
    user.external_ids.insert(id);
    let list = all(&user).iter().map(|id| model(&user, id)).collect();
    turn.put_aside(user);
    Ok(Reply::json(201, list))
}

pub(crate) fn delete(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    let id = ExternalId { authority: turn.path(1), value: turn.path(2) };
    if !user.external_ids.remove(&id) {
        return Err(missing());
    }
    turn.put_aside(user);
    Ok(Reply::empty(204))
}
