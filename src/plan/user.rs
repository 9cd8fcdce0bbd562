//! The plan of one user: identity first, then division and entitlements.
//!
//! Order and pivots are told in docs/architecture.md, "Turns". Decides from its input alone; who observes and
//! resolves is `bridge`. Who leaves is planned in [`super::leaver`], without any look; here is only somebody
//! whom Genesys turns out to have active though the document says otherwise.

use std::collections::BTreeSet;

use serde_json::Value;

use super::builder::Builder;
use super::entitlements::{Comparison, Resolved, compare};
use super::identity::{self, Payload};
use crate::model::{
    Effect, GrantedSet, Kind, Mark, Named, Object, Observed, Plan, PlanKind, Recent, UserState, Wanted,
};

/// What kind of change it is.
#[derive(Clone, Debug)]
pub(crate) enum UserChange<'a> {
    /// Genesys does not have the user. The mark goes with the create.
    Create {
        /// The mark.
        mark: &'a Mark,
    },
    /// Genesys has it; `adopt` if this is the first time that we write it.
    Existing {
        /// First write.
        adopt: bool,
        /// It is for somebody new, who has nothing of the person before.
        anew: bool,
    },
    /// Somebody deleted it in Genesys, and it is not to come back: nothing is done there, and what we gave stays
    /// noted.
    LeftDeleted,
}

/// All that a user's plan depends on.
#[derive(Clone, Debug)]
pub(crate) struct UserInput<'a> {
    /// What kind.
    pub change: UserChange<'a>,
    /// The new document of record.
    pub document: &'a Object,
    /// Core identity that Genesys should hold.
    pub payload: &'a Payload,
    /// Core identity by the document of record before; what was in it and is gone is removed.
    pub payload_before: Option<&'a Payload>,
    /// What Genesys has; default for a create.
    pub observed: &'a Observed,
    /// Where the user should be; `None` leaves it where it is.
    pub division: Option<&'a Named>,
    /// What it should have.
    pub desired: &'a [Resolved],
    /// What it should have as well, by names of which no id is known: nothing of it is given or taken back.
    pub unresolved: &'a [Wanted],
    /// Kinds of which the request speaks.
    pub managed: &'a BTreeSet<Kind>,
    /// What we gave.
    pub granted: &'a GrantedSet,
    /// Whether somebody who is inactive in Genesys may be made active.
    pub may_activate: bool,
    /// What we wrote so lately that it may not be in `observed`.
    pub recent: &'a Recent,
}

/// A plan and what will have been granted after it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Planned {
    /// The steps.
    pub plan: Plan,
    /// Granted once all steps have succeeded.
    pub granted: GrantedSet,
}

/// Plans.
pub(crate) fn plan_user(input: &UserInput<'_>) -> Planned {
    let active = identity::is_active(input.document);
    match &input.change {
        UserChange::Create { mark } => create(input, mark, active),
        UserChange::LeftDeleted => {
            Planned { plan: Builder::default().finish(PlanKind::Update), granted: input.granted.clone() }
        }
        UserChange::Existing { .. } if !active && input.observed.state == UserState::Active => {
            deactivate(input)
        }
        UserChange::Existing { adopt, anew } => existing(input, *adopt, *anew, active),
    }
}

fn create(input: &UserInput<'_>, mark: &Mark, active: bool) -> Planned {
    let mut builder = Builder::default();
    let email = input.payload.get("userName").and_then(Value::as_str).unwrap_or_default().to_owned();
    let document = identity::create_document(input.payload, active, mark, input.document);
    builder.identity(Effect::CreateUser { document, email });
    if let Some(to) = input.division {
        builder.then(Effect::MoveDivision { to: to.clone(), from: None });
    }
    Planned { granted: entitlements(&mut builder, input, active), plan: builder.finish(PlanKind::Create) }
}

fn deactivate(input: &UserInput<'_>) -> Planned {
    let mut builder = Builder::default();
    builder.pivot(Effect::SetActive { active: false });
    builder.then(Effect::RevokeSessions);
    if let Some(update) = difference(input) {
        builder.then(update);
    }
    let granted = entitlements(&mut builder, input, false);
    Planned { plan: builder.finish(PlanKind::Deactivate), granted }
}

fn existing(input: &UserInput<'_>, adopt: bool, anew: bool, active: bool) -> Planned {
    let mut builder = Builder::default();
    let state = input.observed.state;
    let mut kind = if adopt { PlanKind::Link } else { PlanKind::Update };
    if let (UserState::Deleted, Some(user)) = (state, &input.observed.id) {
        kind = PlanKind::Restore;
        let unnamed = || identity::unnamed(|path| input.payload.contains_key(path));
        let without = if anew { unnamed() } else { Vec::new() };
        builder.identity(Effect::RestoreUser { user: user.clone(), without });
        if !active {
            builder.identity(Effect::SetActive { active: false });
        }
    } else if active && input.may_activate && state == UserState::Inactive {
        builder.identity(Effect::SetActive { active: true });
    }
    if let Some(update) = difference(input) {
        builder.identity(update);
    }
    let kept = kept(input, active);
    let comparison = compared(input, &kept, active);
    comparison.make_room(&mut builder);
    if let Some(to) = input.division.filter(|to| input.observed.division.as_ref() != Some(to)) {
        builder.then(Effect::MoveDivision { to: to.clone(), from: input.observed.division.clone() });
    }
    comparison.add_steps(&mut builder);
    Planned { plan: builder.finish(kind), granted: comparison.granted }
}

/// Steps for a user that stays where it is.
fn entitlements(builder: &mut Builder, input: &UserInput<'_>, active: bool) -> GrantedSet {
    let kept = kept(input, active);
    let comparison = compared(input, &kept, active);
    comparison.make_room(builder);
    comparison.add_steps(builder);
    comparison.granted
}

/// An inactive user keeps what gives no access, skills for example, and loses the rest of what we gave.
fn kept(input: &UserInput<'_>, active: bool) -> Vec<Resolved> {
    let keeps = |resolved: &&Resolved| active || !resolved.entitlement.target.kind().gives_access();
    input.desired.iter().filter(keeps).cloned().collect()
}

fn compared<'a>(input: &UserInput<'a>, kept: &'a [Resolved], active: bool) -> Comparison<'a> {
    let mut managed = input.managed.clone();
    managed.extend(Kind::ALL.into_iter().filter(|kind| !active && kind.gives_access()));
    let keeps = |wanted: &&Wanted| active || !wanted.kind().gives_access();
    let unresolved: Vec<Wanted> = input.unresolved.iter().filter(keeps).cloned().collect();
    compare(kept, &unresolved, &managed, input.granted, input.recent, input.observed)
}

/// The single attributes in which Genesys differs from what it should hold.
fn difference(input: &UserInput<'_>) -> Option<Effect> {
    let mut after = Payload::new();
    let mut before = Payload::new();
    for (path, value) in input.payload {
        let there = identity::observed_at(&input.observed.document, path);
        if !identity::same(path, value, &there) {
            after.insert(path.clone(), value.clone());
            before.insert(path.clone(), there);
        }
    }
    for path in input.payload_before.into_iter().flat_map(Payload::keys) {
        let there = identity::observed_at(&input.observed.document, path);
        if !input.payload.contains_key(path) && !identity::same(path, &there, &Value::Null) {
            after.insert(path.clone(), Value::Null);
            before.insert(path.clone(), there);
        }
    }
    (!after.is_empty()).then_some(Effect::UpdateUser { after, before })
}
