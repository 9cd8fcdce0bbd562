//! From names to ids before any write: desired entitlements of one user, resolved, and what has to be held.
//!
//! An unknown name from the request is a 400 that names it, unless no client waits, the client did not touch it,
//! or the tenant holds such names; from a rule it follows the policy. For somebody who will not be active nothing is looked up (P9). The catalogue itself is
//! `genesys::catalogue`.

use std::sync::Arc;

use super::fault::Fault;
use super::looks::Looks;
use super::{OnUnknownRequestName, OnUnknownRuleName, Policy};
use crate::entitlements;
use crate::model::ports::{CallContext, Resolution, refused_here};
use crate::model::{
    Desired, DesiredSet, Failure, FailureState, Kind, Named, Object, Reason, RefusalKind, Wanted,
};
use crate::plan::{Resolved, identity};

/// Code of what has a name that Genesys does not know.
const UNKNOWN_NAME: &str = "unknown.name";

/// Resolves names.
pub(super) struct Resolver {
    pub(super) looks: Arc<Looks>,
    pub(super) policy: Arc<Policy>,
}

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) document: &'a Object,
    pub(super) desired: &'a DesiredSet,
    /// Whether the person will be active: nothing is looked up for somebody who will not.
    pub(super) active: bool,
    /// Whether an unknown name of the request refuses it. Where no client waits, it is noted, and nothing else
    /// is kept from being given or taken back.
    pub(super) strictly: bool,
    /// What a PATCH was applied to: names that it left alone do not refuse it.
    pub(super) before: Option<&'a Object>,
}

impl Asked<'_> {
    /// Whether a PATCH found it there and left it there.
    fn left_alone(&self, wanted: &Wanted) -> bool {
        let before = self.before.and_then(|before| entitlements::requested(before).ok());
        before.is_some_and(|before| before.items.iter().any(|item| item.wanted == *wanted))
    }

    /// The same of the division that the document names.
    fn left_where_it_was(&self) -> bool {
        let before = self.before.and_then(identity::division_of);
        before.is_some() && before == identity::division_of(self.document)
    }
}

/// What came of it.
#[derive(Default)]
pub(super) struct Names {
    /// Where the user should be; `None` leaves it where it is.
    pub(super) division: Option<Named>,
    /// With ids.
    pub(super) resolved: Vec<Resolved>,
    /// Without: neither given nor taken back.
    pub(super) unresolved: Vec<Wanted>,
    /// What is to be told of those.
    pub(super) held: Vec<Failure>,
}

impl Names {
    fn unknown(&mut self, item: &Desired, failure: Option<Failure>) {
        self.unresolved.push(item.wanted.clone());
        self.held.extend(failure);
    }
}

impl Resolver {
    /// Looks up what is asked for.
    pub(super) async fn resolve(&self, asked: &Asked<'_>, context: &CallContext) -> Result<Names, Fault> {
        let items = &asked.desired.items;
        let mut names = Names::default();
        if !asked.active {
            names.unresolved = items.iter().map(|item| item.wanted.clone()).collect();
            return Ok(names);
        }
        let mut rest: Vec<Desired> = items.clone();
        match self.division(asked.document, context).await {
            Ok(division) => names.division = division,
            Err(fault) => {
                let failure = self.without_division(asked, fault)?;
                // They would be given in another division.
                let here = |item: &Desired| matches!(item.wanted, Wanted::Role { division: None, .. });
                let homeless: Vec<Desired> = rest.extract_if(.., |item| here(item)).collect();
                homeless.iter().for_each(|item| names.unknown(item, None));
                names.held.push(failure);
            }
        }
        if asked.strictly {
            self.resolve_into(&mut names, &rest, asked, context).await?;
            return Ok(names);
        }
        for kind in Kind::ALL {
            let items: Vec<Desired> = rest.extract_if(.., |item| item.wanted.kind() == kind).collect();
            match self.resolve_into(&mut names, &items, asked, context).await {
                Ok(()) => {}
                // The names of this kind cannot be read; the others can.
                Err(Fault::Refused { refusal, during }) => {
                    for item in &items {
                        let fault = Fault::Refused { refusal: refusal.clone(), during: during.clone() };
                        names.unknown(item, Some(noted(&item.wanted.to_string(), Some(item), fault)?));
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(names)
    }

    /// The division that the document names, or the tenant's own.
    async fn division(&self, document: &Object, context: &CallContext) -> Result<Option<Named>, Fault> {
        let default = self.policy.default_division.as_deref();
        let Some(name) = identity::division_of(document).or(default) else { return Ok(None) };
        let ask = || self.looks.upstream.division(name, context);
        let found = self.looks.patiently("looking up the division", ask).await?;
        let unknown = || {
            let why = "or the bridge's OAuth client may not see it";
            Fault::Unacceptable(format!("Genesys Cloud has no division \"{name}\", {why}"))
        };
        found.ok_or_else(unknown).map(Some)
    }

    /// What is told of a division that there is not; the fault, where it refuses the request.
    fn without_division(&self, asked: &Asked<'_>, fault: Fault) -> Result<Failure, Fault> {
        let is_unknown = matches!(fault, Fault::Unacceptable(_));
        if asked.strictly && !(is_unknown && (self.holds() || asked.left_where_it_was())) {
            return Err(fault);
        }
        let mut failure = noted("the division", None, fault)?;
        if is_unknown && self.holds() {
            failure.state = FailureState::Held;
        }
        Ok(failure)
    }

    /// Whether names of requests wait until Genesys has them.
    fn holds(&self) -> bool {
        self.policy.on_unknown_request_name == OnUnknownRequestName::Hold
    }

    async fn resolve_into(
        &self,
        names: &mut Names,
        items: &[Desired],
        asked: &Asked<'_>,
        context: &CallContext,
    ) -> Result<(), Fault> {
        if items.is_empty() {
            return Ok(());
        }
        let wanted: Vec<Wanted> = items.iter().map(|item| item.wanted.clone()).collect();
        let ask = || self.looks.upstream.resolve(&wanted, names.division.as_ref(), context);
        let found = self.looks.patiently("resolving names", ask).await?;
        for (item, resolution) in items.iter().zip(found) {
            let (why, is_name) = match resolution {
                Resolution::Found(entitlement) => {
                    names.resolved.push(Resolved { entitlement, reason: item.reason.clone() });
                    continue;
                }
                Resolution::UnknownName { what, similar } if similar.is_empty() => {
                    (format!("Genesys Cloud has no {what}"), true)
                }
                Resolution::UnknownName { what, similar } => {
                    let similar = similar.join(" or ");
                    (format!("Genesys Cloud has no {what}; did you mean {similar}?"), true)
                }
                Resolution::BadValue(why) => (why, false),
            };
            match (&item.reason, self.policy.on_unknown_rule_name) {
                (Reason::Rule(_), OnUnknownRuleName::Hold) => {
                    names.unknown(item, Some(unknown(item, why, FailureState::Held)));
                }
                (Reason::Rule(_), OnUnknownRuleName::Skip) => names.unknown(item, None),
                (Reason::Rule(rule), OnUnknownRuleName::Refuse) if asked.strictly => {
                    return Err(Fault::Unacceptable(format!("rule {rule}: {why}")));
                }
                (Reason::Request, _) if is_name && self.holds() => {
                    names.unknown(item, Some(unknown(item, why, FailureState::Held)));
                }
                (Reason::Request, _) if asked.strictly && !asked.left_alone(&item.wanted) => {
                    return Err(Fault::Unacceptable(why));
                }
                (Reason::Rule(_) | Reason::Request, _) => {
                    names.unknown(item, Some(unknown(item, why, FailureState::Failed)));
                }
            }
        }
        Ok(())
    }
}

/// What is told of something that cannot be looked up, unless another try may go better by itself.
fn noted(what: &str, item: Option<&Desired>, fault: Fault) -> Result<Failure, Fault> {
    let refusal = match fault {
        Fault::Refused { refusal, .. } => refusal,
        Fault::Unacceptable(why) => refused_here(RefusalKind::UnknownName, UNKNOWN_NAME, why),
        other => return Err(other),
    };
    Ok(Failure { reason: item.map(|item| item.reason.clone()), ..Failure::refused(what, &refusal) })
}

fn unknown(item: &Desired, why: String, state: FailureState) -> Failure {
    Failure {
        what: item.wanted.to_string(),
        reason: Some(item.reason.clone()),
        why,
        code: UNKNOWN_NAME.into(),
        correlation_id: None,
        state,
    }
}
