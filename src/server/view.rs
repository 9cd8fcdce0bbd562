//! How a stored resource becomes what a client sees: location, derived groups or members, provisioning,
//! projection.
//!
//! Loads members and groups only when the projection or the filter wants them. What attributes are returned
//! is decided by `scim::projection`; the text that is sent where nothing is cut is `scim::rendered`.

use super::query;
use super::reads::{MemberNames, Reads, Stored, damaged};
use super::tenant::Tenant;
use crate::model::{Object, StoreError};
use crate::scim::error::ScimError;
use crate::scim::filter::Filter;
use crate::scim::kind::ResourceKind;
use crate::scim::projection::Projection;
use crate::scim::store_fault::store_fault;
use crate::scim::{etag, render, rendered};

/// Reads `attributes` and `excludedAttributes`.
///
/// # Errors
/// 400 when both are given, or one is malformed.
pub(crate) fn projection(kind: ResourceKind, pairs: &[(String, String)]) -> Result<Projection, ScimError> {
    let list = |name| query::joined(pairs, name);
    Projection::parse(kind, list("attributes").as_deref(), list("excludedAttributes").as_deref())
}

/// What a filter or a projection looks at beside the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    /// Derived groups of a user.
    pub groups: bool,
    /// Members of a group.
    pub members: bool,
    /// Their names.
    pub names: MemberNames,
    /// How far provisioning has come.
    pub provisioning: bool,
}

impl Parts {
    /// What an answer needs. `telling` resources show their provisioning unless something else was asked for
    /// by name.
    pub(crate) fn shown(projection: &Projection, telling: bool) -> Self {
        Self {
            groups: projection.wants("groups"),
            members: projection.wants("members"),
            names: if projection.wants_member_names() {
                MemberNames::OfSmallGroups
            } else {
                MemberNames::None
            },
            provisioning: projection.wants_provisioning() || telling,
        }
    }

    /// What a filter looks at.
    pub(crate) fn filtered(filter: &Filter) -> Self {
        Self {
            groups: filter.mentions("groups"),
            members: filter.mentions("members"),
            names: if filter.mentions_member_names() { MemberNames::All } else { MemberNames::None },
            provisioning: filter.mentions_provisioning(),
        }
    }
}

/// The whole resource, before projection.
///
/// # Errors
/// The directory cannot be read.
pub(crate) async fn whole(
    reads: &dyn Reads,
    base: &str,
    kind: ResourceKind,
    stored: &Stored,
    parts: Parts,
) -> Result<Object, ScimError> {
    Ok(measured(reads, base, kind, stored, parts).await?.0)
}

/// As [`whole`], with the bytes of its text.
///
/// # Errors
/// As [`whole`].
pub(crate) async fn measured(
    reads: &dyn Reads,
    base: &str,
    kind: ResourceKind,
    stored: &Stored,
    parts: Parts,
) -> Result<(Object, usize), ScimError> {
    let mut text = Vec::new();
    write_text(reads, base, kind, stored, parts, &mut text).await?;
    let mut object: Object = serde_json::from_slice(&text).map_err(|_| fault(damaged()))?;
    if parts.provisioning
        && kind == ResourceKind::User
        && let Some(provisioning) = reads.provisioning(&stored.id).await.map_err(fault)?
    {
        render::show_provisioning(&mut object, &provisioning);
    }
    Ok((object, text.len()))
}

/// The stored text with address and derived part put in.
async fn write_text(
    reads: &dyn Reads,
    base: &str,
    kind: ResourceKind,
    stored: &Stored,
    parts: Parts,
    out: &mut Vec<u8>,
) -> Result<(), ScimError> {
    let derived = match kind {
        ResourceKind::User if parts.groups => {
            Some(("groups", render::groups_json(base, &reads.groups_of(&stored.id).await.map_err(fault)?)))
        }
        ResourceKind::Group if parts.members => {
            let members = reads.members(&stored.id, parts.names).await.map_err(fault)?;
            Some(("members", render::members_json(base, &members)))
        }
        _ => None,
    };
    stored.text.write(base, out, |out| {
        if let Some((name, value)) = &derived {
            rendered::member(out, name, value);
        }
    });
    Ok(())
}

/// A store that cannot be read, as clients are told.
pub(super) fn fault(error: StoreError) -> ScimError {
    store_fault(&error)
}

/// Writes a resource as the client asked to see it: as a copy of the stored text where nothing has to be cut
/// or added. A user that is known to be `groupless` is not looked up among the members.
///
/// # Errors
/// The directory cannot be read.
pub(crate) async fn write(
    tenant: &Tenant,
    kind: ResourceKind,
    stored: &Stored,
    projection: &Projection,
    groupless: bool,
    out: &mut Vec<u8>,
) -> Result<(), ScimError> {
    let (reads, base) = (tenant.reads.as_ref(), tenant.settings.base_url());
    let parts = Parts::shown(projection, stored.telling);
    if projection.is_plain() && !parts.provisioning {
        if groupless && parts.groups && kind == ResourceKind::User {
            stored.text.write(base, out, |out| out.extend(b",\"groups\":[]"));
            return Ok(());
        }
        return write_text(reads, base, kind, stored, parts, out).await;
    }
    let object = projection.apply(whole(reads, base, kind, stored, parts).await?);
    serde_json::to_writer(out, &object)
        .map_err(|_| ScimError::internal("The resource cannot be written as JSON."))
}

/// A resource as the body of an answer.
///
/// # Errors
/// As [`write()`].
pub(crate) async fn body(
    tenant: &Tenant,
    kind: ResourceKind,
    stored: &Stored,
    projection: &Projection,
) -> Result<Vec<u8>, ScimError> {
    let mut out = Vec::new();
    write(tenant, kind, stored, projection, false, &mut out).await?;
    Ok(out)
}

/// The ETag of a stored resource.
pub(crate) fn tag(stored: &Stored) -> String {
    etag::format(stored.version)
}
