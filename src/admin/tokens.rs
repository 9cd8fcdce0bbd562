//! `/admin/tokens`: bearer tokens of identity providers and administrators, made, listed and revoked while
//! the server runs.
//!
//! The text of a token is shown once, in the answer that made it. Records and hashes are `store::tokens`.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::state::{Administration, HandlerResult, TokenChange, json as answer, parse};
use crate::audit;
use crate::limits::{CLIENT_NAME_BYTES, TOKEN_DAYS, TOKENS_LIVE};
use crate::model::{ClientId, CredentialId, Secret};
use crate::scim::error::ScimError;
use crate::scim::store_fault::store_fault;
use crate::store::tokens::{self, Scope, TokenRecord};

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// What the audit trail calls a token that was made.
pub(crate) const TOKEN_MADE: &str = "token_made";
/// What the audit trail calls a token that was revoked.
pub(crate) const TOKEN_REVOKED: &str = "token_revoked";

/// What a new token shall be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// The name of the client whose it is. A name that had a token before is the same client.
    pub label: String,
    /// What it opens.
    #[serde(default = "scim")]
    pub scope: Scope,
    /// How many days it lives; [`TOKEN_DAYS`] if absent, since no token lives for ever (RFC 7644 section
    /// 7.4).
    #[serde(default)]
    pub days: Option<u32>,
}

fn scim() -> Scope {
    Scope::Scim
}

/// A new token: its record and its text.
///
/// # Errors
/// A label that is empty or too long, days out of range, or too many live tokens of that label.
pub(crate) fn issue(
    wish: Wish,
    existing: &[TokenRecord],
    id: Uuid,
    random: [u8; 32],
    now_ms: i64,
) -> Result<(TokenRecord, Secret), ScimError> {
    let label = wish.label.trim().to_owned();
    if label.is_empty() || label.len() > CLIENT_NAME_BYTES || label.chars().any(char::is_control) {
        return Err(ScimError::invalid_value(format!(
            "label must have 1 to {CLIENT_NAME_BYTES} plain characters."
        )));
    }
    if wish.days.is_some_and(|days| days == 0 || days > TOKEN_DAYS) {
        return Err(ScimError::invalid_value(format!("days must be between 1 and {TOKEN_DAYS}.")));
    }
    if !tokens::can_add(existing, &label, now_ms) {
        return Err(ScimError::conflict(format!(
            "{TOKENS_LIVE} tokens with this label are live already; revoke one of them first."
        )));
    }
    let text = tokens::text(random);
    let id = id.to_string();
    let client = tokens::client_of(existing, &label).unwrap_or_else(|| ClientId::new(id.as_str()));
    let record = TokenRecord {
        id: CredentialId::new(id),
        client,
        hash: tokens::hash(text.expose()),
        scope: wish.scope,
        label,
        created_ms: now_ms,
        expires_ms: Some(now_ms.saturating_add(i64::from(wish.days.unwrap_or(TOKEN_DAYS)) * DAY_MS)),
        revoked: false,
    };
    Ok((record, text))
}

/// A token as it is shown: everything but hash and text.
pub(crate) fn shown(token: &TokenRecord, now_ms: i64) -> Value {
    json!({
        "id": token.id,
        "client": token.client,
        "label": token.label,
        "scope": token.scope,
        "created_ms": token.created_ms,
        "expires_ms": token.expires_ms,
        "live": token.is_live(now_ms),
        "revoked": token.revoked,
    })
}

/// `POST /admin/tokens` with `{"label", "scope", "days"}`: 201 with the text, shown this once.
///
/// # Errors
/// A wish that cannot be granted, or a store that refuses.
pub(crate) async fn create(req: HttpRequest, body: Bytes, state: Administration) -> HandlerResult {
    let wish: Wish = serde_json::from_value(parse(&body)?).map_err(|_| {
        ScimError::invalid_value("The body must be {\"label\": text, \"scope\": \"scim\" or \"admin\", \"days\": number or absent}.")
    })?;
    let lane = Arc::clone(&state.tokens_lane).lock_owned().await;
    let existing =
        tokens::list(state.store.as_ref(), &state.tenant).await.map_err(|error| store_fault(&error))?;
    let now = state.clock.now_ms();
    let random = (state.random)().map_err(ScimError::internal)?;
    let (record, text) = issue(wish, &existing, state.ids.subject().uuid(), random, now)?;
    let mut batch = tokens::put(&state.tenant, &record).map_err(|error| store_fault(&error))?;
    let entry = state.trail(&req, TOKEN_MADE, record.id.as_str(), "committed");
    audit::append(&mut batch, &state.tenant, &entry).map_err(|error| store_fault(&error))?;
    let change = TokenChange::Made(Box::new(record.clone()));
    (state.change_tokens)(lane, batch, change).await.map_err(|error| store_fault(&error))?;
    tracing::info!(token = %record.id, "token made");
    let mut body = shown(&record, now);
    if let Some(object) = body.as_object_mut() {
        object.insert("token".to_owned(), text.expose().into());
    }
    Ok(answer(StatusCode::CREATED, &body))
}

/// `GET /admin/tokens`: all of them, revoked ones included, without their texts.
///
/// # Errors
/// A damaged record.
pub(crate) async fn list(state: Administration) -> HandlerResult {
    let found =
        tokens::list(state.store.as_ref(), &state.tenant).await.map_err(|error| store_fault(&error))?;
    let now = state.clock.now_ms();
    let found: Vec<Value> = found.iter().map(|token| shown(token, now)).collect();
    Ok(answer(StatusCode::OK, &json!({ "tokens": found })))
}

/// `DELETE /admin/tokens/{id}`: revoked at once and for good, 204.
///
/// # Errors
/// 404 when there is none of that id.
pub(crate) async fn revoke(req: HttpRequest, id: Path<String>, state: Administration) -> HandlerResult {
    let lane = Arc::clone(&state.tokens_lane).lock_owned().await;
    let id = CredentialId::new(id.into_inner());
    let batch = tokens::revoke(state.store.as_ref(), &state.tenant, &id)
        .await
        .map_err(|error| store_fault(&error))?;
    let mut batch = batch.ok_or_else(|| ScimError::not_found("There is no token with this id."))?;
    let entry = state.trail(&req, TOKEN_REVOKED, id.as_str(), "committed");
    audit::append(&mut batch, &state.tenant, &entry).map_err(|error| store_fault(&error))?;
    let change = TokenChange::Revoked(id.clone());
    (state.change_tokens)(lane, batch, change).await.map_err(|error| store_fault(&error))?;
    tracing::info!(token = %id, "token revoked");
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(label: &str, days: Option<u32>) -> Wish {
        Wish { label: label.to_owned(), scope: Scope::Scim, days }
    }

    #[test]
    fn a_wish_that_cannot_be_granted_says_why() {
        for (wish, status) in [
            (wish("  ", None), 400),
            (wish("a\nb", None), 400),
            (wish("okta", Some(0)), 400),
            (wish("okta", Some(TOKEN_DAYS + 1)), 400),
        ] {
            let fault = issue(wish.clone(), &[], Uuid::nil(), [1; 32], 0).expect_err("refused");
            assert_eq!(fault.status, status, "{wish:?}");
        }
    }

    #[test]
    fn a_third_live_token_of_one_label_is_refused_until_one_ends() {
        let mut existing = Vec::new();
        for round in 1..=TOKENS_LIVE {
            let id = Uuid::from_u128(round as u128);
            existing.push(issue(wish("okta", Some(1)), &existing, id, [1; 32], 0).expect("granted").0);
        }
        assert_eq!(
            issue(wish("okta", None), &existing, Uuid::nil(), [1; 32], 0).expect_err("full").status,
            409
        );
        assert!(
            issue(wish("okta", None), &existing, Uuid::nil(), [1; 32], DAY_MS).is_ok(),
            "they have expired"
        );
        assert!(issue(wish("entra", None), &existing, Uuid::nil(), [1; 32], 0).is_ok());
    }

    #[test]
    fn a_later_token_of_a_name_is_the_same_clients_and_another_name_is_another_client() {
        let first = issue(wish("okta", None), &[], Uuid::from_u128(1), [1; 32], 0).expect("granted").0;
        assert_eq!(first.client.as_str(), first.id.as_str());
        let known = [TokenRecord { revoked: true, ..first.clone() }];
        let next = issue(wish(" okta ", None), &known, Uuid::from_u128(2), [2; 32], 0).expect("granted").0;
        assert_ne!(next.id, first.id);
        assert_eq!(next.client, first.client);
        let other = issue(wish("entra", None), &known, Uuid::from_u128(3), [3; 32], 0).expect("granted").0;
        assert_ne!(other.client, first.client);
    }

    #[test]
    fn neither_hash_nor_text_is_shown_in_a_list() {
        let (record, text) = issue(wish("okta", None), &[], Uuid::nil(), [7; 32], 0).expect("granted");
        let shown = shown(&record, 0).to_string();
        assert!(!shown.contains(&record.hash) && !shown.contains(text.expose()));
    }
}
