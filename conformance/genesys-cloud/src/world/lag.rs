//! What reads see too late: the search index, a user just made, grants just changed, group members just sent.
//!
//! Time is handed in. Nothing runs in the background: what is due is applied when the next call comes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::entities::{Grant, Pending, User};
use super::{Kind, World};

/// The search index: documents as they were, and what waits to be read again.
#[derive(Debug, Default)]
pub(super) struct Index {
    documents: BTreeMap<String, User>,
    /// When each changed user changed first since it was read.
    waiting: BTreeMap<String, u64>,
}

impl Index {
    pub(super) fn changed(&mut self, id: &str, now_ms: u64) {
        self.waiting.entry(id.to_owned()).or_insert(now_ms);
    }
}

/// What other services have not heard of yet.
#[derive(Debug, Default)]
pub(super) struct Stale {
    born_ms: HashMap<String, u64>,
    granted: HashMap<String, (u64, BTreeSet<Grant>)>,
    /// The same by time, to find who changed of late.
    granted_at: BTreeSet<(u64, String)>,
    written_ms: HashMap<String, u64>,
}

impl Stale {
    pub(super) fn born(&mut self, id: &str, now_ms: u64) {
        self.born_ms.insert(id.to_owned(), now_ms);
    }

    pub(super) fn regranted(&mut self, id: &str, before: BTreeSet<Grant>, now_ms: u64) {
        if let Some((at, _)) = self.granted.insert(id.to_owned(), (now_ms, before)) {
            self.granted_at.remove(&(at, id.to_owned()));
        }
        self.granted_at.insert((now_ms, id.to_owned()));
    }

    pub(super) fn wrote(&mut self, id: &str, now_ms: u64) {
        self.written_ms.insert(id.to_owned(), now_ms);
    }
}

impl World {
    /// A deleted user is back, and for a while some services do not know it.
    pub(crate) fn comes_back(&mut self, id: &str, now_ms: u64) {
        self.stale.born(id, now_ms);
    }

    /// Whether a user or group is so new that some services do not know it.
    pub(crate) fn is_fresh(&self, id: &str, now_ms: u64, stale_ms: u32) -> bool {
        within(self.stale.born_ms.get(id), now_ms, stale_ms)
    }

    /// Whether the user was written so lately that another write meets a conflict.
    pub(crate) fn is_contended(&self, id: &str, now_ms: u64, window_ms: u32) -> bool {
        within(self.stale.written_ms.get(id), now_ms, window_ms)
    }

    /// The direct grants that a read sees now.
    pub(crate) fn visible_grants(&self, user: &User, now_ms: u64, stale_ms: u32) -> BTreeSet<Grant> {
        match self.stale.granted.get(&user.id) {
            Some((at, before)) if within(Some(at), now_ms, stale_ms) => before.clone(),
            _ => user.grants.clone(),
        }
    }

    /// The users whose grants are read as they were before.
    pub(super) fn lately_regranted(&self, now_ms: u64, stale_ms: u32) -> impl Iterator<Item = &User> {
        let since = now_ms.saturating_sub(u64::from(stale_ms)).saturating_add(1);
        let changed = self.stale.granted_at.range((since, String::new())..);
        let changed = changed.filter(move |(at, _)| within(Some(at), now_ms, stale_ms));
        changed.filter_map(|(_, id)| self.users.get(id))
    }

    /// Users as the search sees them now.
    pub(crate) fn indexed(&self) -> impl Iterator<Item = &User> {
        self.index.documents.values()
    }

    /// Remembers members that change later.
    pub(crate) fn postpone(&mut self, pending: Pending) {
        let key = self.pending.keys().next_back().map_or(1, |last| last.saturating_add(1));
        self.changes.insert((Kind::Pending, key.to_string()));
        self.pending.insert(key, pending);
    }

    /// Applies what is due.
    pub(crate) fn catch_up(&mut self, now_ms: u64, search_lag_ms: u32) {
        let due: Vec<u64> = self
            .pending
            .iter()
            .filter(|(_, pending)| pending.due_ms <= now_ms)
            .map(|(key, _)| *key)
            .collect();
        for key in due {
            let Some(pending) = self.pending.remove(&key) else { continue };
            self.changes.insert((Kind::Pending, key.to_string()));
            let now = self.audit.act_as(pending.actor.clone());
            self.apply_pending(&pending, now_ms);
            self.audit.act_as(now);
        }
        let limit = now_ms.saturating_sub(u64::from(search_lag_ms));
        let ready: Vec<String> =
            self.index.waiting.iter().filter(|(_, at)| **at <= limit).map(|(id, _)| id.clone()).collect();
        for id in ready {
            self.index.waiting.remove(&id);
            if let Some(user) = self.users.get(&id) {
                self.index.documents.insert(id, user.clone());
            }
        }
    }

    fn apply_pending(&mut self, pending: &Pending, now_ms: u64) {
        let Some(group) = self.groups.get(&pending.group).cloned() else { return };
        if self.change_members(&pending.group, &pending.add, &pending.remove, now_ms) {
            let version = group.version.saturating_add(1);
            self.changes.insert((Kind::Group, group.id.clone()));
            self.groups.insert(group.id.clone(), super::Group { version, modified_ms: now_ms, ..group });
        }
    }

    /// Applies everything that is still to come and lets every read see the present.
    pub(crate) fn settle(&mut self, now_ms: u64) {
        for pending in self.pending.values_mut() {
            pending.due_ms = 0;
        }
        self.catch_up(now_ms, 0);
        self.stale = Stale::default();
        self.audit.settle(now_ms);
    }

    /// Reads every user into the search index at once.
    pub(super) fn index_all(&mut self) {
        self.index.waiting.clear();
        self.index.documents = self.users.clone();
    }
}

fn within(at: Option<&u64>, now_ms: u64, window_ms: u32) -> bool {
    at.is_some_and(|at| now_ms < at.saturating_add(u64::from(window_ms)))
}
