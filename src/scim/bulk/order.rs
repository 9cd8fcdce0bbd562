//! In which order operations are done: as they were sent, except that one waits for those it refers to.
//!
//! Works on numbers alone; who refers to whom is found in [`super::job`].

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// The order, and who is in a circle.
pub(super) struct Order {
    /// All operations, those in a circle too.
    pub(super) sequence: Vec<usize>,
    /// Operations whose references lead in a circle, and those that refer to these: none of them can be done.
    pub(super) circular: BTreeSet<usize>,
}

impl Order {
    /// `needs` says for each operation which ones must be done before it.
    pub(super) fn of(needs: &[BTreeSet<usize>]) -> Self {
        let sequence = sequence(needs);
        if sequence.len() == needs.len() {
            return Self { sequence, circular: BTreeSet::new() };
        }
        let done: BTreeSet<usize> = sequence.into_iter().collect();
        let circular: BTreeSet<usize> = (0..needs.len()).filter(|index| !done.contains(index)).collect();
        // They are refused when their turn comes, so nothing need be waited for.
        let freed: Vec<BTreeSet<usize>> = needs
            .iter()
            .enumerate()
            .map(|(index, needs)| if circular.contains(&index) { BTreeSet::new() } else { needs.clone() })
            .collect();
        Self { sequence: self::sequence(&freed), circular }
    }
}

/// Always the first operation that waits for nothing; those in a circle never come up.
fn sequence(needs: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut waits: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (index, needs) in needs.iter().enumerate() {
        for needed in needs {
            if let Some(list) = needed_by.get_mut(*needed) {
                list.push(index);
            }
        }
    }
    let free = waits.iter().enumerate().filter(|(_, waits)| **waits == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(|(index, _)| Reverse(index)).collect();
    let mut out = Vec::with_capacity(needs.len());
    while let Some(Reverse(index)) = ready.pop() {
        out.push(index);
        for waiting in needed_by.get(index).into_iter().flatten() {
            if let Some(waits) = waits.get_mut(*waiting) {
                *waits = waits.saturating_sub(1);
                if *waits == 0 {
                    ready.push(Reverse(*waiting));
                }
            }
        }
    }
    out
}
