//! Identifiers, each its own type so that ours and theirs cannot be mixed up.
//!
//! Makes no ids: fresh ones come through `ports::Ids`. Keys of the store are built in `store` and
//! `directory`.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a uuid.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The uuid.
            pub const fn uuid(&self) -> Uuid {
                self.0
            }

            /// Reads the hyphenated form; `None` if it is not a uuid.
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::parse_str(text).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id! {
    /// One Genesys organisation with its clients, rules and budget; the first part of every key in the store.
    TenantId
}
text_id! {
    /// The id of a user: the one that Genesys Cloud gave it.
    UserId
}
text_id! {
    /// The id of a group: ours (a uuid). Its Genesys group id is kept beside it.
    GroupId
}
text_id! {
    /// The id of a client: an identity provider or an administrator's tool. Stable over all its credentials.
    ClientId
}
text_id! {
    /// The id of one credential of a client, such as a bearer token.
    CredentialId
}
uuid_id! {
    /// Our own key of a user or group, made before Genesys knows it (uuid v7). It is the value of the mark.
    SubjectId
}
uuid_id! {
    /// The id of one saga (uuid v7: sorts by the time it was opened).
    SagaId
}

/// The mark that a create carries, as an entry of the Genesys extension's `externalIds` (docs/genesys.md
/// G2.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// `scimbridge-<tenant>`: plain characters only, because URL-shaped authorities break the REST look-up.
    pub authority: String,
    /// The subject id.
    pub value: String,
}

impl Mark {
    /// The mark of a subject of a tenant.
    pub fn of(tenant: &TenantId, subject: SubjectId) -> Self {
        Self { authority: Self::authority_of(tenant), value: subject.to_string() }
    }

    /// What all marks of a tenant have in common.
    pub fn authority_of(tenant: &TenantId) -> String {
        format!("scimbridge-{tenant}")
    }
}
