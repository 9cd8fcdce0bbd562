//! The compact text of entitlements: the one grammar for a request's compact attributes, for a full attribute
//! that is given as text, and for the rules file.
//!
//! `Agent@EMEA;Supervisor`, `Billing:4`, `HR.badge=4711`, `Sales;Claims`:
//!
//! * `;` separates entries, empty ones are passed over;
//! * the last `@` of a role, `:` of a level and `.` of an attribute's name splits; the first `=` of an
//!   attribute ends its name, so that a value may hold more of them (`HR.token=YWJj=`);
//! * a backslash takes the next sign as it is; blanks around names and values go unless escaped;
//! * `HR.badge=` takes the value back; `Agent@` is an error, since the division would be a guess.
//!
//! Reads text only: whether names exist is asked much later, in `genesys`. Faults name the entry and what it
//! lacks and never repeat a value, which may be personal.

use serde_json::Value;

use super::entitlement::{Proficiency, Wanted};
use super::kind::{Family, Kind};

/// One entry of a compact text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// `Queue`.
    Member(String),
    /// `Role` or `Role@Division`.
    Grant {
        /// Role name.
        role: String,
        /// Division name.
        division: Option<String>,
    },
    /// `Name:level`.
    Level {
        /// Name of the skill or language.
        name: String,
        /// How well; its range is not checked here.
        level: Option<f64>,
    },
    /// `Schema.field=value`.
    Field {
        /// Schema name.
        schema: String,
        /// Field name.
        field: String,
        /// Its value; empty takes it back.
        value: String,
    },
}

/// The entries of a text.
///
/// # Errors
/// Names the entry by its number and says what it lacks.
pub(crate) fn entries(family: Family, text: &str) -> Result<Vec<Entry>, String> {
    let signs = signs(text);
    let parts = signs.split(|sign| *sign == (';', false)).enumerate();
    let there = parts.filter(|(_, part)| !trimmed(part).is_empty());
    there.map(|(at, part)| read(family, part).map_err(|fault| format!("entry {}: {fault}", at + 1))).collect()
}

/// What a text asks for.
///
/// # Errors
/// As [`entries`]; also a level that is missing or not from 0 to 5.
pub(crate) fn wanted(kind: Kind, text: &str) -> Result<Vec<Wanted>, String> {
    let all = entries(kind.family(), text)?.into_iter().enumerate();
    all.map(|(at, entry)| want(kind, entry).map_err(|fault| format!("entry {}: {fault}", at + 1))).collect()
}

/// What a text asks for that is one entry by itself: `;` has no meaning in it.
///
/// # Errors
/// As [`wanted`].
pub(crate) fn one(kind: Kind, text: &str) -> Result<Wanted, String> {
    want(kind, read(kind.family(), &signs(text))?)
}

/// A name with its level, of a configuration: its faults repeat the name.
///
/// # Errors
/// When the level is not from 0 to 5.
pub(crate) fn leveled(kind: Kind, name: String, level: f64) -> Result<Wanted, String> {
    let word = kind.row().word;
    let proficiency = Proficiency::new(level)
        .ok_or_else(|| format!("{word} \"{name}\" has level {level}; it must be a number from 0 to 5"))?;
    Ok(Wanted::Level { kind, name, proficiency })
}

/// A character and whether a backslash stood before it.
type Sign = (char, bool);

fn signs(text: &str) -> Vec<Sign> {
    let mut signs = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        // A backslash at the end has nothing to escape and is itself.
        signs.push(if c == '\\' { (chars.next().unwrap_or(c), true) } else { (c, false) });
    }
    signs
}

/// Without the blanks around it, but for escaped ones.
fn trimmed(mut signs: &[Sign]) -> &[Sign] {
    let blank = |sign: &Sign| !sign.1 && sign.0.is_whitespace();
    while let [first, rest @ ..] = signs
        && blank(first)
    {
        signs = rest;
    }
    while let [rest @ .., last] = signs
        && blank(last)
    {
        signs = rest;
    }
    signs
}

fn plain(signs: &[Sign]) -> String {
    trimmed(signs).iter().map(|(c, _)| *c).collect()
}

fn name(signs: &[Sign], what: &str) -> Result<String, String> {
    let name = plain(signs);
    if name.is_empty() { Err(format!("the {what} is empty")) } else { Ok(name) }
}

/// What is before and after the place found.
fn split(signs: &[Sign], at: Option<usize>) -> (&[Sign], Option<&[Sign]>) {
    let parts = at.and_then(|at| Some((signs.get(..at)?, signs.get(at + 1..)?)));
    parts.map_or((signs, None), |(left, right)| (left, Some(right)))
}

fn at_last(signs: &[Sign], sign: char) -> (&[Sign], Option<&[Sign]>) {
    split(signs, signs.iter().rposition(|found| *found == (sign, false)))
}

fn at_first(signs: &[Sign], sign: char) -> (&[Sign], Option<&[Sign]>) {
    split(signs, signs.iter().position(|found| *found == (sign, false)))
}

fn read(family: Family, entry: &[Sign]) -> Result<Entry, String> {
    match family {
        Family::Membership => Ok(Entry::Member(name(entry, "name")?)),
        Family::Grant => {
            let (role, division) = at_last(entry, '@');
            let role = name(role, "role name")?;
            let missing = "division name after the @ (leave out the @ for the user's own division)";
            let division = division.map(|division| name(division, missing)).transpose()?;
            Ok(Entry::Grant { role, division })
        }
        Family::Level => {
            let (of, level) = at_last(entry, ':');
            let number = |level| plain(level).parse().ok().filter(|level: &f64| level.is_finite());
            let number = |level| number(level).ok_or("the level after the : must be a number from 0 to 5");
            Ok(Entry::Level { name: name(of, "name")?, level: level.map(number).transpose()? })
        }
        Family::Field => {
            let form = "it is not of the form Schema.field=value";
            let (target, value) = at_first(entry, '=');
            let value = value.ok_or_else(|| format!("{form}: there is no ="))?;
            let (schema, field) = at_last(target, '.');
            let field = field.ok_or_else(|| format!("{form}: there is no . before the first ="))?;
            let (schema, field) = (name(schema, "schema name")?, name(field, "field name")?);
            Ok(Entry::Field { schema, field, value: plain(value) })
        }
    }
}

fn want(kind: Kind, entry: Entry) -> Result<Wanted, String> {
    Ok(match entry {
        Entry::Grant { role, division } => Wanted::Role { role, division },
        Entry::Member(name) => Wanted::Member { kind, name },
        Entry::Level { name, level: Some(level) } => {
            let proficiency =
                Proficiency::new(level).ok_or("the level after the : must be a number from 0 to 5")?;
            Wanted::Level { kind, name, proficiency }
        }
        Entry::Level { level: None, .. } => {
            return Err(format!(
                "the {} has no level: write a colon and a number from 0 to 5 behind it",
                kind.row().word
            ));
        }
        Entry::Field { schema, field, value } => {
            let value = if value.is_empty() { Value::Null } else { Value::String(value) };
            Wanted::Attribute { schema, field, value }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes an entry so that it reads back as itself.
    fn print(entry: &Entry) -> String {
        let escaped = |text: &str| {
            let sign = |c: char| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") };
            text.chars().map(sign).collect::<String>()
        };
        match entry {
            Entry::Member(name) => escaped(name),
            Entry::Grant { role, division: None } => escaped(role),
            Entry::Grant { role, division: Some(division) } => {
                format!("{}@{}", escaped(role), escaped(division))
            }
            Entry::Level { name, level: None } => escaped(name),
            Entry::Level { name, level: Some(level) } => format!("{}:{level}", escaped(name)),
            Entry::Field { schema, field, value } => {
                // Signs that only mean something before the first `=` need no escape in a value.
                let value = value.chars().map(|c| match c {
                    '=' | '.' | '@' | ':' => c.to_string(),
                    c => escaped(&c.to_string()),
                });
                format!("{}.{}={}", escaped(schema), escaped(field), value.collect::<String>())
            }
        }
    }

    fn member(name: &str) -> Entry {
        Entry::Member(name.into())
    }

    fn grant(role: &str, division: Option<&str>) -> Entry {
        Entry::Grant { role: role.into(), division: division.map(Into::into) }
    }

    fn at(name: &str, level: Option<f64>) -> Entry {
        Entry::Level { name: name.into(), level }
    }

    fn field(schema: &str, field: &str, value: &str) -> Entry {
        Entry::Field { schema: schema.into(), field: field.into(), value: value.into() }
    }

    #[test]
    fn each_form_reads_by_the_one_rule() {
        let table = [
            (
                Family::Membership,
                r"Sales; Claims;;A\;B ;",
                vec![member("Sales"), member("Claims"), member("A;B")],
            ),
            (Family::Membership, "a@b:c.d=e", vec![member("a@b:c.d=e")]),
            (Family::Membership, " ; ", vec![]),
            (Family::Membership, r"\ x\ ", vec![member(" x ")]),
            (Family::Membership, r"end\", vec![member(r"end\")]),
            (
                Family::Grant,
                "Agent@EMEA; Supervisor ;",
                vec![grant("Agent", Some("EMEA")), grant("Supervisor", None)],
            ),
            (
                Family::Grant,
                r"a@b@EMEA;mail\@home",
                vec![grant("a@b", Some("EMEA")), grant("mail@home", None)],
            ),
            (Family::Grant, r"C\\@EMEA", vec![grant(r"C\", Some("EMEA"))]),
            (
                Family::Level,
                "Billing:4;C++: 2.5;Plain;Tier:1:5",
                vec![
                    at("Billing", Some(4.0)),
                    at("C++", Some(2.5)),
                    at("Plain", None),
                    at("Tier:1", Some(5.0)),
                ],
            ),
            (Family::Field, "HR.badge=4711", vec![field("HR", "badge", "4711")]),
            (Family::Field, "HR.note=a=b", vec![field("HR", "note", "a=b")]),
            (Family::Field, "HR.token=YWJj=", vec![field("HR", "token", "YWJj=")]),
            (Family::Field, "HR.site=a.b.c", vec![field("HR", "site", "a.b.c")]),
            (Family::Field, "a.b.c=", vec![field("a.b", "c", "")]),
            (Family::Field, r"a\=b.c=d", vec![field("a=b", "c", "d")]),
            (Family::Field, r"HR.list=x\;y", vec![field("HR", "list", "x;y")]),
        ];
        for (family, text, expected) in table {
            assert_eq!(entries(family, text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_bad_entry_is_named_by_its_number_and_never_repeated() {
        for (family, text, part) in [
            (Family::Level, "A:1;B:hunter2", "entry 2: the level"),
            (Family::Level, ":4", "the name is empty"),
            (Family::Level, "A:inf", "number from 0 to 5"),
            (Family::Grant, "@EMEA", "the role name is empty"),
            (Family::Grant, "Agent@", "the division name after the @"),
            (Family::Field, "HR.hunter2", "there is no ="),
            (Family::Field, "badge=hunter2", "there is no ."),
            (Family::Field, ".badge=hunter2", "the schema name is empty"),
            (Family::Field, "HR.=hunter2", "the field name is empty"),
        ] {
            let fault = entries(family, text).unwrap_err();
            assert!(fault.contains(part) && !fault.contains("hunter2"), "{text}: {fault}");
        }
    }

    #[test]
    fn what_is_wanted_needs_a_level_within_its_range() {
        assert!(wanted(Kind::Skill, "hunter2").unwrap_err().starts_with("entry 1: the skill has no level"));
        let beyond = wanted(Kind::Language, "A:1;hunter2:5.5").unwrap_err();
        assert!(beyond.starts_with("entry 2: the level") && !beyond.contains("hunter2"), "{beyond}");
        let taken_back =
            Wanted::Attribute { schema: "HR".into(), field: "badge".into(), value: serde_json::Value::Null };
        assert_eq!(wanted(Kind::Attribute, "HR.badge="), Ok(vec![taken_back]));
        let whole = Wanted::Role { role: "A;B".into(), division: Some("EMEA".into()) };
        assert_eq!(one(Kind::Role, "A;B@EMEA"), Ok(whole));
    }

    /// Names with every sign of the grammar, blanks and letters of many alphabets.
    fn names() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![
                Just(';'),
                Just('@'),
                Just(':'),
                Just('.'),
                Just('='),
                Just('\\'),
                Just(' '),
                any::<char>()
            ],
            1..12,
        )
        .prop_map(|chars| chars.into_iter().collect())
    }

    fn any_entry(family: Family) -> BoxedStrategy<Entry> {
        let level = (0_u16..=500).prop_map(|hundredths| f64::from(hundredths) / 100.0);
        match family {
            Family::Membership => names().prop_map(Entry::Member).boxed(),
            Family::Grant => (names(), proptest::option::of(names()))
                .prop_map(|(role, division)| Entry::Grant { role, division })
                .boxed(),
            Family::Level => (names(), proptest::option::of(level))
                .prop_map(|(name, level)| Entry::Level { name, level })
                .boxed(),
            Family::Field => (names(), names(), prop_oneof![Just(String::new()), names()])
                .prop_map(|(schema, field, value)| Entry::Field { schema, field, value })
                .boxed(),
        }
    }

    fn any_list() -> impl Strategy<Value = (Family, Vec<Entry>)> {
        let families = [Family::Membership, Family::Grant, Family::Level, Family::Field];
        proptest::sample::select(families.to_vec()).prop_flat_map(|family| {
            proptest::collection::vec(any_entry(family), 0..5).prop_map(move |list| (family, list))
        })
    }

    proptest! {
        #[test]
        fn whatever_is_printed_reads_back_as_itself((family, list) in any_list()) {
            let text = list.iter().map(print).collect::<Vec<_>>().join(";");
            prop_assert_eq!(entries(family, &text), Ok(list));
        }

        #[test]
        fn no_text_makes_the_reader_stumble(text in any::<String>()) {
            for kind in Kind::ALL {
                let _ = wanted(kind, &text);
            }
        }
    }
}
