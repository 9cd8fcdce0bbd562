//! How a bridge comes up: rules, socket, ground, tenant with its open sagas, HTTP; in this order, so that
//! what is wrong with the configuration is said before anything is touched.
//!
//! What the tenants share is built in [`super::ground`], what belongs to one in [`super::tenant`].

use std::sync::Arc;

use super::ground::Ground;
use super::system::request_id;
use super::tenant::TenantBridge;
use super::{App, Overrides, Running, StartError, metrics_upkeep};
use crate::admin;
use crate::config::{Config, secret_now};
use crate::entitlements::RuleSet;
use crate::genesys::{SecretAgain, Settings as GenesysSettings, SetupError};
use crate::server::listen::{bind, listen};
use crate::server::routes::Served;
use crate::server::{BodyRoom, ListenError, ListenSettings, ServerState, Settings, Tenants};

impl App {
    /// Starts a bridge and hands it back when it takes requests. Blocks the caller for a moment; fine inside
    /// and outside of a runtime.
    ///
    /// # Errors
    /// See [`StartError`]; nothing runs then.
    pub fn start(config: Config, overrides: Overrides) -> Result<Running, StartError> {
        let rules = RuleSet::compile(&config.rules).map_err(StartError::Rule)?;
        let genesys = genesys_settings(&config)?;
        let socket = bind(&config.server.listen.to_string(), "listen")?;
        let apart =
            config.server.metrics_listen.map(|at| bind(&at.to_string(), "metrics_listen")).transpose()?;
        let bound = socket.local_addr().map_err(|error| ListenError::System(error.to_string()))?;
        let ground = Ground::lay(&config, &overrides)?;
        let tenant = TenantBridge::raise(&ground, &config, rules, &genesys, &overrides)?;
        let public_url = config.public_url_or(bound);
        let served = tenant.served(&ground, settings(&config, &public_url), overrides.tokens)?;
        let (engine, recorder) = (&ground.engine.handle, ground.recorder.clone());
        metrics_upkeep::fold(engine, recorder.clone(), &ground.clock, ground.stop.clone());
        let state = ServerState::new(
            ListenSettings {
                workers: config.server.workers,
                write_wait: config.server.write_timeout,
                connections_per_address: config.server.connections_per_address,
                ..ListenSettings::default()
            },
            Tenants::only(served),
            Arc::clone(&ground.clock),
            Arc::new(request_id),
            recorder,
        );
        let (state, routes) = (Arc::new(state), admin::ROUTES);
        let served = if apart.is_some() { Served::WithoutMetrics(routes) } else { Served::All(routes) };
        let listening = listen(socket, Arc::clone(&state), served)?;
        let mut running = Running { addr: listening.addr(), tenant, listening: vec![listening], ground };
        if let Some(socket) = apart {
            let listening = listen(socket, state, Served::Open)?;
            tracing::info!(address = %listening.addr(), "metrics have an address of their own");
            running.listening.push(listening);
        }
        tracing::info!(address = %running.addr, recovered = running.tenant.recovered, "serving");
        Ok(running)
    }
}

/// What the Genesys client needs, from the configuration.
///
/// # Errors
/// `genesys.region` is not a region.
pub(crate) fn genesys_settings(config: &Config) -> Result<GenesysSettings, SetupError> {
    let given = &config.genesys;
    let (tenant, id, secret) =
        (config.tenant.name.clone(), given.client_id.clone(), given.client_secret.clone());
    let mut settings = match &given.region {
        Some(region) => GenesysSettings::for_region(tenant, region, id, secret)?,
        None => {
            let (api, login) = (given.api_base.clone(), given.login_base.clone());
            GenesysSettings::at(tenant, api.unwrap_or_default(), login.unwrap_or_default(), id, secret)
        }
    };
    if let Some(base) = &given.api_base {
        settings.api_base = base.trim_end_matches('/').to_owned();
    }
    if let Some(base) = &given.login_base {
        settings.login_base = base.trim_end_matches('/').to_owned();
    }
    settings.calls_per_minute = given.calls_per_minute;
    settings.margin_percent = u32::from(given.margin_percent);
    settings.timeout = given.timeout;
    settings.secret_again =
        given.client_secret_file.clone().map(|file| SecretAgain(Arc::new(move || secret_now(&file))));
    Ok(settings)
}

fn settings(config: &Config, public_url: &str) -> Settings {
    Settings {
        deadline: config.server.deadline,
        dialect: config.tenant.dialect,
        bodies: BodyRoom::of(config.server.bodies_bytes()),
        write_wait: config.server.write_timeout,
        ..Settings::at(public_url)
    }
}
