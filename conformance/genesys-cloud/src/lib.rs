//! Genesys Cloud emulator.

#[cfg(feature = "contract")]
pub mod contract;
