//! The audit trail from the command line, with the bridge running and stopped: what is whole is called so,
//! and what was tampered with on the disk is named.

use genesys_scim_bridge::testing::model::{Batch, Table, TenantId};
use genesys_scim_bridge::testing::store::{self, OpenOptions, audit_record, hash_chain};
use serde_json::Value;

use super::bench::installed;
use super::commands::{post_user, token};
use crate::support::program::Installation;

/// An installation whose trail has entries, and how many.
fn with_a_trail() -> (Installation, u64) {
    let bench = installed();
    std::fs::write(bench.file("admin"), token(&bench, "--name admin --scope admin")).unwrap();
    assert_eq!(bench.run("import").code, 0);
    let serving = bench.serve();
    let scim = token(&bench, "--name okta --token-file admin");
    post_user(&bench, &scim);
    let online = bench.run("audit verify --json --token-file admin");
    assert_eq!(online.code, 0, "{online:?}");
    let entries = online.json()["entries"].as_u64().unwrap();
    assert!(entries > 0, "{online:?}");
    let exported = bench.run("audit export --token-file admin");
    assert_eq!(exported.out.lines().count() as u64, entries, "{exported:?}");
    let head = bench.run("audit head --token-file admin");
    assert_eq!(serving.terminate(), Some(0));
    assert_eq!(bench.run("audit head").out, head.out, "the same answer both ways");
    assert_eq!(bench.run("audit export").out, exported.out);
    (bench, entries)
}

#[test]
fn a_whole_trail_is_called_whole_and_its_end_is_the_last_line_of_its_export() {
    let (bench, entries) = with_a_trail();
    let verified = bench.run("audit verify");
    assert_eq!(verified.code, 0, "{verified:?}");
    let exported = bench.run("audit export");
    let last: Value = serde_json::from_str(exported.out.lines().last().unwrap()).unwrap();
    let hash = last["hash"].as_str().unwrap();
    assert!(verified.out.contains(&format!("whole: {entries} entries")) && verified.out.contains(hash));
    assert_eq!(bench.run("audit head").out.trim(), format!("{entries} {hash}"));
    assert!(last["record"]["who"].as_str().unwrap().starts_with("client:"), "{last}");
    assert!(last["record"]["credential"].is_string(), "{last}");
    let rest = bench.run(&format!("audit export --after {}", entries - 1)).out;
    assert_eq!(rest.lines().count(), 1, "{rest}");
}

#[test]
fn what_administrators_do_is_in_the_trail_with_who_did_it() {
    let (bench, _) = with_a_trail();
    let listed = bench.run("token list --json").json();
    let okta = listed["tokens"].as_array().unwrap().iter().find(|token| token["label"] == "okta").unwrap();
    assert_eq!(bench.run(&format!("token revoke {}", okta["id"].as_str().unwrap())).code, 0);
    let exported = bench.run("audit export").out;
    let entries: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done = |what: &str| -> Vec<(String, String)> {
        let found = entries.iter().map(|entry| &entry["record"]).filter(|record| record["what"] == what);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        found.map(|record| (text(&record["who"]), text(&record["outcome"]))).collect()
    };
    let admin = listed["tokens"].as_array().unwrap().iter().find(|token| token["label"] == "admin").unwrap();
    let admin = format!("client:{}", admin["client"].as_str().unwrap());
    let [committed, asked] = ["committed", "asked"].map(str::to_owned);
    assert_eq!(done("token_made"), [("operator".into(), committed.clone()), (admin, committed.clone())]);
    assert_eq!(done("token_revoked"), [("operator".to_owned(), committed)]);
    assert_eq!(done("import"), [("client:process-1".to_owned(), asked)]);
}

#[tokio::test]
async fn an_entry_that_was_changed_on_the_disk_is_named() {
    let (bench, entries) = tokio::task::spawn_blocking(with_a_trail).await.unwrap();
    let store = store::open(&OpenOptions::new(bench.data())).unwrap();
    let key = hash_chain::link_key(&audit_record::prefix(&TenantId::new("aurora")), entries);
    let mut value = store.get(Table::Audit, &key).await.unwrap().unwrap().to_vec();
    let at = value.len() - 3;
    value[at] ^= 1;
    let mut batch = Batch::new();
    batch.put(Table::Audit, key, value);
    store.commit(batch).await.unwrap();
    store.close().await.unwrap();
    // The lock of the data directory goes with the last handle.
    drop(store);
    let verified = bench.run("audit verify");
    assert_eq!(verified.code, 1, "{verified:?}");
    assert!(verified.err.contains(&format!("broken at entry {entries}")), "{verified:?}");
    let json = bench.run("audit verify --json");
    assert_eq!((json.code, &json.json()["whole"]), (1, &Value::Bool(false)), "{json:?}");
    let serving = bench.serve();
    let online = bench.run("audit verify --token-file admin");
    assert_eq!((online.code, online.err), (1, verified.err), "the same words from a running bridge");
    assert_eq!(serving.terminate(), Some(0));
}
