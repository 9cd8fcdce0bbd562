//! A listing of names: exact look-up, look-up without regard to letter case, and near misses for the error
//! text. Pure.
//!
//! Where listings come from and how long they are believed is in [`super`].

use std::collections::HashMap;

use crate::limits;
use crate::model::Named;

/// What a look-up found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Match {
    /// Exactly one.
    One(Named),
    /// Several that fit equally well.
    Several,
    /// None.
    None,
}

/// Ids by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    entries: Vec<Named>,
    exact: HashMap<String, Vec<usize>>,
    folded: HashMap<String, Vec<usize>>,
}

impl Names {
    /// An index over the entries; an id that appears twice counts once.
    pub(crate) fn new(entries: Vec<Named>) -> Self {
        let mut names = Self::default();
        for entry in entries {
            names.insert(entry);
        }
        names
    }

    /// Adds one entry unless its id is known under that name.
    pub(crate) fn insert(&mut self, entry: Named) {
        let at = self.entries.len();
        let same = self.exact.entry(entry.name.clone()).or_default();
        if same.iter().any(|i| self.entries.get(*i).is_some_and(|known| known.id == entry.id)) {
            return;
        }
        same.push(at);
        self.folded.entry(fold(&entry.name)).or_default().push(at);
        self.entries.push(entry);
    }

    /// Takes an id out, whatever its names; returns them.
    pub(crate) fn remove(&mut self, id: &str) -> Vec<String> {
        let (gone, kept): (Vec<Named>, Vec<Named>) =
            std::mem::take(&mut self.entries).into_iter().partition(|entry| entry.id == id);
        *self = Self::new(kept);
        gone.into_iter().map(|entry| entry.name).collect()
    }

    /// Exact first; then, unless case matters, without regard to it.
    pub(crate) fn find(&self, name: &str, case_matters: bool) -> Match {
        let exact = self.among(self.exact.get(name));
        if exact != Match::None || case_matters {
            return exact;
        }
        self.among(self.folded.get(&fold(name)))
    }

    fn among(&self, places: Option<&Vec<usize>>) -> Match {
        match places.map(Vec::as_slice) {
            None | Some([]) => Match::None,
            Some([one]) => self.entries.get(*one).cloned().map_or(Match::None, Match::One),
            Some(_) => Match::Several,
        }
    }

    /// Close names, closest first.
    pub(crate) fn similar(&self, name: &str) -> Vec<String> {
        similar(name, self.entries.iter().map(|entry| entry.name.as_str()))
    }
}

/// Close names among candidates, closest first.
pub(crate) fn similar<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted: Vec<char> = fold(name).chars().collect();
    let near = wanted.len().div_ceil(3).clamp(1, 4);
    let mut close: Vec<(usize, &str)> = candidates
        .filter_map(|candidate| {
            let folded = fold(candidate);
            let chars: Vec<char> = folded.chars().collect();
            if chars.len().abs_diff(wanted.len()) <= near {
                let distance = distance(&wanted, &chars);
                if distance <= near {
                    return Some((distance, candidate));
                }
            }
            let text: String = wanted.iter().collect();
            let part =
                wanted.len() >= 4 && folded.contains(&text) || chars.len() >= 4 && text.contains(&folded);
            part.then_some((near + 1, candidate))
        })
        .collect();
    close.sort();
    close.dedup();
    close.into_iter().take(limits::NEAR_MISSES).map(|(_, name)| name.to_owned()).collect()
}

fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Levenshtein distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut corner = i;
        let mut last = i + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(b) {
            let above = *cell;
            let change = corner + usize::from(left != right);
            last = change.min(above + 1).min(last + 1);
            *cell = last;
            corner = above;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: &[(&str, &str)]) -> Names {
        Names::new(pairs.iter().map(|(id, name)| Named { id: (*id).into(), name: (*name).into() }).collect())
    }

    #[test]
    fn exact_wins_then_letter_case_is_overlooked_only_where_it_does_not_matter() {
        let names = names(&[
            ("1", "Sales"),
            ("2", "sales"),
            ("3", "Support"),
            ("4", "VIP"),
            ("5", "vip"),
            ("3", "Support"),
        ]);
        let one = |id: &str| Match::One(Named { id: id.into(), name: String::new() });
        let rows = [
            ("Sales", false, one("1")),
            ("sales", false, one("2")),
            ("SALES", false, Match::Several),
            ("support", false, one("3")),
            ("support", true, Match::None),
            ("Support", true, one("3")),
            ("Nope", false, Match::None),
        ];
        for (name, case, expected) in rows {
            assert_eq!(names.find(name, case), expected, "{name} {case}");
        }
    }

    #[test]
    fn an_id_that_is_taken_out_is_found_no_more_and_the_others_are() {
        let mut names = names(&[("1", "Sales"), ("2", "Support"), ("1", "Old Sales"), ("3", "sales")]);
        assert_eq!(names.remove("1"), ["Sales", "Old Sales"]);
        assert_eq!(names.remove("1"), Vec::<String>::new());
        assert_eq!(names.find("Old Sales", false), Match::None);
        for (name, id) in [("Sales", "3"), ("Support", "2")] {
            assert!(matches!(names.find(name, false), Match::One(found) if found.id == id), "{name}");
        }
    }

    #[test]
    fn near_misses_are_named_closest_first_and_strangers_are_not() {
        let names = names(&[("1", "Sales"), ("2", "Sales EMEA"), ("3", "Support"), ("4", "Sale")]);
        assert_eq!(names.similar("Sles"), ["Sales", "Sale"]);
        assert_eq!(names.similar("sales emea"), ["Sales EMEA", "Sale", "Sales"]);
        assert_eq!(names.similar("Billing"), Vec::<String>::new());
    }

    #[test]
    fn the_edit_distance_counts_insertions_deletions_and_changes() {
        for (a, b, expected) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)]
        {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            assert_eq!(distance(&a, &b), expected);
            assert_eq!(distance(&b, &a), expected);
        }
    }
}
