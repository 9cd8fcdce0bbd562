//! The table of what the RFCs demand, in `conformance/rfc/*.toml`, and the tests it names: each entry is
//! sound, each test is there.
//!
//! Reads files only; what the tests show they show by themselves. How a named test is found: `tests_of`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

mod tests_of;

/// The keywords of RFC 2119 that make a requirement.
const LEVELS: [&str; 8] =
    ["MUST", "MUST NOT", "REQUIRED", "SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT", "RECOMMENDED"];
/// Shorter ones say nothing.
const REASON_CHARS: usize = 20;

/// One sentence of an RFC.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    id: String,
    level: String,
    text: String,
    #[serde(default)]
    tests: Vec<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    requirement: Vec<Requirement>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The tables by the number of their RFC.
fn tables() -> BTreeMap<String, Vec<Requirement>> {
    let mut tables = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("conformance/rfc")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let table: Table =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        tables.insert(path.file_stem().unwrap().to_str().unwrap().to_owned(), table.requirement);
    }
    tables
}

/// Section and running number of an id such as `7644-3.5.2-04`; `None` when it is not one of that RFC.
fn place(rfc: &str, id: &str) -> Option<(Vec<u32>, u32)> {
    let rest = id.strip_prefix(rfc)?.strip_prefix('-')?;
    let (section, number) = rest.split_once('-')?;
    let two_digits = number.len() == 2 && number.chars().all(|it| it.is_ascii_digit());
    let section = section.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()?;
    two_digits.then(|| Some((section, number.parse().ok()?)))?
}

/// What is wrong with the entries of one table, in words.
fn faults(rfc: &str, entries: &[Requirement], exists: impl Fn(&str) -> Result<(), String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut last: Option<(Vec<u32>, u32)> = None;
    let mut texts = BTreeSet::new();
    for entry in entries {
        let mut fault = |what: String| faults.push(format!("{}: {what}", entry.id));
        match place(rfc, &entry.id) {
            None => fault(format!("is not written {rfc}-SECTION-NN")),
            Some(here) => {
                let follows = match &last {
                    Some((section, number)) if *section == here.0 => here.1 == number + 1,
                    Some((section, _)) => here.0 > *section && here.1 == 1,
                    None => here.1 == 1,
                };
                if !follows {
                    fault("stands out of order, twice, or leaves a number out".to_owned());
                }
                last = Some(here);
            }
        }
        if !LEVELS.contains(&entry.level.as_str()) {
            fault(format!("level {:?} is none of RFC 2119", entry.level));
        }
        if entry.text.trim().is_empty() || entry.text.lines().count() > 1 {
            fault("the text must be one line that says something".to_owned());
        }
        let section = entry.id.rsplit_once('-').map_or("", |(section, _)| section);
        if !texts.insert((section, entry.level.as_str(), entry.text.as_str())) {
            fault("says what another entry of its section says".to_owned());
        }
        if entry.tests.is_empty() && entry.reason.is_empty() {
            fault("has neither a test nor a reason".to_owned());
        }
        if !entry.reason.is_empty() && entry.reason.trim().chars().count() < REASON_CHARS {
            fault(format!("a reason needs at least {REASON_CHARS} characters"));
        }
        for test in &entry.tests {
            if let Err(why) = exists(test) {
                fault(format!("{test}: {why}"));
            }
        }
    }
    faults
}

#[test]
fn every_requirement_is_sound_and_every_test_it_names_is_there() {
    let tables = tables();
    assert_eq!(tables.keys().collect::<Vec<_>>(), ["7643", "7644", "9865"]);
    let finder = tests_of::Finder::new(root());
    let mut wrong = Vec::new();
    for (rfc, entries) in &tables {
        wrong.extend(faults(rfc, entries, |test| finder.find(test)));
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_figures_of_the_table_are_known() {
    for (rfc, entries) in tables() {
        let mut levels: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        let mut open = Vec::new();
        for entry in &entries {
            let [all, shown, reasoned] = levels.entry(&entry.level).or_default();
            *all += 1;
            *shown += usize::from(!entry.tests.is_empty());
            *reasoned += usize::from(entry.tests.is_empty());
            open.extend(entry.reason.starts_with("TO BE LINKED").then_some(entry.id.as_str()));
        }
        println!("RFC {rfc}: {} requirements", entries.len());
        for (level, [all, shown, reasoned]) in levels {
            println!("  {level:<12} {all:>3}: {shown:>3} shown by tests, {reasoned:>3} with a reason only");
        }
        if !open.is_empty() {
            println!("  to be linked: {}", open.join(" "));
        }
    }
}

fn entry(id: &str) -> Requirement {
    let reason = "A reason that is long enough to say why.".to_owned();
    Requirement {
        id: id.to_owned(),
        level: "MUST".to_owned(),
        text: id.to_owned(),
        tests: Vec::new(),
        reason,
    }
}

#[test]
fn a_planted_fault_of_any_kind_is_found() {
    let good = |id: &str| entry(id);
    let exists = |test: &str| if test == "there" { Ok(()) } else { Err("is not there".to_owned()) };
    let sound = [good("1-2-01"), good("1-2-02"), good("1-2.1-01"), good("1-10-01")];
    assert_eq!(faults("1", &sound, exists), Vec::<String>::new());
    let shown = Requirement { tests: vec!["there".to_owned()], reason: String::new(), ..good("1-2-01") };
    assert_eq!(faults("1", &[shown], exists), Vec::<String>::new());
    let planted: Vec<(Vec<Requirement>, &str)> = vec![
        (vec![good("2-2-01")], "is not written"),
        (vec![good("1-2-1")], "is not written"),
        (vec![good("1-2.x-01")], "is not written"),
        (vec![good("1-2")], "is not written"),
        (vec![good("1-2-02")], "out of order"),
        (vec![good("1-2-01"), good("1-2-01")], "out of order"),
        (vec![good("1-2-01"), good("1-2-03")], "out of order"),
        (vec![good("1-10-01"), good("1-2-01")], "out of order"),
        (vec![Requirement { level: "MAY".to_owned(), ..good("1-2-01") }], "RFC 2119"),
        (vec![Requirement { text: " ".to_owned(), ..good("1-2-01") }], "one line"),
        (vec![good("1-2-01"), Requirement { text: "1-2-01".to_owned(), ..good("1-2-02") }], "another entry"),
        (vec![Requirement { reason: String::new(), ..good("1-2-01") }], "neither a test nor a reason"),
        (vec![Requirement { reason: "because".to_owned(), ..good("1-2-01") }], "at least 20"),
        (vec![Requirement { tests: vec!["gone".to_owned()], ..good("1-2-01") }], "is not there"),
    ];
    for (entries, wanted) in planted {
        let found = faults("1", &entries, exists);
        assert!(found.iter().any(|it| it.contains(wanted)), "{wanted}: {found:?}");
    }
}

#[test]
fn a_table_with_a_key_that_nobody_knows_is_refused() {
    let text = "[[requirement]]\nid = \"1-2-01\"\nlevel = \"MUST\"\ntext = \"t\"\ntest = \"x\"\n";
    assert!(toml::from_str::<Table>(text).is_err());
}
