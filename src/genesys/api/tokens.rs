//! Tokens: who are we, and the end of a user's sessions (docs/genesys.md G1.7, G1.8). Pure.
//!
//! Our own token is fetched in `genesys::oauth`, on the login host.

use serde_json::Value;

use super::text;
use crate::genesys::request::{HttpCall, HttpMethod, Nature};
use crate::model::UserId;

/// GET of what our token is; needs no permission.
pub(crate) fn me() -> HttpCall {
    HttpCall::get("token_me", &["tokens", "me"])
}

/// DELETE of all tokens of a user.
pub(crate) fn revoke(user: &UserId) -> HttpCall {
    HttpCall::new("tokens_revoke", Nature::Removal, HttpMethod::Delete, &["tokens", user.as_str()])
}

/// Name of the organisation, or its id. `None` if the answer has neither.
pub(crate) fn organisation(answer: &Value) -> Option<String> {
    let organisation = answer.get("organization")?;
    text(organisation, "name").or_else(|| text(organisation, "id")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_organisation_is_named_and_sessions_end_by_user() {
        assert_eq!(
            organisation(&json!({"organization": {"id": "o", "name": "Acme"}})).as_deref(),
            Some("Acme")
        );
        assert_eq!(organisation(&json!({"organization": {"id": "o"}})).as_deref(), Some("o"));
        assert_eq!(organisation(&json!({})), None);
        assert_eq!(revoke(&UserId::new("u")).path, "/api/v2/tokens/u");
    }
}
