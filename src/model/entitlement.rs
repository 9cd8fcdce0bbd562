//! Entitlements: role in a division, queue membership, skill or language with proficiency, custom attribute.
//!
//! Three stages share these types: *desired* by name ([`Wanted`]), resolved to ids ([`Entitlement`]), and
//! *granted* ([`Granted`]). Who computes them: `entitlements`, `plan`. What Genesys really has:
//! [`super::observed`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kind::Kind;

/// How well: 0.00 to 5.00, kept in hundredths so that it compares exactly (docs/genesys.md G5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Proficiency(u16);

impl Proficiency {
    /// Reads 0.0 to 5.0; `None` outside.
    pub fn new(level: f64) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be within 0 and 500"
        )]
        (level.is_finite() && (0.0..=5.0).contains(&level)).then(|| Self((level * 100.0).round() as u16))
    }

    /// As Genesys wants it.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl TryFrom<f64> for Proficiency {
    type Error = String;

    fn try_from(level: f64) -> Result<Self, String> {
        Self::new(level).ok_or_else(|| format!("proficiency {level} is not between 0 and 5"))
    }
}

impl From<Proficiency> for f64 {
    fn from(level: Proficiency) -> f64 {
        level.as_f64()
    }
}

impl fmt::Display for Proficiency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_f64())
    }
}

/// An entitlement by name, as rules and requests say it; one form for each family of kinds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// `division: None` means the user's own division, else Home.
    Role {
        /// Role name.
        role: String,
        /// Division name.
        division: Option<String>,
    },
    /// A membership by name.
    Member {
        /// Of what kind.
        kind: Kind,
        /// Name of the queue or whatever it is.
        name: String,
    },
    /// A skill or language by name, case-sensitive.
    Level {
        /// Of what kind.
        kind: Kind,
        /// Its name.
        name: String,
        /// How well.
        proficiency: Proficiency,
    },
    /// Field of a schema; a null value takes it back.
    Attribute {
        /// Schema name.
        schema: String,
        /// Field name, with or without its type suffix (`badge` or `badge_text`).
        field: String,
        /// What it should be.
        value: Value,
    },
}

impl Wanted {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Wanted::Role { .. } => Kind::Role,
            Wanted::Member { kind, .. } | Wanted::Level { kind, .. } => *kind,
            Wanted::Attribute { .. } => Kind::Attribute,
        }
    }

    /// The names by which it is looked up.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (name, second) = match self {
            Wanted::Role { role, division } => (role, division.as_deref()),
            Wanted::Member { name, .. } | Wanted::Level { name, .. } => (name, None),
            Wanted::Attribute { schema, field, .. } => (schema, Some(field.as_str())),
        };
        std::iter::once(name.as_str()).chain(second)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Role { role, division: Some(division) } => {
                write!(f, "role {role} in division {division}")
            }
            Wanted::Role { role, division: None } => write!(f, "role {role}"),
            Wanted::Member { kind, name } => write!(f, "{} {name}", kind.row().word),
            Wanted::Level { kind, name, proficiency } => {
                write!(f, "{} {name} at {proficiency}", kind.row().word)
            }
            Wanted::Attribute { schema, field, .. } => write!(f, "attribute {schema}.{field}"),
        }
    }
}

/// Why somebody should have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A rule of the configuration, by name.
    Rule(String),
    /// The SCIM request itself.
    Request,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Rule(name) => write!(f, "rule {name}"),
            Reason::Request => f.write_str("request"),
        }
    }
}

/// One desired entitlement with its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desired {
    /// What.
    pub wanted: Wanted,
    /// Why.
    pub reason: Reason,
}

/// All that a user should have, and the kinds for which silence means "take back what we gave".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DesiredSet {
    /// What, each with its reason.
    pub items: Vec<Desired>,
    /// Kinds managed by rules or by this request. What we gave of other kinds stays.
    pub managed: BTreeSet<Kind>,
}

/// Id and name of something in Genesys; equality is by id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Named {
    /// Genesys id.
    pub id: String,
    /// Its name, for people.
    pub name: String,
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Named {}

/// What an entitlement is about, resolved to Genesys ids; one form for each family of kinds.
///
/// In store records it is `{"<kind>": ..}`, see [`super::records`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Role in a division.
    Role {
        /// The role.
        role: Named,
        /// The division.
        division: Named,
    },
    /// What one is a member of.
    Member {
        /// Of what kind.
        kind: Kind,
        /// The queue or whatever it is.
        of: Named,
    },
    /// Skill or language.
    Level {
        /// Of what kind.
        kind: Kind,
        /// The skill or language.
        of: Named,
    },
    /// Field of a custom-attribute schema.
    Attribute {
        /// The schema.
        schema: Named,
        /// Its version, as values must name it.
        version: u32,
        /// Property key in the schema's jsonSchema, e.g. `badge_text`.
        field: String,
    },
}

impl Target {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Target::Role { .. } => Kind::Role,
            Target::Member { kind, .. } | Target::Level { kind, .. } => *kind,
            Target::Attribute { .. } => Kind::Attribute,
        }
    }

    /// The Genesys id of the role, queue, skill, language or schema.
    pub fn id(&self) -> &str {
        match self {
            Target::Role { role: of, .. }
            | Target::Member { of, .. }
            | Target::Level { of, .. }
            | Target::Attribute { schema: of, .. } => &of.id,
        }
    }

    /// A text that is equal exactly for the same target; map key and part of store records. Nothing else
    /// makes keys.
    pub fn key(&self) -> String {
        let (word, id) = (self.kind().row().word, self.id());
        match self {
            Target::Role { division, .. } => format!("{word}/{id}/{}", division.id),
            Target::Member { .. } | Target::Level { .. } => format!("{word}/{id}"),
            Target::Attribute { field, .. } => format!("{word}/{id}/{field}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Role { role, division } => write!(f, "role {} in division {}", role.name, division.name),
            Target::Member { kind, of } | Target::Level { kind, of } => {
                write!(f, "{} {}", kind.row().word, of.name)
            }
            Target::Attribute { schema, field, .. } => write!(f, "attribute {}.{field}", schema.name),
        }
    }
}

/// How much of it: mere membership, a level, or a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Grants and memberships: has it.
    Held,
    /// What has a level.
    Level(Proficiency),
    /// What has a value.
    Value(Value),
}

/// A resolved entitlement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entitlement {
    /// What it is about.
    pub target: Target,
    /// How much of it.
    pub setting: Setting,
}

/// How sure it is that something is, and stays, ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Given, and to stay.
    #[default]
    Given,
    /// Given or not: no answer told. Ours to take back, and to be given again where it is wanted.
    Maybe,
    /// To be taken back, which is not known to have happened.
    Leaving,
}

impl Certainty {
    /// Whether it is the usual one, which records do not write down.
    pub(crate) const fn is_given(&self) -> bool {
        matches!(self, Self::Given)
    }
}

/// An entitlement that the bridge gave and may take back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Granted {
    /// What we gave.
    pub entitlement: Entitlement,
    /// Why.
    pub reason: Reason,
    /// What was there before we changed it; restored when we take ours back.
    pub before: Option<Setting>,
    /// How sure it is.
    #[serde(default, skip_serializing_if = "Certainty::is_given")]
    pub certainty: Certainty,
}

/// Granted entitlements of one user by [`Target::key`].
pub(crate) type GrantedSet = BTreeMap<String, Granted>;
