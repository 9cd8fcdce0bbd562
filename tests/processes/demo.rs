//! The demo as people run it: the story ends well, and the commands that it invites to try really work.
//!
//! Runs the binary. What the story checks by itself is in `src/cli/demo`; here only that it was told to the
//! end.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

fn demo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-bridge"));
    command.arg("demo").args(arguments);
    command
}

/// Ends the process, also when the test fails.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn the_story_ends_well_and_leaves_nothing_behind() {
    let scratch = tempfile::tempdir().unwrap();
    let ran = demo(&["--exit"]).env("TMPDIR", scratch.path()).output().unwrap();
    let (told, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{told}{errors}");
    for line in [
        "   ✓ every user and group of Genesys Cloud is known here",
        "   ✓ one Iris, the same id",
        "   ✓ attributes HR.badge_number_identifier=B-2001, Workplace.site_enum=Dublin",
        "   ✓ no user, grant, skill, attribute or queue of his is left: Genesys Cloud lives as before",
        "   ✓ exactly one user has her address: the bridge looked for its mark before it did anything again",
        "   ✓ roles      Agent@EMEA, Claims Handler@EMEA, Team Lead@EMEA, employee@Home",
        "   ✓ reactivated_outside heads the report",
        "   ✓ every saga has ended, none is stuck",
    ] {
        assert!(told.lines().any(|told| told == line), "{line:?} is missing in\n{told}");
    }
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let excerpt = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(
        excerpt.contains("compactRoles") && told.contains(excerpt),
        "not as the README shows it:\n{told}"
    );
    assert!(!told.contains('✗') && told.trim_end().ends_with("all as told."), "{told}");
    assert!(!told.contains('\x1b'), "colours are for terminals only");
    assert_eq!(errors, "", "nothing unplanned is logged");
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "the data directory is removed");
}

#[test]
fn the_commands_to_try_work_as_printed_and_ctrl_c_ends_it_well() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no curl on this machine");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let spawned = demo(&[]).env("TMPDIR", scratch.path()).stdout(Stdio::piped()).spawn();
    let mut serving = Serving(spawned.unwrap());
    let told = BufReader::new(serving.0.stdout.take().unwrap());
    // The fifth command is the last line before it serves.
    let commands: Vec<String> =
        told.lines().map(Result::unwrap).filter(|line| line.starts_with("curl ")).take(5).collect();
    let mut answers = commands.iter().map(|command| {
        let ran = Command::new("sh").args(["-c", command]).output().unwrap();
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{command}: {error}: {text}"))
    });
    let agent = answers.next().unwrap();
    assert_eq!(
        agent.get("roles"),
        Some(&json!(["Agent@EMEA", "Reporting Viewer@Home", "employee@Home"])),
        "{agent}"
    );
    assert_eq!(agent.get("queues"), Some(&json!(["EMEA Billing", "Overflow"])), "{agent}");
    assert_eq!(agent.get("skills"), Some(&json!({"Billing": 4.0, "Refunds": 3.0})), "{agent}");
    assert_eq!(agent.get("languages"), Some(&json!({"English": 5.0, "French": 3.0})), "{agent}");
    assert_eq!(agent.pointer("/attributes/Workplace/site_enum"), Some(&json!("Dublin")), "{agent}");
    let (looked, hired) = (answers.next().unwrap(), answers.next().unwrap());
    let state = "/urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User/provisioning/status";
    assert_eq!(looked.pointer(state), Some(&json!("committed")), "{looked}");
    assert_eq!(hired.get("userName"), Some(&json!("you@aurora.example")), "{hired}");
    let (there, back) = (answers.next().unwrap(), answers.next().unwrap());
    assert_eq!(there.get("id"), hired.get("id"), "{there}");
    assert_eq!(there.get("queues"), Some(&json!(["Chat", "VIP"])), "{there}");
    assert_eq!(back.get("active"), Some(&json!(true)), "{back}");
    let stop = Command::new("sh").args(["-c", &format!("kill -INT {}", serving.0.id())]).status().unwrap();
    assert!(stop.success());
    assert!(serving.0.wait().unwrap().success(), "Ctrl-C is a good end");
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "the data directory is removed");
}
