//! One tenant on the shared ground: its Genesys client, its directory and journal, its bridge, its tokens,
//! and what the server serves of all that.
//!
//! Opens no socket and no store. A second tenant would be a second value of this kind on the same
//! [`super::ground::Ground`].

use std::sync::Arc;

use actix_web::dev::Extensions;
use arc_swap::ArcSwap;

use super::doors::Doors;
use super::ground::Ground;
use super::new_rules::NewRules;
use super::reads::DirectoryReads;
use super::system::random_bits;
use super::{Overrides, StartError, budget_keeper, credentials_check, metrics_upkeep, trimming};
use crate::admin::{AdminDoor, AdminState, ChangeTokens, TokenChange};
use crate::bridge::lanes::LocalLanes;
use crate::bridge::{Bridge, BridgeParts, Policy};
use crate::config::{Config, GroupPolicy, ImportPolicy, OnDeletedEmail, PasswordPolicy};
use crate::directory::Directory;
use crate::entitlements::RuleSet;
use crate::genesys::{GenesysClient, Settings as GenesysSettings, SetupError};
use crate::import::from_genesys::{ImportParts, ProgressCell};
use crate::model::ports::{Budget, Journal, Store, Upstream};
use crate::model::{ClientId, CredentialId, Secret, StoreError, TenantId};
use crate::resync::{Resync, ResyncParts};
use crate::scim::cursor::CursorKey;
use crate::server::request_metrics::RequestMetrics;
use crate::server::tenant::{AttachAdmin, Settings, Tenant};
use crate::server::tokens::TokenBook;
use crate::store::tokens::{self, Scope, TokenRecord};
use crate::store::{StoreJournal, cursor_secret, tenancy};

/// A tenant that was recovered and can be served.
pub(super) struct TenantBridge {
    pub(super) id: TenantId,
    pub(super) bridge: Arc<Bridge>,
    pub(super) directory: Arc<Directory>,
    pub(super) import: Arc<ImportParts>,
    pub(super) progress: ProgressCell,
    /// How many sagas a predecessor had left open.
    pub(super) recovered: usize,
    journal: Arc<dyn Journal>,
    doors: Arc<Doors>,
}

impl TenantBridge {
    /// Builds it on the ground and takes up its open sagas.
    ///
    /// # Errors
    /// The store cannot be read or is another tenant's, or the Genesys client cannot be built.
    pub(super) fn raise(
        ground: &Ground,
        config: &Config,
        rules: RuleSet,
        genesys: &GenesysSettings,
        overrides: &Overrides,
    ) -> Result<Self, StartError> {
        let id = config.tenant.name.clone();
        let (store, asked) = (Arc::clone(&ground.store), id.clone());
        if let Some(other) =
            ground.on_engine(async move { tenancy::other_than(store.as_ref(), &asked).await })?
        {
            return Err(other.into());
        }
        let directory = Arc::new(Directory::new(id.clone(), Arc::clone(&ground.store)));
        let opening = StoreJournal::new(id.clone(), Arc::clone(&ground.store));
        let records = Arc::new(ground.on_engine(opening)?.keeping(config.store.keep.finished));
        let journal: Arc<dyn Journal> = Arc::clone(&records) as Arc<dyn Journal>;
        count_once(ground, &directory)?;
        let budget: Arc<dyn Budget> = budget_keeper::raise(ground, config)?;
        let upstream = upstream(ground, genesys, &budget, overrides)?;
        let bridge = Bridge::new(BridgeParts {
            clock: Arc::clone(&ground.clock),
            ids: Arc::clone(&ground.ids),
            store: Arc::clone(&ground.store),
            journal: Arc::clone(&journal),
            directory: Arc::clone(&directory),
            upstream: Arc::clone(&upstream),
            budget: Arc::clone(&budget),
            lanes: Arc::new(LocalLanes::default()),
            rules,
            policy: policy(config),
            engine: ground.engine.handle.clone(),
            stop: ground.stop.clone(),
        });
        let recovering = Arc::clone(&bridge);
        let recovered = ground.on_engine(async move { recovering.recover().await })?;
        let counting = Arc::clone(&bridge);
        let stats = ground.on_engine(async move { counting.stats().await })?;
        let import = Arc::new(ImportParts {
            directory: Arc::clone(&directory),
            store: Arc::clone(&ground.store),
            upstream: Arc::clone(&upstream),
            clock: Arc::clone(&ground.clock),
            ids: Arc::clone(&ground.ids),
        });
        let resync = resync(ground, config, &directory, &upstream, &bridge)?;
        trimming::begin(ground, config, records);
        let progress = ProgressCell::default();
        let doors = Arc::new(Doors {
            bridge: Arc::clone(&bridge),
            import: Arc::clone(&import),
            progress: progress.clone(),
            resync,
            engine: ground.engine.handle.clone(),
            stats: Arc::new(ArcSwap::from_pointee(stats)),
            budget,
            store: Arc::clone(&ground.store),
            dialect: config.tenant.dialect,
            import_required: config.tenant.import == ImportPolicy::Required,
            credentials: Arc::default(),
            new_rules: NewRules::new(ground.engine.handle.clone(), ground.stop.clone()),
        });
        if overrides.watch_credentials {
            let (engine, stop) = (&ground.engine.handle, ground.stop.clone());
            credentials_check::spawn(engine, upstream, &ground.clock, &doors.credentials, stop);
        }
        Ok(Self { id, bridge, directory, import, progress, recovered, journal, doors })
    }

    /// What the server serves of it.
    ///
    /// # Errors
    /// The tokens cannot be read.
    pub(super) fn served(
        &self,
        ground: &Ground,
        settings: Settings,
        own_tokens: Vec<(Scope, Secret)>,
    ) -> Result<Tenant, StoreError> {
        let (engine, stop) = (&ground.engine.handle, ground.stop.clone());
        metrics_upkeep::count_work(engine, &self.directory, &self.id, &ground.clock, stop.clone());
        metrics_upkeep::count_sagas(engine, &self.bridge, &self.doors.stats, &ground.clock, stop);
        let (store, id) = (Arc::clone(&ground.store), self.id.clone());
        let reading = async move {
            let secret = cursor_secret::keep(store.as_ref(), &id, random_bits).await?;
            Ok((secret, known_tokens(store.as_ref(), &id, &own_tokens).await?))
        };
        let (secret, known) = ground.on_engine(reading)?;
        let tokens = Arc::new(TokenBook::new(known));
        Ok(Tenant {
            id: self.id.clone(),
            settings,
            reads: Arc::new(DirectoryReads(Arc::clone(&self.directory))),
            front: Arc::clone(&self.doors) as Arc<dyn crate::server::FrontDoor>,
            clock: Arc::clone(&ground.clock),
            cursors: CursorKey::new(secret),
            page_index: Default::default(),
            metrics: RequestMetrics::new(self.id.as_str()),
            admin: self.administration(ground, &tokens),
            tokens,
        })
    }

    fn administration(&self, ground: &Ground, book: &Arc<TokenBook>) -> AttachAdmin {
        let (store, engine, book) =
            (Arc::clone(&ground.store), ground.engine.handle.clone(), Arc::clone(book));
        let change_tokens: ChangeTokens = Arc::new(move |lane, batch, change| {
            let (store, book) = (Arc::clone(&store), Arc::clone(&book));
            let work = engine.spawn(async move {
                store.commit(batch).await?;
                match change {
                    TokenChange::Made(token) => book.add(&token),
                    TokenChange::Revoked(id) => book.revoke(&id),
                }
                drop(lane);
                Ok(())
            });
            Box::pin(async move { work.await.unwrap_or_else(|_| Err(ended())) })
        });
        let state = Arc::new(AdminState {
            tenant: self.id.clone(),
            store: Arc::clone(&ground.store),
            directory: Arc::clone(&self.directory),
            runs: self.doors.resync.runs(),
            journal: Arc::clone(&self.journal),
            door: Arc::clone(&self.doors) as Arc<dyn AdminDoor>,
            clock: Arc::clone(&ground.clock),
            ids: Arc::clone(&ground.ids),
            random: Arc::new(random_bits),
            change_tokens,
            tokens_lane: Arc::default(),
        });
        Arc::new(move |request: &mut Extensions| drop(request.insert(Arc::clone(&state))))
    }
}

fn upstream(
    ground: &Ground,
    genesys: &GenesysSettings,
    budget: &Arc<dyn Budget>,
    overrides: &Overrides,
) -> Result<Arc<dyn Upstream>, SetupError> {
    if let Some(other) = &overrides.upstream {
        return Ok(Arc::clone(other));
    }
    let _context = ground.engine.handle.enter();
    let client = GenesysClient::new(genesys, Arc::clone(&ground.clock), Arc::clone(budget))?;
    Ok(Arc::new(client))
}

/// The tenant's resync; a run that was interrupted goes on.
fn resync(
    ground: &Ground,
    config: &Config,
    directory: &Arc<Directory>,
    upstream: &Arc<dyn Upstream>,
    bridge: &Arc<Bridge>,
) -> Result<Arc<Resync>, StoreError> {
    let resync = Resync::new(ResyncParts {
        tenant: config.tenant.name.clone(),
        directory: Arc::clone(directory),
        store: Arc::clone(&ground.store),
        upstream: Arc::clone(upstream),
        bridge: Arc::clone(bridge),
        per_minute: config.genesys.calls_per_minute,
        clock: Arc::clone(&ground.clock),
        ids: Arc::clone(&ground.ids),
        engine: ground.engine.handle.clone(),
        stop: ground.stop.clone(),
    });
    let going_on = Arc::clone(&resync);
    ground.on_engine(async move { going_on.recover().await })?;
    Ok(resync)
}

/// Counts what is in a data directory from before resources were counted. Nothing to do in any other.
fn count_once(ground: &Ground, directory: &Arc<Directory>) -> Result<(), StoreError> {
    let (directory, store) = (Arc::clone(directory), Arc::clone(&ground.store));
    ground.on_engine(async move {
        let batch = directory.batch_first_counts().await?;
        store.commit(batch).await.map(drop)
    })
}

/// The tenant's choices as the bridge takes them.
fn policy(config: &Config) -> Policy {
    let tenant = &config.tenant;
    Policy {
        tenant: tenant.name.clone(),
        on_existing: tenant.on_existing,
        restore_deleted: tenant.on_deleted_email == OnDeletedEmail::Restore,
        on_unknown_rule_name: tenant.unknown_rule_name,
        on_unknown_request_name: tenant.unknown_request_name,
        fallback_email_domain: tenant.fallback_email_domain.clone(),
        forward_passwords: tenant.password == PasswordPolicy::Forward,
        create_groups: tenant.groups == GroupPolicy::Create,
        protected: tenant.protected.clone(),
        default_division: tenant.default_division.clone(),
        give_up_after: config.sagas.give_up_after,
        arrives_within: config.genesys.timeout,
        parallel: config.work.parallel,
    }
}

fn ended() -> StoreError {
    StoreError::Failed("the engine ended".to_owned())
}

/// The tokens of the store and those of this process alone.
async fn known_tokens(
    store: &dyn Store,
    tenant: &TenantId,
    own: &[(Scope, Secret)],
) -> Result<Vec<TokenRecord>, StoreError> {
    let mut known = tokens::list(store, tenant).await?;
    known.extend(own.iter().enumerate().map(|(number, (scope, text))| TokenRecord {
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
