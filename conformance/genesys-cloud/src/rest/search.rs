//! Search of users and groups. The user index lags behind the directory, so a search never proves absence
//! (docs/genesys.md G3).

use serde_json::{Map, Value, json};

use super::{group_model, user_model};
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text};
use crate::world::entities::{Group, State, User};

/// Most criteria of one search, and the largest page.
const MAX_CRITERIA: usize = 25;
const MAX_PAGE: usize = 100;

pub(crate) fn users(turn: &mut Turn<'_>) -> Answer {
    let body = turn.object()?;
    let query = criteria(&body)?;
    let names_state = query.iter().any(|one| fields(one).any(|field| field == "state"));
    let mut found = Vec::new();
    for user in turn.world.indexed() {
        let visible = names_state || user.state != State::Deleted;
        if visible && fits_all(&query, &|field| user_field(user, field))? {
            found.push(user_model(turn.world, user));
        }
    }
    respond(&body, found, "users")
}

pub(crate) fn groups(turn: &mut Turn<'_>) -> Answer {
    let body = turn.object()?;
    let query = criteria(&body)?;
    let mut found = Vec::new();
    for group in turn.world.groups.values() {
        if fits_all(&query, &|field| group_field(group, field))? {
            found.push(group_model(turn.world, group));
        }
    }
    respond(&body, found, "groups")
}

fn criteria(body: &Map<String, Value>) -> Result<Vec<Map<String, Value>>, Refusal> {
    let list = body.get("query").and_then(Value::as_array).cloned().unwrap_or_default();
    if list.len() > MAX_CRITERIA {
        return Err(Refusal::new(400, "too.many.search.criteria", "Too many search criteria."));
    }
    list.into_iter()
        .map(|one| match one {
            Value::Object(one) => Ok(one),
            _ => Err(Refusal::bad("Each query must be an object.")),
        })
        .collect()
}

fn fields(criterion: &Map<String, Value>) -> impl Iterator<Item = &str> {
    criterion.get("fields").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// What a search can look at in a document.
type Document<'a> = dyn Fn(&str) -> Vec<String> + 'a;

/// Criteria joined by AND, unless one says OR or NOT.
fn fits_all(query: &[Map<String, Value>], document: &Document<'_>) -> Result<bool, Refusal> {
    let (mut all, mut any, mut alternatives) = (true, false, false);
    for one in query {
        let fits = match one.get("group").and_then(Value::as_array) {
            Some(group) if !group.is_empty() => {
                let inner: Vec<_> = group.iter().filter_map(Value::as_object).cloned().collect();
                fits_all(&inner, document)?
            }
            _ => fits(one, document)?,
        };
        match text(one, "operator") {
            Some("OR") => {
                alternatives = true;
                any |= fits;
            }
            Some("NOT") => all &= !fits,
            _ => all &= fits,
        }
    }
    Ok(all && (any || !alternatives))
}

fn fits(criterion: &Map<String, Value>, document: &Document<'_>) -> Result<bool, Refusal> {
    let kind = text(criterion, "type").ok_or_else(|| Refusal::bad("type is required in each query"))?;
    if kind == "MATCH_ALL" {
        return Ok(true);
    }
    let mut wanted: Vec<String> = criterion
        .get("values")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_lowercase)
        .collect();
    wanted.extend(text(criterion, "value").map(str::to_lowercase));
    let held = fields(criterion).flat_map(document).map(|held| held.to_lowercase()).collect::<Vec<_>>();
    let hit = |test: &dyn Fn(&str, &str) -> bool| {
        held.iter().any(|held| wanted.iter().any(|wanted| test(held, wanted)))
    };
    match kind {
        "EXACT" => Ok(hit(&|held, wanted| held == wanted)),
        "TERM" | "TERMS" => Ok(hit(&|held, wanted| {
            held == wanted || held.split(|c: char| !c.is_alphanumeric()).any(|w| w == wanted)
        })),
        "STARTS_WITH" => Ok(hit(&|held, wanted| held.starts_with(wanted))),
        "CONTAINS" | "QUERY_STRING" => Ok(hit(&|held, wanted| held.contains(wanted))),
        "REQUIRED_FIELDS" => Ok(!held.is_empty()),
        other => Err(Refusal::bad(format!("The search type {other} is not supported here."))),
    }
}

fn user_field(user: &User, field: &str) -> Vec<String> {
    let one = |value: &Option<String>| value.iter().cloned().collect();
    match field {
        "id" | "guid" => vec![user.id.clone()],
        "name" => vec![user.name.clone()],
        "email" | "username" => vec![user.email.clone()],
        "state" => vec![user.state.as_str().to_owned()],
        "divisionId" => vec![user.division.clone()],
        "title" => one(&user.title),
        "department" => one(&user.department),
        "manager.id" | "manager" => one(&user.manager),
        "hr.employeeId" | "employerInfo.employeeId" => one(&user.employee_number),
        _ => Vec::new(),
    }
}

fn group_field(group: &Group, field: &str) -> Vec<String> {
    match field {
        "id" => vec![group.id.clone()],
        "name" => vec![group.name.clone()],
        "type" => vec![group.group_type.clone()],
        "state" => vec!["active".to_owned()],
        _ => Vec::new(),
    }
}

fn respond(body: &Map<String, Value>, mut found: Vec<Value>, kind: &str) -> Answer {
    let number = |name: &str, default: u64| body.get(name).and_then(Value::as_u64).unwrap_or(default);
    let size = usize::try_from(number("pageSize", 25)).unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
    let page = usize::try_from(number("pageNumber", 1)).unwrap_or(1).max(1);
    let by = text(body, "sortBy").unwrap_or("name").to_owned();
    let key = |value: &Value| value.get(&by).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    found.sort_by_key(key);
    if text(body, "sortOrder") == Some("DESC") {
        found.reverse();
    }
    let total = found.len();
    let skip = page.saturating_sub(1).saturating_mul(size);
    let results: Vec<Value> = found.into_iter().skip(skip).take(size).collect();
    Ok(Reply::ok(json!({
        "total": total,
        "pageCount": total.div_ceil(size),
        "pageSize": size,
        "pageNumber": page,
        "types": [kind],
        "results": results,
    })))
}
