//! Who goes next: one lane for each priority, and in it a queue for each family of routes. Pure.
//!
//! Leavers go first, always. The others share by weight, so that no lane starves: what one does not use goes
//! to the rest. Within a lane whoever began first goes first, so that agents become whole one after the other
//! and not all of them half. How many may go is [`super::pace`]; which families pause is [`super::bucket`].

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ports::{Asked, Priority, RouteFamily};

/// One waiting call; later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(pub(super) u64);

/// Calls out of ten under full load: identities of those who come, what is still to do for those who have
/// begun, work that nobody asked for. A new agent is one call of the first and about eight of the second.
const IDENTITY: u64 = 2;
const WAITING: u64 = 7;
const BACKGROUND: u64 = 1;
/// Divisible by each of the weights.
const WHOLE: u64 = IDENTITY * WAITING * BACKGROUND;
/// A waiting call and those that most likely follow it: an agent's steps ask one after another.
const FOLLOWED_BY: u64 = 8;
/// Index of the lane of leavers.
const LEAVERS: usize = 0;

fn place_of(priority: Priority) -> usize {
    match priority {
        Priority::Leaver => LEAVERS,
        Priority::Identity => 1,
        Priority::Waiting => 2,
        Priority::Background => 3,
    }
}

fn weight_of(lane: usize) -> u64 {
    match lane {
        1 => IDENTITY,
        2 => WAITING,
        _ => BACKGROUND,
    }
}

/// Calls of one priority. The key of a call is when its work began, and its ticket.
#[derive(Debug, Default)]
struct Lane {
    families: BTreeMap<RouteFamily, BTreeSet<(u64, Ticket)>>,
    len: usize,
    /// How far it is served, in shares: the lane that is behind goes next.
    served: u64,
}

impl Lane {
    fn insert(&mut self, family: RouteFamily, key: (u64, Ticket)) {
        self.families.entry(family).or_default().insert(key);
        self.len += 1;
    }

    fn remove(&mut self, family: &RouteFamily, key: &(u64, Ticket)) {
        let Some(queue) = self.families.get_mut(family) else { return };
        if queue.remove(key) {
            self.len -= 1;
        }
        if queue.is_empty() {
            self.families.remove(family);
        }
    }

    /// The first whose family may go.
    fn first(&self, open: impl Fn(&RouteFamily) -> bool) -> Option<(u64, Ticket)> {
        let heads = self.families.iter().filter(|(family, _)| open(family));
        heads.filter_map(|(_, queue)| queue.first().copied()).min()
    }
}

/// Everybody who waits.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    lanes: [Lane; 4],
    asked: BTreeMap<Ticket, Asked>,
    next: u64,
    /// How far the lane that went last is served: whoever was away does not make up for it.
    served: u64,
}

impl Queues {
    /// Takes a place.
    pub(crate) fn join(&mut self, asked: Asked) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.enter(ticket, asked);
        ticket
    }

    fn enter(&mut self, ticket: Ticket, asked: Asked) {
        let served = self.served;
        if let Some(lane) = self.lanes.get_mut(place_of(asked.priority)) {
            if lane.len == 0 {
                lane.served = lane.served.max(served);
            }
            lane.insert(asked.family.clone(), (asked.began, ticket));
        }
        self.asked.insert(ticket, asked);
    }

    /// Gives a place up; what was asked, if it still waited.
    pub(crate) fn leave(&mut self, ticket: Ticket) -> Option<Asked> {
        let asked = self.asked.remove(&ticket)?;
        if let Some(lane) = self.lanes.get_mut(place_of(asked.priority)) {
            lane.remove(&asked.family, &(asked.began, ticket));
        }
        Some(asked)
    }

    /// Moves a place that still waits to another lane. There it stands by when its work began and when it
    /// joined: whoever has waited longer is not put behind who came later.
    pub(crate) fn promote(&mut self, ticket: Ticket, priority: Priority) {
        // Granted meanwhile, or given up: then there is nothing to move.
        if let Some(asked) = self.leave(ticket) {
            self.enter(ticket, Asked { priority, ..asked });
        }
    }

    /// Takes out who goes next among the families that may.
    pub(crate) fn pick(&mut self, open: impl Fn(&RouteFamily) -> bool) -> Option<Ticket> {
        let mut next: Option<(u64, usize, Ticket)> = None;
        for (number, lane) in self.lanes.iter().enumerate() {
            let Some((_, ticket)) = lane.first(&open) else { continue };
            if number == LEAVERS {
                next = Some((0, number, ticket));
                break;
            }
            // The one whose next share ends first.
            let share = lane.served + WHOLE / weight_of(number);
            if next.is_none_or(|(first, ..)| share < first) {
                next = Some((share, number, ticket));
            }
        }
        let (_, number, ticket) = next?;
        self.leave(ticket);
        if number != LEAVERS {
            self.account(number, open);
        }
        Some(ticket)
    }

    /// One call more for that lane. Lanes that could not go have no claim to what they missed.
    fn account(&mut self, number: usize, open: impl Fn(&RouteFamily) -> bool) {
        let Some(lane) = self.lanes.get_mut(number) else { return };
        self.served = self.served.max(lane.served);
        lane.served += WHOLE / weight_of(number);
        let served = self.served;
        for lane in &mut self.lanes {
            if lane.first(&open).is_none() {
                lane.served = lane.served.max(served);
            }
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.asked.len()
    }

    /// Whether somebody waits whose family may go.
    pub(crate) fn any(&self, open: impl Fn(&RouteFamily) -> bool) -> bool {
        self.lanes.iter().any(|lane| lane.first(&open).is_some())
    }

    /// Calls that go before a new one of that priority, if nobody else comes.
    pub(crate) fn before(&self, priority: Priority) -> u64 {
        let count = |lane: &Lane| u64::try_from(lane.len).unwrap_or(u64::MAX);
        let place = place_of(priority);
        let own = self.lanes.get(place).map_or(0, count);
        let leavers = self.lanes.first().map_or(0, count);
        if place == LEAVERS {
            return own;
        }
        let others: u64 = self
            .lanes
            .iter()
            .enumerate()
            .skip(1)
            .filter(|(n, _)| *n != place)
            .map(|(n, lane)| {
                // In the time until it is our turn another lane has its share, and no more than it asks for.
                let share = (own + 1).saturating_mul(weight_of(n)).div_ceil(weight_of(place));
                count(lane).saturating_mul(FOLLOWED_BY).min(share)
            })
            .sum();
        leavers.saturating_add(own).saturating_add(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Priority::{Background, Identity, Leaver, Waiting};

    fn all(_: &RouteFamily) -> bool {
        true
    }

    fn order(queues: &mut Queues) -> Vec<Ticket> {
        std::iter::from_fn(|| queues.pick(all)).collect()
    }

    #[test]
    fn leavers_go_first_and_the_others_share_by_weight() {
        let mut queues = Queues::default();
        let mut priority_of = BTreeMap::new();
        for priority in [Background, Waiting, Identity, Leaver] {
            for _ in 0..100 {
                priority_of.insert(queues.join(priority.into()), priority);
            }
        }
        let order: Vec<Priority> =
            order(&mut queues).into_iter().map(|ticket| priority_of[&ticket]).collect();
        assert!(order[..100].iter().all(|priority| *priority == Leaver));
        for round in order[100..200].chunks(10) {
            let count = |wanted| round.iter().filter(|priority| **priority == wanted).count();
            assert_eq!((count(Identity), count(Waiting), count(Background)), (2, 7, 1), "{round:?}");
        }
    }

    #[test]
    fn who_was_away_does_not_make_up_for_it() {
        let mut queues = Queues::default();
        for _ in 0..1_000 {
            queues.join(Waiting.into());
            queues.pick(all);
        }
        let late: Vec<Ticket> = (0..20).map(|_| queues.join(Background.into())).collect();
        for _ in 0..100 {
            queues.join(Waiting.into());
        }
        let went = order(&mut queues);
        assert!(went[..40].iter().filter(|ticket| late.contains(ticket)).count() <= 6);
    }

    #[test]
    fn whoever_began_first_goes_first_within_a_lane() {
        let mut queues = Queues::default();
        let asked = |began| Asked { began, ..Asked::from(Waiting) };
        let new = queues.join(Waiting.into());
        let second = queues.join(asked(20));
        let first = queues.join(asked(10));
        let second_again = queues.join(asked(20));
        assert_eq!(order(&mut queues), [first, second, second_again, new]);
    }

    #[test]
    fn a_family_that_may_not_go_holds_nobody_else() {
        let mut queues = Queues::default();
        let of =
            |family: &str, priority: Priority| Asked { family: RouteFamily::new(family), ..priority.into() };
        let held = queues.join(of("routing/queues", Leaver));
        let leaver = queues.join(of("scim/users", Leaver));
        let waiting = queues.join(of("scim/users", Waiting));
        let open = |family: &RouteFamily| *family != RouteFamily::new("routing/queues");
        assert_eq!(
            (queues.pick(open), queues.pick(open), queues.pick(open)),
            (Some(leaver), Some(waiting), None)
        );
        assert!(!queues.any(open) && queues.any(all));
        assert_eq!(queues.pick(all), Some(held));
    }

    #[test]
    fn a_promoted_place_goes_with_its_new_priority_by_the_time_it_joined() {
        // Who joins, in order; who is promoted; who goes, in order.
        let rows: [(&[Priority], usize, Priority, &[usize]); 5] = [
            (&[Waiting, Background], 1, Leaver, &[1, 0]),
            (&[Background, Identity, Waiting], 0, Identity, &[2, 0, 1]),
            (&[Identity, Background, Identity], 1, Identity, &[0, 1, 2]),
            (&[Background, Waiting, Background], 1, Background, &[0, 1, 2]),
            (&[Waiting, Waiting], 1, Waiting, &[0, 1]),
        ];
        for (joined, promoted, priority, expected) in rows {
            let mut queues = Queues::default();
            let tickets: Vec<Ticket> =
                joined.iter().map(|priority| queues.join((*priority).into())).collect();
            queues.promote(tickets[promoted], priority);
            let expected: Vec<Ticket> = expected.iter().map(|place| tickets[*place]).collect();
            assert_eq!(order(&mut queues), expected, "{joined:?}: {promoted} to {priority:?}");
        }
    }

    #[test]
    fn a_place_that_was_granted_or_given_up_is_not_promoted_back_into_a_queue() {
        let mut queues = Queues::default();
        let granted = queues.join(Waiting.into());
        assert_eq!(queues.pick(all), Some(granted));
        queues.promote(granted, Leaver);
        let gone = queues.join(Waiting.into());
        queues.leave(gone);
        queues.promote(gone, Leaver);
        assert_eq!((queues.pick(all), queues.len()), (None, 0));
    }

    #[test]
    fn who_goes_before_a_new_one_is_told_by_shares() {
        let mut queues = Queues::default();
        for _ in 0..700 {
            queues.join(Waiting.into());
        }
        assert_eq!(queues.before(Leaver), 0);
        assert_eq!(queues.before(Waiting), 700);
        // Its turn comes within the first round.
        assert_eq!(queues.before(Identity), 4);
        for _ in 0..9 {
            queues.join(Identity.into());
        }
        assert_eq!(queues.before(Identity), 9 + 35);
    }
}
