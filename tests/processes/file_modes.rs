//! Whoever else is on the machine reads nothing of the records, whatever the umask says, in a directory that the program
//! makes and in one that was there for all to read.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::bodies::agent;
use crate::support::client::call_blocking;
use crate::support::program::{Installation, free_address, run};
use crate::support::setup::{SECRET, Setup};

/// The permissions of a file or directory.
fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Files below a directory that others can get at, by their own modes and those of the directories above them.
fn open_to_others(dir: &Path) -> Vec<PathBuf> {
    // Whoever may enter a directory gets at what it knows the name of.
    if mode(dir) & 0o011 == 0 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(open_to_others(&path));
        } else if mode(&path) & 0o066 != 0 {
            found.push(path);
        }
    }
    found
}

/// The program under the usual umask of a system.
fn command(place: &Installation, words: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "umask 022; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_scim-bridge")]);
    command.args(words.split_whitespace()).current_dir(place.dir.path()).env(SECRET, place.secret());
    command
}

/// Everything that makes files: a command without a bridge, and a bridge that is given somebody.
fn used(place: &Installation) {
    let made = run(&mut command(place, "token new --name okta"));
    assert_eq!(made.code, 0, "{made:?}");
    let program = place.serve_by(command(place, "serve"));
    let body = agent("vera").to_string();
    call_blocking(&program.address, made.out.trim(), "POST", "/scim/v2/Users", Some(&body)).unwrap().is(201);
    assert_eq!(open_to_others(&place.data().join("records")), Vec::<PathBuf>::new(), "while it runs");
    assert_eq!(program.terminate(), Some(0));
}

fn installed() -> Installation {
    Installation::new(Setup { listen: free_address(), ..Setup::default() })
}

#[test]
fn a_data_directory_that_the_program_makes_is_its_owners_alone() {
    let place = installed();
    used(&place);
    assert_eq!(mode(&place.data()), 0o700);
    assert_eq!(open_to_others(&place.data()), Vec::<PathBuf>::new());
}

#[test]
fn records_are_their_owners_alone_in_a_directory_that_all_may_read() {
    let place = installed();
    std::fs::create_dir(place.data()).unwrap();
    std::fs::set_permissions(place.data(), Permissions::from_mode(0o755)).unwrap();
    used(&place);
    assert_eq!(open_to_others(&place.data().join("records")), Vec::<PathBuf>::new());
    // What an older version or a copy left for all to read is closed by the next start.
    std::fs::set_permissions(place.data().join("records"), Permissions::from_mode(0o755)).unwrap();
    assert_ne!(
        open_to_others(&place.data().join("records")),
        Vec::<PathBuf>::new(),
        "there is something to close"
    );
    used_again(&place);
    // What the others can get at beside them: numbers and names that say nothing of anybody.
    let names = open_to_others(&place.data()).into_iter().map(|path| path.file_name().unwrap().to_owned());
    let names: Vec<_> = names.collect();
    assert!(
        names.iter().all(|name| ["lock", "sequence", "acknowledged"].iter().any(|known| name == known)),
        "{names:?}"
    );
}

fn used_again(place: &Installation) {
    let listed = run(&mut command(place, "token list"));
    assert_eq!(listed.code, 0, "{listed:?}");
    assert_eq!(open_to_others(&place.data().join("records")), Vec::<PathBuf>::new(), "after the next start");
}
