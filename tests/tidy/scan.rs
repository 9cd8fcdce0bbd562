//! Reading Rust well enough for the rules: code without comments and texts, without its tests, and its
//! imports.
//!
//! No parser: what it cannot see are paths that a macro builds.

use std::collections::BTreeSet;

/// The text with comments, string and character literals blanked; line breaks stay where they were.
pub(crate) fn code_only(text: &str) -> String {
    let signs: Vec<char> = text.chars().collect();
    let at = |index: usize| signs.get(index).copied().unwrap_or('\0');
    let mut out = String::with_capacity(text.len());
    let mut index = 0;
    while index < signs.len() {
        let end = match (at(index), at(index + 1)) {
            ('/', '/') => until(&signs, index, |at| signs.get(at) == Some(&'\n')),
            ('/', '*') => block_comment(&signs, index),
            ('r', '"' | '#') if !is_word(before(&signs, index)) => raw_string(&signs, index),
            ('"', _) => string(&signs, index),
            ('\'', _) => character(&signs, index),
            _ => index,
        };
        if end == index {
            out.push(at(index));
            index += 1;
            continue;
        }
        out.extend(signs.iter().take(end).skip(index).map(|sign| if *sign == '\n' { '\n' } else { ' ' }));
        index = end;
    }
    out
}

fn before(signs: &[char], index: usize) -> char {
    index.checked_sub(1).and_then(|before| signs.get(before)).copied().unwrap_or(' ')
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn until(signs: &[char], from: usize, stop: impl Fn(usize) -> bool) -> usize {
    (from..signs.len()).find(|at| stop(*at)).unwrap_or(signs.len())
}

fn block_comment(signs: &[char], from: usize) -> usize {
    let mut depth = 0;
    let mut index = from;
    while index < signs.len() {
        match (signs.get(index), signs.get(index + 1)) {
            (Some('/'), Some('*')) => (depth, index) = (depth + 1, index + 2),
            (Some('*'), Some('/')) if depth == 1 => return index + 2,
            (Some('*'), Some('/')) => (depth, index) = (depth - 1, index + 2),
            _ => index += 1,
        }
    }
    signs.len()
}

fn raw_string(signs: &[char], from: usize) -> usize {
    let hashes = signs.iter().skip(from + 1).take_while(|sign| **sign == '#').count();
    let open = from + 1 + hashes;
    if signs.get(open) != Some(&'"') {
        // A raw identifier.
        return from;
    }
    let closes = |at: usize| {
        signs.get(at) == Some(&'"')
            && signs.iter().skip(at + 1).take(hashes).filter(|sign| **sign == '#').count() == hashes
    };
    (until(signs, open + 1, closes) + 1 + hashes).min(signs.len())
}

fn string(signs: &[char], from: usize) -> usize {
    let mut index = from + 1;
    while let Some(sign) = signs.get(index) {
        match sign {
            '\\' => index += 2,
            '"' => return index + 1,
            _ => index += 1,
        }
    }
    signs.len()
}

/// A character literal, or nothing when the quote begins a lifetime.
fn character(signs: &[char], from: usize) -> usize {
    if signs.get(from + 1) == Some(&'\\') {
        // The sign after the backslash may itself be a quote.
        return (until(signs, from + 3, |at| signs.get(at) == Some(&'\'')) + 1).min(signs.len());
    }
    if signs.get(from + 2) == Some(&'\'') { from + 3 } else { from }
}

/// Code without what is compiled for tests only. Takes the output of [`code_only`].
pub(crate) fn without_tests(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let open = from.find('{');
        let semicolon = from.find(';');
        let end = match (open, semicolon) {
            (Some(open), semicolon) if semicolon.is_none_or(|semicolon| open < semicolon) => {
                block_end(from, open)
            }
            (_, Some(semicolon)) => semicolon + 1,
            _ => from.len(),
        };
        rest = from.get(end..).unwrap_or_default();
    }
    out + rest
}

/// Behind the brace that closes the one at `open`.
pub(crate) fn block_end(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, sign) in code.char_indices().skip_while(|(at, _)| *at < open) {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// Whether a word stands in the code, not as a part of a longer one.
pub(crate) fn contains_word(code: &str, word: &str) -> bool {
    let starts_inside = word.starts_with(is_word);
    let ends_inside = word.ends_with(is_word);
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back()).unwrap_or(' ');
        let after = code.get(at + word.len()..).and_then(|text| text.chars().next()).unwrap_or(' ');
        !(starts_inside && is_word(before) || ends_inside && is_word(after))
    })
}

/// Modules of the first level that code names, by `crate::` or by enough `super::`.
pub(crate) fn imports(path: &str, code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for start in ["crate::".to_owned(), "super::".repeat(depth(path))] {
        for (at, _) in code.match_indices(&start) {
            let before = code.get(..at).and_then(|text| text.chars().next_back()).unwrap_or(' ');
            // Part of a longer path (`super::super::` of a deeper file) or of a macro's `$crate`.
            if is_word(before) || before == ':' || before == '$' {
                continue;
            }
            let rest = code.get(at + start.len()..).unwrap_or_default();
            if rest.starts_with('{') {
                found.extend(group(rest));
            } else {
                found.extend(word(rest));
            }
        }
    }
    found.remove("super");
    found.remove("self");
    found
}

/// How many `super::` lead from a file's module to the root.
fn depth(path: &str) -> usize {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').count()
}

fn word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|sign| is_word(*sign)).collect();
    (!word.is_empty()).then_some(word)
}

/// First words of the items of `{a, b::{c, d}, e}`.
fn group(text: &str) -> Vec<String> {
    let inside = text.get(1..block_end(text, 0).saturating_sub(1)).unwrap_or_default();
    let mut depth = 0_usize;
    let items = inside.split(|sign| {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        sign == ',' && depth == 0
    });
    items.filter_map(|item| word(item.trim())).collect()
}
