//! The REST part of the API, one file per area. This file holds the models that several areas show.

pub(crate) mod attributes;
pub(crate) mod audits;
pub(crate) mod authorization;
pub(crate) mod directory;
mod expansions;
pub(crate) mod external_ids;
pub(crate) mod grants;
pub(crate) mod grants_by_role;
pub(crate) mod groups;
pub(crate) mod languages;
pub(crate) mod organization;
pub(crate) mod queue_members;
pub(crate) mod queues;
mod rating;
pub(crate) mod search;
pub(crate) mod skills;
pub(crate) mod teams;
pub(crate) mod tokens;
pub(crate) mod user_lists;
pub(crate) mod users;

use serde_json::{Map, Value, json};

use crate::turn::timestamp;
use crate::world::World;
use crate::world::catalog::Named;
use crate::world::entities::{Group, User};

/// Division as other models refer to it.
fn division_ref(world: &World, id: &str) -> Value {
    let name = world.catalog.division(id).map(|division| division.name.as_str()).unwrap_or_default();
    json!({ "id": id, "name": name, "selfUri": format!("/api/v2/authorization/divisions/{id}") })
}

/// Division as the authorization API shows it.
fn division_model(division: &Named) -> Value {
    json!({
        "id": division.id,
        "name": division.name,
        "description": division.description,
        "homeDivision": division.special,
        "selfUri": format!("/api/v2/authorization/divisions/{}", division.id),
    })
}

/// A user as the REST API shows it.
fn user_model(world: &World, user: &User) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), json!(user.id));
    out.insert("name".into(), json!(user.name));
    out.insert("division".into(), division_ref(world, &user.division));
    out.insert("email".into(), json!(user.email));
    out.insert("username".into(), json!(user.email));
    out.insert("state".into(), json!(user.state.as_str()));
    out.insert("version".into(), json!(user.version));
    let optional =
        [("title", &user.title), ("department", &user.department), ("preferredName", &user.preferred_name)];
    for (name, value) in optional {
        if let Some(value) = value {
            out.insert(name.to_owned(), json!(value));
        }
    }
    if let Some(manager) = &user.manager {
        out.insert("manager".into(), json!({ "id": manager, "selfUri": format!("/api/v2/users/{manager}") }));
    }
    let employer: Map<String, Value> = [
        ("officialName", &user.official_name),
        ("employeeId", &user.employee_number),
        ("employeeType", &user.employee_type),
        ("dateHire", &user.date_hire),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.as_ref().map(|value| (name.to_owned(), json!(value))))
    .collect();
    if !employer.is_empty() {
        out.insert("employerInfo".into(), Value::Object(employer));
    }
    if !user.certifications.is_empty() {
        out.insert("certifications".into(), json!(user.certifications));
    }
    out.insert(
        "primaryContactInfo".into(),
        json!([{ "address": user.email, "mediaType": "EMAIL", "type": "PRIMARY" }]),
    );
    out.insert("addresses".into(), addresses(user));
    out.insert("acdAutoAnswer".into(), json!(user.acd_auto_answer));
    out.insert("selfUri".into(), json!(format!("/api/v2/users/{}", user.id)));
    Value::Object(out)
}

fn addresses(user: &User) -> Value {
    let mail =
        user.work_email.iter().map(|mail| json!({ "address": mail, "mediaType": "EMAIL", "type": "WORK" }));
    let phones = user.phones.iter().map(|phone| {
        let kind = match phone.kind.as_str() {
            "work" | "work2" | "work3" | "work4" | "home" | "mobile" => phone.kind.to_ascii_uppercase(),
            _ => "OTHER".to_owned(),
        };
        json!({ "address": phone.value, "mediaType": "PHONE", "type": kind })
    });
    mail.chain(phones).collect()
}

/// A group as the REST API shows it.
fn group_model(world: &World, group: &Group) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), json!(group.id));
    out.insert("name".into(), json!(group.name));
    if let Some(description) = &group.description {
        out.insert("description".into(), json!(description));
    }
    out.insert("dateModified".into(), json!(timestamp(group.modified_ms)));
    out.insert("memberCount".into(), json!(world.member_count(&group.id)));
    out.insert("state".into(), json!("active"));
    out.insert("version".into(), json!(group.version));
    out.insert("type".into(), json!(group.group_type));
    out.insert("rulesVisible".into(), json!(group.rules_visible));
    out.insert("visibility".into(), json!(group.visibility));
    out.insert("rolesEnabled".into(), json!(group.roles_enabled));
    out.insert("selfUri".into(), json!(format!("/api/v2/groups/{}", group.id)));
    Value::Object(out)
}
