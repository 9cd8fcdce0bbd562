//! Grant reads that still show the past right after a write (docs/genesys.md G4.6): nothing is forgotten,
//! nothing mistaken for somebody else's.
//!
//! How the emulator shows the past is its quirk `stale_ms`. Creates whose answer is lost are in the step
//! table.

use genesys_cloud_emulator::Quirks;
use serde_json::{Value, json};

use crate::support::bodies::{OURS, agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::emulator::cloud;
use crate::support::setup::Setup;

fn roles(names: &[&str]) -> Value {
    let roles: Vec<Value> = names.iter().map(|name| json!({"role": name, "division": "Americas"})).collect();
    patch(json!([{"op": "replace", "path": format!("{OURS}:roles"), "value": roles}]))
}

#[tokio::test]
async fn a_role_is_taken_back_and_given_again_although_reads_still_show_the_past() {
    let cloud = cloud();
    cloud.set_quirks(Quirks { stale_ms: 400, ..Quirks::default() });
    let house = TestBridge::on(cloud, Setup::without_rules());
    let id = house.scim("POST", "/Users", Some(agent("nora"))).await.id();
    let path = format!("/Users/{id}");
    let claims = "Claims Handler@Americas";
    for (wanted, there) in
        [(&["Claims Handler"][..], true), (&[][..], false), (&["Claims Handler"][..], true)]
    {
        let got = house.scim("PATCH", &path, Some(roles(wanted))).await;
        assert_eq!(got.status, 200, "{got:?}");
        let grants = house.cloud.snapshot()["grants"][&id].to_string();
        assert_eq!(grants.contains(claims), there, "asked for {wanted:?}, has {grants}");
    }
}
