//! Grant reads that still show the past right after a write (docs/genesys.md G4.6): nothing is forgotten,
//! nothing mistaken for somebody else's.
//!
//! How the emulator shows the past is its quirk `stale_ms`. Creates whose answer is lost are in the step
//! table.

use genesys_cloud_emulator::Quirks;
use serde_json::{Value, json};

use super::theirs::administrator;
use crate::support::bodies::{OURS, agent, group, patch};
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

#[tokio::test]
async fn a_group_and_a_member_that_genesys_has_not_heard_of_yet_come_together_and_who_is_deleted_is_not_waited_for()
 {
    let cloud = cloud();
    cloud.set_quirks(Quirks { stale_ms: 1500, stale_writes: true, ..Quirks::default() });
    let house = TestBridge::on(cloud, Setup { tenant: "groups = \"create\"", ..Setup::without_rules() });
    let nora = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201).id();
    let made = house.scim("POST", "/Groups", Some(group("Night Desk", &[&nora]))).await;
    assert_eq!(made.status, 201, "{made:?}");
    let late = house.scim("POST", "/Users", Some(agent("omar"))).await.is(201).id();
    let add = |id: &str| patch(json!([{"op": "add", "path": "members", "value": [{"value": id}]}]));
    let path = format!("/Groups/{}", made.id());
    assert!(house.scim("PATCH", &path, Some(add(&late))).await.status < 300);
    house.settled().await;
    let members = house.cloud.snapshot()["groups"].to_string();
    assert!(members.contains(&nora) && members.contains(&late), "{members}");

    let gone = house.scim("POST", "/Users", Some(agent("pia"))).await.is(201).id();
    tokio::time::sleep(std::time::Duration::from_millis(1600)).await;
    administrator(&house, "DELETE", &format!("/api/v2/users/{gone}"), None).await;
    let began = std::time::Instant::now();
    let refused = house.scim("PATCH", &path, Some(add(&gone))).await;
    assert!(refused.status >= 400 && refused.body["detail"].to_string().contains("not found"), "{refused:?}");
    assert!(began.elapsed() < std::time::Duration::from_secs(8), "{:?}", began.elapsed());
}
