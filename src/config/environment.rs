//! Environment variables that win over the file.
//!
//! Only what differs between machines can be set here; rules and policies live in the file. Variables that
//! are not in the table are left alone, because container platforms inject names of their own.

use super::error::Problem;
use super::raw::RawConfig;

/// How a variable is looked up; `None` when it is not set.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

type Setter = fn(&mut RawConfig, String) -> Result<(), &'static str>;

/// Variable, the key that it replaces, how.
const OVERRIDES: [(&str, Setter); 11] = [
    ("SCIM_BRIDGE_PUBLIC_URL", |raw, text| set(&mut raw.public_url, text)),
    ("SCIM_BRIDGE_DATA_DIR", |raw, text| {
        set(&mut raw.data_dir, std::path::absolute(text).map_err(|_| "is not a path")?)
    }),
    ("SCIM_BRIDGE_LISTEN", |raw, text| set(&mut raw.server.listen, text)),
    ("SCIM_BRIDGE_LOG_LEVEL", |raw, text| set(&mut raw.log.level, text)),
    ("SCIM_BRIDGE_LOG_FORMAT", |raw, text| {
        raw.log.format = match text.as_str() {
            "text" => super::LogFormat::Text,
            "json" => super::LogFormat::Json,
            _ => return Err("is neither \"text\" nor \"json\""),
        };
        Ok(())
    }),
    ("SCIM_BRIDGE_GENESYS_REGION", |raw, text| set(&mut raw.genesys.region, text)),
    ("SCIM_BRIDGE_GENESYS_API_BASE", |raw, text| set(&mut raw.genesys.api_base, text)),
    ("SCIM_BRIDGE_GENESYS_LOGIN_BASE", |raw, text| set(&mut raw.genesys.login_base, text)),
    ("SCIM_BRIDGE_GENESYS_CLIENT_ID", |raw, text| set(&mut raw.genesys.client_id, text)),
    ("SCIM_BRIDGE_GENESYS_CALLS_PER_MINUTE", |raw, text| {
        set(&mut raw.genesys.calls_per_minute, text.trim().parse().map_err(|_| "is not a whole number")?)
    }),
    ("SCIM_BRIDGE_TENANT_NAME", |raw, text| set(&mut raw.tenant.name, text)),
];

#[expect(clippy::unnecessary_wraps, reason = "the setters of the table share one signature")]
fn set<T>(place: &mut Option<T>, value: T) -> Result<(), &'static str> {
    *place = Some(value);
    Ok(())
}

/// Reads the environment of the process. A variable that is not Unicode counts as not set.
pub(crate) fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Puts the variables over the file and returns those that cannot be read. An empty variable counts as not
/// set.
pub(super) fn apply(raw: &mut RawConfig, environment: Environment<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, setter) in OVERRIDES {
        let Some(text) = environment(name).filter(|text| !text.is_empty()) else { continue };
        if let Err(what) = setter(raw, text) {
            problems.push(Problem::new(format!("environment variable {name}"), what, "correct or unset it"));
        }
    }
    problems
}
