//! The organisation: what is fixed (the catalogue) and what changes (users, groups, tokens, pending effects).
//!
//! Operations work on a copy of an entity and put it back; a put that changes nothing is not an effect. What
//! was put is remembered until [`World::take_changes`], so that the state file gets it before the answer goes
//! out. How a user is born, leaves and comes back is in `lifecycle`; what reads see too late is in `lag`; who
//! changed what is in `audit`.

pub(crate) mod audit;
mod audit_diff;
pub(crate) mod catalog;
pub(crate) mod entities;
mod lag;
mod lifecycle;
mod lookup;
mod planting;
mod roll;
pub(crate) mod statefile;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catalog::Catalog;
use entities::{ExternalId, Grant, Group, Pending, State, Token, User};
use lag::{Index, Stale};
use lookup::{Key, Lookup};

/// What kind of entity a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    User,
    Group,
    Token,
    Pending,
}

/// The organisation.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) pending: BTreeMap<u64, Pending>,
    changes: BTreeSet<(Kind, String)>,
    /// Set by operations whose effect is not part of the state (sessions revoked).
    pub(crate) touched: bool,
    pub(crate) audit: audit::Audit,
    index: Index,
    stale: Stale,
    lookup: Lookup,
}

impl World {
    fn empty(catalog: Arc<Catalog>) -> World {
        World {
            catalog,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            tokens: BTreeMap::new(),
            pending: BTreeMap::new(),
            changes: BTreeSet::new(),
            touched: false,
            audit: audit::Audit::default(),
            index: Index::default(),
            stale: Stale::default(),
            lookup: Lookup::default(),
        }
    }

    /// A user who is not deleted.
    pub(crate) fn live_user(&self, id: &str) -> Option<&User> {
        self.users.get(id).filter(|user| user.state != State::Deleted)
    }

    fn found(&self, key: &Key) -> impl Iterator<Item = &User> {
        self.lookup.find(key).filter_map(|id| self.users.get(id))
    }

    /// The user who has this e-mail and is not deleted.
    pub(crate) fn by_email(&self, email: &str) -> Option<&User> {
        self.found(&Key::Email(email.to_ascii_lowercase())).find(|user| user.state != State::Deleted)
    }

    /// The user deleted last who had this e-mail.
    pub(crate) fn deleted_by_email(&self, email: &str) -> Option<&User> {
        self.found(&Key::Email(email.to_ascii_lowercase()))
            .filter(|user| user.state == State::Deleted)
            .max_by_key(|user| user.modified_ms)
    }

    /// The user, not deleted, to whom an external id was assigned.
    pub(crate) fn by_external_id(&self, id: &ExternalId) -> Option<&User> {
        self.found(&Key::External(id.clone())).next()
    }

    /// The users, not deleted, who are members of a queue by themselves.
    pub(crate) fn in_queue(&self, queue: &str) -> impl Iterator<Item = &User> {
        self.found(&Key::Queue(queue.to_owned())).collect::<Vec<_>>().into_iter()
    }

    /// The users, not deleted, who are members of a team.
    pub(crate) fn in_team(&self, team: &str) -> impl Iterator<Item = &User> {
        self.found(&Key::Team(team.to_owned())).collect::<Vec<_>>().into_iter()
    }

    /// Puts a user back and raises its version: for what the directory itself holds.
    pub(crate) fn put_directory(&mut self, mut user: User, now_ms: u64) -> User {
        if let Some(old) = self.users.get(&user.id) {
            if *old == user {
                return user;
            }
            user.version = old.version.saturating_add(1);
        }
        user.modified_ms = now_ms;
        self.stale.wrote(&user.id, now_ms);
        self.store_user(user.clone(), now_ms);
        user
    }

    /// Puts a user back without a new version: for what other services hold about it.
    pub(crate) fn put_aside(&mut self, user: User, now_ms: u64) {
        if self.users.get(&user.id) != Some(&user) {
            self.store_user(user, now_ms);
        }
    }

    fn store_user(&mut self, user: User, now_ms: u64) {
        let old = self.users.get(&user.id);
        match old {
            None => self.stale.born(&user.id, now_ms),
            Some(old) if old.grants != user.grants => {
                self.stale.regranted(&user.id, old.grants.clone(), now_ms)
            }
            Some(_) => {}
        }
        if self.audit.is_open() {
            let told = self.told_of_user(self.users.get(&user.id), &user);
            self.audit.add(told, now_ms);
        }
        self.lookup.change(self.users.get(&user.id), &user);
        self.index.changed(&user.id, now_ms);
        self.changes.insert((Kind::User, user.id.clone()));
        self.users.insert(user.id.clone(), user);
    }

    /// Puts a group back and raises its version.
    pub(crate) fn put_group(&mut self, mut group: Group, now_ms: u64) -> Group {
        if let Some(old) = self.groups.get(&group.id) {
            if *old == group {
                return group;
            }
            group.version = old.version.saturating_add(1);
        } else {
            self.stale.born(&group.id, now_ms);
        }
        group.modified_ms = now_ms;
        self.tell_of_group(&group.id, Some(&group), now_ms);
        self.changes.insert((Kind::Group, group.id.clone()));
        self.groups.insert(group.id.clone(), group.clone());
        group
    }

    fn tell_of_group(&mut self, id: &str, after: Option<&Group>, now_ms: u64) {
        if self.audit.is_open() {
            let told = self.told_of_group(self.groups.get(id), after);
            self.audit.add(told, now_ms);
        }
    }

    /// Takes a group away, its members with it.
    pub(crate) fn drop_group(&mut self, id: &str, now_ms: u64) {
        self.tell_of_group(id, None, now_ms);
        if self.groups.remove(id).is_some() {
            self.changes.insert((Kind::Group, id.to_owned()));
            self.change_members(id, &[], &self.members(id), now_ms);
        }
    }

    /// How many users, not deleted, a group has.
    pub(crate) fn member_count(&self, group: &str) -> usize {
        self.lookup.count(&Key::Group(group.to_owned()))
    }

    /// How many users, not deleted, a team has.
    pub(crate) fn team_size(&self, team: &str) -> usize {
        self.lookup.count(&Key::Team(team.to_owned()))
    }

    /// Ids of the users of a group who are not deleted.
    pub(crate) fn members(&self, group: &str) -> Vec<String> {
        self.lookup.find(&Key::Group(group.to_owned())).cloned().collect()
    }

    /// Changes members at once.
    pub(crate) fn change_members(
        &mut self,
        group: &str,
        add: &[String],
        remove: &[String],
        now_ms: u64,
    ) -> bool {
        let mut changed = false;
        for (ids, join) in [(add, true), (remove, false)] {
            for id in ids {
                let Some(mut user) = self.live_user(id).cloned() else { continue };
                changed |=
                    if join { user.groups.insert(group.to_owned()) } else { user.groups.remove(group) };
                self.put_aside(user, now_ms);
            }
        }
        changed
    }

    /// Grants that a user has through groups, with the group's id.
    pub(crate) fn inherited(&self, user: &User) -> Vec<(String, Grant)> {
        user.groups
            .iter()
            .filter_map(|id| self.groups.get(id))
            .flat_map(|group| group.grants.iter().map(|grant| (group.id.clone(), grant.clone())))
            .collect()
    }

    /// Keeps a token.
    pub(crate) fn put_token(&mut self, token: String, record: Token) {
        self.changes.insert((Kind::Token, token.clone()));
        self.tokens.insert(token, record);
    }

    /// Forgets a token.
    pub(crate) fn drop_token(&mut self, token: &str) {
        if self.tokens.remove(token).is_some() {
            self.changes.insert((Kind::Token, token.to_owned()));
        }
    }

    /// What was put or taken away since the last call.
    pub(crate) fn take_changes(&mut self) -> BTreeSet<(Kind, String)> {
        std::mem::take(&mut self.changes)
    }
}
