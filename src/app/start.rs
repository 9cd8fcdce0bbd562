//! How a bridge comes up: rules, socket, store, tokens, Genesys, bridge, open sagas, HTTP; in this order, so that what is wrong
//! with the configuration is said before anything is touched.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use arc_swap::ArcSwapOption;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::doors::Doors;
use super::reads::DirectoryReads;
use super::system::{SystemClock, SystemIds, random_bits, request_id};
use super::{App, Engine, Overrides, Running, StartError, watch};
use crate::admin::{self, AdminState};
use crate::bridge::lanes::LocalLanes;
use crate::bridge::{Bridge, BridgeParts, Policy};
use crate::config::{Config, GroupPolicy, ImportPolicy, OnDeletedEmail, PasswordPolicy};
use crate::directory::Directory;
use crate::entitlements::RuleSet;
use crate::genesys::{GenesysClient, Settings as GenesysSettings, SetupError, SharedBudget};
use crate::model::ports::{Budget, Clock, Ids, Journal, Store, Upstream};
use crate::model::{ClientId, CredentialId, Secret, StoreError, TenantId};
use crate::resync::import::{ImportParts, ProgressCell};
use crate::scim::cursor::CursorKey;
use crate::server::auth::TokenBook;
use crate::server::listen::{bind, listen};
use crate::server::measure;
use crate::server::routes::Mount;
use crate::server::state::{ServerState, Settings};
use crate::store::tokens::{self, Scope, TokenRecord};
use crate::store::{self, OpenOptions, StoreJournal, cursor_secret};

/// What the rest is built on.
struct Ground {
    tenant: TenantId,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    store: Arc<dyn Store>,
    directory: Arc<Directory>,
    journal: Arc<dyn Journal>,
    stop: CancellationToken,
}

impl App {
    /// Starts a bridge and hands it back when it takes requests. Blocks the caller for a moment; fine inside and outside of a runtime.
    ///
    /// # Errors
    /// See [`StartError`]; nothing runs then.
    pub fn start(config: Config, overrides: Overrides) -> Result<Running, StartError> {
        let rules = RuleSet::compile(&config.rules).map_err(StartError::Rule)?;
        let genesys = genesys_settings(&config)?;
        let socket = bind(&config.server.listen.to_string())?;
        let bound =
            socket.local_addr().map_err(|error| crate::server::ListenError::System(error.to_string()))?;
        let guard = Engine::new(config.server.workers.max(2)).map_err(StartError::Engine)?;
        let engine = &guard.handle;
        let metrics = measure::handle();
        let ground = ground(&config, &overrides, engine)?;
        let (store, tenant) = (Arc::clone(&ground.store), ground.tenant.clone());
        count_once(&ground, engine)?;
        let secret =
            on_engine(
                engine,
                async move { cursor_secret::keep(store.as_ref(), &tenant, random_bits).await },
            )?;
        let budget: Arc<dyn Budget> = Arc::new(SharedBudget::new(
            config.genesys.calls_per_minute,
            u32::from(config.genesys.margin_percent),
            Arc::clone(&ground.clock),
        ));
        let upstream: Arc<dyn Upstream> = match &overrides.upstream {
            Some(other) => Arc::clone(other),
            None => {
                let _context = engine.enter();
                Arc::new(GenesysClient::new(&genesys, Arc::clone(&ground.clock), Arc::clone(&budget))?)
            }
        };
        let bridge = Bridge::new(parts(&config, &ground, &upstream, budget, rules, engine));
        let recovering = Arc::clone(&bridge);
        let recovered = on_engine(engine, async move { recovering.recover().await })?;
        let public_url = config.public_url_or(bound);
        let doors = doors(&config, &ground, &bridge, &upstream, engine);
        if overrides.watch_credentials {
            watch::spawn(engine, upstream, &ground.clock, &doors.credentials, ground.stop.clone());
        }
        watch::upkeep(engine, metrics.clone(), &ground.clock, ground.stop.clone());
        let (import, progress) = (Arc::clone(&doors.import), doors.progress.clone());
        let book = token_book(&ground, engine, &overrides.tokens)?;
        let mount = mount(&ground, &doors, &book, overrides.tokens);
        let state = ServerState {
            settings: settings(&config, &public_url),
            tokens: book,
            reads: Arc::new(DirectoryReads(Arc::clone(&ground.directory))),
            front: doors,
            clock: Arc::clone(&ground.clock),
            request_ids: Arc::new(request_id),
            metrics,
            share: Default::default(),
            cursors: CursorKey::new(secret),
            marks: Default::default(),
        };
        let listening = listen(socket, Arc::new(state), mount)?;
        tracing::info!(address = %listening.addr(), recovered, "serving");
        Ok(Running {
            addr: listening.addr(),
            public_url,
            bridge,
            directory: ground.directory,
            import,
            progress,
            store: Some(ground.store),
            recovered,
            listening: Some(listening),
            stop: ground.stop,
            engine: guard,
        })
    }
}

fn ground(config: &Config, overrides: &Overrides, engine: &Handle) -> Result<Ground, StartError> {
    let tenant = config.tenant.name.clone();
    let store = keep(config, overrides)?;
    let directory = Arc::new(Directory::new(tenant.clone(), Arc::clone(&store)));
    let opening = StoreJournal::new(tenant.clone(), Arc::clone(&store));
    let journal: Arc<dyn Journal> = Arc::new(on_engine(engine, opening)?);
    Ok(Ground {
        tenant,
        clock: overrides.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new())),
        ids: overrides.ids.clone().unwrap_or_else(|| Arc::new(SystemIds)),
        store,
        directory,
        journal,
        stop: CancellationToken::new(),
    })
}

/// Counts what is in a data directory from before resources were counted. Nothing to do in any other.
fn count_once(ground: &Ground, engine: &Handle) -> Result<(), StoreError> {
    let (directory, store) = (Arc::clone(&ground.directory), Arc::clone(&ground.store));
    on_engine(engine, async move {
        let batch = directory.batch_first_counts().await?;
        store.commit(batch).await.map(drop)
    })
}

/// Does work of the store on the engine and waits for it, before anything else runs.
fn on_engine<T: Send + 'static>(
    engine: &Handle,
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let (done, wait) = std::sync::mpsc::channel();
    engine.spawn(async move { done.send(work.await) });
    wait.recv().map_err(|_| StoreError::Failed("the engine ended while it started".to_owned()))?
}

fn keep(config: &Config, overrides: &Overrides) -> Result<Arc<dyn Store>, StartError> {
    if let Some(other) = &overrides.store {
        return Ok(Arc::clone(other));
    }
    let mut options = OpenOptions::new(&config.data_dir);
    options.cache_bytes = config.store.cache_bytes();
    Ok(store::open(&options)?)
}

/// What the Genesys client needs, from the configuration.
///
/// # Errors
/// `genesys.region` is not a region.
pub fn genesys_settings(config: &Config) -> Result<GenesysSettings, SetupError> {
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
    Ok(settings)
}

fn parts(
    config: &Config,
    ground: &Ground,
    upstream: &Arc<dyn Upstream>,
    budget: Arc<dyn Budget>,
    rules: RuleSet,
    engine: &Handle,
) -> BridgeParts {
    BridgeParts {
        clock: Arc::clone(&ground.clock),
        ids: Arc::clone(&ground.ids),
        store: Arc::clone(&ground.store),
        journal: Arc::clone(&ground.journal),
        directory: Arc::clone(&ground.directory),
        upstream: Arc::clone(upstream),
        budget,
        lanes: Arc::new(LocalLanes::default()),
        rules,
        policy: policy(config),
        engine: engine.clone(),
        stop: ground.stop.clone(),
    }
}

/// The tenant's choices in the words of the bridge.
fn policy(config: &Config) -> Policy {
    let tenant = &config.tenant;
    Policy {
        tenant: tenant.name.clone(),
        on_existing: tenant.on_existing,
        restore_deleted: tenant.on_deleted_email == OnDeletedEmail::Restore,
        on_unknown_rule_name: tenant.unknown_rule_name,
        fallback_email_domain: tenant.fallback_email_domain.clone(),
        forward_passwords: tenant.password == PasswordPolicy::Forward,
        create_groups: tenant.groups == GroupPolicy::Create,
        protected: tenant.protected.clone(),
        default_division: tenant.default_division.clone(),
    }
}

fn doors(
    config: &Config,
    ground: &Ground,
    bridge: &Arc<Bridge>,
    upstream: &Arc<dyn Upstream>,
    engine: &Handle,
) -> Arc<Doors> {
    let import = ImportParts {
        directory: Arc::clone(&ground.directory),
        store: Arc::clone(&ground.store),
        upstream: Arc::clone(upstream),
        clock: Arc::clone(&ground.clock),
        ids: Arc::clone(&ground.ids),
    };
    Arc::new(Doors {
        bridge: Arc::clone(bridge),
        import: Arc::new(import),
        progress: ProgressCell::default(),
        engine: engine.clone(),
        store: Arc::clone(&ground.store),
        dialect: config.tenant.dialect,
        import_required: config.tenant.import == ImportPolicy::Required,
        credentials: Arc::new(ArcSwapOption::empty()),
    })
}

/// The tokens of the store and those of this process alone.
async fn known_tokens(
    store: &dyn Store,
    tenant: &TenantId,
    extra: &[(Scope, Secret)],
) -> Result<Vec<TokenRecord>, StoreError> {
    let mut known = tokens::list(store, tenant).await?;
    known.extend(extra.iter().enumerate().map(|(number, (scope, text))| TokenRecord {
        id: CredentialId::new(format!("process-{}", number + 1)),
        client: ClientId::new(format!("process-{}", number + 1)),
        hash: tokens::hash(text.expose()),
        scope: *scope,
        label: "of this process".to_owned(),
        created_ms: 0,
        expires_ms: None,
        revoked: false,
    }));
    Ok(known)
}

fn token_book(
    ground: &Ground,
    engine: &Handle,
    extra: &[(Scope, Secret)],
) -> Result<Arc<TokenBook>, StoreError> {
    let (store, tenant, extra) = (Arc::clone(&ground.store), ground.tenant.clone(), extra.to_vec());
    let known = on_engine(engine, async move { known_tokens(store.as_ref(), &tenant, &extra).await })?;
    Ok(Arc::new(TokenBook::new(known)))
}

fn mount(ground: &Ground, doors: &Arc<Doors>, book: &Arc<TokenBook>, extra: Vec<(Scope, Secret)>) -> Mount {
    let (store, tenant, book) = (Arc::clone(&ground.store), ground.tenant.clone(), Arc::clone(book));
    let extra: Arc<[(Scope, Secret)]> = extra.into();
    let tokens_changed: admin::TokensChanged = Arc::new(move || {
        let (store, tenant) = (Arc::clone(&store), tenant.clone());
        let (book, extra) = (Arc::clone(&book), Arc::clone(&extra));
        Box::pin(async move {
            match known_tokens(store.as_ref(), &tenant, &extra).await {
                Ok(known) => book.replace(known),
                Err(error) => {
                    tracing::error!(%error, "the tokens cannot be read; the ones known before stay in force");
                }
            }
        })
    });
    let state = Data::new(AdminState {
        tenant: ground.tenant.clone(),
        store: Arc::clone(&ground.store),
        journal: Arc::clone(&ground.journal),
        door: Arc::clone(doors) as Arc<dyn admin::AdminDoor>,
        clock: Arc::clone(&ground.clock),
        ids: Arc::clone(&ground.ids),
        random: Arc::new(random_bits),
        tokens_changed,
        tokens_lane: tokio::sync::Mutex::new(()),
    });
    Arc::new(move |cfg: &mut ServiceConfig| admin::configure(cfg, &state))
}

fn settings(config: &Config, public_url: &str) -> Settings {
    Settings {
        tenant: config.tenant.name.to_string(),
        deadline: config.server.deadline,
        workers: config.server.workers,
        dialect: config.tenant.dialect,
        ..Settings::at(public_url)
    }
}
