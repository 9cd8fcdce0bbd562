//! Cursors (RFC 9865): where a listing goes on, sealed so that a client can carry it and cannot change it.
//!
//! A cursor is a compact JWS (RFC 7515, HS256) over the position, the fingerprint of the query and the time
//! it expires; its characters are unreserved ones, as RFC 9865 section 2 demands. The query itself is not in
//! it, only a keyed hash: filters hold names of people. Nothing is kept for a cursor, so that handing out
//! many costs no memory (section 6.4). The time comes from the caller. What a request says about cursors:
//! [`super::list`]; finding the page is the server's.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::error::ScimError;
use super::kind::ResourceKind;
use super::list::ListQuery;
use crate::limits;

/// Contexts for deriving one key for each use (BLAKE3's key derivation).
const SEAL_CONTEXT: &str = "genesys-scim-bridge 2026 cursor seal";
const QUERY_CONTEXT: &str = "genesys-scim-bridge 2026 cursor query fingerprint";
/// Bytes of a fingerprint: enough that no two queries meet by chance.
const FINGERPRINT_BYTES: usize = 16;

/// Seals and opens cursors. Made from 32 secret bytes that outlive the process: cursors do too.
pub struct CursorKey {
    seal: EncodingKey,
    open: DecodingKey,
    query: [u8; 32],
    rules: Validation,
}

/// Where a listing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Type of the resources that come next; a search over both types goes through users, then groups.
    pub kind: ResourceKind,
    /// Behind which of them.
    pub after: After,
}

/// The part of a listing that has been seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// Everything up to this id, in the stable order of the directory; creating and deleting meanwhile moves
    /// nothing.
    Id(String),
    /// So many resources of a sorted listing.
    Count(usize),
}

/// Which query a cursor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; FINGERPRINT_BYTES]);

/// What is sealed; short names, since it travels in addresses.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    /// Type: `U` or `G`.
    k: char,
    /// Last id seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    i: Option<String>,
    /// Resources seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<usize>,
    /// Fingerprint, in hexadecimal.
    q: String,
    /// Unix seconds from which on it is expired.
    exp: i64,
}

impl CursorKey {
    /// Takes the secret; the keys that are really used are derived from it.
    pub fn new(secret: [u8; 32]) -> Self {
        let seal = blake3::derive_key(SEAL_CONTEXT, &secret);
        let mut rules = Validation::new(Algorithm::HS256);
        // Expiry is judged here, by the caller's time; that crate would read the clock of the system.
        rules.validate_exp = false;
        rules.required_spec_claims.clear();
        Self {
            seal: EncodingKey::from_secret(&seal),
            open: DecodingKey::from_secret(&seal),
            query: blake3::derive_key(QUERY_CONTEXT, &secret),
            rules,
        }
    }

    /// The fingerprint of a query: of all that decides which resources it finds and in which order. `queries`
    /// has one entry for each type that is searched. `count` and the attributes asked for may change from
    /// page to page, since the position does not depend on them.
    pub fn fingerprint(&self, tenant: &str, queries: &[(ResourceKind, &ListQuery)]) -> Fingerprint {
        let mut hash = blake3::Hasher::new_keyed(&self.query);
        let mut put = |text: &str| {
            hash.update(&text.len().to_le_bytes());
            hash.update(text.as_bytes());
        };
        put(tenant);
        for (kind, query) in queries {
            put(kind.name());
            put(&query.filter.as_ref().map(ToString::to_string).unwrap_or_default());
            put(&query.sort.as_ref().map(ToString::to_string).unwrap_or_default());
        }
        let mut bytes = [0; FINGERPRINT_BYTES];
        hash.finalize_xof().fill(&mut bytes);
        Fingerprint(bytes)
    }

    /// A cursor for the page behind `position`, good for [`limits::CURSOR_TIMEOUT`] from `now_ms` (Unix
    /// milliseconds).
    ///
    /// # Errors
    /// 500 when the machinery for signing fails.
    pub fn issue(
        &self,
        position: &Position,
        fingerprint: &Fingerprint,
        now_ms: i64,
    ) -> Result<String, ScimError> {
        let lifetime = i64::try_from(limits::CURSOR_TIMEOUT.as_secs()).unwrap_or(i64::MAX);
        let (i, n) = match &position.after {
            After::Id(id) => (Some(id.clone()), None),
            After::Count(seen) => (None, Some(*seen)),
        };
        let claims = Claims {
            k: letter(position.kind),
            i,
            n,
            q: fingerprint.to_string(),
            // Rounded up: the promise is at least that long.
            exp: now_ms.div_euclid(1000).saturating_add(1).saturating_add(lifetime),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.seal)
            .map_err(|_| ScimError::internal("The cursor of the next page could not be made."))
    }

    /// Opens a cursor that came back.
    ///
    /// # Errors
    /// `expiredCursor` when too much time went by, `invalidCursor` when it was not made here or for another query.
    pub fn read(&self, text: &str, fingerprint: &Fingerprint, now_ms: i64) -> Result<Position, ScimError> {
        let foreign = || {
            ScimError::invalid_cursor(
                "The cursor was not made by this service. Send nextCursor of the page before unchanged, or an empty cursor for the first page.",
            )
        };
        if text.len() > limits::CURSOR_BYTES {
            return Err(foreign());
        }
        let claims =
            jsonwebtoken::decode::<Claims>(text, &self.open, &self.rules).map_err(|_| foreign())?.claims;
        if claims.q != fingerprint.to_string() {
            return Err(ScimError::invalid_cursor(
                "The cursor belongs to another query. Repeat filter, sortBy, sortOrder and address of the first page, or send an empty cursor.",
            ));
        }
        if now_ms.div_euclid(1000) >= claims.exp {
            return Err(ScimError::expired_cursor(format!(
                "The cursor has expired: it is good for {} seconds. Start again with an empty cursor.",
                limits::CURSOR_TIMEOUT.as_secs()
            )));
        }
        let kind = ResourceKind::ALL.into_iter().find(|kind| letter(*kind) == claims.k);
        let after = match (claims.i, claims.n) {
            (Some(id), None) => After::Id(id),
            (None, Some(seen)) => After::Count(seen),
            _ => return Err(foreign()),
        };
        Ok(Position { kind: kind.ok_or_else(foreign)?, after })
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(secret)")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn letter(kind: ResourceKind) -> char {
    match kind {
        ResourceKind::User => 'U',
        ResourceKind::Group => 'G',
    }
}

#[cfg(test)]
#[path = "cursor_tests.rs"]
mod tests;
