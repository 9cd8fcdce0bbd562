//! A rule as it is written: `[[rule]]` with its name, its condition and one key for each kind of entitlement.
//!
//! A kind is given as one compact text, as a list of texts or tables, or, where it has levels, as a table of
//! them. Names and types only; what they become is checked in `rules`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::model::{Family, Kind};

/// `[[rule]]`.
#[derive(Debug)]
pub(super) struct RawRule {
    pub(super) name: String,
    pub(super) when: String,
    /// What it gives, in the order of the kinds.
    pub(super) given: BTreeMap<Kind, Given>,
}

/// What a rule gives of one kind.
#[derive(Debug)]
pub(super) enum Given {
    /// `"Agent@EMEA;Supervisor"`.
    Text(String),
    /// `["Agent@EMEA", { role = "Supervisor" }]`.
    List(Vec<Item>),
    /// `{ Billing = 4 }`.
    Levels(BTreeMap<String, f64>),
}

/// One of a list.
#[derive(Debug)]
pub(super) enum Item {
    Text(String),
    Role(RoleTable),
    Field(FieldTable),
}

/// `{ role = "Agent", division = "EMEA" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleTable {
    pub(super) role: String,
    pub(super) division: Option<String>,
}

/// `{ schema = "HR", field = "badge", value = "4711" }`, or with `from`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldTable {
    pub(super) schema: String,
    pub(super) field: String,
    pub(super) value: Option<toml::Value>,
    pub(super) from: Option<String>,
}

impl<'de> Deserialize<'de> for RawRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rule;
        impl<'de> Visitor<'de> for Rule {
            type Value = RawRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rule")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawRule, A::Error> {
                let (mut name, mut when, mut given) = (None, None, BTreeMap::new());
                while let Some(key) = map.next_key()? {
                    match key {
                        Key::Name => name = Some(map.next_value()?),
                        Key::When => when = Some(map.next_value()?),
                        Key::Gives(kind) => {
                            given.insert(kind, map.next_value_seed(Form(kind))?);
                        }
                    }
                }
                let missing = A::Error::missing_field;
                Ok(RawRule {
                    name: name.ok_or_else(|| missing("name"))?,
                    when: when.ok_or_else(|| missing("when"))?,
                    given,
                })
            }
        }
        deserializer.deserialize_map(Rule)
    }
}

/// A key of a rule.
enum Key {
    Name,
    When,
    Gives(Kind),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        match (key.as_str(), Kind::of_attribute(&key)) {
            ("name", _) => Ok(Key::Name),
            ("when", _) => Ok(Key::When),
            (_, Some(kind)) => Ok(Key::Gives(kind)),
            _ => {
                let kinds = Kind::ALL.map(|kind| format!("`{}`", kind.row().attribute)).join(", ");
                Err(D::Error::custom(format!(
                    "unknown field `{key}`, expected one of `name`, `when`, {kinds}"
                )))
            }
        }
    }
}

/// Reads what is given of a kind, and one item of a list of it.
#[derive(Clone, Copy)]
struct Form(Kind);

impl Form {
    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.family() {
            Family::Grant => "\"Role\", \"Role@Division\" or { role = \"..\", division = \"..\" }",
            Family::Membership => "\"Name\"",
            Family::Level => "\"Name:level\" or a table of levels, { Name = 4 }",
            Family::Field => "\"Schema.field=value\" or { schema = \"..\", field = \"..\", value = .. }",
        })
    }
}

impl<'de> DeserializeSeed<'de> for Form {
    type Value = Given;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Given, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Form {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of ")?;
        self.write(f)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Given, E> {
        Ok(Given::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Given, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(OneOf(self))? {
            items.push(item);
        }
        Ok(Given::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Given, A::Error> {
        if self.0.family() != Family::Level {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
        }
        BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(Given::Levels)
    }
}

/// One item of a list.
struct OneOf(Form);

impl<'de> DeserializeSeed<'de> for OneOf {
    type Value = Item;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Item, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OneOf {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Item, E> {
        Ok(Item::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
        let map = MapAccessDeserializer::new(map);
        match self.0.0.family() {
            Family::Grant => RoleTable::deserialize(map).map(Item::Role),
            Family::Field => FieldTable::deserialize(map).map(Item::Field),
            Family::Membership | Family::Level => {
                Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self))
            }
        }
    }
}
