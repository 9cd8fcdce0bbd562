//! Tokens: who am I, and the end of sessions (docs/genesys.md G1.7, G1.8). Tokens are issued by `engine` on
//! the login host.

use serde_json::json;

use crate::reply::{Answer, Refusal, Reply};
use crate::turn::Turn;

pub(crate) fn me(turn: &mut Turn<'_>) -> Answer {
    let organization = json!({ "id": turn.world.catalog.org_id, "name": turn.world.catalog.org_name });
    Ok(Reply::ok(json!({
        "organization": organization,
        "homeOrganization": organization,
        "authorizedScope": [],
        "OAuthClient": {
            "id": turn.client.id,
            "name": turn.client.name,
            "authorizedGrantType": "CLIENT-CREDENTIALS",
            "scope": [],
            "organization": organization,
        },
    })))
}

pub(crate) fn head(_: &mut Turn<'_>) -> Answer {
    Ok(Reply::empty(200))
}

pub(crate) fn revoke_mine(turn: &mut Turn<'_>) -> Answer {
    let token = turn.token.to_owned();
    turn.world.drop_token(&token);
    Ok(Reply::empty(200))
}

/// Ends the sessions of a user. Nobody is signed in here, so the effect shows in the ledger only.
pub(crate) fn revoke(turn: &mut Turn<'_>) -> Answer {
    let user = turn.world.users.get(&turn.path(0)).ok_or_else(Refusal::no_user)?;
    turn.need_division(&user.division, "missing.division.permission")?;
    turn.world.touched = true;
    Ok(Reply::empty(204))
}
