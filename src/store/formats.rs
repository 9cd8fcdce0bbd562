//! Which format each tree has, and the steps that lead from an older one to today's.
//!
//! The formats of single records are their owners'; a tree's format changes when keys or the meaning of records change.
//! To change one: raise its number in [`current`], add the step to [`MIGRATIONS`], never edit an old step.

use crate::model::{StoreError, Table};

use super::engine::{Engine, tree_name};

/// One step of a tree from a format to the next.
pub(super) struct Migration {
    /// Which table.
    pub(super) table: Table,
    /// From which format; it leads to the one after.
    pub(super) from: u8,
    /// Does it. May be run again after a crash in the middle, so it must not mind what is already done.
    pub(super) run: fn(&Engine) -> Result<(), StoreError>,
}

/// All steps ever made. None yet: every tree still has its first format.
pub(super) const MIGRATIONS: &[Migration] = &[];

/// The format that this program writes.
pub(super) const fn current(table: Table) -> u8 {
    match table {
        Table::Journal
        | Table::Users
        | Table::Groups
        | Table::Members
        | Table::Index
        | Table::Granted
        | Table::Audit
        | Table::Outbox
        | Table::Tokens
        | Table::Meta => 1,
    }
}

/// Why a tree cannot be brought to today's format.
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

/// Checks the format of every tree, marks new ones, and brings old ones up to date.
pub(super) fn check(engine: &Engine) -> Result<(), Misfit> {
    for table in Table::ALL {
        let key = format!("format/{}", tree_name(table));
        let known = current(table);
        let found = engine.inner(key.as_bytes())?.and_then(|value| value.first().copied());
        let Some(found) = found else {
            engine.put_inner(key.as_bytes(), &[known])?;
            continue;
        };
        for step in route(table, found, known, MIGRATIONS)? {
            tracing::warn!(tree = tree_name(table), from = step.from, "bringing a tree to the next format");
            (step.run)(engine)?;
            engine.sync()?;
            engine.put_inner(key.as_bytes(), &[step.from.saturating_add(1)])?;
        }
    }
    engine.sync()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    static STEPS: [Migration; 2] = [
        Migration { table: Table::Users, from: 1, run: |_| Ok(()) },
        Migration { table: Table::Users, from: 2, run: |_| Ok(()) },
    ];

    fn steps(table: Table, found: u8, known: u8) -> Result<Vec<u8>, Misfit> {
        route(table, found, known, &STEPS).map(|route| route.iter().map(|step| step.from).collect())
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
            assert!(route(table, 1, current(table), MIGRATIONS).is_ok(), "{table:?}");
        }
    }
}
