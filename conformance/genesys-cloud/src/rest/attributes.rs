//! Custom attributes: schemas (read only) and values, checked against the schema (docs/genesys.md G5).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::reply::{Answer, Refusal, Reply};
use crate::turn::{Turn, text, timestamp};
use crate::world::catalog::Schema;
use crate::world::entities::User;

const CORE_TYPES: [&str; 10] =
    ["text", "longtext", "enum", "identifier", "integer", "number", "date", "datetime", "checkbox", "tag"];

fn schema_model(schema: &Schema) -> Value {
    json!({
        "id": schema.id,
        "name": schema.name,
        "version": 1,
        "appliesTo": ["USER_CUSTOM_ATTRIBUTES"],
        "enabled": true,
        "dateCreated": timestamp(0),
        "jsonSchema": schema.json_schema,
        "selfUri": format!("/api/v2/users/customattributes/schemas/{}", schema.id),
    })
}

fn no_schema() -> Refusal {
    Refusal::new(404, "user.custom.attributes.schema.not.found", "Schema not found.")
}

fn invalid(message: impl Into<String>) -> Refusal {
    let message: String = message.into();
    Refusal::new(
        400,
        "user.custom.attributes.schema.validation.error",
        format!("Schema validation error: {message}."),
    )
}

fn listing(turn: &Turn<'_>, entities: Vec<Value>) -> Answer {
    Ok(Reply::ok(json!({ "total": entities.len(), "entities": entities, "selfUri": turn.request.path })))
}

pub(crate) fn schemas(turn: &mut Turn<'_>) -> Answer {
    listing(turn, turn.world.catalog.schemas.iter().map(schema_model).collect())
}

fn find(turn: &Turn<'_>, id: &str) -> Result<Schema, Refusal> {
    turn.world.catalog.schema(id).cloned().ok_or_else(no_schema)
}

pub(crate) fn schema(turn: &mut Turn<'_>) -> Answer {
    find(turn, &turn.path(0)).map(|schema| Reply::ok(schema_model(&schema)))
}

pub(crate) fn versions(turn: &mut Turn<'_>) -> Answer {
    let schema = find(turn, &turn.path(0))?;
    listing(turn, vec![schema_model(&schema)])
}

pub(crate) fn version(turn: &mut Turn<'_>) -> Answer {
    let schema = find(turn, &turn.path(0))?;
    if turn.path(1) != "1" {
        return Err(no_schema());
    }
    Ok(Reply::ok(schema_model(&schema)))
}

pub(crate) fn core_types(turn: &mut Turn<'_>) -> Answer {
    let base = &turn.request.path;
    let model = |name: &&str| json!({ "name": name, "version": 1, "current": true, "selfUri": format!("{base}/{name}") });
    listing(turn, CORE_TYPES.iter().map(model).collect())
}

pub(crate) fn limits(_: &mut Turn<'_>) -> Answer {
    Ok(Reply::ok(json!({
        "minFieldNameCharacters": 1,
        "maxFieldNameCharacters": 100,
        "maxNumberOfSchemasPerOrg": 20,
        "maxNumberOfFieldsPerSchema": 25,
        "maxNumberOfFieldsPerOrg": 500,
    })))
}

fn record(user: &User, schema: &Schema, values: &BTreeMap<String, Value>) -> Value {
    let uri = format!("/api/v2/users/{}/customattributes/{}", user.id, schema.id);
    json!({
        "id": format!("{}:{}", user.id, schema.id),
        "userId": user.id,
        "schema": {
            "id": schema.id,
            "name": schema.name,
            "version": 1,
            "selfUri": format!("/api/v2/users/customattributes/schemas/{}", schema.id),
        },
        "attributes": values,
        "selfUri": uri,
    })
}

/// What one request wants to write.
struct Update {
    schema: Schema,
    values: Map<String, Value>,
}

fn update(turn: &Turn<'_>, body: &Map<String, Value>) -> Result<Update, Refusal> {
    let id = text(body, "schemaId").ok_or_else(|| invalid("schemaId is required"))?;
    let schema = find(turn, id)?;
    if body.get("schemaVersion").is_some_and(|version| version.as_u64() != Some(1)) {
        return Err(no_schema());
    }
    match body.get("attributes") {
        Some(Value::Object(values)) => Ok(Update { schema, values: values.clone() }),
        _ => Err(invalid("attributes is required")),
    }
}

/// Checks one value against its field.
fn check(schema: &Schema, key: &str, value: &Value) -> Result<(), Refusal> {
    let field = schema.json_schema.pointer("/properties").and_then(|properties| properties.get(key));
    let field = field.ok_or_else(|| invalid(format!("{key} is not a field of {}", schema.name)))?;
    let core = field.pointer("/allOf/0/$ref").and_then(Value::as_str).unwrap_or_default();
    let bound = |name: &str| field.get(name).and_then(Value::as_f64);
    let between = |size: f64, low: &str, high: &str| {
        bound(low).is_none_or(|low| size >= low) && bound(high).is_none_or(|high| size <= high)
    };
    let text = value.as_str();
    let length = text.map_or(0, |text| text.chars().count()) as f64;
    let fits = match core.rsplit('/').next().unwrap_or_default() {
        "text" | "longtext" | "identifier" => text.is_some() && between(length, "minLength", "maxLength"),
        "enum" => {
            let allowed = field.get("enum").and_then(Value::as_array);
            text.is_some() && allowed.is_some_and(|allowed| allowed.contains(value))
        }
        "integer" => value.as_i64().is_some_and(|number| between(number as f64, "minimum", "maximum")),
        "number" => value.as_f64().is_some_and(|number| between(number, "minimum", "maximum")),
        "date" => text.is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
        "datetime" => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "checkbox" => value.is_boolean(),
        "tag" => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        _ => false,
    };
    if fits { Ok(()) } else { Err(invalid(format!("the value of {key} does not fit its field"))) }
}

/// Replaces the whole record of one schema.
pub(crate) fn put(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    let update = update(turn, &turn.object()?)?;
    for (key, value) in &update.values {
        check(&update.schema, key, value)?;
    }
    let values: BTreeMap<String, Value> = update.values.into_iter().collect();
    let shown = record(&user, &update.schema, &values);
    user.attributes.insert(update.schema.id, values);
    turn.put_aside(user);
    Ok(Reply::ok(shown))
}

/// Changes only the fields that are given.
fn amend(turn: &Turn<'_>, user: &mut User, update: Update) -> Result<(), Refusal> {
    let values = user.attributes.entry(update.schema.id.clone()).or_default();
    for (key, value) in update.values {
        if value.is_null() && turn.quirks.null_clears_attribute {
            values.remove(&key);
            continue;
        }
        check(&update.schema, &key, &value)?;
        values.insert(key, value);
    }
    Ok(())
}

pub(crate) fn patch(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    let update = update(turn, &turn.object()?)?;
    let schema = update.schema.clone();
    amend(turn, &mut user, update)?;
    let shown = user.attributes.get(&schema.id).map(|values| record(&user, &schema, values));
    turn.put_aside(user);
    Ok(patched(turn, shown))
}

pub(crate) fn patch_bulk(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    let mut shown = None;
    for body in turn.objects(20)? {
        let update = update(turn, &body)?;
        let schema = update.schema.clone();
        amend(turn, &mut user, update)?;
        shown = user.attributes.get(&schema.id).map(|values| record(&user, &schema, values));
    }
    turn.put_aside(user);
    Ok(patched(turn, shown))
}

fn patched(turn: &Turn<'_>, shown: Option<Value>) -> Reply {
    match (turn.quirks.attributes_patch_status, shown) {
        (200, Some(shown)) => Reply::ok(shown),
        _ => Reply::empty(204),
    }
}

pub(crate) fn get_bulk(turn: &mut Turn<'_>) -> Answer {
    let user = turn.readable_user(&turn.path(0))?;
    let ids = turn.request.parameters("schemaIds");
    if ids.is_empty() {
        return Err(Refusal::bad("schemaIds is required"));
    }
    let records: Vec<Value> = ids
        .iter()
        .filter_map(|id| Some(record(&user, turn.world.catalog.schema(id)?, user.attributes.get(id)?)))
        .collect();
    Ok(Reply::ok(Value::Array(records)))
}

pub(crate) fn get(turn: &mut Turn<'_>) -> Answer {
    let user = turn.readable_user(&turn.path(0))?;
    let schema = find(turn, &turn.path(1))?;
    let values = user.attributes.get(&schema.id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(record(&user, &schema, values)))
}

pub(crate) fn delete(turn: &mut Turn<'_>) -> Answer {
    let mut user = turn.writable_user(&turn.path(0))?;
    user.attributes.remove(&turn.path(1)).ok_or_else(no_schema)?;
    turn.put_aside(user);
    Ok(Reply::empty(204))
}
