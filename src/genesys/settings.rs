//! What the Genesys client needs to know: where, who, how fast. A plain struct that `config` builds.
//!
//! Reads no file and checks no file syntax; region names become addresses here. Defaults come from `limits`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::regions;
use crate::limits;
use crate::model::{Secret, TenantId};

/// Reads the secret anew; `None` where it cannot be read, and then the last one stays.
#[derive(Clone)]
pub struct SecretAgain(pub Arc<dyn Fn() -> Option<Secret> + Send + Sync>);

impl fmt::Debug for SecretAgain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAgain")
    }
}

/// Settings of one organisation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose organisation it is.
    pub tenant: TenantId,
    /// `https://api.<domain>`, without a slash at the end.
    pub api_base: String,
    /// `https://login.<domain>`, without a slash at the end.
    pub login_base: String,
    /// Id of the OAuth client (client credentials grant).
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// Where the secret is read anew, if it can have been changed while we run.
    pub secret_again: Option<SecretAgain>,
    /// Calls per minute that Genesys grants the token.
    pub calls_per_minute: u32,
    /// Share of them that is left unused, in percent, for what else uses the OAuth client.
    pub margin_percent: u32,
    /// How long one call may take.
    pub timeout: Duration,
    /// How long a listing of names is believed.
    pub catalogue_ttl: Duration,
    /// Whether each call says its priority in a header that only the emulator reads; never set it for Genesys
    /// itself.
    pub tell_priority: bool,
}

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No such region.
    #[error("unknown Genesys Cloud region {0:?}; use a region such as us-east-1 or eu-central-1")]
    UnknownRegion(String),
    /// The HTTP client could not be set up.
    #[error("the HTTP client for Genesys Cloud could not be set up: {0}")]
    Http(String),
}

impl Settings {
    /// Settings with the addresses of a region and the limits of the house.
    ///
    /// # Errors
    /// `UnknownRegion` when the region is not in [`regions::REGIONS`].
    pub fn for_region(
        tenant: TenantId,
        region: &str,
        client_id: impl Into<String>,
        client_secret: Secret,
    ) -> Result<Self, SetupError> {
        let domain = regions::domain(region).ok_or_else(|| SetupError::UnknownRegion(region.to_owned()))?;
        Ok(Self::at(tenant, regions::api_base(domain), regions::login_base(domain), client_id, client_secret))
    }

    /// Settings with explicit addresses, e.g. of the emulator.
    pub fn at(
        tenant: TenantId,
        api_base: impl Into<String>,
        login_base: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: Secret,
    ) -> Self {
        Self {
            tenant,
            api_base: api_base.into().trim_end_matches('/').to_owned(),
            login_base: login_base.into().trim_end_matches('/').to_owned(),
            client_id: client_id.into(),
            client_secret,
            secret_again: None,
            calls_per_minute: limits::GENESYS_CALLS_PER_MINUTE,
            margin_percent: 10,
            timeout: limits::GENESYS_TIMEOUT,
            catalogue_ttl: Duration::from_secs(300),
            tell_priority: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_gives_both_addresses_and_an_unknown_one_is_named() {
        let tenant = TenantId::new("acme");
        let good = Settings::for_region(tenant.clone(), "eu-west-1", "id", Secret::new("s")).unwrap();
        assert_eq!(good.api_base, "https://api.mypurecloud.ie");
        assert_eq!(good.login_base, "https://login.mypurecloud.ie");
        let error = Settings::for_region(tenant, "mars-1", "id", Secret::new("s")).unwrap_err();
        assert!(error.to_string().contains("mars-1"), "{error}");
    }

    #[test]
    fn a_slash_at_the_end_of_an_address_is_dropped() {
        let settings = Settings::at(TenantId::new("t"), "http://a/", "http://b/", "id", Secret::new("s"));
        assert_eq!((settings.api_base.as_str(), settings.login_base.as_str()), ("http://a", "http://b"));
    }
}
