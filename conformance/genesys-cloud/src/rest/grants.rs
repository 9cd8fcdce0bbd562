//! Grants of roles in divisions: read, add, take away, replace (docs/genesys.md G4).
//!
//! A subject is a user or a group. What a user has through a group is shown with the group's id and is never
//! changed by an operation on the user.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::division_model;
use crate::quirks::AtGone;
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text, timestamp};
use crate::world::entities::{Grant, Group, State, User};

/// Most grants of one subject.
const MAX_GRANTS: usize = 1000;

enum Subject {
    User(Box<User>),
    Group(Group),
}

impl Subject {
    fn find(turn: &Turn<'_>, id: &str) -> Result<Subject, Refusal> {
        match turn.request.parameter("subjectType") {
            None | Some("PC_USER" | "PC_GROUP" | "PC_OAUTH_CLIENT") => {}
            Some(other) => {
                return Err(Refusal::new(
                    400,
                    "invalid.subject.type",
                    format!("`{other}` is not a subject type."),
                ));
            }
        }
        if let Some(group) = turn.world.groups.get(id) {
            return Ok(Subject::Group(group.clone()));
        }
        let user = turn.world.live_user(id).ok_or_else(Refusal::not_found)?;
        if turn.quirks.stale_writes && turn.world.is_fresh(id, turn.now_ms, turn.quirks.stale_ms) {
            return Err(Refusal::not_found());
        }
        Ok(Subject::User(Box::new(user.clone())))
    }

    fn grants(&mut self) -> &mut BTreeSet<Grant> {
        match self {
            Subject::User(user) => &mut user.grants,
            Subject::Group(group) => &mut group.grants,
        }
    }

    fn put(self, turn: &mut Turn<'_>) {
        match self {
            Subject::User(user) => turn.put_aside(*user),
            Subject::Group(group) => {
                turn.world.put_group(group, turn.now_ms);
            }
        }
    }
}

/// Refuses a pair that does not exist or that the client may not touch.
fn check(turn: &Turn<'_>, grant: &Grant) -> Result<(), Refusal> {
    if turn.world.catalog.role(&grant.role).is_none() {
        return Err(Refusal::not_found());
    }
    if turn.world.catalog.division(&grant.division).is_none() {
        return Err(Refusal::new(400, "bad.role.divisions", "Invalid role divisions in request."));
    }
    turn.need_division(&grant.division, "missing.division.permissions")
}

fn pairs(turn: &Turn<'_>) -> Result<Vec<Grant>, Refusal> {
    let body = turn.object()?;
    let list =
        body.get("grants").and_then(Value::as_array).ok_or_else(|| Refusal::bad("grants is required"))?;
    list.iter()
        .map(|pair| {
            let pair = pair.as_object().ok_or_else(|| Refusal::bad("each grant must be an object"))?;
            let need = |name: &str| {
                text(pair, name).map(str::to_owned).ok_or_else(|| Refusal::bad(format!("{name} is required")))
            };
            let grant = Grant { role: need("roleId")?, division: need("divisionId")? };
            check(turn, &grant)?;
            Ok(grant)
        })
        .collect()
}

fn too_many(grants: &BTreeSet<Grant>) -> Result<(), Refusal> {
    if grants.len() > MAX_GRANTS {
        return Err(Refusal::new(
            400,
            "max.role.assignments.exceeded",
            "Too many roles granted to a subject",
        ));
    }
    Ok(())
}

pub(crate) fn bulk_add(turn: &mut Turn<'_>) -> Answer {
    let mut subject = Subject::find(turn, &turn.path(0))?;
    let pairs = pairs(turn)?;
    subject.grants().extend(pairs);
    too_many(subject.grants())?;
    subject.put(turn);
    Ok(Reply::empty(204))
}

pub(crate) fn bulk_remove(turn: &mut Turn<'_>) -> Answer {
    let mut subject = Subject::find(turn, &turn.path(0))?;
    for pair in pairs(turn)? {
        if !subject.grants().remove(&pair) && turn.quirks.bulkremove_gone == AtGone::Refuse {
            return Err(Refusal::not_found());
        }
    }
    subject.put(turn);
    Ok(Reply::empty(204))
}

pub(crate) fn bulk_replace(turn: &mut Turn<'_>) -> Answer {
    let mut subject = Subject::find(turn, &turn.path(0))?;
    *subject.grants() = pairs(turn)?.into_iter().collect();
    too_many(subject.grants())?;
    subject.put(turn);
    Ok(Reply::empty(204))
}

fn one(turn: &Turn<'_>) -> Result<(Subject, Grant), Refusal> {
    let grant = Grant { division: turn.path(1), role: turn.path(2) };
    let subject = Subject::find(turn, &turn.path(0))?;
    check(turn, &grant)?;
    Ok((subject, grant))
}

pub(crate) fn add_one(turn: &mut Turn<'_>) -> Answer {
    let (mut subject, grant) = one(turn)?;
    subject.grants().insert(grant);
    subject.put(turn);
    Ok(Reply::empty(204))
}

pub(crate) fn delete_one(turn: &mut Turn<'_>) -> Answer {
    let (mut subject, grant) = one(turn)?;
    if !subject.grants().remove(&grant) && turn.quirks.grant_delete_gone == AtGone::Refuse {
        return Err(Refusal::not_found());
    }
    subject.put(turn);
    Ok(Reply::empty(204))
}

/// One role to many subjects, in each of the divisions.
pub(crate) fn grant_many(turn: &mut Turn<'_>) -> Answer {
    let role = turn.path(0);
    let body = turn.object()?;
    let list = |name: &str| -> Result<Vec<String>, Refusal> {
        serde_json::from_value(body.get(name).cloned().unwrap_or_default())
            .map_err(|_| Refusal::general(format!("{name} must be a list of ids")))
    };
    let (subjects, divisions) = (list("subjectIds")?, list("divisionIds")?);
    let grants: Vec<Grant> =
        divisions.into_iter().map(|division| Grant { role: role.clone(), division }).collect();
    for grant in &grants {
        check(turn, grant)?;
    }
    let mut changed = Vec::new();
    for id in &subjects {
        let mut subject = Subject::find(turn, id)?;
        subject.grants().extend(grants.iter().cloned());
        too_many(subject.grants())?;
        changed.push(subject);
    }
    for subject in changed {
        subject.put(turn);
    }
    Ok(Reply::empty(204))
}

pub(crate) fn users_add(turn: &mut Turn<'_>) -> Answer {
    role_of_users(turn, true)
}

pub(crate) fn users_remove(turn: &mut Turn<'_>) -> Answer {
    role_of_users(turn, false)
}

/// The older calls without a division: add in Home, remove everywhere.
fn role_of_users(turn: &mut Turn<'_>, add: bool) -> Answer {
    let grant = Grant { role: turn.path(0), division: turn.world.catalog.home.clone() };
    check(turn, &grant)?;
    let ids = turn.ids()?;
    for id in &ids {
        turn.writable_user(id)?;
    }
    for id in &ids {
        let mut user = turn.writable_user(id)?;
        if add {
            user.grants.insert(grant.clone());
        } else {
            user.grants.retain(|held| held.role != grant.role);
        }
        turn.put_aside(user);
    }
    Ok(Reply::ok(json!(ids)))
}

pub(crate) fn subject(turn: &mut Turn<'_>) -> Answer {
    let id = turn.path(0);
    let duplicates = turn.flag("includeDuplicates", false)?;
    let (name, grants): (&str, Vec<(String, Grant)>) = if let Some(group) = turn.world.groups.get(&id) {
        (&group.name, group.grants.iter().map(|grant| (id.clone(), grant.clone())).collect())
    } else {
        let user = turn.world.users.get(&id).ok_or_else(Refusal::not_found)?;
        let direct = turn.world.visible_grants(user, turn.now_ms, turn.quirks.stale_ms);
        let mut all: Vec<_> = direct.into_iter().map(|grant| (id.clone(), grant)).collect();
        let inherited = inherited(turn, user);
        let front = if turn.quirks.inherited_hides_direct { 0 } else { all.len() };
        all.splice(front..front, inherited);
        (&user.name, all)
    };
    let mut shown = BTreeSet::new();
    let once = |(_, grant): &&(String, Grant)| duplicates || shown.insert(grant.clone());
    let grants: Vec<Value> =
        grants.iter().filter(once).filter_map(|(holder, grant)| grant_model(turn, holder, grant)).collect();
    Ok(Reply::ok(json!({
        "id": id,
        "name": name,
        "grants": grants,
        "version": 1,
        "selfUri": format!("/api/v2/authorization/subjects/{id}"),
    })))
}

fn grant_model(turn: &Turn<'_>, holder: &str, grant: &Grant) -> Option<Value> {
    let catalog = &turn.world.catalog;
    let (role, division) = (catalog.role(&grant.role)?, catalog.division(&grant.division)?);
    Some(json!({
        "subjectId": holder,
        "division": division_model(division),
        "role": {
            "id": role.id,
            "name": role.name,
            "description": role.description,
            "policies": [],
            "default": role.special,
            "selfUri": format!("/api/v2/authorization/roles/{}", role.id),
        },
        "grantMadeAt": timestamp(turn.now_ms),
    }))
}

pub(crate) fn user_roles(turn: &mut Turn<'_>) -> Answer {
    let user = turn.readable_user(&turn.path(0))?;
    Ok(Reply::ok(Value::Object(authorization(turn, &user))))
}

/// The roles of a user without their divisions, inherited ones included.
pub(super) fn authorization(turn: &Turn<'_>, user: &User) -> Map<String, Value> {
    let visible = turn.world.visible_grants(user, turn.now_ms, turn.quirks.stale_ms);
    let inherited = inherited(turn, user);
    let ids: BTreeSet<&String> =
        visible.iter().chain(inherited.iter().map(|(_, grant)| grant)).map(|grant| &grant.role).collect();
    let roles: Vec<Value> = ids
        .into_iter()
        .filter_map(|id| turn.world.catalog.role(id))
        .map(|role| json!({ "id": role.id, "name": role.name }))
        .collect();
    let mut out = Map::new();
    out.insert("roles".into(), Value::Array(roles));
    for name in ["unusedRoles", "permissions", "permissionPolicies"] {
        out.insert(name.to_owned(), json!([]));
    }
    out
}

/// What a user has through groups; only active ones have it (docs/genesys.md G2.26).
fn inherited(turn: &Turn<'_>, user: &User) -> Vec<(String, Grant)> {
    if user.state == State::Active { turn.world.inherited(user) } else { Vec::new() }
}

/// Replaces all roles of a user; knows no divisions, so everything lands in Home.
pub(crate) fn put_user_roles(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    let home = turn.world.catalog.home.clone();
    let mut grants = BTreeSet::new();
    for role in turn.ids()? {
        let grant = Grant { role, division: home.clone() };
        check(turn, &grant)?;
        grants.insert(grant);
    }
    user.grants = grants;
    turn.put_aside(user);
    user_roles(turn)
}
