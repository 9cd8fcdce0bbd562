//! The walk of one POST in `docs/architecture.md` is one way: no file of it calls back, straight or over
//! others of its room, into a file that calls it.
//!
//! The hops are the numbered lines of the section; each names at least one item of the code. That the items
//! exist is held by `pointers`.

use std::collections::BTreeMap;

use crate::papers::{Paper, all};
use crate::pointers::place;
use crate::scan::{code_only, without_tests};
use crate::{report, root};

const SECTION: &str = "## One POST, hop by hop";

/// The files of the walk in order, each once, and where it was first reached.
fn hops(document: &str, papers: &[Paper]) -> Vec<String> {
    let section = document.split(SECTION).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut files: Vec<String> = Vec::new();
    for span in section.split('`').skip(1).step_by(2) {
        if let Some(file) = place(span, papers)
            && !files.contains(&file)
        {
            files.push(file);
        }
    }
    files
}

/// Room and name of a file: `src/bridge/submit.rs` is `submit` of `src/bridge`. A room's own `mod.rs` has no
/// name.
fn room(file: &str) -> Option<(&str, &str)> {
    let (room, name) = file.strip_suffix(".rs")?.rsplit_once('/')?;
    (name != "mod").then_some((room, name))
}

/// Whether code names a module of its room: bare, or behind `super`, `self` or the room's name.
fn mentions(text: &str, room: &str, name: &str) -> bool {
    let room = room.rsplit('/').next().unwrap_or(room);
    text.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let Some(path) = before.strip_suffix("::") else {
            return !before.ends_with(|sign: char| sign.is_alphanumeric() || sign == '_');
        };
        ["super", "self", room].iter().any(|part| path.ends_with(part))
    })
}

/// The files of the walk that a file names, itself not among them.
fn named<'a>(file: &str, files: &'a [String], code: &BTreeMap<String, String>) -> Vec<&'a String> {
    let text = code.get(file).map_or("", String::as_str);
    let names = |other: &&String| {
        let (Some((here, _)), Some((there, name))) = (room(file), room(other)) else { return false };
        here == there && file != other.as_str() && mentions(text, here, name)
    };
    files.iter().filter(names).collect()
}

/// Files that come back to themselves.
fn back(files: &[String], code: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let mut reached = named(file, files, code);
        let mut index = 0;
        while let Some(next) = reached.get(index) {
            let more: Vec<&String> =
                named(next, files, code).into_iter().filter(|more| !reached.contains(more)).collect();
            reached.extend(more);
            index += 1;
        }
        if reached.contains(&file) {
            found.push(format!("{file} is called back by what it calls"));
        }
    }
    found
}

#[test]
fn one_post_is_walked_in_one_direction() {
    let papers = all(&root());
    let document = papers.iter().find(|paper| paper.path == "docs/architecture.md");
    let files = hops(document.map_or("", |paper| paper.text.as_str()), &papers);
    assert!(files.len() > 20, "only {} files were read from the walk", files.len());
    let code = papers.iter().filter(|paper| files.contains(&paper.path));
    let code = code.map(|paper| (paper.path.clone(), without_tests(&code_only(&paper.text)))).collect();
    report("a file never calls back into the file that called it", &back(&files, &code));
}

#[test]
fn a_planted_call_back_is_found() {
    let files = ["src/bridge/submit.rs", "src/bridge/user.rs", "src/bridge/open.rs", "src/plan/user.rs"];
    let files = files.map(str::to_owned);
    let code = |user: &str, open: &str| {
        let texts = [(0, "use super::user::User;"), (1, user), (2, open), (3, "use super::open::Plan;")];
        texts.into_iter().filter_map(|(at, text)| Some((files.get(at)?.clone(), text.to_owned()))).collect()
    };
    let back = |user: &str, open: &str| back(&files, &code(user, open)).len();
    assert_eq!(back("use super::submit::priority;", ""), 2);
    assert_eq!(back("use super::open::Ready;", "use super::submit::Deadline;"), 3);
    assert_eq!(back("use super::open::Ready;", "use crate::plan::user::plan_user;"), 0);
}
