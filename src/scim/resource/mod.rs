//! Bodies of POST and PUT: from what a client sent to the document of record (RFC 7644 sections 3.3 and
//! 3.5.1).
//!
//! The document keeps everything the client said, unknown attributes included, in canonical spelling and
//! declared types. It never holds `id`, `meta` or `groups` (they are added at the edge, [`super::render`]),
//! nor passwords; the members of a group are split off. Changes by PATCH are [`super::patch`]; what holds for
//! every document is [`rules`].

pub(super) mod rules;
#[cfg(test)]
mod tests;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::dialect::{Dialect, is_primary};
use super::error::ScimError;
use super::json;
use super::kind::{BRIDGE_USER, ResourceKind};
use super::path::{looks_like_schema, misspelt, unknown};
use super::places::places;
use super::registry::{Attribute, Mutability, Resolved, registry};
use super::value::get;
use crate::limits;
use crate::model::{Kind, Object, Secret};

/// A resource as a client wants it to be.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// User or group.
    pub kind: ResourceKind,
    /// The document of record; for a group, `members` included until [`split_members`] takes them out.
    pub document: Object,
    /// The password, if one was sent; it is never stored.
    pub password: Option<Secret>,
}

/// What a resource of that kind is called in its document: `userName` of a user, `displayName` of a group.
pub(crate) fn name_in(kind: ResourceKind, document: &Object) -> &str {
    let attribute = match kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    };
    document.get(attribute).and_then(Value::as_str).unwrap_or_default()
}

impl Incoming {
    /// What the resource is called: `userName` of a user, `displayName` of a group.
    pub fn name(&self) -> &str {
        name_in(self.kind, &self.document)
    }

    /// The document with the state of access that it means: a POST that is silent about `active` makes active
    /// whoever is new, and leaves whoever is there as `before` says.
    pub fn with_state(&self, before: Option<bool>) -> Object {
        let mut document = self.document.clone();
        if self.kind == ResourceKind::User {
            rules::state_or(&mut document, before.unwrap_or(true));
        }
        document
    }

    /// The id that the client has for it.
    pub fn external_id(&self) -> Option<&str> {
        self.document.get("externalId").and_then(Value::as_str)
    }
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Id of the member.
    pub value: String,
    /// Name for people, where it is told.
    pub display: Option<String>,
    /// `User`, when sent; Okta leaves it out (docs/connectors.md C6.7).
    pub kind: Option<String>,
}

/// Reads the body of a POST.
///
/// # Errors
/// `invalidSyntax` when the body is not an object or names an attribute twice, `invalidValue` when a value has the
/// wrong type or a required one is missing.
pub fn create(kind: ResourceKind, body: Value, dialect: Dialect) -> Result<Incoming, ScimError> {
    let body = object(body)?;
    let mut reader = Reader::new(kind, dialect);
    reader.read(body)?;
    reader.finish()
}

/// The body of a PUT, read: the whole resource anew, but for what it is silent about.
#[derive(Clone, Debug)]
pub struct Replacement {
    kind: ResourceKind,
    incoming: Incoming,
    /// Attributes of entitlement kinds that the body does not mention.
    unmentioned: Vec<(&'static str, &'static str)>,
}

impl Replacement {
    /// Whether the body says whether the user is active.
    pub fn says_active(&self) -> bool {
        self.incoming.document.contains_key("active")
    }

    /// Reads the body of a PUT. Read-only attributes in it, `id` among them, are passed over.
    ///
    /// # Errors
    /// As [`create`].
    pub fn parse(kind: ResourceKind, body: Value, dialect: Dialect) -> Result<Self, ScimError> {
        let mut reader = Reader::new(kind, dialect);
        reader.read(object(body)?)?;
        let mentioned = |schema: &str, name: &str| reader.named.contains(&named(Some(schema), name));
        // A PUT that names one form of an entitlement kind speaks about the kind; a kind it does not name
        // stays as it was (P5). Core attributes follow the RFC.
        let forms = |kind| places(kind).filter_map(|place| Some((place.extension?, place.attribute)));
        let unmentioned = Kind::ALL
            .into_iter()
            .filter(|kind| !forms(*kind).any(|(schema, name)| mentioned(schema, name)))
            .flat_map(forms)
            .collect();
        Ok(Self { kind, incoming: reader.finish()?, unmentioned })
    }

    /// Whether the user has no access afterwards.
    pub fn deactivates(&self) -> bool {
        self.incoming.document.get("active") == Some(&Value::Bool(false))
    }

    /// The resource once its document was `current`: entitlement kinds that the body does not mention are
    /// carried over, and so are immutable attributes and `active`.
    ///
    /// # Errors
    /// `mutability` when an immutable attribute that has a value would get another.
    pub fn onto(&self, current: &Object) -> Result<Incoming, ScimError> {
        let mut incoming = self.incoming.clone();
        let document = &mut incoming.document;
        for &(schema, name) in &self.unmentioned {
            if let Some(value) = current.get(schema).and_then(|extension| extension.get(name)) {
                put(document, Some(schema), name, value.clone());
            }
        }
        if self.kind == ResourceKind::User {
            // Only somebody who says so gets access back.
            rules::state_or(document, current.get("active") != Some(&Value::Bool(false)));
        }
        complete_schemas(self.kind, document);
        rules::carry_immutable(self.kind, current, document);
        rules::immutable_kept(self.kind, current, document)?;
        rules::keep_equal(current, document);
        Ok(incoming)
    }
}

/// Takes the members out of a group's document. `None` when the request did not speak about members.
///
/// # Errors
/// `invalidValue` when a member has no id, 413 when there are too many.
pub fn split_members(document: &mut Object) -> Result<Option<Vec<Member>>, ScimError> {
    document.shift_remove("members").map(|value| members_of(&value)).transpose()
}

/// Reads members from an array, one object, or plain ids; repeated ids count once.
///
/// # Errors
/// As [`split_members`].
pub(super) fn members_of(value: &Value) -> Result<Vec<Member>, ScimError> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items.as_slice(),
        lone => std::slice::from_ref(lone),
    };
    if items.len() > limits::MEMBERS_PER_REQUEST {
        return Err(ScimError::payload_too_large(format!(
            "One request may name at most {} members; send several.",
            limits::MEMBERS_PER_REQUEST
        )));
    }
    let mut seen = HashSet::with_capacity(items.len());
    let mut members = Vec::with_capacity(items.len());
    for item in items {
        let member = member_of(item)?;
        if seen.insert(member.value.clone()) {
            members.push(member);
        }
    }
    Ok(members)
}

fn member_of(item: &Value) -> Result<Member, ScimError> {
    let missing = || ScimError::invalid_value("Every entry of members needs a value: the id of a user.");
    let text = |object: &Object, name: &str| {
        get(object, name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    match item {
        Value::String(id) if !id.is_empty() => Ok(Member { value: id.clone(), display: None, kind: None }),
        Value::Object(object) => Ok(Member {
            value: text(object, "value").ok_or_else(missing)?,
            display: text(object, "display"),
            kind: text(object, "type"),
        }),
        _ => Err(missing()),
    }
}

fn object(body: Value) -> Result<Object, ScimError> {
    match body {
        Value::Object(object) => Ok(object),
        _ => Err(ScimError::invalid_syntax("The body must be a JSON object.")),
    }
}

/// Takes a password from a body or a PATCH; null and empty texts are none.
///
/// # Errors
/// `invalidValue` when it is not a text.
pub(super) fn password_of(value: &Value) -> Result<Option<Secret>, ScimError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok((!text.is_empty()).then(|| Secret::new(text.clone()))),
        _ => Err(ScimError::invalid_value("password must be a text.")),
    }
}

struct Reader {
    kind: ResourceKind,
    dialect: Dialect,
    document: Object,
    password: Option<Secret>,
    /// Every attribute that was given, by [`named`].
    named: HashSet<String>,
}

/// One name for an attribute, however it is written.
fn named(schema: Option<&str>, name: &str) -> String {
    format!("{}:{name}", schema.unwrap_or_default()).to_ascii_lowercase()
}

impl Reader {
    fn new(kind: ResourceKind, dialect: Dialect) -> Self {
        Self { kind, dialect, document: Object::new(), password: None, named: HashSet::new() }
    }

    fn read(&mut self, body: Object) -> Result<(), ScimError> {
        if !self.dialect.is_tolerant() {
            every_schema_is_listed(self.kind, &body)?;
        }
        let mut seen = HashSet::new();
        for (key, value) in body {
            if !seen.insert(key.to_ascii_lowercase()) {
                return Err(json::twice(&key));
            }
            if let Some(attribute) = registry().core_or_common(self.kind, &key) {
                self.known(None, attribute, &attribute.name, value)?;
            } else if let Some(urn) = registry().extension(self.kind, &key) {
                self.extension(urn, value)?;
            } else if let Some(found) = self.elsewhere(&key) {
                self.known(found.path.schema.as_deref(), found.attribute, &key, value)?;
            } else {
                self.unknown(key, value)?;
            }
        }
        Ok(())
    }

    /// An attribute that stands at the top although its place is elsewhere: its key is the full URN, or a name
    /// that an extension has, as PATCH and filters understand it (docs/connectors.md C4.12).
    fn elsewhere(&self, key: &str) -> Option<Resolved> {
        let (uri, name) = match key.rsplit_once(':') {
            Some((uri, name)) => (Some(uri), name),
            None => (None, key),
        };
        registry().resolve(self.kind, uri, name, None).filter(|_| self.dialect.is_tolerant())
    }

    fn known(
        &mut self,
        schema: Option<&str>,
        attribute: &Attribute,
        at: &str,
        value: Value,
    ) -> Result<(), ScimError> {
        if !self.named.insert(named(schema, &attribute.name)) {
            return Err(json::twice(at));
        }
        match attribute.mutability {
            Mutability::ReadOnly => Ok(()),
            Mutability::WriteOnly => {
                self.password = password_of(&value)?;
                Ok(())
            }
            Mutability::ReadWrite | Mutability::Immutable => {
                match self.dialect.coerce(attribute, at, value)? {
                    Some(value) => self.put(schema, &attribute.name, value),
                    None if rules::is_state(self.kind, schema, attribute) => return Err(rules::no_state()),
                    None => {}
                }
                Ok(())
            }
        }
    }

    fn extension(&mut self, urn: &str, value: Value) -> Result<(), ScimError> {
        let members = match value {
            Value::Object(members) => members,
            Value::Null => return Ok(()),
            _ => return Err(ScimError::invalid_value(format!("{urn} must be an object."))),
        };
        for (key, value) in members {
            match registry().in_schema(urn, &key) {
                Some(attribute) => {
                    self.known(Some(urn), attribute, &format!("{urn}:{}", attribute.name), value)?
                }
                None if !self.dialect.is_tolerant() => return Err(unknown_name(&format!("{urn}:{key}"))),
                // Some clients repeat `schemas` inside the extension; it says nothing there.
                None if key.eq_ignore_ascii_case("schemas") => {}
                None if urn == BRIDGE_USER => {
                    return Err(ScimError::invalid_value(misspelt(urn, json::shown(&key))));
                }
                None if value.is_null() => {}
                None => self.put(Some(urn), &key, value),
            }
        }
        Ok(())
    }

    fn unknown(&mut self, key: String, value: Value) -> Result<(), ScimError> {
        if !self.dialect.is_tolerant() {
            return Err(unknown_name(&key));
        }
        // The URN of a schema with something else behind it than an attribute is no extension of its own.
        let core = key.eq_ignore_ascii_case(self.kind.schema());
        if core || registry().is_near_known(&key) && !looks_like_schema(&key) {
            let (uri, name) =
                key.rsplit_once(':').map_or((None, key.as_str()), |(uri, name)| (Some(uri), name));
            let why = if core {
                "Attributes of the core schema stand at the top of the body, not below its URN.".to_owned()
            } else {
                unknown(self.kind, uri, name)
            };
            return Err(ScimError::invalid_value(why));
        }
        if !value.is_null() {
            self.document.insert(key, value);
        }
        Ok(())
    }

    fn put(&mut self, schema: Option<&str>, name: &str, value: Value) {
        put(&mut self.document, schema, name, value);
    }

    fn finish(mut self) -> Result<Incoming, ScimError> {
        rules::require(self.kind, &self.document)?;
        drop_twins(self.kind, &mut self.document);
        complete_schemas(self.kind, &mut self.document);
        Ok(Incoming { kind: self.kind, document: self.document, password: self.password })
    }
}

/// The strict dialect wants every schema of a body listed (RFC 7643 section 3); connectors leave custom ones
/// out (docs/connectors.md C3.2).
fn every_schema_is_listed(kind: ResourceKind, body: &Object) -> Result<(), ScimError> {
    let listed: Vec<&str> = match get(body, "schemas") {
        Some(Value::Array(urns)) => urns.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let used = body.keys().filter_map(|key| registry().extension(kind, key));
    for urn in std::iter::once(kind.schema()).chain(used) {
        if !listed.iter().any(|known| known.eq_ignore_ascii_case(urn)) {
            return Err(ScimError::invalid_syntax(format!("schemas must list {urn}.")));
        }
    }
    Ok(())
}

fn unknown_name(name: &str) -> ScimError {
    ScimError::invalid_syntax(format!("{} is not an attribute known here; see /Schemas.", json::shown(name)))
}

/// Sets an attribute of the document or of one of its extensions.
pub(super) fn put(document: &mut Object, schema: Option<&str>, name: &str, value: Value) {
    let Some(schema) = schema else {
        document.insert(name.to_owned(), value);
        return;
    };
    match document.get_mut(schema) {
        Some(Value::Object(extension)) => {
            extension.insert(name.to_owned(), value);
        }
        _ => {
            let extension = Object::from_iter([(name.to_owned(), value)]);
            document.insert(schema.to_owned(), Value::Object(extension));
        }
    }
}

/// Leaves one entry of those with the same type and value in a multi-valued attribute: RFC 7643 section 2.4
/// has no answer hold two. The first stays, and takes over the mark of being primary.
pub(super) fn drop_twins(kind: ResourceKind, document: &mut Object) {
    let labelled = |attribute: &&Attribute| {
        attribute.multi_valued && attribute.sub("type").is_some() && attribute.sub("value").is_some()
    };
    for attribute in registry().core(kind).iter().filter(labelled) {
        let Some(Value::Array(items)) = document.get_mut(&attribute.name) else { continue };
        let mut kept: Vec<Value> = Vec::with_capacity(items.len());
        let mut places: HashMap<(String, String), usize> = HashMap::with_capacity(items.len());
        for item in std::mem::take(items) {
            let part = |name: &str| item.get(name).unwrap_or(&Value::Null).to_string();
            let known = match item.get("value") {
                Some(_) => places.entry((part("value"), part("type"))),
                None => {
                    kept.push(item);
                    continue;
                }
            };
            match known {
                Entry::Vacant(place) => {
                    place.insert(kept.len());
                    kept.push(item);
                }
                Entry::Occupied(place) if is_primary(&item) => {
                    if let Some(Value::Object(twin)) = kept.get_mut(*place.get()) {
                        twin.insert("primary".into(), Value::Bool(true));
                    }
                }
                Entry::Occupied(_) => {}
            }
        }
        *items = kept;
    }
}

/// Makes `schemas` list the main schema and every extension the document holds, and of what the client listed
/// those that this resource type has (RFC 7643 section 3).
pub(super) fn complete_schemas(kind: ResourceKind, document: &mut Object) {
    let mut urns: Vec<String> = vec![kind.schema().to_owned()];
    let mut add = |urn: &str| {
        if !urns.iter().any(|known| known.eq_ignore_ascii_case(urn)) {
            urns.push(urn.to_owned());
        }
    };
    if let Some(Value::Array(listed)) = document.get("schemas") {
        let held = |urn: &str| document.get(urn).is_some_and(Value::is_object) && looks_like_schema(urn);
        let known = |urn: &&str| registry().extension(kind, urn).is_some() || held(urn);
        listed.iter().filter_map(Value::as_str).filter(known).for_each(&mut add);
    }
    for (key, value) in document.iter() {
        let is_extension = registry().extension(kind, key).is_some() || looks_like_schema(key);
        if is_extension && value.is_object() {
            add(key);
        }
    }
    let urns = urns.into_iter().map(Value::String).collect();
    document.insert("schemas".into(), Value::Array(urns));
}
