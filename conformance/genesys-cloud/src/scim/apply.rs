//! From a SCIM document back to a user: checks every attribute, resolves names, and says what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{CORE_USER, ENTERPRISE, GENESYS, SCIM_AUTHORITY, render};
use crate::quirks::{Omitted, RoleDivision, Unknown};
use crate::reply::Refusal;
use crate::turn::Turn;
use crate::world::catalog::{Named, find_name};
use crate::world::entities::{ExternalId, Grant, Phone, State, User};

/// Most skills, and most languages, in one SCIM body (docs/genesys.md G2.8).
const MAX_RATED: usize = 50;

/// Reads the document into the user. Attributes that are absent stay or are cleared as `omitted` says.
pub(super) fn apply(
    turn: &Turn<'_>,
    user: &mut User,
    document: &Map<String, Value>,
    omitted: Omitted,
) -> Result<(), Refusal> {
    check_names(turn, document)?;
    let clear = omitted == Omitted::Clear;
    let reader = Reader { turn, clear };
    if let Some(email) = reader.string(document, "userName")? {
        rename(turn, user, &email)?;
    }
    if let Some(name) = reader.string(document, "displayName")? {
        user.name = name;
    }
    reader.optional(document, "title", &mut user.title)?;
    reader.optional(document, "externalId", &mut user.scim_external_id)?;
    reader.string(document, "password")?;
    emails(&reader, document, user)?;
    phones(&reader, document, user)?;
    let none = Map::new();
    let enterprise = reader.object(document, ENTERPRISE)?;
    if enterprise.is_some() || clear {
        apply_enterprise(&reader, enterprise.unwrap_or(&none), user)?;
    }
    // After the division, because a role may be granted there.
    roles(&reader, document, user)?;
    let genesys = reader.object(document, GENESYS)?;
    if genesys.is_some() || clear {
        let document = genesys.unwrap_or(&none);
        let catalog = &turn.world.catalog;
        rated(&reader, document, "routingSkills", &catalog.skills, &mut user.skills)?;
        rated(&reader, document, "routingLanguages", &catalog.languages, &mut user.languages)?;
        external_ids(&reader, document, user)?;
    }
    match document.get("active") {
        None => {}
        Some(Value::Bool(true)) => turn.world.enter_state(user, State::Active, turn.quirks),
        Some(Value::Bool(false)) => turn.world.enter_state(user, State::Inactive, turn.quirks),
        Some(_) => return Err(turn.scim_bad("invalidValue", "active must be a boolean.")),
    }
    Ok(())
}

/// Reads typed values out of a document.
struct Reader<'t, 'w> {
    turn: &'t Turn<'w>,
    clear: bool,
}

impl Reader<'_, '_> {
    fn wrong(&self, name: &str, what: &str) -> Refusal {
        self.turn.scim_bad("invalidValue", format!("{name} {what}."))
    }

    fn string(&self, document: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
        match document.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(name, "must be a string")),
        }
    }

    fn optional(
        &self,
        document: &Map<String, Value>,
        name: &str,
        slot: &mut Option<String>,
    ) -> Result<(), Refusal> {
        match self.string(document, name)? {
            Some(text) if text.is_empty() => *slot = None,
            Some(text) => *slot = Some(text),
            None if self.clear => *slot = None,
            None => {}
        }
        Ok(())
    }

    fn object<'d>(
        &self,
        document: &'d Map<String, Value>,
        name: &str,
    ) -> Result<Option<&'d Map<String, Value>>, Refusal> {
        match document.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(_) => Err(self.wrong(name, "must be an object")),
        }
    }

    /// The items of a list; none when it is absent and absent things stay.
    fn list(
        &self,
        document: &Map<String, Value>,
        name: &str,
    ) -> Result<Option<Vec<Map<String, Value>>>, Refusal> {
        match document.get(name) {
            None | Some(Value::Null) => Ok(self.clear.then(Vec::new)),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_object().cloned().ok_or_else(|| self.wrong(name, "must hold objects")))
                .collect::<Result<_, _>>()
                .map(Some),
            Some(_) => Err(self.wrong(name, "must be a list")),
        }
    }
}

/// Unknown attributes are ignored or refused, as the quirk says.
fn check_names(turn: &Turn<'_>, document: &Map<String, Value>) -> Result<(), Refusal> {
    let known = [
        "schemas",
        "id",
        "meta",
        "groups",
        "userName",
        "displayName",
        "active",
        "title",
        "externalId",
        "password",
        "emails",
        "phoneNumbers",
        "roles",
        ENTERPRISE,
        GENESYS,
        CORE_USER,
    ];
    let unknown = document.keys().find(|key| !known.contains(&key.as_str()));
    match unknown {
        Some(name) if turn.quirks.unknown_attributes == Unknown::Reject => {
            Err(turn.scim_bad("invalidSyntax", format!("The attribute {name} is not supported.")))
        }
        _ => Ok(()),
    }
}

fn rename(turn: &Turn<'_>, user: &mut User, email: &str) -> Result<(), Refusal> {
    if !is_address(email) {
        return Err(turn.scim_bad("invalidValue", "userName must be an e-mail address."));
    }
    if turn.world.by_email(email).is_some_and(|other| other.id != user.id) {
        return Err(uniqueness());
    }
    email.clone_into(&mut user.email);
    Ok(())
}

/// 409 of a user name in use.
pub(super) fn uniqueness() -> Refusal {
    Refusal::scim(409, "uniqueness", "User name already in use by non-deleted user.")
}

/// Whether a text looks like an e-mail address.
pub(super) fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !text.contains(char::is_whitespace)
    })
}

/// The address of type `other` is the user name and cannot be changed here; the work address can.
fn emails(reader: &Reader<'_, '_>, document: &Map<String, Value>, user: &mut User) -> Result<(), Refusal> {
    let Some(list) = reader.list(document, "emails")? else { return Ok(()) };
    user.work_email = None;
    for item in list {
        let Some(value) = reader.string(&item, "value")? else { continue };
        match reader.string(&item, "type")?.as_deref() {
            Some("work") if is_address(&value) => user.work_email = Some(value),
            Some("work") => return Err(reader.wrong("emails", "must hold e-mail addresses")),
            Some("other") | None => {}
            Some(_) => return Err(reader.wrong("emails", "has a type that is neither work nor other")),
        }
    }
    Ok(())
}

fn phones(reader: &Reader<'_, '_>, document: &Map<String, Value>, user: &mut User) -> Result<(), Refusal> {
    const TYPES: [&str; 11] = [
        "work",
        "work2",
        "work3",
        "work4",
        "home",
        "mobile",
        "other",
        "microsoftteams",
        "zoomphone",
        "eightbyeight",
        "ringcentral",
    ];
    let Some(list) = reader.list(document, "phoneNumbers")? else { return Ok(()) };
    user.phones.clear();
    for item in list {
        let value = reader.string(&item, "value")?.unwrap_or_default();
        let kind = reader.string(&item, "type")?.unwrap_or_else(|| "work".to_owned());
        let digits = value.trim_start_matches("tel:");
        if !digits.starts_with('+') || !TYPES.contains(&kind.as_str()) {
            return Err(reader.wrong("phoneNumbers", "must be E.164 numbers or tel URIs of a known type"));
        }
        let primary = item.get("primary").and_then(Value::as_bool).unwrap_or(false);
        user.phones.push(Phone { value, kind, primary });
    }
    Ok(())
}

/// Roles are names. A name that is new is granted in one division; one that is gone is taken away in all.
fn roles(reader: &Reader<'_, '_>, document: &Map<String, Value>, user: &mut User) -> Result<(), Refusal> {
    let Some(list) = reader.list(document, "roles")? else { return Ok(()) };
    let catalog = &reader.turn.world.catalog;
    let mut wanted = BTreeSet::new();
    for item in list {
        let name = reader.string(&item, "value")?.unwrap_or_default();
        let role = find_name(&catalog.roles, &name);
        wanted.insert(
            role.ok_or_else(|| reader.wrong("roles", &format!("names the unknown role `{name}`")))?
                .id
                .clone(),
        );
    }
    let held: BTreeSet<String> = render::role_names(reader.turn.world, user)
        .iter()
        .filter_map(|name| find_name(&catalog.roles, name).map(|role| role.id.clone()))
        .collect();
    user.grants.retain(|grant| wanted.contains(&grant.role));
    let division = match reader.turn.quirks.scim_role_division {
        RoleDivision::Home => catalog.home.clone(),
        RoleDivision::User => user.division.clone(),
    };
    for role in wanted.difference(&held) {
        user.grants.insert(Grant { role: role.clone(), division: division.clone() });
    }
    Ok(())
}

fn apply_enterprise(
    reader: &Reader<'_, '_>,
    from: &Map<String, Value>,
    user: &mut User,
) -> Result<(), Refusal> {
    reader.optional(from, "department", &mut user.department)?;
    reader.optional(from, "employeeNumber", &mut user.employee_number)?;
    reader.optional(from, "dateHire", &mut user.date_hire)?;
    if user.date_hire.as_ref().is_some_and(|date| date.parse::<jiff::civil::Date>().is_err()) {
        return Err(reader.wrong("dateHire", "must be a date of the form YYYY-MM-DD"));
    }
    if let Some(name) = reader.string(from, "division")? {
        let division = find_name(&reader.turn.world.catalog.divisions, &name)
            .ok_or_else(|| reader.wrong("division", &format!("names the unknown division `{name}`")))?;
        if division.id != user.division {
            reader.turn.need_division(&division.id, "missing.division.permission")?;
            user.division.clone_from(&division.id);
        }
    }
    let manager = match from.get("manager") {
        None if !reader.clear => return Ok(()),
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Object(map)) => reader.string(map, "value")?,
        Some(_) => return Err(reader.wrong("manager", "must be an object with a value")),
    };
    let manager = manager.filter(|id| !id.is_empty());
    if let Some(id) = &manager
        && reader.turn.world.live_user(id).is_none()
    {
        return Err(reader.wrong("manager", "names no user"));
    }
    user.manager = manager;
    Ok(())
}

fn rated(
    reader: &Reader<'_, '_>,
    from: &Map<String, Value>,
    name: &str,
    known: &[Named],
    slot: &mut BTreeMap<String, f64>,
) -> Result<(), Refusal> {
    let Some(list) = reader.list(from, name)? else { return Ok(()) };
    if list.len() > MAX_RATED {
        return Err(reader.turn.scim_bad("tooMany", format!("{name} may hold at most {MAX_RATED} entries.")));
    }
    let mut fresh = BTreeMap::new();
    for item in list {
        let wanted = reader.string(&item, "name")?.unwrap_or_default();
        let found = find_name(known, &wanted)
            .ok_or_else(|| reader.wrong(name, &format!("names `{wanted}`, which does not exist")))?;
        let proficiency = match item.get("proficiency") {
            None | Some(Value::Null) => slot.get(&found.id).copied().unwrap_or(0.0),
            Some(value) => value.as_f64().unwrap_or(-1.0),
        };
        if !(0.0..=5.0).contains(&proficiency) {
            return Err(reader.wrong(name, "has a proficiency outside 0 to 5"));
        }
        fresh.insert(found.id.clone(), proficiency);
    }
    *slot = fresh;
    Ok(())
}

fn external_ids(reader: &Reader<'_, '_>, from: &Map<String, Value>, user: &mut User) -> Result<(), Refusal> {
    let Some(list) = reader.list(from, "externalIds")? else { return Ok(()) };
    let mut fresh = BTreeSet::new();
    for item in list {
        let authority = reader.string(&item, "authority")?.unwrap_or_default();
        let value = reader.string(&item, "value")?.unwrap_or_default();
        if authority.is_empty() || value.is_empty() {
            return Err(reader.wrong("externalIds", "needs an authority and a value"));
        }
        // SCIM's own entry is immutable; it follows externalId.
        if authority.starts_with(SCIM_AUTHORITY) {
            continue;
        }
        let id = ExternalId { authority, value };
        let taken = reader.turn.world.by_external_id(&id).is_some_and(|other| other.id != user.id);
        if taken {
            return Err(Refusal::scim(409, "uniqueness", "The external id is in use by another user."));
        }
        fresh.insert(id);
    }
    user.external_ids = fresh;
    Ok(())
}
