//! The Genesys client: the `Upstream` port over HTTP.
//!
//! Here is only the wiring; one call with its token, permit and retries is in `super::calls`, writes are in
//! `writes`, `memberships` and `removing`, looks in `finding` and `observing`, names in `resolving`. What to do after a
//! refusal is the saga's business.

mod finding;
mod listing;
mod memberships;
mod observing;
mod removing;
mod resolving;
mod writes;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use super::api::rights::{self, Rights};
use super::calls::Calls;
use super::catalogue::Catalogue;
use super::not_done::{self, unreadable};
use super::settings::{Settings, SetupError};
use super::transport::Transport;
use super::wire::Wire;
use crate::model::ports::{Budget, CallContext, Clock, Page, Resolution, Upstream, Write};
use crate::model::{
    Aspects, Created, FoundUser, Held, Holder, Listed, Mark, Named, Observed, ObservedGroup, Refusal, UserId,
    UserState, Verdict, Wanted,
};

/// Genesys Cloud behind one OAuth client.
pub struct GenesysClient {
    calls: Arc<Calls>,
    catalogue: Catalogue,
}

impl GenesysClient {
    /// A client; nothing is sent yet. Use it on one runtime only: connections live on the runtime that opened
    /// them.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up (no TLS, for example).
    pub fn new(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        budget: Arc<dyn Budget>,
    ) -> Result<Self, SetupError> {
        Ok(Self::over(Arc::new(Transport::new(settings)?), settings, clock, budget))
    }

    /// A client over another wire than HTTP.
    pub fn over(
        wire: Arc<dyn Wire>,
        settings: &Settings,
        clock: Arc<dyn Clock>,
        budget: Arc<dyn Budget>,
    ) -> Self {
        Self { calls: Arc::new(Calls::new(wire, settings, clock, budget)), catalogue: Catalogue::default() }
    }

    /// What our OAuth client may do, and where.
    pub async fn rights(&self, context: &CallContext) -> Verdict<Vec<Rights>> {
        let call = rights::me();
        let answer = self.calls.json(&call, context).await;
        not_done::verdict(answer.and_then(|answer| rights::read(&answer).ok_or_else(|| unreadable(&call))))
    }
}

#[async_trait]
impl Upstream for GenesysClient {
    fn refuses_us(&self) -> Option<Refusal> {
        self.calls.standing.refused()
    }

    fn standing(&self) -> Option<watch::Receiver<Option<String>>> {
        Some(self.calls.standing.words())
    }

    fn answered_ms(&self) -> Option<u64> {
        self.calls.standing.answered_ms()
    }

    async fn write(&self, write: &Write, context: &CallContext) -> Verdict<Option<Created>> {
        let made = self.carry_out(write, context).await;
        if let Err(stop) = &made {
            self.doubt_names(write, stop).await;
        }
        not_done::verdict(made)
    }

    async fn find_by_mark(&self, mark: &Mark, context: &CallContext) -> Verdict<Option<UserId>> {
        not_done::verdict(self.user_by_mark(mark, context).await)
    }

    async fn find_by_email(&self, email: &str, context: &CallContext) -> Verdict<Vec<FoundUser>> {
        not_done::verdict(self.users_by_email(email, context).await)
    }

    async fn observe(
        &self,
        user: &UserId,
        aspects: &Aspects,
        context: &CallContext,
    ) -> Verdict<Option<Observed>> {
        not_done::verdict(self.observe_user(user, aspects, context).await)
    }

    async fn resolve(
        &self,
        wanted: &[Wanted],
        division: Option<&Named>,
        context: &CallContext,
    ) -> Verdict<Vec<Resolution>> {
        not_done::verdict(self.resolve_all(wanted, division, context).await)
    }

    async fn division(&self, name: &str, context: &CallContext) -> Verdict<Option<Named>> {
        not_done::verdict(self.division_by_name(name, context).await)
    }

    async fn find_group(&self, name: &str, context: &CallContext) -> Verdict<Option<ObservedGroup>> {
        not_done::verdict(self.group_by_name(name, context).await)
    }

    async fn observe_group(
        &self,
        id: &str,
        members: bool,
        context: &CallContext,
    ) -> Verdict<Option<ObservedGroup>> {
        not_done::verdict(self.group_by_id(id, members, context).await)
    }

    async fn list_users(&self, page: Option<u32>, context: &CallContext) -> Verdict<Page<Observed>> {
        not_done::verdict(self.page_of_users(page, context).await)
    }

    async fn list_groups(&self, page: Option<u32>, context: &CallContext) -> Verdict<Page<ObservedGroup>> {
        not_done::verdict(self.page_of_groups(page, context).await)
    }

    async fn list_in_state(
        &self,
        state: UserState,
        at: Option<&str>,
        context: &CallContext,
    ) -> Verdict<Listed<Observed>> {
        not_done::verdict(self.page_in_state(state, at, context).await)
    }

    async fn list_holders(
        &self,
        of: &Held,
        at: Option<&str>,
        context: &CallContext,
    ) -> Verdict<Listed<Holder>> {
        not_done::verdict(self.page_of_holders(of, at, context).await)
    }

    async fn whoami(&self, context: &CallContext) -> Verdict<String> {
        not_done::verdict(self.organisation(context).await)
    }
}
