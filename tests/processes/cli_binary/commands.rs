//! The binary as people and scripts use it: tokens, import, dry runs and sagas, with the bridge stopped and
//! running; exit codes and messages of what can go wrong. What `check` finds is in `check`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::bench::installed;
use crate::support::client::call_blocking;
use crate::support::program::{Installation, run};

const USER: &str = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "zoe@aurora.example",
  "displayName": "Zoe", "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User": {"compactSkills": "Billing:4"}}"#;

pub(super) fn token(bench: &Installation, words: &str) -> String {
    let made = bench.run(&format!("token new {words}"));
    assert_eq!(made.code, 0, "{made:?}");
    made.out.trim().to_owned()
}

#[test]
fn a_token_is_printed_once_and_alone_and_at_most_two_of_one_name_live() {
    let bench = installed();
    assert!(bench.run("token list").out.contains("no tokens"));
    let text = token(&bench, "--name okta");
    assert!(text.starts_with("gsb_") && !text.contains(char::is_whitespace), "{text}");
    let second = bench.run("token new --name okta --json").json();
    assert_eq!((&second["scope"], &second["live"]), (&"scim".into(), &true.into()));
    let third = bench.run("token new --name okta");
    assert_eq!(third.code, 2, "{third:?}");
    let listed = bench.run("token list --json");
    assert_eq!(listed.json()["tokens"].as_array().unwrap().len(), 2);
    assert!(!listed.out.contains(&text));
    let id = second["id"].as_str().unwrap();
    assert_eq!(bench.run(&format!("token revoke {id}")).code, 0);
    assert_eq!(bench.run("token revoke nobody").code, 1);
    let listed = bench.run("token list").out;
    let line = listed.lines().find(|line| line.contains(id)).unwrap();
    assert!(line.contains("revoked"), "{listed}");
    token(&bench, "--name okta");
    let listed = bench.run("token list --json").json();
    let tokens = listed["tokens"].as_array().unwrap();
    let client = tokens[0]["id"].as_str().unwrap();
    assert!(
        tokens.len() == 3 && tokens.iter().all(|token| token["client"] == client),
        "one client: {listed}"
    );
    assert!(line.contains(client), "a token and whose it is: {line}");
}

#[test]
fn a_tenant_that_is_called_something_else_does_not_look_like_a_new_one() {
    let bench = installed();
    token(&bench, "--name okta");
    bench.edit("name = \"aurora\"", "name = \"borealis\"");
    for words in ["token list", "serve", "import"] {
        let refused = bench.run(words);
        assert_eq!(refused.code, 2, "{words}: {refused:?}");
        assert!(refused.err.contains("tenant.name") && refused.err.contains("\"aurora\""), "{refused:?}");
    }
    bench.edit("name = \"borealis\"", "name = \"aurora\"");
    assert_eq!(bench.run("token list --json").json()["tokens"].as_array().unwrap().len(), 1);
}

#[test]
fn a_second_signal_ends_it_at_once_although_a_request_is_still_coming() {
    let bench = installed();
    let text = token(&bench, "--name okta");
    assert_eq!(bench.run("import").code, 0);
    let serving = bench.serve();
    let mut slow = TcpStream::connect(&serving.address).unwrap();
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {text}\r\ncontent-type: application/scim+json\r\ncontent-length: 100\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes()).unwrap();
    // The first answer that is not there: whoever waits for the body is at work by then.
    slow.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(slow.read(&mut [0; 1]).is_err(), "it waits for the rest");
    let began = Instant::now();
    assert_eq!(serving.terminate_twice(Duration::from_millis(500)), Some(130));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn commands_work_with_the_bridge_stopped_and_running() {
    let bench = installed();
    let admin = token(&bench, "--name admin --scope admin");
    std::fs::write(bench.file("admin"), &admin).unwrap();
    std::fs::write(bench.file("zoe.json"), USER).unwrap();
    let imported = bench.run("import --json").json();
    assert!(imported["users"].as_u64().unwrap() >= 4, "{imported}");
    let known = bench.cloud.snapshot();

    let planned = bench.run("plan --file zoe.json");
    assert!(
        planned.out.contains("create the user") && planned.out.contains("Billing 4 (request)"),
        "{planned:?}"
    );
    assert_eq!(bench.cloud.snapshot(), known, "a dry run changes nothing");

    let serving = bench.serve();
    let locked = bench.run("token list");
    assert_eq!(locked.code, 4, "{locked:?}");
    assert!(
        locked.err.contains("--token-file") && locked.err.contains("SCIM_BRIDGE_ADMIN_TOKEN"),
        "{locked:?}"
    );
    let online = bench.run("plan --file zoe.json --token-file admin");
    assert_eq!((online.code, &online.out), (0, &planned.out), "the same answer both ways");
    assert_eq!(bench.run("import --token-file admin").code, 0);
    assert_eq!(bench.run("sagas list --token-file admin").out.trim(), "No saga is open.");
    let wrong = run(bench.command("sagas list").env("SCIM_BRIDGE_ADMIN_TOKEN", "gsb_wrong"));
    assert_eq!(wrong.code, 3, "{wrong:?}");

    let scim = token(&bench, "--name okta --token-file admin");
    let saga = post_user(&bench, &scim);
    let shown = bench.run(&format!("sagas show {saga} --token-file admin"));
    assert!(shown.out.contains("create the user"), "{shown:?}");
    let refused = bench.run(&format!("sagas redrive {saga} --token-file admin"));
    assert!(refused.code == 1 && refused.err.contains("not stuck"), "{refused:?}");
    assert_eq!(serving.terminate(), Some(0));
    let offline = bench.run(&format!("sagas show {saga} --json")).json();
    assert_eq!(offline["state"], "committed");
}

/// Posts the user and gives the id of the saga that did it.
pub(super) fn post_user(bench: &Installation, token: &str) -> String {
    call_blocking(bench.listen(), token, "POST", "/scim/v2/Users", Some(USER)).unwrap().is(201);
    let listed = bench.run("sagas list --finished 1 --json --token-file admin").json();
    listed["finished"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_goes_wrong_has_an_exit_code_and_a_message_that_names_the_cure() {
    let bench = installed();
    std::fs::write(bench.file("broken.json"), "{\"userName\": ").unwrap();
    std::fs::write(
        bench.file("queue.json"),
        USER.replace("compactSkills\": \"Billing:4", "compactQueues\": \"Nowhere"),
    )
    .unwrap();
    std::fs::write(bench.file("file"), "").unwrap();
    let table = [
        ("serve --config nowhere.toml", 2, "nowhere.toml: the file: cannot be read"),
        ("frobnicate", 2, "unrecognized subcommand"),
        ("sagas show x", 2, "not the id of a saga"),
        ("sagas show 01890000-0000-7000-8000-000000000000", 1, "no saga with this id"),
        ("plan --id nobody", 1, "no user nobody"),
        ("plan --file nowhere.json", 2, "cannot be read"),
        ("plan --file broken.json", 2, "line 1, column 13"),
        ("plan --file queue.json", 2, "Nowhere"),
        ("token list --server https://127.0.0.1:1 --token-file secret", 2, "plain HTTP only"),
        ("token list --server http://127.0.0.1:1 --token-file secret", 3, "does not answer"),
        ("token list --server http://127.0.0.1:1 --token-file nowhere", 2, "cannot be read"),
    ];
    for (words, code, said) in table {
        let ended = bench.run(words);
        assert_eq!(ended.code, code, "{words}: {ended:?}");
        assert!(ended.err.contains(said), "{words}: {ended:?}");
        assert_eq!(ended.out, "", "{words}");
    }
}

#[test]
fn a_bad_configuration_stops_every_command_before_anything_is_touched() {
    let table = [
        ("name = \"aurora\"", "nam = \"aurora\"", "unknown field `nam`"),
        (
            "import = \"required\"",
            "import = \"required\"\n[[rule]]\nname = \"r\"\nwhen = 'title eq'\nqueues = [\"Sales\"]",
            "\"r\"",
        ),
        ("client_secret_file = \"secret\"", "client_secret_file = \"nowhere\"", "genesys.client_secret_file"),
        ("api_base = ", "# api_base = ", "genesys.region"),
        ("level = \"warn\"", "level = \"info,=\"", "log.level"),
    ];
    for (from, to, said) in table {
        let bench = installed();
        bench.edit(from, to);
        let ended = bench.run("serve");
        assert_eq!(ended.code, 2, "{to}: {ended:?}");
        assert!(ended.err.contains(said), "{to}: {ended:?}");
        assert!(!bench.file("data").exists(), "{to}");
    }
}

#[test]
fn a_port_in_use_and_a_locked_directory_are_named() {
    let bench = installed();
    let taken = std::net::TcpListener::bind(bench.listen()).unwrap();
    let ended = bench.run("serve");
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("port is in use") && ended.err.contains("[server]"), "{ended:?}");
    drop(taken);
    let serving = bench.serve();
    let text = std::fs::read_to_string(bench.file("scim-bridge.toml")).unwrap();
    std::fs::write(bench.file("second.toml"), text.replace(bench.listen(), "127.0.0.1:0")).unwrap();
    let second = bench.run("serve --config second.toml");
    assert_eq!(second.code, 4, "{second:?}");
    assert!(second.err.contains("locked by another process"), "{second:?}");
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let bench = installed();
    std::fs::write(bench.file("file"), "").unwrap();
    // A file in its place; and a place where the system lets nobody make directories, not even the
    // administrator.
    for dir in [bench.file("file").join("data"), "/proc/scim-bridge-data".into()] {
        let ended = run(bench.command("token new --name okta").env("SCIM_BRIDGE_DATA_DIR", &dir));
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.err.contains(&dir.display().to_string()), "{ended:?}");
    }
    token(&bench, "--name okta");
}

#[test]
fn output_ends_quietly_when_its_reader_has_gone() {
    let bench = installed();
    let mut child =
        bench.command("token list --json").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
