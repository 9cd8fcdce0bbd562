//! What readiness says of Genesys: what the calls that are made anyway tell, and where none are made an answer
//! asked for now and then, and whenever somebody wants to know and the last answer is some seconds old.
//!
//! What readiness shows of it: [`super::doors`].

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::model::ports::{CallContext, Clock, Priority, Upstream};
use crate::model::{RefusalKind, Verdict};

/// Pause while all is well: what the calls that are made anyway say is shown at once, and where none are made
/// this is one call in a minute.
const WELL: Duration = Duration::from_secs(60);
/// How old the last answer may be when somebody wants to know.
const FRESH: Duration = Duration::from_secs(4);
/// How long an answer is waited for before asking again; a budget that pauses may hold the question.
const ASKING: Duration = Duration::from_secs(30);
/// Pause while something is wrong.
const UNWELL: Duration = Duration::from_secs(3);

/// What is known.
#[derive(Default)]
pub(super) struct Known {
    words: ArcSwapOption<String>,
    wanted: Notify,
}

impl Known {
    /// What an operator should know; `None` while all is well. Has Genesys asked where that is old news, for the
    /// next who wants to know: nobody waits here.
    pub(super) fn words(&self) -> Option<Arc<String>> {
        self.wanted.notify_one();
        self.words.load_full()
    }
}

/// Starts asking; ends when the bridge stops.
pub(super) fn spawn(
    engine: &Handle,
    upstream: Arc<dyn Upstream>,
    clock: &Arc<dyn Clock>,
    known: &Arc<Known>,
    stop: CancellationToken,
) {
    let (clock, known) = (Arc::clone(clock), Arc::clone(known));
    engine.spawn(async move {
        let context = CallContext::new(Priority::Identity, "check");
        let mut standing = upstream.standing();
        loop {
            // Heard of before the question was asked: the answer is newer.
            let before = standing.as_mut().map(|standing| standing.borrow_and_update().clone());
            let asking = clock.deadline(upstream.whoami(&context), ASKING);
            let mut now = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                answer = asking => answer.map_or_else(|_| before.flatten(), |answer| trouble(&answer)),
            };
            // Shows what the calls say until it is time to ask again.
            loop {
                say(&known.words, now.clone());
                let pause = if now.is_none() { WELL } else { UNWELL };
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    heard = changed(&mut standing) => now = heard,
                    () = wanted(&known, &upstream, &clock) => break,
                    () = clock.sleep(pause) => break,
                }
            }
        }
    });
}

/// Until somebody wants to know what was not heard for a while.
async fn wanted(known: &Known, upstream: &Arc<dyn Upstream>, clock: &Arc<dyn Clock>) {
    clock.sleep(FRESH).await;
    let fresh_ms = u64::try_from(FRESH.as_millis()).unwrap_or(u64::MAX);
    loop {
        known.wanted.notified().await;
        let heard = upstream.answered_ms().unwrap_or(0);
        let old = clock.monotonic_ms().saturating_sub(heard);
        if old >= fresh_ms {
            return;
        }
        clock.sleep(Duration::from_millis(fresh_ms - old)).await;
    }
}

fn say(words: &ArcSwapOption<String>, now: Option<String>) {
    if words.load().as_deref() == now.as_ref() {
        return;
    }
    match &now {
        Some(trouble) => tracing::warn!(trouble, "not ready"),
        None => tracing::info!("Genesys Cloud answers again"),
    }
    words.store(now.map(Arc::new));
}

/// What the calls say, once that changes.
async fn changed(standing: &mut Option<watch::Receiver<Option<String>>>) -> Option<String> {
    if let Some(standing) = standing
        && standing.changed().await.is_ok()
    {
        return standing.borrow_and_update().clone();
    }
    std::future::pending().await
}

/// What an operator should know; `None` when all is well.
fn trouble(answer: &Verdict<String>) -> Option<String> {
    match answer {
        Verdict::Done(_) => None,
        Verdict::Refused(refusal) if refusal.kind == RefusalKind::Permission => None,
        Verdict::Refused(refusal) if refusal.kind == RefusalKind::Credentials => Some(
            "Genesys Cloud refuses our credentials: check client_id, the client secret and the region in [genesys]"
                .to_owned(),
        ),
        Verdict::Refused(refusal) => Some(format!("Genesys Cloud refuses us: {} ({})", refusal.detail, refusal.code)),
        Verdict::Later(later) => Some(format!("Genesys Cloud cannot be reached: {}", later.reason)),
        Verdict::Unknown(unknown) => Some(format!("Genesys Cloud does not answer: {}", unknown.reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ports::refused_here;

    #[test]
    fn readiness_turns_red_for_bad_credentials_and_silence_but_not_for_a_missing_permission() {
        let refused = |kind| Verdict::Refused(refused_here(kind, "x", "y"));
        for (answer, red) in [
            (Verdict::Done("Aurora".to_owned()), false),
            (refused(RefusalKind::Permission), false),
            (refused(RefusalKind::Credentials), true),
            (refused(RefusalKind::Other), true),
            (Verdict::Unknown(crate::model::Unknown { reason: "time-out".into() }), true),
        ] {
            assert_eq!(trouble(&answer).is_some(), red, "{answer:?}");
        }
    }
}
