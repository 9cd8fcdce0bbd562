//! Under which index keys a resource is found, and what has to be written when it changes.
//!
//! Pure. `userName` and a group's `displayName` have one owner each (the commit is refused otherwise);
//! external ids and e-mail addresses may have several. Look-ups are in [`super::Directory`].

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::Value;

use crate::model::{Batch, Expect, Object, Table, TenantId};
use crate::scim::value::fold;
use crate::store::keys;

/// Index of users by folded userName.
pub(super) const USER_NAME: &str = "userName";
/// Index of users by externalId.
pub(super) const USER_EXTERNAL: &str = "userExternalId";
/// Index of users by folded e-mail address.
pub(super) const USER_EMAIL: &str = "userEmail";
/// Index of groups by folded displayName.
pub(super) const GROUP_NAME: &str = "groupName";
/// Index of groups by externalId.
pub(super) const GROUP_EXTERNAL: &str = "groupExternalId";
/// Index of groups by Genesys group id.
pub(super) const GROUP_GENESYS: &str = "groupGenesys";

/// A member of a document, whatever its letter case.
pub(super) fn member<'a>(document: &'a Object, name: &str) -> Option<&'a Value> {
    document
        .get(name)
        .or_else(|| document.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// A text member of a document.
pub(super) fn text<'a>(document: &'a Object, name: &str) -> Option<&'a str> {
    member(document, name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The index keys of one resource. Each holds the resource's id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// Keys that only one resource may own.
    pub(super) unique: BTreeSet<Vec<u8>>,
    /// Keys that end in the resource's id, so that several resources can share the name before it.
    pub(super) shared: BTreeSet<Vec<u8>>,
}

/// The keys of a user.
pub(super) fn user(tenant: &TenantId, id: &str, document: &Object) -> Keys {
    let mut own = Keys::default();
    if let Some(name) = text(document, "userName") {
        own.unique.insert(keys::key(tenant, &[USER_NAME, &fold(name)]));
    }
    if let Some(external) = text(document, "externalId") {
        own.shared.insert(keys::key(tenant, &[USER_EXTERNAL, external, id]));
    }
    for email in emails(document) {
        own.shared.insert(keys::key(tenant, &[USER_EMAIL, &fold(email), id]));
    }
    own
}

/// The keys of a group.
pub(super) fn group(tenant: &TenantId, id: &str, document: &Object, genesys: Option<&str>) -> Keys {
    let mut own = Keys::default();
    if let Some(name) = text(document, "displayName") {
        own.unique.insert(keys::key(tenant, &[GROUP_NAME, &fold(name)]));
    }
    if let Some(external) = text(document, "externalId") {
        own.shared.insert(keys::key(tenant, &[GROUP_EXTERNAL, external, id]));
    }
    if let Some(genesys) = genesys {
        own.shared.insert(keys::key(tenant, &[GROUP_GENESYS, genesys, id]));
    }
    own
}

/// The e-mail addresses of a document, primary or not; plain texts are taken as addresses too.
fn emails(document: &Object) -> impl Iterator<Item = &str> {
    let list = member(document, "emails").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|item| match item {
        Value::Object(email) => text(email, "value"),
        Value::String(email) => Some(email.as_str()),
        _ => None,
    })
}

/// Who holds the unique keys of two sets of keys now; a key that nobody holds is not in it.
pub(super) type Owners = BTreeMap<Vec<u8>, Bytes>;

/// Writes the change from one set of keys to another.
pub(super) fn replace(batch: &mut Batch, id: &str, old: &Keys, new: &Keys, owners: &Owners) {
    let own = |key: &Vec<u8>| owners.get(key).filter(|held| *held == id.as_bytes());
    for key in &new.unique {
        let expect = match own(key) {
            Some(held) => Expect::Equals(held.clone()),
            // Held by another one: then this condition refuses the commit.
            _ => Expect::Absent,
        };
        batch.expect(Table::Index, key.clone(), expect);
        batch.put(Table::Index, key.clone(), id.to_owned());
    }
    for key in old.unique.difference(&new.unique) {
        if own(key).is_some() {
            batch.delete(Table::Index, key.clone());
        }
    }
    for key in old.shared.difference(&new.shared) {
        batch.delete(Table::Index, key.clone());
    }
    for key in &new.shared {
        batch.put(Table::Index, key.clone(), id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_user_is_found_by_every_name_whatever_its_letter_case() {
        let tenant = TenantId::new("t");
        let document = object(json!({"USERNAME": "Ada@X.org", "externalId": "E1",
            "emails": [{"value": "Ada@X.org", "primary": true}, {"Value": "b@x.org"}, "c@x.org", 7]}));
        let found = user(&tenant, "id", &document);
        assert_eq!(found.unique, BTreeSet::from([b"t/userName/ada@x.org".to_vec()]));
        let shared: Vec<String> =
            found.shared.iter().map(|key| String::from_utf8(key.clone()).unwrap()).collect();
        let wanted = [
            "t/userEmail/ada@x.org/id",
            "t/userEmail/b@x.org/id",
            "t/userEmail/c@x.org/id",
            "t/userExternalId/E1/id",
        ];
        assert_eq!(shared, wanted);
        assert_eq!(user(&tenant, "id", &object(json!({"userName": "", "emails": null}))), Keys::default());
    }

    #[test]
    fn a_rename_takes_the_new_key_and_gives_up_only_its_own_old_one() {
        let keys =
            |name: &str| Keys { unique: BTreeSet::from([name.as_bytes().to_vec()]), ..Keys::default() };
        let table = [
            ("own old key", Some("me"), 1, Expect::Absent),
            ("old key of another", Some("you"), 0, Expect::Absent),
            ("old key gone", None, 0, Expect::Absent),
        ];
        for (what, holder, deletes, expect) in table {
            let mut batch = Batch::new();
            let owners = holder.map(|holder| (b"old".to_vec(), Bytes::from(holder))).into_iter().collect();
            replace(&mut batch, "me", &keys("old"), &keys("new"), &owners);
            assert_eq!(batch.delete.len(), deletes, "{what}");
            assert_eq!(batch.expect, [(Table::Index, b"new".to_vec(), expect)], "{what}");
        }
        let mut batch = Batch::new();
        let mine = Bytes::from("me");
        let owners = Owners::from([(b"a".to_vec(), mine.clone())]);
        replace(&mut batch, "me", &keys("a"), &keys("a"), &owners);
        assert_eq!(batch.expect, [(Table::Index, b"a".to_vec(), Expect::Equals(mine))]);
    }
}
