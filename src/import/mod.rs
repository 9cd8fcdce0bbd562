//! Filling the directory with what Genesys already has: users and groups of a brownfield organisation become
//! unmanaged records.
//!
//! Two sources, one kind of record: [`from_genesys`] asks Genesys page by page, [`from_file`] reads what was
//! exported before, for directories that would take hours to list. Writes directory records through the store
//! only and never changes Genesys. It compares nothing and repairs nothing: a comparison with Genesys
//! (resync) would be a room of its own beside this one. What becomes of one record: `directory::import`.

pub(crate) mod from_file;
pub(crate) mod from_genesys;
