//! A directory with many managed people in it, each with groups and with what was given: for tests of what looks at
//! everybody, and for measuring it.
//!
//! Written without sagas and look-ups, so that a hundred thousand take seconds.

use serde_json::json;

use super::{Directory, GroupNames, Provisioning, StoredGroup, StoredUser, codec, record};
use crate::model::ports::Store;
use crate::model::{Batch, GrantedSet, GroupId, Object, Ours, Table, UserId};
use crate::store::samples::{object, subject};

/// Users written in one commit.
const PART: u32 = 1_000;

/// The id of the nth person.
pub(crate) fn id(n: u32) -> UserId {
    UserId::new(format!("00000000-0000-4000-8000-{n:012}"))
}

/// A person as it is to be written.
pub(crate) struct Somebody {
    pub(crate) document: Object,
    pub(crate) managed: bool,
    pub(crate) groups: Vec<u32>,
    pub(crate) granted: GrantedSet,
}

/// Writes groups `group-0`, `group-1` and so on, and as many people.
pub(crate) async fn fill(
    directory: &Directory,
    store: &dyn Store,
    groups: u32,
    users: u32,
    somebody: &dyn Fn(u32) -> Somebody,
) {
    let mut batch = Batch::new();
    for n in 0..groups {
        let group = group(n);
        batch.put(Table::Groups, directory.group_key(&group.id), codec::encode_group(&group).unwrap());
    }
    for n in 0..users {
        let Somebody { document, managed, groups, granted } = somebody(n);
        let user = StoredUser {
            subject: subject(n),
            id: id(n),
            document,
            version: 1,
            created_ms: 1,
            modified_ms: 1,
            managed,
            status: Provisioning::default(),
            division: None,
            saga: None,
        };
        batch.put(Table::Users, directory.user_key(&user.id), codec::encode_user(&user).unwrap());
        let ours = Ours { granted, ..Ours::default() };
        batch.put(Table::Granted, directory.granted_key(&user.id), record::encode(&ours).unwrap());
        groups.iter().for_each(|n| directory.join(&mut batch, &group(*n).id, &user.id));
        if n % PART == PART - 1 {
            store.commit(std::mem::take(&mut batch)).await.unwrap();
        }
    }
    store.commit(batch).await.unwrap();
}

fn group(n: u32) -> StoredGroup {
    StoredGroup {
        subject: subject(n),
        id: GroupId::new(format!("00000000-0000-4000-9000-{n:012}")),
        genesys: None,
        document: object(json!({ "displayName": format!("group-{n}") })),
        version: 1,
        created_ms: 1,
        modified_ms: 1,
        managed: true,
        made: false,
        saga: None,
    }
}

#[tokio::test]
async fn the_names_of_groups_are_read_once_for_everybody() {
    let store = crate::store::MemoryStore::new();
    let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(store);
    let directory = Directory::new(crate::store::samples::tenant(), std::sync::Arc::clone(&store));
    let somebody = |n: u32| Somebody {
        document: Object::new(),
        managed: true,
        groups: vec![n % 2, 2],
        granted: GrantedSet::new(),
    };
    fill(&directory, store.as_ref(), 3, 4, &somebody).await;
    let mut names = GroupNames::new();
    for n in 0..4 {
        let by = directory.groups_of_by(&id(n), &mut names).await.unwrap();
        assert_eq!(by, directory.groups_of(&id(n)).await.unwrap());
        assert_eq!(
            by.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(),
            [format!("group-{}", n % 2), "group-2".to_owned()]
        );
    }
    assert_eq!(names.len(), 3);
}
