//! How a rule is written in the file, and what it becomes.
//!
//! Checks names, levels and forms. The condition is only measured: `entitlements::RuleSet` compiles it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::error::Problem;
use super::{Grant, Rule};
use crate::limits;
use crate::model::{Proficiency, Wanted};

/// `[[rule]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    name: String,
    when: String,
    #[serde(default)]
    roles: Vec<RawRole>,
    #[serde(default)]
    queues: Vec<String>,
    #[serde(default)]
    skills: BTreeMap<String, f64>,
    #[serde(default)]
    languages: BTreeMap<String, f64>,
    #[serde(default)]
    attributes: Vec<RawAttribute>,
}

/// `"Agent"`, `"Agent@EMEA"` or `{ role = "Agent", division = "EMEA" }`.
#[derive(Debug)]
struct RawRole {
    role: String,
    division: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleTable {
    role: String,
    division: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttribute {
    schema: String,
    field: String,
    value: Option<toml::Value>,
    from: Option<String>,
}

impl<'de> Deserialize<'de> for RawRole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = RawRole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"Role\", \"Role@Division\" or { role = \"..\", division = \"..\" }")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<RawRole, E> {
                let (role, division) = split_division(text);
                Ok(RawRole { role, division })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawRole, A::Error> {
                let table = RoleTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(RawRole { role: table.role, division: table.division })
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// The last `@` without a backslash before it splits; a backslash takes the next sign as it is.
fn split_division(text: &str) -> (String, Option<String>) {
    let mut split = None;
    let mut escaped = false;
    for (at, sign) in text.char_indices() {
        if sign == '@' && !escaped {
            split = Some(at);
        }
        escaped = sign == '\\' && !escaped;
    }
    let parts = split.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)));
    parts.map_or_else(|| (plain(text), None), |(role, division)| (plain(role), Some(plain(division))))
}

fn plain(text: &str) -> String {
    let mut signs = text.chars();
    let mut out = String::with_capacity(text.len());
    while let Some(sign) = signs.next() {
        out.extend(if sign == '\\' { signs.next() } else { Some(sign) });
    }
    out.trim().to_owned()
}

/// Checks all rules.
pub(super) fn check(raw: Vec<RawRule>, problems: &mut Vec<Problem>) -> Vec<Rule> {
    if raw.len() > limits::RULES {
        let what = format!("there are {} rules, at most {} are possible", raw.len(), limits::RULES);
        problems.push(Problem::new("rule", what, "join rules that give the same things with \"or\""));
    }
    let mut names = BTreeSet::new();
    let mut rules = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let place = format!("rule {} \"{}\"", index + 1, raw.name);
        if raw.name.trim().is_empty() {
            problems.push(Problem::new(
                format!("{place}, key name"),
                "is empty",
                "name the rule: the name is shown as the reason of what it gives",
            ));
        }
        if !names.insert(raw.name.clone()) {
            problems.push(Problem::new(
                format!("{place}, key name"),
                "is used twice",
                "give each rule its own name",
            ));
        }
        rules.push(check_one(raw, &place, problems));
    }
    rules
}

fn check_one(raw: RawRule, place: &str, problems: &mut Vec<Problem>) -> Rule {
    let when = raw.when.trim().to_owned();
    if when.is_empty() {
        problems.push(Problem::new(
            format!("{place}, key when"),
            "is empty",
            "write a SCIM filter, such as 'groups.display eq \"Sales\"'",
        ));
    } else if when.len() > limits::FILTER_BYTES {
        let what = format!("is longer than {} bytes", limits::FILTER_BYTES);
        problems.push(Problem::new(format!("{place}, key when"), what, "split the rule"));
    }
    let mut grants = Vec::new();
    for role in raw.roles {
        let division = role.division.map(|name| name.trim().to_owned());
        let named = name(&role.role, &format!("{place}, key roles"), problems);
        if division.as_deref() == Some("") {
            problems.push(Problem::new(
                format!("{place}, key roles"),
                "has an empty division",
                "name the division or leave it out",
            ));
        }
        grants.extend(named.map(|role| Grant::Wanted(Wanted::Role { role, division })));
    }
    for queue in raw.queues {
        let named = name(&queue, &format!("{place}, key queues"), problems);
        grants.extend(named.map(|queue| Grant::Wanted(Wanted::Queue { queue })));
    }
    for (skill, level) in raw.skills {
        let leveled = leveled(&skill, level, &format!("{place}, key skills"), problems);
        grants
            .extend(leveled.map(|(skill, proficiency)| Grant::Wanted(Wanted::Skill { skill, proficiency })));
    }
    for (language, level) in raw.languages {
        let leveled = leveled(&language, level, &format!("{place}, key languages"), problems);
        grants.extend(
            leveled.map(|(language, proficiency)| Grant::Wanted(Wanted::Language { language, proficiency })),
        );
    }
    for attribute in raw.attributes {
        grants.extend(check_attribute(attribute, &format!("{place}, key attributes"), problems));
    }
    if grants.is_empty() {
        problems.push(Problem::new(
            place,
            "gives nothing",
            "add roles, queues, skills, languages or attributes, or remove the rule",
        ));
    }
    Rule { name: raw.name, when, grants }
}

fn name(text: &str, key: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let name = text.trim();
    if name.is_empty() {
        problems.push(Problem::new(key, "has an empty name", "name it as it is named in Genesys Cloud"));
        return None;
    }
    Some(name.to_owned())
}

fn leveled(text: &str, level: f64, key: &str, problems: &mut Vec<Problem>) -> Option<(String, Proficiency)> {
    let name = name(text, key, problems)?;
    let proficiency = Proficiency::new(level);
    if proficiency.is_none() {
        problems.push(Problem::new(key, format!("\"{name}\" has level {level}"), "use a number from 0 to 5"));
    }
    Some((name, proficiency?))
}

fn check_attribute(raw: RawAttribute, key: &str, problems: &mut Vec<Problem>) -> Option<Grant> {
    let schema = name(&raw.schema, key, problems)?;
    let field = name(&raw.field, key, problems)?;
    match (raw.value, raw.from) {
        (Some(value), None) => match json(value) {
            Some(value) => Some(Grant::Wanted(Wanted::Attribute { schema, field, value })),
            None => {
                let what = format!("{schema}.{field} has a value of a kind that an attribute cannot hold");
                problems.push(Problem::new(
                    key,
                    what,
                    "use a text, a number, true, false or a list of these",
                ));
                None
            }
        },
        (None, Some(from)) => {
            let from = name(&from, key, problems)?;
            Some(Grant::AttributeFrom { schema, field, from })
        }
        (given, _) => {
            let what = format!(
                "{schema}.{field} has {} value and from",
                if given.is_some() { "both" } else { "neither" }
            );
            problems.push(Problem::new(key, what, "give exactly one of the two"));
            None
        }
    }
}

fn json(value: toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::Number(serde_json::Number::from_f64(number)?),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(when) => Value::String(when.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(json).collect::<Option<_>>()?),
        toml::Value::Table(_) => return None,
    })
}
