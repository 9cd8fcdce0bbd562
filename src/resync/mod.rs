//! Observing Genesys without a request: so far the import of existing users and groups into the directory.
//!
//! Enters the street with a scope instead of a request. Writes directory records through the store only; never changes Genesys.

pub mod import;

pub use import::{ImportError, ImportParts, Progress, import};
