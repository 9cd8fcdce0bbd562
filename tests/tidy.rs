//! Holds the house rules that the compiler does not know: who may import whom, where the disk, the network
//! and commit tokens may be touched, that time is waited for in a chosen order, module comments, file
//! lengths, no silenced lints. Prints length statistics (`cargo test --test tidy -- --nocapture`). Rules are
//! data in `tidy/rules.rs`, scanning is in `tidy/scan.rs`.
#![expect(clippy::panic, reason = "a failed rule fails the test")]

#[path = "tidy/circles.rs"]
mod circles;
#[path = "tidy/citations.rs"]
mod citations;
#[path = "tidy/limits.rs"]
mod limits;
#[path = "tidy/papers.rs"]
mod papers;
#[path = "tidy/pointers.rs"]
mod pointers;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/scan.rs"]
mod scan;
#[path = "tidy/statistics.rs"]
mod statistics;
#[path = "tidy/walk.rs"]
mod walk;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{FENCES, LINES, LINES_MAX, MEDIAN_MAX, PURE, PURE_WORDS, README_MAX, SAME_LINE};
use scan::{code_only, contains_word, imports, without_tests};

/// A file of the repository: path from its root, text.
struct Source {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for top in ["src", "tests", "benches", "conformance"] {
        collect(&root().join(top), &mut found);
    }
    assert!(found.len() > 50, "only {} files were found; the search is broken", found.len());
    found
}

fn collect(dir: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let hidden =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.') || name == "target");
        if path.is_dir() && !hidden {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            found.push(Source { path, text });
        }
    }
}

fn report(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

/// Whether a path is one of those listed: a file, or everything below a folder whose name ends in a slash.
fn listed(path: &str, list: &[&str]) -> bool {
    list.iter().any(|entry| path == *entry || entry.ends_with('/') && path.starts_with(entry))
}

fn is_test_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.ends_with("tests.rs") || path.contains("/tests/") || listed(path, rules::TEST_HELPERS)
}

/// The module of the first level that a file belongs to; `None` for `lib.rs` and `main.rs`.
fn module(path: &str) -> Option<&str> {
    let first = path.strip_prefix("src/")?.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "lib" && name != "main").then_some(name)
}

fn line_of(module: &str) -> Option<usize> {
    LINES.iter().position(|line| line.contains(&module))
}

/// Imports that the table does not allow.
fn broken_imports(path: &str, text: &str) -> Vec<String> {
    let Some(own) = module(path) else { return Vec::new() };
    let Some(line) = line_of(own) else { return vec![format!("{path}: module {own} is not in the table")] };
    let used = imports(path, &without_tests(&code_only(text)));
    let allowed = |other: &str| {
        other == own || line_of(other).is_some_and(|below| below < line) || SAME_LINE.contains(&(own, other))
    };
    let broken = used.iter().filter(|other| line_of(other).is_some() && !allowed(other));
    broken.map(|other| format!("{path}: {own} (line {line}) imports {other}")).collect()
}

#[test]
fn imports_follow_the_table_of_lines() {
    let code = sources().into_iter().filter(|source| !is_test_file(&source.path));
    let broken: Vec<String> = code.flat_map(|source| broken_imports(&source.path, &source.text)).collect();
    report("a module may use modules of lower lines and its own", &broken);
}

#[test]
fn a_planted_import_against_the_table_is_found() {
    let planted = [
        ("src/plan/user.rs", "use crate::store::SledStore;"),
        ("src/plan/user.rs", "fn f() { crate::genesys::Settings::at(); }"),
        ("src/plan/user.rs", "use crate::{limits, model::{Plan, Step}, saga};"),
        ("src/plan/user.rs", "use super::super::bridge::Bridge;"),
        ("src/plan/mod.rs", "pub use super::saga::Runner;"),
        ("src/genesys/calls.rs", "use crate::store::record;"),
        ("src/notable.rs", "use crate::model::Plan;"),
    ];
    for (path, text) in planted {
        assert_eq!(broken_imports(path, text).len(), 1, "{path}: {text}");
    }
    let fine = [
        (
            "src/plan/user.rs",
            "use crate::{limits, model::{Plan, Step}, scim::error};\nuse super::builder::Builder;",
        ),
        ("src/plan/user.rs", "// use crate::store::SledStore;\nconst A: &str = \"crate::store::B\";"),
        ("src/plan/user.rs", "#[cfg(test)]\nmod tests {\n    use crate::store::MemoryStore;\n}"),
        ("src/lib.rs", "pub use crate::cli::main;"),
    ];
    for (path, text) in fine {
        assert_eq!(broken_imports(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

/// Words that stand outside of the rooms that may use them.
fn broken_fences(path: &str, text: &str) -> Vec<String> {
    if !path.starts_with("src/") {
        return Vec::new();
    }
    let code = without_tests(&code_only(text));
    let outside = FENCES.iter().filter(|fence| !listed(path, fence.rooms));
    let broken = outside.flat_map(|fence| fence.words.iter().map(move |word| (fence, word)));
    let broken = broken.filter(|(_, word)| contains_word(&code, word));
    broken.map(|(fence, word)| format!("{path}: {word}: {}", fence.rule)).collect()
}

#[test]
fn disk_network_and_commit_tokens_stay_in_their_rooms() {
    for room in FENCES.iter().flat_map(|fence| fence.rooms) {
        assert!(root().join(room).exists(), "{room} is named as a room but does not exist");
    }
    let code = sources().into_iter().filter(|source| !is_test_file(&source.path));
    let broken: Vec<String> = code.flat_map(|source| broken_fences(&source.path, &source.text)).collect();
    report("each of these words has its rooms", &broken);
}

#[test]
fn planted_words_outside_of_their_rooms_are_found() {
    let planted = [
        ("src/bridge/mod.rs", "let db = sled::open(\"x\");"),
        ("src/cli/token.rs", "use reqwest::Client;"),
        ("src/bridge/submit.rs", "let token = CommitToken::mint(1);"),
        ("src/app/start.rs", "let store: Arc<SledStore> = open();"),
        ("src/store/resolve.rs", "use sled::Db;"),
        ("src/saga/registry.rs", "let open: HashMap<SagaId, Handle> = found;"),
    ];
    for (path, text) in planted {
        assert_eq!(broken_fences(path, text).len(), 1, "{path}: {text}");
    }
    assert_eq!(broken_fences("src/store/disk/trees.rs", "use sled::Db;"), Vec::<String>::new());
    assert_eq!(broken_fences("src/bridge/mod.rs", "// sled::open\nlet unsledded = 1;"), Vec::<String>::new());
}

fn impure(path: &str, text: &str) -> Vec<String> {
    if !listed(path, PURE) || listed(path, rules::PURE_EXCEPT) {
        return Vec::new();
    }
    let code = without_tests(&code_only(text));
    let found = PURE_WORDS.iter().filter(|word| contains_word(&code, word));
    found.map(|word| format!("{path}: {word}")).collect()
}

#[test]
fn the_pure_core_knows_no_async_no_clock_no_randomness_and_no_input_or_output() {
    for room in PURE {
        assert!(root().join(room).exists(), "{room} is listed as pure but does not exist");
    }
    let code = sources().into_iter().filter(|source| !is_test_file(&source.path));
    let broken: Vec<String> = code.flat_map(|source| impure(&source.path, &source.text)).collect();
    report("these rooms are pure", &broken);
    assert_eq!(impure("src/plan/user.rs", "pub async fn plan() {}").len(), 1, "a planted one is found");
    assert_eq!(impure("src/scim/list.rs", "let t = tokio::spawn(x);").len(), 1, "a planted one is found");
}

/// Lines on which a `select!` begins that does not say in which order its branches are asked.
fn unordered_selects(path: &str, text: &str) -> Vec<String> {
    let code = code_only(text);
    let starts = code.match_indices("select!").filter(|(at, _)| {
        let rest = code.get(at + "select!".len()..).unwrap_or_default();
        let inside = rest.trim_start().trim_start_matches(['{', '(', '[']).trim_start();
        !inside.starts_with("biased;")
    });
    let line = |at: usize| code.get(..at).unwrap_or_default().lines().count().max(1);
    starts.map(|(at, _)| format!("{path}:{}", line(at))).collect()
}

#[test]
fn every_select_says_in_which_order_its_branches_are_asked() {
    let broken: Vec<String> =
        sources().iter().flat_map(|source| unordered_selects(&source.path, &source.text)).collect();
    report("open select! with `biased;` and choose the order: without it tokio draws lots", &broken);
    let planted = "loop {\n    tokio::select! {\n        // biased;\n        _ = a => {}\n    }\n}";
    assert_eq!(unordered_selects("a.rs", planted), ["a.rs:2"], "a planted one is found");
    let fine = "tokio::select! {\n    // The stop first.\n    biased;\n    _ = a => {}\n}";
    assert_eq!(unordered_selects("a.rs", fine), Vec::<String>::new());
}

#[test]
fn the_bans_on_clock_and_randomness_are_in_force_and_say_what_to_use_instead() {
    let read =
        |path: &str| fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let bans = read("clippy.toml");
    let entries: Vec<&str> = bans.lines().filter(|line| line.trim_start().starts_with("{ path = ")).collect();
    assert!(entries.len() > 10, "clippy.toml bans only {} things", entries.len());
    for entry in entries {
        let reason = entry.split_once("reason = \"").map_or("", |(_, reason)| reason);
        assert!(reason.contains("ports::") || reason.contains("app::"), "{entry}: say what to use instead");
    }
    for lint in ["clippy::disallowed_methods", "clippy::disallowed_types"] {
        assert!(code_only(&read("src/lib.rs")).contains(lint), "src/lib.rs no longer turns {lint} on");
    }
}

#[test]
fn every_file_opens_with_a_module_comment() {
    let missing: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| source.path)
        .collect();
    report("a file opens with //! and says what it is for", &missing);
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let long = sources().into_iter().map(|source| (source.text.lines().count(), source.path));
    let long: Vec<String> = long
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines}"))
        .collect();
    report("split the file", &long);
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let silenced = |source: &Source| {
        let code = code_only(&source.text);
        code.contains("#[allow") || code.contains("#![allow") || code.contains("unsafe {")
    };
    let broken: Vec<String> = sources().into_iter().filter(silenced).map(|source| source.path).collect();
    report("use #[expect(.., reason = \"..\")]", &broken);
}

#[test]
fn every_maximum_that_somebody_can_reach_stands_in_limits() {
    let sources = sources();
    let product =
        sources.iter().filter(|source| source.path.starts_with("src/") && !is_test_file(&source.path));
    let found: Vec<(&str, String)> = product
        .filter(|source| source.path != "src/limits.rs")
        .flat_map(|source| {
            limits::declared(&source.text).into_iter().map(|name| (source.path.as_str(), name))
        })
        .collect();
    let is_inner =
        |path: &str, name: &str| limits::INNER.iter().any(|(file, of, _)| *file == path && *of == name);
    let gone: Vec<&str> = limits::INNER
        .iter()
        .filter(|(file, name, _)| !found.iter().any(|(path, of)| path == file && of == name))
        .map(|(_, name, _)| *name)
        .collect();
    assert!(gone.is_empty(), "no longer declared, take it out of the list: {gone:?}");
    let stray: Vec<String> = found
        .iter()
        .filter(|(path, name)| !is_inner(path, name))
        .map(|(path, name)| format!("{path}: {name}"))
        .collect();
    report("move it to src/limits.rs, or say in tests/tidy/limits.rs why nobody can reach it", &stray);
    let planted = "/// Most of it.\nconst SOME: usize = 1;\npub const X_MAX: u32 = 2;\n/// Pause.\nconst WAIT: Duration = D;\n";
    assert_eq!(limits::declared(planted), ["SOME", "X_MAX"]);
}

/// The crates of which no two files may import each other in a circle.
const CRATES: [&str; 2] = ["src/", "conformance/genesys-cloud/src/"];

#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources = sources();
    let mut found = Vec::new();
    for home in CRATES {
        let inside = |source: &&Source| !is_test_file(&source.path);
        let files = sources
            .iter()
            .filter(inside)
            .filter_map(|source| Some((source.path.strip_prefix(home)?, source.text.as_str())));
        let files: Vec<(&str, &str)> = files.collect();
        assert!(files.len() > 20, "{home}: only {} files were found", files.len());
        found.extend(circles::of(&files).iter().map(|circle| format!("{home}: {}", circle.join(", "))));
    }
    println!("circles between files: {}", found.len());
    report("files use each other in one direction, a module and what lies below it apart", &found);
}

#[test]
fn a_planted_circle_is_found() {
    let round = [
        ("a/mod.rs", "mod x;\nmod y;\npub(super) use x::Item;"),
        ("a/x.rs", "use super::y::f;\npub struct Item;"),
        ("a/y.rs", "pub fn f(_: &super::Item) {}"),
    ];
    assert_eq!(circles::of(&round), [["a/x.rs", "a/y.rs"]], "one through a name that the parent hands on");
    let inline = [("a.rs", "fn f() { crate::b::g() }"), ("b.rs", "use crate::{a::f as h, c};"), ("c.rs", "")];
    assert_eq!(circles::of(&inline), [["a.rs", "b.rs"]]);
    let fine = [
        ("a/mod.rs", "mod x;\nuse x::f;\npub struct Item;"),
        ("a/x.rs", "use super::Item;\nuse crate::b;"),
        ("b.rs", "#[cfg(test)]\nmod tests { use crate::a::x; }\n// crate::a::x\n"),
    ];
    assert_eq!(
        circles::of(&fine),
        Vec::<Vec<String>>::new(),
        "parent and child, tests and comments are no circle"
    );
}

#[test]
fn lengths_of_files_and_functions_are_known() {
    let sources = sources();
    let product: Vec<(&str, &str)> = sources
        .iter()
        .filter(|source| source.path.starts_with("src/"))
        .map(|source| (source.path.as_str(), source.text.as_str()))
        .collect();
    let all: Vec<(&str, &str)> =
        sources.iter().map(|source| (source.path.as_str(), source.text.as_str())).collect();
    let text = format!("{}\n{}", statistics::of("product (src)", &product), statistics::of("all Rust", &all));
    println!("{text}");
    assert_eq!(
        statistics::long_functions(&product),
        Vec::<String>::new(),
        "split functions of more than 70 lines"
    );
    let median = statistics::median_length(&product);
    assert!(median <= MEDIAN_MAX, "half of the product's files have more than {median} lines");
    let readme = fs::read_to_string(root().join("README.md")).map_or(usize::MAX, |text| text.lines().count());
    assert!(
        readme <= README_MAX,
        "README.md has {readme} lines; what is not for a newcomer belongs in docs/"
    );
}
