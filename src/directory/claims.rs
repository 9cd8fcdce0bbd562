//! Claims: how a POST whose answer was lost is known again when it is sent once more.
//!
//! The record is written by the turn that makes the resource visible and removed when its client has seen a
//! 2xx. Who may claim, and when: `bridge::claims`.

use serde::{Deserialize, Serialize};

use crate::model::{Actor, Batch, Claim, SagaOpened, StoreError, Table};
use crate::store::record;

use super::Directory;

const FORMAT: u8 = 1;

/// What a create made that its client may not know of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// The id of the resource.
    pub id: String,
    /// The externalId that the create had.
    #[serde(rename = "externalId")]
    pub external_id: Option<String>,
}

impl Directory {
    /// What a create by this client under this name made, until the client has seen it.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn claim(&self, by: &Actor, name: &str) -> Result<Option<Claimed>, StoreError> {
        let value = self.value(Table::Index, &self.claim_key(by, name)).await?;
        value.map(|value| decode(&value)).transpose()
    }

    /// Removes the claim: its client has seen what it made.
    pub fn spend_claim(&self, by: &Actor, name: &str) -> Batch {
        let mut batch = Batch::new();
        batch.delete(Table::Index, self.claim_key(by, name));
        batch
    }

    /// Writes the claim of a create that becomes visible; nothing for any other saga.
    pub(super) fn write_claim(
        &self,
        batch: &mut Batch,
        opened: &SagaOpened,
        id: &str,
    ) -> Result<(), StoreError> {
        let Some(Claim { name, external_id }) = &opened.claim else { return Ok(()) };
        let claim = Claimed { id: id.to_owned(), external_id: external_id.clone() };
        batch.put(Table::Index, self.claim_key(&opened.cause.by, name), record::encode(FORMAT, &claim)?);
        Ok(())
    }

    /// Client and name as they are: the one has no slash, so no two claims share a key.
    fn claim_key(&self, by: &Actor, name: &str) -> Vec<u8> {
        format!("{}/claim/{by}/{name}", self.tenant.as_str()).into_bytes()
    }
}

fn decode(value: &[u8]) -> Result<Claimed, StoreError> {
    if value.first() == Some(&b'{') {
        // Format 0 had no byte of its own.
        return record::decode(FORMAT, &[&[FORMAT], value].concat());
    }
    record::decode(FORMAT, value)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::model::ports::{Store, TurnRecords as _};
    use crate::model::{ClientId, Report, Turn};
    use crate::store::MemoryStore;
    use crate::store::samples::{acknowledged, committed, put_user, tenant};

    #[tokio::test]
    async fn a_claim_lives_from_the_first_visible_turn_until_it_is_spent() {
        let store = Arc::new(MemoryStore::new());
        let directory = Directory::new(tenant(), Arc::clone(&store) as Arc<dyn Store>);
        let mut saga = put_user(1, None, json!({"userName": "ada"}), None);
        saga.claim = Some(Claim { name: "User/ada".to_owned(), external_id: Some("E".to_owned()) });
        let turn = async |turn: &Turn| {
            let batch = directory.compose(&saga, turn, &Report::default(), 1).await.unwrap();
            store.commit(batch).await.unwrap();
            directory.claim(&saga.cause.by, "User/ada").await.unwrap()
        };
        let other = Actor::Client(ClientId::new("other"));
        let claim = Some(Claimed { id: "u1".to_owned(), external_id: Some("E".to_owned()) });
        assert_eq!(turn(&acknowledged("u1")).await, claim);
        assert_eq!(directory.claim(&other, "User/ada").await.unwrap(), None);
        store.commit(directory.spend_claim(&saga.cause.by, "User/ada")).await.unwrap();
        assert_eq!(turn(&committed("u1")).await, None, "a later turn does not bring it back");
    }

    #[test]
    fn a_claim_of_the_format_before_is_still_read() {
        let old = json!({ "id": "u1", "externalId": null }).to_string();
        assert_eq!(decode(old.as_bytes()), Ok(Claimed { id: "u1".to_owned(), external_id: None }));
        assert!(decode(b"\x02{}").is_err());
    }
}
