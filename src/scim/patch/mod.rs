//! PATCH (RFC 7644 section 3.5.2): reading a request, and applying it to a document as a pure function.
//!
//! All operations or none: [`apply`] works on a copy and hands it back only when every operation succeeded.
//! Members of a group are not part of the document; they come back as changes for the directory to apply. The
//! work on single attributes is in [`engine`], on members in [`members`].

mod deactivation;
mod engine;
mod members;
#[cfg(test)]
mod tests;
mod values;

use serde_json::Value;

use super::dialect::Dialect;
use super::error::ScimError;
use super::filter::ElementFilter;
use super::kind::ResourceKind;
use super::resource::rules::{immutable_kept, keep_equal, require_still};
use super::resource::{Member, complete_schemas, drop_twins};
use super::value::get;
use crate::limits;
use crate::model::{Object, Secret};

/// URN of a PATCH message.
pub const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Operations of a PATCH that takes next to no time, and comparisons: about a millisecond's worth.
const LIGHT_OPERATIONS: usize = 32;
const LIGHT_COMPARISONS: usize = 20_000;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpKind {
    /// Sets what is missing, adds to what has several values.
    Add,
    /// Sets.
    Replace,
    /// Takes away.
    Remove,
}

#[derive(Clone, Debug)]
struct Operation {
    kind: OpKind,
    path: Option<String>,
    value: Option<Value>,
}

/// A PATCH request whose frame is sound; its paths and values are checked against a resource by [`apply`].
#[derive(Clone, Debug)]
pub struct PatchRequest {
    operations: Vec<Operation>,
    dialect: Dialect,
}

/// What a PATCH makes of a resource.
#[derive(Clone, Debug)]
pub struct Patched {
    /// The new document.
    pub document: Object,
    /// Whether the document means something else than the one before: the order of keys and of `schemas`, and
    /// 4.0 for 4, are no difference. Members and password count apart.
    pub changed: bool,
    /// The password, if one was set; it is never stored.
    pub password: Option<Secret>,
    /// Changes of the members of a group, in order.
    pub members: Vec<MemberChange>,
    /// Whether the request spoke about `displayName`; one that was built from the name may be built anew
    /// otherwise.
    pub named_display_name: bool,
}

/// One change of the members of a group.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberChange {
    /// These belong to the group from now on; those that did already stay.
    Add(Vec<Member>),
    /// These ids no longer belong to it; those that did not are no fault.
    Remove(Vec<String>),
    /// Members that fulfil the filter (over `value`, `display`, `type`) no longer belong to it.
    RemoveWhere(ElementFilter),
    /// Exactly these belong to it.
    ReplaceAll(Vec<Member>),
}

impl PatchRequest {
    /// Reads the body of a PATCH.
    ///
    /// # Errors
    /// `invalidSyntax` for a wrong frame or an unknown operation, `noTarget` for a remove without a path,
    /// `invalidValue` for an add or replace without a value, 413 for too many operations.
    pub fn parse(body: Value, dialect: Dialect) -> Result<Self, ScimError> {
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax(
                "The body of a PATCH must be a JSON object with Operations.",
            ));
        };
        if !dialect.is_tolerant() {
            let listed = body.get("schemas").and_then(Value::as_array);
            if !listed.is_some_and(|urns| urns.iter().any(|urn| urn == PATCH_SCHEMA)) {
                return Err(ScimError::invalid_syntax(format!(
                    "schemas of a PATCH must list {PATCH_SCHEMA}."
                )));
            }
        }
        let operations = match get(&body, "Operations") {
            Some(Value::Array(operations)) if !operations.is_empty() => operations,
            _ => {
                return Err(ScimError::invalid_syntax(
                    "A PATCH needs Operations: an array that is not empty.",
                ));
            }
        };
        if operations.len() > limits::PATCH_OPERATIONS {
            return Err(ScimError::payload_too_large(format!(
                "One PATCH may hold at most {} operations; send several.",
                limits::PATCH_OPERATIONS
            )));
        }
        let numbered = operations.iter().enumerate();
        let operations = numbered
            .map(|(index, operation)| {
                Operation::parse(operation, dialect).map_err(|fault| in_operation(index, fault))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { operations, dialect })
    }

    /// Whether a user that it is applied to has no access afterwards: `active` becomes false.
    pub fn deactivates(&self) -> bool {
        deactivation::deactivates(self)
    }
}

impl Operation {
    fn parse(operation: &Value, dialect: Dialect) -> Result<Self, ScimError> {
        let Value::Object(operation) = operation else {
            return Err(ScimError::invalid_syntax(
                "an operation must be a JSON object with op, path and value.",
            ));
        };
        let name = get(operation, "op").and_then(Value::as_str).unwrap_or("");
        // Entra capitalises operations (docs/connectors.md C4.1).
        let name = if dialect.is_tolerant() { name.to_ascii_lowercase() } else { name.to_owned() };
        let kind = match name.as_str() {
            "add" => OpKind::Add,
            "replace" => OpKind::Replace,
            "remove" => OpKind::Remove,
            _ => return Err(ScimError::invalid_syntax("op must be add, replace or remove.")),
        };
        let path = match get(operation, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) if path.trim().is_empty() => None,
            Some(Value::String(path)) => Some(path.clone()),
            Some(_) => return Err(ScimError::invalid_path("path must be a text.")),
        };
        let value = get(operation, "value").cloned();
        match (kind, &path, &value) {
            (OpKind::Remove, None, _) => {
                Err(ScimError::no_target("remove needs a path that says what to remove."))
            }
            (OpKind::Add | OpKind::Replace, _, None) => {
                Err(ScimError::invalid_value("add and replace need a value; use remove or null to clear."))
            }
            // By the letter such a remove empties the whole attribute, which nobody who lists values means.
            (OpKind::Remove, _, Some(value)) if !value.is_null() && !dialect.is_tolerant() => {
                Err(ScimError::invalid_syntax("remove takes no value; select what goes in brackets."))
            }
            _ => Ok(Self { kind, path, value }),
        }
    }
}

/// Applies a request to a document. `resource_id` is the id the client knows the resource by: Okta sends it
/// along.
///
/// # Errors
/// `invalidPath`, `invalidFilter`, `invalidValue`, `noTarget` or `mutability`, naming the operation by its number; the
/// document is then as if nothing had been asked.
pub fn apply(
    kind: ResourceKind,
    current: &Object,
    resource_id: &str,
    request: &PatchRequest,
) -> Result<Patched, ScimError> {
    let mut engine = engine::Engine::new(kind, request.dialect, current.clone(), resource_id);
    run(&mut engine, request)?;
    finish(engine, kind, current)
}

/// The same, as long as it takes next to no time; `None` where it may take more, which is found out in next to no
/// time as well.
pub fn apply_if_light(
    kind: ResourceKind,
    current: &Object,
    resource_id: &str,
    request: &PatchRequest,
) -> Option<Result<Patched, ScimError>> {
    if request.operations.len() > LIGHT_OPERATIONS {
        return None;
    }
    let engine = engine::Engine::new(kind, request.dialect, current.clone(), resource_id);
    let mut engine = engine.allowing(LIGHT_COMPARISONS);
    match run(&mut engine, request) {
        Err(_) if engine.gave_up() => None,
        Err(fault) => Some(Err(fault)),
        Ok(()) => Some(finish(engine, kind, current)),
    }
}

fn run(engine: &mut engine::Engine<'_>, request: &PatchRequest) -> Result<(), ScimError> {
    let mut numbered = request.operations.iter().enumerate();
    numbered
        .try_for_each(|(index, operation)| engine.run(operation).map_err(|fault| in_operation(index, fault)))
}

fn finish(engine: engine::Engine<'_>, kind: ResourceKind, current: &Object) -> Result<Patched, ScimError> {
    let engine::Engine { mut document, members, password, named_display_name, .. } = engine;
    require_still(kind, &document)?;
    immutable_kept(kind, current, &document)?;
    drop_twins(kind, &mut document);
    forget_removed_schemas(current, &mut document);
    complete_schemas(kind, &mut document);
    keep_equal(current, &mut document);
    Ok(Patched { changed: document != *current, document, password, members, named_display_name })
}

/// An extension that was taken away as a whole is no longer listed.
fn forget_removed_schemas(before: &Object, after: &mut Object) {
    let gone: Vec<String> = before.keys().filter(|key| !after.contains_key(*key)).cloned().collect();
    if let Some(Value::Array(urns)) = after.get_mut("schemas") {
        urns.retain(|urn| {
            !urn.as_str().is_some_and(|urn| gone.iter().any(|key| key.eq_ignore_ascii_case(urn)))
        });
    }
}

fn in_operation(index: usize, fault: ScimError) -> ScimError {
    ScimError { detail: format!("Operation {}: {}", index + 1, fault.detail), ..fault }
}
