//! Budget, tokens, verdicts and catalogue over virtual minutes: the real client and the real shared budget
//! against the emulator's router, in process, under a clock that jumps to the next thing to happen.

use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind, Options, SeedFile};
use genesys_scim_bridge::testing::model::ports::{
    Budget, CallContext, Limited, Priority, Resolution, Upstream, Urgency, Write,
};
use genesys_scim_bridge::testing::model::{Kind, Target, UserId, Verdict, Wanted};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::in_process::Lab;
use super::rig::{context, done};

const MINUTE: Duration = Duration::from_secs(60);

/// Takes everything out of the budget that is there.
async fn spend_all(lab: &Lab) {
    while lab.budget.left() > 0 {
        lab.budget.reserve(Priority::Leaver.into()).granted().await.spend();
    }
}

async fn user_and_queue(lab: &Lab) -> (UserId, String) {
    let found = done(lab.client.find_by_email("iris.keller@aurora.example", &context()).await);
    let wanted = [Wanted::Member { kind: Kind::Queue, name: "Broker Line".into() }];
    let resolved = done(lab.client.resolve(&wanted, None, &context()).await);
    match resolved.first() {
        Some(Resolution::Found(entitlement)) => match &entitlement.target {
            Target::Member { of, .. } => (found[0].id.clone(), of.id.clone()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn under_overload_no_minute_sees_more_calls_than_granted_and_few_less() {
    let lab = Lab::new();
    let mut crowd = JoinSet::new();
    for number in 0..1_000_u32 {
        let lab = lab.clone();
        let priority = if number % 3 == 0 { Priority::Background } else { Priority::Waiting };
        crowd.spawn(async move { done(lab.client.whoami(&CallContext::new(priority, "crowd")).await) });
    }
    while crowd.join_next().await.transpose().unwrap().is_some() {}
    let calls = lab.calls("GET", "tokens/me");
    assert_eq!(calls.len(), 1_000);
    assert!(calls.iter().all(|call| call.status == Some(200)), "the emulator's own limit was met");
    let times: Vec<u64> = calls.iter().map(|call| call.at_ms).collect();
    let most =
        times.iter().map(|start| times.iter().filter(|t| (*start..start + 60_000).contains(*t)).count());
    // 300 calls a minute, less the margin of ten per cent.
    assert!(most.max().unwrap() <= 270, "the granted calls were exceeded");
    let minutes = lab.elapsed().as_secs_f64() / 60.0;
    assert!(minutes < 1_000.0 / 265.0 && minutes > 730.0 / 270.0, "{minutes} minutes");
    lab.assert_contract();
}

#[tokio::test(start_paused = true)]
async fn after_429_nobody_calls_that_route_until_the_time_that_genesys_named() {
    let lab = Lab::new();
    done(lab.client.whoami(&context()).await);
    lab.cloud.fault(Fault::on("GET", "tokens/me", FaultKind::TooManyRequests { retry_after_s: 47 }).once());
    match lab.client.whoami(&context()).await {
        Verdict::Later(later) => assert!(later.wait >= Duration::from_secs(47), "{later:?}"),
        other => panic!("{other:?}"),
    }
    let mut all = JoinSet::new();
    for priority in [Priority::Leaver, Priority::Identity, Priority::Waiting, Priority::Background] {
        let lab = lab.clone();
        all.spawn(async move { done(lab.client.whoami(&CallContext::new(priority, "after")).await) });
    }
    while all.join_next().await.transpose().unwrap().is_some() {}
    let calls = lab.calls("GET", "tokens/me");
    let refused = calls.iter().find(|call| call.status == Some(429)).unwrap();
    let after: Vec<_> = calls.iter().filter(|call| call.seq > refused.seq).collect();
    assert_eq!(after.len(), 4);
    assert!(after.iter().all(|call| call.at_ms >= refused.at_ms + 47_000), "{after:?}");
    let leaver = after.iter().find(|call| call.priority.as_deref() == Some("Leaver")).unwrap();
    assert_eq!(leaver.at_ms, after[0].at_ms, "nobody goes before a leaver");
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_one_route_does_not_hold_the_others() {
    let lab = Lab::new();
    let (user, queue) = user_and_queue(&lab).await;
    lab.cloud.fault(Fault::on("POST", "/members", FaultKind::TooManyRequests { retry_after_s: 60 }).once());
    let join = Write::Join(Kind::Queue, user.clone(), queue);
    assert!(matches!(lab.client.write(&join, &context()).await, Verdict::Later(_)));
    let started = lab.elapsed();
    let leaver = CallContext::new(Priority::Leaver, "leaver");
    done(lab.client.write(&Write::SetActive(user, false), &leaver).await);
    assert!(lab.elapsed() - started < Duration::from_secs(1), "a leaver does not wait for a queue's limit");
    done(lab.client.write(&join, &context()).await);
    assert!(
        lab.elapsed() - started >= Duration::from_secs(59),
        "and the queue is left alone as long as it asked"
    );
    lab.assert_contract();
}

#[tokio::test(start_paused = true)]
async fn limits_of_several_routes_at_once_are_that_of_the_house() {
    let lab = Lab::new();
    let (user, queue) = user_and_queue(&lab).await;
    lab.cloud.fault(Fault::everywhere(FaultKind::TooManyRequests { retry_after_s: 60 }).times(3));
    let join = Write::Join(Kind::Queue, user.clone(), queue);
    assert!(matches!(lab.client.write(&join, &context()).await, Verdict::Later(_)));
    assert!(matches!(lab.client.whoami(&context()).await, Verdict::Later(_)));
    assert!(matches!(
        lab.client.write(&Write::SetActive(user.clone(), true), &context()).await,
        Verdict::Later(_)
    ));
    let started = lab.elapsed();
    done(lab.client.write(&Write::RevokeSessions(user), &context()).await);
    assert!(lab.elapsed() - started >= Duration::from_secs(59));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_for_all_and_every_call_is_done() {
    let lab = Lab::new();
    done(lab.client.whoami(&context()).await);
    lab.cloud.revoke_tokens();
    let mut all = JoinSet::new();
    for _ in 0..20 {
        let lab = lab.clone();
        all.spawn(async move { done(lab.client.whoami(&context()).await) });
    }
    while all.join_next().await.transpose().unwrap().is_some() {}
    assert_eq!(lab.calls("POST", "/oauth/token").len(), 2, "one at the start, one for all of them");
    lab.assert_contract();
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_ahead_of_its_end_also_by_a_call_that_waited_past_it() {
    let mut seed = SeedFile::built_in().unwrap();
    seed.organization.token_seconds = 600;
    let lab = Lab::with(Options { seed, ..Options::default() });
    done(lab.client.whoami(&context()).await);
    // Longer than a token lives: the one that was there when the wait began has ended when it is over.
    lab.budget.pause(Limited::House, Duration::from_secs(700));
    done(lab.client.whoami(&context()).await);
    for _ in 0..30 {
        tokio::time::sleep(MINUTE).await;
        done(lab.client.whoami(&context()).await);
    }
    let refused = lab.calls("GET", "tokens/me").iter().filter(|call| call.status == Some(401)).count();
    assert_eq!(refused, 0, "no token was used past its end");
    let tokens = lab.calls("POST", "/oauth/token").len();
    assert!((4..=6).contains(&tokens), "{tokens} tokens in {:?}", lab.elapsed());
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_told_at_once_and_take_no_place_in_the_budget() {
    let lab = Lab::new();
    lab.cloud.fault(Fault::on("POST", "/oauth/token", FaultKind::Refuse { status: 401, code: "x".into() }));
    spend_all(&lab).await;
    let started = lab.elapsed();
    let verdict = lab.client.whoami(&context()).await;
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    assert!(lab.elapsed() - started < Duration::from_millis(5));
}

#[tokio::test(start_paused = true)]
async fn a_listing_of_names_is_believed_for_five_minutes_and_then_read_anew() {
    let lab = Lab::new();
    let wanted = [
        Wanted::Member { kind: Kind::Queue, name: "VIP".into() },
        Wanted::Member { kind: Kind::Queue, name: "Chat".into() },
    ];
    let listings = |lab: &Lab| {
        let full = |call: &&genesys_cloud_emulator::Call| {
            call.path.contains("pageNumber=1&") || call.path.ends_with("pageNumber=1")
        };
        lab.calls("GET", "/api/v2/routing/queues").iter().filter(full).count()
    };
    for minute in 0..12 {
        let resolved = done(lab.client.resolve(&wanted, None, &context()).await);
        assert!(resolved.iter().all(|one| matches!(one, Resolution::Found(_))), "{minute}: {resolved:?}");
        tokio::time::sleep(MINUTE).await;
    }
    assert_eq!(listings(&lab), 3, "at the start, after five minutes and after ten");
    lab.assert_contract();
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_unknown_and_the_repeat_finds_it_done() {
    let lab = Lab::new();
    let (user, queue) = user_and_queue(&lab).await;
    let join = Write::Join(Kind::Queue, user.clone(), queue.clone());
    for kind in [
        FaultKind::ApplyThenDrop,
        FaultKind::ApplyThenStatus(502),
        FaultKind::ApplyThenDelay(Duration::from_secs(300)),
    ] {
        lab.cloud.fault(Fault::on("POST", "/members", kind.clone()).once());
        let started = lab.elapsed();
        let verdict = lab.client.write(&join, &context()).await;
        assert!(matches!(verdict, Verdict::Unknown(_)), "{kind:?}: {verdict:?}");
        assert!(lab.elapsed() - started < MINUTE, "{kind:?}: nobody waits for ever");
        done(lab.client.write(&join, &context()).await);
        done(lab.client.write(&Write::Leave(Kind::Queue, user.clone(), queue.clone()), &context()).await);
    }
    lab.assert_contract();
}

#[tokio::test(start_paused = true)]
async fn work_that_settles_while_it_waits_for_its_permit_is_never_sent() {
    let lab = Lab::new();
    let (user, queue) = user_and_queue(&lab).await;
    spend_all(&lab).await;
    let (settle, settles) = watch::channel(false);
    let context = CallContext::new(Priority::Waiting, "test").until(settles);
    lab.budget.pause(Limited::House, Duration::from_secs(30));
    let write = Write::Join(Kind::Queue, user, queue);
    let (verdict, ()) = tokio::join!(lab.client.write(&write, &context), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        settle.send_replace(true);
    });
    assert!(matches!(verdict, Verdict::Later(_)), "{verdict:?}");
    tokio::time::sleep(MINUTE).await;
    assert!(lab.calls("POST", "/members").is_empty());
    // Nor later: whoever settles asks for no place.
    assert!(matches!(lab.client.write(&write, &context).await, Verdict::Later(_)));
    assert!(lab.calls("POST", "/members").is_empty());
    let full = lab.budget.left();
    tokio::time::sleep(MINUTE).await;
    assert_eq!(lab.budget.left(), full, "it kept nothing");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_goes_first_once_a_leaver_waits_for_it() {
    let lab = Lab::new();
    done(lab.client.whoami(&context()).await);
    spend_all(&lab).await;
    let mut crowd = JoinSet::new();
    for _ in 0..100 {
        let lab = lab.clone();
        crowd.spawn(
            async move { done(lab.client.whoami(&CallContext::new(Priority::Waiting, "crowd")).await) },
        );
    }
    // They stand in line before ours comes.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let (urgency, follows) = watch::channel(Urgency::NobodyWaits);
    let started = lab.elapsed();
    let ours = CallContext::new(Priority::Waiting, "ours").following(follows);
    let (_, ()) = tokio::join!(lab.client.whoami(&ours), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        urgency.send_replace(Urgency::LeaverWaits);
    });
    assert!(lab.elapsed() - started < Duration::from_secs(3), "{:?}", lab.elapsed() - started);
    while crowd.join_next().await.transpose().unwrap().is_some() {}
    let calls = lab.calls("GET", "tokens/me");
    let place = calls.iter().position(|call| call.priority.as_deref() == Some("Leaver")).unwrap();
    assert!(place < 20, "it went as number {place}");
}
