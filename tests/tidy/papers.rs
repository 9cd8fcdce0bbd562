//! The documents in `docs` as the rules see them: which facts, promises and headings each defines, and every
//! text of the tree that may point at them.
//!
//! Judges nothing: that is `citations` and `pointers`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A text of the repository: path from its root, content.
pub(crate) struct Paper {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Folders whose texts are not ours.
const FOREIGN: [&str; 3] = ["target", "proptest-regressions", "corpus"];

/// Every `.rs`, `.toml`, `.md` and `.json` file of the tree.
pub(crate) fn all(root: &Path) -> Vec<Paper> {
    let mut found = Vec::new();
    collect(root, root, &mut found);
    found
}

fn collect(root: &Path, dir: &Path, found: &mut Vec<Paper>) {
    for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || FOREIGN.contains(&name.as_str()) {
            continue;
        }
        let kind = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(root, &path, found);
        } else if ["rs", "toml", "md", "json"].contains(&kind.as_str())
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            found.push(Paper { path, text });
        }
    }
}

/// What the documents define.
#[derive(Default)]
pub(crate) struct Library {
    /// Ids by document: `docs/genesys.md` to `G3`, `G3.2` and so on.
    pub(crate) ids: BTreeMap<String, BTreeSet<String>>,
    /// Headings by document.
    pub(crate) headings: BTreeMap<String, BTreeSet<String>>,
    /// Every path of the tree that was read.
    pub(crate) paths: BTreeSet<String>,
}

impl Library {
    pub(crate) fn of(papers: &[Paper]) -> Self {
        let mut library = Library::default();
        for paper in papers {
            library.paths.insert(paper.path.clone());
            if paper.path.ends_with(".md") {
                library.ids.insert(paper.path.clone(), defined(&paper.text));
                library.headings.insert(paper.path.clone(), headings(&paper.text));
            }
        }
        library
    }

    /// Whether any document defines the id.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.ids.values().any(|ids| ids.contains(id))
    }
}

/// `G3` of `## G3 REST: users`, `G3.2` of `- **G3.2** ...`, `S4` of `| S4 | ...`.
fn defined(text: &str) -> BTreeSet<String> {
    let candidates = text.lines().filter_map(|line| {
        let rest = line
            .strip_prefix("- **")
            .or_else(|| line.strip_prefix("| "))
            .or_else(|| line.strip_prefix("## "))?;
        let end = rest.find([' ', '*']).unwrap_or(rest.len());
        rest.get(..end)
    });
    candidates.filter(|word| is_id(word)).map(str::to_owned).collect()
}

fn headings(text: &str) -> BTreeSet<String> {
    let marked = text.lines().filter(|line| line.starts_with('#'));
    marked.map(|line| line.trim_start_matches('#').trim().to_owned()).collect()
}

/// A capital letter and a number, perhaps with a second one behind a dot: `P5`, `G3.2`.
pub(crate) fn is_id(word: &str) -> bool {
    let Some(numbers) = word.strip_prefix(|letter: char| letter.is_ascii_uppercase()) else { return false };
    let (first, second) = numbers.split_once('.').unwrap_or((numbers, "0"));
    let number = |part: &str| (1..=2).contains(&part.len()) && part.chars().all(|sign| sign.is_ascii_digit());
    number(first) && number(second)
}

#[test]
fn definitions_are_read_from_headings_lists_and_tables() {
    let text = "# Title\n## G3 REST: users\n- **G3.12** (published) x\n| S4 | y |\n| id | z |\nsee G9.9\n- **Bold** no";
    assert_eq!(defined(text).into_iter().collect::<Vec<_>>(), ["G3", "G3.12", "S4"]);
    assert!(headings(text).contains("G3 REST: users"));
    assert!(is_id("P11") && !is_id("P95x") && !is_id("UTF8") && !is_id("P") && !is_id("G3."));
}
