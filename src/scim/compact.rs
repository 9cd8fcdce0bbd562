//! Compact texts that stand in place of a full attribute, for clients that cannot send lists of objects.
//!
//! Turns their entries into the full form. How a text is read is [`crate::model::compact`]; whether a client
//! may send one is decided in `dialect`; whether the names exist is asked in `entitlements` and later.

use serde_json::{Value, json};

use super::registry::Attribute;
use crate::model::compact::{self, Entry};
use crate::model::{Family, Object};

/// The family whose full form an attribute has, told from its sub-attributes.
pub(super) fn family_of(attribute: &Attribute) -> Option<Family> {
    if !attribute.multi_valued {
        return None;
    }
    let has = |name: &str| attribute.sub(name).is_some();
    match () {
        () if !attribute.is_complex() => Some(Family::Membership),
        () if has("role") => Some(Family::Grant),
        () if has("proficiency") => Some(Family::Level),
        () if has("field") => Some(Family::Field),
        () => None,
    }
}

/// The entries of a compact text in full form; empty entries are passed over.
///
/// # Errors
/// Names the entry number and what it lacks, never its content.
pub(super) fn expand(family: Family, text: &str) -> Result<Vec<Value>, String> {
    Ok(compact::entries(family, text)?.into_iter().map(full).collect())
}

fn full(entry: Entry) -> Value {
    match entry {
        Entry::Member(name) => Value::String(name),
        Entry::Grant { role, division: None } => json!({ "role": role }),
        Entry::Grant { role, division: Some(division) } => json!({ "role": role, "division": division }),
        Entry::Level { name, level } => {
            let level = level.and_then(serde_json::Number::from_f64).map(Value::Number);
            let members = [
                Some(("name".to_owned(), name.into())),
                level.map(|level| ("proficiency".to_owned(), level)),
            ];
            Value::Object(members.into_iter().flatten().collect::<Object>())
        }
        Entry::Field { schema, field, value } => json!({ "schema": schema, "field": field, "value": value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_take_the_full_form_of_their_attribute() {
        let table = [
            (Family::Membership, r"Sales;A\;B", json!(["Sales", "A;B"])),
            (
                Family::Grant,
                "Agent@EMEA;Supervisor",
                json!([{"role":"Agent","division":"EMEA"},{"role":"Supervisor"}]),
            ),
            (
                Family::Level,
                "Billing:4;Plain",
                json!([{"name":"Billing","proficiency":4.0},{"name":"Plain"}]),
            ),
            (
                Family::Field,
                "HR.token=YWJj=;HR.badge=",
                json!([{"schema":"HR","field":"token","value":"YWJj="},{"schema":"HR","field":"badge","value":""}]),
            ),
            (Family::Membership, "", json!([])),
        ];
        for (family, text, expected) in table {
            assert_eq!(Value::Array(expand(family, text).unwrap()), expected, "{text}");
        }
    }
}
