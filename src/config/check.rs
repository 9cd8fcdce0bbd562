//! From raw settings to checked ones: defaults, ranges, forms and secrets.
//!
//! All problems are gathered, so that a person corrects the file once. Does not reach out to anything but
//! secret files: whether Genesys accepts the credentials is what `scim-bridge check` finds out.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use super::environment::Environment;
use super::error::Problem;
use super::raw::{RawConfig, RawGenesys, RawSagas, RawServer, RawStore, RawTenant};
use super::secret_file::{one_word, read_small};
use super::{
    Config, GenesysConfig, KeepConfig, LogConfig, SagasConfig, ServerConfig, StoreConfig, TenantConfig,
    WorkConfig, rules,
};
use crate::limits;
use crate::model::{Secret, TenantId};

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

/// Gathers problems; `None` when something essential is missing (then at least one problem was added).
pub(super) fn check(
    raw: RawConfig,
    base: &Path,
    environment: Environment<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    let mut gather = Gather { problems };
    let server = gather.server(&raw.server);
    let public_url = gather.public_url(raw.public_url, server.listen);
    let cache_mib = gather.within("store.cache_mib", raw.store.cache_mib, 256, 1..=65_536);
    let keep = gather.keep(&raw.store);
    let reserve_mib = gather.within("store.reserve_mib", raw.store.reserve_mib, 64, 0..=65_536);
    let genesys = gather.genesys(raw.genesys, base, environment);
    let sagas = gather.sagas(&raw.sagas);
    let parallel = gather.within("work.parallel", raw.work.parallel, limits::WORK_PARALLEL, 1..=256);
    let tenant = gather.tenant(raw.tenant);
    let rules = rules::check(raw.rule, gather.problems);
    Some(Config {
        public_url,
        data_dir: base.join(raw.data_dir.unwrap_or_else(|| "data".into())),
        server,
        log: LogConfig { format: raw.log.format, level: raw.log.level.unwrap_or_else(|| "info".into()) },
        store: StoreConfig { cache_mib, reserve_mib, keep },
        sagas,
        work: WorkConfig { parallel: usize::try_from(parallel).unwrap_or(1) },
        genesys: genesys?,
        tenant: tenant?,
        rules,
    })
}

struct Gather<'a> {
    problems: &'a mut Vec<Problem>,
}

impl Gather<'_> {
    fn keep(&mut self, raw: &RawStore) -> KeepConfig {
        let days = |days: u64| Duration::from_secs(days.saturating_mul(24 * 60 * 60));
        let (audit, sagas) = (limits::AUDIT_KEPT_DAYS, limits::FINISHED_KEPT_DAYS);
        let (entries, finished) = (limits::AUDIT_KEPT, limits::FINISHED_KEPT);
        KeepConfig {
            audit: days(self.within("store.keep_audit_days", raw.keep_audit_days, audit, 1..=36_500)),
            audit_entries: self.within(
                "store.keep_audit_entries",
                raw.keep_audit_entries,
                entries,
                1_000..=1_000_000_000,
            ),
            sagas: days(self.within("store.keep_sagas_days", raw.keep_sagas_days, sagas, 1..=36_500)),
            finished: self.within("store.keep_sagas", raw.keep_sagas, finished, 100..=1_000_000),
        }
    }

    fn add(&mut self, key: &str, what: impl Into<String>, cure: impl Into<String>) {
        self.problems.push(Problem::new(key, what, cure));
    }

    fn within(&mut self, key: &str, given: Option<u64>, default: u64, range: RangeInclusive<u64>) -> u64 {
        let value = given.unwrap_or(default);
        if !range.contains(&value) {
            let cure = format!("use {} to {}, or leave it out for {default}", range.start(), range.end());
            self.add(key, format!("{value} is out of range"), cure);
        }
        value
    }

    fn address(&mut self, key: &str, text: &str) -> Option<SocketAddr> {
        let address = text.trim().parse().ok();
        if address.is_none() {
            let cure = "write it like \"127.0.0.1:8080\" or \"[::]:8080\"";
            self.add(key, "is not an address with a port", cure);
        }
        address
    }

    fn server(&mut self, raw: &RawServer) -> ServerConfig {
        let listen = match &raw.listen {
            Some(text) => self.address("server.listen", text),
            None => Some(LISTEN),
        };
        let metrics_listen =
            raw.metrics_listen.as_deref().and_then(|text| self.address("server.metrics_listen", text));
        if metrics_listen.is_some_and(|it| it.port() != 0 && Some(it) == listen) {
            self.add("server.metrics_listen", "is the address of server.listen", "choose another port");
        }
        let workers = self.within("server.workers", raw.workers, 2, 1..=64);
        let default = limits::REQUEST_DEADLINE.as_secs();
        let deadline = self.within("server.deadline_seconds", raw.deadline_seconds, default, 1..=120);
        let default = u64::try_from(limits::CONNECTIONS_PER_ADDRESS).unwrap_or(0);
        let key = "server.connections_per_address";
        let connections = self.within(key, raw.connections_per_address, default, 0..=1_000_000);
        let default = limits::WRITE_WAIT.as_secs();
        let write = self.within("server.write_timeout_seconds", raw.write_timeout_seconds, default, 1..=600);
        let default = u64::try_from(limits::BODIES_IN_FLIGHT / (1024 * 1024)).unwrap_or(128);
        let bodies_mib = self.within("server.bodies_mib", raw.bodies_mib, default, 96..=4096);
        ServerConfig {
            bodies_mib,
            listen: listen.unwrap_or(LISTEN),
            metrics_listen,
            workers: usize::try_from(workers).unwrap_or(2),
            deadline: Duration::from_secs(deadline),
            write_timeout: Duration::from_secs(write),
            connections_per_address: usize::try_from(connections).unwrap_or(0),
        }
    }

    fn sagas(&mut self, raw: &RawSagas) -> SagasConfig {
        let default = limits::SAGA_GIVE_UP.as_secs() / 60;
        let minutes =
            self.within("sagas.give_up_after_minutes", raw.give_up_after_minutes, default, 1..=43_200);
        SagasConfig { give_up_after: Duration::from_secs(minutes.saturating_mul(60)) }
    }

    fn public_url(&mut self, given: Option<String>, listen: SocketAddr) -> Option<String> {
        match given {
            Some(text) => self.base_url("public_url", &text, true),
            None if listen.ip().is_loopback() => None,
            None => {
                let what = "is missing, but the server listens on more than this machine";
                self.add("public_url", what, "set the address under which the identity provider reaches it, such as \"https://scim.example.com\"");
                None
            }
        }
    }

    /// An http or https address without query, without trailing slash. Plain http only where `http` says so
    /// or on loopback.
    fn base_url(&mut self, key: &str, text: &str, http: bool) -> Option<String> {
        let text = text.trim().trim_end_matches('/');
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:[]/%".contains(c);
        if !matches!(scheme, "http" | "https") || host.is_empty() || !rest.chars().all(plain) {
            self.add(
                key,
                "is not an http or https address",
                "write it like \"https://host.example.com\", without user, query or fragment",
            );
            return None;
        }
        let near = matches!(host.trim_matches(['[', ']']), "localhost" | "::1") || host.starts_with("127.");
        if scheme == "http" && !http && !near {
            self.add(key, "would send credentials without encryption", "use https");
            return None;
        }
        Some(text.to_owned())
    }

    fn genesys(
        &mut self,
        raw: RawGenesys,
        base: &Path,
        environment: Environment<'_>,
    ) -> Option<GenesysConfig> {
        let api_base =
            raw.api_base.as_deref().and_then(|text| self.base_url("genesys.api_base", text, false));
        let login_base =
            raw.login_base.as_deref().and_then(|text| self.base_url("genesys.login_base", text, false));
        let region = raw.region.as_deref().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        if region.is_none() && (raw.api_base.is_none() || raw.login_base.is_none()) {
            self.add("genesys.region", "is missing", "name the region of your organisation, such as \"eu-central-1\", or set both genesys.api_base and genesys.login_base");
        }
        let client_id =
            raw.client_id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
        if client_id.is_none() {
            self.add("genesys.client_id", "is missing", "put in the id of an OAuth client of type \"Client Credentials\" (Genesys Cloud: Admin, Integrations, OAuth)");
        }
        let client_secret = self.secret(&raw, base, environment);
        let default = u64::from(limits::GENESYS_CALLS_PER_MINUTE);
        let calls = self.within("genesys.calls_per_minute", raw.calls_per_minute, default, 1..=1_000_000);
        let margin = self.within("genesys.margin_percent", raw.margin_percent, 10, 0..=90);
        let timeout = self.within(
            "genesys.timeout_seconds",
            raw.timeout_seconds,
            limits::GENESYS_TIMEOUT.as_secs(),
            1..=120,
        );
        Some(GenesysConfig {
            api_base,
            login_base,
            region,
            client_id: client_id?,
            client_secret: client_secret?,
            client_secret_file: raw.client_secret_file.as_ref().map(|file| base.join(file)),
            calls_per_minute: u32::try_from(calls).unwrap_or(limits::GENESYS_CALLS_PER_MINUTE),
            margin_percent: u8::try_from(margin).unwrap_or(10),
            timeout: Duration::from_secs(timeout),
        })
    }

    fn secret(&mut self, raw: &RawGenesys, base: &Path, environment: Environment<'_>) -> Option<Secret> {
        const CURE: &str = "put the secret into a file of its own and name it with genesys.client_secret_file, or into an environment variable and name that with genesys.client_secret_env";
        if raw.client_secret.is_some() {
            self.add("genesys.client_secret", "a secret does not belong in this file", CURE);
            return None;
        }
        let text = match (&raw.client_secret_file, &raw.client_secret_env) {
            (None, None) => {
                self.add("genesys.client_secret_file", "is missing", CURE);
                return None;
            }
            (Some(_), Some(_)) => {
                self.add(
                    "genesys.client_secret_file",
                    "is set together with genesys.client_secret_env",
                    "keep one of the two",
                );
                return None;
            }
            (Some(file), None) => self.secret_file(&base.join(file))?,
            (None, Some(name)) => match environment(name) {
                Some(text) => text,
                None => {
                    self.add(
                        "genesys.client_secret_env",
                        format!("the environment variable {name} is not set"),
                        "set it, or use genesys.client_secret_file",
                    );
                    return None;
                }
            },
        };
        let secret = one_word(&text);
        if secret.is_none() {
            let key = if raw.client_secret_file.is_some() {
                "genesys.client_secret_file"
            } else {
                "genesys.client_secret_env"
            };
            self.add(
                key,
                "holds no secret or more than one word",
                "it must hold the client secret and nothing else",
            );
        }
        secret
    }

    fn secret_file(&mut self, file: &Path) -> Option<String> {
        let key = "genesys.client_secret_file";
        match read_small(file) {
            Ok(Some(text)) => Some(text),
            Ok(None) => {
                self.add(
                    key,
                    format!("{} is larger than a secret can be", file.display()),
                    "name the right file",
                );
                None
            }
            Err(error) => {
                self.add(
                    key,
                    format!("{} cannot be read ({error})", file.display()),
                    "check path and permissions; relative paths start at the configuration file",
                );
                None
            }
        }
    }

    fn tenant(&mut self, raw: RawTenant) -> Option<TenantConfig> {
        let name = raw.name.unwrap_or_default();
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 40 || !name.chars().all(good) {
            let what = if name.is_empty() {
                "is missing"
            } else {
                "has other signs than a-z, 0-9 and -, or more than 40"
            };
            self.add(
                "tenant.name",
                what,
                "use a short lower-case name and never change it: it marks the users that the bridge made",
            );
        }
        let fallback_email_domain =
            raw.fallback_email_domain.map(|domain| domain.trim().to_ascii_lowercase());
        let domain_sign = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let bad = |domain: &String| {
            !domain.contains('.')
                || domain.starts_with('.')
                || domain.ends_with('.')
                || !domain.chars().all(domain_sign)
        };
        if fallback_email_domain.as_ref().is_some_and(bad) {
            self.add(
                "tenant.fallback_email_domain",
                "is not a domain",
                "write it like \"example.com\", without @",
            );
        }
        let default_division = raw.default_division.map(|name| name.trim().to_owned());
        if default_division.as_deref() == Some("") {
            self.add("tenant.default_division", "is empty", "name a division or leave it out");
        }
        let protected: Vec<String> = raw.protected.iter().map(|who| who.trim().to_lowercase()).collect();
        if protected.iter().any(String::is_empty) {
            self.add("tenant.protected", "has an empty entry", "list e-mail addresses or Genesys user ids");
        }
        let is_somebody = |who: &String| who.contains('@') || uuid::Uuid::try_parse(who).is_ok();
        if let Some(nobody) = protected.iter().find(|who| !who.is_empty() && !is_somebody(who)) {
            let what = format!("names {nobody:?}, which is nobody");
            self.add("tenant.protected", what, "list e-mail addresses or Genesys user ids");
        }
        Some(TenantConfig {
            name: TenantId::new(name),
            dialect: raw.dialect,
            on_existing: raw.on_existing,
            on_deleted_email: raw.on_deleted_email,
            unknown_rule_name: raw.unknown_rule_name,
            unknown_request_name: raw.unknown_request_name,
            fallback_email_domain,
            password: raw.password,
            groups: raw.groups,
            import: raw.import,
            protected,
            default_division,
        })
    }
}
