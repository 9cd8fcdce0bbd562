//! Fields of custom-attribute schemas: which field a name means, and whether a value fits it. Pure.
//!
//! Identity providers can often send nothing but strings, so a string that plainly is a number or a truth
//! value is taken as one where the field wants that. Genesys has the last word: what it refuses comes back as
//! a validation refusal.

use serde_json::{Number, Value};

use super::names::similar;
use crate::model::Object;

/// Which property of a schema a field name means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Field {
    /// That property key.
    Key(String),
    /// Several keys `<field>_<type>` fit.
    Ambiguous(Vec<String>),
    /// None; close names.
    Unknown(Vec<String>),
}

/// Finds a field by its property key, by its key without the type suffix, or by its title.
pub(crate) fn field(fields: &Object, name: &str) -> Field {
    if fields.contains_key(name) {
        return Field::Key(name.to_owned());
    }
    let fits = |key: &str, schema: &Value, case: bool| {
        let same = |text: &str| if case { text == name } else { text.eq_ignore_ascii_case(name) };
        let title = schema.get("title").and_then(Value::as_str);
        same(key) || key.rsplit_once('_').is_some_and(|(stem, _)| same(stem)) || title.is_some_and(same)
    };
    for case in [true, false] {
        let found: Vec<&String> =
            fields.iter().filter(|(key, schema)| fits(key, schema, case)).map(|(key, _)| key).collect();
        match found.as_slice() {
            [] => {}
            [key] => return Field::Key((*key).clone()),
            several => return Field::Ambiguous(several.iter().map(|key| (*key).clone()).collect()),
        }
    }
    Field::Unknown(similar(
        name,
        fields.keys().map(|key| key.rsplit_once('_').map_or(key.as_str(), |(s, _)| s)),
    ))
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Text,
    Integer,
    Number,
    Truth,
    Texts,
    Any,
}

impl Shape {
    fn of(key: &str, schema: &Value) -> Self {
        let core = schema
            .get("allOf")
            .and_then(Value::as_array)
            .and_then(|parts| parts.first())
            .and_then(|part| part.get("$ref"))
            .or_else(|| schema.get("$ref"))
            .and_then(Value::as_str)
            .and_then(|reference| reference.rsplit('/').next());
        let kind = schema.get("type").and_then(Value::as_str);
        let suffix = key.rsplit_once('_').map(|(_, suffix)| suffix);
        [kind, core, suffix].into_iter().flatten().find_map(Self::named).unwrap_or(Shape::Any)
    }

    fn named(kind: &str) -> Option<Self> {
        Some(match kind {
            "string" | "text" | "longtext" | "enum" | "identifier" | "date" | "datetime" => Shape::Text,
            "integer" => Shape::Integer,
            "number" => Shape::Number,
            "boolean" | "checkbox" => Shape::Truth,
            "array" | "tag" => Shape::Texts,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Shape::Text => "a text",
            Shape::Integer => "a whole number",
            Shape::Number => "a number",
            Shape::Truth => "true or false",
            Shape::Texts => "a list of texts",
            Shape::Any => "a value",
        }
    }
}

/// The value as the field wants it. Null always fits: it takes the field back.
///
/// # Errors
/// What the field wants instead, without repeating the value.
pub(crate) fn fit(key: &str, schema: &Value, value: &Value) -> Result<Value, String> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let shape = Shape::of(key, schema);
    let fitting = match (shape, value) {
        (Shape::Any, value) => Some(value.clone()),
        (Shape::Text, Value::String(_)) => Some(value.clone()),
        (Shape::Text, Value::Number(number)) => Some(Value::String(number.to_string())),
        (Shape::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => Some(value.clone()),
        (Shape::Integer, Value::String(text)) => text.trim().parse::<i64>().ok().map(Value::from),
        (Shape::Number, Value::Number(_)) => Some(value.clone()),
        (Shape::Number, Value::String(text)) => number(text.trim()),
        (Shape::Truth, Value::Bool(_)) => Some(value.clone()),
        (Shape::Truth, Value::String(text)) => truth(text.trim()),
        (Shape::Texts, Value::Array(items)) if items.iter().all(Value::is_string) => Some(value.clone()),
        (Shape::Texts, Value::String(text)) => Some(Value::from(vec![text.clone()])),
        _ => None,
    };
    let Some(value) = fitting else {
        return Err(format!("field {key} wants {}", shape.word()));
    };
    let choices = schema.get("enum").or_else(|| schema.get("_enumProperties").map(|_| &Value::Null));
    match choices.and_then(Value::as_array) {
        Some(choices) if !choices.contains(&value) => {
            let names: Vec<String> = choices
                .iter()
                .take(10)
                .map(|c| c.as_str().map_or_else(|| c.to_string(), str::to_owned))
                .collect();
            Err(format!("field {key} wants one of {}", names.join(", ")))
        }
        _ => Ok(value),
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::from(whole));
    }
    text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number)
}

fn truth(text: &str) -> Option<Value> {
    [("true", true), ("false", false)]
        .iter()
        .find(|(word, _)| text.eq_ignore_ascii_case(word))
        .map(|(_, truth)| Value::Bool(*truth))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Object {
        json!({
            "badge_text": {"title": "Badge", "allOf": [{"$ref": "#/definitions/text"}]},
            "level_integer": {"type": "integer"},
            "level_text": {"type": "string"},
            "remote_checkbox": {"allOf": [{"$ref": "#/definitions/checkbox"}]},
            "site_enum": {"allOf": [{"$ref": "#/definitions/enum"}], "enum": ["north", "south"]},
        })
        .as_object()
        .cloned()
        .unwrap()
    }

    #[test]
    fn a_field_is_found_with_or_without_its_suffix_if_that_is_unique() {
        let key = |text: &str| Field::Key(text.to_owned());
        let rows = [
            ("badge_text", key("badge_text")),
            ("badge", key("badge_text")),
            ("BADGE", key("badge_text")),
            ("level", Field::Ambiguous(vec!["level_integer".into(), "level_text".into()])),
            ("bage", Field::Unknown(vec!["badge".into()])),
        ];
        for (name, expected) in rows {
            assert_eq!(field(&fields(), name), expected, "{name}");
        }
    }

    #[test]
    fn a_value_fits_or_is_read_from_its_string_or_is_refused() {
        let rows = [
            ("badge_text", json!("x"), Some(json!("x"))),
            ("badge_text", json!(7), Some(json!("7"))),
            ("badge_text", json!(true), None),
            ("level_integer", json!("4"), Some(json!(4))),
            ("level_integer", json!(4.5), None),
            ("level_integer", json!("four"), None),
            ("remote_checkbox", json!("True"), Some(json!(true))),
            ("remote_checkbox", json!("yes"), None),
            ("site_enum", json!("north"), Some(json!("north"))),
            ("site_enum", json!("west"), None),
            ("site_enum", json!(null), Some(json!(null))),
        ];
        let fields = fields();
        for (key, value, expected) in rows {
            assert_eq!(fit(key, &fields[key], &value).ok(), expected, "{key} {value}");
        }
        assert_eq!(fit("pay_number", &json!({}), &json!("1.5")), Ok(json!(1.5)));
        assert_eq!(fit("tags_tag", &json!({}), &json!("a")), Ok(json!(["a"])));
    }

    #[test]
    fn a_refused_value_is_not_repeated_in_the_text() {
        let error = fit("level_integer", &fields()["level_integer"], &json!("secret-word")).unwrap_err();
        assert!(error.contains("whole number") && !error.contains("secret"), "{error}");
    }
}
