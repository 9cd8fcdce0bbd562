//! Tables for reading, order, references and the response of bulk requests, and properties of random ones.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::method::Method;
use super::order::Order;
use super::{BulkJob, Next, REQUEST_SCHEMA, Work, reference};
use crate::limits;
use crate::scim::ScimError;
use crate::scim::dialect::Dialect;

const BASE: &str = "https://scim.example.com/aurora/scim/v2";

fn request(operations: Value) -> Value {
    json!({"schemas": [REQUEST_SCHEMA], "Operations": operations})
}

fn job(body: Value) -> BulkJob {
    BulkJob::parse(body, BASE, Dialect::Tolerant).unwrap()
}

fn post(bulk_id: &str, refers_to: &[&str]) -> Value {
    let members: Vec<Value> = refers_to.iter().map(|it| json!({"value": format!("bulkId:{it}")})).collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": {"displayName": bulk_id, "members": members}})
}

/// Runs a job to its end: what fails is named by its place, everything else is done and gets the id
/// `id-<place>`.
fn run(job: &mut BulkJob, failing: &[(usize, u16)]) -> Vec<Next> {
    let mut seen = Vec::new();
    while let Some(next) = job.next() {
        let (index, kind) = (next.index, next.kind);
        match (failing.iter().find(|(at, _)| *at == index), &next.work) {
            (Some((_, status)), _) => job.failed(index, ScimError::new(*status, "no")),
            (None, Work::Create(_)) => {
                job.done(index, kind, 201, &format!("id-{index}"), Some("W/\"1\"".into()));
            }
            (None, Work::Replace(id, _) | Work::Patch(id, _)) => {
                job.done(index, kind, 200, id, Some("W/\"2\"".into()));
            }
            (None, Work::Delete(id)) => job.done(index, kind, 204, id, None),
        }
        seen.push(next);
    }
    seen
}

fn statuses(job: &BulkJob) -> Vec<String> {
    let response = job.response(BASE);
    let operations = response["Operations"].as_array().unwrap().iter();
    operations.map(|it| it["status"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn what_is_wrong_with_the_whole_request_is_said_of_the_whole_request() {
    let delete = json!({"method": "DELETE", "path": "/Users/1"});
    let many = vec![delete.clone(); limits::BULK_OPERATIONS + 1];
    let table = [
        (json!([]), 400, "invalidSyntax"),
        (json!({}), 400, "invalidSyntax"),
        (request(json!([])), 400, "invalidSyntax"),
        (request(json!({"method": "POST"})), 400, "invalidSyntax"),
        (request(json!(many)), 413, ""),
        (json!({"Operations": [delete], "failOnErrors": 0}), 400, "invalidValue"),
        (json!({"Operations": [delete], "failOnErrors": -1}), 400, "invalidValue"),
        (json!({"Operations": [delete], "failOnErrors": 1.5}), 400, "invalidValue"),
        (json!({"Operations": [delete], "failOnErrors": "many"}), 400, "invalidValue"),
    ];
    for (body, status, scim_type) in table {
        let fault = BulkJob::parse(body, BASE, Dialect::Tolerant).err().expect("refused");
        assert_eq!(
            (fault.status, fault.scim_type.map_or("", |it| it.as_str())),
            (status, scim_type),
            "{fault}"
        );
        if status == 413 {
            assert!(fault.detail.contains("maxOperations (1000)"), "{fault}");
        }
    }
    assert_eq!(run(&mut job(request(json!(many[1..]))), &[]).len(), limits::BULK_OPERATIONS);
}

#[test]
fn connectors_letter_case_is_understood_and_refused_in_the_strict_dialect() {
    let body = json!({
        "operations": [{"METHOD": "delete", "Path": "/Users/1", "bulkid": 7}],
        "FailOnErrors": "2",
    });
    let mut tolerant = job(body.clone());
    assert_eq!(run(&mut tolerant, &[]).len(), 1);
    let answered = tolerant.response(BASE);
    assert_eq!(
        (&answered["Operations"][0]["method"], &answered["Operations"][0]["bulkId"]),
        (&json!("DELETE"), &json!("7"))
    );
    assert!(BulkJob::parse(body, BASE, Dialect::Strict).is_err(), "no schemas");
    let lower = request(json!([{"method": "delete", "path": "/Users/1"}]));
    let mut strict = BulkJob::parse(lower, BASE, Dialect::Strict).unwrap();
    assert_eq!(run(&mut strict, &[]), []);
    assert_eq!(statuses(&strict), ["400"]);
}

#[test]
fn paths_are_relative_to_the_service_or_carry_its_address() {
    for path in [
        "/Users/7",
        "Users/7",
        "/Users/7/",
        " /Users/7",
        "/Users/7?attributes=userName",
        "/Users/%37",
        "/aurora/scim/v2/Users/7",
        "https://scim.example.com/aurora/scim/v2/Users/7",
    ] {
        let mut one = job(request(json!([{"method": "DELETE", "path": path}])));
        let work: Vec<Work> = run(&mut one, &[]).into_iter().map(|it| it.work).collect();
        assert_eq!(work, [Work::Delete("7".into())], "{path}");
        let location = &one.response(BASE)["Operations"][0]["location"];
        assert_eq!(location, &json!(format!("{BASE}/Users/7")), "{path}");
    }
    for path in [
        "",
        "/",
        "/Robots/7",
        "/users/7",
        "/Users/7/8",
        "/Users//7",
        "/Me",
        "/Bulk",
        "/aurora/scim/v2Users/7",
        "https://elsewhere.example/aurora/scim/v2/Users/7",
        "/Users/%ff",
    ] {
        let mut one = job(request(json!([{"method": "DELETE", "path": path}])));
        assert_eq!((run(&mut one, &[]), statuses(&one)), (vec![], vec!["404".to_owned()]), "{path}");
    }
}

#[test]
fn what_is_wrong_with_one_operation_is_that_operations_error_and_the_rest_is_done() {
    let table = [
        (json!("text"), "400"),
        (json!({"path": "/Users/1"}), "400"),
        (json!({"method": "GET", "path": "/Users/1"}), "400"),
        (json!({"method": 7, "path": "/Users/1"}), "400"),
        (json!({"method": "DELETE"}), "400"),
        (json!({"method": "DELETE", "path": 7}), "400"),
        (json!({"method": "DELETE", "path": "/Users"}), "405"),
        (json!({"method": "PUT", "path": "/Users", "data": {}}), "405"),
        (json!({"method": "POST", "path": "/Users/1", "bulkId": "a", "data": {}}), "405"),
        (json!({"method": "POST", "path": "/Users", "data": {}}), "400"),
        (json!({"method": "POST", "path": "/Users", "bulkId": "", "data": {}}), "400"),
        (json!({"method": "POST", "path": "/Users", "bulkId": ["a"], "data": {}}), "400"),
        (json!({"method": "POST", "path": "/Users", "bulkId": "a"}), "400"),
        (json!({"method": "PUT", "path": "/Users/1", "data": null}), "400"),
        (json!({"method": "PATCH", "path": "/Users/1"}), "400"),
        (json!({"method": "PUT", "path": "/Users/1", "data": {}, "version": {}}), "400"),
        (json!({"method": "PUT", "path": "/Users/bulkId:nobody", "data": {}}), "400"),
        (json!({"method": "PUT", "path": "/Users/1", "data": {"manager": "bulkId:nobody"}}), "400"),
    ];
    for (operation, status) in table {
        let mut two = job(request(json!([operation, {"method": "DELETE", "path": "/Groups/2"}])));
        assert_eq!(run(&mut two, &[]).len(), 1, "{operation}");
        assert_eq!(statuses(&two), [status, "204"], "{operation}");
        let response = two.response(BASE);
        assert_eq!(response["Operations"][0]["response"]["status"], status, "{operation}");
        assert!(!response.to_string().contains("null"), "{response}");
        let known = operation["path"] == "/Users/1" && operation["method"] != "POST";
        assert_eq!(response["Operations"][0]["location"] != Value::Null, known, "{response}");
    }
}

#[test]
fn references_are_found_and_replaced_wherever_the_rfc_puts_them() {
    let table = [
        (Method::Post, json!({"members": [{"value": "bulkId:x"}]}), json!({"members": [{"value": "X"}]})),
        (Method::Post, json!({"manager": "bulkId:x"}), json!({"manager": "X"})),
        (
            Method::Post,
            json!({"urn:e": {"manager": {"value": "bulkId:x"}}}),
            json!({"urn:e": {"manager": {"value": "X"}}}),
        ),
        (Method::Post, json!({"$ref": "../Users/bulkId:x"}), json!({"$ref": "../Users/X"})),
        (Method::Post, json!({"$ref": "bulkId:x"}), json!({"$ref": "X"})),
        (
            Method::Patch,
            json!([{"op": "remove", "path": "members[value eq \"bulkId:x\" or value eq \"bulkId:y\"]"}]),
            json!([{"op": "remove", "path": "members[value eq \"X\" or value eq \"Y\"]"}]),
        ),
        (
            Method::Patch,
            json!({"path": "members", "value": ["bulkId:x", 1, null]}),
            json!({"path": "members", "value": ["X", 1, null]}),
        ),
        // Only looks like a reference.
        (
            Method::Patch,
            json!({"path": "a[b eq \"say \\\"bulkId:x\\\"\"]"}),
            json!({"path": "a[b eq \"say \\\"bulkId:x\\\"\"]"}),
        ),
        (Method::Patch, json!({"path": "a[b eq \"bulkId:x"}), json!({"path": "a[b eq \"bulkId:x"})),
        (
            Method::Post,
            json!({"displayName": "see bulkId:x", "title": "bulkId:"}),
            json!({"displayName": "see bulkId:x", "title": "bulkId:"}),
        ),
        (Method::Post, json!({"password": "bulkId:x"}), json!({"password": "bulkId:x"})),
        (
            Method::Patch,
            json!({"path": "urn:u:Password", "value": "bulkId:x"}),
            json!({"path": "urn:u:Password", "value": "bulkId:x"}),
        ),
        (Method::Post, json!({"bulkId:x": 1}), json!({"bulkId:x": 1})),
    ];
    for (method, before, after) in table {
        let mut data = before.clone();
        reference::rewrite(method, &mut data, &mut |name| Some(name.to_uppercase()));
        assert_eq!(data, after, "{before}");
        let mut seen = Vec::new();
        let mut data = before.clone();
        reference::rewrite(method, &mut data, &mut |name| {
            seen.push(name.to_owned());
            None
        });
        assert_eq!((data, seen.is_empty()), (before.clone(), before == after), "looking changes nothing");
    }
}

#[test]
fn an_operation_waits_for_those_it_refers_to_and_is_given_their_ids() {
    let mut all = job(request(json!([
        post("club", &["alice", "bob"]),
        {"method": "DELETE", "path": "/Users/old"},
        {"method": "PATCH", "path": "/Users/bulkId:bob", "version": "W/\"1\"", "data": {"Operations": []}},
        post("alice", &[]),
        post("bob", &["alice"]),
    ])));
    let seen = run(&mut all, &[]);
    let order: Vec<usize> = seen.iter().map(|it| it.index).collect();
    assert_eq!(order, [1, 3, 4, 0, 2]);
    let Work::Create(club) = &seen[3].work else { panic!("{seen:?}") };
    assert_eq!(club["members"], json!([{"value": "id-3"}, {"value": "id-4"}]));
    assert_eq!(seen[4].work, Work::Patch("id-4".into(), json!({"Operations": []})));
    assert_eq!(seen[4].version.as_deref(), Some("W/\"1\""));
    assert_eq!(statuses(&all), ["201", "204", "200", "201", "201"], "in the order of the request");
    let response = all.response(BASE);
    assert_eq!(response["Operations"][2]["location"], format!("{BASE}/Users/id-4"));
}

#[test]
fn circles_are_refused_with_409_and_everything_else_is_done() {
    let mut all = job(request(json!([
        post("a", &["b"]),
        post("b", &["a"]),
        post("self", &["self"]),
        post("leans", &["a"]),
        post("free", &[]),
        post("freer", &["free"]),
    ])));
    assert_eq!(run(&mut all, &[]).len(), 2);
    assert_eq!(statuses(&all), ["409", "409", "409", "409", "201", "201"]);
    assert_eq!(all.retry_after_s(), None, "sending it again would not help");
    let response = all.response(BASE);
    let detail = response["Operations"][2]["response"]["detail"].as_str().unwrap();
    assert!(detail.contains("circle") && detail.contains("\"self\""), "{detail}");
}

#[test]
fn what_depends_on_a_failure_is_not_begun_and_may_be_tried_again_only_if_the_failure_may() {
    for (status, dependents, retry) in [(400, "409", None), (503, "503", Some(10)), (429, "503", Some(10))] {
        let mut all =
            job(request(json!([post("a", &[]), post("b", &["a"]), post("c", &["b"]), post("d", &[])])));
        let seen = run(&mut all, &[(0, status)]);
        assert_eq!(seen.iter().map(|it| it.index).collect::<Vec<_>>(), [0, 3]);
        assert_eq!(statuses(&all), [&status.to_string(), dependents, dependents, "201"]);
        assert_eq!(all.retry_after_s(), retry);
        let response = all.response(BASE);
        let detail = response["Operations"][1]["response"]["detail"].as_str().unwrap();
        assert!(detail.contains("\"a\""), "names the bulkId: {detail}");
    }
}

#[test]
fn a_bulk_id_that_two_posts_have_is_refused_for_both_and_nobody_refers_to_it() {
    let mut all = job(request(json!([
        post("a", &[]),
        post("a", &[]),
        post("b", &["a"]),
        {"method": "DELETE", "path": "/Users/1", "bulkId": "c"},
        {"method": "DELETE", "path": "/Users/2", "bulkId": "c"},
    ])));
    assert_eq!(run(&mut all, &[]).len(), 2);
    assert_eq!(statuses(&all), ["400", "400", "409", "204", "204"]);
}

#[test]
fn the_job_stops_at_the_number_of_errors_that_the_client_accepts() {
    let operations = json!([post("a", &[]), {"method": "GET", "path": "/Users/1"}, post("c", &[]), post("d", &["c"]), post("e", &[])]);
    for (most, begun, statuses_then) in [
        (json!(1), vec![0], vec!["201", "400"]),
        (json!(2), vec![0, 2], vec!["201", "400", "500"]),
        (json!(3), vec![0, 2], vec!["201", "400", "500", "503"]),
        (json!(4), vec![0, 2, 4], vec!["201", "400", "500", "503", "201"]),
        (json!(null), vec![0, 2, 4], vec!["201", "400", "500", "503", "201"]),
    ] {
        let mut all = job(json!({"Operations": operations, "failOnErrors": most}));
        let seen = run(&mut all, &[(2, 500)]);
        assert_eq!(seen.iter().map(|it| it.index).collect::<Vec<_>>(), begun, "{most}");
        assert_eq!(statuses(&all), statuses_then, "{most}: what was not begun is not listed");
    }
}

/// Everything an operation refers to, directly or not.
fn reach(needs: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        open.extend(needs[at].iter().copied().filter(|it| found.insert(*it)));
    }
    found
}

/// Random references without a circle, in random order: `ranks` is a shuffle, and who has a higher rank may
/// refer to lower ones.
fn acyclic() -> impl Strategy<Value = Vec<BTreeSet<usize>>> {
    (1_usize..24).prop_flat_map(|size| {
        let ranks = Just((0..size).collect::<Vec<usize>>()).prop_shuffle();
        let pairs = prop::collection::vec((0..size, 0..size), 0..size * 2);
        (ranks, pairs).prop_map(|(ranks, pairs)| {
            let mut needs = vec![BTreeSet::new(); ranks.len()];
            for (a, b) in pairs {
                if ranks[a] > ranks[b] {
                    needs[a].insert(b);
                }
            }
            needs
        })
    })
}

proptest! {
    #[test]
    fn every_operation_runs_once_after_those_it_refers_to_and_only_references_change_the_order(needs in acyclic()) {
        let order = Order::of(&needs);
        prop_assert!(order.circular.is_empty());
        let mut place = vec![usize::MAX; needs.len()];
        for (at, index) in order.sequence.iter().enumerate() {
            prop_assert_eq!(place[*index], usize::MAX, "twice");
            place[*index] = at;
        }
        prop_assert_eq!(order.sequence.len(), needs.len());
        for (index, needed) in needs.iter().enumerate() {
            prop_assert!(needed.iter().all(|it| place[*it] < place[index]));
        }
        for later in 0..needs.len() {
            for earlier in 0..later {
                if place[later] < place[earlier] {
                    let waited = reach(&needs, earlier);
                    prop_assert!(waited.iter().any(|it| *it >= later), "{} overtook {} for nothing", later, earlier);
                }
            }
        }
    }

    #[test]
    fn with_any_references_exactly_those_that_do_not_lead_in_a_circle_are_done(
        pairs in prop::collection::vec((0_usize..12, 0_usize..12), 0..20),
    ) {
        let mut needs = vec![BTreeSet::new(); 12];
        for (a, b) in pairs {
            needs[a].insert(b);
        }
        let order = Order::of(&needs);
        prop_assert_eq!(order.sequence.iter().copied().collect::<BTreeSet<_>>().len(), 12);
        let in_circle: BTreeSet<usize> = (0..12).filter(|it| reach(&needs, *it).contains(it)).collect();
        for index in 0..12 {
            let lost = in_circle.contains(&index) || !reach(&needs, index).is_disjoint(&in_circle);
            prop_assert_eq!(order.circular.contains(&index), lost, "{}", index);
        }
    }

    #[test]
    fn a_whole_job_of_random_references_gives_every_operation_the_ids_it_refers_to(needs in acyclic()) {
        let operations: Vec<Value> = needs
            .iter()
            .enumerate()
            .map(|(index, needed)| {
                let names: Vec<String> = needed.iter().map(usize::to_string).collect();
                post(&index.to_string(), &names.iter().map(String::as_str).collect::<Vec<_>>())
            })
            .collect();
        let mut all = job(request(json!(operations)));
        for next in run(&mut all, &[]) {
            let Work::Create(data) = next.work else { panic!("only POST") };
            let wanted: Vec<Value> = needs[next.index].iter().map(|it| json!({"value": format!("id-{it}")})).collect();
            prop_assert_eq!(&data["members"], &json!(wanted));
        }
        prop_assert!(statuses(&all).iter().all(|it| it == "201"));
    }
}
