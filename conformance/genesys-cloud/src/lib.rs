//! Genesys Cloud emulator: a small organisation behind the public API, for the bridge's demo, tests and
//! benchmarks.
//!
//! It answers the operations the bridge may call as the public API description and `docs/genesys.md` say,
//! keeps its organisation in memory (and in a file when asked), breaks on demand, and writes down every call.
//! It is not a telephony platform: no conversations, presence or stations.
//!
//! Where to look: [`Cloud`] starts and stops one; [`Quirks`] names everything that is not documented for
//! certain; [`Fault`] and [`Chaos`] break calls; [`Call`] is one line of the ledger;
//! `seed/contact-centre.toml` is the built-in organisation. Inside: `http` moves bytes, `door` is where every
//! call comes in, `engine` takes one call through its stages, `scim` and `rest` hold the operations, `world`
//! the organisation, `control` the endpoints under `/__emulator`.

mod agent;
mod cloud;
mod control;
mod door;
mod engine;
mod fault;
mod http;
mod ledger;
mod paging;
mod quirks;
mod reply;
mod request;
mod rest;
mod routes;
mod scim;
mod seed;
mod snapshot;
mod turn;
mod violations;
mod world;

#[cfg(feature = "contract")]
pub mod contract;

pub use cloud::{Cloud, Options};
pub use door::Response;
pub use engine::Host;
pub use fault::{Chaos, Fault, FaultId, FaultKind, PathMatch};
pub use ledger::{Call, PRIORITY_HEADER};
pub use quirks::{AtGone, DeletedEmail, Empty, Omitted, Quirks, RoleDivision, ScimErrors, Unknown};
pub use request::Request;
pub use seed::{
    SeedClient, SeedDivision, SeedError, SeedField, SeedFile, SeedGroup, SeedOrganization, SeedQueue,
    SeedRole, SeedSchema, SeedTeam, SeedUser,
};
pub use violations::ContractSource;
