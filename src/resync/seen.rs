//! Who holds what, as the listings showed it: half a million memberships in a few megabytes.
//!
//! Users and things are numbers in here; a page of users gets its memberships by number. Pure.

use std::collections::HashMap;

use super::plan::Listing;
use super::runs::PageRow;
use crate::model::{Entitlement, Held, Kind, Named, Observed, Setting, Target, UserId};

/// Memberships by user.
#[derive(Default)]
pub(super) struct Seen {
    users: HashMap<Box<str>, u32>,
    things: Vec<Target>,
    /// Number of a user, number of a thing; sorted before it is asked.
    pairs: Vec<(u32, u32)>,
    sorted: bool,
    kinds: Vec<Kind>,
}

impl Seen {
    /// A kind was listed, though perhaps nobody holds anything of it.
    pub(super) fn listed(&mut self, kind: Kind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    /// Takes a page in.
    pub(super) fn add(&mut self, listing: &Listing, page: &PageRow) {
        let Listing::Holders(of) = listing else { return };
        self.listed(of.kind());
        let first = u32::try_from(self.things.len()).unwrap_or(u32::MAX);
        match of {
            Held::Member(kind, of) => self.things.push(Target::Member { kind: *kind, of: of.clone() }),
            Held::Role(role) => {
                let divisions =
                    page.named.iter().map(|(id, name)| Named { id: id.clone(), name: name.clone() });
                let in_each = divisions.map(|division| Target::Role { role: role.clone(), division });
                self.things.extend(in_each.collect::<Vec<_>>());
            }
        }
        let divisions = page.divisions.iter().copied().chain(std::iter::repeat(0));
        for (user, division) in page.users.iter().zip(divisions) {
            let user = self.number(user);
            self.pairs.push((user, first.saturating_add(division)));
        }
        self.sorted = false;
    }

    fn number(&mut self, user: &str) -> u32 {
        if let Some(known) = self.users.get(user) {
            return *known;
        }
        let number = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        self.users.insert(user.into(), number);
        number
    }

    /// To be called once after the last page.
    pub(super) fn sort(&mut self) {
        self.pairs.sort_unstable();
        self.pairs.dedup();
        self.sorted = true;
    }

    /// Adds what the user holds to what a listing showed of it.
    pub(super) fn complete(&self, user: &UserId, observed: &mut Observed) {
        observed.read.extend(self.kinds.iter().copied());
        let Some(number) = self.users.get(user.as_str()) else { return };
        let from = self.pairs.partition_point(|(one, _)| one < number);
        let pairs = self.pairs.iter().skip(from).take_while(|(one, _)| one == number);
        for target in pairs.filter_map(|(_, thing)| self.things.get(usize::try_from(*thing).ok()?)) {
            let held = Entitlement { target: target.clone(), setting: Setting::Held };
            observed.entitlements.insert(target.key(), held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::named;

    #[test]
    fn each_user_gets_what_the_pages_showed_of_them_and_nobody_elses() {
        let mut seen = Seen::default();
        let users = |ids: &[&str]| PageRow {
            users: ids.iter().map(|id| (*id).to_owned()).collect(),
            ..PageRow::default()
        };
        let queue = |id: &str| Listing::Holders(Held::Member(Kind::Queue, named(id)));
        seen.add(&queue("q1"), &users(&["b", "a"]));
        seen.add(&queue("q2"), &users(&["a", "a"]));
        let divisions = vec![("d1".to_owned(), "1".to_owned()), ("d2".to_owned(), "2".to_owned())];
        let row = PageRow { divisions: vec![1, 0, 1], named: divisions, ..users(&["a", "b", "b"]) };
        seen.add(&Listing::Holders(Held::Role(named("r"))), &row);
        seen.sort();
        let of = |user: &str| {
            let mut observed = Observed::default();
            seen.complete(&UserId::new(user), &mut observed);
            observed.entitlements.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(of("a"), ["queue/q1", "queue/q2", "role/r/d2"]);
        assert_eq!(of("b"), ["queue/q1", "role/r/d1", "role/r/d2"]);
        assert_eq!(of("c"), Vec::<String>::new());
        let mut observed = Observed::default();
        seen.complete(&UserId::new("c"), &mut observed);
        assert_eq!(observed.read.into_iter().collect::<Vec<_>>(), [Kind::Role, Kind::Queue]);
    }
}
