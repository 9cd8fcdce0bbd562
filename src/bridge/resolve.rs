//! From names to ids before any write: desired entitlements of one user, resolved, and what has to be held.
//!
//! An unknown name from the request is a 400 that names it; from a rule it follows the policy. The catalogue itself is
//! `genesys::catalogue`.

use std::time::Duration;

use super::{Bridge, OnUnknownRuleName, errors};
use crate::limits;
use crate::model::ports::{CallContext, Resolution};
use crate::model::{Desired, DesiredSet, Failure, Kind, Named, Reason, Verdict, Wanted};
use crate::plan::Resolved;
use crate::scim::error::ScimError;

/// Shortest pause between two tries of a read.
const PAUSE: Duration = Duration::from_millis(250);

impl Bridge {
    /// Resolves what is desired. For an inactive user roles and queues are not looked at: it will not get them.
    pub(super) async fn resolve(
        &self,
        desired: &DesiredSet,
        active: bool,
        division: Option<&Named>,
        context: &CallContext,
    ) -> Result<(Vec<Resolved>, Vec<Failure>), ScimError> {
        let access = |desired: &&Desired| matches!(desired.wanted.kind(), Kind::Role | Kind::Queue);
        let items: Vec<&Desired> = desired.items.iter().filter(|item| active || !access(item)).collect();
        if items.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let names: Vec<Wanted> = items.iter().map(|item| item.wanted.clone()).collect();
        let ask = || self.parts.upstream.resolve(&names, division, context);
        let found = self.patient_read("resolving names", ask).await?;
        let (mut resolved, mut held) = (Vec::new(), Vec::new());
        for (item, resolution) in items.into_iter().zip(found) {
            let why = match resolution {
                Resolution::Found(entitlement) => {
                    resolved.push(Resolved { entitlement, reason: item.reason.clone() });
                    continue;
                }
                Resolution::UnknownName { what, similar } if similar.is_empty() => {
                    format!("Genesys Cloud has no {what}")
                }
                Resolution::UnknownName { what, similar } => {
                    format!("Genesys Cloud has no {what}; did you mean {}?", similar.join(" or "))
                }
                Resolution::BadValue(why) => why,
            };
            match (&item.reason, self.parts.policy.on_unknown_rule_name) {
                (Reason::Rule(_), OnUnknownRuleName::Hold) => held.push(hold(item, why)),
                (Reason::Rule(_), OnUnknownRuleName::Skip) => {}
                (Reason::Rule(rule), OnUnknownRuleName::Refuse) => {
                    return Err(ScimError::invalid_value(format!("rule {rule}: {why}")));
                }
                (Reason::Request, _) => return Err(ScimError::invalid_value(why)),
            }
        }
        Ok((resolved, held))
    }

    /// A read before anything is opened, asked again while Genesys is busy or silent: a rate limit that passes within the
    /// request's deadline is none of the client's business. Who waits no longer drops this.
    pub(super) async fn patient_read<T, F: Future<Output = Verdict<T>>>(
        &self,
        during: &str,
        ask: impl Fn() -> F,
    ) -> Result<T, ScimError> {
        let started = self.parts.clock.monotonic_ms();
        let longest = u64::try_from(limits::REQUEST_DEADLINE.as_millis()).unwrap_or(u64::MAX);
        loop {
            let verdict = ask().await;
            let wait = match &verdict {
                Verdict::Later(later) => later.wait.max(PAUSE),
                Verdict::Unknown(_) => PAUSE,
                Verdict::Done(_) | Verdict::Refused(_) => return upstream_read(verdict, during),
            };
            let waited = self.parts.clock.monotonic_ms().saturating_sub(started);
            if waited.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)) >= longest {
                return upstream_read(verdict, during);
            }
            self.parts.clock.sleep(wait).await;
        }
    }
}

fn hold(item: &Desired, why: String) -> Failure {
    Failure {
        what: item.wanted.to_string(),
        reason: Some(item.reason.clone()),
        why,
        code: "unknown.name".into(),
        correlation_id: None,
        state: "held".into(),
    }
}

/// A read that must succeed before anything is opened: anything but `Done` changes nothing and may be tried again.
pub(super) fn upstream_read<T>(verdict: Verdict<T>, during: &str) -> Result<T, ScimError> {
    match verdict {
        Verdict::Done(value) => Ok(value),
        Verdict::Refused(refusal) => Err(errors::refused(&refusal, during)),
        Verdict::Later(later) => {
            let seconds = u32::try_from(later.wait.as_secs().max(1)).unwrap_or(errors::RETRY_AFTER_S);
            Err(ScimError::unavailable(
                seconds,
                format!("Genesys Cloud is busy ({during}); nothing was changed"),
            ))
        }
        Verdict::Unknown(_) => {
            let why = format!("Genesys Cloud did not answer ({during}); nothing was changed");
            Err(ScimError::unavailable(errors::RETRY_AFTER_S, why))
        }
    }
}
