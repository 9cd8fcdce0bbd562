//! Readiness of the running program follows the truth within seconds: our secret turns wrong in Genesys, and right
//! again, there or here.
//!
//! What the calls tell is told at once. A bridge that makes none asks once a minute, and when somebody wants to know.

use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Call, Cloud};

use crate::support::bodies::agent;
use crate::support::client::{Response, call_blocking};
use crate::support::program::{Installation, Program, free_address};
use crate::support::setup::Setup;

/// What is promised. While something is wrong Genesys is asked every three seconds, so this has room for a slow machine.
const WITHIN: Duration = Duration::from_secs(5);

struct Scene {
    place: Installation,
    program: Program,
    token: String,
    hired: u32,
}

impl Scene {
    fn open() -> Self {
        let secret_at = "client_secret_file = \"secret\"";
        let place =
            Installation::new(Setup { secret_at, listen: free_address(), deadline_s: 1, ..Setup::default() });
        std::fs::write(place.file("secret"), place.secret()).unwrap();
        let token = place.token("scim");
        // That our secret is refused is an error.
        let program = place.serve().expecting_errors();
        Self { place, program, token, hired: 0 }
    }

    fn readiness(&self) -> Response {
        call_blocking(&self.program.address, "", "GET", "/readyz", None).unwrap()
    }

    /// Somebody is hired, so that there are calls.
    fn hire(&mut self) -> Response {
        self.hired += 1;
        let body = agent(&format!("vera{}", self.hired)).to_string();
        call_blocking(&self.program.address, &self.token, "POST", "/scim/v2/Users", Some(&body)).unwrap()
    }

    /// Waits until readiness says so, and returns what it says. `began` is when it became the truth.
    fn becomes(&self, status: u16, why: &str, began: Instant) -> Response {
        loop {
            let got = self.readiness();
            if got.status == status {
                return got;
            }
            assert!(began.elapsed() < WITHIN, "{why}: still {got:?} after {:?}", began.elapsed());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// An administrator gives our client another secret: what it was given under the old one ends.
fn rotate(cloud: &Cloud, secret: &str) -> Instant {
    cloud.change_secret(secret);
    cloud.revoke_tokens();
    Instant::now()
}

#[test]
fn readiness_is_red_within_seconds_of_a_wrong_secret_and_green_within_seconds_of_the_right_one() {
    let mut scene = Scene::open();
    let known = scene.place.secret().to_owned();
    scene.becomes(200, "all is well", Instant::now());
    scene.hire().is(201);

    let began = rotate(&scene.place.cloud, "canary-rotated");
    assert_eq!(scene.hire().status, 503, "never 401, which would be about the client's own token");
    let red = scene.becomes(503, "the secret is wrong", began);
    let reasons = red.body["reasons"].to_string();
    assert!(reasons.contains("refuses our credentials") && reasons.contains("secret"), "{red:?}");
    assert!(!reasons.contains(&known), "{red:?}");

    // It stays the truth: nothing was cured.
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(scene.readiness().status, 503);
    std::fs::write(scene.place.file("secret"), "canary-rotated\n").unwrap();
    scene.becomes(200, "the new secret is in its file", Instant::now());
    scene.hire().is(201);

    let began = rotate(&scene.place.cloud, "canary-mistake");
    assert_eq!(scene.hire().status, 503);
    scene.becomes(503, "wrong again", began);
    let began = rotate(&scene.place.cloud, "canary-rotated");
    scene.becomes(200, "put back in Genesys, with nothing changed here", began);
    scene.hire().is(201);
    assert_eq!(scene.program.terminate(), Some(0));
}

#[test]
fn readiness_of_a_bridge_that_calls_nobody_is_asked_for_anew_when_somebody_wants_to_know() {
    let scene = Scene::open();
    scene.becomes(200, "all is well", Instant::now());
    let known = scene.place.secret().to_owned();
    for _ in 0..2 {
        let began = rotate(&scene.place.cloud, "canary-rotated");
        scene.becomes(503, "the secret is wrong", began);
        let began = rotate(&scene.place.cloud, &known);
        scene.becomes(200, "it is right again", began);
    }
    let asked = |call: &&Call| call.path.contains("/tokens/me") || call.path.contains("/organizations/me");
    let (ledger, began) = (scene.place.cloud.ledger(), Instant::now());
    let before = ledger.iter().filter(asked).count();
    while began.elapsed() < Duration::from_secs(9) {
        scene.readiness().is(200);
    }
    let after = scene.place.cloud.ledger().iter().filter(asked).count();
    assert!((1..=3).contains(&(after - before)), "asked {} times in nine seconds", after - before);
    assert_eq!(scene.program.terminate(), Some(0));
}
