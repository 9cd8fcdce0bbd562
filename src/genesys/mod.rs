//! Genesys Cloud: one call, one verdict. OAuth, request building, verdicts, the shared budget, the catalogue of names, transport.
//!
//! Pure: [`request`], [`answer`], [`verdict`], [`api`] (one file for each API area), `budget::bucket`, `catalogue::names` and
//! `catalogue::values`. With I/O: `transport` behind the port [`wire`], `oauth`, `calls`, [`client`]. Decides nothing about what a user should have (`plan`) nor what
//! happens after a refusal (`saga`): it only says what each call came to. Never touches the store.

pub mod answer;
pub mod api;
pub mod budget;
mod calls;
pub mod catalogue;
pub mod client;
mod not_done;
mod oauth;
pub mod regions;
pub mod request;
pub mod settings;
mod transport;
pub mod verdict;
pub mod wire;

pub use budget::SharedBudget;
pub use client::GenesysClient;
pub use settings::{Settings, SetupError};
pub use wire::Wire;
