//! The kinds of entitlement: one row for each, with all that is a plain fact about it.
//!
//! Nothing here is done or decided: rows are read by `scim` (where a kind stands in a document), `config` (its key in a
//! rule) and `entitlements`. How a compact text is read: [`super::compact`].

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

/// The facts about one kind.
#[derive(Debug)]
pub struct Row {
    /// One of it, for people: `queue`.
    pub word: &'static str,
    /// Its full attribute in our extension, and its key in a rule: `queues`.
    pub attribute: &'static str,
    /// Its compact attribute in our extension: `compactQueues`.
    pub compact: &'static str,
    /// Where else it may stand.
    pub elsewhere: &'static [Elsewhere],
    /// How it is written.
    pub family: Family,
}

/// Makes [`Kind`] from its rows, so that no kind can lack one or be missing in [`Kind::ALL`].
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident { $($row:tt)* })*) => {
        /// A kind of entitlement; one that a request does not mention is not managed by that request (promise 5).
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
        attribute: "roles",
        compact: "compactRoles",
        elsewhere: &[Elsewhere::Core("roles")],
        family: Family::Grant,
    }
    /// Routing skill with proficiency.
    Skill {
        word: "skill",
        attribute: "skills",
        compact: "compactSkills",
        elsewhere: &[Elsewhere::Genesys("routingSkills")],
        family: Family::Level,
    }
    /// Routing language with proficiency.
    Language {
        word: "language",
        attribute: "languages",
        compact: "compactLanguages",
        elsewhere: &[Elsewhere::Genesys("routingLanguages")],
        family: Family::Level,
    }
    /// One field of a custom-attribute schema.
    Attribute {
        word: "attribute",
        attribute: "attributes",
        compact: "compactAttributes",
        elsewhere: &[],
        family: Family::Field,
    }
    /// Queue membership.
    Queue {
        word: "queue",
        attribute: "queues",
        compact: "compactQueues",
        elsewhere: &[],
        family: Family::Membership,
    }
}

impl Kind {
    /// How it is written.
    pub const fn family(self) -> Family {
        self.row().family
    }

    /// The kind with that full attribute, which is also its key in a rule.
    pub fn of_attribute(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.row().attribute == name)
    }
}
