//! Rules as JSON: as they are sent to a running bridge that is to try them out, and read there.
//!
//! The same members as in the file, `[{"name": .., "when": .., "queues": [..]}]`, and the same checks: what a rule
//! becomes is `rules`, its form `raw_rule`. Conditions are judged in `entitlements`.

use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::Rule;
use super::error::Problem;
use super::raw_rule::RawRule;
use super::rules::{self, place};

/// The rules of a configuration text whose form is right, as they are sent.
pub(crate) fn rules_as_json(text: &str) -> Value {
    let whole = text.parse::<toml::Table>().ok();
    let rules = whole.and_then(|mut whole| whole.remove("rule"));
    rules.map_or_else(|| Value::Array(Vec::new()), json)
}

/// Checks rules that were sent.
///
/// # Errors
/// All problems, each with the place of the rule.
pub(crate) fn rules_of_json(sent: &Value) -> Result<Vec<Rule>, Vec<Problem>> {
    let Value::Array(sent) = sent else {
        return Err(vec![Problem::new("rules", "is not a list", "send the rules as a list of objects")]);
    };
    let (mut raw, mut problems) = (Vec::new(), Vec::new());
    for (index, rule) in sent.iter().enumerate() {
        let name = rule.get("name").and_then(Value::as_str).unwrap_or_default();
        match RawRule::deserialize(rule) {
            Ok(rule) => raw.push(rule),
            Err(error) => {
                problems.push(Problem::new(place(index, name), error.to_string(), "correct it there"));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let rules = rules::check(raw, &mut problems);
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}

fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(when) => Value::String(when.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, json(value))).collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;

    const FORMS: &str = r#"
        [genesys]
        api_base = "https://api.example"
        login_base = "https://login.example"
        client_id = "abc"
        client_secret_env = "S"
        [tenant]
        name = "acme"
        [[rule]]
        name = "one"
        when = 'title eq "Agent"'
        roles = ["Agent@EMEA", { role = "Lead" }]
        queues = ["A;B", "C"]
        skills = { Billing = 4, Chat = 3.5 }
        languages = "English:5"
        attributes = [
            { schema = "HR", field = "badge", value = "4711" },
            { schema = "HR", field = "since", value = 2024-05-01 },
            { schema = "HR", field = "tags", value = ["a", "b"] },
            { schema = "HR", field = "team", from = "title" },
        ]
        [[rule]]
        name = "two"
        when = 'active eq true'
        teams = ["Night"]
    "#;

    #[test]
    fn rules_that_were_sent_are_those_of_the_file() {
        let secret = |name: &str| (name == "S").then(|| "secret".to_owned());
        let config = Config::parse(FORMS, std::path::Path::new("x.toml"), &secret).unwrap();
        assert_eq!(config.rules.len(), 2);
        assert_eq!(rules_of_json(&rules_as_json(FORMS)), Ok(config.rules));
        assert_eq!(rules_of_json(&rules_as_json("data_dir = \"x\"")), Ok(Vec::new()));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let good = json!({ "name": "good", "when": "active eq true", "queues": ["A"] });
        let table = [
            (json!({}), "rules", "not a list"),
            (json!([good, { "name": "bad", "when": "active eq true" }]), "rule 2 \"bad\"", "gives nothing"),
            (json!([{ "name": "bad", "wen": "x" }]), "rule 1 \"bad\"", "unknown field `wen`"),
            (json!([good, good]), "rule 2 \"good\", key name", "used twice"),
            (
                json!([{ "name": "bad", "when": "x pr", "skills": { "Billing": 9 } }]),
                "rule 1 \"bad\", key skills",
                "",
            ),
            (
                json!([{ "name": "bad", "when": "x pr", "attributes": [{ "schema": "a", "field": "b", "value": null }] }]),
                "rule 1 \"bad\"",
                "",
            ),
            (json!([7]), "rule 1 \"\"", ""),
        ];
        for (sent, key, what) in table {
            let problems = rules_of_json(&sent).expect_err(&sent.to_string());
            assert!(
                problems.iter().any(|one| one.key.starts_with(key) && one.what.contains(what)),
                "{problems:?}"
            );
        }
    }
}
