//! Writes and looks while Genesys refuses, limits, breaks down, hangs up, or does not answer.
//!
//! What each status means is tabled in `src/genesys/verdict_tests.rs`; here the same comes over a real
//! socket.

use std::sync::Arc;
use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind, Quirks, SeedFile};
use genesys_scim_bridge::testing::genesys::SecretAgain;
use genesys_scim_bridge::testing::model::ports::{CallContext, Priority, Upstream, Write};
use genesys_scim_bridge::testing::model::{Kind, RefusalKind, Secret, UserId, Verdict, Wanted};
use serde_json::json;

use super::rig::{Rig, connected, context, done, everything, new_user};
use crate::support::emulator::{cloud, cloud_with};

/// One write of every area about one user, with the part of the path it calls.
async fn one_of_each(rig: &Rig, user: &UserId) -> Vec<(Write, &'static str, &'static str)> {
    let found = done(
        rig.client
            .resolve(&[Wanted::Member { kind: Kind::Queue, name: "VIP".into() }], None, &context())
            .await,
    );
    let queue = format!("{found:?}").split("id: \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let division = done(rig.client.division("APAC", &context()).await).unwrap();
    let title = Write::UpdateUser {
        user: user.clone(),
        set: vec![("title".into(), json!("X"))],
        remove: Vec::new(),
        password: None,
    };
    vec![
        (title, "PATCH", "scim/v2/users/"),
        (Write::Join(Kind::Queue, user.clone(), queue.clone()), "POST", "/members"),
        (Write::Leave(Kind::Queue, user.clone(), queue), "POST", "/members"),
        (Write::MoveDivision(user.clone(), division.id), "POST", "/objects/USER"),
        (Write::CreateGroup("Pilots".into()), "POST", "/api/v2/groups"),
        (Write::SetActive(user.clone(), false), "PATCH", "scim/v2/users/"),
        (Write::DeleteUser(user.clone()), "DELETE", "scim/v2/users/"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_is_lost_is_unknown_and_can_be_repeated() {
    for kind in [
        FaultKind::ApplyThenDrop,
        FaultKind::DropBeforeApply,
        FaultKind::Reset,
        FaultKind::ApplyThenStatus(502),
        FaultKind::Status(503),
    ] {
        let rig = Rig::new();
        let user = rig.id_of("iris.keller@aurora.example").await;
        for (write, method, path) in one_of_each(&rig, &user).await {
            rig.cloud.fault(Fault::on(method, path, kind.clone()).once());
            let verdict = rig.client.write(&write, &context()).await;
            assert!(matches!(verdict, Verdict::Unknown(_)), "{kind:?} {write:?}: {verdict:?}");
            rig.cloud.clear_faults();
            let again = rig.client.write(&write, &context()).await;
            let twice = matches!(&again, Verdict::Refused(r) if r.kind == RefusalKind::Uniqueness);
            let create = matches!(write, Write::CreateGroup(_));
            assert!(matches!(again, Verdict::Done(_)) || create && twice, "{kind:?} {write:?}: {again:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_fails_is_later_whatever_part_of_it_fails() {
    let rig = Rig::new();
    let iris = rig.id_of("iris.keller@aurora.example").await;
    done(rig.client.observe(&iris, &everything(), &context()).await);
    for path in ["scim/v2/users/", "authorization/subjects/", "routingskills", "routinglanguages", "/queues"]
    {
        for kind in [FaultKind::Status(503), FaultKind::DropBeforeApply, FaultKind::Reset] {
            rig.cloud.fault(Fault::on("GET", path, kind.clone()).times(3));
            let verdict = rig.client.observe(&iris, &everything(), &context()).await;
            assert!(matches!(verdict, Verdict::Later(_)), "{path} {kind:?}: {verdict:?}");
            rig.cloud.clear_faults();
        }
    }
    done(rig.client.observe(&iris, &everything(), &context()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_token_is_renewed_once_for_all_and_nobody_notices() {
    let rig = Arc::new(Rig::new());
    done(rig.client.whoami(&context()).await);
    rig.cloud.revoke_tokens();
    rig.cloud.clear_ledger();
    let mut tasks = Vec::new();
    for _ in 0..20 {
        let rig = Arc::clone(&rig);
        tasks.push(tokio::spawn(async move { done(rig.client.whoami(&context()).await) }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), "Aurora Insurance");
    }
    assert_eq!(rig.count("POST", "/oauth/token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_refused_with_its_cure_and_not_sent_again_at_once() {
    let rig = Rig::with(Quirks::default(), |settings| settings.client_secret = Secret::new("wrong"));
    for _ in 0..5 {
        match rig.client.whoami(&context()).await {
            Verdict::Refused(refusal) => {
                assert_eq!(refusal.kind, RefusalKind::Credentials, "{refusal:?}");
                assert!(refusal.detail.contains("id and secret"), "{refusal:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(rig.count("POST", "/oauth/token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_rotated_is_read_again_without_a_restart() {
    let held = Arc::new(std::sync::Mutex::new(None));
    let read = SecretAgain(Arc::new({
        let held = Arc::clone(&held);
        move || held.lock().unwrap().clone()
    }));
    let rig = Rig::with(Quirks::default(), |settings| {
        *held.lock().unwrap() = Some(Secret::new("wrong"));
        settings.secret_again = Some(read);
    });
    assert!(matches!(rig.client.whoami(&context()).await, Verdict::Refused(_)));
    assert!(rig.client.refuses_us().is_some());
    let words = rig.client.standing().unwrap();
    assert!(words.borrow().as_deref().unwrap().contains("credentials"), "{words:?}");
    *held.lock().unwrap() = Some(Secret::new(rig.cloud.client_secret()));
    let started = Instant::now();
    while !matches!(rig.client.whoami(&context()).await, Verdict::Done(_)) {
        assert!(started.elapsed() < Duration::from_secs(6), "it is believed again within seconds");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((rig.client.refuses_us(), words.borrow().clone()), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_never_accepted_is_a_refusal_after_two_tries() {
    let rig = Rig::new();
    let refuse = FaultKind::Refuse { status: 401, code: "bad.credentials".into() };
    rig.cloud.fault(Fault::on("GET", "tokens/me", refuse));
    match rig.client.whoami(&context()).await {
        Verdict::Refused(refusal) => assert_eq!(refusal.kind, RefusalKind::Credentials),
        other => panic!("{other:?}"),
    }
    assert_eq!(rig.count("GET", "tokens/me"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named() {
    let seed = SeedFile::built_in().unwrap().without_permission("routing:queueMember:manage");
    let rig = Rig::on(cloud_with(|options| options.seed = seed), |_| {});
    let user = rig.id_of("iris.keller@aurora.example").await;
    let writes = one_of_each(&rig, &user).await;
    match rig.client.write(&writes[1].0, &context()).await {
        Verdict::Refused(refusal) => {
            assert_eq!(refusal.kind, RefusalKind::Permission, "{refusal:?}");
            assert!(refusal.detail.contains("queueMember"), "{refusal:?}");
            assert!(refusal.correlation_id.is_some());
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_429_the_call_is_later_and_the_next_one_waits() {
    let rig = Rig::new();
    done(rig.client.whoami(&context()).await);
    let limit = FaultKind::TooManyRequests { retry_after_s: 1 };
    rig.cloud.fault(Fault::on("GET", "tokens/me", limit).once());
    match rig.client.whoami(&context()).await {
        Verdict::Later(later) => assert!(later.wait >= Duration::from_secs(1), "{later:?}"),
        other => panic!("{other:?}"),
    }
    let started = Instant::now();
    done(rig.client.whoami(&context()).await);
    assert!(started.elapsed() >= Duration::from_millis(900), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_in_time_is_unknown_for_a_write_and_later_for_a_look() {
    let rig = Rig::with(Quirks::default(), |settings| settings.timeout = Duration::from_millis(200));
    let user = rig.id_of("iris.keller@aurora.example").await;
    rig.cloud.fault(
        Fault::on("PATCH", "scim/v2/users/", FaultKind::ApplyThenDelay(Duration::from_secs(2))).once(),
    );
    let verdict = rig.client.write(&Write::SetActive(user.clone(), false), &context()).await;
    assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
    rig.cloud.fault(Fault::on("GET", "scim/v2/users/", FaultKind::Delay(Duration::from_secs(2))).once());
    let verdict = rig.client.observe(&user, &Default::default(), &context()).await;
    assert!(matches!(verdict, Verdict::Later(_)), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_to_a_host_that_is_gone_and_that_is_later() {
    let cloud = cloud();
    let client = connected(&cloud, |_| {});
    done(client.whoami(&context()).await);
    drop(cloud);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut last = client.write(&new_user("ada@aurora.example", "s"), &context()).await;
    if matches!(last, Verdict::Unknown(_)) {
        // A pooled connection may have taken the first one with it.
        last = client.write(&new_user("ada@aurora.example", "s"), &context()).await;
    }
    assert!(matches!(last, Verdict::Later(_)), "{last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_keeps_changing_is_met_again_until_it_holds() {
    for status in [409, 400] {
        let quirks = Quirks { conflict_window_ms: 60, conflict_status: status, ..Quirks::default() };
        let rig = Rig::with(quirks, |_| {});
        let user = rig.id_of("iris.keller@aurora.example").await;
        for value in ["A", "B", "C"] {
            let write = Write::UpdateUser {
                user: user.clone(),
                set: vec![("title".into(), json!(value))],
                remove: Vec::new(),
                password: None,
            };
            done(rig.client.write(&write, &context()).await);
        }
        let stale = FaultKind::Refuse { status, code: "invalidVers".into() };
        rig.cloud.fault(Fault::on("PATCH", "scim/v2/users/", stale));
        let verdict = rig.client.write(&Write::SetActive(user, false), &context()).await;
        assert!(matches!(verdict, Verdict::Later(_)), "{verdict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_a_cache_does_not_know_yet_is_not_found_and_done_the_next_time() {
    let rig = Rig::new();
    let user = rig.id_of("iris.keller@aurora.example").await;
    let wanted = [Wanted::Role { role: "Team Lead".into(), division: Some("EMEA".into()) }];
    let found = done(rig.client.resolve(&wanted, None, &context()).await);
    let genesys_scim_bridge::testing::model::ports::Resolution::Found(entitlement) = &found[0] else {
        panic!("{found:?}")
    };
    let genesys_scim_bridge::testing::model::Target::Role { role, division } = entitlement.target.clone()
    else {
        panic!()
    };
    let grant = genesys_scim_bridge::testing::model::RoleGrant { role, division };
    let missing = FaultKind::Refuse { status: 404, code: "not.found".into() };
    rig.cloud.fault(Fault::on("POST", "bulkadd", missing).once());
    let write = Write::AddRoles(user, vec![grant]);
    let verdict = rig.client.write(&write, &context()).await;
    assert!(
        matches!(&verdict, Verdict::Refused(refusal) if refusal.kind == RefusalKind::NotFound),
        "{verdict:?}"
    );
    done(rig.client.write(&write, &context()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_stays_within_the_budget_and_leavers_go_first() {
    let rig = Arc::new(Rig::on(cloud_with(|options| options.rate_per_minute = 120), |settings| {
        settings.calls_per_minute = 120;
        settings.tell_priority = true;
    }));
    let look = |priority: Priority| {
        let rig = Arc::clone(&rig);
        tokio::spawn(async move {
            let context = CallContext::new(priority, "crowd");
            done(rig.client.whoami(&context).await);
        })
    };
    let mut tasks: Vec<_> = (0..24).map(|_| look(Priority::Background)).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    tasks.extend((0..2).map(|_| look(Priority::Leaver)));
    for task in tasks {
        task.await.unwrap();
    }
    let calls = rig.cloud.ledger();
    assert!(calls.iter().all(|call| call.status != Some(429)), "the limit was met");
    let last_leaver = calls.iter().rposition(|call| call.priority.as_deref() == Some("Leaver")).unwrap();
    let after = calls[last_leaver..].iter().filter(|c| c.priority.as_deref() == Some("Background")).count();
    assert!(after >= 3, "leavers waited behind background work: {after}");
}
