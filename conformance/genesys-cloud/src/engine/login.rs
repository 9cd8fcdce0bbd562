//! Tokens: issued on the login host for client credentials, checked on the API host (docs/genesys.md G1.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::reply::{Refusal, Reply};
use crate::request::{Request, pairs};
use crate::seed::SeedClient;
use crate::world::World;
use crate::world::entities::Token;

/// Answers POST /oauth/token.
pub(super) fn token(world: &mut World, request: &Request, now_ms: u64) -> Reply {
    if request.path != "/oauth/token" {
        return Refusal::not_found().render("");
    }
    if request.method != "POST" {
        return Refusal::new(405, "method.not.allowed", "Only POST is supported.").render("");
    }
    let form = pairs(&request.body_text());
    let field = |name: &str| form.iter().find(|(held, _)| held == name).map(|(_, value)| value.clone());
    if field("grant_type").as_deref() != Some("client_credentials") {
        return Refusal::oauth(
            400,
            "unsupported_grant_type",
            "The grant type is not supported for this client.",
        );
    }
    let sent = basic(request).or_else(|| Some((field("client_id")?, field("client_secret")?)));
    let Some((id, secret)) = sent else {
        return Refusal::oauth(400, "invalid_request", "Client authentication is missing.");
    };
    if world.catalog.client(&id).is_none_or(|client| client.secret != secret) {
        return Refusal::oauth(401, "invalid_client", "client not found or secret does not match");
    }
    let seconds = world.catalog.token_seconds;
    let expires_ms = now_ms.saturating_add(u64::from(seconds).saturating_mul(1000));
    let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    world.put_token(token.clone(), Token { client_id: id, expires_ms });
    Reply::ok(json!({ "access_token": token, "token_type": "bearer", "expires_in": seconds }))
}

/// Client id and secret of an Authorization header.
fn basic(request: &Request) -> Option<(String, String)> {
    let encoded = request.header("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The client behind a call of the API, and its token.
pub(super) fn authenticate(
    world: &World,
    request: &Request,
    now_ms: u64,
) -> Result<(SeedClient, String), Refusal> {
    let Some(header) = request.header("authorization") else {
        let message = "No authentication bearer token specified in authorization header.";
        return Err(Refusal::new(401, "authentication.required", message));
    };
    let bad = || Refusal::new(401, "bad.credentials", "Invalid login credentials.");
    let (scheme, token) = header.split_once(' ').ok_or_else(bad)?;
    let record = world.tokens.get(token.trim()).filter(|_| scheme.eq_ignore_ascii_case("bearer"));
    let record = record.filter(|record| now_ms < record.expires_ms).ok_or_else(bad)?;
    let client = world.catalog.client(&record.client_id).cloned().ok_or_else(bad)?;
    Ok((client, token.trim().to_owned()))
}
