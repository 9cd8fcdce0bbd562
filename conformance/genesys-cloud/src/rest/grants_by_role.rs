//! Who holds a role: groups, then users by id, each with the divisions (docs/genesys.md G4.10, G4.11).
//!
//! Tells of direct grants only: who has a role through a group is not listed, the group is. The same grants by
//! subject are in `grants`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::division_ref;
use crate::reply::{Answer, Refusal};
use crate::turn::Turn;
use crate::world::entities::{Grant, Group};

pub(crate) fn list(turn: &mut Turn<'_>) -> Answer {
    let role = turn.path(0);
    turn.world.catalog.role(&role).ok_or_else(Refusal::not_found)?;
    let page = turn.page(usize::try_from(turn.quirks.subjectgrants_max_page).unwrap_or(usize::MAX))?;
    let (now_ms, stale_ms) = (turn.now_ms, turn.quirks.stale_ms);
    let groups =
        turn.world.groups.values().filter(|group| group.grants.iter().any(|grant| grant.role == role));
    let groups: Vec<&Group> = groups.collect();
    let holders = turn.world.holders(&role, now_ms, stale_ms);
    let users = holders.ids.skip(page.skip().saturating_sub(groups.len())).filter_map(|id| {
        let user = turn.world.users.get(id)?;
        let grants = turn.world.visible_grants(user, now_ms, stale_ms);
        Some(model(turn, "PC_USER", (&user.id, &user.name), &role, &grants))
    });
    let shown = groups.iter().skip(page.skip());
    let shown = shown.map(|group| model(turn, "PC_GROUP", (&group.id, &group.name), &role, &group.grants));
    let entities = shown.chain(users).take(page.size).collect();
    turn.paged(page, holders.count.saturating_add(groups.len()), true, entities)
}

fn model(
    turn: &Turn<'_>,
    kind: &str,
    (id, name): (&str, &str),
    role: &str,
    grants: &BTreeSet<Grant>,
) -> Value {
    let divisions = grants.iter().filter(|grant| grant.role == role);
    json!({
        "id": id,
        "name": name,
        "type": kind,
        "divisions": divisions.map(|grant| division_ref(turn.world, &grant.division)).collect::<Value>(),
        "selfUri": format!("/api/v2/authorization/subjects/{id}"),
    })
}
