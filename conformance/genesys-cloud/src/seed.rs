//! The seed: a readable TOML file that describes an organisation by names.
//!
//! It is only parsed here. `world::catalog` turns it into an organisation and checks that every name it uses
//! exists.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The organisation that is built in.
const BUILT_IN: &str = include_str!("../seed/contact-centre.toml");

/// Why a seed cannot be used; each says what to change.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file could not be read.
    #[error("cannot read the seed file {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not TOML of the expected form.
    #[error("the seed file is not understood: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A name is used that the seed does not define.
    #[error("the seed's {place} names the {kind} `{name}`, which the seed does not define")]
    Undefined {
        /// Where the name is used.
        place: String,
        /// What it should be.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Something that must be there is missing.
    #[error("the seed needs {0}")]
    Missing(&'static str),
}

/// A whole seed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedFile {
    /// The organisation itself, its skills and languages.
    pub organization: SeedOrganization,
    /// OAuth clients; the first is the bridge's.
    #[serde(rename = "client")]
    pub clients: Vec<SeedClient>,
    /// Divisions; one is Home.
    #[serde(rename = "division")]
    pub divisions: Vec<SeedDivision>,
    /// Roles; the default one is given to every new user.
    #[serde(rename = "role")]
    pub roles: Vec<SeedRole>,
    /// Queues.
    #[serde(rename = "queue", default)]
    pub queues: Vec<SeedQueue>,
    /// Teams.
    #[serde(rename = "team", default)]
    pub teams: Vec<SeedTeam>,
    /// Custom attribute schemas.
    #[serde(rename = "schema", default)]
    pub schemas: Vec<SeedSchema>,
    /// Groups that exist.
    #[serde(rename = "group", default)]
    pub groups: Vec<SeedGroup>,
    /// Users who exist.
    #[serde(rename = "user", default)]
    pub users: Vec<SeedUser>,
}

/// The organisation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedOrganization {
    /// Its name.
    pub name: String,
    /// Its mail domain.
    pub domain: String,
    /// Life of an access token in seconds.
    #[serde(default = "a_day")]
    pub token_seconds: u32,
    /// Routing skills by name.
    #[serde(default)]
    pub skills: Vec<String>,
    /// Routing languages by name.
    #[serde(default)]
    pub languages: Vec<String>,
}

fn a_day() -> u32 {
    86_400
}

/// An OAuth client and its rights.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedClient {
    /// Its name.
    pub name: String,
    /// client_id.
    pub id: String,
    /// client_secret; stands in a seed only because the emulator guards nothing.
    pub secret: String,
    /// Permissions as `domain:entity:action`; `*` is all.
    pub permissions: Vec<String>,
    /// Divisions by name; `*` is all.
    pub divisions: Vec<String>,
}

/// A division.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedDivision {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Whether it is the Home division.
    #[serde(default)]
    pub home: bool,
}

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRole {
    /// Its name.
    pub name: String,
    /// What it allows, in words.
    #[serde(default)]
    pub description: String,
    /// Whether new users get it.
    #[serde(default)]
    pub default: bool,
}

/// A queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedQueue {
    /// Its name.
    pub name: String,
    /// Its division by name.
    pub division: String,
    /// Groups by name whose members are members of the queue.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// A team.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedTeam {
    /// Its name.
    pub name: String,
    /// Its division by name.
    pub division: String,
}

/// A custom attribute schema.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedSchema {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(default)]
    pub description: String,
    /// Its fields.
    #[serde(rename = "field")]
    pub fields: Vec<SeedField>,
}

/// A field of a schema; its key in values is `<name>_<type>`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedField {
    /// Its name.
    pub name: String,
    /// A core type: text, longtext, enum, identifier, integer, number, date, datetime, checkbox, tag.
    #[serde(rename = "type")]
    pub core_type: String,
    /// Its title.
    pub title: String,
    /// Least number, or least length of a text.
    pub min: Option<f64>,
    /// Greatest number, or greatest length of a text.
    pub max: Option<f64>,
    /// The values of an enum.
    #[serde(default)]
    pub values: Vec<String>,
}

/// A group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedGroup {
    /// Its name.
    pub name: String,
    /// official or social.
    #[serde(rename = "type")]
    pub group_type: String,
    /// public, owners or members.
    pub visibility: String,
    /// Roles of the group as `Role@Division`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Members by e-mail.
    #[serde(default)]
    pub members: Vec<String>,
}

/// A user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeedUser {
    /// The main e-mail, which is the user name.
    pub email: String,
    /// The display name.
    pub name: String,
    /// active (when left out), inactive or deleted.
    pub state: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Division by name; Home when left out.
    pub division: Option<String>,
    /// Manager by e-mail.
    pub manager: Option<String>,
    /// Employee number.
    pub employee_number: Option<String>,
    /// When the person signed in last, as in RFC 3339; nobody is signed in here.
    pub last_login: Option<String>,
    /// Roles as `Role@Division`.
    pub roles: Vec<String>,
    /// Skill name to proficiency.
    pub skills: BTreeMap<String, f64>,
    /// Language name to proficiency.
    pub languages: BTreeMap<String, f64>,
    /// Queues by name.
    pub queues: Vec<String>,
    /// Teams by name.
    pub teams: Vec<String>,
    /// Schema name to keys and values.
    pub attributes: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    /// Authority to key.
    pub external_ids: BTreeMap<String, String>,
}

impl SeedFile {
    /// Parses a seed.
    ///
    /// # Errors
    /// [`SeedError::Syntax`] with line and column.
    pub fn parse(text: &str) -> Result<SeedFile, SeedError> {
        Ok(toml::from_str(text)?)
    }

    /// Reads a seed from a file.
    ///
    /// # Errors
    /// [`SeedError::Unreadable`] or [`SeedError::Syntax`].
    pub fn read(path: &Path) -> Result<SeedFile, SeedError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SeedError::Unreadable { path: path.display().to_string(), source })?;
        Self::parse(&text)
    }

    /// The built-in organisation.
    ///
    /// # Errors
    /// Never in practice: a test reads it.
    pub fn built_in() -> Result<SeedFile, SeedError> {
        Self::parse(BUILT_IN)
    }

    /// Takes a permission away from the first client, to see what its absence does.
    #[must_use]
    pub fn without_permission(mut self, permission: &str) -> Self {
        if let Some(client) = self.clients.first_mut() {
            client.permissions.retain(|held| held != permission);
        }
        self
    }

    /// Takes a division, by name, away from the first client.
    #[must_use]
    pub fn without_division(mut self, division: &str) -> Self {
        let all: Vec<String> = self.divisions.iter().map(|division| division.name.clone()).collect();
        if let Some(client) = self.clients.first_mut() {
            if client.divisions.iter().any(|held| held == "*") {
                client.divisions = all;
            }
            client.divisions.retain(|held| held != division);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_organisation_has_the_promised_size() {
        let seed = SeedFile::built_in().unwrap();
        assert_eq!(seed.divisions.len(), 4);
        assert_eq!(seed.roles.len(), 10);
        assert_eq!(seed.queues.len(), 20);
        assert_eq!(seed.teams.len(), 7);
        assert_eq!(seed.organization.skills.len(), 30);
        assert_eq!(seed.organization.languages.len(), 8);
        assert_eq!(seed.schemas.len(), 2);
        assert_eq!(seed.groups.len(), 2);
        let states: Vec<_> = seed.users.iter().filter_map(|user| user.state.as_deref()).collect();
        assert_eq!(states, ["inactive", "deleted"]);
    }

    #[test]
    fn a_misspelt_key_is_an_error_that_names_it() {
        let error =
            SeedFile::parse("[organization]\nname='x'\ndomain='y'\ncolour='red'").unwrap_err().to_string();
        assert!(error.contains("colour"), "{error}");
    }
}
