//! Entitlements as one text, for clients that cannot send complex multi-valued extension attributes.
//!
//! `Agent@EMEA;Supervisor`, `Sales;Claims`, `Billing:4;Spanish:3.5`, `HR.badge=4711`: a semicolon separates entries,
//! the last sign of an entry splits it, a backslash takes the next character literally. Whether the names exist is
//! asked in `entitlements` and later.

use serde_json::{Value, json};

use super::registry::Attribute;
use crate::model::Object;

/// The full form that a compact text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{role, division}` from `Role@Division`.
    Role,
    /// A plain text from `Queue`.
    Queue,
    /// `{name, proficiency}` from `Skill:4`.
    Level,
    /// `{schema, field, value}` from `Schema.field=value`.
    Attribute,
}

impl Shape {
    /// The shape of an attribute in full form, told from its sub-attributes.
    pub fn of(attribute: &Attribute) -> Option<Shape> {
        if !attribute.multi_valued {
            return None;
        }
        let has = |name: &str| attribute.sub(name).is_some();
        match () {
            () if !attribute.is_complex() => Some(Shape::Queue),
            () if has("role") => Some(Shape::Role),
            () if has("proficiency") => Some(Shape::Level),
            () if has("field") => Some(Shape::Attribute),
            () => None,
        }
    }

    /// The shape behind one of the compact attributes of our extension.
    pub fn of_compact(name: &str) -> Option<Shape> {
        match name {
            "compactRoles" => Some(Shape::Role),
            "compactQueues" => Some(Shape::Queue),
            "compactSkills" | "compactLanguages" => Some(Shape::Level),
            "compactAttributes" => Some(Shape::Attribute),
            _ => None,
        }
    }
}

/// A character and whether a backslash stood before it.
type Mark = (char, bool);

fn marks(text: &str) -> Vec<Mark> {
    let mut out = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => out.push((chars.next().unwrap_or('\\'), true)),
            (c, false) => out.push((c, false)),
        }
    }
    out
}

fn text_of(marks: &[Mark]) -> String {
    marks.iter().map(|(c, _)| *c).collect::<String>().trim().to_owned()
}

/// Splits at the last unescaped sign; without one, everything is the name.
fn split_last(marks: &[Mark], sign: char) -> (&[Mark], Option<&[Mark]>) {
    match marks.iter().rposition(|mark| *mark == (sign, false)) {
        Some(at) => {
            let (left, right) = marks.split_at(at);
            (left, right.split_first().map(|(_, rest)| rest))
        }
        None => (marks, None),
    }
}

/// Writes a name so that it reads back as itself.
pub fn escape(name: &str) -> String {
    name.chars().fold(String::with_capacity(name.len()), |mut out, c| {
        if matches!(c, '\\' | ';' | '@' | ':' | '=' | '.') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// The entries of a compact text in full form; empty entries are passed over.
///
/// # Errors
/// Names the entry number and what it lacks, never its content.
pub fn expand(shape: Shape, text: &str) -> Result<Vec<Value>, String> {
    let all = marks(text);
    let mut entries = Vec::new();
    for (index, entry) in all.split(|mark| *mark == (';', false)).enumerate() {
        if !text_of(entry).is_empty() {
            entries.push(one(shape, entry).map_err(|fault| format!("entry {}: {fault}", index + 1))?);
        }
    }
    Ok(entries)
}

fn one(shape: Shape, entry: &[Mark]) -> Result<Value, String> {
    match shape {
        Shape::Queue => Ok(Value::String(text_of(entry))),
        Shape::Role => {
            let (role, division) = split_last(entry, '@');
            let mut object = Object::new();
            object.insert("role".into(), named(role, "role name")?.into());
            if let Some(division) = division {
                object.insert("division".into(), named(division, "division name after @")?.into());
            }
            Ok(Value::Object(object))
        }
        Shape::Level => {
            let (name, level) = split_last(entry, ':');
            let mut object = Object::new();
            object.insert("name".into(), named(name, "name")?.into());
            if let Some(level) = level {
                let level: f64 =
                    text_of(level).parse().map_err(|_| "the proficiency after the colon is not a number")?;
                let number =
                    serde_json::Number::from_f64(level).ok_or("the proficiency is not a finite number")?;
                object.insert("proficiency".into(), Value::Number(number));
            }
            Ok(Value::Object(object))
        }
        Shape::Attribute => {
            let (target, value) = split_last(entry, '=');
            let value = value.ok_or("there is no = before the value")?;
            let (schema, field) = split_last(target, '.');
            let field = field.ok_or("there is no . between schema and field")?;
            Ok(json!({
                "schema": named(schema, "schema name")?,
                "field": named(field, "field name")?,
                "value": text_of(value),
            }))
        }
    }
}

fn named(marks: &[Mark], what: &str) -> Result<String, String> {
    let text = text_of(marks);
    if text.is_empty() { Err(format!("the {what} is empty")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_sign_splits_and_a_backslash_escapes() {
        let table = [
            (
                Shape::Role,
                "Agent@EMEA; Supervisor ;",
                json!([{"role":"Agent","division":"EMEA"},{"role":"Supervisor"}]),
            ),
            (
                Shape::Role,
                r"a@b@EMEA;mail\@home",
                json!([{"role":"a@b","division":"EMEA"},{"role":"mail@home"}]),
            ),
            (Shape::Queue, r"Sales;A\;B", json!(["Sales", "A;B"])),
            (
                Shape::Level,
                "Billing:4;C++: 2.5;Plain",
                json!([
                {"name":"Billing","proficiency":4.0},{"name":"C++","proficiency":2.5},{"name":"Plain"}]),
            ),
            (Shape::Level, "Tier:1:5", json!([{"name":"Tier:1","proficiency":5.0}])),
            (Shape::Attribute, "HR.badge=4711", json!([{"schema":"HR","field":"badge","value":"4711"}])),
            (Shape::Attribute, "a.b.c=", json!([{"schema":"a.b","field":"c","value":""}])),
            (Shape::Queue, "", json!([])),
        ];
        for (shape, text, expected) in table {
            assert_eq!(Value::Array(expand(shape, text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn a_bad_entry_is_named_by_its_number() {
        for (shape, text, part) in [
            (Shape::Level, "A:1;B:x", "entry 2"),
            (Shape::Role, "@EMEA", "role name is empty"),
            (Shape::Attribute, "HR.badge", "no ="),
            (Shape::Attribute, "badge=1", "no ."),
        ] {
            let fault = expand(shape, text).unwrap_err();
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }

    proptest! {
        #[test]
        fn an_escaped_name_reads_back_as_itself(name in "[ -~]{1,20}") {
            let name = name.trim().to_owned();
            prop_assume!(!name.is_empty());
            let entries = expand(Shape::Queue, &escape(&name)).unwrap();
            prop_assert_eq!(entries, vec![Value::String(name)]);
        }
    }
}
