//! The engine: takes one call through its stages. Fault, authentication, rate, operation, state file, ledger,
//! check.
//!
//! The organisation is behind one lock, so operations happen one after another; delays and the contract check
//! happen outside it. Calls come through `door`.

pub(crate) mod hand;
mod login;
mod rates;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::fault::{Chaos, FaultKind, Faults};
use crate::ledger::{Call, Ledger, PRIORITY_HEADER};
use crate::quirks::Quirks;
use crate::reply::{Answer, Refusal, Reply};
use crate::request::Request;
use crate::routes;
use crate::seed::SeedFile;
use crate::turn::Turn;
use crate::violations::{Checker, Seen};
use crate::world::World;
use crate::world::audit::Actor;
use crate::world::statefile::StateFile;
use rates::Window;

/// Which listener a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// The API.
    Api,
    /// The login host, where tokens come from.
    Login,
}

/// What becomes of a call.
#[derive(Debug)]
pub(crate) enum Outcome {
    Send(Reply),
    /// Close the connection.
    Drop,
    /// Reset the connection.
    Reset,
}

/// Everything behind the lock.
pub(crate) struct Inner {
    pub(crate) world: World,
    pub(crate) quirks: Quirks,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    /// With the number of calls since it was set.
    pub(crate) chaos: Option<(Chaos, u64)>,
    rates: HashMap<String, Window>,
    state: Option<StateFile>,
}

/// The engine.
pub(crate) struct Engine {
    inner: Mutex<Inner>,
    pub(crate) seed: SeedFile,
    pub(crate) checker: Checker,
    rate_per_minute: u32,
    time: Time,
    /// Base of the API listener, known once it is bound.
    pub(crate) api_base: OnceLock<String>,
}

/// The emulator's time: from the moment of its start on it runs with tokio's clock, so that a test that stops
/// that one stops the organisation too, with its rates, lags and tokens.
struct Time {
    began: Instant,
    began_ms: u64,
}

impl Time {
    fn start() -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time { began: Instant::now(), began_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX) }
    }

    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64 {
        self.began_ms.saturating_add(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

impl Engine {
    pub(crate) fn new(
        seed: SeedFile,
        quirks: Quirks,
        rate_per_minute: u32,
        state_file: Option<&std::path::Path>,
        checker: Checker,
    ) -> std::io::Result<Engine> {
        let time = Time::start();
        let mut world = World::from_seed(&seed, time.now_ms()).map_err(std::io::Error::other)?;
        let mut state = None;
        if let Some(path) = state_file {
            let mut kept = World::bare(&seed).map_err(std::io::Error::other)?;
            let (mut file, found) = StateFile::open(path, &mut kept)?;
            if found {
                kept.reindex();
                world = kept;
            } else {
                file.rewrite(&world)?;
            }
            state = Some(file);
        }
        world.take_changes();
        world.audit.open();
        let inner = Inner {
            world,
            quirks,
            ledger: Ledger::default(),
            faults: Faults::default(),
            chaos: None,
            rates: HashMap::new(),
            state,
        };
        Ok(Engine {
            inner: Mutex::new(inner),
            seed,
            checker,
            rate_per_minute,
            time,
            api_base: OnceLock::new(),
        })
    }

    /// The inside, locked.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a call through its stages.
    pub(crate) async fn handle(self: Arc<Self>, host: Host, request: Request) -> Outcome {
        let template = template(host, &request);
        let fault = self.lock().strike(host, &request, &template);
        if let Some(FaultKind::Delay(time)) = &fault {
            tokio::time::sleep(*time).await;
        }
        let correlation = uuid::Uuid::new_v4().to_string();
        let (reply, effect) = self.perform(host, &request, fault.as_ref(), &correlation);
        let (outcome, late) = after(reply, fault.as_ref(), &correlation);
        let status = match &outcome {
            Outcome::Send(reply) => Some(reply.status),
            Outcome::Drop | Outcome::Reset => None,
        };
        self.lock().ledger.add(Call {
            seq: 0,
            at_ms: self.time.now_ms(),
            method: request.method.clone(),
            path: request.target(),
            template,
            status,
            priority: request.header(PRIORITY_HEADER).map(str::to_owned),
            effect,
            fault: fault.map(|kind| format!("{kind:?}")),
            correlation_id: correlation.clone(),
        });
        let outcome = match outcome {
            Outcome::Send(reply) => {
                let scim = request.path.starts_with("/api/v2/scim/");
                Outcome::Send(reply.with("ININ-Correlation-Id", correlation).typed(scim))
            }
            other => other,
        };
        self.check(&request, &outcome);
        if !late.is_zero() {
            tokio::time::sleep(late).await;
        }
        outcome
    }

    /// Does what the call asks for, unless a fault forbids it, and keeps the effect. Says whether there was
    /// one.
    fn perform(
        &self,
        host: Host,
        request: &Request,
        fault: Option<&FaultKind>,
        correlation: &str,
    ) -> (Reply, bool) {
        if let Some(refusal) = fault.and_then(|kind| instead(kind, request)) {
            return (refusal.render(correlation), false);
        }
        let mut inner = self.lock();
        let now = self.time.now_ms();
        inner.catch_up(now);
        let reply = match host {
            Host::Login => login::token(&mut inner.world, request, now),
            Host::Api => self.operate(&mut inner, request, now, correlation),
        };
        match inner.keep() {
            Ok(effect) => (reply, effect && host == Host::Api),
            Err(error) => {
                tracing::error!(%error, "the state file could not be written");
                let refusal = Refusal::new(500, "internal.server.error", "The state could not be kept.");
                (refusal.render(correlation), false)
            }
        }
    }

    /// Authentication, rate, permission, operation.
    fn operate(&self, inner: &mut Inner, request: &Request, now: u64, correlation: &str) -> Reply {
        let (client, token) = match login::authenticate(&inner.world, request, now) {
            Ok(found) => found,
            Err(refusal) => return refusal.render(correlation),
        };
        let window = inner.rates.entry(client.id.clone()).or_default();
        let verdict = window.count(now, self.rate_per_minute);
        let headers = window.headers(now, self.rate_per_minute);
        let answer = match verdict {
            Err(seconds) => Err(Refusal::too_many(seconds)),
            Ok(()) => {
                inner.world.audit.act_as(Actor::Client(client.id.clone()));
                self.run(inner, request, now, &client, &token)
            }
        };
        let mut reply = answer.unwrap_or_else(|refusal| refusal.render(correlation));
        reply.headers.extend(headers);
        reply
    }

    fn run(
        &self,
        inner: &mut Inner,
        request: &Request,
        now_ms: u64,
        client: &crate::seed::SeedClient,
        token: &str,
    ) -> Answer {
        let found = routes::find(&request.method, &request.path)?;
        routes::permit(found.route, &client.permissions)?;
        let mut turn = Turn {
            request,
            world: &mut inner.world,
            quirks: &inner.quirks,
            client,
            token,
            now_ms,
            rate_per_minute: self.rate_per_minute,
            base: self.api_base.get().map(String::as_str).unwrap_or_default(),
            captures: found.captures,
        };
        (found.route.run)(&mut turn)
    }

    fn check(&self, request: &Request, outcome: &Outcome) {
        let seen = match outcome {
            Outcome::Send(reply) => Seen {
                request,
                status: reply.status,
                headers: reply
                    .headers
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.clone()))
                    .collect(),
                body: reply.bytes(),
            },
            Outcome::Drop | Outcome::Reset => {
                Seen { request, status: 0, headers: Vec::new(), body: Vec::new() }
            }
        };
        self.checker.check(&seen);
    }

    /// Looks at the organisation as it is at this moment: what was due has happened, whether or not anybody
    /// called since.
    pub(crate) fn look<R>(&self, at: impl FnOnce(&World) -> R) -> R {
        let mut inner = self.lock();
        inner.catch_up(self.time.now_ms());
        at(&inner.world)
    }

    /// Lets every delayed effect happen now.
    pub(crate) fn settle(&self) {
        let mut inner = self.lock();
        inner.world.settle(self.time.now_ms());
        if let Err(error) = inner.keep() {
            tracing::error!(%error, "the state file could not be written");
        }
    }

    /// Back to the seed; rules, calls and tokens are forgotten too.
    pub(crate) fn reset(&self) -> std::io::Result<()> {
        let mut inner = self.lock();
        inner.world = World::from_seed(&self.seed, self.time.now_ms()).map_err(std::io::Error::other)?;
        inner.world.take_changes();
        inner.world.audit.open();
        inner.ledger.clear();
        inner.faults.clear();
        inner.chaos = None;
        inner.rates.clear();
        let Inner { state, world, .. } = &mut *inner;
        state.as_mut().map_or(Ok(()), |state| state.rewrite(world))
    }

    /// Ends every token, as an administrator would.
    pub(crate) fn revoke_tokens(&self) {
        let mut inner = self.lock();
        for token in inner.world.tokens.keys().cloned().collect::<Vec<_>>() {
            inner.world.drop_token(&token);
        }
        if let Err(error) = inner.keep() {
            tracing::error!(%error, "the state file could not be written");
        }
    }
}

impl Inner {
    fn strike(&mut self, host: Host, request: &Request, template: &str) -> Option<FaultKind> {
        if let Some(kind) = self.faults.strike(request, template) {
            return Some(kind);
        }
        let (chaos, count) = self.chaos.as_mut().filter(|_| host == Host::Api)?;
        *count = count.saturating_add(1);
        chaos.draw(*count)
    }

    /// Applies what is due and keeps it, apart from the effect of the call that follows.
    fn catch_up(&mut self, now_ms: u64) {
        self.world.catch_up(now_ms, self.quirks.search_lag_ms);
        if let Err(error) = self.keep() {
            tracing::error!(%error, "the state file could not be written");
        }
    }

    /// Writes what changed to the state file and says whether anything did.
    fn keep(&mut self) -> std::io::Result<bool> {
        let changes = self.world.take_changes();
        let touched = std::mem::take(&mut self.world.touched);
        if let Some(state) = &mut self.state {
            state.append(&self.world, &changes)?;
        }
        Ok(touched || !changes.is_empty())
    }
}

/// The template of the operation, or the path itself.
fn template(host: Host, request: &Request) -> String {
    match host {
        Host::Login => request.path.clone(),
        Host::Api => routes::find(&request.method, &request.path)
            .map_or_else(|_| request.path.clone(), |found| found.template),
    }
}

/// The refusal that a fault gives instead of working on the call.
fn instead(kind: &FaultKind, request: &Request) -> Option<Refusal> {
    const SCIM_TYPES: [&str; 10] = [
        "invalidFilter",
        "tooMany",
        "uniqueness",
        "mutability",
        "invalidSyntax",
        "invalidPath",
        "noTarget",
        "invalidValue",
        "invalidVers",
        "sensitive",
    ];
    match kind {
        FaultKind::Refuse { status, code } => {
            let scim = request.path.starts_with("/api/v2/scim/") && SCIM_TYPES.contains(&code.as_str());
            let message = "The request was refused by a rule of the emulator.";
            Some(if request.path == "/oauth/token" {
                Refusal::at_login(*status, code, message)
            } else if scim {
                Refusal::scim(*status, code, message)
            } else {
                Refusal::new(*status, code, message)
            })
        }
        FaultKind::Status(status) => Some(failure(*status)),
        FaultKind::TooManyRequests { retry_after_s } => Some(Refusal::too_many(u64::from(*retry_after_s))),
        // Never answered, so it does not matter what; what matters is that nothing is done.
        FaultKind::DropBeforeApply | FaultKind::Reset => Some(failure(503)),
        _ => None,
    }
}

/// A 5xx in the platform's words.
fn failure(status: u16) -> Refusal {
    let (code, message) = match status {
        503 => ("service.unavailable", "Service Unavailable - The server is currently unavailable."),
        504 => ("request.timeout", "The request timed out."),
        502 => ("bad.gateway", "The upstream service gave no valid answer."),
        _ => ("internal.server.error", "The server encountered an unexpected condition."),
    };
    Refusal::new(status, code, message)
}

/// What a fault makes of an answer, and how long it is held back.
fn after(reply: Reply, fault: Option<&FaultKind>, correlation: &str) -> (Outcome, Duration) {
    match fault {
        Some(FaultKind::ApplyThenDrop | FaultKind::DropBeforeApply) => (Outcome::Drop, Duration::ZERO),
        Some(FaultKind::Reset) => (Outcome::Reset, Duration::ZERO),
        Some(FaultKind::ApplyThenStatus(status)) => {
            (Outcome::Send(failure(*status).render(correlation)), Duration::ZERO)
        }
        Some(FaultKind::ApplyThenDelay(time)) => (Outcome::Send(reply), *time),
        _ => (Outcome::Send(reply), Duration::ZERO),
    }
}
