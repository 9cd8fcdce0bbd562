//! What fails inside of a bulk request, what that means for the rest, and what it never says.

use std::io::Write as _;
use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::{detail, group, id, members, read, request, send, send_body, shown, statuses, user};
use crate::support::bodies::{ENTERPRISE, patch};
use crate::support::bridge::{SCIM, TestBridge};
use crate::support::setup::Setup;

const MAKE: &str = "/api/v2/scim/v2/users";

fn posts_to_genesys(house: &TestBridge) -> usize {
    house.cloud.snapshot()["users"].as_object().unwrap().len()
}

#[tokio::test]
async fn what_refers_to_a_failed_post_fails_without_being_begun_and_the_rest_goes_on() {
    let house = TestBridge::with(Setup::default());
    assert_eq!(statuses(&send(&house, json!([user("taken")])).await), ["201"]);
    let before = posts_to_genesys(&house);
    let mut again = user("taken");
    again["bulkId"] = json!("again");
    let mut minion = user("minion");
    minion["data"][ENTERPRISE] = json!({"manager": {"value": "bulkId:again"}});
    let done = send(
        &house,
        json!([
            again,
            minion,
            group("Team", &["bulkId:minion"]),
            {"method": "DELETE", "path": "/Users/bulkId:again"},
            user("other"),
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["409", "409", "409", "409", "201"], "{done:?}");
    assert_eq!(done[0]["response"]["scimType"], "uniqueness");
    assert!(detail(&done[1]).contains("\"again\""), "{}", detail(&done[1]));
    assert!(detail(&done[2]).contains("\"minion\""), "{}", detail(&done[2]));
    assert_eq!(posts_to_genesys(&house), before + 1, "only the last one was sent");
    assert_eq!(shown(&house, "/Groups").await["totalResults"], 0);
}

/// Sends a bulk request and resets the connection after a while: it is closed with an answer still unread, that
/// to a look at `/healthz` before.
async fn send_and_reset(house: &TestBridge, body: &Value, after: Duration) {
    let address = house.url("").trim_start_matches("http://").to_owned();
    let mut socket = std::net::TcpStream::connect(&address).unwrap();
    let body = body.to_string();
    let look = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let head = format!(
        "POST /scim/v2/Bulk HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {SCIM}\r\n\
         content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(format!("{look}{head}{body}").as_bytes()).unwrap();
    tokio::time::sleep(after).await;
    drop(socket);
}

#[tokio::test]
async fn a_bulk_that_is_cut_off_and_sent_again_is_201_for_what_the_client_never_saw() {
    let house = TestBridge::with(Setup::default());
    let operations = json!([user("first"), user("second"), group("Team", &["bulkId:first"])]);
    house
        .cloud
        .fault(Fault::on("POST", "/api/v2/groups", FaultKind::Delay(Duration::from_millis(2500))).once());
    send_and_reset(&house, &request(&operations), Duration::from_millis(1500)).await;
    house.settled().await;
    let users = posts_to_genesys(&house);
    let again = send(&house, operations.clone()).await;
    assert_eq!(statuses(&again), ["201", "201", "201"], "{again:?}");
    assert_eq!(posts_to_genesys(&house), users, "nobody was made twice");
    assert_eq!(members(&house, &id(&again[2])).await, [id(&again[0])]);
    // Now the client has seen them: the names are taken.
    let third = send(&house, json!([operations[0], operations[1]])).await;
    assert_eq!(statuses(&third), ["409", "409"], "{third:?}");
}

#[tokio::test]
async fn a_user_who_is_late_keeps_back_who_refers_to_it_and_both_may_be_sent_again() {
    let house = TestBridge::with(Setup { deadline_s: 1, ..Setup::default() });
    house.cloud.fault(Fault::on("POST", MAKE, FaultKind::Delay(Duration::from_millis(2500))).once());
    let operations = json!([user("late"), group("Team", &["bulkId:late"]), user("prompt")]);
    let got = house.scim("POST", "/Bulk", Some(request(&operations))).await;
    let first = read(&house, &got);
    assert_eq!(statuses(&first), ["503", "503", "201"], "{first:?}");
    assert!(got.retry_after.is_some_and(|seconds| seconds > 0), "{got:?}");
    house.settled().await;
    let second = send(&house, json!([operations[0], operations[1]])).await;
    assert_eq!(statuses(&second), ["201", "201"], "the retry takes up what the first one made: {second:?}");
    assert_eq!(members(&house, &id(&second[1])).await, [id(&second[0])]);
}

#[tokio::test]
async fn when_the_time_is_used_up_the_rest_is_503_and_the_same_operations_succeed_when_sent_again() {
    // Forty seconds of the bridge are four of ours.
    let house = TestBridge::with(Setup { hurry: 10, deadline_s: 120, ..Setup::default() });
    house.cloud.fault(Fault::on("POST", MAKE, FaultKind::Delay(Duration::from_millis(900))));
    let users: Vec<Value> = (0..8).map(|number| user(&format!("user{number}"))).collect();
    let got = house.scim("POST", "/Bulk", Some(request(&json!(users)))).await;
    let first = read(&house, &got);
    let done = first.iter().take_while(|it| it["status"] == "201").count();
    assert!((1..8).contains(&done), "{first:?}");
    assert!(statuses(&first)[done..].iter().all(|it| *it == "503"), "{first:?}");
    assert!(got.retry_after.is_some_and(|seconds| seconds > 0), "{got:?}");
    assert_eq!(shown(&house, "/Users").await["totalResults"], done, "the others were not begun");
    house.cloud.clear_faults();
    let rest = send(&house, json!(users[done..])).await;
    assert!(statuses(&rest).iter().all(|it| *it == "201"), "{rest:?}");
}

#[tokio::test]
async fn fail_on_errors_ends_the_job_and_what_was_not_begun_is_not_listed() {
    for (most, wanted, made) in [
        (json!(1), vec!["201", "404"], 1),
        (json!(2), vec!["201", "404", "201", "400"], 2),
        (json!(3), vec!["201", "404", "201", "400", "201"], 3),
        (Value::Null, vec!["201", "404", "201", "400", "201"], 3),
    ] {
        let house = TestBridge::with(Setup::default());
        let mut body = request(&json!([
            user("one"),
            {"method": "DELETE", "path": "/Users/nobody"},
            user("two"),
            {"method": "POST", "path": "/Users", "bulkId": "x", "data": {"displayName": "no userName"}},
            user("three"),
        ]));
        body["failOnErrors"] = most.clone();
        let done = send_body(&house, body).await;
        assert_eq!(statuses(&done), wanted, "failOnErrors {most}");
        assert_eq!(shown(&house, "/Users").await["totalResults"], made, "failOnErrors {most}");
    }
}

#[tokio::test]
async fn operations_that_make_no_sense_are_refused_each_for_itself() {
    let house = TestBridge::with(Setup::default());
    let done = send(
        &house,
        json!([
            {"method": "POST", "path": "/Users", "data": user("unnamed")["data"]},
            user("twin"),
            {"method": "POST", "path": "/Users", "bulkId": "twin", "data": user("other")["data"]},
            {"method": "GET", "path": "/Users"},
            {"method": "DELETE", "path": "/Robots/1"},
            {"method": "PUT", "path": "/Users", "data": {}},
            {"method": "PATCH", "path": "/Users/nobody"},
            {"method": "PATCH", "path": "/Users/nobody", "data": patch(json!([{"op": "add", "path": "title", "value": "x"}]))},
            group("Lost", &["bulkId:who"]),
            {"method": "POST", "path": "/Users", "bulkId": "list", "data": []},
            user("fine"),
        ]),
    )
    .await;
    let wanted = ["400", "400", "400", "400", "404", "405", "400", "404", "400", "400", "201"];
    assert_eq!(statuses(&done), wanted, "{done:#?}");
    for (at, word) in [(0, "bulkId"), (1, "twin"), (2, "twin"), (3, "method"), (6, "data"), (8, "who")] {
        assert!(detail(&done[at]).contains(word), "{at}: {}", detail(&done[at]));
    }
    assert_eq!(done[7]["location"], house.url("/scim/v2/Users/nobody"), "{}", done[7]);
    assert_eq!(shown(&house, "/Users").await["totalResults"], 1);
}

#[tokio::test]
async fn passwords_and_values_of_people_are_in_no_answer() {
    const PASSWORD: &str = "bulkId:Canary-Passw0rd-7731";
    let house = TestBridge::with(Setup::default());
    let with_password = |mut post: Value| {
        post["data"]["password"] = json!(PASSWORD);
        post
    };
    let mut twin = user("canary");
    twin["bulkId"] = json!("twin");
    let got = house
        .scim(
            "POST",
            "/Bulk",
            Some(request(&json!([
                with_password(user("canary")),
                with_password(twin),
                {"method": "PATCH", "path": "/Users/bulkId:canary", "data": patch(json!([
                    {"op": "replace", "path": "password", "value": PASSWORD},
                ]))},
                {"method": "PUT", "path": "/Users/nobody", "data": {"userName": "canary", "password": PASSWORD}},
            ]))),
        )
        .await;
    let done = read(&house, &got);
    assert_eq!(statuses(&done), ["201", "409", "200", "404"], "{done:?}");
    let answer = got.body.to_string();
    for secret in ["Passw0rd", "canary@aurora.example"] {
        assert!(!answer.contains(secret), "{secret} in {answer}");
    }
}
