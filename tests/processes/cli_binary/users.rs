//! `users import` over the binary: from a file to what an identity provider reads, again, wrong lines, and a
//! bridge that runs. What becomes of each kind of line is tested beside `import::from_file`.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::bench::installed;
use crate::support::client::call_blocking;
use crate::support::program::{Ended, Installation};

fn line(n: u32, name: &str) -> String {
    format!(
        "{{\"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:User\"], \"id\": \"00000000-0000-4000-8000-{n:012}\", \
         \"userName\": \"{name}\", \"displayName\": \"Someone\", \"password\": \"hunter2\"}}\n"
    )
}

fn get(bench: &Installation, path: &str, token: &str) -> (u16, Value) {
    let got = call_blocking(bench.listen(), token, "GET", path, None).unwrap();
    (got.status, got.body)
}

#[test]
fn users_of_a_file_are_read_over_scim_and_the_second_run_changes_nothing() {
    let bench = installed();
    let token = bench.run("token new --name okta").out.trim().to_owned();
    let text: String = (1..=700).map(|n| line(n, &format!("agent{n}@aurora.example"))).collect();
    std::fs::write(bench.file("users.ndjson"), text).unwrap();
    let first = bench.run("users import --file users.ndjson --complete --json");
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!((&first.json()["written"], &first.json()["refused"]), (&700.into(), &0.into()));

    let serving = bench.serve();
    let filter = "/scim/v2/Users?filter=userName%20eq%20%22AGENT700%40aurora.example%22";
    let (status, found) = get(&bench, filter, &token);
    assert_eq!((status, &found["totalResults"]), (200, &1.into()), "{found}");
    let user = &found["Resources"][0];
    assert_eq!(user["id"], "00000000-0000-4000-8000-000000000700");
    assert!(!found.to_string().contains("hunter2"));
    let location = user["meta"]["location"].as_str().unwrap().to_owned();
    let (status, read) = get(&bench, &location[location.find("/scim").unwrap()..], &token);
    assert_eq!((status, &read["userName"]), (200, &"agent700@aurora.example".into()));
    let (_, ready) = get(&bench, "/readyz", &token);
    assert!(!ready.to_string().contains("import"), "--complete counts as the first import: {ready}");

    let locked = bench.run("users import --file users.ndjson");
    assert_eq!((locked.code, locked.out.as_str()), (4, ""), "{locked:?}");
    assert!(locked.err.contains("stop the other scim-bridge"), "{locked:?}");
    assert_eq!(serving.terminate(), Some(0));

    let second = bench.run("users import --file users.ndjson");
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.out.contains("700 users read, 0 written, 700 unchanged"), "{second:?}");
}

#[test]
fn a_wrong_line_is_named_the_others_are_taken_and_the_import_ends_with_1() {
    let bench = installed();
    let text = line(1, "ada@aurora.example")
        + "{\"id\": \n"
        + &line(2, "Ada@aurora.example")
        + &line(3, "bea@x.example");
    std::fs::write(bench.file("users.ndjson"), text).unwrap();
    let done = bench.run("users import --file users.ndjson --complete");
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("4 users read, 2 written"), "{done:?}");
    assert!(done.err.contains("users.ndjson: line 2: it is not valid JSON"), "{done:?}");
    assert!(done.err.contains("users.ndjson: line 3: its userName belongs to another user"), "{done:?}");
    assert!(done.err.contains("2 lines were refused") && !done.err.contains("@"), "{done:?}");
    let serving = bench.serve();
    let (status, ready) = get(&bench, "/readyz", "");
    assert!(
        status == 503 && ready.to_string().contains("import"),
        "an incomplete file does not count: {ready}"
    );
    drop(serving);
}

#[test]
fn a_file_may_come_from_standard_input_and_one_that_is_not_there_is_named() {
    let bench = installed();
    let mut child = bench
        .command("users import --file - --json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(line(1, "ada@aurora.example").as_bytes()).unwrap();
    let done = Ended::from(child.wait_with_output().unwrap());
    assert_eq!((done.code, &done.json()["written"]), (0, &1.into()), "{done:?}");
    for file in ["nowhere.ndjson", "."] {
        let missing = bench.run(&format!("users import --file {file}"));
        assert!(
            missing.code == 2 && missing.err.contains(&format!("--file {file}: cannot be read")),
            "{missing:?}"
        );
    }
}
