//! Observing Genesys without a request: the import of existing users and groups into the directory, from Genesys or from a file.
//!
//! Enters the street with a scope instead of a request. Writes directory records through the store only; never changes Genesys.

pub mod import;
pub mod offline;

pub use import::{ImportError, ImportParts, Progress, import};
