//! What a resource shows beside its document: its address, groups, members and provisioning status, as JSON.
//!
//! The document itself is kept as text in [`super::rendered`]; what of a resource is shown is cut by
//! [`super::projection`]. Where the parts come from is the directory's and the bridge's business.

use serde_json::Value;

use super::kind::{BRIDGE_USER, ResourceKind};
use super::resource::Member;
use crate::model::Object;

/// A group that a user belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRef {
    /// Id of the group.
    pub value: String,
    /// Its displayName.
    pub display: Option<String>,
}

/// How far the entitlements of a user have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioning {
    /// `committed`, `pending`, `held` or `failed`.
    pub status: String,
    /// What is not in place.
    pub items: Vec<ProvisioningItem>,
    /// When this last changed, RFC 3339.
    pub updated: Option<String>,
}

/// An entitlement that is not in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisioningItem {
    /// Which one, in words: `queue Sales`.
    pub entitlement: String,
    /// `pending`, `held` or `failed`.
    pub state: String,
    /// Why, with the Genesys error code where there is one.
    pub reason: String,
}

/// Address of a resource. `base` is the public address of the service, `https://host/scim/v2`.
pub(crate) fn location(base: &str, kind: ResourceKind, id: &str) -> String {
    format!("{}/{}/{id}", base.trim_end_matches('/'), kind.endpoint())
}

/// Shows how far provisioning has come, in our extension and in the list of schemas.
pub(crate) fn show_provisioning(resource: &mut Object, provisioning: &Provisioning) {
    if let Some(urns) = resource.get_mut("schemas").and_then(Value::as_array_mut)
        && !urns.iter().any(|known| known == BRIDGE_USER)
    {
        urns.push(BRIDGE_USER.into());
    }
    super::resource::put(resource, Some(BRIDGE_USER), "provisioning", provisioning_json(provisioning));
}

/// The derived `groups` of a user.
pub(crate) fn groups_json(base: &str, groups: &[GroupRef]) -> Value {
    groups.iter().map(|group| group_json(base, group)).collect()
}

/// The `members` of a group.
pub(crate) fn members_json(base: &str, members: &[Member]) -> Value {
    members.iter().map(|member| member_json(base, member)).collect()
}

fn group_json(base: &str, group: &GroupRef) -> Value {
    let mut out = Object::new();
    out.insert("value".into(), group.value.clone().into());
    out.insert("$ref".into(), location(base, ResourceKind::Group, &group.value).into());
    if let Some(display) = &group.display {
        out.insert("display".into(), display.clone().into());
    }
    out.insert("type".into(), "direct".into());
    Value::Object(out)
}

fn member_json(base: &str, member: &Member) -> Value {
    let mut out = Object::new();
    out.insert("value".into(), member.value.clone().into());
    out.insert("$ref".into(), location(base, ResourceKind::User, &member.value).into());
    if let Some(display) = &member.display {
        out.insert("display".into(), display.clone().into());
    }
    out.insert("type".into(), ResourceKind::User.name().into());
    Value::Object(out)
}

fn provisioning_json(provisioning: &Provisioning) -> Value {
    let mut out = Object::new();
    out.insert("status".into(), provisioning.status.clone().into());
    if !provisioning.items.is_empty() {
        let line = |item: &ProvisioningItem| {
            Value::from(format!("{}: {} ({})", item.entitlement, item.state, item.reason))
        };
        out.insert("items".into(), provisioning.items.iter().map(line).collect());
    }
    if let Some(updated) = &provisioning.updated {
        out.insert("updated".into(), updated.clone().into());
    }
    Value::Object(out)
}
