//! The emulated Genesys Cloud: in this process (`cloud`), or as a process that survives the bridge
//! ([`EmulatorProcess`]).
//!
//! Faults, quirks and the ledger of calls are the emulator's own (`genesys_cloud_emulator`).

use std::path::Path;
use std::process::{Child, Command, Stdio};

use genesys_cloud_emulator::{Cloud, ContractSource, Options};
use serde_json::{Value, json};

use super::wait::until;

/// Neither side is slowed by its rate.
pub(crate) const CALLS_PER_MINUTE: u32 = 60_000;
/// Where an emulator of a process of its own keeps its state; set means "be the emulator".
pub(crate) const EMULATOR_DIR: &str = "TEST_EMULATOR_DIR";

/// The built-in organisation.
pub(crate) fn cloud() -> Cloud {
    cloud_with(|_| {})
}

/// An organisation of its own, or one with quirks.
pub(crate) fn cloud_with(change: impl FnOnce(&mut Options)) -> Cloud {
    let mut options = Options { rate_per_minute: CALLS_PER_MINUTE, ..Options::default() };
    change(&mut options);
    Cloud::start(options).unwrap()
}

/// Fails when a call was not as the public description of the API says.
pub(crate) fn assert_contract(cloud: &Cloud) {
    let violations = cloud.violations();
    assert!(violations.is_empty(), "calls against the public description of the API: {violations:#?}");
}

/// Where an emulated Genesys Cloud is, and how it is entered.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) api: String,
    pub(crate) login: String,
    pub(crate) client: String,
    pub(crate) secret: String,
}

impl From<&Cloud> for Access {
    fn from(cloud: &Cloud) -> Self {
        Self {
            api: cloud.api_base(),
            login: cloud.login_base(),
            client: cloud.client_id().to_owned(),
            secret: cloud.client_secret().to_owned(),
        }
    }
}

/// An emulator that is a process of its own: this test binary, started with the name of a test that calls
/// [`be_the_emulator`]. It ends when its owner does, however that is.
pub(crate) struct EmulatorProcess {
    child: Child,
    pub(crate) access: Access,
}

/// Runs the emulator until the owner closes the pipe; returns at once in a process that is not the emulator.
pub(crate) fn be_the_emulator() {
    let Some(dir) = std::env::var_os(EMULATOR_DIR) else { return };
    let dir = Path::new(&dir);
    let cloud = cloud_with(|options| {
        options.state_file = Some(dir.join("emulator.state"));
        options.contract = ContractSource::Off;
    });
    let to = Access::from(&cloud);
    let words = json!({"api": to.api, "login": to.login, "client": to.client, "secret": to.secret});
    std::fs::write(dir.join("ports.part"), words.to_string()).unwrap();
    std::fs::rename(dir.join("ports.part"), dir.join("ports.json")).unwrap();
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
}

impl EmulatorProcess {
    /// Starts it with its state in a directory; `test` is the whole name of the test that calls
    /// [`be_the_emulator`].
    pub(crate) fn start(dir: &Path, test: &str) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(EMULATOR_DIR, dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let ports = dir.join("ports.json");
        until(|| ports.exists().then_some(())).expect("the emulator does not come up");
        let ports: Value = serde_json::from_str(&std::fs::read_to_string(ports).unwrap()).unwrap();
        let text = |name: &str| ports[name].as_str().unwrap().to_owned();
        let access =
            Access { api: text("api"), login: text("login"), client: text("client"), secret: text("secret") };
        Self { child, access }
    }
}

impl Drop for EmulatorProcess {
    fn drop(&mut self) {
        // Neither can fail in a way that matters any more.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
