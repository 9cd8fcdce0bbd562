//! REST groups: list, create, change with a version, delete, and members that change after the answer
//! (docs/genesys.md G6).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{group_model, user_model};
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text};
use crate::world::entities::{Group, Pending, User};

/// Most members in one call.
const MAX_MEMBERS: usize = 50;

fn find(turn: &Turn<'_>) -> Result<Group, Refusal> {
    turn.world.groups.get(&turn.path(0)).cloned().ok_or_else(missing)
}

fn missing() -> Refusal {
    Refusal::new(404, "general.resource.not.found", "Specified group not found.")
}

/// Whether a group or user is so new that the service of members has not heard of it.
fn is_unheard_of(turn: &Turn<'_>, id: &str) -> bool {
    turn.quirks.stale_writes && turn.world.is_fresh(id, turn.now_ms, turn.quirks.stale_ms)
}

pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let ids = turn.request.parameters("id");
    let mut found: Vec<&Group> =
        turn.world.groups.values().filter(|group| ids.is_empty() || ids.contains(&group.id)).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    turn.listing(found.into_iter().map(|group| group_model(turn.world, group)).collect())
}

pub(crate) fn get(turn: &mut Turn<'_>) -> Answer {
    let group = find(turn)?;
    Ok(Reply::ok(group_model(turn.world, &group)))
}

fn check_name(turn: &Turn<'_>, name: &str, own: &str) -> Result<(), Refusal> {
    let taken =
        turn.world.groups.values().any(|group| group.id != own && group.name.eq_ignore_ascii_case(name));
    if taken {
        return Err(Refusal::new(400, "group.name.in.use", "The group name is in use."));
    }
    Ok(())
}

pub(crate) fn post(turn: &mut Turn<'_>) -> Answer {
    let body = turn.object()?;
    let need = |name: &str, allowed: &[&str]| {
        let held = text(&body, name).filter(|held| allowed.is_empty() || allowed.contains(held));
        held.map(str::to_owned)
            .ok_or_else(|| Refusal::general(format!("{name} is required and must be valid")))
    };
    let name = need("name", &[])?;
    let rules_visible = body.get("rulesVisible").and_then(Value::as_bool);
    check_name(turn, &name, "")?;
    let group = Group {
        id: uuid::Uuid::new_v4().to_string(),
        version: 1,
        name,
        // Genesys ignores a description at creation.
        description: None,
        group_type: need("type", &["official", "social"])?,
        visibility: need("visibility", &["public", "owners", "members"])?,
        rules_visible: rules_visible.ok_or_else(|| Refusal::general("rulesVisible is required"))?,
        roles_enabled: body.get("rolesEnabled").and_then(Value::as_bool).unwrap_or(false),
        external_id: None,
        owners: strings(&body, "ownerIds"),
        grants: BTreeSet::new(),
        modified_ms: turn.now_ms,
    };
    let group = turn.world.put_group(group, turn.now_ms);
    Ok(Reply::ok(group_model(turn.world, &group)))
}

fn strings(body: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = body.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn put(turn: &mut Turn<'_>) -> Answer {
    let mut group = find(turn)?;
    let body = turn.object()?;
    let version = body.get("version").and_then(Value::as_u64);
    let version = version.ok_or_else(|| Refusal::general("version is required"))?;
    if version != u64::from(group.version) {
        return Err(turn.version_conflict());
    }
    if let Some(name) = text(&body, "name") {
        check_name(turn, name, &group.id)?;
        name.clone_into(&mut group.name);
    }
    if let Some(description) = text(&body, "description") {
        group.description = Some(description.to_owned());
    }
    match text(&body, "visibility") {
        None => {}
        Some("ownerIds") => "owners".clone_into(&mut group.visibility),
        Some(kind @ ("public" | "members")) => kind.clone_into(&mut group.visibility),
        Some(_) => return Err(Refusal::general("visibility is not valid")),
    }
    if let Some(flag) = body.get("rulesVisible").and_then(Value::as_bool) {
        group.rules_visible = flag;
    }
    if let Some(flag) = body.get("rolesEnabled").and_then(Value::as_bool) {
        group.roles_enabled = flag;
    }
    if body.contains_key("ownerIds") {
        group.owners = strings(&body, "ownerIds");
    }
    let group = turn.world.put_group(group, turn.now_ms);
    Ok(Reply::ok(group_model(turn.world, &group)))
}

pub(crate) fn delete(turn: &mut Turn<'_>) -> Answer {
    let group = find(turn)?;
    turn.world.drop_group(&group.id, turn.now_ms);
    Ok(Reply::empty(200))
}

/// Members, owners included.
pub(crate) fn members(turn: &mut Turn<'_>) -> Answer {
    let group = find(turn)?;
    let ids: BTreeSet<String> = turn.world.members(&group.id).into_iter().chain(group.owners).collect();
    let mut found: Vec<&User> = ids.iter().filter_map(|id| turn.world.live_user(id)).collect();
    if matches!(turn.request.parameter("sortOrder"), Some("descending" | "DESC")) {
        found.reverse();
    }
    turn.listing_of(&found, |user| user_model(turn.world, user))
}

/// Explicit members only, all at once: this operation knows no pages (docs/genesys.md G6.18).
pub(crate) fn individuals(turn: &mut Turn<'_>) -> Answer {
    let group = find(turn)?;
    let ids = turn.world.members(&group.id);
    let users = ids.iter().filter_map(|id| turn.world.live_user(id));
    let entities: Vec<Value> = users.map(|user| user_model(turn.world, user)).collect();
    let count = entities.len();
    let uri = &turn.request.path;
    Ok(Reply::ok(json!({ "entities": entities, "total": count, "selfUri": uri })))
}

pub(crate) fn add_members(turn: &mut Turn<'_>) -> Answer {
    let group = find(turn)?;
    if is_unheard_of(turn, &group.id) {
        return Err(missing());
    }
    let body = turn.object()?;
    let ids = strings(&body, "memberIds");
    if ids.is_empty() || ids.len() > MAX_MEMBERS {
        return Err(Refusal::general(format!("memberIds must hold 1 to {MAX_MEMBERS} ids")));
    }
    if let Some(version) = body.get("version").and_then(Value::as_u64)
        && version != u64::from(group.version)
    {
        return Err(turn.version_conflict());
    }
    if ids.iter().any(|id| turn.world.live_user(id).is_none() || is_unheard_of(turn, id)) {
        return Err(Refusal::new(400, "general.resource.not.found", "Group members were not found."));
    }
    later(turn, &group, ids, Vec::new())
}

pub(crate) fn remove_members(turn: &mut Turn<'_>) -> Answer {
    let group = find(turn)?;
    let ids = turn.request.parameters("ids");
    if ids.is_empty() || ids.len() > MAX_MEMBERS {
        return Err(Refusal::general(format!("ids must hold 1 to {MAX_MEMBERS} ids")));
    }
    later(turn, &group, Vec::new(), ids)
}

/// 202 now, the change after the quirk's time.
fn later(turn: &mut Turn<'_>, group: &Group, add: Vec<String>, remove: Vec<String>) -> Answer {
    let due_ms = turn.now_ms.saturating_add(u64::from(turn.quirks.group_lag_ms));
    let actor = turn.world.audit.actor().clone();
    turn.world.postpone(Pending { due_ms, group: group.id.clone(), add, remove, actor });
    if turn.quirks.group_lag_ms == 0 {
        turn.world.catch_up(turn.now_ms, turn.quirks.search_lag_ms);
    }
    Ok(Reply::json(202, json!({})))
}
