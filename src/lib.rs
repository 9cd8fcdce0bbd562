//! Genesys SCIM Bridge: SCIM 2.0 in, a working contact-centre agent in Genesys Cloud out, or nothing at all.
//!
//! The bridge stands between an identity provider (Okta, Microsoft Entra, any SCIM 2.0 client) and Genesys
//! Cloud. To the one it is a SCIM service provider, to the other a careful API client. One SCIM request
//! becomes one *saga*: the core identity through Genesys' SCIM API, and roles in divisions, queues, teams,
//! skills, languages and custom attributes through its REST API. All of it happens or none of it does, across
//! crashes, rate limits and lost answers.
//!
//! # The street
//!
//! ```text
//! IdP ──► server ──► scim ──► bridge ──► entitlements ──► plan ──► saga ──► genesys ──► Genesys Cloud
//!         bytes,     the      one front  what the user    what to  do it,   one call,
//!         tokens,    protocol door, one  should have      change   or undo  one verdict
//!         limits     (pure)   change a   (pure)           (pure)   it       budget, retry
//!                             time
//!                               ▲ reads and commits through directory (users and groups as the IdP sees them)
//!                               │                       and the journal (open and finished sagas), both on store
//! ```
//!
//! A request is read once, into a typed change (`scim::change`); nothing behind `scim` reads JSON as it was
//! sent.
//!
//! A module may use modules of lower lines and its own; `tests/tidy.rs` holds the table and fails on anything
//! else.
//!
//! | line | modules | what they are for |
//! |---|---|---|
//! | 0 | [`limits`], [`model`] | every maximum with its reason; the words of the domain and the ports |
//! | 1 | [`scim`], [`config`] | RFC 7643 and 7644 as pure functions; settings, checked |
//! | 2 | [`entitlements`] | rules and requests → what a user should have, each with its reason |
//! | 3 | [`plan`] | desired, observed and granted → an immutable list of steps, each with its undo |
//! | 4 | [`saga`] | the state machine of a plan's execution, its recovery, its runner |
//! | 5 | [`genesys`], [`store`] | the adapters of the ports: network and disk; they never see each other |
//! | 6 | [`directory`], [`audit`] | users and groups as the IdP sees them; who did what, when and why |
//! | 7 | [`bridge`] | the front door: one change at a time for each user |
//! | 8 | [`import`], [`resync`] | fills the directory with what Genesys already has, from Genesys or from a file; looks back at Genesys |
//! | 9 | [`server`], [`admin`] | HTTP: the SCIM service; tokens, sagas, dry runs, import, resync |
//! | 10 | [`app`], [`cli`] | the composition root, the only place that names concrete adapters; the command line on top of it |
//! | 11 | `testing` | what tests, benches and fuzz targets reach for; only with the feature of that name |
//!
//! # Invariants
//!
//! Each has a test, named in `docs/promises.md` (I1 to I7).
//!
//! 1. The pure rooms (`model`, `scim`, `entitlements`, `plan` and the pure files of `saga` and `genesys`)
//!    know no async, no clock, no randomness, no input or output.
//! 2. sled is used in `store` only, the HTTP client in `genesys` only; clock and randomness come through
//!    ports (by `clippy.toml`), and every `select!` says in which order it asks.
//! 3. Imports follow the table.
//! 4. A 2xx to a write is built from a [`model::CommitToken`], and only `store` hands these out.
//! 5. A plan never changes after its saga was opened.
//! 6. A plan applied to what was observed gives what was desired; where they are equal it is empty.
//! 7. Every file opens with a comment that says what it is for, what it does not do, where to look next.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | tenant | one Genesys organisation with its clients, rules and budget; every key in the store starts with it |
//! | resource | a SCIM User or Group as the identity provider sees it |
//! | entitlement | a role in a division, a queue, a team, a skill or language with proficiency, a custom attribute |
//! | rule | a SCIM filter over user and groups, and the entitlements for whoever matches |
//! | desired, observed, granted | what rules and request say; what Genesys says; what we gave and may take back |
//! | plan, step, undo | an immutable list; one idempotent effect; what takes it back |
//! | saga | the journaled execution of one plan |
//! | turn | a durable entry of a saga, written before it is acted on |
//! | pivot | the step from which on a saga only goes forward |
//! | mark | the external id by which a user that we made is known again |
//! | verdict | `Done`, `Refused`, `Later` or `Unknown`, of one call to Genesys |
//! | outcome | how a saga ended: committed, rolled back, handed over |
//! | budget | calls a minute that Genesys grants, shared by all work, by priority |
//! | permit | a place in the budget: reserved, promoted, given up, spent or refunded |
//! | run, difference | one look back at Genesys; what differs of one user, with its class, reason and winner |

// What `clippy.toml` bans is banned for the product; its tests may wait as they like.
#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types))]
// A room makes public what another crate may need of it; only tests are such crates, and they see it through
// `testing`.
#![cfg_attr(
    not(feature = "testing"),
    expect(
        unreachable_pub,
        dead_code,
        unused_imports,
        clippy::enum_variant_names,
        reason = "what is public is for `testing`, which is off"
    )
)]

mod admin;
mod app;
mod audit;
mod bridge;
mod cli;
mod config;
mod directory;
mod entitlements;
mod genesys;
mod import;
mod limits;
mod model;
mod plan;
mod resync;
mod saga;
mod scim;
mod server;
mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use cli::main;
