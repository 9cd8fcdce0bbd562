//! Lookups: who has this e-mail, this external id, this queue, this team, this group, this role, this state;
//! kept beside the users so that an organisation of tens of thousands stays quick. They hold ids only and can be built anew at any
//! time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::entities::{ExternalId, State, User};

/// What a user can be found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// In lower case; deleted users too.
    Email(String),
    /// Not of deleted users.
    External(ExternalId),
    /// Not of deleted users.
    Queue(String),
    /// Not of deleted users.
    Team(String),
    /// Not of deleted users.
    Group(String),
    /// A role given directly, in whatever division; deleted users too.
    Role(String),
    State(State),
}

/// From keys to ids.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    ids: HashMap<Key, BTreeSet<String>>,
}

impl Lookup {
    /// Builds the lookups of all users.
    pub(super) fn of(users: &BTreeMap<String, User>) -> Lookup {
        let mut lookup = Lookup::default();
        for user in users.values() {
            lookup.change(None, user);
        }
        lookup
    }

    /// Follows a change of one user.
    pub(super) fn change(&mut self, before: Option<&User>, after: &User) {
        for key in before.map(keys).unwrap_or_default() {
            if let Some(ids) = self.ids.get_mut(&key) {
                ids.remove(&after.id);
                if ids.is_empty() {
                    self.ids.remove(&key);
                }
            }
        }
        for key in keys(after) {
            self.ids.entry(key).or_default().insert(after.id.clone());
        }
    }

    /// The ids of a key, in order.
    pub(super) fn find(&self, key: &Key) -> impl Iterator<Item = &String> {
        self.ids.get(key).into_iter().flatten()
    }

    /// The ids of a key, to look into; none when nobody is found by it.
    pub(super) fn all(&self, key: &Key) -> Option<&BTreeSet<String>> {
        self.ids.get(key)
    }

    /// How many are found by a key.
    pub(super) fn count(&self, key: &Key) -> usize {
        self.ids.get(key).map_or(0, BTreeSet::len)
    }
}

fn keys(user: &User) -> Vec<Key> {
    let mut keys = vec![Key::Email(user.email.to_ascii_lowercase()), Key::State(user.state)];
    let roles: BTreeSet<&String> = user.grants.iter().map(|grant| &grant.role).collect();
    keys.extend(roles.into_iter().cloned().map(Key::Role));
    if user.state != State::Deleted {
        keys.extend(user.external_ids.iter().cloned().map(Key::External));
        keys.extend(user.queues.keys().cloned().map(Key::Queue));
        keys.extend(user.teams.iter().cloned().map(Key::Team));
        keys.extend(user.groups.iter().cloned().map(Key::Group));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_follows_every_change_and_equals_one_built_anew() {
        let mut user = User::new("1".into(), "A@b.example", "A", "home");
        let mut users = BTreeMap::new();
        let mut lookup = Lookup::default();
        let changes: [fn(&mut User); 5] = [
            |_| {},
            |user| user.email = "c@d.example".into(),
            |user| {
                user.groups.insert("g".into());
            },
            |user| {
                user.external_ids.insert(ExternalId { authority: "x".into(), value: "y".into() });
            },
            |user| user.state = State::Deleted,
        ];
        for change in changes {
            let before = users.get("1").cloned();
            change(&mut user);
            lookup.change(before.as_ref(), &user);
            users.insert("1".to_owned(), user.clone());
            assert_eq!(lookup.ids, Lookup::of(&users).ids);
        }
        assert_eq!(lookup.find(&Key::Email("c@d.example".into())).count(), 1);
        assert_eq!(lookup.find(&Key::Group("g".into())).count(), 0);
    }
}
