//! The SCIM part of the API: users and groups, as Genesys offers them (docs/genesys.md G2).
//!
//! A write is made on a JSON document: `render` writes a user as one, `patch` changes it, `apply` reads it
//! back.

mod apply;
pub(crate) mod discovery;
mod filter;
pub(crate) mod groups;
mod patch;
mod path;
mod render;
pub(crate) mod users;

use serde_json::{Map, Value};

use crate::reply::{Refusal, Reply};
use crate::turn::Turn;

pub(crate) const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";
const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Authority of the external id that SCIM itself keeps.
pub(crate) const SCIM_AUTHORITY: &str = "x-pc:scimv2:v1";
/// Page size above which a listing is cut.
const MAX_COUNT: i64 = 100;

/// The ETag of a version.
fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

/// Refuses a write whose If-Match is not the current version.
fn check_if_match(turn: &Turn<'_>, version: u32) -> Result<(), Refusal> {
    match turn.request.header("if-match") {
        Some(sent) if sent != "*" && sent.trim_start_matches("W/") != etag(version) => Err(Refusal::scim(
            turn.quirks.stale_etag_status,
            "invalidVers",
            format!("The version {sent} does not match the current version \"{version}\"."),
        )),
        _ => Ok(()),
    }
}

/// Whether If-None-Match names the current version.
fn not_modified(turn: &Turn<'_>, version: u32) -> bool {
    turn.request.header("if-none-match").is_some_and(|sent| sent.trim_start_matches("W/") == etag(version))
}

/// A resource with its ETag, after the projection that the request asks for.
fn send(turn: &Turn<'_>, status: u16, version: u32, document: Map<String, Value>) -> Reply {
    Reply::json(status, Value::Object(project(turn, document))).with("ETag", etag(version))
}

/// Keeps what `attributes` and `excludedAttributes` leave; id, userName, active, meta and schemas always
/// stay.
fn project(turn: &Turn<'_>, mut document: Map<String, Value>) -> Map<String, Value> {
    let always = ["schemas", "id", "userName", "active", "meta"];
    let wanted = turn.request.parameters("attributes");
    let unwanted = turn.request.parameters("excludedAttributes");
    let names = |list: &[String], key: &str| list.iter().any(|name| covers(name, key));
    document.retain(|key, _| {
        always.contains(&key.as_str())
            || (wanted.is_empty() || names(&wanted, key) || wanted.iter().any(|name| inside(name, key)))
                && !names(&unwanted, key)
    });
    for urn in [ENTERPRISE, GENESYS] {
        let Some(Value::Object(extension)) = document.get_mut(urn) else { continue };
        let whole = wanted.is_empty() || names(&wanted, urn);
        extension.retain(|key, _| {
            let full = format!("{urn}:{key}");
            (whole || names(&wanted, &full) || wanted.iter().any(|name| inside(name, &full)))
                && !names(&unwanted, &full)
        });
        if extension.is_empty() {
            document.remove(urn);
        }
    }
    document
}

/// Whether a name of the request means this key.
fn covers(name: &str, key: &str) -> bool {
    let bare = name.strip_prefix(CORE_USER).or_else(|| name.strip_prefix(CORE_GROUP));
    bare.and_then(|bare| bare.strip_prefix(':')).unwrap_or(name).eq_ignore_ascii_case(key)
}

/// Whether a name of the request means something inside this key.
fn inside(name: &str, key: &str) -> bool {
    let head = name.get(..key.len()).is_some_and(|head| head.eq_ignore_ascii_case(key));
    head && name.get(key.len()..).is_some_and(|tail| tail.starts_with([':', '.']))
}

/// A page of a SCIM listing.
fn page(turn: &Turn<'_>, all: Vec<Map<String, Value>>) -> Result<Reply, Refusal> {
    let start = turn.number("startIndex", 1)?.max(1);
    let count = turn.number("count", 25)?.clamp(0, MAX_COUNT);
    let total = all.len();
    let skip = usize::try_from(start.saturating_sub(1)).unwrap_or(usize::MAX);
    let resources: Vec<Value> = all
        .into_iter()
        .skip(skip)
        .take(usize::try_from(count).unwrap_or(0))
        .map(|document| Value::Object(project(turn, document)))
        .collect();
    Ok(Reply::ok(serde_json::json!({
        "schemas": [LIST_RESPONSE],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })))
}

/// The operations of a PATCH body.
fn operations(turn: &Turn<'_>) -> Result<Vec<patch::Operation>, Refusal> {
    let body = turn.object()?;
    let schemas = body.get("schemas").and_then(Value::as_array);
    if !schemas.is_some_and(|list| list.iter().any(|urn| urn.as_str() == Some(PATCH_OP))) {
        return Err(turn.scim_bad("invalidSyntax", format!("schemas must contain {PATCH_OP}.")));
    }
    let Some(Value::Array(list)) = body.get("Operations") else {
        return Err(turn.scim_bad("invalidSyntax", "Operations is required."));
    };
    if list.is_empty() {
        return Err(turn.scim_bad("invalidSyntax", "Operations must not be empty."));
    }
    list.iter()
        .map(|operation| patch::Operation::parse(operation).map_err(|fault| fault.refuse(turn)))
        .collect()
}
