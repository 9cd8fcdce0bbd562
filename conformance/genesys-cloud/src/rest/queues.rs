//! Queues, and the queues of one user (docs/genesys.md G6). Members of one queue are in `queue_members`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::division_ref;
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text};
use crate::world::World;
use crate::world::catalog::Queue;
use crate::world::entities::User;

/// 404 of a queue.
pub(super) fn no_queue() -> Refusal {
    Refusal::new(404, "resource.not.found", "Specified queue could not be found.")
}

/// Finds a queue by a path parameter, which must be a UUID.
pub(super) fn find(turn: &Turn<'_>, id: &str) -> Result<Queue, Refusal> {
    if uuid::Uuid::parse_str(id).is_err() {
        return Err(Refusal::new(400, "invalid.id", "A non-UUID value was specified for an ID field."));
    }
    turn.world.catalog.queue(id).cloned().ok_or_else(no_queue)
}

/// Whether a user is in a queue through one of its groups.
pub(super) fn through_group(queue: &Queue, user: &User) -> bool {
    queue.groups.iter().any(|group| user.groups.contains(group))
}

/// The users who are in a queue through its groups only, in order of their ids.
pub(super) fn through_groups<'w>(world: &'w World, queue: &Queue) -> Vec<&'w User> {
    let ids: BTreeSet<String> = queue.groups.iter().flat_map(|group| world.members(group)).collect();
    let users = ids.iter().filter_map(|id| world.live_user(id));
    users.filter(|user| !user.queues.contains_key(&queue.id)).collect()
}

fn model(world: &World, queue: &Queue) -> Map<String, Value> {
    let direct = world.in_queue(&queue.id).count();
    let joined = |user: &&User| user.queues.get(&queue.id).is_some_and(|held| held.joined);
    let joined = world.in_queue(&queue.id).filter(joined).count();
    let by_group = through_groups(world, queue).len();
    let mut out = Map::new();
    out.insert("id".into(), json!(queue.id));
    out.insert("name".into(), json!(queue.name));
    out.insert("division".into(), division_ref(world, &queue.division));
    out.insert("memberCount".into(), json!(direct.saturating_add(by_group)));
    out.insert("userMemberCount".into(), json!(direct));
    out.insert("joinedMemberCount".into(), json!(joined.saturating_add(by_group)));
    out.insert("selfUri".into(), json!(format!("/api/v2/routing/queues/{}", queue.id)));
    out
}

/// The name filter: exact without letter case, or with asterisks at the ends.
fn name_fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let core = pattern.trim_matches('*');
    match (pattern.starts_with('*'), pattern.ends_with('*')) {
        (true, true) => name.contains(core),
        (true, false) => name.ends_with(core),
        (false, true) => name.starts_with(core),
        (false, false) => name == pattern,
    }
}

pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let (ids, divisions) = (turn.request.parameters("id"), turn.request.parameters("divisionId"));
    let name = turn.request.parameter("name");
    let mut found: Vec<&Queue> = turn
        .world
        .catalog
        .queues
        .iter()
        .filter(|queue| turn.covers_division(&queue.division))
        .filter(|queue| ids.is_empty() || ids.contains(&queue.id))
        .filter(|queue| divisions.is_empty() || divisions.contains(&queue.division))
        .filter(|queue| name.is_none_or(|name| name_fits(name, &queue.name)))
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    if turn.request.parameter("sortOrder") == Some("desc") {
        found.reverse();
    }
    turn.listing(found.into_iter().map(|queue| Value::Object(model(turn.world, queue))).collect())
}

pub(crate) fn get(turn: &mut Turn<'_>) -> Answer {
    let queue = find(turn, &turn.path(0))?;
    turn.need_division(&queue.division, "missing.division.permissions")?;
    Ok(Reply::ok(Value::Object(model(turn.world, &queue))))
}

/// Queues of a user. `joined` is true unless the request says otherwise, so one call never shows all.
pub(crate) fn of_user(turn: &mut Turn<'_>) -> Answer {
    let user = turn.readable_user(&turn.path(0))?;
    let wanted = turn.flag("joined", true)?;
    let divisions = turn.request.parameters("divisionId");
    let mut found = Vec::new();
    for queue in &turn.world.catalog.queues {
        let joined = match user.queues.get(&queue.id) {
            Some(held) => held.joined,
            None if through_group(queue, &user) => true,
            None => continue,
        };
        if joined == wanted && (divisions.is_empty() || divisions.contains(&queue.division)) {
            found.push(user_queue(turn.world, queue, joined));
        }
    }
    turn.listing(found)
}

fn user_queue(world: &World, queue: &Queue, joined: bool) -> Value {
    let mut out = model(world, queue);
    out.insert("joined".into(), json!(joined));
    Value::Object(out)
}

pub(crate) fn join_many(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    let mut shown = Vec::new();
    for item in turn.objects(100)? {
        let id = text(&item, "id").ok_or_else(|| Refusal::general("id is required"))?;
        let queue = find(turn, id)?;
        join(&mut user, &queue, &item)?;
        let joined = user.queues.get(&queue.id).is_some_and(|held| held.joined);
        shown.push(user_queue(turn.world, &queue, joined));
    }
    turn.put_aside(user);
    turn.listing(shown)
}

pub(crate) fn join_one(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    let queue = find(turn, &turn.path(1))?;
    join(&mut user, &queue, &turn.object()?)?;
    let joined = user.queues.get(&queue.id).is_some_and(|held| held.joined);
    turn.put_aside(user);
    Ok(Reply::ok(user_queue(turn.world, &queue, joined)))
}

/// Joins or leaves; never makes a member.
fn join(user: &mut User, queue: &Queue, item: &Map<String, Value>) -> Result<(), Refusal> {
    let joined = item.get("joined").and_then(Value::as_bool);
    let joined = joined.ok_or_else(|| Refusal::general("joined is required"))?;
    let held = user.queues.get_mut(&queue.id).ok_or_else(no_queue)?;
    held.joined = joined;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::name_fits;

    #[test]
    fn a_queue_name_is_exact_unless_it_has_asterisks() {
        for (pattern, name, fits) in [
            ("VIP", "vip", true),
            ("VI", "VIP", false),
            ("VI*", "VIP", true),
            ("*line", "Broker Line", true),
            ("*oke*", "Broker Line", true),
            ("*oke", "Broker Line", false),
        ] {
            assert_eq!(name_fits(pattern, name), fits, "{pattern} {name}");
        }
    }
}
