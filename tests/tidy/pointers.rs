//! What a document names is there: files, functions, types and tests in the code spans of `docs` and README,
//! and every key of the configuration file in its manual.
//!
//! A span such as `bridge::submit::Bridge::submit` is looked for in the file of that module, one such as
//! `src/limits.rs` in the tree, one of six words or more such as `no_file_is_longer_than` among all
//! functions and metrics. Citations the other way round are held by `citations`.

use std::collections::BTreeSet;

use crate::papers::{Paper, all};
use crate::{report, root};

/// What of the tree can be named.
struct Names {
    papers: Vec<Paper>,
    files: BTreeSet<String>,
    functions: BTreeSet<String>,
}

impl Names {
    fn of(papers: Vec<Paper>) -> Self {
        let files = papers.iter().map(|paper| paper.path.clone()).collect();
        let code = papers.iter().filter(|paper| paper.path.ends_with(".rs"));
        let functions = code.flat_map(|paper| defined(&paper.text, "fn")).collect();
        Self { papers, files, functions }
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.papers.iter().find(|paper| paper.path == path).map(|paper| paper.text.as_str())
    }

    /// Whether a metric is declared under that name.
    fn is_metric(&self, name: &str) -> bool {
        self.text("src/model/metric.rs").is_some_and(|text| text.contains(&format!("\"{name}\"")))
    }

    /// The rooms of `src`: its folders and files.
    fn is_room(&self, name: &str) -> bool {
        self.files
            .iter()
            .any(|file| *file == format!("src/{name}.rs") || file.starts_with(&format!("src/{name}/")))
    }
}

/// Names that a keyword defines in a text.
fn defined(text: &str, keyword: &str) -> Vec<String> {
    let keyword = format!("{keyword} ");
    let pieces = text.split(&keyword).skip(1);
    let names = pieces.map(|rest| rest.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_'));
    names.map(Iterator::collect).collect()
}

const KEYWORDS: [&str; 8] = ["fn", "struct", "enum", "trait", "const", "type", "mod", "static"];

/// The spans between single backticks, code blocks left out.
fn spans(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2).collect::<Vec<_>>().join(" ");
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Why a span names nothing; `None` when it does, or when it is no name of ours.
fn lost(span: &str, names: &Names) -> Option<String> {
    let name = span.trim_end_matches("()");
    if let Some((top, _)) = name.split_once("::") {
        return (names.is_room(top) && is_path(name)).then(|| unresolved(name, names)).flatten();
    }
    let tops = ["src/", "tests/", "docs/", "schemas/", "conformance/", "fuzz/", "benches/", ".ci/"];
    if tops.iter().any(|top| name.starts_with(top)) && !name.contains([' ', '*', '{']) {
        let there = root().join(name).exists();
        return (!there).then(|| format!("{name} does not exist"));
    }
    let words = name.split('_').count();
    let snake = name.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_');
    let known = || names.functions.contains(name) || names.is_metric(name);
    (snake && words >= 6 && !known()).then(|| format!("no function and no metric is called {name}"))
}

fn is_path(name: &str) -> bool {
    name.split("::")
        .all(|part| !part.is_empty() && part.chars().all(|sign| sign.is_alphanumeric() || sign == '_'))
}

/// The file that holds the item at a path, and how many parts of the path lead to it.
fn file_of(parts: &[&str], papers: &[Paper]) -> (String, usize) {
    let mut here = "src".to_owned();
    let mut taken = 0;
    for part in parts {
        let next = format!("{here}/{part}");
        let within = format!("{next}/");
        if !papers.iter().any(|paper| paper.path.starts_with(&within) || paper.path == format!("{next}.rs")) {
            break;
        }
        (here, taken) = (next, taken + 1);
    }
    let own = [format!("{here}.rs"), format!("{here}/mod.rs")];
    let there = |path: &String| papers.iter().any(|paper| paper.path == *path);
    (own.into_iter().find(there).unwrap_or(here), taken)
}

/// The file that a path such as `bridge::submit::Bridge::submit` leads to; `None` when the span is no such
/// path.
pub(crate) fn place(span: &str, papers: &[Paper]) -> Option<String> {
    let parts: Vec<&str> = span.split("::").collect();
    let (file, taken) = file_of(&parts, papers);
    (parts.len() > 1 && taken > 0 && is_path(span)).then_some(file)
}

/// Follows a path from `src` through folders and files to an item.
fn unresolved(name: &str, names: &Names) -> Option<String> {
    let parts: Vec<&str> = name.split("::").collect();
    let (file, taken) = file_of(&parts, &names.papers);
    let text = names.text(&file).unwrap_or_default();
    let missing = parts.iter().skip(taken).find(|part| {
        !KEYWORDS.iter().any(|keyword| defined(text, keyword).iter().any(|name| name == *part))
            && !text.contains(&format!("impl {part}"))
    });
    missing.map(|part| format!("{name}: {file} has no {part}"))
}

fn lost_in(paper: &Paper, names: &Names) -> Vec<String> {
    let spans = spans(&paper.text);
    let lost = spans.iter().filter_map(|span| lost(span, names));
    lost.map(|what| format!("{}: {what}", paper.path)).collect()
}

#[test]
fn every_name_of_code_in_the_documents_exists() {
    let names = Names::of(all(&root()));
    let documents =
        names.papers.iter().filter(|paper| paper.path == "README.md" || paper.path.starts_with("docs/"));
    let broken: Vec<String> = documents.flat_map(|paper| lost_in(paper, &names)).collect();
    report("what a document names is in the code", &broken);
}

#[test]
fn planted_names_that_nothing_has_are_found() {
    let names = Names::of(all(&root()));
    let paper = |text: &str| Paper { path: "docs/a.md".to_owned(), text: text.to_owned() };
    let wrong = [
        "`saga::machine::Machine::never`",
        "`store::nowhere::f`",
        "`src/nowhere.rs`",
        "`a_test_that_nobody_has_written_yet`",
        "`model::Nobody`",
    ];
    for text in wrong {
        assert_eq!(lost_in(&paper(text), &names).len(), 1, "{text}");
    }
    let fine = "`saga::machine::Machine` `limits::BODY_BYTES` `src/limits.rs` `serde::Deserialize` `queue.size.limit`\n\
                ```\n`src/nowhere.rs`\n```\n`every_file_opens_with_a_module_comment`";
    assert_eq!(lost_in(&paper(fine), &names), Vec::<String>::new());
}

/// The keys of the file: fields of the `Raw...` and `...Table` structs. What a rule gives is keyed by kind.
fn keys(text: &str) -> Vec<String> {
    let structs = text.split("struct ").skip(1).filter_map(|rest| rest.split_once('{'));
    let raw = structs.filter(|(name, _)| name.starts_with("Raw") || name.trim_end().ends_with("Table"));
    let bodies = raw.filter_map(|(_, rest)| rest.split_once("\n}"));
    let lines = bodies.flat_map(|(body, _)| body.lines());
    let lines = lines.map(|line| line.trim().trim_start_matches("pub(super) "));
    let fields = lines.filter(|line| !line.starts_with(['/', '#'])).filter_map(|line| line.split_once(": "));
    fields.map(|(key, _)| key.to_owned()).filter(|key| key != "given").collect()
}

#[test]
fn the_manual_names_every_key_of_the_configuration_file() {
    let papers = all(&root());
    let files = papers.iter().filter(|paper| paper.path.starts_with("src/config/"));
    let keys: BTreeSet<String> = files.flat_map(|paper| keys(&paper.text)).collect();
    assert!(keys.len() > 30, "only {} keys were found; the search is broken", keys.len());
    let manual = papers.iter().find(|paper| paper.path == "docs/configuration.md");
    let manual = spans(manual.map_or("", |paper| paper.text.as_str()));
    let named =
        |key: &str| manual.iter().any(|span| span.trim_matches(['[', ']']).rsplit('.').next() == Some(key));
    let missing: Vec<String> = keys.into_iter().filter(|key| !named(key)).collect();
    report("docs/configuration.md names each of these", &missing);
    assert!(!named("no_such_key"));
}

/// The public fields of a struct in a text.
fn fields(text: &str, name: &str) -> Vec<String> {
    let body = text.split(&format!("struct {name} {{")).nth(1).and_then(|rest| rest.split("\n}").next());
    let lines = body.unwrap_or_default().lines().filter_map(|line| line.trim().strip_prefix("pub "));
    lines.filter_map(|line| line.split_once(':')).map(|(field, _)| field.to_owned()).collect()
}

/// The texts that rows give for a key.
fn texts_of(text: &str, key: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": \""));
    lines.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[test]
fn the_documents_name_every_quirk_switch_and_every_kind_of_entitlement() {
    let papers = all(&root());
    let text =
        |path: &str| papers.iter().find(|paper| paper.path == path).map_or("", |paper| paper.text.as_str());
    let switches = fields(text("conformance/genesys-cloud/src/quirks.rs"), "Quirks");
    let keys = texts_of(text("src/model/kind.rs"), "attribute");
    let compact = texts_of(text("src/model/kind.rs"), "compact");
    assert!(switches.len() > 25, "only {} switches were found; the search is broken", switches.len());
    assert!(keys.len() > 5 && compact.len() == keys.len(), "{keys:?} {compact:?}");
    let rules = keys.iter().map(|key| format!("rule.{key}")).collect();
    let wanted = [
        ("docs/genesys.md", switches),
        ("docs/configuration.md", rules),
        ("docs/attributes.md", [keys, compact].concat()),
    ];
    let missing = wanted.into_iter().flat_map(|(path, names)| {
        let named = spans(text(path));
        let lost = names.into_iter().filter(move |name| !named.contains(name));
        lost.map(move |name| format!("{path}: {name}"))
    });
    report("documents name each of these", &missing.collect::<Vec<_>>());
}
