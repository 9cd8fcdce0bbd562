//! Listings that cannot be trusted: nothing is ever taken away because of one.

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::json;

use super::{agents, house, out_of_queue, resync, told};

const MISSING: &str = "missing queue EMEA Support of ada";
/// What a run reads, in the order in which it does.
const LISTINGS: [&str; 4] = [
    "/subjectgrants?",
    "/members?",
    "/api/v2/users?pageSize=500&pageNumber=1&state=active",
    "state=inactive",
];

#[tokio::test]
async fn a_listing_that_genesys_refuses_makes_the_run_incomplete_which_repairs_nothing() {
    let house = house();
    let ids = agents(&house, &["ada", "bea"]).await;
    out_of_queue(&house, &ids[0], "EMEA Support").await;
    house.cloud.settle();
    for listing in LISTINGS {
        for kind in [FaultKind::Refuse { status: 403, code: "not.authorized".into() }, FaultKind::Status(500)]
        {
            house.cloud.fault(Fault::on("GET", listing, kind.clone()));
            house.cloud.clear_ledger();
            let (run, lines) = resync(&house, json!({ "mode": "repair" })).await;
            house.cloud.clear_faults();
            assert_eq!(run["end"], "incomplete", "{listing}, {kind:?}: {run}");
            assert!(!run["incomplete"].as_array().unwrap().is_empty(), "{listing}: it says why");
            assert_eq!(run["counts"]["repaired"], 0, "{listing}, {kind:?}");
            let writes: Vec<_> = house.cloud.ledger().into_iter().filter(|call| call.effect).collect();
            assert!(writes.is_empty(), "{listing}, {kind:?}: {writes:?}");
            let known = told(&lines).iter().all(|line| line == MISSING);
            assert!(known, "nobody is accused of what a listing did not show: {lines:?}");
        }
    }
    let (run, lines) = resync(&house, json!({})).await;
    assert_eq!((&run["end"], told(&lines)), (&json!("complete"), vec![MISSING.to_owned()]), "{run}");
}

#[tokio::test]
async fn whoever_cannot_be_looked_at_is_counted_and_makes_the_run_incomplete() {
    let house = house();
    let ids = agents(&house, &["ada", "bea"]).await;
    out_of_queue(&house, &ids[0], "EMEA Support").await;
    house.cloud.settle();
    house.cloud.fault(Fault::on(
        "GET",
        "/scim/v2/users/",
        FaultKind::Refuse { status: 403, code: "no".into() },
    ));
    let (run, lines) = resync(&house, json!({ "mode": "repair" })).await;
    assert_eq!(lines, Vec::<serde_json::Value>::new(), "nobody is accused: {run}");
    assert_eq!((&run["end"], &run["counts"]["failed"]), (&json!("incomplete"), &json!(1)), "{run}");
    let why = run["incomplete"][0].as_str().unwrap();
    assert!(why.contains("could not be looked at (1 of them)"), "{why}");
}
