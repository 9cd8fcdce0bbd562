//! The organisation, its limits, and the utilization of an agent (docs/genesys.md G7.4, G8.6).

use serde_json::{Value, json};

use crate::reply::{Answer, Refusal, Reply};
use crate::turn::Turn;

pub(crate) fn me(turn: &mut Turn<'_>) -> Answer {
    let catalog = &turn.world.catalog;
    Ok(Reply::ok(json!({
        "id": catalog.org_id,
        "name": catalog.org_name,
        "defaultLanguage": "en",
        "defaultCountryCode": "IE",
        "thirdPartyOrgName": "aurora",
        "domain": catalog.domain,
        "version": 1,
        "state": "active",
        "productPlatform": "GenesysCloud",
        "selfUri": "/api/v2/organizations/me",
    })))
}

pub(crate) fn limits(turn: &mut Turn<'_>) -> Answer {
    let namespace = turn.path(0);
    let known: Vec<(&str, i64)> = match namespace.as_str() {
        "platform.api" => vec![("client.credentials.token.rate.per.minute", i64::from(turn.rate_per_minute))],
        "users" => vec![("user.external.ids.max", 100)],
        "routing" => vec![("user.skills.bulk.max", 50), ("queue.members.bulk.max", 100)],
        "groups" => vec![("group.members.bulk.max", 50)],
        "scim" | "authorization" | "directory" => Vec::new(),
        _ => {
            let message = format!("Value [{namespace}] is not a known namespace.");
            return Err(Refusal::new(400, "invalid.value", message));
        }
    };
    let entities: Vec<Value> = known
        .into_iter()
        .map(|(key, value)| json!({ "key": key, "namespace": namespace, "value": value }))
        .collect();
    Ok(Reply::ok(json!({ "entities": entities })))
}

pub(crate) fn utilization(turn: &mut Turn<'_>) -> Answer {
    let user = turn.readable_user(&turn.path(0))?;
    let level = if user.utilization.is_some() { "Agent" } else { "Organization" };
    let media = user.utilization.unwrap_or_else(
        || json!({ "call": { "maximumCapacity": 1, "interruptableMediaTypes": [], "includeNonAcd": false } }),
    );
    Ok(Reply::ok(json!({ "utilization": media, "level": level })))
}
