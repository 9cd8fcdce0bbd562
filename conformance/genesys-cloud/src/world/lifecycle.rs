//! How a user is born, changes state, leaves and comes back (docs/genesys.md G2.23).

use super::World;
use super::entities::{Grant, State, User};
use crate::quirks::Quirks;

impl World {
    /// A new user in the Home division with the role that everybody has, not put yet.
    pub(crate) fn newborn(&self, email: &str, name: &str) -> User {
        let mut user = User::new(uuid::Uuid::new_v4().to_string(), email, name, &self.catalog.home);
        if let Some(role) = &self.catalog.employee {
            user.grants.insert(Grant { role: role.clone(), division: self.catalog.home.clone() });
        }
        user
    }

    /// Moves a user to a state, with what that takes away. Coming back gives nothing back.
    pub(crate) fn enter_state(&self, user: &mut User, state: State, quirks: &Quirks) {
        if user.state == state {
            return;
        }
        match state {
            State::Deleted => {
                user.grants.clear();
                user.groups.clear();
                // A team is a group of another type.
                user.teams.clear();
                user.division = self.catalog.home.clone();
                if quirks.deleted_leaves_queues {
                    user.queues.clear();
                }
            }
            State::Inactive if quirks.inactive_loses_roles => user.grants.clear(),
            State::Inactive | State::Active => {}
        }
        user.state = state;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::seed::SeedFile;

    #[test]
    fn deletion_takes_roles_groups_and_division_and_a_return_gives_nothing_back() {
        let world = World::from_seed(&SeedFile::built_in().unwrap(), 0).unwrap();
        let emea = Arc::clone(&world.catalog).derive("division", "EMEA");
        let mut user = world.newborn("a@b.example", "A");
        assert_eq!(user.grants.len(), 1, "a new user has the employee role");
        user.division = emea;
        user.skills.insert("x".into(), 1.0);
        world.enter_state(&mut user, State::Deleted, &Quirks::default());
        assert!(user.grants.is_empty());
        assert_eq!(user.division, world.catalog.home);
        world.enter_state(&mut user, State::Active, &Quirks::default());
        assert!(user.grants.is_empty(), "not even the employee role comes back");
        assert_eq!(user.skills.len(), 1, "data stays");
    }

    #[test]
    fn becoming_inactive_takes_the_roles_or_not_as_the_quirk_says() {
        let world = World::from_seed(&SeedFile::built_in().unwrap(), 0).unwrap();
        for (loses, left) in [(true, 0), (false, 1)] {
            let mut user = world.newborn("a@b.example", "A");
            let quirks = Quirks { inactive_loses_roles: loses, ..Quirks::default() };
            world.enter_state(&mut user, State::Inactive, &quirks);
            assert_eq!(user.grants.len(), left);
        }
    }
}
