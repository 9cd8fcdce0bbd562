//! A removal under a clock that stands still: Genesys has taken the DELETE, and goes on to show the user.
//!
//! Stand-ins are those of [`super::tests`].

use std::sync::Arc;
use std::time::Duration;

use super::tests::{Fate, opened, runner, world};
use crate::model::{Outcome, SagaOpened};
use crate::plan::plan_removal;

/// Longer than a removal is looked at, and far less than a saga may take.
const SOON: Duration = Duration::from_secs(600);

#[tokio::test(start_paused = true)]
async fn a_removal_that_genesys_goes_on_to_show_is_done_within_minutes_and_costs_few_calls() {
    let upstream = world(|_| Fate::Done, Fate::Done);
    let runner = runner(Arc::clone(&upstream), true);
    let handle = runner.start(SagaOpened { plan: plan_removal().plan, ..opened() }, None, None);
    let progress = tokio::time::timeout(SOON, handle.over()).await.expect("it ends");
    let (outcome, _) = progress.ended.expect("it has ended");
    let done = matches!(&outcome, Outcome::Committed { failures, .. } if failures.is_empty());
    assert!(done, "the DELETE itself was accepted: {outcome:?}");
    let sent = upstream.sent.lock().expect("no test has died").len();
    assert!((2..=60).contains(&sent), "{sent} calls");
}
