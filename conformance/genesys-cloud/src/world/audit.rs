//! The audit log: who changed what and when, the last messages only. In memory, not in the state file.
//!
//! Here is the log and its bound; what a change says is in `audit_diff`, how it is asked for in
//! `rest::audits` (docs/genesys.md G8.7 to G8.14).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Messages kept; the oldest go first.
const MAX_MESSAGES: usize = 20_000;

/// Who changes something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Actor {
    /// Nobody in particular.
    #[default]
    System,
    /// An OAuth client, by id.
    Client(String),
    /// A person at the administrator's screen.
    Person {
        /// Id of the person's user.
        id: String,
        name: String,
    },
}

/// One property that changed; no values are an empty list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) property: String,
    pub(crate) old: Vec<String>,
    pub(crate) new: Vec<String>,
}

/// What a message says, before it is known who did it and when.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) service: &'static str,
    pub(crate) entity_type: &'static str,
    pub(crate) action: &'static str,
    pub(crate) entity_id: String,
    pub(crate) entity_name: String,
    pub(crate) changes: Vec<Change>,
    pub(crate) context: Vec<(&'static str, String)>,
    /// Whether the actor stands in the context only.
    pub(crate) is_system: bool,
}

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) at_ms: u64,
    pub(crate) actor: Actor,
    pub(crate) says: Draft,
}

/// The log.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    is_open: bool,
    actor: Actor,
    messages: VecDeque<Message>,
    /// What was written until then is seen without delay.
    settled_ms: Option<u64>,
}

impl Audit {
    /// Begins to write; what was planted before is nobody's change.
    pub(crate) fn open(&mut self) {
        self.is_open = true;
    }

    /// Whether changes are written down at all.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Says who changes things from now on, and who did until now.
    pub(crate) fn act_as(&mut self, actor: Actor) -> Actor {
        std::mem::replace(&mut self.actor, actor)
    }

    /// Who changes things now.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Writes messages down.
    pub(super) fn add(&mut self, drafts: Vec<Draft>, now_ms: u64) {
        for mut says in drafts {
            let mut actor = self.actor.clone();
            if says.is_system {
                if let Actor::Client(id) | Actor::Person { id, .. } = &actor {
                    says.context.push(("userid", id.clone()));
                }
                actor = Actor::System;
            }
            if self.messages.len() >= MAX_MESSAGES {
                self.messages.pop_front();
            }
            let id = uuid::Uuid::new_v4().to_string();
            self.messages.push_back(Message { id, at_ms: now_ms, actor, says });
        }
    }

    /// Lets everything written so far be seen.
    pub(super) fn settle(&mut self, now_ms: u64) {
        self.settled_ms = Some(now_ms);
    }

    /// The messages that can be seen, oldest first.
    pub(crate) fn seen(&self, now_ms: u64, lag_ms: u32) -> impl DoubleEndedIterator<Item = &Message> {
        let until = now_ms.saturating_sub(u64::from(lag_ms));
        let settled = self.settled_ms;
        self.messages.iter().filter(move |message| {
            message.at_ms <= until || settled.is_some_and(|settled| message.at_ms <= settled)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(number: usize) -> Draft {
        Draft {
            service: "Directory",
            entity_type: "User",
            action: "Update",
            entity_id: number.to_string(),
            entity_name: String::new(),
            changes: Vec::new(),
            context: Vec::new(),
            is_system: false,
        }
    }

    #[test]
    fn the_log_keeps_the_last_messages_and_no_more() {
        let mut audit = Audit::default();
        audit.add((0..MAX_MESSAGES + 5).map(draft).collect(), 7);
        assert_eq!(audit.messages.len(), MAX_MESSAGES);
        assert_eq!(audit.seen(7, 0).next().map(|first| first.says.entity_id.as_str()), Some("5"));
    }

    #[test]
    fn a_message_is_seen_after_the_lag_or_when_everything_is_let_happen() {
        let mut audit = Audit::default();
        audit.add(vec![draft(1)], 1000);
        assert_eq!(audit.seen(1099, 100).count(), 0);
        assert_eq!(audit.seen(1100, 100).count(), 1);
        audit.settle(1000);
        assert_eq!(audit.seen(1001, 100).count(), 1);
    }
}
