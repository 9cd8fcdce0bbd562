//! The work of one PATCH operation on a document: find the place, check it may change, set, add or take away.
//!
//! Works on a copy that the caller throws away on the first fault. Types and tolerances are [`Dialect`]'s,
//! members of groups are [`super::members`]; how values and entries are set and taken away is
//! [`super::values`].

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use super::super::dialect::{Dialect, too_many_entries};
use super::super::error::ScimError;
use super::super::filter::ElementFilter;
use super::super::json;
use super::super::kind::{BRIDGE_USER, ResourceKind};
use super::super::path::{Path, Place, looks_like_schema, misspelt};
use super::super::registry::{AttrPath, Attribute, Mutability, registry};
use super::super::resource::password_of;
use super::super::resource::rules::{is_state, no_state};
use super::super::value::{is_present, key_of, take};
use super::values::{Entries, remove_listed, set_parts, set_sub, set_whole, store};
use super::{MemberChange, OpKind, Operation, members};
use crate::limits;
use crate::model::{Object, Secret};

/// A comparison by a filter, which does not look at letter case, counts as so many of values.
const OF_A_FILTER: usize = 4;
/// So many bytes of text count as one more entry where a filter looks through them: it folds them letter by letter.
const FOLDED_BYTES: usize = 32;
/// The same where values are compared and copied as they are.
const PLAIN_BYTES: usize = 1024;

pub(super) struct Engine<'a> {
    kind: ResourceKind,
    dialect: Dialect,
    resource_id: &'a str,
    pub(super) document: Object,
    pub(super) members: Vec<MemberChange>,
    pub(super) password: Option<Secret>,
    pub(super) named_display_name: bool,
    /// Comparisons so far.
    compared: usize,
    /// As many as there may be.
    allowed: usize,
}

impl<'a> Engine<'a> {
    pub(super) fn new(kind: ResourceKind, dialect: Dialect, document: Object, resource_id: &'a str) -> Self {
        Self {
            kind,
            dialect,
            resource_id,
            document,
            members: Vec::new(),
            password: None,
            named_display_name: false,
            compared: 0,
            allowed: limits::PATCH_COMPARISONS,
        }
    }

    /// The same engine, which gives up after so many comparisons.
    pub(super) fn allowing(self, comparisons: usize) -> Self {
        Self { allowed: comparisons, ..self }
    }

    /// Whether it gave up because there were too many.
    pub(super) fn gave_up(&self) -> bool {
        self.compared > self.allowed
    }

    /// Counts work before it is done: each operation may compare all entries of an attribute, and there may be a
    /// thousand of both.
    fn spend(&mut self, entries: usize, with: usize) -> Result<(), ScimError> {
        self.compared = self.compared.saturating_add(entries.saturating_mul(with.saturating_add(1)));
        if self.gave_up() {
            return Err(ScimError::payload_too_large(format!(
                "the operations compare entries more than {} times, long texts counted by their length; send them in several requests, or replace the attribute as a \
                 whole.",
                limits::PATCH_COMPARISONS
            )));
        }
        Ok(())
    }

    /// What it costs to look at each entry of an attribute once, where so many bytes of text cost as much as an entry.
    fn weight_of(&self, path: &AttrPath, name: &str, bytes_each: usize) -> usize {
        let container = match path.schema.as_deref() {
            Some(schema) => self.document.get(schema).and_then(Value::as_object),
            None => Some(&self.document),
        };
        container.and_then(|container| container.get(name)).map_or(0, |value| weight(value, bytes_each))
    }

    pub(super) fn run(&mut self, operation: &Operation) -> Result<(), ScimError> {
        let value = operation.value.as_ref();
        match &operation.path {
            Some(text) => match self.path(text)? {
                Path::Attribute(place) if is_id(&place) => self.own_id(operation.kind, value),
                path => self.at(operation.kind, &path, value),
            },
            None => self.without_path(operation.kind, value.unwrap_or(&Value::Null)),
        }
    }

    fn path(&self, text: &str) -> Result<Path, ScimError> {
        let path = Path::parse(self.kind, text, |name| key_of(&self.document, name).is_some())?;
        if !self.dialect.is_tolerant() {
            self.by_the_letter(text, &path)?;
        }
        Ok(path)
    }

    /// The strict dialect knows only what the schemas say, and extensions only by their URN (RFC 7644 section
    /// 3.10).
    fn by_the_letter(&self, text: &str, path: &Path) -> Result<(), ScimError> {
        let qualified = text.split('[').next().is_some_and(|head| head.contains(':'));
        let wrong = match path {
            Path::Extension(urn) => registry().extension(self.kind, urn).is_none(),
            Path::Attribute(place) => place.attribute.is_none() || place.path.schema.is_some() && !qualified,
            Path::Element { place, sub, .. } => {
                let unknown = |sub: &str| place.attribute.is_none_or(|known| known.sub(sub).is_none());
                sub.as_deref().is_some_and(unknown) || place.path.schema.is_some() && !qualified
            }
        };
        if wrong {
            return Err(ScimError::invalid_path(
                "The path names no attribute of /Schemas; attributes of extensions need their URN.",
            ));
        }
        Ok(())
    }

    /// Okta sends the id along with every change of a group (docs/connectors.md C6.6).
    fn own_id(&self, kind: OpKind, value: Option<&Value>) -> Result<(), ScimError> {
        match value {
            Some(Value::String(id)) if id == self.resource_id && kind != OpKind::Remove => Ok(()),
            // OneLogin's template says `"id": null` (docs/connectors.md C7.1).
            Some(Value::Null) if self.dialect.is_tolerant() && kind != OpKind::Remove => Ok(()),
            _ => Err(ScimError::mutability("id cannot be changed.")),
        }
    }

    fn without_path(&mut self, kind: OpKind, value: &Value) -> Result<(), ScimError> {
        let members = unpacked(self.dialect, value)?
            .ok_or_else(|| ScimError::invalid_value("without a path, value must be an object."))?;
        let mut seen = HashSet::with_capacity(members.len());
        for (key, value) in members.iter() {
            let path = self.path(key);
            if names_of(key, path.as_ref().ok(), value).into_iter().any(|name| !seen.insert(name)) {
                return Err(json::twice(key));
            }
            self.key(kind, key, path, value)?;
        }
        Ok(())
    }

    /// One member of a value without a path: a plain name, a dotted or filtered path, or an URN.
    fn key(
        &mut self,
        kind: OpKind,
        key: &str,
        path: Result<Path, ScimError>,
        value: &Value,
    ) -> Result<(), ScimError> {
        if !self.dialect.is_tolerant() && names_a_part(key) {
            let name = json::shown(key);
            return Err(ScimError::invalid_path(format!(
                "{name} is part of a path; only attributes can be keys here."
            )));
        }
        match path {
            Ok(Path::Attribute(place)) if is_id(&place) => self.own_id(kind, Some(value)),
            Ok(path) if is_read_only(&path) => self.given_back(key),
            Ok(path @ Path::Attribute(_)) if key.eq_ignore_ascii_case("schemas") => {
                // The message lists what it speaks of; that takes nothing from what is there.
                if value.is_null() { Ok(()) } else { self.at(OpKind::Add, &path, Some(value)) }
            }
            Ok(path) => self.at(kind, &path, Some(value)),
            Err(_)
                if self.dialect.is_tolerant() && !key.contains(['[', ':', '.', ' ']) && !key.is_empty() =>
            {
                if !value.is_null() {
                    self.document.insert(key.to_owned(), value.clone());
                }
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }

    /// Whole resources are sent back with what we added to them; that is no attempt to change it.
    fn given_back(&self, key: &str) -> Result<(), ScimError> {
        if self.dialect.is_tolerant() {
            return Ok(());
        }
        Err(ScimError::mutability(format!("{} is read-only.", json::shown(key))))
    }

    fn at(&mut self, kind: OpKind, path: &Path, value: Option<&Value>) -> Result<(), ScimError> {
        match path {
            Path::Extension(urn) => self.extension(kind, urn, value),
            Path::Attribute(place) if self.is_members(&place.path) => {
                if place.path.sub.is_some() {
                    return Err(ScimError::invalid_path(
                        "name members as a whole, or select them in brackets.",
                    ));
                }
                let checked = match (self.dialect.is_tolerant(), place.attribute, value) {
                    (false, Some(attribute), Some(value)) => {
                        self.dialect.coerce(attribute, "members", in_array(kind, attribute, value))?
                    }
                    _ => None,
                };
                self.members.push(members::whole(kind, checked.as_ref().or(value))?);
                Ok(())
            }
            Path::Element { place, filter, sub } if self.is_members(&place.path) => {
                self.members.extend(members::selected(kind, filter, sub.as_deref(), value)?);
                Ok(())
            }
            Path::Attribute(place) => match place.attribute {
                Some(attribute) => self.attribute(kind, place, attribute, value),
                None => self.unknown(kind, &place.path, value),
            },
            Path::Element { place, filter, sub } => match place.attribute {
                Some(attribute) => self.entries(kind, place, attribute, (filter, sub.as_deref()), value),
                None => Err(ScimError::invalid_path("this attribute is not known here.")),
            },
        }
    }

    fn is_members(&self, path: &AttrPath) -> bool {
        self.kind == ResourceKind::Group && path.schema.is_none() && path.name == "members"
    }

    /// Works on the object that holds the attributes of a schema; an extension that ends up empty goes.
    fn within<R>(
        &mut self,
        schema: Option<&str>,
        work: impl FnOnce(&mut Object) -> Result<R, ScimError>,
    ) -> Result<R, ScimError> {
        let Some(schema) = schema else {
            let done = work(&mut self.document)?;
            bounded(&self.document, |name| registry().core_or_common(self.kind, name).is_some())?;
            return Ok(done);
        };
        let mut extension = match self.document.get_mut(schema) {
            Some(Value::Object(extension)) => std::mem::take(extension),
            _ => Object::new(),
        };
        let done = work(&mut extension)?;
        bounded(&extension, |name| registry().in_schema(schema, name).is_some())?;
        if extension.is_empty() {
            self.document.shift_remove(schema);
        } else {
            self.document.insert(schema.to_owned(), Value::Object(extension));
        }
        Ok(done)
    }

    fn extension(&mut self, kind: OpKind, urn: &str, value: Option<&Value>) -> Result<(), ScimError> {
        let urn = key_of(&self.document, urn).unwrap_or(urn).to_owned();
        let value = value.unwrap_or(&Value::Null);
        if kind == OpKind::Remove || self.dialect.clears(value) {
            take(&mut self.document, &urn);
            return Ok(());
        }
        let Value::Object(members) = value else {
            return Err(ScimError::invalid_value(format!("{urn} must be an object.")));
        };
        for (key, value) in members {
            let path = AttrPath { schema: Some(urn.clone()), name: key.clone(), sub: None };
            match registry().in_schema(&urn, key) {
                Some(attribute) if attribute.mutability == Mutability::ReadOnly => self.given_back(key)?,
                Some(attribute) => {
                    let path = AttrPath { name: attribute.name.clone(), ..path };
                    let place = Place { path, attribute: Some(attribute) };
                    self.attribute(kind, &place, attribute, Some(value))?;
                }
                None if key.eq_ignore_ascii_case("schemas") && self.dialect.is_tolerant() => {}
                None if urn == BRIDGE_USER || !self.dialect.is_tolerant() => {
                    return Err(ScimError::invalid_path(misspelt(&urn, json::shown(key))));
                }
                None => self.unknown(kind, &path, Some(value))?,
            }
        }
        Ok(())
    }

    /// Attributes that no schema knows are kept as they come.
    fn unknown(&mut self, kind: OpKind, path: &AttrPath, value: Option<&Value>) -> Result<(), ScimError> {
        let cleared = kind == OpKind::Remove || value.is_none_or(Value::is_null);
        let value = value.cloned().unwrap_or(Value::Null);
        // What is there already keeps its spelling: two spellings of one name would be two attributes.
        let schema =
            path.schema.as_ref().map(|urn| key_of(&self.document, urn).unwrap_or(urn.as_str()).to_owned());
        self.within(schema.as_deref(), |container| {
            let name = key_of(container, &path.name).unwrap_or(&path.name).to_owned();
            match (&path.sub, cleared) {
                (None, true) => {
                    container.shift_remove(&name);
                }
                (None, false) => {
                    container.insert(name, value);
                }
                (Some(sub), cleared) => {
                    let mut inner = match container.get(&name) {
                        Some(Value::Object(inner)) => inner.clone(),
                        _ => Object::new(),
                    };
                    if cleared {
                        inner.shift_remove(sub);
                    } else {
                        inner.insert(sub.clone(), value);
                    }
                    store(container, &name, Value::Object(inner));
                }
            }
            Ok(())
        })
    }

    fn attribute(
        &mut self,
        kind: OpKind,
        place: &Place,
        attribute: &Attribute,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let path = &place.path;
        writable(attribute, path)?;
        if let Some(sub) = place.sub_attribute() {
            writable(sub, path)?;
        }
        if attribute.mutability == Mutability::WriteOnly {
            self.password = match kind {
                OpKind::Remove => None,
                _ => password_of(value.unwrap_or(&Value::Null))?,
            };
            return Ok(());
        }
        if path.schema.is_none() && path.name == "displayName" {
            self.named_display_name = true;
        }
        let at = path.to_string();
        let dialect = self.dialect;
        let value = value.unwrap_or(&Value::Null);
        if is_state(self.kind, path.schema.as_deref(), attribute) {
            state(kind, dialect, attribute, value)?;
        }
        // More than that is refused as it is read.
        let named = value.as_array().map_or(1, Vec::len).min(limits::ENTRIES_PER_ATTRIBUTE);
        let heaviest =
            self.weight_of(path, &attribute.name, PLAIN_BYTES).max(weight(value, PLAIN_BYTES)).max(named);
        self.spend(heaviest, named)?;
        // Adding no values is no way to take values away.
        let adds_none = kind == OpKind::Add && attribute.multi_valued && value.is_array();
        let cleared = kind == OpKind::Remove || dialect.clears(value) && !adds_none;
        self.within(path.schema.as_deref(), |container| match place.sub_attribute() {
            Some(sub) => {
                let new = if cleared { None } else { dialect.coerce(sub, &at, value.clone())? };
                set_sub(container, attribute, sub, new.filter(|new| !dialect.clears(new)))
            }
            // A list of nothing removes nothing.
            None if kind == OpKind::Remove
                && attribute.multi_valued
                && (value.is_array() || is_present(value)) =>
            {
                remove_listed(container, dialect, attribute, &at, value)
            }
            None if cleared => {
                container.shift_remove(&attribute.name);
                Ok(())
            }
            None => match value {
                Value::Object(parts) if attribute.is_complex() && !attribute.multi_valued => {
                    set_parts(container, dialect, attribute, &at, parts)
                }
                value => {
                    let new = dialect.coerce(attribute, &at, in_array(kind, attribute, value))?;
                    match new.filter(|new| attribute.multi_valued || !dialect.clears(new)) {
                        None => drop(container.shift_remove(&attribute.name)),
                        Some(new) => set_whole(container, kind, attribute, new),
                    }
                    Ok(())
                }
            },
        })
    }

    fn entries(
        &mut self,
        kind: OpKind,
        place: &Place,
        attribute: &Attribute,
        (filter, sub): (&ElementFilter, Option<&str>),
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let path = &place.path;
        writable(attribute, path)?;
        if let Some(sub) = sub.and_then(|sub| attribute.sub(sub)) {
            writable(sub, path)?;
        }
        let sub = match sub {
            // The entry is its own value.
            Some(name) if !attribute.is_complex() && name.eq_ignore_ascii_case("value") => None,
            Some(name) if !attribute.is_complex() => {
                return Err(ScimError::invalid_path(format!("{path} has no sub-attribute {name}.")));
            }
            sub => sub,
        };
        let heavy = self.weight_of(path, &attribute.name, FOLDED_BYTES);
        self.spend(heavy, filter.comparisons().saturating_mul(OF_A_FILTER))?;
        let change = Entries { kind, dialect: self.dialect, attribute, filter, sub, at: path.to_string() };
        let value = value.unwrap_or(&Value::Null);
        self.within(path.schema.as_deref(), |container| {
            let mut list = match container.get(&attribute.name) {
                Some(Value::Array(list)) => list.clone(),
                _ => Vec::new(),
            };
            if kind == OpKind::Remove || change.dialect.clears(value) {
                change.remove(&mut list)?;
            } else {
                change.set(&mut list, value)?;
            }
            store(container, &attribute.name, Value::Array(list));
            Ok(())
        })
    }
}

/// The members of a value without a path: of an object, or of one that is sent as a text, as
/// scim-for-keycloak does (docs/connectors.md C7.6). `None` for anything else.
///
/// # Errors
/// `invalidSyntax` when a name stands twice in such a text.
pub(super) fn unpacked(dialect: Dialect, value: &Value) -> Result<Option<Cow<'_, Object>>, ScimError> {
    match value {
        Value::Object(members) => Ok(Some(Cow::Borrowed(members))),
        Value::String(text) if dialect.is_tolerant() => Ok(json::object_in(text)?.map(Cow::Owned)),
        _ => Ok(None),
    }
}

/// What a key of a value without a path speaks of, each in one form however it is written: the attribute, or
/// those of an extension that it holds.
fn names_of(key: &str, path: Option<&Path>, value: &Value) -> Vec<String> {
    match (path, value) {
        // Values in a filter differ by their letter case, names do not.
        (Some(path @ Path::Element { .. }), _) => vec![path.to_string()],
        (Some(Path::Extension(urn)), Value::Object(members)) => {
            let inner = members.keys().map(|name| format!("{urn}:{name}").to_ascii_lowercase());
            inner.chain([urn.to_ascii_lowercase()]).collect()
        }
        (Some(path), _) => vec![path.to_string().to_ascii_lowercase()],
        (None, _) => vec![key.to_ascii_lowercase()],
    }
}

/// Whether an operation leaves no doubt who has access: `active` is set to true or false, never taken away or
/// emptied.
fn state(kind: OpKind, dialect: Dialect, attribute: &Attribute, value: &Value) -> Result<(), ScimError> {
    if kind == OpKind::Remove {
        return Err(ScimError::mutability("active cannot be taken away; set it to true or false."));
    }
    match dialect.coerce(attribute, &attribute.name, value.clone())? {
        Some(Value::Bool(_)) => Ok(()),
        _ => Err(no_state()),
    }
}

/// See [`Engine::weight_of`]. Looks no deeper than attributes go: entries and their parts.
fn weight(value: &Value, bytes_each: usize) -> usize {
    let text = |value: &Value| value.as_str().map_or(0, str::len);
    let one = |entry: &Value| {
        let bytes = match entry {
            Value::Object(parts) => parts.values().map(text).sum(),
            plain => text(plain),
        };
        1 + bytes / bytes_each
    };
    match value {
        Value::Array(entries) => entries.iter().take(limits::ENTRIES_PER_ATTRIBUTE).map(one).sum(),
        other => one(other),
    }
}

fn is_id(place: &Place) -> bool {
    place.path.schema.is_none() && place.path.name == "id"
}

fn is_read_only(path: &Path) -> bool {
    let read_only = |attribute: Option<&Attribute>| {
        attribute.is_some_and(|known| known.mutability == Mutability::ReadOnly)
    };
    match path {
        Path::Extension(_) => false,
        Path::Attribute(place) => read_only(place.attribute) || read_only(place.sub_attribute()),
        Path::Element { place, sub, .. } => {
            let part = place.attribute.zip(sub.as_deref()).and_then(|(known, sub)| known.sub(sub));
            read_only(place.attribute) || read_only(part)
        }
    }
}

/// Whether a key goes below an attribute: dots count only behind the URN, which has some of its own.
fn names_a_part(key: &str) -> bool {
    !looks_like_schema(key) && key.rsplit(':').next().is_some_and(|name| name.contains('.'))
        || key.contains('[')
}

/// An add may bring one value of an attribute that has several (RFC 7644 section 3.5.2.1). A text stays as it
/// is: it may be the compact form of many.
fn in_array(kind: OpKind, attribute: &Attribute, value: &Value) -> Value {
    match value {
        Value::Object(_) if kind == OpKind::Add && attribute.multi_valued => {
            Value::Array(vec![value.clone()])
        }
        _ => value.clone(),
    }
}

/// Refuses an attribute that has grown too long: each further addition is compared with all its entries.
fn bounded(container: &Object, known: impl Fn(&str) -> bool) -> Result<(), ScimError> {
    let long =
        |value: &Value| value.as_array().is_some_and(|entries| entries.len() > limits::ENTRIES_PER_ATTRIBUTE);
    match container.iter().find(|(name, value)| long(value) && known(name)) {
        Some((name, _)) => Err(too_many_entries(name)),
        None => Ok(()),
    }
}

fn writable(attribute: &Attribute, path: &AttrPath) -> Result<(), ScimError> {
    match attribute.mutability {
        Mutability::ReadOnly => Err(ScimError::mutability(format!("{path} is read-only."))),
        _ => Ok(()),
    }
}
