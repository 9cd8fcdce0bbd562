//! What Genesys Cloud says is there, as far as a plan needs it.
//!
//! Filled by `genesys`, compared by `plan`. What *should* be there is in [`super::entitlement`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Entitlement, Kind, Named, Object, Target, UserId};

/// State of a Genesys user (docs/genesys.md G3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserState {
    /// Can log in.
    #[default]
    Active,
    /// Cannot log in.
    Inactive,
    /// Soft-deleted: keeps id and e-mail.
    Deleted,
}

/// Which parts of a user to read; reading less costs less budget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aspects {
    /// Kinds of entitlement to read.
    pub kinds: BTreeSet<Kind>,
    /// Which of a kind the question is about, by `Target::id`: Genesys does not list everything by user,
    /// custom attributes for example only by their schemas. What can be listed is read whole.
    pub about: BTreeMap<Kind, BTreeSet<String>>,
}

impl Aspects {
    /// All that a comparison with these needs.
    pub fn of<'a>(targets: impl IntoIterator<Item = &'a Target>) -> Self {
        let mut aspects = Self::default();
        for target in targets {
            aspects.kinds.insert(target.kind());
            aspects.about.entry(target.kind()).or_default().insert(target.id().to_owned());
        }
        aspects
    }

    /// One kind; `id` where it is about one.
    pub fn only(kind: Kind, id: Option<&str>) -> Self {
        let ids = id.map(str::to_owned).into_iter().collect();
        Self { kinds: BTreeSet::from([kind]), about: BTreeMap::from([(kind, ids)]) }
    }

    /// Which of a kind the question is about.
    pub fn ids(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.about.get(&kind).into_iter().flatten().map(String::as_str)
    }
}

/// One user as Genesys has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// Its id.
    pub id: Option<UserId>,
    /// Active, inactive or deleted.
    pub state: UserState,
    /// Genesys' SCIM representation without `id`, `meta`, `schemas`: only attributes that Genesys holds.
    pub document: Object,
    /// Its division.
    pub division: Option<Named>,
    /// Direct entitlements (not those inherited from groups) by `Target::key`, for the kinds that were asked
    /// for.
    pub entitlements: BTreeMap<String, Entitlement>,
    /// The kinds that were really read to the end; others must not be compared.
    pub read: BTreeSet<Kind>,
    /// External ids `(authority, value)`, marks included.
    pub external_ids: Vec<(String, String)>,
}

/// What a create made.
#[derive(Clone, Debug, PartialEq)]
pub struct Created {
    /// Its id.
    pub id: String,
    /// The user as the answer showed it; `None` of anything else.
    pub user: Option<Observed>,
}

/// A user found by e-mail or mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundUser {
    /// Its id.
    pub id: UserId,
    /// Its state.
    pub state: UserState,
    /// Its main e-mail address.
    pub email: String,
}

/// A Genesys group.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedGroup {
    /// Genesys group id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Explicit members, if they were asked for and all of them were shown.
    pub members: Option<BTreeSet<UserId>>,
    /// The SCIM representation, for the import.
    pub document: Value,
}
