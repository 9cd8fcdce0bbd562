//! How a stored resource becomes what a client sees: id, meta, location, derived groups or members, provisioning, projection.
//!
//! Loads members and groups only when the projection or the filter wants them. What attributes are returned is decided by
//! `scim::projection`, in which order they appear by `scim::render`.

use super::answer::store_fault;
use super::query;
use super::reads::{Reads, Stored};
use super::state::ServerState;
use crate::model::{Object, StoreError};
use crate::scim::error::ScimError;
use crate::scim::filter::Filter;
use crate::scim::kind::ResourceKind;
use crate::scim::projection::Projection;
use crate::scim::render::Meta;
use crate::scim::{etag, render};

/// Reads `attributes` and `excludedAttributes`.
///
/// # Errors
/// 400 when both are given, or one is malformed.
pub fn projection(kind: ResourceKind, pairs: &[(String, String)]) -> Result<Projection, ScimError> {
    Projection::parse(kind, query::first(pairs, "attributes"), query::first(pairs, "excludedAttributes"))
}

/// What is put together of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Derived groups of a user.
    pub groups: bool,
    /// Members of a group.
    pub members: bool,
}

impl Parts {
    /// What an answer needs.
    pub fn shown(projection: &Projection) -> Self {
        Self { groups: projection.wants("groups"), members: projection.wants("members") }
    }

    /// What a filter looks at.
    pub fn filtered(filter: &Filter) -> Self {
        Self { groups: filter.mentions("groups"), members: filter.mentions("members") }
    }
}

/// The whole resource, before projection.
///
/// # Errors
/// The directory cannot be read.
pub fn whole(
    reads: &dyn Reads,
    base: &str,
    kind: ResourceKind,
    stored: &Stored,
    parts: Parts,
) -> Result<Object, ScimError> {
    let meta = Meta {
        created: time(stored.created_ms),
        last_modified: time(stored.modified_ms),
        version: stored.version,
        location: render::location(base, kind, &stored.id),
    };
    let groups = match kind {
        ResourceKind::User if parts.groups => Some(reads.groups_of(&stored.id).map_err(fault)?),
        _ => None,
    };
    let members = match kind {
        ResourceKind::Group if parts.members => Some(reads.members(&stored.id).map_err(fault)?),
        _ => None,
    };
    let added = render::Parts { groups, members, provisioning: stored.provisioning.clone() };
    Ok(render::resource(base, kind, &stored.id, stored.document.clone(), &meta, added))
}

fn fault(error: StoreError) -> ScimError {
    store_fault(&error)
}

/// Unix milliseconds as RFC 3339 in UTC, always with three digits behind the second: as texts they sort by time.
pub fn time(ms: i64) -> String {
    format!("{:.3}", jiff::Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// A resource as the client asked to see it.
///
/// # Errors
/// The directory cannot be read.
pub fn shown(
    state: &ServerState,
    kind: ResourceKind,
    stored: &Stored,
    projection: &Projection,
) -> Result<Object, ScimError> {
    let base = state.settings.base_url();
    let object = whole(state.reads.as_ref(), &base, kind, stored, Parts::shown(projection))?;
    Ok(projection.apply(object))
}

/// The ETag of a stored resource.
pub fn tag(stored: &Stored) -> String {
    etag::format(stored.version)
}
