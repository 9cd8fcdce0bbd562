//! Undoing under fire: after a refusal, every call of the way back loses its answer once, or is refused and
//! redriven.
//!
//! The calls of the way back come from a run in which only the forward call was refused. Which calls are in
//! flight at that moment differs from run to run, so a case whose call does not come up is counted apart, not
//! passed.

use std::sync::Arc;

use futures_util::stream::{StreamExt, iter};
use genesys_cloud_emulator::{Fault, FaultKind, PathMatch, Quirks};

use crate::bare::BareBridge;
use crate::scenarios::prepare;
use crate::{Spot, clean, difference, normalised, spots_of};

/// Scenarios that can be undone, each refused at its last step, where most has to be undone.
const UNDOABLE: [&str; 8] =
    ["create", "restore", "link", "update", "take back", "reactivate", "group create", "group update"];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Undo {
    AnswerLost,
    Refused,
}

/// Refuses the forward call and, if named, hits one call of the way back.
async fn run(name: &str, refused: &Spot, undo: Option<(&Spot, Undo)>) -> Result<(Vec<Spot>, bool), String> {
    let house = BareBridge::new(Quirks::default()).await;
    let change = prepare(&house, name).await;
    let before = house.organisation().await;
    house.cloud.clear_ledger();
    let fault = |spot: &Spot, kind| {
        Fault::on(&spot.method, PathMatch::Template(spot.template.clone()), kind).skip(spot.nth).once()
    };
    let no = |code: &str| FaultKind::Refuse { status: 400, code: code.into() };
    house.cloud.fault(fault(refused, no("invalid.value")));
    if let Some((spot, way)) = undo {
        let kind = if way == Undo::Refused { no("undo.refused") } else { FaultKind::ApplyThenDrop };
        house.cloud.fault(fault(spot, kind));
    }
    let result = house.submit(change).await;
    let at = || format!("{name} / {refused:?} / {undo:?}");
    house.bridge.quiet(std::time::Duration::from_secs(30)).await;
    let hits = house.cloud.ledger().iter().filter(|call| call.fault.is_some()).count();
    let spots = spots_of(&house);
    if result.is_ok() {
        return Err(format!("{}: acknowledged", at()));
    }
    let stuck = house.bridge.open_sagas().await.unwrap();
    let expected = usize::from(hits > 1 && undo.is_some_and(|(_, way)| way == Undo::Refused));
    if stuck.len() > expected {
        return Err(format!("{}: {} sagas are stuck or open", at(), stuck.len()));
    }
    for saga in stuck {
        house.redrive(&saga.opened).await.map_err(|error| format!("{}: {error}", at()))?;
        house.bridge.quiet(std::time::Duration::from_secs(30)).await;
    }
    if !house.bridge.open_sagas().await.unwrap().is_empty() {
        return Err(format!("{}: still stuck after the redrive", at()));
    }
    let after = house.organisation().await;
    if normalised(&before) != normalised(&after) {
        return Err(format!("{}: not everything was undone\n{}", at(), difference(&before, &after)));
    }
    Ok((spots, hits > 1))
}

async fn table(way: Undo) {
    let mut failures = Vec::new();
    let (mut met, mut missed) = (0_usize, 0_usize);
    for name in UNDOABLE {
        let clean = clean(name, &Quirks::default()).await;
        let refused = Arc::new(clean.spots.last().unwrap().clone());
        let (all, _) = run(name, &refused, None).await.unwrap();
        // What comes after the refused call, or at a count that a clean run never reaches, is the way back.
        let at = all.iter().position(|spot| *spot == *refused).unwrap();
        let back: Vec<Spot> = all.into_iter().skip(at + 1).collect();
        let runs = back.into_iter().map(|spot| {
            let refused = Arc::clone(&refused);
            async move { run(name, &refused, Some((&spot, way))).await }
        });
        let results: Vec<_> = iter(runs).buffer_unordered(16).collect().await;
        for result in results {
            match result {
                Ok((_, true)) => met += 1,
                Ok((_, false)) => missed += 1,
                Err(failure) => failures.push(failure),
            }
        }
    }
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
    assert!(met > missed && met > 10, "{met} undo calls were hit, {missed} did not come up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_undo_whose_answer_is_lost_is_repeated_without_harm() {
    table(Undo::AnswerLost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_undo_that_is_refused_leaves_a_stuck_saga_that_a_redrive_ends() {
    table(Undo::Refused).await;
}
