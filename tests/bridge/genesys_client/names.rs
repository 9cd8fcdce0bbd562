//! Names of a large organisation in virtual time: found at once, read page by page beside the requests, and
//! looked up again when Genesys does not know their ids any more.

use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind, Options, SeedFile};
use genesys_scim_bridge::testing::model::ports::{CallContext, Priority, Resolution, Upstream, Write};
use genesys_scim_bridge::testing::model::{Kind, Target, Verdict, Wanted};
use tokio::task::JoinSet;

use super::in_process::Lab;
use super::rig::{context, done};

const QUEUES: usize = 20_000;
const MINUTE: Duration = Duration::from_secs(60);

/// An organisation with so many queues, `Line 00000` and so on.
fn large(queues: usize) -> Lab {
    let mut seed = SeedFile::built_in().unwrap();
    let one = seed.queues[0].clone();
    seed.queues.extend((0..queues).map(|number| {
        let mut queue = one.clone();
        queue.name = format!("Line {number:05}");
        queue
    }));
    Lab::with(Options { seed, ..Options::default() })
}

async fn resolve(lab: &Lab, name: &str) -> Resolution {
    let wanted = [Wanted::Member { kind: Kind::Queue, name: name.to_owned() }];
    done(lab.client.resolve(&wanted, None, &context()).await).remove(0)
}

fn id_of(resolution: &Resolution) -> String {
    match resolution {
        Resolution::Found(entitlement) => match &entitlement.target {
            Target::Member { of, .. } => of.id.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn looked(lab: &Lab) -> usize {
    lab.calls("GET", "/api/v2/routing/queues").len()
}

#[tokio::test(start_paused = true)]
async fn twenty_thousand_queues_are_read_beside_requests_that_never_wait_for_them() {
    let lab = large(QUEUES);
    // Requests use the whole budget all the time.
    let mut load = JoinSet::new();
    for _ in 0..10 {
        let lab = lab.clone();
        load.spawn(async move {
            loop {
                done(lab.client.whoami(&CallContext::new(Priority::Waiting, "load")).await);
            }
        });
    }
    tokio::time::sleep(MINUTE).await;
    for name in ["Line 19999", "Line 00000", "Line 10000"] {
        let started = lab.elapsed();
        id_of(&resolve(&lab, name).await);
        let took = lab.elapsed() - started;
        assert!(took < Duration::from_secs(10), "{name}: {took:?}");
    }
    // 200 pages with a tenth of 270 calls a minute.
    tokio::time::sleep(9 * MINUTE).await;
    let before = looked(&lab);
    for number in (0..QUEUES).step_by(997) {
        let started = lab.elapsed();
        id_of(&resolve(&lab, &format!("Line {number:05}")).await);
        assert_eq!(lab.elapsed(), started, "it is known");
    }
    assert_eq!(looked(&lab), before);
    assert!((200..=210).contains(&before), "each page was read once: {before}");
    load.abort_all();
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_kept_when_whoever_asked_goes_away() {
    let lab = large(3_000);
    for _ in 0..5 {
        let _ = tokio::time::timeout(Duration::from_millis(1), resolve(&lab, "Line 02999")).await;
    }
    tokio::time::sleep(3 * MINUTE).await;
    let before = looked(&lab);
    assert!((31..=40).contains(&before), "read once, by a task of its own: {before}");
    id_of(&resolve(&lab, "Line 01234").await);
    assert_eq!(looked(&lab), before);
}

#[tokio::test(start_paused = true)]
async fn an_old_listing_is_served_while_a_new_one_is_read_and_also_if_that_fails() {
    let lab = large(500);
    let id = id_of(&resolve(&lab, "Line 00001").await);
    tokio::time::sleep(6 * MINUTE).await;
    lab.cloud.fault(Fault::on("GET", "/api/v2/routing/queues", FaultKind::Status(503)));
    let started = lab.elapsed();
    for _ in 0..20 {
        assert_eq!(id_of(&resolve(&lab, "Line 00001").await), id);
    }
    assert_eq!(lab.elapsed(), started, "nobody waits for it");
    tokio::time::sleep(30 * MINUTE).await;
    assert_eq!(id_of(&resolve(&lab, "Line 00001").await), id);
    assert!(looked(&lab) < 60, "and nobody asks all the time: {}", looked(&lab));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_genesys_does_not_know_is_looked_up_again() {
    let lab = large(500);
    let id = id_of(&resolve(&lab, "Line 00001").await);
    tokio::time::sleep(MINUTE).await;
    let before = looked(&lab);
    id_of(&resolve(&lab, "Line 00001").await);
    assert_eq!(looked(&lab), before, "it is known");
    let user = done(lab.client.find_by_email("iris.keller@aurora.example", &context()).await)[0].id.clone();
    let refuse = FaultKind::Refuse { status: 404, code: "not.found".into() };
    lab.cloud.fault(Fault::on("POST", "/members", refuse).once());
    let verdict = lab.client.write(&Write::Join(Kind::Queue, user, id.clone()), &context()).await;
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    assert_eq!(id_of(&resolve(&lab, "Line 00001").await), id);
    assert_eq!(looked(&lab), before + 1, "asked for by name");
    id_of(&resolve(&lab, "Line 00002").await);
    assert_eq!(looked(&lab), before + 1, "the others stay");
}
