//! A stored document as the complete resource a client sees: with id, meta, groups, members and provisioning status.
//!
//! Adds and orders only. What of it is shown is cut by [`super::projection`]; where the parts come from is the
//! directory's and the bridge's business.

use serde_json::{Value, json};

use super::etag;
use super::kind::{BRIDGE_USER, ResourceKind};
use super::registry::registry;
use super::resource::Member;
use crate::model::Object;

/// What the service knows about a resource beside its document. Times are RFC 3339 texts in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// When it came to be.
    pub created: String,
    /// When it last changed.
    pub last_modified: String,
    /// Counter behind the entity tag.
    pub version: u64,
    /// Its address.
    pub location: String,
}

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

/// What is added to the document; `None` leaves a part out.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Groups of a user.
    pub groups: Option<Vec<GroupRef>>,
    /// Members of a group.
    pub members: Option<Vec<Member>>,
    /// Provisioning status of a user.
    pub provisioning: Option<Provisioning>,
}

/// Address of a resource. `base` is the public address of the service, `https://host/scim/v2`.
pub fn location(base: &str, kind: ResourceKind, id: &str) -> String {
    format!("{}/{}/{id}", base.trim_end_matches('/'), kind.endpoint())
}

/// The complete resource: `schemas`, `id`, `externalId`, `meta`, the attributes in the order of the document, the added
/// parts, then extensions.
pub fn resource(
    base: &str,
    kind: ResourceKind,
    id: &str,
    document: Object,
    meta: &Meta,
    parts: Parts,
) -> Object {
    let mut document = document;
    let mut out = Object::new();
    let mut schemas = document.shift_remove("schemas").unwrap_or_else(|| json!([kind.schema()]));
    if parts.provisioning.is_some() {
        list_schema(&mut schemas, BRIDGE_USER);
    }
    out.insert("schemas".into(), schemas);
    out.insert("id".into(), id.into());
    if let Some(external_id) = document.shift_remove("externalId") {
        out.insert("externalId".into(), external_id);
    }
    out.insert("meta".into(), meta_json(kind, meta));
    let (extensions, attributes): (Vec<_>, Vec<_>) =
        document.into_iter().partition(|(key, _)| registry().extension(kind, key).is_some());
    out.extend(attributes);
    if let Some(groups) = parts.groups {
        out.insert("groups".into(), groups.iter().map(|group| group_json(base, group)).collect());
    }
    if let Some(members) = parts.members {
        out.insert("members".into(), members.iter().map(|member| member_json(base, member)).collect());
    }
    out.extend(extensions);
    if let Some(provisioning) = parts.provisioning {
        super::resource::put(&mut out, Some(BRIDGE_USER), "provisioning", provisioning_json(&provisioning));
    }
    out
}

fn list_schema(schemas: &mut Value, urn: &str) {
    if let Some(urns) = schemas.as_array_mut()
        && !urns.iter().any(|known| known == urn)
    {
        urns.push(urn.into());
    }
}

fn meta_json(kind: ResourceKind, meta: &Meta) -> Value {
    json!({
        "resourceType": kind.name(),
        "created": meta.created,
        "lastModified": meta.last_modified,
        "location": meta.location,
        "version": etag::format(meta.version),
    })
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

/// `display` is left out: it is not declared for members, and clients that check answers against `/Schemas` trip over it.
fn member_json(base: &str, member: &Member) -> Value {
    json!({
        "value": member.value,
        "$ref": location(base, ResourceKind::User, &member.value),
        "type": ResourceKind::User.name(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::kind::{CORE_USER, ENTERPRISE_USER};

    #[test]
    fn a_resource_has_its_parts_in_a_fixed_order() {
        let document = json!({"userName": "u", ENTERPRISE_USER: {"department": "D"}, "externalId": "e", "title": "T",
            "schemas": [CORE_USER, ENTERPRISE_USER]});
        let meta = Meta {
            created: "2026-01-01T00:00:00Z".into(),
            last_modified: "2026-01-02T00:00:00Z".into(),
            version: 3,
            location: location("https://x/scim/v2/", ResourceKind::User, "7"),
        };
        let parts = Parts {
            groups: Some(vec![GroupRef { value: "g".into(), display: Some("G".into()) }]),
            members: None,
            provisioning: Some(Provisioning { status: "pending".into(), items: vec![], updated: None }),
        };
        let full = resource(
            "https://x/scim/v2",
            ResourceKind::User,
            "7",
            document.as_object().unwrap().clone(),
            &meta,
            parts,
        );
        let keys: Vec<&str> = full.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "schemas",
                "id",
                "externalId",
                "meta",
                "userName",
                "title",
                "groups",
                ENTERPRISE_USER,
                BRIDGE_USER
            ]
        );
        assert_eq!(full["schemas"], json!([CORE_USER, ENTERPRISE_USER, BRIDGE_USER]));
        assert_eq!(full["meta"]["version"], "W/\"3\"");
        assert_eq!(full["meta"]["location"], "https://x/scim/v2/Users/7");
        assert_eq!(full["groups"][0]["$ref"], "https://x/scim/v2/Groups/g");
    }
}
