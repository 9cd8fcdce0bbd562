//! Finds tests by the name a table gives them: `tests/bridge/promises/late.rs::a_name`, or a scenario of a
//! suite by its words.
//!
//! Reads the text of the file: a function counts when it is a test that runs, by attribute or inside
//! `proptest!`. What the tables say is in the module above.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What makes a function a test.
const ATTRIBUTES: [&str; 3] = ["#[test]", "#[actix_rt::test", "#[tokio::test"];

/// Looks tests up below one directory, reading each file once.
pub(crate) struct Finder {
    root: PathBuf,
    files: RefCell<BTreeMap<String, Option<String>>>,
}

impl Finder {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), files: RefCell::default() }
    }

    /// Whether the test is there and runs.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn find(&self, test: &str) -> Result<(), String> {
        let (file, name) = test.split_once("::").ok_or("is not written FILE::NAME")?;
        let mut files = self.files.borrow_mut();
        let text = files
            .entry(file.to_owned())
            .or_insert_with(|| std::fs::read_to_string(self.root.join(file)).ok())
            .as_deref()
            .ok_or("there is no such file")?;
        if file.ends_with(".rs") { rust(text, name) } else { scenario(text, name) }
    }
}

fn scenario(text: &str, name: &str) -> Result<(), String> {
    let there = !name.trim().is_empty() && text.contains(name);
    there.then_some(()).ok_or_else(|| "the file has no scenario of that name".to_owned())
}

/// The attributes of a function are the lines above it that begin with `#`, comments and their inner lines in
/// between.
fn rust(text: &str, name: &str) -> Result<(), String> {
    let head = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_head = |line: &str| line.strip_prefix("async ").unwrap_or(line).starts_with(&head);
    let at = lines.iter().position(|line| is_head(line)).ok_or("the file has no function of that name")?;
    let mut above: Vec<&str> = Vec::new();
    for line in lines.iter().take(at).rev() {
        if line.is_empty() || line.ends_with(['}', ';', '{']) {
            break;
        }
        above.push(line);
    }
    if above.iter().any(|line| line.starts_with("#[ignore")) {
        return Err("it is ignored".to_owned());
    }
    let marked = above.iter().any(|line| ATTRIBUTES.iter().any(|mark| line.starts_with(mark)));
    marked.then_some(()).ok_or_else(|| "the function is no test".to_owned())
}

#[test]
fn a_test_that_is_missing_ignored_or_no_test_is_told_from_one_that_runs() {
    let text = r#"
fn helper() {}

#[test]
fn plain() {}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn with_sockets() {}

proptest! {
    /// What it shows.
    #[test]
    fn with_any_input(text in "[a-z]") {}
}

#[test]
#[ignore = "slow"]
fn later() {}

// fn commented() {}
"#;
    for (name, wanted) in [
        ("plain", Ok(())),
        ("with_sockets", Ok(())),
        ("with_any_input", Ok(())),
        ("helper", Err("the function is no test".to_owned())),
        ("later", Err("it is ignored".to_owned())),
        ("commented", Err("the file has no function of that name".to_owned())),
        ("pla", Err("the file has no function of that name".to_owned())),
    ] {
        assert_eq!(rust(text, name), wanted, "{name}");
    }
    assert!(scenario("scenario(\"finds nobody\", ...)", "finds nobody").is_ok());
    assert!(scenario("scenario(\"finds nobody\", ...)", "finds somebody").is_err());
    let finder = Finder::new(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(finder.find("tests/scim/rfc_table/mod.rs::a_planted_fault_of_any_kind_is_found").is_ok());
    assert!(finder.find("tests/nowhere.rs::x").is_err() && finder.find("plain").is_err());
}
