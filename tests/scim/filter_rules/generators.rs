//! Random filters over the whole grammar of RFC 7644 section 3.4.2.2, and random users to ask them of.
//!
//! The strict ones are in the letter of the grammar; the tolerant ones add what connectors send beyond it.

use std::fmt::Write as _;

use genesys_scim_bridge::testing::model::Object;
use genesys_scim_bridge::testing::scim::ResourceKind;
use genesys_scim_bridge::testing::scim::kind::{BRIDGE_USER, CORE_USER, ENTERPRISE_USER};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::documents::document;

/// A condition in three parts, so that laws can spell it in several ways; `pr` has no value.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) name: String,
    pub(crate) op: &'static str,
    pub(crate) value: Option<String>,
}

impl Condition {
    pub(crate) fn text(&self) -> String {
        match &self.value {
            Some(value) => format!("{} {} {value}", self.name, self.op),
            None => format!("{} {}", self.name, self.op),
        }
    }
}

const ALL: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le"];
const ORDER: &[&str] = &["eq", "ne", "gt", "lt", "ge", "le"];
const EQUALITY: &[&str] = &["eq", "ne"];

/// Texts with everything that quoting must survive.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z]{0,6}",
        "[ -~]{0,8}",
        "[äÖßΣςσİıKk😀\u{0}-\u{1f}\"\\\\/%*_.()\\[\\]]{0,6}",
        any::<String>().prop_map(|text| text.chars().take(6).collect()),
        prop::sample::select(vec![
            "Agent",
            "work",
            "and",
            "true",
            "null",
            "eq \"x\"",
            "2011-05-13T04:42:34Z"
        ])
        .prop_map(str::to_owned),
    ]
}

/// A text as a JSON string: as it is, or every letter as `\uXXXX`.
pub(crate) fn quoted(text: &str, escaped: bool) -> String {
    if !escaped {
        return Value::from(text).to_string();
    }
    let mut out = String::from("\"");
    for unit in text.encode_utf16() {
        let _ = write!(out, "\\u{unit:04x}");
    }
    out + "\""
}

fn quoted_text() -> impl Strategy<Value = String> {
    (any_text(), prop::bool::weighted(0.2)).prop_map(|(text, escaped)| quoted(&text, escaped))
}

/// Numbers that everybody reads alike: whole ones of 64 bits, others of at most 15 digits.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|whole| whole.to_string()),
        any::<u64>().prop_map(|whole| whole.to_string()),
        "-?(0|[1-9][0-9]{0,6})(\\.[0-9]{1,6})?([eE][+-]?[0-9])?",
    ]
}

/// Numbers of any length.
fn long_number() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?"
}

fn date() -> impl Strategy<Value = String> {
    let time = (0..24u8, 0..60u8, 0..60u8, "(\\.[0-9]{1,12})?", "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?");
    (1..9999u16, 1..13u8, 1..29u8, time).prop_map(
        |(year, month, day, (hour, minute, second, fraction, zone))| {
            format!("\"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}\"")
        },
    )
}

fn compared(
    names: Vec<String>,
    ops: &'static [&'static str],
    value: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<Condition> {
    (prop::sample::select(names), prop::sample::select(ops), value)
        .prop_map(|(name, op, value)| Condition { name, op, value: Some(value) })
        .boxed()
}

/// Conditions on attributes of every type, in the letter of the grammar.
pub(crate) fn condition() -> BoxedStrategy<Condition> {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut texts = own(&[
        "userName",
        "externalId",
        "id",
        "title",
        "name.familyName",
        "emails",
        "emails.value",
        "groups.display",
        "manager",
        "manager.value",
        "queues",
        "department",
        "profileUrl",
        "schemas",
        "meta.resourceType",
    ]);
    texts.push(format!("{CORE_USER}:userName"));
    texts.push(format!("{CORE_USER}:name.givenName"));
    texts.push(format!("{ENTERPRISE_USER}:manager.displayName"));
    texts.push(format!("{BRIDGE_USER}:queues"));
    let mut every = texts.clone();
    every.extend(own(&[
        "active",
        "emails.primary",
        "name",
        "addresses",
        "skills.proficiency",
        "meta.created",
    ]));
    let null = compared(every.clone(), EQUALITY, Just("null".to_owned()));
    let present = prop::sample::select(every).prop_map(|name| Condition { name, op: "pr", value: None });
    prop_oneof![
        6 => compared(texts, ALL, quoted_text()),
        1 => compared(own(&["x509Certificates.value"]), EQUALITY, quoted_text()),
        2 => compared(own(&["active", "emails.primary"]), EQUALITY, any::<bool>().prop_map(|b| b.to_string())),
        2 => compared(own(&["skills.proficiency", "languages.proficiency"]), ORDER, number()),
        2 => compared(own(&["meta.created", "meta.lastModified"]), ORDER, date()),
        1 => null,
        2 => present,
    ]
    .boxed()
}

fn inner_condition() -> BoxedStrategy<String> {
    prop_oneof![
        (prop::sample::select(vec!["value", "type", "display"]), prop::sample::select(ALL), quoted_text())
            .prop_map(|(name, op, value)| format!("{name} {op} {value}")),
        any::<bool>().prop_map(|flag| format!("primary eq {flag}")),
        prop::sample::select(vec!["value", "primary", "display"]).prop_map(|name| format!("{name} pr")),
        Just("type ne null".to_owned()),
    ]
    .boxed()
}

/// How words and brackets are joined.
#[derive(Clone, Copy, Debug)]
struct Style {
    open: &'static str,
    close: &'static str,
    not: &'static str,
    bracket: &'static str,
}

const STRICT: &[Style] = &[Style { open: "(", close: ")", not: "not (", bracket: "[" }];
const TOLERANT: &[Style] = &[
    STRICT[0],
    Style { open: "( ", close: " )", not: "not(", bracket: "[ " },
    Style { open: " (\t", close: ")", not: "NOT  ( ", bracket: " [" },
];

fn combined(leaf: BoxedStrategy<String>, styles: &'static [Style]) -> BoxedStrategy<String> {
    leaf.prop_recursive(3, 8, 3, move |inner| {
        let style = prop::sample::select(styles);
        let list = prop::collection::vec(inner.clone(), 2..4);
        let word = prop::sample::select(vec![" and ", " or ", " AND ", " Or "]);
        prop_oneof![
            (list.clone(), word.clone(), style.clone()).prop_map(|(list, word, style)| format!(
                "{}{}{}",
                style.open,
                list.join(word),
                style.close
            )),
            (list, word).prop_map(|(list, word)| list.join(word)),
            (inner, style).prop_map(|(one, style)| format!("{}{one}{}", style.not, style.close)),
        ]
    })
    .boxed()
}

fn value_path(styles: &'static [Style]) -> BoxedStrategy<String> {
    let name = prop::sample::select(vec!["emails", "roles", "phoneNumbers", "photos"]);
    (name, combined(inner_condition(), styles), prop::sample::select(styles))
        .prop_map(|(name, inner, style)| format!("{name}{}{inner}]", style.bracket))
        .boxed()
}

/// Filters in the letter of the grammar, erratum 7319 included.
pub(crate) fn strict_filter() -> BoxedStrategy<String> {
    let leaf = prop_oneof![3 => condition().prop_map(|condition| condition.text()), 1 => value_path(STRICT)];
    combined(leaf.boxed(), STRICT)
}

/// Filters as connectors send them.
pub(crate) fn filter() -> BoxedStrategy<String> {
    let tail = prop_oneof![
        quoted_text().prop_map(|text| format!(".value eq {text}")),
        Just(".value pr".to_owned()),
        Just(".primary eq \"True\"".to_owned()),
    ];
    let beyond = prop_oneof![
        (value_path(TOLERANT), tail).prop_map(|(path, tail)| path + &tail),
        "[a-z]{2}-[0-9a-z@.]{1,8}".prop_map(|word| format!("externalId eq {word}")),
        any::<u32>().prop_map(|number| format!("employeeNumber eq {number}")),
        prop::sample::select(vec!["True", "FALSE", "\"True\"", "\"false\""])
            .prop_map(|flag| format!("active eq {flag}")),
        quoted_text().prop_map(|text| format!("groups.$ref ew {text}")),
        number().prop_map(|number| format!("skills.proficiency ge \"{number}\"")),
        long_number().prop_map(|number| format!("skills.proficiency lt {number}")),
    ];
    let leaf = prop_oneof![
        3 => condition().prop_map(|condition| condition.text()),
        1 => value_path(TOLERANT),
        2 => beyond,
    ];
    combined(leaf.boxed(), TOLERANT)
}

/// Users that have some of what the user of the tables has, and texts of their own.
pub(crate) fn user() -> impl Strategy<Value = Object> {
    let whole = document(ResourceKind::User);
    let keys: Vec<String> = whole.keys().cloned().collect();
    let kept = keys.len();
    (prop::sample::subsequence(keys, 0..=kept), any_text(), any_text()).prop_map(
        move |(kept, name, email)| {
            let mut user: Object = whole
                .iter()
                .filter(|(key, _)| kept.contains(key))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            user.insert("userName".into(), name.into());
            user.insert(
                "emails".into(),
                json!([{"value": email, "type": "work"}, {"type": "home", "primary": true}]),
            );
            user
        },
    )
}
