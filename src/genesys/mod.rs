//! Genesys Cloud: one call, one verdict. OAuth, request building, verdicts, the shared budget, the catalogue
//! of names, transport.
//!
//! Pure: [`request`], [`answer`], [`verdict`], [`api`] (one file for each API area), `budget` except for its
//! own waiting, `catalogue::names` and `catalogue::values`. With I/O: `transport` behind the port [`wire`], `oauth`,
//! `calls`, [`client`]. Decides nothing about what a user should have (`plan`) nor what happens after a
//! refusal (`saga`): it only says what each call came to. Never touches the store.

pub(crate) mod answer;
pub(crate) mod api;
pub(crate) mod budget;
mod calls;
pub(crate) mod catalogue;
pub(crate) mod client;
mod not_done;
mod oauth;
pub(crate) mod regions;
pub(crate) mod request;
pub(crate) mod settings;
mod standing;
mod transport;
pub(crate) mod verdict;
pub(crate) mod wire;

pub use budget::SharedBudget;
pub use client::GenesysClient;
pub(crate) use settings::SetupError;
pub use settings::{SecretAgain, Settings};
pub use wire::Wire;
