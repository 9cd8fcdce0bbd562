//! Who may come in: bearer tokens, compared as hashes in constant time, each with one scope.
//!
//! Keeps a snapshot of the live tokens; the records are in the store and whoever changes them replaces the snapshot
//! ([`TokenBook::replace`]). Every refusal is the same 401: it does not tell a wrong token from one of the wrong scope.

use std::fmt;

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::answer;
use super::state::ServerState;
use crate::scim::error::ScimError;

/// What a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The SCIM service.
    Scim,
    /// The administration.
    Admin,
}

impl Scope {
    /// Reads `scim` or `admin`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "scim" => Some(Self::Scim),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scim => "scim",
            Self::Admin => "admin",
        })
    }
}

/// A token that is not revoked, as hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveToken {
    /// Its id, for logs and audit.
    pub id: String,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// What it opens.
    pub scope: Scope,
    /// Unix milliseconds after which it opens nothing.
    pub expires_ms: Option<i64>,
}

/// Who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Token id.
    pub id: String,
    /// Its scope.
    pub scope: Scope,
}

/// The live tokens of this moment.
#[derive(Debug, Default)]
pub struct TokenBook {
    live: ArcSwap<Vec<LiveToken>>,
}

impl TokenBook {
    /// A book with these tokens.
    pub fn new(live: Vec<LiveToken>) -> Self {
        Self { live: ArcSwap::from_pointee(live) }
    }

    /// Puts a new snapshot in force at once.
    pub fn replace(&self, live: Vec<LiveToken>) {
        self.live.store(std::sync::Arc::new(live));
    }

    /// The token of that text, if it is live and of that scope. Looks at every token whatever it finds.
    pub fn find(&self, text: &str, scope: Scope, now_ms: i64) -> Option<Principal> {
        let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let live = self.live.load();
        let mut found = None;
        for token in live.iter() {
            let fresh = token.expires_ms.is_none_or(|end| now_ms < end);
            let allowed = Choice::from(u8::from(fresh && token.scope == scope));
            if bool::from(token.hash.ct_eq(&hash) & allowed) {
                found = Some(token);
            }
        }
        found.map(|token| Principal { id: token.id.clone(), scope: token.scope })
    }
}

/// The token text of an `Authorization` header; the scheme's letter case does not matter (RFC 9110 section 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, text) = header.split_once(' ')?;
    let text = text.trim();
    (scheme.eq_ignore_ascii_case("Bearer") && !text.is_empty()).then_some(text)
}

/// The one refusal.
pub fn refused() -> ScimError {
    ScimError::unauthorized(
        "A valid bearer token is needed here. Make one with `scim-bridge token new` and send it as \"Authorization: Bearer ...\".",
    )
}

/// Who sent the request, if a token of that scope came with it.
pub fn principal(req: &ServiceRequest, scope: Scope) -> Option<Principal> {
    let state = req.app_data::<Data<ServerState>>()?;
    let mut headers = req.headers().get_all(AUTHORIZATION);
    let text = bearer(headers.next()?.to_str().ok()?)?;
    if headers.next().is_some() {
        return None;
    }
    state.tokens.find(text, scope, state.clock.now_ms())
}

async fn guard<B: MessageBody + 'static>(
    scope: Scope,
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    match principal(&req, scope) {
        Some(who) => {
            req.extensions_mut().insert(who);
            Ok(next.call(req).await?.map_into_left_body())
        }
        None => Ok(req.into_response(answer::error(&refused())).map_into_right_body()),
    }
}

/// Lets in who brings a token of scope `scim`. Sits inside the routing, so no spelling of a path gets round it.
///
/// # Errors
/// Only what the handler behind it fails with.
pub async fn scim_only<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    guard(Scope::Scim, req, next).await
}

/// Lets in who brings a token of scope `admin`.
///
/// # Errors
/// Only what the handler behind it fails with.
pub async fn admin_only<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    guard(Scope::Admin, req, next).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(id: &str, text: &str, scope: Scope, expires_ms: Option<i64>) -> LiveToken {
        LiveToken { id: id.into(), hash: Sha256::digest(text.as_bytes()).into(), scope, expires_ms }
    }

    #[test]
    fn a_token_opens_only_its_own_scope_and_only_until_it_expires() {
        let book = TokenBook::new(vec![
            live("a", "gsb_one", Scope::Scim, None),
            live("b", "gsb_two", Scope::Admin, None),
            live("c", "gsb_old", Scope::Scim, Some(1_000)),
        ]);
        for (text, scope, now, wanted) in [
            ("gsb_one", Scope::Scim, 0, Some("a")),
            ("gsb_one", Scope::Admin, 0, None),
            ("gsb_two", Scope::Admin, 0, Some("b")),
            ("gsb_two", Scope::Scim, 0, None),
            ("gsb_old", Scope::Scim, 999, Some("c")),
            ("gsb_old", Scope::Scim, 1_000, None),
            ("gsb_On", Scope::Scim, 0, None),
            ("", Scope::Scim, 0, None),
        ] {
            assert_eq!(book.find(text, scope, now).map(|who| who.id).as_deref(), wanted, "{text} {scope} {now}");
        }
    }

    #[test]
    fn replacing_the_book_takes_effect_at_once() {
        let book = TokenBook::new(vec![live("a", "gsb_one", Scope::Scim, None)]);
        book.replace(Vec::new());
        assert_eq!(book.find("gsb_one", Scope::Scim, 0), None);
    }

    #[test]
    fn the_header_is_read_as_the_rfc_says() {
        for (header, wanted) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("Bearer ", None),
            ("abc", None),
        ] {
            assert_eq!(bearer(header), wanted, "{header}");
        }
    }
}
