//! PATCH operations on the members of a group, turned into changes for the directory.
//!
//! Never reads or writes a list of members: connectors change one group from several sides at once
//! (connectors.md section 1.1), so only differences may travel. Everything else of a PATCH is [`super::engine`].

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
        // Entra names the members to remove in the value; only those go (connectors.md section 4, rule 4).
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
    let ids = filter.values();
    match (kind, ids, sub) {
        (OpKind::Remove, Some(ids), None) => Ok(vec![MemberChange::Remove(ids)]),
        (OpKind::Remove, None, None) => Ok(vec![MemberChange::RemoveWhere(filter.clone())]),
        (OpKind::Remove, _, Some(_)) => Err(ScimError::mutability(
            "the parts of a member cannot be changed; remove the member and add another.",
        )),
        (OpKind::Add | OpKind::Replace, Some(ids), None | Some("display" | "type" | "$ref")) => {
            // Nothing but the id is kept of a member, so naming one by its id means having it.
            let members = ids.into_iter().map(|value| Member { value, display: None, kind: None }).collect();
            Ok(vec![MemberChange::Add(members)])
        }
        (OpKind::Add | OpKind::Replace, Some(ids), Some("value")) => {
            let members = members_of(value.unwrap_or(&Value::Null))?;
            Ok(vec![MemberChange::Remove(ids), MemberChange::Add(members)])
        }
        _ => Err(ScimError::no_target(
            "the filter selects no member that could be set; name members by their value.",
        )),
    }
}
