//! What a comparison with Genesys finds: differences between what should be, what we gave and what is there.
//!
//! Words only. How they are found: `plan::drift` (one user, pure) and `resync` (everybody, by lists).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Kind, Reason};

/// What kind of difference it is; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DriftClass {
    /// Inactive here, active in Genesys: somebody has access who should not.
    ReactivatedOutside,
    /// Deleted in Genesys, or not there at all.
    Gone,
    /// Should be there and is not.
    Missing,
    /// Is there, with another value.
    Changed,
    /// We gave it, nothing asks for it any more, and it is still there.
    Surplus,
    /// Somebody else gave it. Never taken away.
    Foreign,
    /// A user of Genesys whom the bridge does not manage.
    Unmanaged,
}

impl DriftClass {
    /// All of them, the gravest first.
    pub(crate) const ALL: [Self; 7] = [
        Self::ReactivatedOutside,
        Self::Gone,
        Self::Missing,
        Self::Changed,
        Self::Surplus,
        Self::Foreign,
        Self::Unmanaged,
    ];

    /// Its name in records, answers and metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ReactivatedOutside => "reactivated_outside",
            Self::Gone => "gone",
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Surplus => "surplus",
            Self::Foreign => "foreign",
            Self::Unmanaged => "unmanaged",
        }
    }
}

impl fmt::Display for DriftClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who decides about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Winner {
    /// The identity provider and the rules: a repair brings theirs back.
    Bridge,
    /// Whoever did it in Genesys: a repair leaves it.
    Genesys,
}

/// One difference of one user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// What kind.
    pub(crate) class: DriftClass,
    /// What it is about, in words: "queue EMEA Billing", "title", "access".
    pub(crate) what: String,
    /// The kind of entitlement; `None` for identity and access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<Kind>,
    /// The Genesys id of that role, queue, team, skill, language or schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// What should be there, in words; `None` for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ours: Option<String>,
    /// What is there, in words; `None` for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) theirs: Option<String>,
    /// Why it should be there, or why we gave it.
    pub(crate) why: String,
    /// What asks for it, if something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
    /// Who decides.
    pub(crate) wins: Winner,
}

impl Difference {
    /// Whether both speak of the same thing in the same way, whatever the values.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.class == other.class && self.what == other.what
    }
}
