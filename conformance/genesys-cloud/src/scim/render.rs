//! A user or a group as a SCIM document, in the closed model of the public description.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{CORE_GROUP, CORE_USER, ENTERPRISE, GENESYS, SCIM_AUTHORITY};
use crate::turn::{Turn, timestamp};
use crate::world::World;
use crate::world::catalog::{Named, find_id};
use crate::world::entities::{Group, State, User};

/// A user as SCIM shows it.
pub(super) fn user(turn: &Turn<'_>, user: &User) -> Map<String, Value> {
    let world = &*turn.world;
    let mut out = Map::new();
    out.insert("schemas".into(), json!([CORE_USER, ENTERPRISE, GENESYS]));
    out.insert("id".into(), json!(user.id));
    out.insert("userName".into(), json!(user.email));
    out.insert("displayName".into(), json!(user.name));
    out.insert("active".into(), json!(user.state == State::Active));
    set(&mut out, "title", user.title.as_ref());
    set(&mut out, "externalId", user.scim_external_id.as_ref());
    let mut emails =
        vec![json!({ "value": user.email, "type": "other", "primary": user.work_email.is_none() })];
    emails
        .extend(user.work_email.iter().map(|mail| json!({ "value": mail, "type": "work", "primary": true })));
    out.insert("emails".into(), Value::Array(emails));
    if !user.phones.is_empty() {
        let phones = user.phones.iter();
        let phones: Vec<_> = phones
            .map(|phone| json!({ "value": phone.value, "type": phone.kind, "primary": phone.primary }))
            .collect();
        out.insert("phoneNumbers".into(), Value::Array(phones));
    }
    let groups = user.groups.iter();
    let base = format!("{}/api/v2/scim/v2/groups", turn.base);
    let groups: Vec<_> =
        groups.map(|id| json!({ "type": "Group", "value": id, "$ref": format!("{base}/{id}") })).collect();
    if !groups.is_empty() {
        out.insert("groups".into(), Value::Array(groups));
    }
    let roles: Vec<_> = role_names(world, user).into_iter().map(|name| json!({ "value": name })).collect();
    if !roles.is_empty() {
        out.insert("roles".into(), Value::Array(roles));
    }
    out.insert(ENTERPRISE.into(), Value::Object(enterprise(turn, user)));
    out.insert(GENESYS.into(), Value::Object(extension(world, user)));
    let location = format!("{}/api/v2/scim/v2/users/{}", turn.base, user.id);
    out.insert("meta".into(), meta("User", location, user.modified_ms, user.version));
    out
}

/// Names of the roles a user has, in whatever division, groups included.
pub(super) fn role_names(world: &World, user: &User) -> BTreeSet<String> {
    let inherited = world.inherited(user);
    user.grants
        .iter()
        .chain(inherited.iter().map(|(_, grant)| grant))
        .filter_map(|grant| world.catalog.role(&grant.role))
        .map(|role| role.name.clone())
        .collect()
}

fn enterprise(turn: &Turn<'_>, user: &User) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(division) = turn.world.catalog.division(&user.division) {
        out.insert("division".into(), json!(division.name));
    }
    set(&mut out, "department", user.department.as_ref());
    if let Some(manager) = &user.manager {
        let location = format!("{}/api/v2/scim/v2/users/{manager}", turn.base);
        out.insert("manager".into(), json!({ "value": manager, "$ref": location }));
    }
    set(&mut out, "employeeNumber", user.employee_number.as_ref());
    set(&mut out, "dateHire", user.date_hire.as_ref());
    out
}

fn extension(world: &World, user: &User) -> Map<String, Value> {
    let rated = |list: &[Named], held: &std::collections::BTreeMap<String, f64>| -> Vec<Value> {
        held.iter()
            .filter_map(|(id, proficiency)| {
                find_id(list, id).map(|named| json!({ "name": named.name, "proficiency": proficiency }))
            })
            .collect()
    };
    let own =
        user.scim_external_id.iter().map(|value| json!({ "authority": SCIM_AUTHORITY, "value": value }));
    let others = user.external_ids.iter().map(|id| json!({ "authority": id.authority, "value": id.value }));
    let mut out = Map::new();
    out.insert("routingSkills".into(), Value::Array(rated(&world.catalog.skills, &user.skills)));
    out.insert("routingLanguages".into(), Value::Array(rated(&world.catalog.languages, &user.languages)));
    out.insert("externalIds".into(), own.chain(others).collect());
    out
}

/// A group as SCIM shows it.
pub(super) fn group(turn: &Turn<'_>, group: &Group) -> Map<String, Value> {
    let base = format!("{}/api/v2/scim/v2", turn.base);
    let members: Vec<_> = turn
        .world
        .members(&group.id)
        .into_iter()
        .map(|id| json!({ "type": "User", "value": id, "$ref": format!("{base}/users/{id}") }))
        .collect();
    let mut out = Map::new();
    out.insert("schemas".into(), json!([CORE_GROUP]));
    out.insert("id".into(), json!(group.id));
    out.insert("displayName".into(), json!(group.name));
    set(&mut out, "externalId", group.external_id.as_ref());
    out.insert("members".into(), Value::Array(members));
    let location = format!("{base}/groups/{}", group.id);
    out.insert("meta".into(), meta("Group", location, group.modified_ms, group.version));
    out
}

fn meta(kind: &str, location: String, modified_ms: u64, version: u32) -> Value {
    json!({
        "resourceType": kind,
        "lastModified": timestamp(modified_ms),
        "location": location,
        "version": version.to_string(),
    })
}

fn set(out: &mut Map<String, Value>, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        out.insert(name.to_owned(), json!(value));
    }
}
