//! Members of one queue: list, bulk add and delete, join, single delete (docs/genesys.md G6).

use serde_json::{Map, Value, json};

use super::queues::{find, through_group, through_groups};
use crate::quirks::AtGone;
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text};
use crate::world::catalog::Queue;
use crate::world::entities::{Membership, User};

/// Most members in one call, and the largest page.
const MAX_MEMBERS: usize = 100;

fn model(queue: &Queue, user: &User) -> Value {
    let held = user.queues.get(&queue.id);
    json!({
        "id": user.id,
        "name": user.name,
        "ringNumber": held.map_or(1, |held| held.ring),
        "joined": held.is_none_or(|held| held.joined),
        "memberBy": if held.is_some() { "user" } else { "group" },
        "selfUri": format!("/api/v2/routing/queues/{}/members/{}", queue.id, user.id),
    })
}

/// The queue of the path, which the client must cover.
fn own_queue(turn: &Turn<'_>) -> Result<Queue, Refusal> {
    let queue = find(turn, &turn.path(0))?;
    turn.need_division(&queue.division, "missing.any.division.permissions")?;
    Ok(queue)
}

pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let queue = own_queue(turn)?;
    let by = turn.request.parameter("memberBy");
    if let Some(other) = by.filter(|by| !matches!(*by, "user" | "group")) {
        let message = format!("Value [{other}] is not valid for parameter [memberBy].");
        return Err(Refusal::new(400, "invalid.query.param.value", message));
    }
    let joined = match turn.request.parameter("joined") {
        None => None,
        Some(_) => Some(turn.flag("joined", true)?),
    };
    let name = turn.request.parameter("name").map(str::to_lowercase);
    let direct = turn.world.in_queue(&queue.id).filter(|_| by != Some("group"));
    let through = through_groups(turn.world, &queue).into_iter().filter(|_| by != Some("user"));
    let is_joined = |user: &User| user.queues.get(&queue.id).is_none_or(|held| held.joined);
    let mut found: Vec<&User> = direct
        .chain(through)
        .filter(|user| joined.is_none_or(|wanted| is_joined(user) == wanted))
        .filter(|user| name.as_ref().is_none_or(|name| user.name.to_lowercase().contains(name)))
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name).then_with(|| one.id.cmp(&other.id)));
    if turn.request.parameter("sortOrder") == Some("desc") {
        found.reverse();
    }
    turn.listing_without_total(&found, MAX_MEMBERS, |user| model(&queue, user))
}

/// An item of a body: the id of a member and the whole item.
type Item = (String, Map<String, Value>);

/// Ids of the body, each with what else the item says.
fn items(turn: &Turn<'_>) -> Result<Vec<Item>, Refusal> {
    let items = turn.objects(MAX_MEMBERS)?;
    if items.is_empty() {
        return Err(Refusal::bad(
            "Invalid request data. Make sure you submit a valid number of queue members.",
        ));
    }
    items
        .into_iter()
        .map(|item| {
            let id = text(&item, "id").unwrap_or_default().to_owned();
            if uuid::Uuid::parse_str(&id).is_err() {
                return Err(Refusal::new(
                    400,
                    "invalid.id",
                    "A non-UUID value was specified for an ID field.",
                ));
            }
            Ok((id, item))
        })
        .collect()
}

/// Adds or deletes up to 100 members; one bad member refuses the whole call.
pub(crate) fn post(turn: &mut Turn<'_>) -> Answer {
    let queue = own_queue(turn)?;
    let delete = turn.flag("delete", false)?;
    let mut changed: Vec<User> = Vec::new();
    for (id, item) in items(turn)? {
        if item.len() != 1 {
            return Err(Refusal::bad("Only the id of a member is allowed here."));
        }
        let Some(mut user) = turn.world.live_user(&id).cloned() else {
            if delete && turn.quirks.queue_remove_absent == AtGone::Accept {
                continue;
            }
            return Err(Refusal::bad("Invalid request data. A member could not be found."));
        };
        let held = user.queues.contains_key(&queue.id);
        let gone = if delete { turn.quirks.queue_remove_absent } else { turn.quirks.queue_readd };
        if held != delete && gone == AtGone::Refuse {
            return Err(Refusal::bad(
                "Invalid request data. A member is in the wrong state for this request.",
            ));
        }
        if delete {
            user.queues.remove(&queue.id);
        } else {
            user.queues.entry(queue.id.clone()).or_insert(Membership { joined: true, ring: 1 });
        }
        changed.push(user);
    }
    for user in changed {
        turn.put_aside(user);
    }
    Ok(Reply::empty(204))
}

fn apply(queue: &Queue, user: &mut User, item: &Map<String, Value>) {
    if let Some(held) = user.queues.get_mut(&queue.id) {
        if let Some(joined) = item.get("joined").and_then(Value::as_bool) {
            held.joined = joined;
        }
        if let Some(ring) = item.get("ringNumber").and_then(Value::as_u64) {
            held.ring = u32::try_from(ring.clamp(1, 6)).unwrap_or(1);
        }
    }
}

/// Joins or leaves. Who is no member is passed over.
pub(crate) fn patch(turn: &mut Turn<'_>) -> Answer {
    let queue = own_queue(turn)?;
    let mut shown = Vec::new();
    for (id, item) in items(turn)? {
        let Some(mut user) = turn.world.live_user(&id).cloned() else { continue };
        if !user.queues.contains_key(&queue.id) {
            continue;
        }
        apply(&queue, &mut user, &item);
        shown.push(model(&queue, &user));
        turn.put_aside(user);
    }
    turn.listing_without_total(&shown, MAX_MEMBERS, Value::clone)
}

fn member(turn: &Turn<'_>, queue: &Queue) -> Result<User, Refusal> {
    let user = turn.world.live_user(&turn.path(1)).cloned();
    match user {
        Some(user) if user.queues.contains_key(&queue.id) => Ok(user),
        Some(user) if through_group(queue, &user) => {
            Err(Refusal::new(400, "invalid.type", "A member through a group cannot be changed individually."))
        }
        _ => Err(Refusal::new(404, "resource.not.found", "The queue member could not be found.")),
    }
}

pub(crate) fn patch_one(turn: &mut Turn<'_>) -> Answer {
    let queue = own_queue(turn)?;
    let mut user = member(turn, &queue)?;
    apply(&queue, &mut user, &turn.object()?);
    turn.put_aside(user);
    Ok(Reply::empty(202))
}

pub(crate) fn delete(turn: &mut Turn<'_>) -> Answer {
    let queue = own_queue(turn)?;
    let mut user = member(turn, &queue)?;
    user.queues.remove(&queue.id);
    turn.put_aside(user);
    Ok(Reply::empty(204))
}
