//! REST users: read, create, change, state, soft delete, profile skills (docs/genesys.md G3). Listings are in
//! `user_lists`.

use serde_json::{Map, Value, json};

use super::expansions::{Expand, SCHEMAS_OF_ONE};
use super::user_model;
use crate::quirks::DeletedEmail;
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text};
use crate::world::entities::{Phone, State, User};

pub(crate) fn get(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    let expand = Expand::read(turn, SCHEMAS_OF_ONE)?;
    let user = match turn.request.parameter("state").unwrap_or("active") {
        "deleted" => {
            let user = turn.world.users.get(&id).filter(|user| user.state == State::Deleted);
            user.cloned().ok_or_else(Refusal::no_user)?
        }
        "active" => turn.readable_user(&id)?,
        other => {
            let message = format!("Value [{other}] is not valid for parameter [state].");
            return Err(Refusal::new(400, "invalid.query.param.value", message));
        }
    };
    Ok(Reply::ok(expand.model(turn, &user)))
}

pub(crate) fn me(_: &mut Turn<'_>) -> Answer {
    Err(Refusal::new(
        400,
        "not.a.user",
        "This request requires a user context. Client credentials cannot be used.",
    ))
}

pub(crate) fn post(turn: &mut Turn<'_>) -> Answer {
    let body = turn.object()?;
    let need = |name: &str| {
        let held = text(&body, name).filter(|held| !held.is_empty()).map(str::to_owned);
        held.ok_or_else(|| Refusal::general(format!("{name} is required")))
    };
    let (name, email, division) = (need("name")?, need("email")?, need("divisionId")?);
    if turn.world.catalog.division(&division).is_none() {
        return Err(Refusal::general("divisionId names no division"));
    }
    turn.need_division(&division, "missing.division.permission")?;
    let deleted = turn.world.deleted_by_email(&email).is_some();
    if turn.world.by_email(&email).is_some() || (deleted && turn.quirks.deleted_email != DeletedEmail::Create)
    {
        return Err(Refusal::new(
            turn.quirks.conflict_status,
            "general.conflict",
            "A user with this email exists.",
        ));
    }
    let mut user = turn.world.newborn(&email, &name);
    user.division = division;
    user.state = text(&body, "state").and_then(State::parse).unwrap_or(State::Inactive);
    fields(turn, &mut user, &body)?;
    let user = turn.put_directory(user);
    Ok(Reply::ok(user_model(turn.world, &user)))
}

pub(crate) fn patch(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    let body = turn.object()?;
    let version = body.get("version").and_then(Value::as_u64);
    let version = version.ok_or_else(|| Refusal::general("version is required"))?;
    let state = match text(&body, "state") {
        None => None,
        Some(text) => Some(State::parse(text).ok_or_else(|| Refusal::general("state is not valid"))?),
    };
    let mut user = match (state, turn.world.users.get(&id)) {
        // The one way to reach a deleted user by PATCH is to bring it back.
        (Some(State::Active), Some(user)) if user.state == State::Deleted => user.clone(),
        _ => turn.writable_user(&id)?,
    };
    if version != u64::from(user.version) {
        return Err(turn.version_conflict());
    }
    turn.need_calm(&id)?;
    match state {
        Some(state) => {
            let was = user.state;
            enter(turn, &mut user, state)?;
            if was == State::Deleted {
                turn.world.comes_back(&id, turn.now_ms);
            }
        }
        None => fields(turn, &mut user, &body)?,
    }
    let user = turn.put_directory(user);
    Ok(Reply::ok(user_model(turn.world, &user)))
}

/// Changes the state; nothing else may change with it.
fn enter(turn: &Turn<'_>, user: &mut User, state: State) -> Result<(), Refusal> {
    if user.state == State::Deleted && turn.world.by_email(&user.email).is_some() {
        let message = "The e-mail of the deleted user is in use by another user.";
        return Err(Refusal::new(turn.quirks.conflict_status, "general.conflict", message));
    }
    turn.world.enter_state(user, state, turn.quirks);
    Ok(())
}

/// Reads the fields of an update that are there.
fn fields(turn: &Turn<'_>, user: &mut User, body: &Map<String, Value>) -> Result<(), Refusal> {
    if let Some(name) = text(body, "name") {
        name.clone_into(&mut user.name);
    }
    let email = text(body, "email").or_else(|| text(body, "username"));
    if let Some(email) = email {
        if turn.world.by_email(email).is_some_and(|other| other.id != user.id) {
            return Err(Refusal::new(
                turn.quirks.conflict_status,
                "general.conflict",
                "The email is in use.",
            ));
        }
        email.clone_into(&mut user.email);
    }
    optional(body, "title", &mut user.title);
    optional(body, "department", &mut user.department);
    optional(body, "preferredName", &mut user.preferred_name);
    if let Some(manager) = body.get("manager") {
        let manager = manager.as_str().ok_or_else(|| Refusal::general("manager must be the id of a user"))?;
        if !manager.is_empty() && turn.world.live_user(manager).is_none() {
            return Err(Refusal::general("manager names no user"));
        }
        user.manager = (!manager.is_empty()).then(|| manager.to_owned());
    }
    if let Some(flag) = body.get("acdAutoAnswer").and_then(Value::as_bool) {
        user.acd_auto_answer = flag;
    }
    if let Some(list) = body.get("certifications").and_then(Value::as_array) {
        user.certifications = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    if let Some(Value::Object(employer)) = body.get("employerInfo") {
        optional(employer, "officialName", &mut user.official_name);
        optional(employer, "employeeId", &mut user.employee_number);
        optional(employer, "employeeType", &mut user.employee_type);
        optional(employer, "dateHire", &mut user.date_hire);
    }
    if let Some(list) = body.get("addresses").and_then(Value::as_array) {
        addresses(user, list);
    }
    Ok(())
}

fn addresses(user: &mut User, list: &[Value]) {
    user.phones.clear();
    for contact in list.iter().filter_map(Value::as_object) {
        let address = text(contact, "address").unwrap_or_default().to_owned();
        let kind = text(contact, "type").unwrap_or("WORK").to_ascii_lowercase();
        match text(contact, "mediaType") {
            Some("EMAIL") => user.work_email = Some(address),
            _ => user.phones.push(Phone { value: address, kind, primary: false }),
        }
    }
}

/// An empty text clears, an absent one leaves.
fn optional(body: &Map<String, Value>, name: &str, slot: &mut Option<String>) {
    if let Some(value) = text(body, name) {
        *slot = (!value.is_empty()).then(|| value.to_owned());
    }
}

pub(crate) fn delete(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.directory_user(&turn.path(0))?;
    turn.world.enter_state(&mut user, State::Deleted, turn.quirks);
    turn.put_directory(user);
    Ok(Reply::ok(json!({})))
}

pub(crate) fn get_state(turn: &mut Turn<'_>) -> Answer {
    let user = turn.world.users.get(&turn.path(0)).ok_or_else(Refusal::no_user)?;
    Ok(Reply::ok(json!({ "state": user.state.as_str(), "version": user.version })))
}

pub(crate) fn put_state(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    let body = turn.object()?;
    let state = text(&body, "state").and_then(State::parse);
    let state = state.ok_or_else(|| Refusal::general("state is required"))?;
    let mut user = turn.world.users.get(&id).cloned().ok_or_else(Refusal::no_user)?;
    if let Some(version) = body.get("version").and_then(Value::as_u64)
        && version != u64::from(user.version)
    {
        return Err(turn.version_conflict());
    }
    turn.need_division(&user.division, "missing.division.permission")?;
    turn.need_calm(&id)?;
    enter(turn, &mut user, state)?;
    let user = turn.put_directory(user);
    Ok(Reply::ok(json!({ "state": user.state.as_str(), "version": user.version })))
}

pub(crate) fn profile_skills(turn: &mut Turn<'_>) -> Answer {
    let user = turn.readable_user(&turn.path(0))?;
    Ok(Reply::ok(json!(user.profile_skills)))
}

pub(crate) fn put_profile_skills(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    user.profile_skills = turn.ids()?;
    let skills = json!(user.profile_skills);
    turn.put_aside(user);
    Ok(Reply::ok(skills))
}
