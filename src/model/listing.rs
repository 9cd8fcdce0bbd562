//! What a sweep reads: users by state, and who holds a role or is a member of something, page by page.
//!
//! Words only. Who reads them: `genesys::client::listing`; what for: `resync`.

use serde::{Deserialize, Serialize};

use super::{Kind, Named, UserId};

/// What somebody can be listed as a holder of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// A role, in whatever division.
    Role(Named),
    /// A queue or team.
    Member(Kind, Named),
}

impl Held {
    /// What kind of entitlement it is.
    pub fn kind(&self) -> Kind {
        match self {
            Held::Role(_) => Kind::Role,
            Held::Member(kind, _) => *kind,
        }
    }

    /// Id and name.
    pub fn named(&self) -> &Named {
        match self {
            Held::Role(of) | Held::Member(_, of) => of,
        }
    }
}

/// One who holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub user: UserId,
    /// Of a role: in which division.
    pub division: Option<Named>,
}

/// One page of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page is, opaque; `None` on the last.
    pub next: Option<String>,
    /// How many there are on all pages, where Genesys tells.
    pub total: Option<u64>,
    /// Calls that it took.
    pub calls: u32,
}
