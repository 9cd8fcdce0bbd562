//! The kinds of entitlement: one row for each, with all that is a plain fact about it.
//!
//! Nothing here is done or decided: rows are read by `scim` (where a kind stands in a document), `config`
//! (its key in a rule), `entitlements`, `plan` (what its steps do and undo, in `plan::effects`) and
//! `cli::check`. How a compact text is read: [`super::compact`].
//!
//! To add a kind of a family that exists:
//!
//! 1. Add its row to `kinds!` below, at its place in the order of a plan. [`Kind::ALL`] grows with it, and
//!    with that the places in a document, the keys of a rule, the steps, their undo and words, and what
//!    `scim-bridge check` asks for.
//! 2. Describe its two attributes in `schemas/bridge-user.json`; a test in `scim::places` misses them.
//! 3. Write its calls, pure, as a file of `genesys/api`.
//! 4. Follow the compiler: how its names are listed (`genesys::catalogue`), how what a user has is read
//!    (`genesys::client::observing`), how it is given and taken (`genesys::client::memberships`, or
//!    `Area::of` for levels).
//! 5. Teach the emulator in `conformance/genesys-cloud`, and give it to the agent in
//!    `tests/saga_steps/scenarios.rs`: every call of it is then refused, lost, throttled, repeated and
//!    undone. `section_of` in `tests/saga_steps/main.rs` says which part of the organisation its calls
//!    change.
//! 6. Name it in the table of attributes, in the list of permissions and in the glossary of the
//!    documentation (`docs/attributes.md`, `docs/configuration.md`, `lib.rs`), and give the conformance
//!    suites a value that exists (`conformance/suites/harness/examples.py`).
//!
//! A kind of a new family also needs its way of being written ([`super::compact`]), its form by name and by
//! id ([`super::entitlement`]), and a file in `plan::effects`.

use serde::{Deserialize, Serialize};

/// What kinds have in common: how an entitlement is written, and what is known of it beside its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Role in a division: `Agent@EMEA`.
    Grant,
    /// One is a member or not: `Sales`.
    Membership,
    /// A name with a level from 0 to 5: `Billing:4`.
    Level,
    /// A field of a schema with its value: `HR.badge=4711`.
    Field,
}

/// Where a kind may stand beside our own extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// An attribute of the core user.
    Core(&'static str),
    /// An attribute of Genesys' own extension.
    Genesys(&'static str),
}

/// Something that the OAuth client must be allowed to do.
#[derive(Debug)]
pub struct Need {
    /// Any of these permissions will do.
    pub any_of: &'static [&'static str],
    /// Whether it must be held in each division that the configuration names.
    pub by_division: bool,
    /// What for, in words.
    pub what_for: &'static str,
}

impl Need {
    /// A permission.
    pub const fn new(any_of: &'static [&'static str], by_division: bool, what_for: &'static str) -> Self {
        Self { any_of, by_division, what_for }
    }
}

/// The facts about one kind.
#[derive(Debug)]
pub struct Row {
    /// One of it: `queue`. Also the first part of its keys in store records, so it never changes.
    pub word: &'static str,
    /// All of it, for people: `queues`.
    pub plural: &'static str,
    /// Its full attribute in our extension, and its key in a rule: `queues`.
    pub attribute: &'static str,
    /// Its compact attribute in our extension: `compactQueues`.
    pub compact: &'static str,
    /// Where else it may stand.
    pub elsewhere: &'static [Elsewhere],
    /// How it is written.
    pub family: Family,
    /// Whether it gives access: a user who becomes inactive loses it.
    pub access: bool,
    /// Whether a user has at most one of it, in its own division: the old one is left before the user moves
    /// and before the new one is taken.
    pub single: bool,
    /// The right without which its names cannot be looked up, in words.
    pub find: &'static str,
    /// The right without which what a user has of it cannot be read, in words.
    pub read: &'static str,
    /// What the bridge needs in order to find, read, give and take it.
    pub needs: &'static [Need],
}

/// Makes [`Kind`] from its rows, so that no kind can lack one or be missing in [`Kind::ALL`].
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident { $($row:tt)* })*) => {
        /// A kind of entitlement; one that a request does not mention is not managed by that request (P5).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All kinds, in plan order.
            pub const ALL: [Kind; [$(stringify!($kind)),*].len()] = [$(Kind::$kind),*];

            /// The facts about it.
            pub const fn row(self) -> &'static Row {
                match self {
                    $(Kind::$kind => const { &Row { $($row)* } },)*
                }
            }
        }
    };
}

kinds! {
    /// Role in a division.
    Role {
        word: "role",
        plural: "roles",
        attribute: "roles",
        compact: "compactRoles",
        elsewhere: &[Elsewhere::Core("roles")],
        family: Family::Grant,
        access: true,
        single: false,
        find: "authorization:role:view",
        read: "authorization:grant:view",
        needs: &[
            Need::new(&["authorization:role:view"], false, "finding roles by name"),
            Need::new(&["authorization:grant:view"], false, "reading role grants"),
            Need::new(&["authorization:grant:add"], true, "giving roles"),
            Need::new(&["authorization:grant:delete"], true, "taking back roles"),
        ],
    }
    /// Routing skill with proficiency.
    Skill {
        word: "skill",
        plural: "skills",
        attribute: "skills",
        compact: "compactSkills",
        elsewhere: &[Elsewhere::Genesys("routingSkills")],
        family: Family::Level,
        access: false,
        single: false,
        find: "routing:skill:view",
        read: "routing:skill:view",
        needs: &[
            Need::new(&["routing:skill:view"], false, "finding skills by name"),
            Need::new(&["routing:skill:assign"], false, "giving skills"),
        ],
    }
    /// Routing language with proficiency.
    Language {
        word: "language",
        plural: "languages",
        attribute: "languages",
        compact: "compactLanguages",
        elsewhere: &[Elsewhere::Genesys("routingLanguages")],
        family: Family::Level,
        access: false,
        single: false,
        find: "a role with any permission",
        read: "directory:user:view",
        needs: &[Need::new(&["routing:language:assign", "routing:skill:assign"], false, "giving languages")],
    }
    /// One field of a custom-attribute schema.
    Attribute {
        word: "attribute",
        plural: "custom attributes",
        attribute: "attributes",
        compact: "compactAttributes",
        elsewhere: &[],
        family: Family::Field,
        access: false,
        single: false,
        find: "users:customAttributesSchema:view",
        read: "directory:user:view",
        needs: &[Need::new(&["users:customAttributesSchema:view"], false, "finding custom attributes by name")],
    }
    /// Queue membership.
    Queue {
        word: "queue",
        plural: "queues",
        attribute: "queues",
        compact: "compactQueues",
        elsewhere: &[],
        family: Family::Membership,
        access: true,
        single: false,
        find: "routing:queue:view",
        read: "routing:queue:view",
        needs: &[
            Need::new(&["routing:queue:view"], true, "finding queues by name"),
            Need::new(&["routing:queueMember:manage", "routing:queue:edit"], true, "queue membership"),
        ],
    }
    /// Team membership; who is no longer active leaves the seat to somebody else.
    Team {
        word: "team",
        plural: "teams",
        attribute: "teams",
        compact: "compactTeams",
        elsewhere: &[],
        family: Family::Membership,
        access: true,
        single: true,
        find: "groups:team:view",
        read: "groups:team:view",
        needs: &[
            Need::new(&["groups:team:view"], true, "finding teams by name and reading their members"),
            Need::new(&["groups:team:assign"], true, "team membership"),
        ],
    }
}

impl Kind {
    /// How it is written.
    pub const fn family(self) -> Family {
        self.row().family
    }

    /// Whether it gives access: a user who becomes inactive loses it.
    pub const fn gives_access(self) -> bool {
        self.row().access
    }

    /// The kind with that full attribute, which is also its key in a rule.
    pub fn of_attribute(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.row().attribute == name)
    }
}
