//! What keeps a good configuration from starting: a port, a lock, a directory, a disk, a damaged or newer
//! database.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::says;
use crate::support::client::call_blocking;
use crate::support::program::{Ended, Installation, run};
use crate::support::setup::{SECRET, Setup};

/// Writes a configuration beside the usual one, with that data directory and listening address.
fn configured(place: &Installation, data: &Path, listen: &str) -> PathBuf {
    let file = place.file("other.toml");
    let setup = Setup { listen: listen.to_owned(), ..Setup::default() };
    std::fs::write(&file, setup.text(&place.cloud, data)).unwrap();
    file
}

fn serve(place: &Installation, config: &Path) -> Ended {
    run(place.command("serve").arg("--config").arg(config))
}

#[test]
fn a_port_in_use_is_named_and_the_data_directory_is_not_touched() {
    let place = Installation::new(Setup::default());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = place.data();
    let ended = serve(&place, &configured(&place, &data, &address));
    assert_eq!(ended.code, 2, "{ended:?}");
    says("port in use", &ended.err, &[&address, "port is in use", "[server]", "stop the other program"]);
    assert!(!data.exists());
    let ended = serve(&place, &configured(&place, &data, "192.0.2.1:8080"));
    assert_eq!(ended.code, 2, "{ended:?}");
    says("not our address", &ended.err, &["public_url"]);
    let file = configured(&place, &data, "192.0.2.1:8080");
    let with_url =
        format!("public_url = \"https://scim.example.com\"\n{}", std::fs::read_to_string(&file).unwrap());
    std::fs::write(&file, with_url).unwrap();
    let ended = serve(&place, &file);
    assert_eq!(ended.code, 2, "{ended:?}");
    says("not our address", &ended.err, &["192.0.2.1:8080", "address of this machine", "127.0.0.1:8080"]);
}

#[test]
fn a_directory_locked_by_another_process_is_exit_code_4_and_the_other_goes_on_undisturbed() {
    let place = Installation::new(Setup::default());
    let data = place.data();
    let token = place.token("scim");
    let first = place.serve();
    let second = place.run("serve");
    assert_eq!(second.code, 4, "{second:?}");
    let shown = data.display().to_string();
    says("locked", &second.err, &[&shown, "locked by another process", "stop the other scim-bridge"]);
    let offline = place.run("token list");
    assert_eq!(offline.code, 4, "{offline:?}");
    says("token list", &offline.err, &["administrator's token", "--token-file", "token new"]);
    let listed = call_blocking(&first.address, &token, "GET", "/scim/v2/Users", None).unwrap();
    assert_eq!(listed.status, 200, "the first one still serves");
    assert_eq!(first.terminate(), Some(0));
}

#[test]
fn a_data_directory_that_cannot_be_one_is_named() {
    let place = Installation::new(Setup::default());
    let file = place.file("a-file");
    std::fs::write(&file, "not a directory").unwrap();
    for data in [file.clone(), file.join("below")] {
        let ended = serve(&place, &configured(&place, &data, "127.0.0.1:0"));
        assert_eq!(ended.code, 1, "{ended:?}");
        let shown = data.display().to_string();
        says("file", &ended.err, &[&shown, "data directory", "cannot be used"]);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "not a directory", "it is as it was");
}

#[test]
fn a_directory_without_the_right_to_write_is_named_with_its_cure() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let place = Installation::new(Setup::default());
    let data = place.data();
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o555)).unwrap();
    std::fs::set_permissions(place.dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = place.command("serve");
    if std::fs::write(data.join("probe"), "").is_ok() {
        std::fs::remove_file(data.join("probe")).unwrap();
        // This user may write everywhere, so the program runs as nobody, who may not.
        command.uid(65_534).gid(65_534);
    }
    let ended = run(&mut command);
    assert_eq!(ended.code, 1, "{ended:?}");
    let shown = data.display().to_string();
    says("no right", &ended.err, &[&shown, "cannot be written by this user", "owner or mode"]);
}

/// Runs a shell script with mounts of its own, which end with it; none where the system does not allow that.
pub(crate) fn with_own_mounts() -> Option<Command> {
    for options in [&["-m"] as &[&str], &["-r", "-m"]] {
        let tried =
            Command::new("unshare").args(options).args(["sh", "-c", "mount -t tmpfs none /mnt"]).output();
        if tried.is_ok_and(|tried| tried.status.success()) {
            let mut command = Command::new("unshare");
            command.args(options).args(["sh", "-c"]);
            return Some(command);
        }
    }
    #[expect(clippy::print_stdout, reason = "who reads the test log should know what was left out")]
    {
        println!("SKIPPED: the system does not let this user mount; run the tests where `unshare -rm` works");
    }
    None
}

#[test]
fn a_read_only_disk_and_a_full_one_are_told_apart_and_nothing_is_left_half_made() {
    let Some(_) = with_own_mounts() else { return };
    for (options, words) in [
        ("ro", &["read-only disk", "mount it for writing", "another directory"] as &[&str]),
        ("size=4k", &["is full", "free some space", "nothing that was acknowledged is lost"]),
    ] {
        let place = Installation::new(Setup::default());
        let data = place.data();
        std::fs::create_dir(&data).unwrap();
        let script = format!(
            "mount -t tmpfs -o {options} none \"$1\" && if [ {options} = size=4k ]; then head -c 4096 /dev/zero > \"$1/filler\"; fi; exec \"$2\" --config \"$3\" serve"
        );
        let mut command = with_own_mounts().unwrap();
        command.arg(script).arg("sh").arg(&data).arg(env!("CARGO_BIN_EXE_scim-bridge")).arg(place.config());
        let ended = run(command.env(SECRET, place.cloud.client_secret()));
        assert_eq!(ended.code, 1, "{options} {ended:?}");
        let shown = data.display().to_string();
        says(options, &ended.err, &[&[shown.as_str()], words].concat());
        assert_eq!(place.cloud.ledger(), [], "{options}");
    }
}

#[test]
fn a_damaged_database_is_refused_with_the_way_back_and_is_not_changed() {
    let place = Installation::new(Setup::default());
    let data = place.data();
    place.token("scim");
    let file = data.join("records/db");
    let mut bytes = std::fs::read(&file).unwrap();
    let length = bytes.len().min(64 * 1024);
    bytes[..length].fill(0x5a);
    std::fs::write(&file, &bytes).unwrap();
    let ended = place.run("serve");
    assert_eq!(ended.code, 1, "{ended:?}");
    let shown = data.display().to_string();
    let said = ended.err.lines().find(|line| line.starts_with("scim-bridge: ")).unwrap_or_default();
    says("damaged", said, &[&shown, "damaged", "restore the last backup"]);
}
