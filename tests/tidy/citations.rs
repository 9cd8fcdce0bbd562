//! A citation leads somewhere: every document that a text of the tree names is there, and defines the fact,
//! the promise or the heading that is cited.
//!
//! Forms: `docs/genesys.md G3.2, G4`, `docs/scim.md, "Filters"`, and `P5`, `I3` or `G3.2` alone. What the
//! documents define is read by `papers`; names of code in documents are held by `pointers`.

use crate::papers::{Library, Paper, all, is_id};
use crate::{report, root};

/// Files that plant violations in texts.
const PLANTED: [&str; 3] = ["tests/tidy/citations.rs", "tests/tidy/papers.rs", "tests/tidy/pointers.rs"];

/// What is wrong with the citations of one text.
fn broken(paper: &Paper, library: &Library) -> Vec<String> {
    let text = flat(&paper.text);
    let mut found = stale(&text);
    let words: Vec<(usize, &str)> = words(&text);
    for (index, (at, word)) in words.iter().enumerate() {
        if word.len() > 3 && word.ends_with(".md") && !word.starts_with("//") {
            match document(word, &paper.path, library) {
                None => found.push(format!("{word} does not exist")),
                Some(path) => {
                    let after = words.iter().skip(index + 1).map(|(_, word)| *word);
                    found.extend(undefined(&path, after, library));
                    found.extend(
                        text.get(at + word.len()..).and_then(|rest| no_heading(&path, rest, library)),
                    );
                }
            }
        } else if stands_alone(word) && !library.knows(word) {
            found.push(format!("no document defines {word}"));
        }
    }
    found.into_iter().map(|what| format!("{}: {what}", paper.path)).collect()
}

/// Forms that were used before the documents were in the tree.
fn stale(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let numbered = ["promise ", "promises ", "invariant ", "invariants "].into_iter().filter(|word| {
        lower.split(word).skip(1).any(|rest| rest.starts_with(|sign: char| sign.is_ascii_digit()))
    });
    let named = ["fact sheet", "facts sheet", "(design: "].into_iter().filter(|word| lower.contains(word));
    numbered.chain(named).map(|word| format!("`{}`: cite docs/*.md and an id", word.trim())).collect()
}

/// Ids that may stand without their document.
fn stands_alone(word: &str) -> bool {
    is_id(word)
        && (word.starts_with(['G', 'C']) && word.contains('.')
            || word.starts_with(['P', 'I']) && !word.contains('.'))
}

/// The path of a document that is named from the root or from the folder of the text.
fn document(word: &str, from: &str, library: &Library) -> Option<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let near = format!("{folder}/{word}");
    let up = word.strip_prefix("../").unwrap_or(word);
    let places = [word, near.trim_start_matches('/'), up];
    places.into_iter().find(|place| library.paths.contains(*place)).map(str::to_owned)
}

/// The ids behind a document's name that it does not define. Those that nobody defines and that may stand
/// alone are found as such.
fn undefined<'a>(path: &str, after: impl Iterator<Item = &'a str>, library: &Library) -> Vec<String> {
    let ids =
        after.take_while(|word| is_id(word) || *word == "to" || *word == "and").filter(|word| is_id(word));
    let unknown = ids.filter(|id| !library.ids.get(path).is_some_and(|ids| ids.contains(*id)));
    let unknown = unknown.filter(|id| library.knows(id) || !stands_alone(id));
    unknown.map(|id| format!("{path} does not define {id}")).collect()
}

/// `, "Heading"` behind a document's name, when it has no such heading.
fn no_heading(path: &str, rest: &str, library: &Library) -> Option<String> {
    let (heading, _) = rest.strip_prefix(", \"")?.split_once('"')?;
    let known = library.headings.get(path).is_some_and(|headings| headings.contains(heading));
    (!known).then(|| format!("{path} has no heading \"{heading}\""))
}

/// The text in one line, without the signs that open comments.
fn flat(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['/', '!', '#', '*']).trim());
    lines.collect::<Vec<_>>().join(" ")
}

/// Words with their places; a sentence's full stop is none of theirs.
fn words(text: &str) -> Vec<(usize, &str)> {
    let inner = |sign: char| sign.is_alphanumeric() || ['_', '.', '/', '-'].contains(&sign);
    let mut found = Vec::new();
    let mut rest = text;
    let mut at = 0;
    while let Some(start) = rest.find(inner) {
        let tail = rest.get(start..).unwrap_or_default();
        let end = tail.find(|sign| !inner(sign)).unwrap_or(tail.len());
        let word = tail.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
        found.push((at + start, word));
        at += start + end;
        rest = tail.get(end..).unwrap_or_default();
    }
    found
}

#[test]
fn every_citation_leads_to_a_document_that_defines_it() {
    let papers = all(&root());
    let library = Library::of(&papers);
    assert!(library.knows("G3.2") && library.knows("P5"), "the documents are not read");
    let ours = papers.iter().filter(|paper| !PLANTED.contains(&paper.path.as_str()));
    let broken: Vec<String> = ours.flat_map(|paper| broken(paper, &library)).collect();
    report("what is cited is in the repository", &broken);
}

#[test]
fn planted_citations_that_lead_nowhere_are_found() {
    let paper = |path: &str, text: &str| Paper { path: path.to_owned(), text: text.to_owned() };
    let facts = paper("docs/genesys.md", "## G3 Users\n- **G3.2** x\n");
    let promises = paper("docs/promises.md", "| P5 | x |\n");
    let library = Library::of(&[facts, promises]);
    let wrong = [
        "// The code follows facts.md section 3.",
        "// The code follows genesys.md G3.",
        "// Ours (docs/genesys.md P5).",
        "/// One version (docs/genesys.md G3.9).",
        "/// One version (docs/genesys.md G3.2,\n    /// G7.1).",
        "//! See docs/genesys.md, \"Groups\".",
        "// It is ours (P12).",
        "// It is ours (promise 5).",
        "// It holds (invariant 3).",
        "// Likely (C4.3).",
        "const A: &str = \"docs/absent.md\";",
        "// As the fact sheet says.",
    ];
    for text in wrong {
        assert_eq!(broken(&paper("src/a.rs", text), &library).len(), 1, "{text}");
    }
    let fine = [
        "// One version (docs/genesys.md G3.2, G3).",
        "// See docs/genesys.md, \"G3 Users\". P5 holds.",
        "// The p95 of 3.2 ms, UTF-8, HS256, P31D, v1.2.",
        "// Promises are kept. See promises.md and [it](genesys.md#g3).",
    ];
    for text in fine {
        assert_eq!(broken(&paper("docs/a.rs", text), &library), Vec::<String>::new(), "{text}");
    }
}
