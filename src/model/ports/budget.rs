//! The port for the budget of upstream calls: a place is reserved, waited for, promoted, given up; a permit
//! is spent or goes back. And what a call says of itself while it waits.
//!
//! Who goes when is `genesys::budget`; who changes the urgency of work that waits is `saga`.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

/// Priority of a call in the budget; lower goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Priority {
    /// Deactivation and deletion.
    Leaver,
    /// Identity calls of a request that waits.
    Identity,
    /// Other calls of a request that waits.
    Waiting,
    /// Nobody waits: recomputation, import, resync, what goes on after a pending answer.
    Background,
}

/// What has become of the priority of a piece of work since it was planned. Shared by all its calls, those
/// that wait included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// Each call has the priority that it was planned with.
    #[default]
    AsPlanned,
    /// The request that waited has left: background work, unless it was a leaver's.
    NobodyWaits,
    /// A leaver waits for it.
    LeaverWaits,
}

impl Urgency {
    /// The priority of a call that was planned with another one.
    pub fn of(self, planned: Priority) -> Priority {
        match (self, planned) {
            (Urgency::LeaverWaits, _) | (_, Priority::Leaver) => Priority::Leaver,
            (Urgency::NobodyWaits, _) => Priority::Background,
            (Urgency::AsPlanned, planned) => planned,
        }
    }
}

/// Whose call it is, and how urgent.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// For logs: `saga <id> step <n>`, `import`, `check`.
    pub label: String,
    planned: Priority,
    urgency: Option<watch::Receiver<Urgency>>,
    settle: Option<watch::Receiver<bool>>,
}

impl CallContext {
    /// A call whose priority stays as it is.
    pub fn new(priority: Priority, label: impl Into<String>) -> Self {
        Self { label: label.into(), planned: priority, urgency: None, settle: None }
    }

    /// The same, with a priority that follows the urgency of the work it belongs to.
    #[must_use]
    pub fn following(mut self, urgency: watch::Receiver<Urgency>) -> Self {
        self.urgency = Some(urgency);
        self
    }

    /// The same, given up while it still waits for its permit as soon as `settle` is true.
    #[must_use]
    pub fn until(mut self, settle: watch::Receiver<bool>) -> Self {
        self.settle = Some(settle);
        self
    }

    /// For a call on whose answer others wait as well: not behind `floor`, and neither lowered nor given up
    /// later.
    #[must_use]
    pub fn shared(&self, floor: Priority) -> Self {
        Self::new(self.priority().min(floor), self.label.clone())
    }

    /// The priority as it is now.
    pub fn priority(&self) -> Priority {
        let urgency = self.urgency.as_ref().map(|urgency| *urgency.borrow()).unwrap_or_default();
        urgency.of(self.planned)
    }

    /// What changes from now on.
    pub fn shifts(&self) -> Shifts {
        Shifts { planned: self.planned, urgency: self.urgency.clone(), settle: self.settle.clone() }
    }
}

/// What changed about a call that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// It has another priority now.
    Priority(Priority),
    /// The work it belongs to settles: it is not to be sent any more.
    GiveUp,
}

/// The changes of one [`CallContext`], from [`CallContext::shifts`] on.
#[derive(Clone, Debug)]
pub struct Shifts {
    planned: Priority,
    urgency: Option<watch::Receiver<Urgency>>,
    settle: Option<watch::Receiver<bool>>,
}

impl Shifts {
    /// The next change; waits for ever where nothing can change any more. May be dropped and asked again.
    pub async fn next(&mut self) -> Shift {
        let Self { planned, urgency, settle } = self;
        tokio::select! {
            // Whoever is given up needs no other priority.
            biased;
            () = settled(settle) => Shift::GiveUp,
            urgency = changed(urgency) => Shift::Priority(urgency.of(*planned)),
        }
    }
}

async fn settled(settle: &mut Option<watch::Receiver<bool>>) {
    if let Some(settle) = settle
        && settle.wait_for(|settle| *settle).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

async fn changed(urgency: &mut Option<watch::Receiver<Urgency>>) -> Urgency {
    if let Some(urgency) = urgency
        && urgency.changed().await.is_ok()
    {
        return *urgency.borrow_and_update();
    }
    std::future::pending().await
}

/// A place in the budget that was granted: one call may go. Dropped unspent, it goes back and the next one
/// has it.
pub struct Permit {
    refund: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Permit {
    /// A permit; `refund` is called if it is not spent.
    pub fn new(refund: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self { refund: Some(Box::new(refund)) }
    }

    /// The call goes out now.
    pub fn spend(mut self) {
        self.refund = None;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(refund) = self.refund.take() {
            refund();
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

/// A place among those who wait for a permit. Dropping it gives the place up and leaves no trace.
#[async_trait]
pub trait WaitingPlace: Send {
    /// Waits for the permit. May be dropped and called again: the place is kept.
    async fn granted(&mut self) -> Permit;
    /// Changes the priority. Among those of the new one it stands where it would, had it come with it.
    fn promote(&mut self, priority: Priority);
}

/// The shared budget of upstream calls.
pub trait Budget: Send + Sync {
    /// Takes a place. What the call will hold may be decided once the permit is there.
    fn reserve(&self, priority: Priority) -> Box<dyn WaitingPlace>;
    /// Genesys said 429: nobody calls for that long.
    fn pause(&self, wait: Duration);
    /// Calls that could be made right now.
    fn left(&self) -> u32;
    /// How long a call of that priority would wait now.
    fn expected_wait(&self, priority: Priority) -> Duration;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaver_is_never_lowered_and_whoever_a_leaver_waits_for_is_raised() {
        use Priority::{Background, Identity, Leaver, Waiting};
        for (urgency, planned, expected) in [
            (Urgency::AsPlanned, Identity, Identity),
            (Urgency::AsPlanned, Leaver, Leaver),
            (Urgency::NobodyWaits, Identity, Background),
            (Urgency::NobodyWaits, Waiting, Background),
            (Urgency::NobodyWaits, Leaver, Leaver),
            (Urgency::LeaverWaits, Background, Leaver),
            (Urgency::LeaverWaits, Waiting, Leaver),
        ] {
            assert_eq!(urgency.of(planned), expected, "{urgency:?} {planned:?}");
        }
    }

    #[tokio::test]
    async fn a_context_tells_of_every_change_while_it_waits() {
        let (urgency, follows) = watch::channel(Urgency::AsPlanned);
        let (settle, settles) = watch::channel(false);
        let context = CallContext::new(Priority::Waiting, "test").following(follows).until(settles);
        let mut shifts = context.shifts();
        urgency.send_replace(Urgency::NobodyWaits);
        assert_eq!(shifts.next().await, Shift::Priority(Priority::Background));
        assert_eq!(context.priority(), Priority::Background);
        assert_eq!(context.shared(Priority::Waiting).priority(), Priority::Waiting);
        urgency.send_replace(Urgency::LeaverWaits);
        settle.send_replace(true);
        assert_eq!(shifts.next().await, Shift::GiveUp);
    }

    #[test]
    fn a_permit_that_is_not_spent_goes_back_once() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU32, Ordering};
        let back = Arc::new(AtomicU32::new(0));
        let permit = || {
            let back = Arc::clone(&back);
            Permit::new(move || {
                back.fetch_add(1, Ordering::Relaxed);
            })
        };
        permit().spend();
        assert_eq!(back.load(Ordering::Relaxed), 0);
        drop(permit());
        assert_eq!(back.load(Ordering::Relaxed), 1);
    }
}
