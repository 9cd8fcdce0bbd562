//! What we gave a user, and what we wrote to Genesys lately: what a plan believes more than a look.
//!
//! A look may be older than our own last write (docs/genesys.md G4.6, G7.9), and the answer to a write may be
//! lost. So each entitlement of ours says how sure that is ([`Certainty`]), and what was written in the last
//! minutes is kept beside it. Data only: how a saga changes it is `directory::granted`, what a plan makes of
//! it `plan::entitlements`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Certainty, GrantedSet, Setting};

/// How long a look may be older than a write of ours, in milliseconds: Genesys' caches last five minutes at
/// most (docs/genesys.md G7.9).
const LAG_MS: i64 = 5 * 60 * 1000;

/// What our writes left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Written {
    /// What is there since; `None` for nothing.
    setting: Option<Setting>,
    /// What was there before these writes: a look that shows it is older than they are.
    older: Vec<Option<Setting>>,
    /// When the last of them was, Unix milliseconds.
    at_ms: i64,
}

impl Written {
    /// What is there, where a look shows `seen`: what somebody else made of it is seen as it is.
    pub(crate) fn behind<'a>(&'a self, seen: Option<&'a Setting>) -> Option<&'a Setting> {
        let is_older = self.older.iter().any(|older| older.as_ref() == seen);
        if is_older { self.setting.as_ref() } else { seen }
    }
}

/// One write, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Write {
    /// What it found.
    pub(crate) was: Option<Setting>,
    /// What it left.
    pub(crate) is: Option<Setting>,
}

/// What was written so lately that a look may not show it yet, by `Target::key`.
pub(crate) type Recent = BTreeMap<String, Written>;

/// All that is known of what we gave one user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Row")]
pub(crate) struct Ours {
    /// What we gave and may take back.
    pub(crate) granted: GrantedSet,
    /// What we wrote, by `Target::key`.
    pub(crate) written: BTreeMap<String, Written>,
}

/// As it is on disk; earlier versions of the program wrote what was granted and nothing else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    Whole { granted: GrantedSet, written: BTreeMap<String, Written> },
    GrantedOnly(GrantedSet),
}

impl From<Row> for Ours {
    fn from(row: Row) -> Self {
        match row {
            Row::Whole { granted, written } => Self { granted, written },
            Row::GrantedOnly(granted) => Self { granted, written: BTreeMap::new() },
        }
    }
}

impl Ours {
    /// What a look at `now_ms` may not show yet.
    pub(crate) fn recent(&self, now_ms: i64) -> Recent {
        let recent = self.written.iter().filter(|(_, written)| is_recent(written, now_ms));
        recent.map(|(key, written)| (key.clone(), written.clone())).collect()
    }

    /// Takes note of writes, `None` for what is not known, and forgets those that every look shows by now.
    pub(crate) fn wrote(&mut self, writes: BTreeMap<String, Option<Write>>, now_ms: i64) {
        self.written.retain(|_, written| is_recent(written, now_ms));
        for (key, write) in writes {
            let Some(Write { was, is: setting }) = write else {
                self.written.remove(&key);
                continue;
            };
            let before = self.written.remove(&key);
            let mut older = before.map_or_else(Vec::new, |before| {
                before.older.into_iter().chain([before.setting]).collect::<Vec<_>>()
            });
            older.push(was);
            older.retain(|older| *older != setting);
            older.dedup();
            self.written.insert(key, Written { setting, older, at_ms: now_ms });
        }
    }

    /// The person is removed: nothing of it is wanted any more, should they come back.
    pub(crate) fn all_leaving(mut self) -> Self {
        self.granted.values_mut().for_each(|granted| granted.certainty = Certainty::Leaving);
        self.written.clear();
        self
    }
}

/// Also of a clock that was set back a little.
fn is_recent(written: &Written, now_ms: i64) -> bool {
    now_ms.saturating_sub(written.at_ms).abs() < LAG_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Proficiency;
    use crate::store::samples::granted;

    #[test]
    fn rows_of_earlier_versions_are_read_and_those_of_now_come_back_as_they_were() {
        let before: GrantedSet = [granted("queue/q1")].into();
        let row = serde_json::to_string(&before).unwrap();
        let read: Ours = serde_json::from_str(&row).unwrap();
        assert_eq!(read, Ours { granted: before.clone(), written: BTreeMap::new() });
        assert_eq!(serde_json::from_str::<Ours>("{}").unwrap(), Ours::default());
        let mut ours = read;
        ours.wrote(write("role/r/d", None, Some(Setting::Held)), 7);
        let text = serde_json::to_string(&ours).unwrap();
        assert_eq!(serde_json::from_str::<Ours>(&text).unwrap(), ours);
    }

    fn write(key: &str, was: Option<Setting>, is: Option<Setting>) -> BTreeMap<String, Option<Write>> {
        [(key.to_owned(), Some(Write { was, is }))].into()
    }

    fn level(level: f64) -> Option<Setting> {
        Some(Setting::Level(Proficiency::new(level).unwrap()))
    }

    #[test]
    fn what_was_written_is_believed_for_five_minutes_and_no_longer() {
        let mut ours = Ours::default();
        ours.wrote(write("a", None, Some(Setting::Held)), 1_000);
        ours.wrote(write("b", Some(Setting::Held), None), 1_000);
        assert_eq!(ours.recent(1_000 + LAG_MS - 1).len(), 2);
        assert_eq!(ours.recent(1_000 + LAG_MS), Recent::new());
        assert_eq!(ours.recent(0).len(), 2, "a clock that was set back a second");
        ours.wrote([("a".to_owned(), None)].into(), 2_000);
        assert_eq!(ours.recent(2_000).keys().collect::<Vec<_>>(), ["b"], "what is not known any more");
    }

    #[test]
    fn a_look_that_shows_what_was_before_our_writes_is_old_and_any_other_is_believed() {
        let mut ours = Ours::default();
        ours.wrote(write("s", None, level(2.0)), 1);
        ours.wrote(write("s", level(2.0), level(4.0)), 2);
        let recent = ours.recent(2);
        for (seen, there) in
            [(None, level(4.0)), (level(2.0), level(4.0)), (level(4.0), level(4.0)), (level(3.0), level(3.0))]
        {
            assert_eq!(recent["s"].behind(seen.as_ref()), there.as_ref(), "{seen:?}");
        }
        // Undone, and done again.
        ours.wrote(write("s", level(4.0), level(2.0)), 3);
        assert_eq!(ours.recent(3)["s"].behind(level(4.0).as_ref()), level(2.0).as_ref());
        ours.wrote(write("s", level(2.0), level(4.0)), 4);
        assert_eq!(ours.recent(4)["s"].behind(level(2.0).as_ref()), level(4.0).as_ref());
    }
}
