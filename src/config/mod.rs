//! Settings: a TOML file, environment variables and secret files, turned into one checked [`Config`].
//!
//! Raw text is in `raw`, rules are in `rules`, the checks are in `check`; every problem names file, key and
//! cure (`error`). Conditions of rules are only measured here: `entitlements` compiles them. Region names
//! belong to `genesys::regions`.

mod check;
mod environment;
mod error;
mod raw;
mod raw_rule;
mod rules;
mod rules_json;
mod secret_file;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::model::{Secret, TenantId, Wanted};

pub(crate) use environment::{Environment, process_environment};
pub(crate) use error::{ConfigError, Problem};
pub(crate) use rules::place as place_of_rule;
pub(crate) use rules_json::{rules_as_json, rules_of_json};
pub(crate) use secret_file::secret_now;

pub(crate) use crate::model::policy::{
    Dialect, GroupPolicy, ImportPolicy, OnDeletedEmail, OnExisting, OnUnknownRequestName, OnUnknownRuleName,
    PasswordPolicy,
};

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address under which identity providers reach the bridge, without trailing slash. `None` only when
    /// `listen` is loopback: then the bound address is used.
    pub public_url: Option<String>,
    /// Directory of the store.
    pub data_dir: PathBuf,
    /// Listening and waiting.
    pub server: ServerConfig,
    /// Logs.
    pub log: LogConfig,
    /// The store.
    pub store: StoreConfig,
    /// Genesys Cloud.
    pub genesys: GenesysConfig,
    /// Sagas.
    pub sagas: SagasConfig,
    /// Background work.
    pub work: WorkConfig,
    /// The tenant and its policies.
    pub tenant: TenantConfig,
    /// Rules in the order of the file.
    pub rules: Vec<Rule>,
}

/// `[server]`.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Memory for all request bodies that are being read, in mebibytes.
    pub bodies_mib: u64,
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Another address for metrics, health and readiness.
    pub metrics_listen: Option<SocketAddr>,
    /// Worker threads.
    pub workers: usize,
    /// How long a request waits for its answer.
    pub deadline: Duration,
    /// How long a client may take nothing of an answer.
    pub write_timeout: Duration,
    /// Most connections of one address; 0 for no bound.
    pub connections_per_address: usize,
}

/// `[log]`.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// Lines for people or JSON.
    pub format: LogFormat,
    /// A level or a filter such as `info,genesys_scim_bridge::saga=debug`.
    pub level: String,
}

impl ServerConfig {
    /// Memory for bodies in bytes.
    pub fn bodies_bytes(&self) -> usize {
        usize::try_from(self.bodies_mib.saturating_mul(1024 * 1024)).unwrap_or(usize::MAX)
    }
}

/// `[store]`.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Cache of records and pages in mebibytes.
    pub cache_mib: u64,
    /// Room on the disk in mebibytes that is kept for what is begun.
    pub reserve_mib: u64,
    /// What of the past is kept.
    pub keep: KeepConfig,
}

/// What of the past is kept: the younger of so many, and no more than so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepConfig {
    /// Age of audit entries.
    pub audit: Duration,
    /// Number of audit entries.
    pub audit_entries: u64,
    /// Age of finished sagas.
    pub sagas: Duration,
    /// Number of finished sagas.
    pub finished: u64,
}

impl StoreConfig {
    /// Cache in bytes.
    pub fn cache_bytes(&self) -> u64 {
        self.cache_mib.saturating_mul(1024 * 1024)
    }

    /// Reserve in bytes.
    pub fn reserve_bytes(&self) -> u64 {
        self.reserve_mib.saturating_mul(1024 * 1024)
    }
}

/// `[genesys]`. Either `region`, or both bases; a base wins over the region.
#[derive(Clone, Debug)]
pub struct GenesysConfig {
    /// Base of the API, without trailing slash.
    pub api_base: Option<String>,
    /// Base of the login host, without trailing slash.
    pub login_base: Option<String>,
    /// Name of the region, such as `eu-central-1`.
    pub region: Option<String>,
    /// OAuth client of type client credentials.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The file that it was read from.
    pub client_secret_file: Option<PathBuf>,
    /// Calls that Genesys grants in a minute.
    pub calls_per_minute: u32,
    /// How much of it is left to others, in percent.
    pub margin_percent: u8,
    /// How long one call may take.
    pub timeout: Duration,
}

/// `[sagas]`.
#[derive(Clone, Debug)]
pub struct SagasConfig {
    /// How long a saga waits trouble out that does not end.
    pub give_up_after: Duration,
}

/// `[work]`.
#[derive(Clone, Debug)]
pub struct WorkConfig {
    /// Users who are recomputed at a time.
    pub parallel: usize,
}

/// `[tenant]`.
#[derive(Clone, Debug)]
pub struct TenantConfig {
    /// Its name: part of every key in the store and of the mark in Genesys.
    pub name: TenantId,
    /// What clients may get wrong.
    pub dialect: Dialect,
    /// What a POST does that meets an existing, unmanaged Genesys user.
    pub on_existing: OnExisting,
    /// What a POST does that meets the e-mail of a deleted Genesys user.
    pub on_deleted_email: OnDeletedEmail,
    /// What happens when a rule names something that Genesys does not have.
    pub unknown_rule_name: OnUnknownRuleName,
    /// The same for a request.
    pub unknown_request_name: OnUnknownRequestName,
    /// Domain that is put behind a userName without one.
    pub fallback_email_domain: Option<String>,
    /// What happens to a password that a client sends.
    pub password: PasswordPolicy,
    /// Whether groups are made in Genesys or only linked.
    pub groups: GroupPolicy,
    /// Whether readiness waits for the first import.
    pub import: ImportPolicy,
    /// Users (e-mail address or Genesys id, lower case) that the bridge never changes.
    pub protected: Vec<String>,
    /// Division of users for whom the request names none; Genesys chooses Home otherwise.
    pub default_division: Option<String>,
}

/// `[[rule]]`: whoever meets the condition gets the grants.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name, shown as the reason of what it gives.
    pub name: String,
    /// A SCIM filter over the user and its groups, not yet compiled.
    pub when: String,
    /// What it gives.
    pub grants: Vec<Grant>,
}

/// One thing that a rule gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Grant {
    /// Known now.
    Wanted(Wanted),
    /// A custom attribute whose value is an attribute of the user.
    AttributeFrom {
        /// Schema name.
        schema: String,
        /// Field name.
        field: String,
        /// SCIM attribute path, URN-qualified where it is not a core attribute.
        from: String,
    },
}

/// How logs look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads a configuration file, with the environment of the process over it.
    ///
    /// # Errors
    /// The file cannot be read or is not TOML, or all problems of its content at once.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::load_with(file, &process_environment)
    }

    /// As [`Config::load`], with an environment of the caller's choice.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_with(file: &Path, environment: Environment<'_>) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::unreadable(file, &error))?;
        Self::parse(&text, file, environment)
    }

    /// Checks a configuration text. `file` is its name in messages, and relative paths start at its
    /// directory.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, file: &Path, environment: Environment<'_>) -> Result<Self, ConfigError> {
        let mut raw = raw::RawConfig::read(text, file)?;
        let mut problems = environment::apply(&mut raw, environment);
        let checked = check::check(raw, file.parent().unwrap_or(Path::new("")), environment, &mut problems);
        match checked {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigError::new(file, problems)),
        }
    }

    /// Address under which clients reach the bridge once it is bound.
    pub fn public_url_or(&self, bound: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{bound}"))
    }
}
