//! Rules: compiled once, evaluated for one user at a time.
//!
//! A condition is a SCIM filter; a rule that matches gives all its entitlements. Every rule is evaluated, so
//! the result does not depend on their order. Raw rules come from `config`; merging with the request is in
//! `merge`.

use serde_json::Value;

use crate::config::{Grant, Problem, Rule, place_of_rule};
use crate::limits;
use crate::model::{Desired, Object, Reason, Wanted};
use crate::scim::filter::Filter;
use crate::scim::kind::ResourceKind;

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule \"{rule}\", key \"when\": {why}")]
pub struct RuleError {
    /// Its name.
    pub rule: String,
    /// What is wrong and what to do.
    pub why: String,
}

#[derive(Debug)]
struct Compiled {
    name: String,
    when: Filter,
    grants: Vec<Grant>,
}

/// All rules of a tenant.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Compiled>,
    digest: String,
    groups: bool,
}

impl RuleSet {
    /// Compiles the conditions.
    ///
    /// # Errors
    /// The first rule whose condition is not a SCIM filter over users, or too many rules.
    pub fn compile(rules: &[Rule]) -> Result<Self, RuleError> {
        if rules.len() > limits::RULES {
            let why = format!("there are {} rules, more than {}; merge some", rules.len(), limits::RULES);
            return Err(RuleError { rule: String::new(), why });
        }
        let compile = |rule: &Rule| {
            let when = Filter::parse(ResourceKind::User, &rule.when)
                .map_err(|error| RuleError { rule: rule.name.clone(), why: error.detail })?;
            if let Some(name) = not_there(&when) {
                let why = format!(
                    "{name} is no part of what rules see; use attributes of the person or its groups"
                );
                return Err(RuleError { rule: rule.name.clone(), why });
            }
            Ok(Compiled { name: rule.name.clone(), when, grants: rule.grants.clone() })
        };
        let digest = match rules {
            [] => String::new(),
            // What a rule holds is plain data, and its debug form shows all of it.
            _ => blake3::hash(format!("{rules:?}").as_bytes()).to_hex().to_string(),
        };
        let groups = rules.iter().any(names_groups);
        Ok(Self { rules: rules.iter().map(compile).collect::<Result<_, _>>()?, digest, groups })
    }

    /// Tells these rules from others; empty where there are none.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// All that the rules may give, as far as they name it.
    pub fn wanted(&self) -> impl Iterator<Item = &Wanted> {
        let grants = self.rules.iter().flat_map(|rule| &rule.grants);
        grants.filter_map(|grant| match grant {
            Grant::Wanted(wanted) => Some(wanted),
            Grant::AttributeFrom { .. } => None,
        })
    }

    /// Whether there is a rule of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.rules.iter().any(|rule| rule.name == name)
    }

    /// Whether any rule may look at the groups of a person, which are read apart from it.
    pub(crate) fn looks_at_groups(&self) -> bool {
        self.groups
    }

    /// What the matching rules give.
    pub fn evaluate(&self, user: &Object) -> Vec<Desired> {
        let matching = self.rules.iter().filter(|rule| rule.when.matches(user));
        matching.flat_map(|rule| rule.grants.iter().filter_map(|grant| rule.desired(grant, user))).collect()
    }
}

/// What is wrong with the conditions of rules whose form is right.
pub(crate) fn judge(rules: &[Rule]) -> Vec<Problem> {
    let problems = rules.iter().enumerate().filter_map(|(index, rule)| {
        let error = RuleSet::compile(std::slice::from_ref(rule)).err()?;
        let key = format!("{}, key when", place_of_rule(index, &rule.name));
        Some(Problem::new(key, error.why, "correct the condition"))
    });
    problems.collect()
}

/// Told by the text, whichever way the attribute is written there: that a name only reads so costs a look.
fn names_groups(rule: &Rule) -> bool {
    let named = |text: &str| text.to_ascii_lowercase().contains("groups");
    let from = |grant: &Grant| matches!(grant, Grant::AttributeFrom { from, .. } if named(from));
    named(&rule.when) || rule.grants.iter().any(from)
}

/// What a condition looks at that no rule is shown: it would never be true, or always.
fn not_there(when: &Filter) -> Option<&'static str> {
    if when.mentions_provisioning() {
        return Some("provisioning");
    }
    when.mentions("meta").then_some("meta")
}

impl Compiled {
    fn desired(&self, grant: &Grant, user: &Object) -> Option<Desired> {
        let wanted = match grant {
            Grant::Wanted(wanted) => wanted.clone(),
            Grant::AttributeFrom { schema, field, from } => Wanted::Attribute {
                schema: schema.clone(),
                field: field.clone(),
                // An attribute that the user does not have gives nothing.
                value: lookup(user, from)?,
            },
        };
        Some(Desired { wanted, reason: Reason::Rule(self.name.clone()) })
    }
}

/// The value of a simple, dotted or URN-qualified attribute name; names in any letter case.
fn lookup(user: &Object, path: &str) -> Option<Value> {
    fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
        object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
    fn walk(object: &Object, dotted: &str) -> Option<Value> {
        let (head, rest) = dotted.split_once('.').map_or((dotted, None), |(head, rest)| (head, Some(rest)));
        match (member(object, head)?, rest) {
            (Value::Null, _) => None,
            (value, None) => Some(value.clone()),
            (Value::Object(inner), Some(rest)) => walk(inner, rest),
            _ => None,
        }
    }
    if let Some((urn, name)) = path.rsplit_once(':') {
        if let Some(Value::Object(extension)) = member(user, urn) {
            return walk(extension, name);
        }
        // URNs of extensions end in a version such as `2.0:User`, core ones name the document itself.
        return urn.contains(":core:").then(|| walk(user, name)).flatten();
    }
    walk(user, path)
}
