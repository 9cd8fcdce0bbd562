//! SCIM groups: list, read, replace and patch. There is no create and no delete, and the name is read-only
//! (docs/genesys.md G2).

use serde_json::{Map, Value};

use super::path::comparison;
use super::{check_if_match, etag, not_modified, operations, page, render, send};
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text};
use crate::world::entities::Group;

/// Most members that one call may add or take away; SCIM's own limit is not published, this is the REST one.
const MAX_MEMBERS: usize = 50;

pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let filter = match turn.request.parameter("filter") {
        None => None,
        Some(text) => Some(
            comparison(text)
                .filter(|(name, _)| matches!(name.to_ascii_lowercase().as_str(), "id" | "displayname"))
                .ok_or_else(|| {
                    turn.scim_bad("invalidFilter", format!("The filter `{text}` is not supported."))
                })?,
        ),
    };
    let fits = |group: &&Group| match &filter {
        None => true,
        Some((name, value)) if name.eq_ignore_ascii_case("id") => group.id == *value,
        Some((_, value)) => group.name.eq_ignore_ascii_case(value),
    };
    let found = turn.world.groups.values().filter(fits).map(|group| render::group(turn, group)).collect();
    page(turn, found)
}

fn find(turn: &Turn<'_>) -> Result<Group, Refusal> {
    turn.world.groups.get(&turn.path(0)).cloned().ok_or_else(no_group)
}

fn no_group() -> Refusal {
    Refusal::new(404, "general.resource.not.found", "Specified group not found.")
}

pub(crate) fn get(turn: &mut Turn<'_>) -> Answer {
    let group = find(turn)?;
    if not_modified(turn, group.version) {
        return Ok(Reply::empty(304).with("ETag", etag(group.version)));
    }
    Ok(send(turn, 200, group.version, render::group(turn, &group)))
}

pub(crate) fn put(turn: &mut Turn<'_>) -> Answer {
    let group = find(turn)?;
    check_if_match(turn, group.version)?;
    let body = turn.object()?;
    write(turn, group, &body)
}

pub(crate) fn patch(turn: &mut Turn<'_>) -> Answer {
    let group = find(turn)?;
    check_if_match(turn, group.version)?;
    let operations = operations(turn)?;
    let mut document = render::group(turn, &group);
    for operation in &operations {
        operation.apply(&mut document, turn.quirks).map_err(|fault| fault.refuse(turn))?;
    }
    if text(&document, "displayName") != Some(&group.name) {
        return Err(turn.scim_bad("mutability", "displayName is read-only."));
    }
    document.entry("members").or_insert_with(|| Value::Array(Vec::new()));
    write(turn, group, &document)
}

fn write(turn: &mut Turn<'_>, mut group: Group, document: &Map<String, Value>) -> Answer {
    if let Some(id) = text(document, "externalId") {
        group.external_id = Some(id.to_owned());
    }
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    if let Some(members) = document.get("members") {
        let wanted = member_ids(turn, members)?;
        let held = turn.world.members(&group.id);
        add = wanted.iter().filter(|id| !held.contains(id)).cloned().collect();
        remove = held.iter().filter(|id| !wanted.contains(id)).cloned().collect();
        if add.len().saturating_add(remove.len()) > MAX_MEMBERS {
            return Err(
                turn.scim_bad("tooMany", format!("At most {MAX_MEMBERS} members can change in one request."))
            );
        }
    }
    let now = turn.now_ms;
    let changed = turn.world.change_members(&group.id, &add, &remove, now);
    if changed || turn.world.groups.get(&group.id) != Some(&group) {
        // A change of members is a change of the group, so its version rises too.
        group.modified_ms = now.max(group.modified_ms.saturating_add(1));
        group = turn.world.put_group(group, now);
    }
    let document = render::group(turn, &group);
    Ok(send(turn, 200, group.version, document))
}

fn member_ids(turn: &Turn<'_>, members: &Value) -> Result<Vec<String>, Refusal> {
    let wrong =
        || turn.scim_bad("invalidValue", "members must be a list of objects with the id of a user as value.");
    let Value::Array(items) = members else { return Err(wrong()) };
    items
        .iter()
        .map(|item| {
            let id = item.get("value").and_then(Value::as_str).ok_or_else(wrong)?;
            turn.world.live_user(id).map(|user| user.id.clone()).ok_or_else(wrong)
        })
        .collect()
}
