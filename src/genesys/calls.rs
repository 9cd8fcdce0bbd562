//! One logical call: token, budget, sending, judgement; a new token after 401, another try after a version
//! conflict.
//!
//! Everything else that a call may come to is handed up. Metrics and traces are written here, without bodies,
//! query values or personal values.

mod paging;

pub(super) use self::paging::{Walk, cursor_in};

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::answer::HttpAnswer;
use super::not_done::{NotDone, unreadable};
use super::oauth::{Token, Tokens};
use super::request::HttpCall;
use super::settings::Settings;
use super::standing::Standing;
use super::verdict::{Judgement, judge, may_pass};
use super::wire::Wire;
use crate::model::ports::{Budget, CallContext, Clock, Limited, Permit, RouteFamily, Shift};
use crate::model::{Backoff, RefusalKind, TenantId, metric};

/// Nobody calls for so long after our credentials were not accepted: it would be refused as well. A secret
/// that was put right is believed again within it.
const CREDENTIALS_PAUSE: Duration = Duration::from_secs(3);
/// Tries of a call whose record keeps changing under it.
const CONFLICT_TRIES: u32 = 5;

/// The conflicts that one write has met so far.
pub(super) struct Conflicts {
    met: u32,
    pauses: Backoff,
}

impl Default for Conflicts {
    fn default() -> Self {
        Self { met: 0, pauses: Backoff::new(Duration::from_millis(100), Duration::from_millis(1_500)) }
    }
}

/// Everything that a call needs.
pub(super) struct Calls {
    tenant: TenantId,
    budget_left: metrics::Gauge,
    wire: Arc<dyn Wire>,
    tokens: Tokens,
    budget: Arc<dyn Budget>,
    clock: Arc<dyn Clock>,
    pub(super) standing: Standing,
    catalogue_ttl_ms: u64,
}

impl Calls {
    pub(super) fn new(
        wire: Arc<dyn Wire>,
        settings: &Settings,
        clock: Arc<dyn Clock>,
        budget: Arc<dyn Budget>,
    ) -> Self {
        Self {
            tenant: settings.tenant.clone(),
            budget_left: metric::GENESYS_BUDGET_LEFT.of(settings.tenant.as_str(), []),
            tokens: Tokens::new(settings, Arc::clone(&wire), Arc::clone(&clock)),
            wire,
            budget,
            standing: Standing::new(Arc::clone(&clock)),
            clock,
            catalogue_ttl_ms: u64::try_from(settings.catalogue_ttl.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Monotonic milliseconds.
    pub(super) fn now(&self) -> u64 {
        self.clock.monotonic_ms()
    }

    /// How long listings are believed.
    pub(super) fn catalogue_ttl_ms(&self) -> u64 {
        self.catalogue_ttl_ms
    }

    /// Waits for a permit for one call. While it waits, its priority follows the urgency of the work that it
    /// belongs to; work that settles gives its place up, and then nothing was sent.
    async fn permit(&self, family: RouteFamily, context: &CallContext) -> Result<Permit, NotDone> {
        let mut shifts = context.shifts();
        let mut place = self.budget.reserve(context.asks(family));
        loop {
            tokio::select! {
                // Whoever is given up must not send, also if the permit is there at the same moment: it is
                // refunded.
                biased;
                shift = shifts.next() => match shift {
                    Shift::Priority(priority) => place.promote(priority),
                    Shift::GiveUp => return Err(NotDone::later(0, "given up before it was sent")),
                },
                permit = place.granted() => return Ok(permit),
            }
        }
    }

    /// The token. While our credentials are refused, nobody calls.
    async fn token(&self) -> Result<Token, NotDone> {
        let token = self.tokens.get().await;
        if let Err(stop) = &token {
            self.standing.no_token(stop);
            if let NotDone::Refused(_) = stop {
                self.budget.pause(Limited::House, CREDENTIALS_PAUSE);
            }
        }
        token
    }

    /// Sends once, or twice if the token was refused.
    pub(super) async fn once(&self, call: &HttpCall, context: &CallContext) -> Result<Judgement, NotDone> {
        let mut renewed = false;
        loop {
            // Without any token there is nothing to wait for. One that has ended is renewed after the wait.
            if !self.tokens.is_there().await {
                self.token().await?;
            }
            let permit = self.permit(call.family(), context).await?;
            let token = self.token().await?;
            self.budget_left.set(f64::from(self.budget.left()));
            let started = self.clock.monotonic_ms();
            permit.spend();
            let sent = self.wire.send(call, &token.text, context.priority()).await;
            self.standing.heard(&sent);
            let judgement = judge(call, sent);
            self.record(call, context, &judgement, started);
            match judgement {
                Judgement::Token(_) if !renewed => {
                    self.tokens.reject(token.generation).await;
                    renewed = true;
                }
                Judgement::Token(refusal) => {
                    self.standing.not_accepted(&refusal);
                    self.budget.pause(Limited::House, CREDENTIALS_PAUSE);
                    return Err(NotDone::Refused(refusal));
                }
                Judgement::Limited(limited, mut later) => {
                    self.budget.pause(limited, later.wait);
                    later.wait += Duration::from_millis(self.clock.jitter(1_000));
                    return Err(NotDone::Later(later));
                }
                Judgement::Refused(refusal) => return Err(NotDone::Refused(refusal)),
                Judgement::Later(later) => return Err(NotDone::Later(later)),
                Judgement::Unknown(unknown) => return Err(NotDone::Unknown(unknown)),
                settled => return Ok(settled),
            }
        }
    }

    fn record(&self, call: &HttpCall, context: &CallContext, judgement: &Judgement, started: u64) {
        let took_ms = self.clock.monotonic_ms().saturating_sub(started);
        let verdict = judgement.label();
        let tenant = self.tenant.as_str();
        metric::GENESYS_CALLS.of(tenant, [call.operation, verdict]).increment(1);
        let seconds = Duration::from_millis(took_ms).as_secs_f64();
        metric::GENESYS_CALL_DURATION.of(tenant, [call.operation]).record(seconds);
        let (correlation, reason) = match judgement {
            Judgement::Done(answer) => (answer.correlation_id.as_deref(), ""),
            Judgement::Refused(refusal) | Judgement::Conflict(refusal) | Judgement::Token(refusal) => {
                (refusal.correlation_id.as_deref(), refusal.detail.as_str())
            }
            Judgement::Later(later) | Judgement::Limited(_, later) => (None, later.reason.as_str()),
            Judgement::Unknown(unknown) => (None, unknown.reason.as_str()),
            Judgement::Absent => (None, ""),
        };
        let operation = call.operation;
        let label = context.label.as_str();
        if reason.is_empty() {
            tracing::debug!(operation, verdict, took_ms, correlation, label, "genesys call");
        } else {
            tracing::info!(operation, verdict, took_ms, correlation, label, reason, "genesys call");
        }
    }

    /// Waits.
    pub(super) async fn pause(&self, pause: Duration) {
        self.clock.sleep(pause).await;
    }

    /// What a call came to; if its record changed meanwhile, waits and lets the caller try again.
    /// `Break(None)` is the removal of what was not there.
    pub(super) async fn retry_conflict(
        &self,
        operation: &str,
        judgement: Judgement,
        conflicts: &mut Conflicts,
    ) -> Result<ControlFlow<Option<HttpAnswer>>, NotDone> {
        let conflict = match judgement {
            Judgement::Done(answer) => return Ok(ControlFlow::Break(Some(answer))),
            Judgement::Conflict(refusal) => refusal,
            _ => return Ok(ControlFlow::Break(None)),
        };
        conflicts.met += 1;
        if conflicts.met >= CONFLICT_TRIES {
            if !may_pass(&conflict) {
                return Err(NotDone::Refused(conflict));
            }
            let reason = format!("{operation}: the record kept changing while it was being written");
            return Err(NotDone::later(2_000, reason));
        }
        let pause = Backoff::jittered(conflicts.pauses.pause(), |bound| self.clock.jitter(bound));
        self.clock.sleep(pause).await;
        Ok(ControlFlow::Continue(()))
    }

    /// Sends until there is no conflict.
    pub(super) async fn call(
        &self,
        call: &HttpCall,
        context: &CallContext,
    ) -> Result<Option<HttpAnswer>, NotDone> {
        let mut conflicts = Conflicts::default();
        loop {
            let judgement = self.once(call, context).await?;
            if let ControlFlow::Break(answer) =
                self.retry_conflict(call.operation, judgement, &mut conflicts).await?
            {
                return Ok(answer);
            }
        }
    }

    /// Sends and reads JSON.
    pub(super) async fn json(&self, call: &HttpCall, context: &CallContext) -> Result<Value, NotDone> {
        let answer = self.call(call, context).await?;
        answer.and_then(|answer| answer.json()).ok_or_else(|| unreadable(call))
    }

    /// As [`Self::json`], where 404 is an answer.
    pub(super) async fn look(
        &self,
        call: &HttpCall,
        context: &CallContext,
    ) -> Result<Option<Value>, NotDone> {
        match self.json(call, context).await {
            Ok(value) => Ok(Some(value)),
            Err(stop) if stop.is(RefusalKind::NotFound) => Ok(None),
            Err(stop) => Err(stop),
        }
    }
}
