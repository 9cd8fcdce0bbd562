//! Listings of users: by page number, and by cursor for who has many (docs/genesys.md G3.6, G3.14 to G3.17).
//!
//! Both walk the roll in the order of ids and make models for their page only.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::expansions::{Expand, SCHEMAS_OF_A_LISTING};
use crate::paging::{MAX_PAGE_SIZE, Page};
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::Turn;
use crate::world::entities::{State, User};

/// Most ids in one listing.
const MAX_IDS: usize = 100;
/// How a cursor begins. It has to be encoded in an address, so that clients that forget it are found out.
const CURSOR: &str = "u=";

/// The state asked for; none is any.
fn state(turn: &Turn<'_>) -> Result<Option<State>, Refusal> {
    match turn.request.parameter("state").unwrap_or("active") {
        "any" => Ok(None),
        wanted => State::parse(wanted).map(Some).ok_or_else(|| {
            let message = format!("Value [{wanted}] is not valid for parameter [state].");
            Refusal::new(400, "invalid.query.param.value", message)
        }),
    }
}

fn is_descending(turn: &Turn<'_>) -> bool {
    matches!(turn.request.parameter("sortOrder"), Some("descending" | "DESC"))
}

pub(crate) fn by_page(turn: &mut Turn<'_>) -> Answer {
    let state = state(turn)?;
    let expand = Expand::read(turn, SCHEMAS_OF_A_LISTING)?;
    let ids = turn.request.parameters("id");
    if ids.len() > MAX_IDS {
        return Err(Refusal::new(400, "max.user.ids", format!("At most {MAX_IDS} ids are allowed.")));
    }
    if !ids.is_empty() {
        let ids: BTreeSet<String> = ids.into_iter().collect();
        let found = ids.iter().filter_map(|id| turn.world.users.get(id));
        let mut found: Vec<&User> =
            found.filter(|user| state.is_none_or(|wanted| user.state == wanted)).collect();
        if is_descending(turn) {
            found.reverse();
        }
        return turn.listing_of(&found, |user| expand.model(turn, user));
    }
    let page = turn.page(MAX_PAGE_SIZE)?;
    within_reach(turn, state, page)?;
    let ids = turn.world.roll(state, None, is_descending(turn)).skip(page.skip()).take(page.size);
    let users = ids.filter_map(|id| turn.world.users.get(id));
    let entities = users.map(|user| expand.model(turn, user)).collect();
    turn.paged(page, turn.world.head_count(state), true, entities)
}

/// Refuses a page that reaches beyond as many inactive users as can be paged through.
fn within_reach(turn: &Turn<'_>, state: Option<State>, page: Page) -> Result<(), Refusal> {
    let most = usize::try_from(turn.quirks.inactive_offset_max).unwrap_or(usize::MAX);
    let all = turn.world.head_count(Some(State::Inactive));
    let lists_them = state.is_none_or(|state| state == State::Inactive);
    if most == 0 || !lists_them || all <= most {
        return Ok(());
    }
    let descending = is_descending(turn);
    let last = turn.world.roll(state, None, descending).take(page.end()).last();
    let beyond =
        last.map_or(0, |last| turn.world.roll(Some(State::Inactive), Some(last), descending).count());
    let inactive = all.saturating_sub(beyond);
    if inactive > most {
        return Err(Refusal::general(format!("No more than {most} inactive users can be paged through.")));
    }
    Ok(())
}

pub(crate) fn by_cursor(turn: &mut Turn<'_>) -> Answer {
    let divisions = turn.world.catalog.divisions.iter().map(|division| division.id.clone());
    for division in divisions.collect::<Vec<_>>() {
        turn.need_division(&division, "missing.division.permission")?;
    }
    let state = state(turn)?;
    let expand = Expand::read(turn, SCHEMAS_OF_A_LISTING)?;
    let size = turn.page(MAX_PAGE_SIZE)?.size;
    let after = match turn.request.parameter("cursor") {
        None => None,
        Some(cursor) => Some(cursor.strip_prefix(CURSOR).ok_or_else(|| {
            Refusal::new(400, "invalid.query.param.value", "Value is not valid for parameter [cursor].")
        })?),
    };
    let mut ids: Vec<&String> =
        turn.world.roll(state, after, is_descending(turn)).take(size.saturating_add(1)).collect();
    let more = ids.len() > size;
    ids.truncate(size);
    let users = ids.iter().filter_map(|id| turn.world.users.get(*id));
    let entities: Vec<Value> = users.map(|user| expand.model(turn, user)).collect();
    let mut page = Map::new();
    page.insert("results".into(), entities.len().into());
    page.insert("entities".into(), Value::Array(entities));
    page.insert("selfUri".into(), turn.request.target().into());
    if let Some(last) = ids.last().filter(|_| more) {
        page.insert("cursor".into(), format!("{CURSOR}{last}").into());
        let next = turn.address(&["cursor"], &[("cursor", format!("u%3D{last}"))]);
        page.insert("nextUri".into(), next.into());
    }
    Ok(Reply::ok(Value::Object(page)))
}
