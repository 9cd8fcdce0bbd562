//! The overlay: the table of every known deviation from the description (`[[change]]`), the rules that the
//! description leaves out (`[[rule]]`), and the list of operations the bridge may call (`[bridge]`).
//! This file reads and applies the table; `rules.rs` judges by the rules.

use serde::Deserialize;
use serde_json::Value;

use super::description::Description;

const TEXT: &str = include_str!("../../contract-overlay.toml");

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overlay {
    bridge: Bridge,
    change: Vec<Change>,
    pub(super) rule: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bridge {
    operations: Vec<String>,
}

/// One deviation from the description.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// RFC 6901 pointer into the description.
    pointer: String,
    /// JSON text to put there; absent together with `remove = true`.
    set: Option<String>,
    #[serde(default)]
    remove: bool,
    reason: String,
    fact: String,
}

/// Facts about some operations that the description does not state. Places are pointers in which `*` stands
/// for every element of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// `METHOD template`, or `*` for all.
    operations: Vec<String>,
    reason: String,
    pub(super) fact: String,
    /// Places in the request that must hold UUIDs.
    #[serde(default)]
    pub(super) request_ids: Vec<String>,
    /// How many elements a list in the request may have.
    pub(super) request_count: Option<Count>,
    /// How often a query parameter may be given, comma-separated values counted singly.
    pub(super) query_count: Option<QueryCount>,
    /// Largest value of a numeric query parameter.
    pub(super) query_max: Option<QueryMax>,
    /// Places that a successful answer must have.
    #[serde(default)]
    pub(super) answer_required: Vec<String>,
    /// Places in a successful answer that must hold UUIDs.
    #[serde(default)]
    pub(super) answer_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Count {
    pub(super) at: String,
    #[serde(default)]
    pub(super) min: usize,
    pub(super) max: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryCount {
    pub(super) name: String,
    pub(super) max: usize,
    /// True when the values are UUIDs.
    #[serde(default)]
    pub(super) ids: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryMax {
    pub(super) name: String,
    pub(super) max: i64,
}

impl Overlay {
    /// The table that was compiled in.
    pub(super) fn embedded() -> Result<Self, String> {
        toml::from_str(TEXT).map_err(|error| error.to_string())
    }

    /// Applies every change, in order. An entry that fits nowhere or changes nothing is an error.
    pub(super) fn apply(&self, document: &mut Value) -> Result<(), String> {
        self.change.iter().try_for_each(|change| change.apply(document))
    }

    /// Checks that every operation the table names is in the description.
    pub(super) fn fits(&self, description: &Description) -> Result<(), String> {
        if self.rule.iter().any(|rule| rule.reason.is_empty() || rule.fact.is_empty()) {
            return Err("every rule needs a reason and a fact".to_owned());
        }
        let known: std::collections::HashSet<String> = description.names().collect();
        let named = self.rule.iter().flat_map(|rule| &rule.operations).chain(&self.bridge.operations);
        let unknown: Vec<&str> = named
            .map(String::as_str)
            .filter(|name| *name != "*" && *name != "POST /oauth/token" && !known.contains(*name))
            .collect();
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(format!("names operations that the description does not have: {}", unknown.join(", ")))
        }
    }

    /// The rules for one operation.
    pub(super) fn rules<'a>(&'a self, operation: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rule
            .iter()
            .filter(move |rule| rule.operations.iter().any(|name| name == "*" || name == operation))
    }
}

impl Change {
    fn apply(&self, document: &mut Value) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("entry {}: {what}", self.pointer));
        if self.reason.is_empty() || self.fact.is_empty() {
            return wrong("needs a reason and a fact");
        }
        let Some((parent, key)) = self.pointer.rsplit_once('/') else { return wrong("is not a pointer") };
        let key = unescape(key);
        let Some(parent) = document.pointer_mut(parent).and_then(Value::as_object_mut) else {
            return wrong("its parent is not an object of the description");
        };
        match (&self.set, self.remove) {
            (Some(text), false) => {
                let Ok(value) = serde_json::from_str::<Value>(text) else {
                    return wrong("`set` is not JSON");
                };
                if parent.get(&key) == Some(&value) {
                    return wrong("is unused: the description already says so");
                }
                parent.insert(key, value);
                Ok(())
            }
            (None, true) => match parent.shift_remove(&key) {
                Some(_) => Ok(()),
                None => wrong("is unused: there is nothing to remove"),
            },
            _ => wrong("needs exactly one of `set` and `remove = true`"),
        }
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(pointer: &str, set: Option<&str>, remove: bool) -> Change {
        Change {
            pointer: pointer.to_owned(),
            set: set.map(str::to_owned),
            remove,
            reason: "because".to_owned(),
            fact: "G2".to_owned(),
        }
    }

    #[test]
    fn an_entry_that_fits_nothing_or_changes_nothing_is_refused() {
        for (entry, expected) in [
            (change("/definitions/Gone/required", Some("[]"), false), "its parent is not an object"),
            (change("/definitions/User/required", Some("[\"version\"]"), false), "already says so"),
            (change("/definitions/User/title", None, true), "nothing to remove"),
            (change("/definitions/User/required", None, false), "exactly one"),
            (change("/definitions/User/required", Some("[]"), true), "exactly one"),
            (change("/definitions/User/required", Some("["), false), "not JSON"),
        ] {
            let mut document = json!({"definitions": {"User": {"required": ["version"]}}});
            let problem = entry.apply(&mut document).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn a_change_sets_or_removes_at_an_escaped_pointer() {
        let mut document = json!({"paths": {"/a/{b}": {"get": {"x": 1}}}});
        change("/paths/~1a~1{b}/get/y", Some("{\"z\": 2}"), false).apply(&mut document).unwrap();
        change("/paths/~1a~1{b}/get/x", None, true).apply(&mut document).unwrap();
        assert_eq!(document, json!({"paths": {"/a/{b}": {"get": {"y": {"z": 2}}}}}));
    }

    #[test]
    fn every_entry_is_used_and_none_undoes_another() {
        let file = super::super::locate::description_file();
        let Ok(text) = std::fs::read(&file) else {
            assert!(std::env::var("CI").map_or(true, |ci| ci != "true"), "{} is missing", file.display());
            println!("SKIPPED: {} is missing", file.display());
            return;
        };
        let mut document: Value = serde_json::from_slice(&text).unwrap();
        let table = Overlay::embedded().unwrap();
        table.apply(&mut document).unwrap();
        for entry in &table.change {
            assert!(entry.apply(&mut document.clone()).is_err(), "{} left no trace", entry.pointer);
        }
        table.fits(&Description::new(document).unwrap()).unwrap();
    }

    #[test]
    fn every_entry_of_the_embedded_table_says_why() {
        let table = Overlay::embedded().unwrap();
        assert!(table.change.iter().all(|change| !change.reason.is_empty() && !change.fact.is_empty()));
        assert!(table.rule.iter().all(|rule| !rule.reason.is_empty() && !rule.fact.is_empty()));
        assert!(!table.bridge.operations.is_empty());
    }
}
