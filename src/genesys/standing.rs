//! How Genesys stands with us, as the calls that are made anyway tell it: it answers, it does not, or it does
//! not accept our credentials.
//!
//! Sends nothing. Readiness shows it, and the front door opens nothing that could only wait (`bridge`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::answer::Sent;
use super::not_done::NotDone;
use crate::model::Refusal;
use crate::model::ports::Clock;

/// So many calls without an answer, one after the other, mean that Genesys cannot be reached.
const SILENT_CALLS: u32 = 2;
/// How long a refusal of our credentials is believed without another one, in milliseconds.
const REFUSED_MS: u64 = 3_000;
/// What an operator should do about credentials that are refused.
const REFUSED: &str =
    "Genesys Cloud refuses our credentials: check client_id, the client secret and the region in [genesys]";

#[derive(Default)]
struct State {
    silent: u32,
    refused: Option<(u64, Refusal)>,
}

/// What the last calls said.
pub(super) struct Standing {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    words: watch::Sender<Option<String>>,
    /// When a call was answered well, by the monotonic clock; 0 for never.
    answered_ms: AtomicU64,
}

impl Standing {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
            words: watch::Sender::new(None),
            answered_ms: AtomicU64::new(0),
        }
    }

    /// What an operator should know, as it changes; `None` while all is well.
    pub(super) fn words(&self) -> watch::Receiver<Option<String>> {
        self.words.subscribe()
    }

    /// When a call was last answered as it should be, by the monotonic clock, in milliseconds.
    pub(super) fn answered_ms(&self) -> Option<u64> {
        Some(self.answered_ms.load(Ordering::Relaxed)).filter(|ms| *ms > 0)
    }

    /// Why our credentials are not accepted, if that was said a moment ago.
    pub(super) fn refused(&self) -> Option<Refusal> {
        let now = self.clock.monotonic_ms();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.refused.as_ref().filter(|(until, _)| now < *until).map(|(_, refusal)| refusal.clone())
    }

    /// How an API call ended. 401 says nothing yet: the token may only be old.
    pub(super) fn heard(&self, sent: &Sent) {
        match sent {
            Sent::Answered(answer) if answer.status == 401 => {}
            Sent::Answered(answer) if answer.status == 408 || answer.status >= 500 => {
                self.silent(&format!("it answered {}", answer.status));
            }
            Sent::Answered(_) => self.well(),
            Sent::NotSent(reason) | Sent::Lost(reason) => self.silent(reason),
        }
    }

    /// There was no token.
    pub(super) fn no_token(&self, stop: &NotDone) {
        match stop {
            NotDone::Refused(refusal) => self.not_accepted(refusal),
            other => self.silent(&other.to_string()),
        }
    }

    /// Our credentials are not accepted.
    pub(super) fn not_accepted(&self, refusal: &Refusal) {
        let until = self.clock.monotonic_ms().saturating_add(REFUSED_MS);
        self.change(|state| state.refused = Some((until, refusal.clone())), Some(REFUSED.to_owned()));
    }

    fn well(&self) {
        self.answered_ms.store(self.clock.monotonic_ms(), Ordering::Relaxed);
        self.change(|state| *state = State::default(), None);
    }

    fn silent(&self, reason: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.silent = state.silent.saturating_add(1);
        let silent = state.silent >= SILENT_CALLS;
        drop(state);
        if silent {
            self.say(Some(format!("Genesys Cloud cannot be reached: {reason}")));
        }
    }

    fn change(&self, change: impl FnOnce(&mut State), words: Option<String>) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.say(words);
    }

    fn say(&self, words: Option<String>) {
        self.words.send_if_modified(|said| {
            let news = *said != words;
            if news {
                *said = words;
            }
            news
        });
    }
}
