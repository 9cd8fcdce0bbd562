//! A data directory in the formats of the version before records of every kind said theirs: it opens, and
//! everything is in it.
//!
//! The old encoders are kept here and nowhere else. Migrations as such are tested in `store::disk`.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::claims::Claimed;
use super::import::ImportState;
use super::recompute::Recompute;
use super::*;
use crate::audit;
use crate::model::ports::Journal as _;
use crate::model::{Actor, ClientId, CredentialId, SagaOpened};
use crate::scim::kind::ResourceKind;
use crate::store::samples::{acknowledged, granted, object, put_user, saga_id, subject, tenant};
use crate::store::tokens::{self, Scope, TokenRecord};
use crate::store::{self, OpenOptions, StoreJournal, cursor_secret, hash_chain};

fn user(id: &str, name: &str) -> StoredUser {
    StoredUser {
        subject: subject(1),
        id: UserId::new(id),
        document: object(json!({ "userName": name })),
        version: 3,
        created_ms: 1,
        modified_ms: 2,
        managed: true,
        status: Provisioning::default(),
        division: None,
        saga: None,
    }
}

/// One byte for the format, then JSON.
fn with_byte(format: u8, record: &impl serde::Serialize) -> Bytes {
    Bytes::from([vec![format], serde_json::to_vec(record).unwrap()].concat())
}

fn opened() -> SagaOpened {
    SagaOpened {
        names: vec![Reservation::UserName("cleo".to_owned())],
        ..put_user(7, None, json!({"userName": "cleo"}), None)
    }
}

/// The rows as that version wrote them, key by key.
fn old_rows() -> Batch {
    let mut batch = Batch::new();
    batch.put(Table::Users, "t/user/u1", with_byte(1, &user("u1", "ada")));
    batch.put(Table::Users, "t/user/u2", codec::encode_user(&user("u2", "bea")).unwrap());
    batch.put(Table::Users, "t/gone/u9", with_byte(1, &4_u64));
    let group = StoredGroup {
        subject: subject(2),
        id: GroupId::new("g"),
        genesys: Some("gg".to_owned()),
        document: object(json!({ "displayName": "Sales" })),
        version: 1,
        created_ms: 1,
        modified_ms: 1,
        managed: true,
        made: true,
        saga: None,
    };
    batch.put(Table::Groups, "t/group/g", with_byte(1, &group));
    for (key, id) in [
        ("t/userName/ada", "u1"),
        ("t/userName/bea", "u2"),
        ("t/groupName/sales", "g"),
        ("t/groupGenesys/gg/g", "g"),
    ] {
        batch.put(Table::Index, key, id);
    }
    batch.put(Table::Index, "t/reserve/user%2Fname%2Fcleo", saga_id(7).to_string());
    batch.put(
        Table::Index,
        "t/claim/client:okta/User/bea",
        json!({"id": "u2", "externalId": "E"}).to_string(),
    );
    batch.put(Table::Members, "t/ofGroup/g/u1", "u1");
    batch.put(Table::Members, "t/ofUser/u1/g", "g");
    let given: crate::model::GrantedSet = [granted("queue/q")].into();
    batch.put(Table::Granted, "t/user/u1", with_byte(1, &given));
    let id = saga_id(7).to_string();
    batch.put(Table::Journal, format!("t/saga/{id}"), with_byte(1, &opened()));
    batch.put(Table::Journal, format!("t/turn/{id}/0000"), with_byte(1, &acknowledged("u3")));
    batch.put(Table::Journal, format!("t/open/{id}"), id);
    let part = Recompute { group: GroupId::new("g"), version: 1, users: vec![UserId::new("u1")], at_ms: 1 };
    batch.put(Table::Outbox, format!("t/recompute/g/{:020}/{:06}", 1, 0), with_byte(1, &part));
    batch.put(Table::Tokens, "t/token/k", with_byte(1, &token()));
    batch.put(Table::Meta, "t/came/user", 3_i64.to_le_bytes().to_vec());
    batch.put(Table::Meta, "t/went/user", 1_i64.to_le_bytes().to_vec());
    batch.put(Table::Meta, "t/came/group", 1_i64.to_le_bytes().to_vec());
    batch.put(Table::Meta, "t/cursor-secret", vec![5; 32]);
    batch.put(Table::Meta, "t/import", with_byte(1, &import()));
    batch.append(old_trail());
    batch
}

fn old_trail() -> Batch {
    let mut batch = Batch::new();
    let mut head = hash_chain::Head::genesis(b"t/trail/");
    for seq in 1..=2_u64 {
        let entry = json!({
            "at_ms": seq, "who": "client:okta", "request": "r", "what": "create", "subject": "u1",
            "outcome": "committed", "codes": [], "saga": null,
        });
        let content = with_byte(1, &entry);
        head = head.next(&content);
        batch.put(
            Table::Audit,
            format!("t/trail/link/{seq:020}"),
            [head.hash.as_slice(), content.as_ref()].concat(),
        );
    }
    batch.put(Table::Audit, "t/trail/head", [&2_u64.to_be_bytes()[..], &head.hash].concat());
    batch
}

fn token() -> TokenRecord {
    TokenRecord {
        id: CredentialId::new("k"),
        client: ClientId::new("k"),
        hash: tokens::hash("text"),
        scope: Scope::Scim,
        label: "okta".to_owned(),
        created_ms: 0,
        expires_ms: None,
        revoked: false,
    }
}

fn import() -> ImportState {
    ImportState { finished_ms: 1, users: 2, groups: 1 }
}

#[tokio::test]
async fn a_data_directory_of_the_version_before_opens_with_everything_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let options = OpenOptions { cache_bytes: 4 << 20, ..OpenOptions::new(dir.path()) };
    let old = store::open_as_first(&options);
    old.commit(old_rows()).await.unwrap();
    old.close().await.unwrap();
    drop(old);
    for start in 0..2 {
        let store = store::open(&options).unwrap_or_else(|error| panic!("start {start}: {error}"));
        let directory = Directory::new(tenant(), Arc::clone(&store));
        reads_everything(&directory).await;
        assert_eq!(audit::verify(store.as_ref(), &tenant()).await, Ok(2));
        assert_eq!(tokens::list(store.as_ref(), &tenant()).await.unwrap(), [token()]);
        let secret = cursor_secret::keep(store.as_ref(), &tenant(), || Err("a new one".to_owned())).await;
        assert_eq!(secret, Ok([5; 32]));
        let journal = StoreJournal::new(tenant(), Arc::clone(&store)).await.unwrap();
        let open = journal.open_sagas().await.unwrap();
        assert_eq!((open.len(), &open[0].opened, open[0].turns.len()), (1, &opened(), 1));
        let name = Reservation::UserName("cleo".to_owned());
        assert_eq!(journal.reserved_by(&name).await.unwrap(), Some(saga_id(7)));
        store.close().await.unwrap();
    }
}

async fn reads_everything(directory: &Directory) {
    for (name, id) in [("ada", "u1"), ("bea", "u2")] {
        let found = directory.user_by(UserLookup::UserName(name)).await.unwrap();
        assert_eq!(found, Some(user(id, name)));
        let view = directory.view(ResourceKind::User, id).await.unwrap().unwrap();
        assert_eq!((view.version, view.text.document().unwrap()["userName"].as_str()), (3, Some(name)));
    }
    assert_eq!(directory.tombstone(&UserId::new("u9")).await.unwrap(), Some(4));
    let (user, group) = (UserId::new("u1"), GroupId::new("g"));
    assert_eq!(directory.groups_of(&user).await.unwrap(), [(group.clone(), "Sales".to_owned())]);
    assert_eq!(directory.members(&group, None, 9).await.unwrap(), std::slice::from_ref(&user));
    assert_eq!(directory.group_by_genesys("gg").await.unwrap().unwrap().id, group);
    assert!(directory.ours(&user).await.unwrap().granted.contains_key("queue/q"));
    assert_eq!(directory.counts().await.unwrap(), Counts { users: 2, groups: 1 });
    assert!(directory.batch_first_counts().await.unwrap().is_empty());
    let claim = Claimed { id: "u2".to_owned(), external_id: Some("E".to_owned()) };
    assert_eq!(
        directory.claim(&Actor::Client(ClientId::new("okta")), "User/bea").await.unwrap(),
        Some(claim)
    );
    assert_eq!(directory.recomputes(9).await.unwrap().len(), 1);
    assert_eq!(directory.import_state().await.unwrap(), Some(import()));
}
