//! The configuration file as it is written: names and types, nothing checked beyond them.
//!
//! Unknown keys are errors with line and column, so that a misspelt key is never silently ignored. What the
//! values may be is in `check`; how a rule is written in `rules`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::{ConfigError, Problem};
use super::raw_rule::RawRule;
use super::{
    Dialect, GroupPolicy, ImportPolicy, LogFormat, OnDeletedEmail, OnExisting, OnUnknownRequestName,
    OnUnknownRuleName, PasswordPolicy,
};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawConfig {
    pub(super) public_url: Option<String>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) server: RawServer,
    pub(super) log: RawLog,
    pub(super) store: RawStore,
    pub(super) genesys: RawGenesys,
    pub(super) sagas: RawSagas,
    pub(super) work: RawWork,
    pub(super) tenant: RawTenant,
    pub(super) rule: Vec<RawRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawServer {
    pub(super) listen: Option<String>,
    pub(super) metrics_listen: Option<String>,
    pub(super) bodies_mib: Option<u64>,
    pub(super) workers: Option<u64>,
    pub(super) deadline_seconds: Option<u64>,
    pub(super) write_timeout_seconds: Option<u64>,
    pub(super) connections_per_address: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLog {
    pub(super) format: LogFormat,
    pub(super) level: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawStore {
    pub(super) cache_mib: Option<u64>,
    pub(super) reserve_mib: Option<u64>,
    pub(super) keep_audit_days: Option<u64>,
    pub(super) keep_audit_entries: Option<u64>,
    pub(super) keep_sagas_days: Option<u64>,
    pub(super) keep_sagas: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawGenesys {
    pub(super) region: Option<String>,
    pub(super) api_base: Option<String>,
    pub(super) login_base: Option<String>,
    pub(super) client_id: Option<String>,
    /// Read only to say that it does not belong here, without repeating it.
    pub(super) client_secret: Option<IgnoredAny>,
    pub(super) client_secret_file: Option<PathBuf>,
    pub(super) client_secret_env: Option<String>,
    pub(super) calls_per_minute: Option<u64>,
    pub(super) margin_percent: Option<u64>,
    pub(super) timeout_seconds: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSagas {
    pub(super) give_up_after_minutes: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawWork {
    pub(super) parallel: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTenant {
    pub(super) name: Option<String>,
    pub(super) dialect: Dialect,
    pub(super) on_existing: OnExisting,
    pub(super) on_deleted_email: OnDeletedEmail,
    pub(super) unknown_rule_name: OnUnknownRuleName,
    pub(super) unknown_request_name: OnUnknownRequestName,
    pub(super) fallback_email_domain: Option<String>,
    pub(super) password: PasswordPolicy,
    pub(super) groups: GroupPolicy,
    pub(super) import: ImportPolicy,
    pub(super) protected: Vec<String>,
    pub(super) default_division: Option<String>,
}

impl RawConfig {
    /// Reads the text. The message of the parser is kept, its excerpt of the file is not: it may show a
    /// secret.
    pub(super) fn read(text: &str, file: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let (line, column) = position(text, start);
            let key = format!("line {line}, column {column}");
            let message = error.message().trim().replace('\n', ", ");
            ConfigError::new(file, vec![Problem::new(key, message, "correct it there")])
        })
    }
}

/// Line and column, both from one, of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
