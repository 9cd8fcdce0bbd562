//! Teams: list and members by cursor, members added with failures inside a 200, and removed (docs/genesys.md
//! G6.12, G6.13).
//!
//! Teams themselves are fixed by the seed: nothing here makes, renames or deletes one.

use serde_json::{Value, json};

use crate::quirks::AtGone;
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::Turn;
use crate::world::World;
use crate::world::catalog::Team;
use crate::world::entities::User;

use super::division_ref;

/// Most members in one call, either way.
const MAX_MEMBERS: usize = 25;
/// The largest page.
const MAX_PAGE_SIZE: usize = 100;

fn no_team() -> Refusal {
    Refusal::new(404, "general.resource.not.found", "Unable to find a team with that teamId")
}

/// The team of the path, which the client must cover.
fn find(turn: &Turn<'_>) -> Result<Team, Refusal> {
    let team = turn.world.catalog.team(&turn.path(0)).cloned().ok_or_else(no_team)?;
    turn.need_division(&team.division, "missing.division.permission")?;
    Ok(team)
}

pub(super) fn model(world: &World, team: &Team) -> Value {
    json!({
        "id": team.id,
        "name": team.name,
        "division": division_ref(world, &team.division),
        "memberCount": world.team_size(&team.id),
        "selfUri": format!("/api/v2/teams/{}", team.id),
    })
}

/// Teams by name; the parameter is the start of a name, in any letter case.
pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let start = turn.request.parameter("name").map(str::to_lowercase);
    let mut found: Vec<&Team> = turn
        .world
        .catalog
        .teams
        .iter()
        .filter(|team| turn.covers_division(&team.division))
        .filter(|team| start.as_ref().is_none_or(|start| team.name.to_lowercase().starts_with(start)))
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    turn.cursor_listing(&found, MAX_PAGE_SIZE, |team| model(turn.world, team))
}

pub(crate) fn get(turn: &mut Turn<'_>) -> Answer {
    let team = find(turn)?;
    Ok(Reply::ok(model(turn.world, &team)))
}

pub(crate) fn members(turn: &mut Turn<'_>) -> Answer {
    let team = find(turn)?;
    let named = turn.request.parameter("expand") == Some("entities");
    let member = |user: &&User| {
        let mut shown = json!({ "id": user.id, "selfUri": format!("/api/v2/users/{}", user.id) });
        if named && let Some(shown) = shown.as_object_mut() {
            shown.insert("name".into(), json!(user.name));
        }
        shown
    };
    let members: Vec<&User> = turn.world.in_team(&team.id).collect();
    turn.cursor_listing(&members, MAX_PAGE_SIZE, member)
}

/// Why a user does not become a member.
fn failure(turn: &Turn<'_>, team: &Team, user: Option<&User>) -> Option<&'static str> {
    let Some(user) = user else { return Some("UserNotFound") };
    if turn.quirks.stale_writes && turn.world.is_fresh(&user.id, turn.now_ms, turn.quirks.stale_ms) {
        return Some("UserNotFound");
    }
    if user.teams.contains(&team.id) {
        return (turn.quirks.team_readd == AtGone::Refuse).then_some("UserGroupLimitExceeded");
    }
    if turn.quirks.team_single && !user.teams.is_empty() {
        return Some("UserGroupLimitExceeded");
    }
    let elsewhere = turn.quirks.team_same_division && user.division != team.division;
    elsewhere.then_some("UserGroupDivisionMismatch")
}

/// Adds whom it can and lists the others, with a 200 in either case.
pub(crate) fn add_members(turn: &mut Turn<'_>) -> Answer {
    let team = find(turn)?;
    let ids: Vec<String> = turn
        .object()?
        .get("memberIds")
        .and_then(|ids| serde_json::from_value(ids.clone()).ok())
        .ok_or_else(|| Refusal::bad("memberIds must be a list of ids"))?;
    if ids.is_empty() || ids.len() > MAX_MEMBERS {
        return Err(Refusal::new(400, "max.user.ids", "Only 25 members can be added at a time."));
    }
    let (mut entities, mut failures) = (Vec::new(), Vec::new());
    for id in ids {
        let user = turn.world.live_user(&id).cloned();
        match (failure(turn, &team, user.as_ref()), user) {
            (None, Some(mut user)) => {
                user.teams.insert(team.id.clone());
                turn.put_aside(user);
                entities.push(json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") }));
            }
            (reason, _) => failures.push(json!({ "id": id, "reason": reason.unwrap_or("UserNotFound") })),
        }
    }
    Ok(Reply::ok(json!({ "entities": entities, "failures": failures })))
}

pub(crate) fn remove_members(turn: &mut Turn<'_>) -> Answer {
    let team = find(turn)?;
    let ids = turn.request.parameters("id");
    if ids.is_empty() || ids.len() > MAX_MEMBERS {
        return Err(Refusal::new(400, "max.user.ids", "Only 25 members can be deleted at a time."));
    }
    for id in ids {
        let member = turn.world.live_user(&id).filter(|user| user.teams.contains(&team.id)).cloned();
        if let Some(mut user) = member {
            user.teams.remove(&team.id);
            turn.put_aside(user);
        } else if turn.quirks.team_remove_absent == AtGone::Refuse {
            return Err(Refusal::new(404, "general.resource.not.found", "Unable to find a team member"));
        }
    }
    Ok(Reply::empty(204))
}
