//! The questions of `check` against the emulator, with the region table pointed at it.

use std::path::Path;

use genesys_cloud_emulator::{Cloud, Options};

use super::judge::{Finding, State, Trouble};
use super::{client, probe};
use crate::app::genesys_settings;
use crate::config::Config;
use crate::genesys::Settings;
use crate::model::Secret;

fn config(client: &str) -> Config {
    let text = format!(
        "genesys = {{ region = \"eu-central-1\", client_id = \"{client}\", client_secret_env = \"S\", calls_per_minute = 60000 }}\n\
         tenant = {{ name = \"t\" }}"
    );
    Config::parse(&text, Path::new("t.toml"), &|name| {
        (name == "S").then(|| "not-the-secret-of-this-region".to_owned())
    })
    .expect("good")
}

/// Every region is the emulator, but only one of them knows the secret.
async fn ask(cloud: &Cloud, home: &str, elsewhere: bool) -> Vec<Finding> {
    let config = config(cloud.client_id());
    let settings = genesys_settings(&config).expect("a region");
    let make = |asked: &Settings| {
        let mut there = asked.clone();
        if asked.api_base.contains(home) {
            there.client_secret = Secret::new(cloud.client_secret());
        }
        (there.api_base, there.login_base) = (cloud.api_base(), cloud.login_base());
        client(&there)
    };
    probe::all(&config, &settings, elsewhere, &make).await.expect("asked")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_region_is_told_apart_from_a_bad_secret() {
    let cloud = Cloud::start(Options { rate_per_minute: 60_000, ..Options::default() }).expect("emulator");
    for (home, elsewhere, trouble, cure) in [
        ("mypurecloud.ie", true, Trouble::Region, "set genesys.region to \"eu-west-1\""),
        ("nowhere", true, Trouble::Secret, "no other region takes them either"),
        ("mypurecloud.ie", false, Trouble::Secret, "check genesys.region"),
    ] {
        let findings = ask(&cloud, home, elsewhere).await;
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!((finding.state, finding.trouble), (State::Bad, Some(trouble)), "{finding}");
        assert!(finding.cure.contains(cure), "{finding}");
    }
}
