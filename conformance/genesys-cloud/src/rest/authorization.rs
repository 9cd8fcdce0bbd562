//! Roles, divisions, the client's own rights, and moving users between divisions (docs/genesys.md G4).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::division_model;
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, timestamp};
use crate::world::catalog::Named;

/// Most users in one move.
const MAX_MOVED: usize = 200;

/// A role as the listing shows it.
pub(super) fn role_model(role: &Named) -> Value {
    json!({
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "permissions": [],
        "permissionPolicies": [],
        "base": false,
        "default": role.special,
        "selfUri": format!("/api/v2/authorization/roles/{}", role.id),
    })
}

pub(crate) fn roles(turn: &mut Turn<'_>) -> Answer {
    let ids = turn.request.parameters("id");
    let name = turn.request.parameter("name").map(|name| name.trim_matches('*').to_lowercase());
    let fits = |role: &&Named| {
        (ids.is_empty() || ids.contains(&role.id))
            && name.as_ref().is_none_or(|name| role.name.to_lowercase().contains(name))
    };
    let mut found: Vec<&Named> = turn.world.catalog.roles.iter().filter(fits).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    turn.listing(found.into_iter().map(role_model).collect())
}

pub(crate) fn role(turn: &mut Turn<'_>) -> Answer {
    turn.world
        .catalog
        .role(&turn.path(0))
        .map(|role| Reply::ok(role_model(role)))
        .ok_or_else(Refusal::not_found)
}

pub(crate) fn divisions(turn: &mut Turn<'_>) -> Answer {
    let ids = turn.request.parameters("id");
    let name = turn.request.parameter("name").map(|name| name.trim_matches('*').to_lowercase());
    let fits = |division: &&Named| {
        (ids.is_empty() || ids.contains(&division.id))
            && name.as_ref().is_none_or(|name| division.name.to_lowercase().contains(name))
    };
    turn.listing(turn.world.catalog.divisions.iter().filter(fits).map(division_model).collect())
}

pub(crate) fn home(turn: &mut Turn<'_>) -> Answer {
    let home = turn.world.catalog.home.clone();
    turn.world
        .catalog
        .division(&home)
        .map(|home| Reply::ok(division_model(home)))
        .ok_or_else(Refusal::not_found)
}

pub(crate) fn division(turn: &mut Turn<'_>) -> Answer {
    let found = turn.world.catalog.division(&turn.path(0));
    found.map(|found| Reply::ok(division_model(found))).ok_or_else(Refusal::not_found)
}

pub(crate) fn move_objects(turn: &mut Turn<'_>) -> Answer {
    let (target, kind) = (turn.path(0), turn.path(1));
    if turn.world.catalog.division(&target).is_none() || kind != "USER" {
        return Err(Refusal::new(
            404,
            "general.resource.not.found",
            "The division or object type was not found.",
        ));
    }
    let ids = turn.ids()?;
    if ids.is_empty() {
        return Err(Refusal::new(400, "empty.bulk.division.update", "At least one object must be moved."));
    }
    if ids.len() > MAX_MOVED {
        return Err(Refusal::new(
            400,
            "too.many.bulk.division.updates",
            "Too many objects to move in one request.",
        ));
    }
    turn.need_division(&target, "bulk.move.no.permission.division")?;
    let mut moved = Vec::new();
    for id in &ids {
        let mut user = turn.directory_user(id)?;
        user.division.clone_from(&target);
        moved.push(user);
    }
    for user in moved {
        turn.put_directory(user);
    }
    Ok(Reply::empty(204))
}

/// The rights of the calling client: one role that holds its permissions, in each division that it covers.
pub(crate) fn me(turn: &mut Turn<'_>) -> Answer {
    let client = turn.client;
    let mut entities: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for permission in &client.permissions {
        let mut parts = permission.splitn(3, ':');
        let (domain, entity) = (parts.next().unwrap_or("*"), parts.next().unwrap_or("*"));
        entities.entry((domain, entity)).or_default().push(parts.next().unwrap_or("*"));
    }
    let policies: Vec<Value> = entities
        .iter()
        .map(|((domain, entity), actions)| json!({ "domain": domain, "entityName": entity, "actions": actions }))
        .collect();
    let role = turn.world.catalog.derive("role", &client.name);
    let grants: Vec<Value> = turn
        .world
        .catalog
        .divisions
        .iter()
        .filter(|division| turn.covers_division(&division.id))
        .map(|division| {
            json!({
                "subjectId": client.id,
                "division": division_model(division),
                "role": { "id": role, "name": client.name, "policies": policies, "default": false },
                "grantMadeAt": timestamp(0),
            })
        })
        .collect();
    Ok(Reply::ok(json!({
        "id": client.id,
        "name": client.name,
        "grants": grants,
        "version": 1,
        "selfUri": format!("/api/v2/authorization/subjects/{}", client.id),
    })))
}
