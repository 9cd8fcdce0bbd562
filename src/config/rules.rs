//! What a rule of the file becomes, once names, levels and forms are checked.
//!
//! How it is written is `raw_rule`. The condition is only measured: `entitlements::RuleSet` compiles it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::error::Problem;
use super::raw_rule::{FieldTable, Given, Item, RawRule, RoleTable};
use super::{Grant, Rule};
use crate::limits;
use crate::model::compact;
use crate::model::{Family, Kind, Wanted};

/// What to do about an empty name.
const NAME: &str = "name it as it is named in Genesys Cloud";

/// Checks all rules.
pub(super) fn check(raw: Vec<RawRule>, problems: &mut Vec<Problem>) -> Vec<Rule> {
    if raw.len() > limits::RULES {
        let what = format!("there are {} rules, at most {} are possible", raw.len(), limits::RULES);
        problems.push(Problem::new("rule", what, "join rules that give the same things with \"or\""));
    }
    let mut names = BTreeSet::new();
    let mut rules = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let place = place(index, &raw.name);
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

/// Where a rule stands, in words; `index` from 0.
pub(crate) fn place(index: usize, name: &str) -> String {
    format!("rule {} \"{name}\"", index + 1)
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
    for (kind, given) in raw.given {
        let mut reader = Reader { kind, key: format!("{place}, key {}", kind.row().attribute), problems };
        grants.extend(reader.read(given));
    }
    if grants.is_empty() {
        problems.push(Problem::new(
            place,
            "gives nothing",
            format!("add {}, or remove the rule", one_of_all_kinds()),
        ));
    }
    Rule { name: raw.name, when, grants }
}

/// What a rule can give, in words: `roles, queues or skills`.
fn one_of_all_kinds() -> String {
    let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.row().attribute).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// Checks what a rule gives of one kind.
struct Reader<'a> {
    kind: Kind,
    key: String,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, given: Given) -> Vec<Grant> {
        match given {
            Given::Text(text) => self.text(&text),
            Given::Levels(levels) => {
                let leveled = levels.into_iter().filter_map(|(name, level)| self.leveled(&name, level));
                leveled.map(Grant::Wanted).collect()
            }
            Given::List(items) => items.into_iter().flat_map(|item| self.item(item)).collect(),
        }
    }

    fn item(&mut self, item: Item) -> Vec<Grant> {
        match item {
            // In a list TOML separates, and a name needs no escape: it is taken as it stands.
            Item::Text(name) if self.kind.family() == Family::Membership => {
                let kind = self.kind;
                self.name(&name)
                    .map(|name| Grant::Wanted(Wanted::Member { kind, name }))
                    .into_iter()
                    .collect()
            }
            Item::Text(text) => self.text(&text),
            Item::Role(role) => self.role(role).into_iter().collect(),
            Item::Field(field) => self.field(field).into_iter().collect(),
        }
    }

    fn problem(&mut self, what: impl Into<String>, cure: &str) {
        self.problems.push(Problem::new(self.key.clone(), what, cure));
    }

    fn text(&mut self, text: &str) -> Vec<Grant> {
        match compact::wanted(self.kind, text) {
            Ok(wanted) if wanted.is_empty() => {
                self.problem("has an empty name", NAME);
                Vec::new()
            }
            Ok(wanted) => wanted.into_iter().map(Grant::Wanted).collect(),
            Err(why) => {
                self.problem(why, "correct the text; a backslash takes the next sign as it is");
                Vec::new()
            }
        }
    }

    fn name(&mut self, text: &str) -> Option<String> {
        let name = text.trim();
        if name.is_empty() {
            self.problem("has an empty name", NAME);
            return None;
        }
        Some(name.to_owned())
    }

    fn leveled(&mut self, text: &str, level: f64) -> Option<Wanted> {
        let name = self.name(text)?;
        match compact::leveled(self.kind, name, level) {
            Ok(wanted) => Some(wanted),
            Err(why) => {
                self.problem(why, "use a number from 0 to 5");
                None
            }
        }
    }

    fn role(&mut self, raw: RoleTable) -> Option<Grant> {
        let division = raw.division.map(|name| name.trim().to_owned());
        if division.as_deref() == Some("") {
            self.problem("has an empty division", "name the division or leave it out");
        }
        self.name(&raw.role).map(|role| Grant::Wanted(Wanted::Role { role, division }))
    }

    fn field(&mut self, raw: FieldTable) -> Option<Grant> {
        let schema = self.name(&raw.schema)?;
        let field = self.name(&raw.field)?;
        match (raw.value, raw.from) {
            (Some(value), None) => {
                let value = json(value);
                if value.is_none() {
                    let what =
                        format!("{schema}.{field} has a value of a kind that an attribute cannot hold");
                    self.problem(what, "use a text, a number, true, false or a list of these");
                }
                Some(Grant::Wanted(Wanted::Attribute { schema, field, value: value? }))
            }
            (None, Some(from)) => {
                let from = self.name(&from)?;
                Some(Grant::AttributeFrom { schema, field, from })
            }
            (given, _) => {
                let given = if given.is_some() { "both" } else { "neither" };
                self.problem(
                    format!("{schema}.{field} has {given} value and from"),
                    "give exactly one of the two",
                );
                None
            }
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
