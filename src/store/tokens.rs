//! Bearer tokens of identity providers and administrators: made, kept as hashes, listed, revoked.
//!
//! Every token belongs to a client, which is known by its name (the token's label) and has an id of its own:
//! that of the first token made under the name. A later token of the name is the same client's, so that a
//! rotation changes the credential and nobody's identity. Tokens that were stored before this was written
//! down get their client by the same rule when they are listed.
//!
//! Takes randomness as a parameter and never stores the text of a token. Who checks a request's token:
//! `server`.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::limits::{TOKENS_LISTED, TOKENS_LIVE};
use crate::model::ports::Store;
use crate::model::{Batch, ClientId, CredentialId, Expect, Secret, StoreError, Table, TenantId};

use super::{keys, record};

const FORMAT: u8 = 1;

/// What a token's bearer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The SCIM endpoints.
    Scim,
    /// The administration endpoints.
    Admin,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::Scim => "scim",
            Scope::Admin => "admin",
        })
    }
}

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Its id.
    pub id: CredentialId,
    /// Whose it is, in causes, claims and the audit trail. Not set only in a record as it was stored before
    /// clients had ids; [`list`] sets it.
    #[serde(default = "not_set")]
    pub client: ClientId,
    /// SHA-256 of its text, 64 lower-case hex digits. The text has 256 random bits, so a plain hash cannot be
    /// guessed back.
    pub hash: String,
    /// What its bearer may do.
    pub scope: Scope,
    /// The client's name, for people: `okta`.
    pub label: String,
    /// When it was made, Unix milliseconds.
    pub created_ms: i64,
    /// From when it is no longer accepted, Unix milliseconds.
    pub expires_ms: Option<i64>,
    /// Whether it was revoked.
    pub revoked: bool,
}

fn not_set() -> ClientId {
    ClientId::new("")
}

impl TokenRecord {
    /// Whether it is accepted at that time.
    pub fn is_live(&self, now_ms: i64) -> bool {
        !self.revoked && self.expires_ms.is_none_or(|end| now_ms < end)
    }
}

/// The text of a new token from 256 random bits of the operating system.
pub fn text(random: [u8; 32]) -> Secret {
    Secret::new(format!("gsb_{}", URL_SAFE_NO_PAD.encode(random)))
}

/// SHA-256 of a token's text, as [`TokenRecord::hash`] holds it.
pub fn hash(text: &str) -> String {
    let digits =
        |byte: u8| [byte >> 4, byte & 15].map(|half| char::from_digit(u32::from(half), 16).unwrap_or('0'));
    Sha256::digest(text.as_bytes()).iter().flat_map(|byte| digits(*byte)).collect()
}

/// Whether one more token with that label may live: the current one and its successor, no more.
pub fn can_add(existing: &[TokenRecord], label: &str, now_ms: i64) -> bool {
    existing.iter().filter(|token| token.label == label && token.is_live(now_ms)).count() < TOKENS_LIVE
}

/// A token with its hash as numbers, ready to be compared in a few instructions.
#[derive(Clone, Debug)]
pub struct Known {
    words: [u64; 4],
    record: Arc<TokenRecord>,
}

impl Known {
    /// Reads the hash. One that is none is equal to nothing that can be presented.
    pub fn new(record: TokenRecord) -> Self {
        let word = |at: usize| {
            record.hash.get(at * 16..at * 16 + 16).and_then(|it| u64::from_str_radix(it, 16).ok())
        };
        let words = [0, 1, 2, 3].map(|at| word(at).unwrap_or(0));
        Self { words, record: Arc::new(record) }
    }

    /// Its id.
    pub fn id(&self) -> &CredentialId {
        &self.record.id
    }

    /// Whether it is the token with that hash; takes the same time for every answer.
    fn matches(&self, presented: &[u64; 4]) -> bool {
        let same = self.words.iter().zip(presented).map(|(known, word)| known.ct_eq(word));
        same.fold(Choice::from(1), |all, one| all & one).into()
    }
}

/// The live token that was presented. Looks at every record, so that the time tells nothing about which one
/// it was.
pub fn find<'a>(known: &'a [Known], presented: &str, now_ms: i64) -> Option<&'a Arc<TokenRecord>> {
    let digest = Sha256::digest(presented.as_bytes());
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(digest.as_chunks::<8>().0) {
        *word = u64::from_be_bytes(*bytes);
    }
    known.iter().fold(None, |found, token| {
        let hit = token.matches(&words) && token.record.is_live(now_ms);
        if hit { Some(&token.record) } else { found }
    })
}

/// All tokens of a tenant by id, revoked and expired ones included.
///
/// # Errors
/// A damaged record.
pub async fn list(store: &dyn Store, tenant: &TenantId) -> Result<Vec<TokenRecord>, StoreError> {
    let found = store.scan(Table::Tokens, &keys::prefix(tenant, &["token"]), None, TOKENS_LISTED).await?;
    let decoded = found.iter().map(|(_, value)| record::decode(FORMAT, value)).collect::<Result<_, _>>();
    decoded.map(with_clients)
}

/// Sets the client of records that were stored without: the first token under each name says which it is, and lends
/// its id where it does not. No earlier token comes any more, so the answer never changes.
fn with_clients(mut tokens: Vec<TokenRecord>) -> Vec<TokenRecord> {
    let mut all = tokens.clone();
    all.sort_by(|one, other| (one.created_ms, &one.id).cmp(&(other.created_ms, &other.id)));
    for token in tokens.iter_mut().filter(|token| token.client == not_set()) {
        let first = all.iter().find(|first| first.label == token.label).unwrap_or(token);
        let stored = (first.client != not_set()).then(|| first.client.clone());
        token.client = stored.unwrap_or_else(|| ClientId::new(first.id.as_str()));
    }
    tokens
}

/// The client of that name, if it ever had a token; revoked and expired ones count.
pub fn client_of(existing: &[TokenRecord], label: &str) -> Option<ClientId> {
    existing.iter().find(|token| token.label == label).map(|token| token.client.clone())
}

/// Adds a token; the id must be new.
///
/// # Errors
/// A record that cannot be written.
pub fn put(tenant: &TenantId, token: &TokenRecord) -> Result<Batch, StoreError> {
    let mut batch = Batch::new();
    let key = key(tenant, &token.id);
    batch.expect(Table::Tokens, key.clone(), Expect::Absent);
    batch.put(Table::Tokens, key, record::encode(FORMAT, token)?);
    Ok(batch)
}

/// Revokes a token for good; `None` when there is none with that id.
///
/// # Errors
/// A damaged record.
pub async fn revoke(
    store: &dyn Store,
    tenant: &TenantId,
    id: &CredentialId,
) -> Result<Option<Batch>, StoreError> {
    let known = list(store, tenant).await?.into_iter().find(|token| token.id == *id);
    let Some(token) = known.map(|token| TokenRecord { revoked: true, ..token }) else { return Ok(None) };
    let key = key(tenant, id);
    let mut batch = Batch::new();
    batch.expect(Table::Tokens, key.clone(), Expect::Present);
    batch.put(Table::Tokens, key, record::encode(FORMAT, &token)?);
    Ok(Some(batch))
}

fn key(tenant: &TenantId, id: &CredentialId) -> Vec<u8> {
    keys::key(tenant, &["token", id.as_str()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn token(id: &str, label: &str, text: &str) -> TokenRecord {
        TokenRecord {
            id: CredentialId::new(id),
            client: ClientId::new(label),
            hash: hash(text),
            scope: Scope::Scim,
            label: label.to_owned(),
            created_ms: 0,
            expires_ms: None,
            revoked: false,
        }
    }

    #[test]
    fn a_token_has_256_bits_and_its_hash_is_sha_256() {
        let text = text([255; 32]);
        assert_eq!(text.expose().len(), 4 + 43);
        assert!(text.expose().starts_with("gsb___"));
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn only_live_tokens_are_found() {
        let records = vec![
            TokenRecord { revoked: true, ..token("a", "okta", "one") },
            TokenRecord { expires_ms: Some(10), ..token("b", "okta", "two") },
            token("c", "entra", "three"),
        ];
        let mut known: Vec<Known> = records.iter().cloned().map(Known::new).collect();
        known.push(Known::new(TokenRecord { hash: "none".into(), ..token("d", "entra", "") }));
        for (text, now, wanted) in [
            ("one", 0, None),
            ("two", 9, Some("b")),
            ("two", 10, None),
            ("three", 99, Some("c")),
            ("", 0, None),
        ] {
            assert_eq!(find(&known, text, now).map(|token| token.id.as_str()), wanted, "{text} at {now}");
        }
        assert!(can_add(&records, "okta", 0), "one of the two does not live");
        assert!(can_add(&records, "entra", 0));
        let full = [token("d", "x", "4"), token("e", "x", "5")];
        assert!(!can_add(&full, "x", 0) && can_add(&full, "y", 0));
    }

    #[tokio::test]
    async fn a_revoked_token_stays_listed_as_revoked() {
        let (store, tenant) = (MemoryStore::new(), TenantId::new("t"));
        store.commit(put(&tenant, &token("a", "okta", "one")).unwrap()).await.unwrap();
        assert!(store.commit(put(&tenant, &token("a", "okta", "two")).unwrap()).await.is_err());
        let batch = revoke(&store, &tenant, &CredentialId::new("a")).await.unwrap().unwrap();
        store.commit(batch).await.unwrap();
        assert!(list(&store, &tenant).await.unwrap()[0].revoked);
        assert_eq!(revoke(&store, &tenant, &CredentialId::new("b")).await.unwrap(), None);
        assert_eq!(list(&store, &TenantId::new("u")).await.unwrap(), []);
    }

    #[tokio::test]
    async fn tokens_from_before_clients_had_ids_get_that_of_the_first_one_of_their_name() {
        let (store, tenant) = (MemoryStore::new(), TenantId::new("t"));
        for (id, label, created_ms) in [("c", "okta", 2), ("b", "okta", 1), ("a", "entra", 3)] {
            let old = serde_json::json!({
                "id": id, "hash": hash(id), "scope": "scim", "label": label, "created_ms": created_ms,
                "expires_ms": null, "revoked": id == "b",
            });
            let mut batch = Batch::new();
            batch.put(Table::Tokens, key(&tenant, &CredentialId::new(id)), record::encode(1, &old).unwrap());
            store.commit(batch).await.unwrap();
        }
        let clients = |known: &[TokenRecord]| -> Vec<(String, String)> {
            known.iter().map(|token| (token.id.to_string(), token.client.to_string())).collect()
        };
        let wanted = [("a", "a"), ("b", "b"), ("c", "b")].map(|(id, of)| (id.to_owned(), of.to_owned()));
        let known = list(&store, &tenant).await.unwrap();
        assert_eq!(clients(&known), wanted);
        assert_eq!(client_of(&known, "okta"), Some(ClientId::new("b")));
        assert_eq!(client_of(&known, "somebody"), None);
        // One made while the clock was wrong changes nobody's client, and neither does a revocation, which
        // writes it down.
        let new = TokenRecord { created_ms: 0, client: ClientId::new("b"), ..token("d", "okta", "four") };
        store.commit(put(&tenant, &new).unwrap()).await.unwrap();
        let revoked = revoke(&store, &tenant, &CredentialId::new("c")).await.unwrap().unwrap();
        store.commit(revoked).await.unwrap();
        let known = list(&store, &tenant).await.unwrap();
        assert_eq!(clients(&known)[..3], wanted);
        assert_eq!(known[3].client, ClientId::new("b"));
        assert!(known[2].revoked);
    }
}
