//! How a PATCH sets and takes away values: whole attributes, sub-attributes, and entries selected by a
//! filter.
//!
//! Works on one attribute of one JSON object; which one, and whether it may change, was settled in
//! [`super::engine`].

use serde_json::Value;

use super::super::compact::family_of;
use super::super::dialect::{Dialect, is_primary};
use super::super::error::ScimError;
use super::super::filter::ElementFilter;
use super::super::registry::{Attribute, Mutability};
use super::super::resource::rules::unaltered;
use super::super::value::{contains, is_present, same};
use super::OpKind;
use crate::model::{Family, Object};

/// Inserts, or removes when nothing is left.
pub(super) fn store(container: &mut Object, name: &str, value: Value) {
    let empty = match &value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    if empty {
        container.shift_remove(name);
    } else {
        container.insert(name.to_owned(), value);
    }
}

pub(super) fn set_whole(container: &mut Object, kind: OpKind, attribute: &Attribute, new: Value) {
    let old = container.get(&attribute.name).cloned();
    let next = match (attribute.multi_valued, kind, old, new) {
        (true, OpKind::Add, Some(Value::Array(mut list)), Value::Array(items)) => {
            for item in items {
                append(attribute, &mut list, item);
            }
            Value::Array(list)
        }
        (false, _, Some(Value::Object(old)), Value::Object(new)) => {
            Value::Object(merged(attribute, old, new))
        }
        (_, _, _, Value::Array(mut list)) if !attribute.is_complex() => {
            distinct(&mut list);
            Value::Array(list)
        }
        (_, _, _, new) => new,
    };
    store(container, &attribute.name, next);
}

/// Plain values are there once (RFC 7643 section 2.4).
fn distinct(list: &mut Vec<Value>) {
    let mut kept: Vec<Value> = Vec::with_capacity(list.len());
    for item in list.drain(..) {
        if !kept.iter().any(|known| same(known, &item)) {
            kept.push(item);
        }
    }
    *list = kept;
}

/// Sets the parts of a complex attribute that an object names; those it clears go, the others stay (RFC 7644
/// section
/// 3.5.2.3).
pub(super) fn set_parts(
    container: &mut Object,
    dialect: Dialect,
    attribute: &Attribute,
    at: &str,
    parts: &Object,
) -> Result<(), ScimError> {
    let mut gone: Vec<&Attribute> = Vec::new();
    let mut given = Object::new();
    for (key, value) in parts {
        match dialect.sub(attribute, key) {
            Some(sub) if sub.mutability == Mutability::ReadOnly => {}
            Some(sub) if dialect.clears(value) => gone.push(sub),
            _ => drop(given.insert(key.clone(), value.clone())),
        }
    }
    for sub in gone {
        set_sub(container, attribute, sub, None)?;
    }
    if given.is_empty() {
        return Ok(());
    }
    // What the value lacks may be there already; that all required parts are is asked at the end.
    let new = dialect.members(attribute, at, given)?;
    if new.get("value").is_some_and(|value| !is_present(value)) {
        container.shift_remove(&attribute.name);
        return Ok(());
    }
    set_whole(container, OpKind::Replace, attribute, Value::Object(new));
    Ok(())
}

/// Sub-attributes that were not named stay, unless the value itself became another one: what was said about
/// the old manager is not true of the new one.
fn merged(attribute: &Attribute, mut old: Object, new: Object) -> Object {
    let other_value = match (old.get("value"), new.get("value")) {
        (Some(old), Some(new)) => !same(old, new),
        _ => false,
    };
    if other_value && attribute.sub("value").is_some() {
        return new;
    }
    old.extend(new);
    old
}

/// Adds an entry unless one already says all of it; a new primary entry is the only one. A skill, language or
/// custom attribute that is there already gets its new level or value, and an address, number or role its new
/// label or mark, instead of a twin (RFC 7643 section 2.4).
fn append(attribute: &Attribute, list: &mut Vec<Value>, item: Value) {
    if list.iter().any(|known| contains(known, &item)) {
        return;
    }
    let at = match list.iter().position(|known| is_twin(attribute, known, &item)) {
        Some(at) => at,
        None => {
            list.push(Value::Object(Object::new()));
            list.len().saturating_sub(1)
        }
    };
    if let Some(known) = list.get_mut(at) {
        match (known, item) {
            (Value::Object(known), Value::Object(item)) => known.extend(item),
            (known, item) => *known = item,
        }
    }
    only_primary(list, &[at]);
}

fn is_twin(attribute: &Attribute, known: &Value, item: &Value) -> bool {
    let equal = |key: &str| known.get(key).is_some() && known.get(key) == item.get(key);
    match identity(attribute) {
        Some(keys) => keys.iter().all(|key| equal(key)),
        None if attribute.sub("value").is_some() => {
            equal("value") && (item.get("type").is_none() || known.get("type") == item.get("type"))
        }
        None => false,
    }
}

/// The sub-attributes that tell entries apart, where entries with the same ones cannot exist side by side.
fn identity(attribute: &Attribute) -> Option<&'static [&'static str]> {
    match family_of(attribute)? {
        Family::Level => Some(&["name"]),
        Family::Field => Some(&["schema", "field"]),
        Family::Grant | Family::Membership => None,
    }
}

/// When one of the touched entries is primary, the others are not any more (RFC 7644 section 3.5.2).
fn only_primary(list: &mut [Value], touched: &[usize]) {
    let Some(winner) = touched.iter().copied().rfind(|at| list.get(*at).is_some_and(is_primary)) else {
        return;
    };
    for (at, item) in list.iter_mut().enumerate() {
        if at != winner
            && is_primary(item)
            && let Some(object) = item.as_object_mut()
        {
            object.insert("primary".into(), Value::Bool(false));
        }
    }
}

/// Sets or takes away one part of an attribute, of all its entries when it has several.
///
/// # Errors
/// `mutability` when the part is required or immutable and was there.
pub(super) fn set_sub(
    container: &mut Object,
    attribute: &Attribute,
    sub: &Attribute,
    new: Option<Value>,
) -> Result<(), ScimError> {
    if !attribute.multi_valued {
        let old = match container.get(&attribute.name) {
            Some(Value::Object(old)) => old.clone(),
            _ => Object::new(),
        };
        let next = match new {
            Some(new) => merged(attribute, old, Object::from_iter([(sub.name.clone(), new)])),
            None => {
                let mut next = old;
                taken(sub, next.shift_remove(&sub.name).as_ref())?;
                if sub.name == "value" { Object::new() } else { next }
            }
        };
        store(container, &attribute.name, Value::Object(next));
        return Ok(());
    }
    let mut list = match container.get(&attribute.name) {
        Some(Value::Array(list)) => list.clone(),
        _ => Vec::new(),
    };
    match new {
        Some(new) if list.is_empty() => {
            list.push(Value::Object(Object::from_iter([(sub.name.clone(), new)])))
        }
        Some(new) => {
            for item in &mut list {
                let old = item.clone();
                if let Some(object) = item.as_object_mut() {
                    object.insert(sub.name.clone(), new.clone());
                }
                unaltered(attribute, &old, item)?;
            }
            let first = [0];
            only_primary(&mut list, &first);
        }
        None => {
            for object in list.iter_mut().filter_map(Value::as_object_mut) {
                taken(sub, object.shift_remove(&sub.name).as_ref())?;
            }
            list.retain(|item| has_substance(attribute, item));
        }
    }
    store(container, &attribute.name, Value::Array(list));
    Ok(())
}

/// Whether a part that was there may go (RFC 7644 section 3.5.2.2).
fn taken(sub: &Attribute, old: Option<&Value>) -> Result<(), ScimError> {
    let name = &sub.name;
    match (old, sub.mutability) {
        (None, _) => Ok(()),
        (_, Mutability::Immutable) => Err(ScimError::mutability(format!("{name} was set once and stays."))),
        _ if sub.required => {
            Err(ScimError::mutability(format!("{name} is required and cannot be taken away.")))
        }
        _ => Ok(()),
    }
}

/// Takes away the entries that a value lists (docs/connectors.md C4.7).
pub(super) fn remove_listed(
    container: &mut Object,
    dialect: Dialect,
    attribute: &Attribute,
    at: &str,
    value: &Value,
) -> Result<(), ScimError> {
    let listed = match dialect.coerce(attribute, at, value.clone())? {
        Some(Value::Array(listed)) => listed,
        _ => Vec::new(),
    };
    let Some(Value::Array(mut list)) = container.get(&attribute.name).cloned() else { return Ok(()) };
    list.retain(|item| !listed.iter().any(|gone| contains(item, gone)));
    store(container, &attribute.name, Value::Array(list));
    Ok(())
}

/// Whether an entry still says something once its label, type and mark are set aside.
fn has_substance(attribute: &Attribute, item: &Value) -> bool {
    match item {
        Value::Object(object) if attribute.is_complex() => object
            .iter()
            .any(|(key, value)| !matches!(key.as_str(), "type" | "primary" | "display") && is_present(value)),
        other => is_present(other),
    }
}

/// A change of those entries of a multi-valued attribute that fulfil a filter.
pub(super) struct Entries<'a> {
    pub(super) kind: OpKind,
    pub(super) dialect: Dialect,
    pub(super) attribute: &'a Attribute,
    pub(super) filter: &'a ElementFilter,
    pub(super) sub: Option<&'a str>,
    pub(super) at: String,
}

impl Entries<'_> {
    pub(super) fn remove(&self, list: &mut Vec<Value>) -> Result<(), ScimError> {
        let Some(sub) = self.sub else {
            list.retain(|item| !self.filter.matches(item));
            return Ok(());
        };
        let known = self.attribute.sub(sub);
        let mut allowed = Ok(());
        list.retain_mut(|item| {
            if !self.filter.matches(item) {
                return true;
            }
            if let Some(object) = item.as_object_mut() {
                let old = object.shift_remove(sub);
                if let Some(Err(fault)) = known.map(|known| taken(known, old.as_ref())) {
                    allowed = Err(fault);
                }
            }
            has_substance(self.attribute, item)
        });
        allowed
    }

    pub(super) fn set(&self, list: &mut Vec<Value>, value: &Value) -> Result<(), ScimError> {
        let mut touched: Vec<usize> = Vec::new();
        for (at, item) in list.iter_mut().enumerate().filter(|(_, item)| self.filter.matches(item)) {
            let next = self.changed(item, value)?;
            unaltered(self.attribute, item, &next)?;
            *item = next;
            touched.push(at);
        }
        if touched.is_empty() {
            list.push(self.created(value)?);
            touched.push(list.len().saturating_sub(1));
        }
        only_primary(list, &touched);
        if !self.attribute.is_complex() {
            distinct(list);
        }
        Ok(())
    }

    /// What the operation says about one entry, as an object of declared types; a plain entry as it is.
    fn given(&self, value: &Value) -> Result<Value, ScimError> {
        let none = || ScimError::invalid_value(format!("{}: the value says nothing.", self.at));
        match self.sub {
            None if self.attribute.is_complex() => match value {
                // Not coerced as an entry: what it lacks may come from the filter or the entry that is there.
                Value::Object(object) => {
                    self.dialect.members(self.attribute, &self.at, object.clone()).map(Value::Object)
                }
                Value::Array(items) if items.len() == 1 => self.given(items.first().unwrap_or(&Value::Null)),
                simple => self.dialect.single(self.attribute, &self.at, simple.clone())?.ok_or_else(none),
            },
            None => self.dialect.single(self.attribute, &self.at, value.clone())?.ok_or_else(none),
            // As a member of the entry, because the text of a role may hold more than its value.
            Some(sub) => {
                let part = Object::from_iter([(sub.to_owned(), value.clone())]);
                self.dialect.members(self.attribute, &self.at, part).map(Value::Object)
            }
        }
    }

    fn changed(&self, item: &Value, value: &Value) -> Result<Value, ScimError> {
        let given = self.given(value)?;
        let (Value::Object(old), Value::Object(new)) = (item, &given) else { return Ok(given) };
        // A replaced entry keeps what selected it, so that it can be found again (RFC 7644 section 3.5.2.3).
        let mut next = match (self.kind, self.sub) {
            (OpKind::Replace, None) => {
                let mut next = self.filter.seeds().unwrap_or_default();
                let fixed = self.attribute.sub_attributes.iter();
                for sub in fixed.filter(|sub| sub.mutability == Mutability::Immutable) {
                    next.extend(old.get(&sub.name).map(|value| (sub.name.clone(), value.clone())));
                }
                next
            }
            _ => old.clone(),
        };
        next.extend(new.clone());
        Ok(Value::Object(next))
    }

    /// An entry that fulfils the filter: connectors set one before it exists (docs/connectors.md C4.3).
    fn created(&self, value: &Value) -> Result<Value, ScimError> {
        let no_target =
            || ScimError::no_target(format!("{}: no entry fulfils the filter of the path.", self.at));
        if self.kind == OpKind::Replace && !self.dialect.is_tolerant() {
            return Err(no_target());
        }
        let seeds = self.filter.seeds().ok_or_else(no_target)?;
        let created = match self.given(value)? {
            Value::Object(new) => {
                let mut next = seeds;
                next.extend(new);
                Value::Object(next)
            }
            plain => plain,
        };
        // One that the filter would not find again would be made anew by every repetition.
        if self.filter.matches(&created) { Ok(created) } else { Err(no_target()) }
    }
}
