//! What new rules would change for everybody, as sums: by rule, in all, the largest differences, who is left without
//! access.
//!
//! Pure, and takes no more room the more people there are: names of rules and things are counted, not people. What
//! is counted of one person is [`super::foresee`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Change, Foreseen, Who};
use crate::entitlements::RuleSet;
use crate::limits;

/// How many of the largest differences are shown.
const LARGEST: usize = 10;

/// What is told beside the sums, so that nobody takes them for more than they are.
const NOTE: &str = "Genesys Cloud was not asked: what was changed there by hand is not seen, nor whether every name exists there";

/// What became of one person.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Look {
    /// Compared.
    Foreseen(Foreseen),
    /// The configuration protects it: nothing is changed.
    Protected,
    /// Its record cannot be worked out, so nothing is changed.
    Unreadable,
}

/// Sums of one rule, or of everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Sum {
    people: u64,
    gains: u64,
    losses: u64,
    changed_values: u64,
}

impl Sum {
    fn add(&mut self, change: Change) {
        match change {
            Change::Gain => self.gains += 1,
            Change::Loss => self.losses += 1,
            Change::Value => self.changed_values += 1,
        }
    }
}

/// All sums.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    looked_at: u64,
    protected: u64,
    unreadable: u64,
    all: Sum,
    anyway: (u64, u64),
    rules: BTreeMap<String, Sum>,
    things: BTreeMap<(String, Change, String), u64>,
    /// Differences of things for which there was no room.
    uncounted: u64,
    without_access: (u64, Vec<Who>),
}

impl Tally {
    /// Counts one managed person.
    pub(crate) fn count(&mut self, who: &Who, look: &Look) {
        self.looked_at += 1;
        match look {
            Look::Foreseen(foreseen) => self.count_foreseen(who, foreseen),
            Look::Protected => self.protected += 1,
            Look::Unreadable => self.unreadable += 1,
        }
    }

    fn count_foreseen(&mut self, who: &Who, foreseen: &Foreseen) {
        if foreseen.anyway > 0 {
            self.anyway = (self.anyway.0 + 1, self.anyway.1 + foreseen.anyway);
        }
        if foreseen.loses_access {
            self.without_access.0 += 1;
            if self.without_access.1.len() < limits::NEW_RULES_NAMED {
                self.without_access.1.push(who.clone());
            }
        }
        if foreseen.differences.is_empty() {
            return;
        }
        self.all.people += 1;
        let mut concerned = BTreeSet::new();
        for one in &foreseen.differences {
            self.all.add(one.change);
            let sum = self.rules.entry(one.rule.clone()).or_default();
            sum.add(one.change);
            sum.people += u64::from(concerned.insert(&one.rule));
            let thing = (one.rule.clone(), one.change, one.what.clone());
            let room = self.things.len() < limits::NEW_RULES_THINGS;
            match self.things.get_mut(&thing) {
                Some(number) => *number += 1,
                None if room => drop(self.things.insert(thing, 1)),
                None => self.uncounted += 1,
            }
        }
    }

    /// As it is sent and printed.
    pub(crate) fn told(&self, new: &RuleSet) -> Value {
        let rules = self.rules.iter().map(|(name, sum)| {
            json!({ "rule": name, "gone": !new.has(name), "people": sum.people, "gains": sum.gains,
                "losses": sum.losses, "changed_values": sum.changed_values })
        });
        let mut largest: Vec<_> = self.things.iter().collect();
        // The order of the names stays where numbers are equal.
        largest.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
        let largest = largest.into_iter().take(LARGEST).map(|((rule, change, what), number)| {
            json!({ "rule": rule, "change": change, "what": what, "people": number })
        });
        json!({
            "looked_at": self.looked_at,
            "protected": self.protected,
            "unreadable": self.unreadable,
            "people": self.all.people,
            "gains": self.all.gains,
            "losses": self.all.losses,
            "changed_values": self.all.changed_values,
            "anyway": { "people": self.anyway.0, "differences": self.anyway.1 },
            "rules": rules.collect::<Vec<_>>(),
            "largest": largest.collect::<Vec<_>>(),
            "beside_the_largest_uncounted": self.uncounted,
            "without_access": { "people": self.without_access.0, "first": self.without_access.1 },
            "note": NOTE,
        })
    }
}
