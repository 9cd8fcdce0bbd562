//! Who may come in: bearer tokens, compared as hashes in constant time, each with one scope.
//!
//! Keeps a snapshot of the live tokens; the records are in the store and whoever changes them replaces the snapshot
//! ([`TokenBook::replace`]). Every refusal is the same 401: it does not tell a wrong token from one of the wrong scope.

use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use arc_swap::ArcSwap;

use super::answer;
use super::state::ServerState;
use crate::model::{ClientId, CredentialId};
use crate::scim::error::ScimError;
use crate::store::tokens::{self, Known, Scope, TokenRecord};

/// Who was let in: a client, by one of its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(Arc<TokenRecord>);

impl Principal {
    /// Who it is, whichever credential was shown.
    pub fn client(&self) -> &ClientId {
        &self.0.client
    }

    /// What was shown.
    pub fn credential(&self) -> &CredentialId {
        &self.0.id
    }
}

/// The tokens of this moment; revoked and expired ones in it open nothing.
#[derive(Debug, Default)]
pub struct TokenBook {
    known: ArcSwap<Vec<Known>>,
}

impl TokenBook {
    /// A book with these tokens.
    pub fn new(known: Vec<TokenRecord>) -> Self {
        Self { known: ArcSwap::from_pointee(known.into_iter().map(Known::new).collect()) }
    }

    /// Puts a new snapshot in force at once.
    pub fn replace(&self, known: Vec<TokenRecord>) {
        self.known.store(Arc::new(known.into_iter().map(Known::new).collect()));
    }

    /// The token of that text, if it is live and of that scope. Looks at every token whatever it finds.
    pub fn find(&self, text: &str, scope: Scope, now_ms: i64) -> Option<Principal> {
        let known = self.known.load();
        let found = tokens::find(&known, text, now_ms)?;
        (found.scope == scope).then(|| Principal(Arc::clone(found)))
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

    fn live(id: &str, text: &str, scope: Scope, expires_ms: Option<i64>) -> TokenRecord {
        TokenRecord {
            id: CredentialId::new(id),
            client: ClientId::new(format!("client of {id}")),
            hash: tokens::hash(text),
            scope,
            label: String::new(),
            created_ms: 0,
            expires_ms,
            revoked: false,
        }
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
            assert_eq!(
                book.find(text, scope, now).map(|who| who.credential().to_string()).as_deref(),
                wanted,
                "{text} {scope:?} {now}"
            );
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
