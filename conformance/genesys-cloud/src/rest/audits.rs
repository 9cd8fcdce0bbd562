//! The near-real-time audit query, and the services that it knows (docs/genesys.md G8.2, G8.7 to G8.14).
//!
//! What is written down is `world::audit`'s. There is no query that runs in the background here.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text, timestamp};
use crate::world::audit::{Actor, Message};

/// Largest page.
const MAX_PAGE: u64 = 500;
/// How far the query reaches back.
const REACH_MS: u64 = 14 * DAY_MS;
/// Longest interval of one query.
const MAX_INTERVAL_MS: u64 = 30 * DAY_MS;
const DAY_MS: u64 = 86_400_000;

/// A kind of entity, and what happens to it.
type Entity = (&'static str, &'static [&'static str]);

/// Services and their entities.
const SERVICES: [(&str, &[Entity]); 4] = [
    (
        "ContactCenter",
        &[("AgentRoutingInfo", &["Update"]), ("Queue", &["MemberAdd", "MemberUpdate", "MemberRemove"])],
    ),
    ("Directory", &[("User", &["Create", "Update", "Delete"])]),
    ("Groups", &[("DirectoryGroup", &["Create", "Update", "Delete"]), ("Team", &["Update"])]),
    ("PeoplePermissions", &[("Role", &["MemberAdd", "MemberUpdate", "MemberRemove"])]),
];

pub(crate) fn services(_: &mut Turn<'_>) -> Answer {
    let services = SERVICES.iter().map(|(name, entities)| {
        let entities = entities.iter().map(|(name, actions)| json!({ "name": name, "actions": actions }));
        json!({ "name": name, "entities": entities.collect::<Value>() })
    });
    Ok(Reply::ok(json!({ "services": services.collect::<Value>() })))
}

/// A query, understood.
struct Query {
    from_ms: u64,
    to_ms: u64,
    service: String,
    filters: Vec<(String, String)>,
    is_descending: bool,
    size: usize,
    number: usize,
}

fn read(turn: &Turn<'_>) -> Result<Query, Refusal> {
    let body = turn.object()?;
    let interval = text(&body, "interval").ok_or_else(|| Refusal::bad("interval is required"))?;
    let moments = interval.split_once('/').and_then(|(from, to)| Some((moment(from)?, moment(to)?)));
    let (from_ms, to_ms) = moments.ok_or_else(|| Refusal::bad("interval must be two times with a slash"))?;
    if from_ms >= to_ms || to_ms.saturating_sub(from_ms) > MAX_INTERVAL_MS {
        return Err(Refusal::bad("interval must be longer than nothing and no longer than 30 days"));
    }
    let service = text(&body, "serviceName").ok_or_else(|| Refusal::bad("serviceName is required"))?;
    if !SERVICES.iter().any(|(known, _)| *known == service) {
        return Err(Refusal::bad(format!("{service} cannot be asked for in near real time")));
    }
    let filters = body.get("filters").and_then(Value::as_array).into_iter().flatten();
    let filters = filters.map(|filter| {
        let filter = filter.as_object().ok_or_else(|| Refusal::bad("each filter must be an object"))?;
        let need = |name: &str| text(filter, name).ok_or_else(|| Refusal::bad(format!("{name} is required")));
        Ok((need("property")?.to_owned(), need("value")?.to_owned()))
    });
    let page = |name: &str, default: u64, most: u64| {
        let value = body.get(name).map_or(Some(default), Value::as_u64).filter(|n| (1..=most).contains(n));
        let value = value.and_then(|value| usize::try_from(value).ok());
        value.ok_or_else(|| Refusal::bad(format!("{name} must be between 1 and {most}")))
    };
    let sort = body.get("sort").and_then(Value::as_array).and_then(|sort| sort.first());
    let order = sort.and_then(|first| first.get("sortOrder")).and_then(Value::as_str);
    Ok(Query {
        from_ms,
        to_ms,
        service: service.to_owned(),
        filters: filters.collect::<Result<_, Refusal>>()?,
        is_descending: !matches!(order, Some("ascending" | "asc")),
        size: page("pageSize", 25, MAX_PAGE)?,
        number: page("pageNumber", 1, u64::from(u32::MAX))?,
    })
}

fn moment(text: &str) -> Option<u64> {
    let at: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok()
}

pub(crate) fn realtime(turn: &mut Turn<'_>) -> Answer {
    let query = read(turn)?;
    let reach = turn.now_ms.saturating_sub(REACH_MS).max(query.from_ms);
    let seen = turn.world.audit.seen(turn.now_ms, turn.quirks.audit_lag_ms);
    let mut found: Vec<&Message> = seen
        .filter(|message| message.says.service == query.service)
        .filter(|message| (reach..query.to_ms).contains(&message.at_ms))
        .filter(|message| query.filters.iter().all(|(name, value)| fits(turn, message, name, value)))
        .collect();
    if query.is_descending {
        found.reverse();
    }
    let total = found.len();
    let skip = query.number.saturating_sub(1).saturating_mul(query.size);
    let entities: Value = found.into_iter().skip(skip).take(query.size).map(|one| model(turn, one)).collect();
    Ok(Reply::ok(json!({
        "entities": entities,
        "pageSize": query.size,
        "pageNumber": query.number,
        "total": total,
        "pageCount": total.div_ceil(query.size),
    })))
}

fn fits(turn: &Turn<'_>, message: &Message, property: &str, value: &str) -> bool {
    match (property, &message.actor) {
        ("UserId", Actor::Person { id, .. }) => id == value,
        ("ClientId", Actor::Client(id)) => turn.quirks.audit_names_client && id == value,
        ("Action", _) => message.says.action == value,
        ("EntityType", _) => message.says.entity_type == value,
        ("EntityId", _) => message.says.entity_id == value,
        _ => false,
    }
}

fn model(turn: &Turn<'_>, message: &Message) -> Value {
    let says = &message.says;
    let path = match says.entity_type {
        "Queue" => "/api/v2/routing/queues",
        "Role" => "/api/v2/authorization/roles",
        "DirectoryGroup" => "/api/v2/groups",
        "Team" => "/api/v2/teams",
        _ => "/api/v2/users",
    };
    let changes = says.changes.iter().map(
        |change| json!({ "property": change.property, "oldValues": change.old, "newValues": change.new }),
    );
    let context: BTreeMap<&str, &String> = says.context.iter().map(|(name, value)| (*name, value)).collect();
    let mut out = Map::new();
    out.insert("id".into(), json!(message.id));
    out.insert("serviceName".into(), json!(says.service));
    out.insert("eventDate".into(), json!(timestamp(message.at_ms)));
    out.insert("action".into(), json!(says.action));
    out.insert("entityType".into(), json!(says.entity_type));
    let uri = format!("{path}/{}", says.entity_id);
    out.insert("entity".into(), json!({ "id": says.entity_id, "name": says.entity_name, "selfUri": uri }));
    out.insert("status".into(), json!("SUCCESS"));
    out.insert("application".into(), json!(""));
    out.insert("initiatingAction".into(), json!({}));
    out.insert("transactionInitiator".into(), json!(false));
    out.insert("propertyChanges".into(), changes.collect());
    out.insert("context".into(), json!(context));
    out.insert("entityChanges".into(), json!([]));
    actor(turn, &message.actor, &mut out);
    Value::Object(out)
}

/// Who did it: a person with name when that is asked for, a client, or nobody.
fn actor(turn: &Turn<'_>, actor: &Actor, out: &mut Map<String, Value>) {
    let (mut user, mut client, mut ips) = (json!({}), json!({ "id": "" }), json!([]));
    match actor {
        Actor::System => {}
        Actor::Client(id) if turn.quirks.audit_names_client => {
            client = json!({ "id": id, "selfUri": format!("/api/v2/oauth/clients/{id}") });
        }
        Actor::Client(_) => {}
        Actor::Person { id, name } => {
            user = json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") });
            if turn.request.parameters("expand").iter().any(|wanted| wanted == "user")
                && let Some(user) = user.as_object_mut()
            {
                user.insert("name".into(), json!(name));
            }
            ips = json!(["192.0.2.1"]);
            out.insert("userHomeOrgId".into(), json!(turn.world.catalog.org_id));
        }
    }
    let level = if *actor == Actor::System { "SYSTEM" } else { "USER" };
    out.insert("user".into(), user);
    out.insert("client".into(), client);
    out.insert("remoteIp".into(), ips);
    out.insert("level".into(), json!(level));
}
