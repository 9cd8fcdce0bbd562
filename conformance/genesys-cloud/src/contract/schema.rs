//! Swagger models as closed JSON Schemas (draft 4), compiled one by one when first needed and then kept.
//! In both directions a property that the model does not have is a violation; in requests so is a read-only
//! one. Deviations come from the overlay, never from here.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};

use super::report::Direction;

const DEFINITIONS: &str = "#/definitions/";

/// A compiled validator, or why there is none.
type Compiled = Arc<Result<Validator, String>>;

/// Compiled validators by direction and pointer of the schema.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    compiled: Mutex<HashMap<(Direction, String), Compiled>>,
}

/// One thing that is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// JSON pointer into the body.
    pub(super) pointer: String,
    pub(super) what: String,
    /// True when a required property is missing.
    pub(super) missing: bool,
}

impl Schemas {
    /// Judges `body` by the schema at `pointer` of `document`.
    pub(super) fn check(
        &self,
        document: &Value,
        direction: Direction,
        pointer: &str,
        body: &Value,
    ) -> Vec<Finding> {
        match self.validator(document, direction, pointer).as_ref() {
            Ok(validator) => validator.iter_errors(body).map(|error| finding(&error)).collect(),
            Err(problem) => {
                vec![Finding { pointer: String::new(), what: problem.clone(), missing: false }]
            }
        }
    }

    /// Why the schema at `pointer` cannot be used, if it cannot.
    pub(super) fn problem(&self, document: &Value, direction: Direction, pointer: &str) -> Option<String> {
        self.validator(document, direction, pointer).as_ref().as_ref().err().cloned()
    }

    fn validator(&self, document: &Value, direction: Direction, pointer: &str) -> Compiled {
        let key = (direction, pointer.to_owned());
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(compiled.entry(key).or_insert_with(|| Arc::new(compile(document, direction, pointer))))
    }
}

fn finding(error: &ValidationError<'_>) -> Finding {
    let what = match error.kind() {
        ValidationErrorKind::Not { .. } => "is read-only: a request may not carry it".to_owned(),
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            format!("the model has no property {}", unexpected.join(", "))
        }
        ValidationErrorKind::Required { property } => {
            format!("lacks {}", property.as_str().unwrap_or_default())
        }
        _ => error.masked().to_string(),
    };
    let missing = matches!(error.kind(), ValidationErrorKind::Required { .. });
    Finding { pointer: error.instance_path().to_string(), what, missing }
}

fn compile(document: &Value, direction: Direction, pointer: &str) -> Result<Validator, String> {
    let problem = |why: &str| format!("the schema {pointer} of the description is not usable: {why}");
    let source = document.pointer(pointer).ok_or_else(|| problem("there is none"))?;
    let mut wanted = BTreeSet::new();
    let root = convert(source, direction, &mut wanted);
    let mut definitions = Map::new();
    while let Some(name) = wanted.pop_first() {
        if definitions.contains_key(&name) {
            continue;
        }
        let model = document.get("definitions").and_then(|all| all.get(&name));
        let model = model.ok_or_else(|| problem(&format!("it refers to the missing model {name}")))?;
        let converted = convert(model, direction, &mut wanted);
        definitions.insert(name, converted);
    }
    let schema = json!({"definitions": definitions, "allOf": [root]});
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .with_format("date-time", is_date_time)
        .with_format("uri", |_: &str| true)
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| problem(&error.to_string()))
}

/// Converts one swagger schema, keeping only what a validator needs, and notes the models it refers to.
fn convert(source: &Value, direction: Direction, wanted: &mut BTreeSet<String>) -> Value {
    if let Some(name) =
        source.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(DEFINITIONS))
    {
        wanted.insert(name.to_owned());
        return json!({"$ref": format!("{DEFINITIONS}{name}")});
    }
    let mut target = Map::new();
    for keyword in ["type", "enum", "minimum", "maximum", "uniqueItems", "minItems", "maxItems", "pattern"] {
        if let Some(value) = source.get(keyword) {
            target.insert(keyword.to_owned(), value.clone());
        }
    }
    match source.get("format").and_then(Value::as_str) {
        Some("int32") => {
            target.entry("minimum").or_insert(json!(i32::MIN));
            target.entry("maximum").or_insert(json!(i32::MAX));
        }
        Some(format @ ("date-time" | "date")) => {
            target.insert("format".to_owned(), json!(format));
        }
        _ => {}
    }
    if let Some(items) = source.get("items") {
        target.insert("items".to_owned(), convert(items, direction, wanted));
    }
    convert_object(source, direction, wanted, &mut target);
    Value::Object(target)
}

fn convert_object(
    source: &Value,
    direction: Direction,
    wanted: &mut BTreeSet<String>,
    target: &mut Map<String, Value>,
) {
    let properties = source.get("properties").and_then(Value::as_object);
    let is_forbidden = |property: &Value| direction == Direction::Request && is_read_only(property);
    if let Some(properties) = properties {
        let mut converted = Map::new();
        for (name, property) in properties {
            let schema = if is_forbidden(property) {
                json!({"not": {}})
            } else {
                convert(property, direction, wanted)
            };
            converted.insert(name.clone(), schema);
        }
        target.insert("properties".to_owned(), Value::Object(converted));
    }
    match source.get("additionalProperties") {
        Some(Value::Bool(open)) => {
            target.insert("additionalProperties".to_owned(), json!(open));
        }
        Some(values) => {
            target.insert("additionalProperties".to_owned(), convert(values, direction, wanted));
        }
        None if properties.is_some() => {
            target.insert("additionalProperties".to_owned(), json!(false));
        }
        None => {}
    }
    let required: Vec<&Value> = source
        .get("required")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter(|name| {
            let property = name.as_str().and_then(|name| properties.and_then(|all| all.get(name)));
            !property.is_some_and(is_forbidden)
        })
        .collect();
    if !required.is_empty() {
        target.insert("required".to_owned(), json!(required));
    }
}

fn is_read_only(property: &Value) -> bool {
    property.get("readOnly").and_then(Value::as_bool).unwrap_or(false)
}

/// ISO 8601 as Genesys writes it: RFC 3339, also with an offset without a colon (`+0000`).
fn is_date_time(text: &str) -> bool {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return text.contains('T');
    }
    let Some(split) = text.len().checked_sub(2) else { return false };
    let (Some(front), Some(minutes)) = (text.get(..split), text.get(split..)) else { return false };
    let offset = front.get(front.len().saturating_sub(3)..).unwrap_or_default();
    offset.starts_with(['+', '-'])
        && text.contains('T')
        && format!("{front}:{minutes}").parse::<jiff::Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({"definitions": {
            "Link": {"type": "object", "properties": {
                "$ref": {"type": "string", "readOnly": true}, "value": {"type": "string"}}},
            "Thing": {"type": "object", "required": ["id", "name"], "properties": {
                "id": {"type": "string", "readOnly": true},
                "name": {"type": "string"},
                "size": {"type": "integer", "format": "int32"},
                "made": {"type": "string", "format": "date-time"},
                "link": {"$ref": "#/definitions/Link"},
                "parts": {"type": "array", "items": {"$ref": "#/definitions/Thing"}}}}
        }})
    }

    fn findings(direction: Direction, body: &Value) -> Vec<String> {
        Schemas::default()
            .check(&document(), direction, "/definitions/Thing", body)
            .into_iter()
            .map(|finding| format!("{} {}", finding.pointer, finding.what))
            .collect()
    }

    #[test]
    fn models_are_closed_and_read_only_properties_belong_to_answers() {
        let answer = json!({"id": "1", "name": "n", "link": {"$ref": "u", "value": "v"}});
        assert_eq!(findings(Direction::Answer, &answer), Vec::<String>::new());
        assert_eq!(findings(Direction::Request, &json!({"name": "n"})), Vec::<String>::new());
        for (direction, body, expected) in [
            (Direction::Request, json!({"id": "1", "name": "n"}), "/id is read-only"),
            (Direction::Request, json!({"name": "n", "link": {"$ref": "u"}}), "/link/$ref is read-only"),
            (Direction::Request, json!({"name": "n", "color": 1}), "no property color"),
            (Direction::Request, json!({}), "lacks name"),
            (Direction::Answer, json!({"name": "n"}), "lacks id"),
            (
                Direction::Answer,
                json!({"id": "1", "name": "n", "parts": [{"id": "2"}]}),
                "/parts/0 lacks name",
            ),
            (Direction::Answer, json!({"id": "1", "name": "n", "extra": 1}), "no property extra"),
            (Direction::Request, json!({"name": "n", "size": 3_000_000_000_u64}), "/size"),
            (Direction::Request, json!({"name": "n", "made": "yesterday"}), "/made"),
            (Direction::Request, json!({"name": null}), "/name"),
        ] {
            let found = findings(direction, &body);
            assert!(found.iter().any(|line| line.contains(expected)), "{expected}: {found:?}");
        }
    }

    #[test]
    fn dates_are_read_as_genesys_writes_them() {
        for (text, good) in [
            ("2026-02-09T10:00:00Z", true),
            ("2026-02-09T10:00:00.123Z", true),
            ("2026-02-09T10:00:00.123+0000", true),
            ("2026-02-09T10:00:00-05:00", true),
            ("2026-02-09", false),
            ("2026-02-30T10:00:00Z", false),
            ("1770631200", false),
            ("ü", false),
        ] {
            assert_eq!(is_date_time(text), good, "{text}");
        }
    }
}
