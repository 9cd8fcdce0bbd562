//! What the listings of a run cost in calls, said before it begins. Pure.
//!
//! From what the bridge gave: who else holds something is not known before it is listed, so that an organisation with
//! many others costs more. Looks at single users come on top, and are not known before either.

use crate::model::Kind;

/// Users on a page of theirs.
const USERS: u64 = 500;
/// Holders of a role on a page.
const GRANTS: u64 = 500;
/// Members of a queue or team on a page.
const MEMBERS: u64 = 100;

/// What is known of a listing beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    /// Of what.
    pub(super) kind: Kind,
    /// Those who hold it by us.
    pub(super) holders: u64,
}

/// Calls for listings of holders, and of that many users.
pub(super) fn estimate(expected: &[Expected], users: u64) -> u64 {
    let holders = |of: &Expected| match of.kind {
        Kind::Role => of.holders.div_ceil(GRANTS).max(1),
        // The queue itself is asked how many members it has.
        Kind::Queue => of.holders.div_ceil(MEMBERS).max(1) + 1,
        _ => of.holders.div_ceil(MEMBERS).max(1),
    };
    // Active and inactive ones are two listings.
    expected.iter().map(holders).sum::<u64>() + users.div_ceil(USERS).max(1) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_people_with_two_roles_and_three_queues_cost_less_than_5_500_calls() {
        let of = |kind, holders| Expected { kind, holders };
        let mut expected = vec![of(Kind::Role, 100_000); 2];
        expected.extend(vec![of(Kind::Queue, 3_000); 100]);
        assert_eq!(estimate(&expected, 100_000), 400 + 100 * 31 + 201);
    }

    #[test]
    fn what_nobody_holds_is_asked_for_once() {
        assert_eq!(estimate(&[Expected { kind: Kind::Team, holders: 0 }], 0), 3);
    }
}
