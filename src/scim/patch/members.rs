//! PATCH operations on the members of a group, turned into changes for the directory.
//!
//! Never reads or writes a list of members: connectors change one group from several sides at once
//! (docs/connectors.md C1.9), so only differences may travel. Everything else of a PATCH is
//! [`super::engine`].

use serde_json::Value;

use super::super::error::ScimError;
use super::super::filter::ElementFilter;
use super::super::resource::{Member, members_of};
use super::{MemberChange, OpKind};

/// An operation whose path is `members`, or the key `members` of a value without a path.
pub(super) fn whole(kind: OpKind, value: Option<&Value>) -> Result<MemberChange, ScimError> {
    match (kind, value) {
        (OpKind::Add, value) => Ok(MemberChange::Add(members_of(value.unwrap_or(&Value::Null))?)),
        (OpKind::Replace, value) => Ok(MemberChange::ReplaceAll(members_of(value.unwrap_or(&Value::Null))?)),
        (OpKind::Remove, None | Some(Value::Null)) => Ok(MemberChange::ReplaceAll(Vec::new())),
        // Entra names the members to remove in the value; only those go (docs/connectors.md C4.7).
        (OpKind::Remove, Some(value)) => {
            Ok(MemberChange::Remove(members_of(value)?.into_iter().map(|member| member.value).collect()))
        }
    }
}

/// An operation whose path is `members[...]`.
pub(super) fn selected(
    kind: OpKind,
    filter: &ElementFilter,
    sub: Option<&str>,
    value: Option<&Value>,
) -> Result<Vec<MemberChange>, ScimError> {
    // Nothing else is known of a member: asked for its name, the filter would be true of nobody.
    if !filter.is_about(&["value", "type"]) {
        return Err(ScimError::invalid_filter("members are selected by value or type."));
    }
    let ids = filter.values();
    let value = value.unwrap_or(&Value::Null);
    match (kind, ids, sub) {
        (OpKind::Remove, Some(ids), None) => Ok(vec![MemberChange::Remove(ids)]),
        (OpKind::Remove, None, None) => Ok(vec![MemberChange::RemoveWhere(filter.clone())]),
        (OpKind::Remove, _, Some("value" | "type" | "$ref")) => Err(fixed()),
        // Nothing but the id is kept of a member, so there is no label to take away.
        (OpKind::Remove, _, Some(_)) => Ok(Vec::new()),
        (OpKind::Add | OpKind::Replace, Some(ids), sub) => {
            if !ids.iter().all(|id| repeats(id, sub, value)) {
                return Err(fixed());
            }
            // Naming a member by its id means having it.
            let members = ids.into_iter().map(|value| Member { value, display: None, kind: None }).collect();
            Ok(vec![MemberChange::Add(members)])
        }
        _ => Err(ScimError::no_target(
            "the filter selects no member that could be set; name members by their value.",
        )),
    }
}

fn fixed() -> ScimError {
    ScimError::mutability("the parts of a member cannot be changed; remove the member and add another.")
}

/// Whether a value says of a member what is true of it anyway: `value`, `type` and `$ref` are immutable (RFC
/// 7643 section 4.2), labels are not kept.
fn repeats(id: &str, sub: Option<&str>, value: &Value) -> bool {
    match (sub, value) {
        (_, Value::Null) => true,
        (None, Value::Object(parts)) => parts.iter().all(|(name, value)| repeats(id, Some(name), value)),
        (None, Value::Array(items)) => items.iter().all(|item| repeats(id, None, item)),
        (None, value) => value.as_str() == Some(id),
        (Some(name), value) => match name.to_ascii_lowercase().as_str() {
            "value" => match value {
                Value::Object(inner) => inner.get("value").and_then(Value::as_str) == Some(id),
                value => value.as_str() == Some(id),
            },
            "type" => value.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("User")),
            "$ref" => value.as_str().is_some_and(|address| address.rsplit('/').next() == Some(id)),
            _ => true,
        },
    }
}
