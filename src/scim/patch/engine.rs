//! The work of one PATCH operation on a document: find the place, check it may change, set, add or take away.
//!
//! Works on a copy that the caller throws away on the first fault. Types and tolerances are [`Dialect`]'s, members of
//! groups are [`super::members`]; how values and entries are set and taken away is [`super::values`].

use serde_json::Value;

use super::super::dialect::Dialect;
use super::super::error::ScimError;
use super::super::filter::ElementFilter;
use super::super::kind::ResourceKind;
use super::super::path::{Path, Place};
use super::super::registry::{AttrPath, Attribute, Mutability, registry};
use super::super::resource::password_of;
use super::super::value::{is_present, key_of, take};
use super::values::{Entries, clears, remove_listed, set_sub, set_whole, store};
use super::{MemberChange, OpKind, Operation, members};
use crate::model::{Object, Secret};

pub(super) struct Engine<'a> {
    kind: ResourceKind,
    dialect: Dialect,
    resource_id: &'a str,
    pub(super) document: Object,
    pub(super) members: Vec<MemberChange>,
    pub(super) password: Option<Secret>,
    pub(super) named_display_name: bool,
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
        }
    }

    pub(super) fn run(&mut self, operation: &Operation) -> Result<(), ScimError> {
        let value = operation.value.as_ref();
        match &operation.path {
            Some(text) if text.trim().eq_ignore_ascii_case("id") => self.own_id(value),
            Some(text) => {
                let path = self.path(text)?;
                self.at(operation.kind, &path, value)
            }
            None => self.without_path(operation.kind, value.unwrap_or(&Value::Null)),
        }
    }

    fn path(&self, text: &str) -> Result<Path, ScimError> {
        Path::parse(self.kind, text, |name| key_of(&self.document, name).is_some())
    }

    /// Okta sends the id along with every change of a group (connectors.md section 2).
    fn own_id(&self, value: Option<&Value>) -> Result<(), ScimError> {
        match value {
            Some(Value::String(id)) if id == self.resource_id => Ok(()),
            Some(Value::Null) if self.dialect.is_tolerant() => Ok(()),
            _ => Err(ScimError::mutability("id cannot be changed.")),
        }
    }

    fn without_path(&mut self, kind: OpKind, value: &Value) -> Result<(), ScimError> {
        let unpacked;
        let members = match value {
            Value::Object(members) => members,
            // The object as a text, as scim-for-keycloak sends it (connectors.md section 3).
            Value::String(text) if self.dialect.is_tolerant() => {
                unpacked = serde_json::from_str::<Object>(text).ok();
                unpacked
                    .as_ref()
                    .ok_or_else(|| ScimError::invalid_value("without a path, value must be an object."))?
            }
            _ => return Err(ScimError::invalid_value("without a path, value must be an object.")),
        };
        for (key, value) in members {
            self.key(kind, key, value)?;
        }
        Ok(())
    }

    /// One member of a value without a path: a plain name, a dotted or filtered path, or an URN.
    fn key(&mut self, kind: OpKind, key: &str, value: &Value) -> Result<(), ScimError> {
        if key.eq_ignore_ascii_case("id") {
            return self.own_id(Some(value));
        }
        let core = registry().core_or_common(self.kind, key);
        if core.is_some_and(|attribute| attribute.mutability == Mutability::ReadOnly) {
            // Whole resources are sent back with what we added to them; that is no attempt to change it.
            return Ok(());
        }
        if key.eq_ignore_ascii_case("schemas") {
            let place = AttrPath { schema: None, name: "schemas".into(), sub: None };
            return self.at(
                OpKind::Add,
                &Path::Attribute(Place { path: place, attribute: core }),
                Some(value),
            );
        }
        match self.path(key) {
            Ok(path) => self.at(kind, &path, Some(value)),
            Err(_)
                if self.dialect.is_tolerant() && !key.contains(['[', ':', '.', ' ']) && !key.is_empty() =>
            {
                if value.is_null() {
                    take(&mut self.document, key);
                } else {
                    self.document.insert(key.to_owned(), value.clone());
                }
                Ok(())
            }
            Err(fault) => Err(fault),
        }
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
                self.members.push(members::whole(kind, value)?);
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
        let Some(schema) = schema else { return work(&mut self.document) };
        let mut extension = match self.document.get_mut(schema) {
            Some(Value::Object(extension)) => std::mem::take(extension),
            _ => Object::new(),
        };
        let done = work(&mut extension)?;
        if extension.is_empty() {
            self.document.shift_remove(schema);
        } else {
            self.document.insert(schema.to_owned(), Value::Object(extension));
        }
        Ok(done)
    }

    fn extension(&mut self, kind: OpKind, urn: &str, value: Option<&Value>) -> Result<(), ScimError> {
        let value = value.unwrap_or(&Value::Null);
        if kind == OpKind::Remove || !is_present(value) && !matches!(value, Value::Object(_)) {
            take(&mut self.document, urn);
            return Ok(());
        }
        let Value::Object(members) = value else {
            return Err(ScimError::invalid_value(format!("{urn} must be an object.")));
        };
        for (key, value) in members {
            match registry().in_schema(urn, key) {
                Some(attribute) if attribute.mutability == Mutability::ReadOnly => {}
                Some(attribute) => {
                    let path =
                        AttrPath { schema: Some(urn.to_owned()), name: attribute.name.clone(), sub: None };
                    let place = Place { path, attribute: Some(attribute) };
                    self.attribute(kind, &place, attribute, Some(value))?;
                }
                None if key.eq_ignore_ascii_case("schemas") => {}
                None => {
                    let path = AttrPath { schema: Some(urn.to_owned()), name: key.clone(), sub: None };
                    self.unknown(kind, &path, Some(value))?;
                }
            }
        }
        Ok(())
    }

    /// Attributes that no schema knows are kept as they come.
    fn unknown(&mut self, kind: OpKind, path: &AttrPath, value: Option<&Value>) -> Result<(), ScimError> {
        let cleared = kind == OpKind::Remove || value.is_none_or(Value::is_null);
        let value = value.cloned().unwrap_or(Value::Null);
        self.within(path.schema.as_deref(), |container| {
            match (&path.sub, cleared) {
                (None, true) => {
                    take(container, &path.name);
                }
                (None, false) => {
                    container.insert(path.name.clone(), value);
                }
                (Some(sub), cleared) => {
                    let mut inner = match container.get(&path.name) {
                        Some(Value::Object(inner)) => inner.clone(),
                        _ => Object::new(),
                    };
                    if cleared {
                        inner.shift_remove(sub);
                    } else {
                        inner.insert(sub.clone(), value);
                    }
                    store(container, &path.name, Value::Object(inner));
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
        let cleared = kind == OpKind::Remove || clears(value);
        self.within(path.schema.as_deref(), |container| match place.sub_attribute() {
            None if kind == OpKind::Remove && attribute.multi_valued && is_present(value) => {
                remove_listed(container, dialect, attribute, &at, value)
            }
            // An empty object names no sub-attribute to change (RFC 7644 section 3.5.2.3).
            None if !cleared && value.as_object().is_some_and(Object::is_empty) => Ok(()),
            None if cleared => {
                container.shift_remove(&attribute.name);
                Ok(())
            }
            None => match dialect.coerce(attribute, &at, value.clone())? {
                None => {
                    container.shift_remove(&attribute.name);
                    Ok(())
                }
                Some(new) => {
                    set_whole(container, kind, attribute, new);
                    Ok(())
                }
            },
            Some(sub) => {
                let new = if cleared { None } else { dialect.coerce(sub, &at, value.clone())? };
                set_sub(container, attribute, sub, new);
                Ok(())
            }
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
        let change = Entries { kind, dialect: self.dialect, attribute, filter, sub, at: path.to_string() };
        let value = value.unwrap_or(&Value::Null);
        self.within(path.schema.as_deref(), |container| {
            let mut list = match container.get(&attribute.name) {
                Some(Value::Array(list)) => list.clone(),
                _ => Vec::new(),
            };
            if kind == OpKind::Remove || clears(value) {
                change.remove(&mut list);
            } else {
                change.set(&mut list, value)?;
            }
            store(container, &attribute.name, Value::Array(list));
            Ok(())
        })
    }
}

fn writable(attribute: &Attribute, path: &AttrPath) -> Result<(), ScimError> {
    match attribute.mutability {
        Mutability::ReadOnly => Err(ScimError::mutability(format!("{path} is read-only."))),
        _ => Ok(()),
    }
}
