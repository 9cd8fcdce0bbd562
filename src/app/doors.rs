//! The bridge behind the doors of server and administration, and what readiness looks at.

use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use super::credentials_check::Known;
use super::new_rules::NewRules;
use crate::admin::AdminDoor;
use crate::bridge::{
    Bridge, Consequence, Intervention, InterventionError, PreviewOf, Reply, Stats, Submission,
};
use crate::import::from_genesys::{ImportError, ImportParts, ProgressCell, import};
use crate::model::ports::{Budget, Store};
use crate::model::{Cause, SagaId, StoreTrouble, UserId};
use crate::resync::{Asked, Resync, Run, StartFault};
use crate::scim::dialect::Dialect;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::resource;
use crate::scim::store_fault::store_fault;
use crate::server::FrontDoor;

/// Seconds after which a client may try again when Genesys cannot be reached.
const RETRY_S: u32 = 60;

/// Both doors.
pub(super) struct Doors {
    pub(super) bridge: Arc<Bridge>,
    pub(super) import: Arc<ImportParts>,
    pub(super) progress: ProgressCell,
    pub(super) engine: tokio::runtime::Handle,
    pub(super) resync: Arc<Resync>,
    /// Open sagas as they were counted last.
    pub(super) stats: Arc<ArcSwap<Stats>>,
    pub(super) budget: Arc<dyn Budget>,
    pub(super) store: Arc<dyn Store>,
    /// How tolerant the SCIM side is.
    pub(super) dialect: Dialect,
    /// Whether readiness waits for the first import.
    pub(super) import_required: bool,
    /// What Genesys said of our credentials when it was last asked.
    pub(super) credentials: Arc<Known>,
    /// Tries rules out.
    pub(super) new_rules: NewRules,
}

#[async_trait]
impl FrontDoor for Doors {
    async fn submit(&self, asked: Submission) -> Result<Reply, ScimError> {
        Ok(self.bridge.submit(asked).await?)
    }

    async fn answered(&self, cause: &Cause, created: &[(ResourceKind, String)]) {
        self.bridge.answered(cause, created).await;
    }

    async fn stats(&self) -> Stats {
        Stats { budget_left: self.budget.left(), ..**self.stats.load() }
    }

    fn to_be_restarted(&self) -> Option<String> {
        match self.store.trouble() {
            Some(StoreTrouble::Final(why)) => Some(format!("the store takes no more writes: {why}")),
            Some(StoreTrouble::Passing(_)) | None => None,
        }
    }

    async fn unready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if let Some(trouble) = self.store.trouble() {
            reasons.push(format!("the store takes no more writes: {trouble}"));
        }
        if self.import_required {
            match self.import.directory.import_state().await {
                Ok(Some(_)) => {}
                Ok(None) => reasons.push(
                    "no import has been done yet: run `scim-bridge import`, or set import = \"off\" in [tenant]"
                        .to_owned(),
                ),
                Err(error) => reasons.push(error.to_string()),
            }
        }
        reasons.extend(self.credentials.words().as_deref().cloned());
        reasons
    }
}

#[async_trait]
impl AdminDoor for Doors {
    async fn foresee(&self, saga: SagaId, asked: Intervention) -> Result<Consequence, ScimError> {
        self.bridge.foresee(saga, asked).await.map_err(not_done)
    }

    async fn intervene(
        &self,
        saga: SagaId,
        asked: Intervention,
        cause: Cause,
    ) -> Result<Consequence, ScimError> {
        let bridge = Arc::clone(&self.bridge);
        let done = self.engine.spawn(async move { bridge.intervene(saga, asked, &cause).await });
        done.await.map_err(|_| died())?.map_err(not_done)
    }

    fn tries(&self, saga: SagaId) -> Option<Value> {
        self.bridge.tries(saga).map(|tries| json!(tries))
    }

    async fn retry_work(&self, user: UserId, cause: Cause) -> Result<bool, ScimError> {
        let bridge = Arc::clone(&self.bridge);
        let done = self.engine.spawn(async move { bridge.retry_work(&user, &cause).await });
        done.await.map_err(|_| died())?.map_err(|error| store_fault(&error))
    }

    async fn drop_work(&self, user: UserId, cause: Cause) -> Result<bool, ScimError> {
        let bridge = Arc::clone(&self.bridge);
        let done = self.engine.spawn(async move { bridge.drop_work(&user, &cause).await });
        done.await.map_err(|_| died())?.map_err(|error| store_fault(&error))
    }

    async fn plan(&self, body: Value) -> Result<Value, ScimError> {
        let of = match (body.get("id").and_then(Value::as_str), body.get("user")) {
            (Some(id), None) => PreviewOf::Id(id.to_owned()),
            (None, Some(user)) => {
                let incoming = resource::create(ResourceKind::User, user.clone(), self.dialect)?;
                PreviewOf::Document(Box::new(incoming))
            }
            _ => {
                return Err(ScimError::invalid_value(
                    "The body must be {\"id\": the id of a user} or {\"user\": a SCIM user}.",
                ));
            }
        };
        let bridge = Arc::clone(&self.bridge);
        let planned = self.engine.spawn(async move { bridge.preview(of).await });
        let preview = planned.await.map_err(|_| died())??;
        Ok(json!({
            "id": preview.id,
            "plan": preview.plan,
            "granted": preview.granted,
            "held": preview.held,
            "text": preview.text,
        }))
    }

    async fn under_rules(&self, body: Value) -> Result<Receiver<Bytes>, ScimError> {
        self.new_rules.begin(&body, async |rules| self.bridge.under_rules(rules).await).await
    }

    async fn import(&self) -> Result<Value, ScimError> {
        let (parts, progress) = (Arc::clone(&self.import), self.progress.clone());
        let imported = self.engine.spawn(async move { import(&parts, &progress).await });
        match imported.await {
            Ok(Ok(progress)) => Ok(json!(progress)),
            Ok(Err(ImportError::Store(error))) => Err(store_fault(&error)),
            Ok(Err(error @ ImportError::Running)) => Err(ScimError::conflict(error.to_string())),
            Ok(Err(error)) => Err(ScimError::unavailable(RETRY_S, error.to_string())),
            Err(_) => Err(died()),
        }
    }

    async fn begin_resync(&self, asked: Asked, cause: Cause) -> Result<Run, ScimError> {
        let resync = Arc::clone(&self.resync);
        let begun = self.engine.spawn(async move { resync.begin(asked, &cause).await });
        begun.await.map_err(|_| died())?.map_err(|fault| match fault {
            StartFault::Running(_) => ScimError::conflict(fault.to_string()),
            StartFault::NoUser(_) => ScimError::not_found(fault.to_string()),
            StartFault::Genesys(_) => ScimError::unavailable(RETRY_S, fault.to_string()),
            StartFault::Store(error) => store_fault(&error),
        })
    }

    fn cancel_resync(&self, id: &str) -> bool {
        self.resync.cancel(id)
    }

    fn import_progress(&self) -> Value {
        json!(self.progress.get())
    }
}

fn not_done(error: InterventionError) -> ScimError {
    match error {
        InterventionError::NotFound => ScimError::not_found(error.to_string()),
        InterventionError::NotNow(_) => ScimError::conflict(error.to_string()),
        InterventionError::Store(error) => store_fault(&error),
    }
}

fn died() -> ScimError {
    ScimError::internal("The work ended unexpectedly; the log says more.")
}
