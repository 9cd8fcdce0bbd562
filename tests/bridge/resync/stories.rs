//! What is found, and what is not.

use serde_json::json;

use super::{agents, deactivated, house, into_queue, out_of_queue, resync, set_state, told, tuned};
use crate::promises::theirs::administrator;
use crate::support::wait::eventually;

#[tokio::test]
async fn what_somebody_did_by_hand_is_shown_with_its_reason_the_gravest_first_and_nothing_else() {
    let house = house();
    let ids = agents(&house, &["ada", "bea", "cleo", "dora", "edda", "fay"]).await;
    out_of_queue(&house, &ids[0], "EMEA Support").await;
    tuned(&house, &ids[1], 2.0).await;
    deactivated(&house, &ids[2]).await;
    house.settled().await;
    set_state(&house, &ids[2], "active").await;
    administrator(&house, "DELETE", &format!("/api/v2/users/{}", ids[3]), None).await;
    into_queue(&house, &ids[4], "VIP").await;
    house.cloud.settle();
    let writes = house.cloud.ledger().iter().filter(|call| call.effect).count();

    let (run, lines) = resync(&house, json!({})).await;

    assert_eq!(
        told(&lines),
        [
            "reactivated_outside access of cleo",
            "gone access of dora",
            "missing queue EMEA Support of ada",
            "changed skill Billing of bea",
            "foreign queue VIP of edda",
        ],
        "{run}"
    );
    assert_eq!(lines[2]["why"], "rule emea-support; we gave it");
    assert_eq!((&lines[3]["ours"], &lines[3]["theirs"]), (&json!("4"), &json!("2")));
    assert_eq!(run["end"], "complete", "{run}");
    assert_eq!(run["counts"]["users"], 4);
    assert_eq!(
        house.cloud.ledger().iter().filter(|call| call.effect).count(),
        writes,
        "a report changes nothing"
    );
}

#[tokio::test]
async fn where_everybody_is_as_they_should_be_nobody_is_asked_about_alone() {
    let house = house();
    agents(&house, &["ada", "bea"]).await;
    house.cloud.clear_ledger();

    let (run, lines) = resync(&house, json!({})).await;

    assert_eq!(lines, Vec::<serde_json::Value>::new(), "{run}");
    assert_eq!((&run["counts"]["managed"], &run["counts"]["compared"]), (&json!(2), &json!(2)), "{run}");
    let calls = house.cloud.ledger();
    let alone =
        calls.iter().find(|call| call.template.contains("{userId}") || call.template.contains("{subjectId}"));
    assert!(alone.is_none(), "{alone:?}");
    let of_the_run = |template: &str| {
        template == "/api/v2/users" || template.contains("{roleId}") || template.contains("{queueId}")
    };
    let listed = calls.iter().filter(|call| of_the_run(&call.template)).count();
    assert_eq!(run["calls"], listed, "it says what it cost: {calls:?}");
    assert_eq!(run["estimate"]["calls"], listed, "and what it would cost");
}

#[tokio::test]
async fn a_repair_brings_back_what_is_ours_and_leaves_what_is_theirs() {
    let house = house();
    let ids = agents(&house, &["ada", "cleo"]).await;
    out_of_queue(&house, &ids[0], "EMEA Support").await;
    into_queue(&house, &ids[0], "VIP").await;
    deactivated(&house, &ids[1]).await;
    house.settled().await;
    set_state(&house, &ids[1], "active").await;
    house.cloud.settle();

    let (run, lines) = resync(&house, json!({ "mode": "repair" })).await;

    assert_eq!(
        told(&lines),
        [
            "reactivated_outside access of cleo",
            "missing queue EMEA Support of ada",
            "foreign queue VIP of ada"
        ]
    );
    assert_eq!(run["counts"]["repaired"], 2, "{run}");
    eventually("everybody is as they should be", async || {
        house.cloud.settle();
        let world = house.cloud.snapshot();
        world["queues"]["EMEA Support"][&ids[0]].is_object() && world["users"][&ids[1]]["state"] == "inactive"
    })
    .await;
    assert!(house.cloud.snapshot()["queues"]["VIP"][&ids[0]].is_object(), "somebody else gave it");
    house.settled().await;
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    let (run, lines) = resync(&house, json!({})).await;
    assert_eq!(
        (&run["counts"]["users"], told(&lines)),
        (&json!(0), vec!["foreign queue VIP of ada".to_owned()])
    );
}

#[tokio::test]
async fn whatever_genesys_leaves_open_about_listings_the_report_is_the_same() {
    let house = house();
    let ids = agents(&house, &["ada", "bea", "cleo", "dora"]).await;
    out_of_queue(&house, &ids[0], "EMEA Support").await;
    tuned(&house, &ids[1], 2.0).await;
    deactivated(&house, &ids[2]).await;
    house.settled().await;
    house.cloud.settle();
    for quirk in ["subjectgrants_max_page=100", "inactive_offset_max=1", "expand_best_effort=true"] {
        let mut quirks = genesys_cloud_emulator::Quirks::default();
        quirks.set(quirk).unwrap();
        house.cloud.set_quirks(quirks);
        let (run, lines) = resync(&house, json!({})).await;
        let wanted = ["missing queue EMEA Support of ada", "changed skill Billing of bea"];
        assert_eq!(
            (&run["end"], told(&lines)),
            (&json!("complete"), wanted.map(str::to_owned).to_vec()),
            "{quirk}: {run}"
        );
    }
}

#[tokio::test]
async fn one_user_alone_costs_no_listing() {
    let house = house();
    let ids = agents(&house, &["ada", "bea"]).await;
    out_of_queue(&house, &ids[0], "EMEA Support").await;
    out_of_queue(&house, &ids[1], "EMEA Support").await;
    house.cloud.clear_ledger();

    let (run, lines) = resync(&house, json!({ "user": ids[0] })).await;

    let foreign = "foreign role employee in division Home of ada";
    assert_eq!(told(&lines), ["missing queue EMEA Support of ada", foreign], "{run}");
    let listings = house.cloud.ledger().iter().filter(|call| call.path.starts_with("/api/v2/users?")).count();
    assert_eq!(listings, 0);
    house.admin("POST", "/resync", Some(json!({ "user": "nobody" }))).await.is(404);
    house.admin("POST", "/resync", Some(json!({ "mode": "destroy" }))).await.is(400);
}

#[tokio::test]
async fn one_run_at_a_time_and_a_cancelled_one_is_over_and_says_so() {
    use genesys_cloud_emulator::{Fault, FaultKind};
    let house = house();
    agents(&house, &["ada"]).await;
    house.cloud.fault(Fault::on("GET", "/api/v2/users?", FaultKind::TooManyRequests { retry_after_s: 600 }));
    let begun = house.admin("POST", "/resync", None).await.is(202).body;
    let path = format!("/resync/{}", begun["id"].as_str().unwrap());
    house.admin("POST", "/resync", None).await.is(409);
    house.admin("DELETE", &path, None).await.is(202);
    house.cloud.clear_faults();
    eventually("it is over", async || house.admin("GET", &path, None).await.body["end"] == "cancelled").await;
    house.admin("DELETE", &path, None).await.is(409);
    assert_eq!(resync(&house, json!({})).await.0["end"], "complete");
}

#[tokio::test]
async fn a_run_goes_on_after_a_restart_and_tells_the_same() {
    use genesys_cloud_emulator::{Fault, FaultKind};
    let mut house = house();
    let ids = agents(&house, &["ada", "bea", "cleo"]).await;
    deactivated(&house, &ids[1]).await;
    house.settled().await;
    set_state(&house, &ids[1], "active").await;
    house.cloud.settle();
    house.cloud.clear_ledger();
    house
        .cloud
        .fault(Fault::on("GET", "/api/v2/users?", FaultKind::TooManyRequests { retry_after_s: 1 }).times(2));
    let begun = house.admin("POST", "/resync", None).await.is(202).body;
    eventually("it has listed what is held", async || {
        house.cloud.ledger().iter().any(|call| call.path.starts_with("/api/v2/users?"))
    })
    .await;
    house.restart().await;
    let path = format!("/resync/{}", begun["id"].as_str().unwrap());
    eventually("it is over", async || house.admin("GET", &path, None).await.body["end"] == "complete").await;
    let lines = house.admin("GET", &format!("{path}/differences"), None).await.is(200).body;
    assert_eq!(told(lines["differences"].as_array().unwrap()), ["reactivated_outside access of bea"]);
    let members =
        house.cloud.ledger().iter().filter(|call| call.template.ends_with("/subjectgrants")).count();
    assert_eq!(members, 2, "what was read before is not read again");
}
