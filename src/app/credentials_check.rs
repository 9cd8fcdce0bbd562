//! Asks Genesys now and then whether our credentials are good, so that readiness can say so before a request
//! fails.
//!
//! What readiness shows of it: [`super::doors`].

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::model::ports::{CallContext, Clock, Priority, Upstream};
use crate::model::{RefusalKind, Verdict};

/// Pause while all is well: one call of the budget every five minutes.
const WELL: Duration = Duration::from_secs(300);
/// Pause while something is wrong.
const UNWELL: Duration = Duration::from_secs(15);

/// Starts asking; ends when the bridge stops.
pub(super) fn spawn(
    engine: &Handle,
    upstream: Arc<dyn Upstream>,
    clock: &Arc<dyn Clock>,
    words: &Arc<ArcSwapOption<String>>,
    stop: CancellationToken,
) {
    let (clock, words) = (Arc::clone(clock), Arc::clone(words));
    engine.spawn(async move {
        let context = CallContext::new(Priority::Background, "check");
        loop {
            let trouble = trouble(&upstream.whoami(&context).await);
            let pause = if trouble.is_none() { WELL } else { UNWELL };
            if let Some(trouble) = &trouble {
                tracing::warn!(trouble, "not ready");
            }
            words.store(trouble.map(Arc::new));
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = clock.sleep(pause) => {}
            }
        }
    });
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
