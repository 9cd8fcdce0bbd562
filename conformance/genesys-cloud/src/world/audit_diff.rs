//! What a change of a user or a group says in the audit log, service by service: the forms are those seen in
//! a living organisation (docs/genesys.md G8.8 to G8.13).
//!
//! Compares two states and writes nothing down; that is `audit`'s.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::World;
use super::audit::{Change, Draft};
use super::entities::{Grant, Group, State, User};
use super::lookup::Key;

type Properties = BTreeMap<String, Vec<String>>;

impl World {
    /// What a change of a user says. To be asked before the change is in the lookups.
    pub(super) fn told_of_user(&self, old: Option<&User>, new: &User) -> Vec<Draft> {
        let none = User::new(new.id.clone(), "", "", "");
        let before = old.unwrap_or(&none);
        let mut told: Vec<Draft> = directory(old, new).into_iter().collect();
        told.extend(self.roles(&new.id, &before.grants, &new.grants));
        told.extend(self.queues(before, new));
        told.extend(routing(before, new));
        let members = |group: &str| self.lookup.count(&Key::Group(group.to_owned()));
        told.extend(membership("DirectoryGroup", &new.id, &before.groups, &new.groups, members));
        let members = |team: &str| self.lookup.count(&Key::Team(team.to_owned()));
        told.extend(membership("Team", &new.id, &before.teams, &new.teams, members));
        told
    }

    /// What a change of a group says; none on one side is a group that begins or ends.
    pub(super) fn told_of_group(&self, old: Option<&Group>, new: Option<&Group>) -> Vec<Draft> {
        let Some(id) = new.or(old).map(|group| group.id.clone()) else { return Vec::new() };
        let action = match (old, new) {
            (None, _) => "Create",
            (_, None) => "Delete",
            _ => "Update",
        };
        let properties = |group: Option<&Group>| group.map(group_properties).unwrap_or_default();
        let changes = compare(&properties(old), &properties(new));
        let mut told = Vec::new();
        if !changes.is_empty() {
            told.push(Draft { changes, ..draft("Groups", "DirectoryGroup", action, &id) });
        }
        let grants = |group: Option<&Group>| group.map(|group| group.grants.clone()).unwrap_or_default();
        told.extend(self.roles(&id, &grants(old), &grants(new)));
        told
    }

    /// Roles are told of by role; the subject stands in the name, the divisions nowhere.
    fn roles(&self, subject: &str, old: &BTreeSet<Grant>, new: &BTreeSet<Grant>) -> Vec<Draft> {
        let by_role = |grants: &BTreeSet<Grant>| {
            let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for grant in grants {
                all.entry(grant.role.clone()).or_default().insert(grant.division.clone());
            }
            all
        };
        let (old, new) = (by_role(old), by_role(new));
        let roles: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let told = roles.into_iter().filter_map(|role| {
            let action = match (old.get(role), new.get(role)) {
                (before, after) if before == after => return None,
                (None, _) => "MemberAdd",
                (_, None) => "MemberRemove",
                _ => "MemberUpdate",
            };
            let entity_name = format!("{subject}--{role}--{}", self.catalog.org_id);
            Some(Draft { entity_name, ..draft("PeoplePermissions", "Role", action, role) })
        });
        told.collect()
    }

    /// Queues are told of by queue; the member stands in the property.
    fn queues(&self, old: &User, new: &User) -> Vec<Draft> {
        let mut told = Vec::new();
        let queues: BTreeSet<&String> = old.queues.keys().chain(new.queues.keys()).collect();
        for queue in queues {
            let member = format!("QueueMember/{queue}:{}", new.id);
            let change = |property: String, old: Vec<String>, new: Vec<String>| Change { property, old, new };
            let sign = |text: &str| vec![text.to_owned()];
            let (action, changes) = match (old.queues.get(queue), new.queues.get(queue)) {
                (before, after) if before == after => continue,
                (None, _) => ("MemberAdd", vec![change(member, Vec::new(), sign("<queue member added>"))]),
                (_, None) => {
                    ("MemberRemove", vec![change(member, sign("<queue member deleted>"), Vec::new())])
                }
                (Some(before), Some(after)) => {
                    let mut changes = Vec::new();
                    if before.joined != after.joined {
                        let (old, new) = (before.joined.to_string(), after.joined.to_string());
                        changes.push(change(format!("{member}:joined"), vec![old], vec![new]));
                    }
                    if before.ring != after.ring {
                        let (old, new) = (before.ring.to_string(), after.ring.to_string());
                        changes.push(change(format!("{member}:ringNumber"), vec![old], vec![new]));
                    }
                    ("MemberUpdate", changes)
                }
            };
            let name = self.catalog.queue(queue).map(|queue| queue.name.clone()).unwrap_or_default();
            let context = vec![("entityId", queue.clone()), ("auditType", "QUEUE".to_owned())];
            let plain = draft("ContactCenter", "Queue", action, queue);
            told.push(Draft { entity_name: name, changes, context, ..plain });
        }
        told
    }
}

fn draft(service: &'static str, entity_type: &'static str, action: &'static str, entity_id: &str) -> Draft {
    Draft {
        service,
        entity_type,
        action,
        entity_id: entity_id.to_owned(),
        entity_name: String::new(),
        changes: Vec::new(),
        context: Vec::new(),
        is_system: false,
    }
}

fn compare(old: &Properties, new: &Properties) -> Vec<Change> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let values = |side: &Properties, name: &String| side.get(name).cloned().unwrap_or_default();
    let changes = names.into_iter().map(|name| Change {
        property: name.clone(),
        old: values(old, name),
        new: values(new, name),
    });
    changes.filter(|change| change.old != change.new).collect()
}

/// The record of the directory itself.
fn directory(old: Option<&User>, new: &User) -> Option<Draft> {
    let changes = compare(&old.map(user_properties).unwrap_or_default(), &user_properties(new));
    let action = match old {
        None => "Create",
        Some(old) if new.state == State::Deleted && old.state != State::Deleted => "Delete",
        Some(_) => "Update",
    };
    (!changes.is_empty()).then(|| Draft { changes, ..draft("Directory", "User", action, &new.id) })
}

fn user_properties(user: &User) -> Properties {
    let mut all = Properties::new();
    let mut put = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            all.insert(name.to_owned(), values);
        }
    };
    let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    put("version", vec![user.version.to_string()]);
    put("name", vec![user.name.clone()]);
    put("email", vec![user.email.clone()]);
    put("state", vec![user.state.as_str().to_owned()]);
    put("divisionId", vec![user.division.clone()]);
    put("acdAutoAnswer", vec![user.acd_auto_answer.to_string()]);
    put("title", one(&user.title));
    put("department", one(&user.department));
    put("manager", one(&user.manager));
    put("preferredName", one(&user.preferred_name));
    put("certifications", user.certifications.clone());
    put("profileSkills", user.profile_skills.clone());
    let ids = user.external_ids.iter().map(|id| format!("{}:{}", id.authority, id.value));
    put("externalIds", ids.chain(user.scim_external_id.clone()).collect());
    // Composite values are JSON inside of a text.
    let phones = user.phones.iter().map(|phone| json!({ "address": phone.value, "type": phone.kind }));
    let mail = user.work_email.iter().map(|mail| json!({ "address": mail, "type": "work" }));
    put("addresses", phones.chain(mail).map(|address| address.to_string()).collect());
    let employer = json!({
        "officialName": user.official_name, "employeeId": user.employee_number,
        "employeeType": user.employee_type, "dateHire": user.date_hire,
    });
    put("employerInfo", vec![employer.to_string()]);
    for (schema, values) in &user.attributes {
        put(&format!("customAttributes/{schema}"), vec![json!(values).to_string()]);
    }
    all
}

/// Skills and languages.
fn routing(old: &User, new: &User) -> Option<Draft> {
    let rated = |user: &User| {
        let skills = user.skills.iter().map(|(id, rate)| (format!("RoutingSkill/{id}"), *rate));
        let languages = user.languages.iter().map(|(id, rate)| (format!("RoutingLanguage/{id}"), *rate));
        skills.chain(languages).map(|(name, rate)| (name, vec![format!("{rate:.1}")])).collect::<Properties>()
    };
    let changes = compare(&rated(old), &rated(new));
    let plain = || draft("ContactCenter", "AgentRoutingInfo", "Update", &new.id);
    (!changes.is_empty()).then(|| Draft { changes, ..plain() })
}

/// Three messages for each group or team that is entered or left, joined by a correlation id. Only the count
/// of members tells which of both it was.
fn membership(
    kind: &'static str,
    user: &str,
    old: &BTreeSet<String>,
    new: &BTreeSet<String>,
    members: impl Fn(&str) -> usize,
) -> Vec<Draft> {
    let mut told = Vec::new();
    for group in old.symmetric_difference(new) {
        let context = vec![("correlationId", uuid::Uuid::new_v4().to_string())];
        let before = members(group);
        let after = if new.contains(group) { before.saturating_add(1) } else { before.saturating_sub(1) };
        let of = |property: &str, old: Vec<String>, new: Vec<String>, is_system: bool| Draft {
            changes: vec![Change { property: property.to_owned(), old, new }],
            context: context.clone(),
            is_system,
            ..draft("Groups", kind, "Update", group)
        };
        told.push(of("memberCount", vec![before.to_string()], vec![after.to_string()], true));
        told.push(of("individuals", Vec::new(), Vec::new(), false));
        told.push(of("group-membership", Vec::new(), vec![format!("[{user}]")], false));
    }
    told
}

fn group_properties(group: &Group) -> Properties {
    let mut all = Properties::new();
    all.insert("version".into(), vec![group.version.to_string()]);
    all.insert("name".into(), vec![group.name.clone()]);
    all.insert("description".into(), group.description.iter().cloned().collect());
    all.insert("visibility".into(), vec![group.visibility.clone()]);
    all.insert("rulesVisible".into(), vec![group.rules_visible.to_string()]);
    all.insert("rolesEnabled".into(), vec![group.roles_enabled.to_string()]);
    all.insert("owners".into(), group.owners.clone());
    all
}
