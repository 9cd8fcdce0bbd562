//! Which format every record has, where that is written, and the steps that lead from an older format to
//! today's.
//!
//! A record says its own format in its first byte, if it is more than an id; a tree says one for its keys and
//! for what its rows have in common. Decoders are their owners'; here is the whole list:
//!
//! | tree | rows | format of a row | owner |
//! |---|---|---|---|
//! | all | every value of sled | 1, the first byte of its frame | `frame` |
//! | users | users | byte: 2 (head, JSON, text) or 1 (JSON) | `directory::codec` |
//! | users | versions of removed users | byte: 1 (JSON) | `directory::record` |
//! | groups | groups | byte: as users | `directory::codec` |
//! | members | memberships | id | `record::id` |
//! | index | look-ups, reservations | id | `record::id` |
//! | index | claims | byte: 1 (JSON) or none (JSON) | `directory::claims` |
//! | granted | what was granted | byte: 1 (JSON) | `directory::record` |
//! | journal | sagas, turns | byte: 1 (JSON) | `journal` |
//! | journal | lists of open and finished sagas | id | `record::id` |
//! | audit | links | hash, then a record with a byte: 1 (JSON) | `hash_chain`, `audit_record` |
//! | audit | head | number and hash; the tree's format | `hash_chain` |
//! | outbox | users to be computed again, in parts | byte: 1 (JSON) | `directory::recompute` |
//! | outbox | removed groups whose members are taken out | byte: 1 (JSON) | `directory::recompute` |
//! | outbox | removed users who are looked for among members | id | `directory::recompute` |
//! | outbox | work records, how far everybody was looked at | byte: 1 (JSON) | `directory::work` |
//! | outbox | work by time | id | `directory::work` |
//! | tokens | tokens | byte: 1 (JSON) | `tokens` |
//! | meta | numbers | byte: 1 (8 bytes) | `record::number` |
//! | meta | what was used of the budget | byte: 1 (JSON) | `budget_use` |
//! | meta | the secret of cursors | byte: 1 (32 bytes) | `cursor_secret` |
//! | meta | the last import | byte: 1 (JSON) | `directory::import` |
//! | meta | whose calls may still arrive after a crash | byte: 1 (JSON) | `directory::aftermath` |
//! | meta | digest of the rules | byte: 1 (JSON) | `directory::work` |
//! | meta | runs of a resync, what they know and show | byte: 1 (JSON) | `resync::runs` |
//!
//! *id*: the value is an id and has no byte, which is format 0. An id begins with no control character, so
//! that a byte below 0x20 can announce a later format; a reader that does not know it says so.
//!
//! To change a record, raise its own byte and go on reading the old one; or change all rows of a tree: raise
//! its number in [`current`] and add a step to [`STEPS`]. An old step is never edited.

use bytes::Bytes;

use crate::limits;
use crate::model::{StoreError, Table};
use crate::store::resolve::Writes;

use super::trees::{State, Trees, tree_name};

/// Rows that a step changes in one transaction.
const PAGE: usize = 500;

/// One step of a tree from a format to the next.
pub(super) struct Migration {
    /// Which table.
    pub(super) table: Table,
    /// From which format; it leads to the one after.
    pub(super) from: u8,
    /// Does it. It is run again after a crash in the middle, so it must not mind what is already done.
    pub(super) run: fn(&mut Rows<'_>) -> Result<(), StoreError>,
}

/// The formats that a program knows.
#[derive(Clone, Copy)]
pub(super) struct Formats {
    /// The one it writes.
    pub(super) current: fn(Table) -> u8,
    /// How it gets there.
    pub(super) steps: &'static [Migration],
}

/// This program's.
pub(super) const TODAY: Formats = Formats { current, steps: STEPS };

/// Those of a program before the first step.
#[cfg(test)]
pub(super) const FIRST: Formats = Formats { current: |_| 1, steps: &[] };

/// All steps ever made.
const STEPS: &[Migration] = &[Migration { table: Table::Meta, from: 1, run: meta_rows_say_their_format }];

const fn current(table: Table) -> u8 {
    match table {
        Table::Meta => 2,
        Table::Journal
        | Table::Users
        | Table::Groups
        | Table::Members
        | Table::Index
        | Table::Granted
        | Table::Audit
        | Table::Outbox
        | Table::Tokens => 1,
    }
}

/// Numbers (`came`, `went`: 8 bytes) and the secret of cursors (32 bytes) had no byte of their own.
fn meta_rows_say_their_format(rows: &mut Rows<'_>) -> Result<(), StoreError> {
    rows.change(|key, value| {
        let words: Vec<&[u8]> = key.split(|byte| *byte == b'/').skip(1).collect();
        let bare = match words.as_slice() {
            [b"came" | b"went", _] => 8,
            [b"cursor-secret"] => 32,
            _ => return None,
        };
        (value.len() == bare).then(|| Bytes::from([&[1], value.as_ref()].concat()))
    })
}

/// The rows of one table, and the way to change them: row counts and the number of the last commit follow.
pub(super) struct Rows<'a> {
    table: Table,
    trees: &'a Trees,
    state: &'a mut State,
}

impl Rows<'_> {
    /// Writes anew every row for which there is a new value; a page of rows is one transaction.
    pub(super) fn change(&mut self, new: impl Fn(&[u8], &Bytes) -> Option<Bytes>) -> Result<(), StoreError> {
        let table = self.table;
        self.each(|key, value, writes| {
            if let Some(new) = new(key, value) {
                writes.insert((table, key.to_vec()), Some(new));
            }
        })
    }

    /// Shows every row, in the order of keys; what is put into the writes, also under other keys, is written
    /// page by page.
    pub(super) fn each(
        &mut self,
        mut look: impl FnMut(&[u8], &Bytes, &mut Writes),
    ) -> Result<(), StoreError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let (page, _) = self.trees.scan(self.table, b"", after.as_deref(), PAGE, limits::WALK_BYTES)?;
            let mut writes = Writes::new();
            page.iter().for_each(|(key, value)| look(key, value, &mut writes));
            if !writes.is_empty() {
                *self.state = self.trees.apply(writes, self.state)?;
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(()),
            }
        }
    }
}

/// Why the formats do not fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// A newer program wrote it.
    Newer {
        /// Which tree.
        tree: &'static str,
        /// Its format.
        found: u8,
        /// What this program writes.
        known: u8,
    },
    /// There is no step from that format.
    NoStep {
        /// Which tree.
        tree: &'static str,
        /// From which format.
        from: u8,
    },
    /// A step failed.
    Failed(StoreError),
}

impl From<StoreError> for Misfit {
    fn from(error: StoreError) -> Self {
        Misfit::Failed(error)
    }
}

/// The steps from a format to another.
fn route(
    table: Table,
    found: u8,
    known: u8,
    steps: &'static [Migration],
) -> Result<Vec<&'static Migration>, Misfit> {
    let tree = tree_name(table);
    if found > known {
        return Err(Misfit::Newer { tree, found, known });
    }
    let find = |from| steps.iter().find(|step| step.table == table && step.from == from);
    (found..known).map(|from| find(from).ok_or(Misfit::NoStep { tree, from })).collect()
}

/// Checks the format of every tree, marks new ones, and brings old ones up to date; `state` is what it is
/// afterwards.
pub(super) fn bring_up_to_date(trees: &Trees, state: &mut State, formats: Formats) -> Result<(), Misfit> {
    for table in Table::ALL {
        let key = format!("format/{}", tree_name(table));
        let known = (formats.current)(table);
        let found = trees.inner(key.as_bytes())?.and_then(|value| value.first().copied());
        let Some(found) = found else {
            trees.put_inner(key.as_bytes(), &[known])?;
            continue;
        };
        for step in route(table, found, known, formats.steps)? {
            tracing::warn!(tree = tree_name(table), from = step.from, "bringing a tree to the next format");
            (step.run)(&mut Rows { table, trees, state })?;
            // The rows first: a format must never be noted that they do not have.
            trees.sync()?;
            trees.put_inner(key.as_bytes(), &[step.from.saturating_add(1)])?;
        }
    }
    trees.sync()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    static TWO: [Migration; 2] = [
        Migration { table: Table::Users, from: 1, run: |_| Ok(()) },
        Migration { table: Table::Users, from: 2, run: |_| Ok(()) },
    ];

    fn steps(table: Table, found: u8, known: u8) -> Result<Vec<u8>, Misfit> {
        route(table, found, known, &TWO).map(|route| route.iter().map(|step| step.from).collect())
    }

    #[test]
    fn the_route_leads_step_by_step_and_never_back() {
        assert_eq!(steps(Table::Users, 3, 3), Ok(vec![]));
        assert_eq!(steps(Table::Users, 1, 3), Ok(vec![1, 2]));
        assert_eq!(steps(Table::Users, 1, 4), Err(Misfit::NoStep { tree: "users", from: 3 }));
        assert_eq!(steps(Table::Groups, 1, 2), Err(Misfit::NoStep { tree: "groups", from: 1 }));
        assert_eq!(steps(Table::Users, 4, 3), Err(Misfit::Newer { tree: "users", found: 4, known: 3 }));
    }

    #[test]
    fn todays_formats_can_be_reached_from_the_first() {
        for table in Table::ALL {
            assert!(route(table, 1, current(table), STEPS).is_ok(), "{table:?}");
        }
    }
}
