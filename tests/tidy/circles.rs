//! Circles of imports between the files of one crate: who uses whom, names re-exported by a parent followed
//! to the file that declares them. A module and what lies below it may use each other; siblings in a circle
//! may not.
//!
//! Reads text, not Rust: paths that a macro builds and methods of one type in several files are not seen.

use std::collections::{BTreeMap, BTreeSet};

use super::scan::{block_end, code_only, without_tests};

type Path = Vec<String>;

/// The files of a crate by module path, and what each of them imports and hands on.
struct Crate<'a> {
    files: BTreeMap<Path, &'a str>,
    code: BTreeMap<Path, String>,
    /// Module and name → the path that it stands for.
    exported: BTreeMap<(Path, String), Path>,
}

/// The circles among `files` (path from the crate's `src/`, text), each as the sorted list of its files.
pub(crate) fn of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let all = Crate::read(files);
    let edges: BTreeMap<&Path, BTreeSet<Path>> =
        all.code.iter().map(|(module, code)| (module, all.used(module, code))).collect();
    let reach: BTreeMap<&Path, BTreeSet<Path>> =
        edges.keys().map(|module| (*module, reachable(module, &edges))).collect();
    let mut circles = BTreeSet::new();
    for (module, reached) in &reach {
        let back = |other: &&Path| reach.get(*other).is_some_and(|from| from.contains(*module));
        let circle: BTreeSet<&Path> = reached.iter().filter(back).collect();
        if circle.len() > 1 {
            circles.insert(
                circle.iter().filter_map(|one| all.files.get(*one)).map(|file| (*file).to_owned()).collect(),
            );
        }
    }
    circles.into_iter().collect()
}

fn reachable(from: &Path, edges: &BTreeMap<&Path, BTreeSet<Path>>) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Path> = vec![from];
    while let Some(next) = open.pop() {
        for other in edges.get(next).into_iter().flatten() {
            if found.insert(other.clone()) {
                open.push(other);
            }
        }
    }
    found
}

impl<'a> Crate<'a> {
    fn read(files: &[(&'a str, &str)]) -> Self {
        let mut all = Self { files: BTreeMap::new(), code: BTreeMap::new(), exported: BTreeMap::new() };
        for (path, text) in files {
            let module = module_of(path);
            all.files.insert(module.clone(), path);
            all.code.insert(module, without_tests(&code_only(text)));
        }
        for (module, code) in &all.code {
            for (at, _) in code.match_indices("pub") {
                let Some(tree) = re_export(code.get(at..).unwrap_or_default()) else { continue };
                for (path, name) in leaves(tree) {
                    let path = all.absolute(module, &path);
                    all.exported.insert((module.clone(), name), path);
                }
            }
        }
        all
    }

    /// The path from the crate's root. A first word that is neither keyword nor module of this crate is
    /// another crate's.
    fn absolute(&self, module: &Path, path: &[String]) -> Path {
        let mut base = module.clone();
        let mut rest = path;
        if let Some((first, more)) =
            rest.split_first().filter(|(first, _)| *first == "crate" || *first == "self")
        {
            if first == "crate" {
                base.clear();
            }
            rest = more;
        }
        while let Some((_, more)) = rest.split_first().filter(|(first, _)| *first == "super") {
            base.pop();
            rest = more;
        }
        base.extend(rest.iter().cloned());
        base
    }

    /// The module whose file declares what the path names.
    fn declares(&self, path: &Path, hops: u8) -> Option<Path> {
        let known = (0..=path.len()).rev().find_map(|length| {
            let head: Path = path.iter().take(length).cloned().collect();
            self.files.contains_key(&head).then_some(head)
        })?;
        match path.get(known.len()) {
            Some(name) if hops > 0 => match self.exported.get(&(known.clone(), name.clone())) {
                Some(target) if *target != *path => self.declares(target, hops - 1).or(Some(known)),
                _ => Some(known),
            },
            _ => Some(known),
        }
    }

    fn used(&self, module: &Path, code: &str) -> BTreeSet<Path> {
        let mut found = BTreeSet::new();
        for start in ["crate::", "super::", "self::"] {
            for (at, _) in code.match_indices(start) {
                let before = code.get(..at).and_then(|text| text.chars().next_back()).unwrap_or(' ');
                if before.is_alphanumeric() || matches!(before, '_' | ':' | '$') {
                    continue;
                }
                for (path, _) in leaves(code.get(at..).unwrap_or_default()) {
                    found.extend(self.declares(&self.absolute(module, &path), 4));
                }
            }
        }
        found.retain(|other| !other.starts_with(module) && !module.starts_with(other));
        found
    }
}

fn module_of(path: &str) -> Path {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if matches!(path, "lib" | "main" | "mod") {
        return Path::new();
    }
    path.split('/').map(str::to_owned).collect()
}

/// The tree of `pub use tree;`, with whatever restriction stands behind `pub`.
fn re_export(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(inside) => inside.split_once(')')?.1,
        None => rest,
    };
    rest.trim_start().strip_prefix("use ").map(str::trim_start)
}

/// The leaves of `a::b::{c, d as e}` with the name that each gets; for a plain path the path itself.
fn leaves(tree: &str) -> Vec<(Path, String)> {
    let mut path = Path::new();
    let mut rest = tree.trim_start();
    loop {
        if rest.starts_with('{') {
            let inside = rest.get(1..block_end(rest, 0).saturating_sub(1)).unwrap_or_default();
            let inner = items(inside).into_iter().flat_map(leaves);
            return inner.map(|(leaf, name)| (path.iter().cloned().chain(leaf).collect(), name)).collect();
        }
        let word: String = rest.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
        if word.is_empty() {
            break;
        }
        rest = rest.get(word.len()..).unwrap_or_default();
        path.push(word);
        match rest.trim_start().strip_prefix("::") {
            Some(more) => rest = more.trim_start(),
            None => break,
        }
    }
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    let alias = rest.trim_start().strip_prefix("as ").map(str::trim_start);
    let alias =
        alias.map(|text| text.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect());
    let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
    vec![(path, name)]
}

fn items(inside: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let parts = inside.split(|sign| {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        sign == ',' && depth == 0
    });
    parts.map(str::trim).filter(|item| !item.is_empty()).collect()
}
