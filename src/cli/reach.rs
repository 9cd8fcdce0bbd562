//! How a command reaches the bridge: over HTTP while it runs, else by opening its data directory.
//!
//! A running bridge holds the lock of its data directory; then the command is sent to its administration
//! endpoints and needs an administrator's token. Both ways give the same JSON, so commands do not care.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::Context;
use super::admin_client::AdminClient;
use super::exit::Failure;
use crate::app::{App, Overrides, Running, StartError, fresh_token};
use crate::config::Config;
use crate::model::ports::Store;
use crate::model::{Secret, StoreError, TenantId};
use crate::store::tokens::Scope;
use crate::store::{self, OpenError, OpenOptions, tenancy};

/// How long a bridge that is just ending is waited for.
const LOCK_WAIT: Duration = Duration::from_millis(250);

/// Options of commands that reach a bridge.
#[derive(Debug, Default, Args)]
pub(super) struct Reach {
    /// Address of the running bridge; found from the configuration if left out.
    #[arg(long, value_name = "URL", env = "SCIM_BRIDGE_SERVER")]
    server: Option<String>,
    /// File with an administrator's token; the variable SCIM_BRIDGE_ADMIN_TOKEN does as well.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// The data directory, opened by this process.
pub(super) struct Opened {
    pub(super) tenant: TenantId,
    pub(super) store: Arc<dyn Store>,
}

/// Where the bridge is.
pub(super) enum Reached {
    /// It runs.
    Remote(AdminClient),
    /// It does not, and its data directory is ours for the moment.
    Offline(Opened),
}

impl Reach {
    /// Finds the bridge.
    pub(super) fn reach(&self, context: &Context) -> Result<Reached, Failure> {
        if let Some(url) = &self.server {
            return Ok(Reached::Remote(AdminClient::new(url, self.need_token(url)?)?));
        }
        let config = context.config()?;
        match open(&config) {
            Ok(opened) => Ok(Reached::Offline(opened.checked()?)),
            Err(OpenError::InUse(_)) => {
                let url = format!("http://{}", local(config.server.listen));
                Ok(Reached::Remote(AdminClient::new(&url, self.need_token(&url)?)?))
            }
            Err(error) => Err(open_failure(&error)),
        }
    }

    /// Finds the bridge or, where none runs, starts one that only this process can talk to.
    pub(super) fn reach_working(&self, context: &Context) -> Result<Working, Failure> {
        match self.reach(context)? {
            Reached::Remote(client) => Ok(Working { client, own: None }),
            Reached::Offline(opened) => {
                opened.close()?;
                let mut config = context.config()?;
                config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                config.server.metrics_listen = None;
                let token = fresh_token().map_err(Failure::failed)?;
                let tokens = vec![(Scope::Admin, token.clone())];
                let overrides = Overrides { tokens, watch_credentials: false, ..Overrides::default() };
                let running = App::start(config, overrides).map_err(|error| start_failure(&error))?;
                let client = AdminClient::new(&format!("http://{}", running.addr()), token)?;
                Ok(Working { client, own: Some(running) })
            }
        }
    }

    fn need_token(&self, url: &str) -> Result<Secret, Failure> {
        let text = match &self.token_file {
            Some(file) => std::fs::read_to_string(file).map_err(|error| {
                Failure::usage(format!("--token-file {}: cannot be read ({error})", file.display()))
            })?,
            None => std::env::var("SCIM_BRIDGE_ADMIN_TOKEN").unwrap_or_default(),
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(Failure::locked(format!(
                "the data directory belongs to the bridge that runs at {url}: give an administrator's token with --token-file or \
                 SCIM_BRIDGE_ADMIN_TOKEN and the command is sent there. To make the first one, stop the bridge and run \
                 `scim-bridge token new --name admin --scope admin`"
            )));
        }
        Ok(Secret::new(text))
    }
}

/// A bridge that can do more than show records.
pub(super) struct Working {
    pub(super) client: AdminClient,
    own: Option<Running>,
}

impl Working {
    /// Whether it was started by this command.
    pub(super) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Ends the one that was started here; a bridge that ran before goes on.
    pub(super) fn end(self) {
        if let Some(running) = self.own {
            running.stop_blocking();
        }
    }
}

impl Opened {
    /// Refuses a directory that is another tenant's.
    fn checked(self) -> Result<Self, Failure> {
        match self.wait(tenancy::other_than(self.store.as_ref(), &self.tenant))? {
            None => Ok(self),
            Some(other) => Err(Failure::usage(other.to_string())),
        }
    }

    /// Waits for work on the store.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, Failure> {
        wait(async { work.await.map_err(|error| store_failure(&error)) })
    }

    /// Lets go of the data directory.
    pub(super) fn close(self) -> Result<(), Failure> {
        self.wait(self.store.close())
    }
}

/// Opens the data directory itself, for commands that a running bridge cannot do.
pub(super) fn reach_offline(context: &Context) -> Result<Opened, Failure> {
    open(&context.config()?).map_err(|error| open_failure(&error))?.checked()
}

fn open(config: &Config) -> Result<Opened, OpenError> {
    let mut options = OpenOptions::new(&config.data_dir);
    options.cache_bytes = config.store.cache_bytes();
    options.lock_wait = LOCK_WAIT;
    Ok(Opened { tenant: config.tenant.name.clone(), store: store::open(&options)? })
}

/// The address under which this machine reaches what listens there.
fn local(listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        ip if !ip.is_unspecified() => listen,
        IpAddr::V4(_) => SocketAddr::from((Ipv4Addr::LOCALHOST, listen.port())),
        IpAddr::V6(_) => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, listen.port())),
    }
}

/// Waits for work that needs no thread of its own.
pub(super) fn wait<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
    runtime.block_on(work)
}

/// Exit code and words of a data directory that did not open.
fn open_failure(error: &OpenError) -> Failure {
    match error {
        OpenError::InUse(_) => Failure::locked(error.to_string()),
        _ => Failure::failed(error.to_string()),
    }
}

/// Exit code and words of a store that refuses.
pub(super) fn store_failure(error: &StoreError) -> Failure {
    Failure::failed(error.to_string())
}

/// Exit code and words of a bridge that did not start.
pub(super) fn start_failure(error: &StartError) -> Failure {
    match error {
        StartError::Open(error) => open_failure(error),
        StartError::Rule(_) | StartError::Genesys(_) | StartError::Listen(_) | StartError::Tenant(_) => {
            Failure::usage(error.to_string())
        }
        _ => Failure::failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_that_listens_everywhere_is_reached_on_loopback() {
        for (listen, wanted) in
            [("0.0.0.0:8080", "127.0.0.1:8080"), ("[::]:8080", "[::1]:8080"), ("10.1.2.3:80", "10.1.2.3:80")]
        {
            assert_eq!(local(listen.parse().expect("address")).to_string(), wanted);
        }
    }
}
