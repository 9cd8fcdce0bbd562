//! Custom attributes: schemas and a user's values (docs/genesys.md G5.6, G5.7). Pure.
//!
//! Values are amended with PATCH; PUT replaces a whole record and is only for taking fields out where null is
//! refused. What a field may hold is checked in `genesys::catalogue::values`.

use serde_json::{Map, Value, json};

use super::{named, text};
use crate::genesys::request::{HttpCall, HttpMethod, Nature};
use crate::model::{Entitlement, Named, Object, Setting, Target, UserId};

/// A custom-attribute schema: its fields by property key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AttributeSchema {
    /// Id and name.
    pub named: Named,
    /// Version, as values must name it.
    pub version: u32,
    /// Property key to its JSON schema.
    pub fields: Object,
}

/// All schemas.
pub(crate) fn schemas() -> HttpCall {
    HttpCall::get("attribute_schemas", &["users", "customattributes", "schemas"])
}

/// Enabled schemas of a listing. `None` when it is no listing or shows fewer than it counts.
pub(crate) fn read_schemas(answer: &Value) -> Option<Vec<AttributeSchema>> {
    let listing = super::listing(answer)?;
    let shown = u64::try_from(listing.entities.len()).ok()?;
    if listing.total.is_some_and(|total| total > shown) {
        return None;
    }
    let enabled = listing.entities.iter().filter(|schema| schema.get("enabled") != Some(&json!(false)));
    Some(enabled.filter_map(read_schema).collect())
}

fn read_schema(schema: &Value) -> Option<AttributeSchema> {
    let version =
        schema.get("version").and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok());
    let fields =
        schema.get("jsonSchema").and_then(|inner| inner.get("properties")).and_then(Value::as_object);
    Some(AttributeSchema {
        named: named(schema)?,
        version: version.unwrap_or(1),
        fields: fields.cloned().unwrap_or_default(),
    })
}

/// Values of a user under several schemas.
pub(crate) fn of_user(user: &UserId, schemas: &[&str]) -> HttpCall {
    let call = HttpCall::get("attributes_of_user", &["users", user.as_str(), "customattributes", "bulk"]);
    schemas.iter().fold(call, |call, schema| call.with("schemaIds", *schema))
}

/// Values of a user under one schema.
pub(crate) fn record(user: &UserId, schema: &str) -> HttpCall {
    HttpCall::get("attributes_record", &["users", user.as_str(), "customattributes", schema])
}

/// Amends the given fields; null takes a field out.
pub(crate) fn amend(user: &UserId, schema: &str, version: u32, values: &Object) -> HttpCall {
    put_or_patch("attributes_amend", HttpMethod::Patch, user, schema, version, values)
}

/// Replaces the whole record.
pub(crate) fn replace(user: &UserId, schema: &str, version: u32, values: &Object) -> HttpCall {
    put_or_patch("attributes_replace", HttpMethod::Put, user, schema, version, values)
}

fn put_or_patch(
    operation: &'static str,
    method: HttpMethod,
    user: &UserId,
    schema: &str,
    version: u32,
    values: &Object,
) -> HttpCall {
    HttpCall::new(operation, Nature::Change, method, &["users", user.as_str(), "customattributes"])
        .body(json!({"schemaId": schema, "schemaVersion": version, "attributes": values}))
}

/// Deletes the whole record.
pub(crate) fn delete(user: &UserId, schema: &str) -> HttpCall {
    let path = ["users", user.as_str(), "customattributes", schema];
    HttpCall::new("attributes_delete", Nature::Removal, HttpMethod::Delete, &path)
}

/// Fields of one record that hold something.
pub(crate) fn values(record: &Value) -> Object {
    let attributes = record.get("attributes").and_then(Value::as_object);
    attributes
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

/// What a bulk answer says that a user has. Names and versions come from `known` where the answer lacks them.
/// `None` when the answer is no list of records.
pub(crate) fn entitlements(answer: &Value, known: &[AttributeSchema]) -> Option<Vec<Entitlement>> {
    let records = answer.as_array().or_else(|| answer.get("entities").and_then(Value::as_array))?;
    let mut found = Vec::new();
    for record in records.iter().filter(|record| !record.is_null()) {
        let id = record
            .get("schema")
            .and_then(|schema| text(schema, "id"))
            .or_else(|| text(record, "schemaId"))?;
        let listed = known.iter().find(|schema| schema.named.id == id);
        let version = record
            .get("schema")
            .and_then(|schema| schema.get("version"))
            .or_else(|| record.get("schemaVersion"))
            .and_then(Value::as_u64)
            .and_then(|version| u32::try_from(version).ok())
            .or(listed.map(|schema| schema.version))
            .unwrap_or(1);
        let schema = listed.map_or_else(|| Named { id: id.into(), name: id.into() }, |s| s.named.clone());
        for (field, value) in values(record) {
            let target = Target::Attribute { schema: schema.clone(), version, field };
            found.push(Entitlement { target, setting: Setting::Value(value) });
        }
    }
    Some(found)
}

/// How to take fields out of a record and set others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Clearing {
    /// Nothing to do.
    Nothing,
    /// Nothing else is in the record: delete it.
    Delete,
    /// PATCH these (nulls take out); where null is refused, PUT the second, which is the record as it shall
    /// be.
    Amend(Object, Object),
}

/// Decides how to clear fields of a record that holds `current`.
pub(crate) fn clearing(current: &Object, set: &[(String, Value)], clear: &[String]) -> Clearing {
    let mut rest = current.clone();
    let mut amend = Map::new();
    for field in clear {
        if rest.shift_remove(field).is_some() {
            amend.insert(field.clone(), Value::Null);
        }
    }
    for (field, value) in set {
        rest.insert(field.clone(), value.clone());
        amend.insert(field.clone(), value.clone());
    }
    match (amend.is_empty(), rest.is_empty()) {
        (true, _) => Clearing::Nothing,
        (false, true) => Clearing::Delete,
        (false, false) => Clearing::Amend(amend, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn a_record_is_amended_under_its_schema_and_version() {
        let call = amend(&UserId::new("u"), "s", 3, &object(json!({"badge_text": "7"})));
        assert_eq!(
            (call.method, call.path.as_str()),
            (HttpMethod::Patch, "/api/v2/users/u/customattributes")
        );
        assert_eq!(
            call.body,
            Some(json!({"schemaId": "s", "schemaVersion": 3, "attributes": {"badge_text": "7"}}))
        );
        assert_eq!(of_user(&UserId::new("u"), &["a", "b"]).query.len(), 2);
    }

    #[test]
    fn clearing_deletes_only_what_would_be_empty() {
        let current = object(json!({"a": 1, "b": 2}));
        let text = |s: &str| s.to_owned();
        assert_eq!(clearing(&current, &[], &[text("x")]), Clearing::Nothing);
        assert_eq!(clearing(&current, &[], &[text("a"), text("b")]), Clearing::Delete);
        assert_eq!(
            clearing(&current, &[], &[text("a")]),
            Clearing::Amend(object(json!({"a": null})), object(json!({"b": 2})))
        );
        assert_eq!(
            clearing(&current, &[(text("c"), json!(3))], &[text("a"), text("b")]),
            Clearing::Amend(object(json!({"a": null, "b": null, "c": 3})), object(json!({"c": 3})))
        );
    }

    #[test]
    fn disabled_schemas_are_left_out_and_partial_listings_are_none() {
        let entity = json!({"id": "s", "name": "HR", "version": 2, "enabled": true,
            "jsonSchema": {"properties": {"badge_text": {"type": "string"}}}});
        let off = json!({"id": "t", "name": "Old", "version": 1, "enabled": false, "jsonSchema": {}});
        let schemas = read_schemas(&json!({"total": 2, "entities": [entity, off]})).unwrap();
        assert_eq!(schemas.len(), 1);
        assert!(schemas[0].fields.contains_key("badge_text"));
        assert_eq!(read_schemas(&json!({"total": 2, "entities": [entity]})), None);
    }

    #[test]
    fn values_are_read_by_field_and_nulls_are_nothing() {
        let answer =
            json!([{"schema": {"id": "s", "version": 2}, "attributes": {"a_text": "x", "b_text": null}}]);
        let found = entitlements(&answer, &[]).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].target.key(), "attribute/s/a_text");
        assert_eq!(entitlements(&json!({"x": 1}), &[]), None);
    }
}
