//! The snapshot: the organisation in a canonical form that two equal organisations share.
//!
//! Sorted, by names where names are unique, without versions and times. Deleted users are listed apart with
//! all that stays of them. A custom attribute record without values counts as none.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::world::World;
use crate::world::catalog::{Named, find_id};
use crate::world::entities::{Grant, State, User};

type Section = BTreeMap<String, Value>;

/// The snapshot of an organisation.
pub(crate) fn of(world: &World) -> Value {
    let mut sections: BTreeMap<&str, Section> = [
        "users",
        "grants",
        "skills",
        "languages",
        "queues",
        "teams",
        "groups",
        "attributes",
        "external_ids",
        "deleted_users",
    ]
    .into_iter()
    .map(|name| (name, Section::new()))
    .collect();
    let mut put = |section: &'static str, key: &str, value: Value| {
        let empty = match &value {
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        if !empty && let Some(section) = sections.get_mut(section) {
            section.insert(key.to_owned(), value);
        }
    };
    for user in world.users.values() {
        let parts = parts(world, user);
        if user.state == State::Deleted {
            let mut all = core(world, user);
            all.extend(parts.into_iter().map(|(name, value)| (name.to_owned(), value)));
            put("deleted_users", &user.id, Value::Object(all));
            continue;
        }
        put("users", &user.id, Value::Object(core(world, user)));
        for (name, value) in parts {
            put(name, &user.id, value);
        }
    }
    for queue in &world.catalog.queues {
        let members: Section = world
            .in_queue(&queue.id)
            .filter_map(|user| Some((user.id.clone(), user.queues.get(&queue.id)?)))
            .map(|(id, held)| (id, json!({ "joined": held.joined, "ring": held.ring })))
            .collect();
        put("queues", &queue.name, json!(members));
    }
    for team in &world.catalog.teams {
        let members: Vec<&str> = world.in_team(&team.id).map(|user| user.id.as_str()).collect();
        put("teams", &team.name, json!(members));
    }
    for group in world.groups.values() {
        let mut members = world.members(&group.id);
        members.sort();
        let value = json!({
            "name": group.name, "description": group.description, "type": group.group_type,
            "visibility": group.visibility, "rulesVisible": group.rules_visible, "rolesEnabled": group.roles_enabled,
            "externalId": group.external_id, "owners": group.owners, "members": members,
            "grants": grants(world, &group.grants),
        });
        put("groups", &group.id, value);
    }
    json!(sections)
}

/// What the directory itself holds about a user.
fn core(world: &World, user: &User) -> Map<String, Value> {
    let division = world.catalog.division(&user.division).map(|division| division.name.clone());
    let phones: Vec<Value> =
        user.phones.iter().map(|phone| json!([phone.kind, phone.value, phone.primary])).collect();
    let all = json!({
        "email": user.email, "name": user.name, "state": user.state.as_str(), "division": division,
        "title": user.title, "department": user.department, "manager": user.manager,
        "preferredName": user.preferred_name, "workEmail": user.work_email, "employeeNumber": user.employee_number,
        "dateHire": user.date_hire, "officialName": user.official_name, "employeeType": user.employee_type,
        "acdAutoAnswer": user.acd_auto_answer, "phones": phones, "certifications": user.certifications,
        "profileSkills": user.profile_skills, "externalId": user.scim_external_id, "utilization": user.utilization,
    });
    match all {
        Value::Object(map) => {
            map.into_iter().filter(|(_, value)| !value.is_null() && *value != json!([])).collect()
        }
        _ => Map::new(),
    }
}

/// What other services hold about a user, by section.
fn parts(world: &World, user: &User) -> Vec<(&'static str, Value)> {
    let rated = |known: &[Named], held: &BTreeMap<String, f64>| -> Value {
        let named: Section = held
            .iter()
            .filter_map(|(id, proficiency)| Some((find_id(known, id)?.name.clone(), json!(proficiency))))
            .collect();
        json!(named)
    };
    let attributes: Section = user
        .attributes
        .iter()
        .filter(|(_, values)| !values.is_empty())
        .filter_map(|(id, values)| Some((world.catalog.schema(id)?.name.clone(), json!(values))))
        .collect();
    let external: Vec<Value> = user.external_ids.iter().map(|id| json!([id.authority, id.value])).collect();
    let mut parts = vec![
        ("grants", json!(grants(world, &user.grants))),
        ("skills", rated(&world.catalog.skills, &user.skills)),
        ("languages", rated(&world.catalog.languages, &user.languages)),
        ("attributes", json!(attributes)),
        ("external_ids", json!(external)),
    ];
    if user.state == State::Deleted {
        let queues: Vec<_> =
            user.queues.keys().filter_map(|id| world.catalog.queue(id)).map(|queue| &queue.name).collect();
        parts.push(("queues", json!(queues)));
        parts.retain(|(_, value)| *value != json!([]) && *value != json!({}));
    }
    parts
}

/// `Role@Division`, sorted.
fn grants(world: &World, grants: &std::collections::BTreeSet<Grant>) -> Vec<String> {
    let name = |found: Option<&Named>| found.map(|found| found.name.clone()).unwrap_or_default();
    let mut names: Vec<String> = grants
        .iter()
        .map(|grant| {
            format!(
                "{}@{}",
                name(world.catalog.role(&grant.role)),
                name(world.catalog.division(&grant.division))
            )
        })
        .collect();
    names.sort();
    names
}
