//! The port for the budget of upstream calls: a place is reserved, waited for, promoted, given up; a permit
//! is spent or goes back. And what a call says of itself while it waits.
//!
//! Who goes when is `genesys::budget`; who changes the urgency of work that waits is `saga`.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

/// Priority of a call in the budget; lower is more urgent. Leavers go first, the others share by weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Priority {
    /// Deactivation and deletion.
    Leaver,
    /// Identity calls of a request that waits.
    Identity,
    /// What is still to do for people whose change has begun, whether their client still waits or not.
    Waiting,
    /// Nobody asked for it: recomputation, import, resync.
    Background,
}

/// Routes of Genesys that share a limit of their own, such as `routing/queues`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteFamily(String);

impl RouteFamily {
    /// The family of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// That of the identities of users, without which no change of a user is made.
    pub fn identities() -> Self {
        Self::new("scim/users")
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a call asks of the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// How urgent it is.
    pub priority: Priority,
    /// Where it goes.
    pub family: RouteFamily,
    /// When the work that it belongs to began, Unix milliseconds: among those of a priority the earlier goes
    /// first. `u64::MAX` for work that has not begun.
    pub began: u64,
}

impl From<Priority> for Asked {
    fn from(priority: Priority) -> Self {
        Self { priority, family: RouteFamily::default(), began: u64::MAX }
    }
}

/// Which limit a 429 speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limited {
    /// That of the token: it holds everybody.
    House,
    /// One of these routes.
    Family(RouteFamily),
}

/// What has become of the priority of a piece of work since it was planned. Shared by all its calls, those
/// that wait included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// Each call has the priority that it was planned with.
    #[default]
    AsPlanned,
    /// The request that waited has left. The person still waits: what has begun goes before what comes new.
    NobodyWaits,
    /// A leaver waits for it.
    LeaverWaits,
}

impl Urgency {
    /// The priority of a call that was planned with another one.
    pub fn of(self, planned: Priority) -> Priority {
        match (self, planned) {
            (Urgency::LeaverWaits, _) | (_, Priority::Leaver) => Priority::Leaver,
            (Urgency::NobodyWaits, Priority::Identity) => Priority::Waiting,
            (_, planned) => planned,
        }
    }
}

/// Whose call it is, and how urgent.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// For logs: `saga <id> step <n>`, `import`, `check`.
    pub label: String,
    planned: Priority,
    began: u64,
    urgency: Option<watch::Receiver<Urgency>>,
    settle: Option<watch::Receiver<bool>>,
}

impl CallContext {
    /// A call whose priority stays as it is, of work that has not begun.
    pub fn new(priority: Priority, label: impl Into<String>) -> Self {
        Self { label: label.into(), planned: priority, began: u64::MAX, urgency: None, settle: None }
    }

    /// The same, of work that began then, in Unix milliseconds.
    #[must_use]
    pub fn begun(mut self, at_ms: u64) -> Self {
        self.began = at_ms;
        self
    }

    /// What it asks of the budget now, for a call of that family.
    pub fn asks(&self, family: RouteFamily) -> Asked {
        Asked { priority: self.priority(), family, began: self.began }
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
        Self::new(self.priority().min(floor), self.label.clone()).begun(self.began)
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
    end: Option<Box<dyn FnOnce(bool) + Send + Sync>>,
}

impl Permit {
    /// A permit; `end` is told once whether it was spent.
    pub fn new(end: impl FnOnce(bool) + Send + Sync + 'static) -> Self {
        Self { end: Some(Box::new(end)) }
    }

    /// The call goes out now.
    pub fn spend(mut self) {
        self.end(true);
    }

    fn end(&mut self, spent: bool) {
        if let Some(end) = self.end.take() {
            end(spent);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.end(false);
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
    fn reserve(&self, asked: Asked) -> Box<dyn WaitingPlace>;
    /// Genesys said 429, or does not accept our credentials: none of those calls goes for that long.
    fn pause(&self, limited: Limited, wait: Duration);
    /// Calls that could be made right now.
    fn left(&self) -> u32;
    /// How long such a call would wait now.
    fn expected_wait(&self, asked: &Asked) -> Duration;
    /// How long so many calls take.
    fn time_for(&self, calls: u64) -> Duration;
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
            (Urgency::NobodyWaits, Identity, Waiting),
            (Urgency::NobodyWaits, Waiting, Waiting),
            (Urgency::NobodyWaits, Background, Background),
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
        let context = CallContext::new(Priority::Identity, "test").following(follows).until(settles);
        let mut shifts = context.shifts();
        urgency.send_replace(Urgency::NobodyWaits);
        assert_eq!(shifts.next().await, Shift::Priority(Priority::Waiting));
        assert_eq!(context.priority(), Priority::Waiting);
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
            Permit::new(move |spent| {
                back.fetch_add(u32::from(!spent), Ordering::Relaxed);
            })
        };
        permit().spend();
        assert_eq!(back.load(Ordering::Relaxed), 0);
        drop(permit());
        assert_eq!(back.load(Ordering::Relaxed), 1);
    }
}
