//! SCIM users: list, read, create, replace, patch, soft delete (docs/genesys.md G2).

use serde_json::{Map, Value, json};

use super::apply::{apply, is_address, uniqueness};
use super::{check_if_match, etag, filter, not_modified, operations, page, render, send};
use crate::quirks::{DeletedEmail, Omitted};
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text};
use crate::world::entities::{State, User};

pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let filter = filter::user_filter(turn)?;
    let found = turn
        .world
        .users
        .values()
        .filter(|user| user.state != State::Deleted && filter.matches(turn, user))
        .map(|user| render::user(turn, user))
        .collect();
    page(turn, found)
}

pub(crate) fn get(turn: &mut Turn<'_>) -> Answer {
    let user = turn.readable_user(&turn.path(0))?;
    if not_modified(turn, user.version) {
        return Ok(Reply::empty(304).with("ETag", etag(user.version)));
    }
    Ok(send(turn, 200, user.version, render::user(turn, &user)))
}

pub(crate) fn post(turn: &mut Turn<'_>) -> Answer {
    let body = turn.object()?;
    let (email, name) = required(turn, &body)?;
    if turn.world.by_email(&email).is_some() {
        return Err(uniqueness());
    }
    let deleted = turn.world.deleted_by_email(&email).cloned();
    let mut user = match (deleted, turn.quirks.deleted_email) {
        (Some(_), DeletedEmail::Conflict) => return Err(uniqueness()),
        (Some(mut user), DeletedEmail::Restore) => {
            turn.world.enter_state(&mut user, State::Active, turn.quirks);
            turn.world.comes_back(&user.id, turn.now_ms);
            user
        }
        _ => turn.world.newborn(&email, &name),
    };
    turn.need_division(&user.division, "missing.division.permission")?;
    // The default role stays beside the roles that the body names.
    let given = user.grants.clone();
    apply(turn, &mut user, &body, Omitted::Keep)?;
    if user.state == State::Active {
        user.grants.extend(given);
    }
    let user = turn.put_directory(user);
    let document = render::user(turn, &user);
    let location = format!("{}/api/v2/scim/v2/users/{}", turn.base, user.id);
    Ok(send(turn, turn.quirks.post_status, user.version, document).with("Location", location))
}

/// userName and displayName of a new user.
fn required(turn: &Turn<'_>, body: &Map<String, Value>) -> Result<(String, String), Refusal> {
    let need = |name: &str| {
        text(body, name)
            .filter(|text| !text.trim().is_empty())
            .map(str::to_owned)
            .ok_or_else(|| turn.scim_bad("invalidValue", format!("{name} is required.")))
    };
    let (email, name) = (need("userName")?, need("displayName")?);
    if !is_address(&email) {
        return Err(turn.scim_bad("invalidValue", "userName must be an e-mail address."));
    }
    Ok((email, name))
}

pub(crate) fn put(turn: &mut Turn<'_>) -> Answer {
    let user = turn.directory_user(&turn.path(0))?;
    check_if_match(turn, user.version)?;
    let body = turn.object()?;
    required(turn, &body)?;
    let mut changed = user.clone();
    apply(turn, &mut changed, &body, turn.quirks.put_omitted)?;
    finish(turn, changed)
}

pub(crate) fn patch(turn: &mut Turn<'_>) -> Answer {
    let user = turn.directory_user(&turn.path(0))?;
    check_if_match(turn, user.version)?;
    let operations = operations(turn)?;
    let mut document = render::user(turn, &user);
    for operation in &operations {
        operation.apply(&mut document, turn.quirks).map_err(|fault| fault.refuse(turn))?;
    }
    for name in ["userName", "displayName", "active"] {
        if document.get(name).is_none_or(|value| value.as_str() == Some("")) {
            return Err(turn.scim_bad("invalidValue", format!("{name} cannot be removed.")));
        }
    }
    let mut changed = user.clone();
    apply(turn, &mut changed, &document, Omitted::Clear)?;
    finish(turn, changed)
}

fn finish(turn: &mut Turn<'_>, user: User) -> Answer {
    let user = turn.put_directory(user);
    let document = render::user(turn, &user);
    Ok(send(turn, 200, user.version, document))
}

pub(crate) fn delete(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.directory_user(&turn.path(0))?;
    check_if_match(turn, user.version)?;
    turn.world.enter_state(&mut user, State::Deleted, turn.quirks);
    turn.put_directory(user);
    Ok(match turn.quirks.delete_status {
        200 => Reply::ok(json!({})),
        status => Reply::empty(status),
    })
}
