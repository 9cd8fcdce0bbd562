//! From names to ids before any write: desired entitlements of one user, resolved, and what has to be held.
//!
//! An unknown name from the request is a 400 that names it; from a rule it follows the policy. The catalogue
//! itself is
//! `genesys::catalogue`.

use std::sync::Arc;

use super::fault::Fault;
use super::looks::Looks;
use super::{OnUnknownRuleName, Policy};
use crate::model::ports::{CallContext, Resolution};
use crate::model::{Desired, DesiredSet, Failure, FailureState, Named, Object, Reason, Wanted};
use crate::plan::{Resolved, identity};

/// Resolves names.
pub(super) struct Resolver {
    pub(super) looks: Arc<Looks>,
    pub(super) policy: Arc<Policy>,
}

impl Resolver {
    /// The division that the document names, or the tenant's own.
    pub(super) async fn division(
        &self,
        document: &Object,
        context: &CallContext,
    ) -> Result<Option<Named>, Fault> {
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

    /// Resolves what is desired. For an inactive user what gives access is not looked at: it will not get it.
    pub(super) async fn resolve(
        &self,
        desired: &DesiredSet,
        active: bool,
        division: Option<&Named>,
        context: &CallContext,
    ) -> Result<(Vec<Resolved>, Vec<Failure>), Fault> {
        let access = |desired: &&Desired| desired.wanted.kind().gives_access();
        let items: Vec<&Desired> = desired.items.iter().filter(|item| active || !access(item)).collect();
        if items.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let names: Vec<Wanted> = items.iter().map(|item| item.wanted.clone()).collect();
        let ask = || self.looks.upstream.resolve(&names, division, context);
        let found = self.looks.patiently("resolving names", ask).await?;
        let (mut resolved, mut held) = (Vec::new(), Vec::new());
        for (item, resolution) in items.into_iter().zip(found) {
            let why = match resolution {
                Resolution::Found(entitlement) => {
                    resolved.push(Resolved { entitlement, reason: item.reason.clone() });
                    continue;
                }
                Resolution::UnknownName { what, similar } if similar.is_empty() => {
                    format!("Genesys Cloud has no {what}")
                }
                Resolution::UnknownName { what, similar } => {
                    format!("Genesys Cloud has no {what}; did you mean {}?", similar.join(" or "))
                }
                Resolution::BadValue(why) => why,
            };
            match (&item.reason, self.policy.on_unknown_rule_name) {
                (Reason::Rule(_), OnUnknownRuleName::Hold) => held.push(hold(item, why)),
                (Reason::Rule(_), OnUnknownRuleName::Skip) => {}
                (Reason::Rule(rule), OnUnknownRuleName::Refuse) => {
                    return Err(Fault::Unacceptable(format!("rule {rule}: {why}")));
                }
                (Reason::Request, _) => return Err(Fault::Unacceptable(why)),
            }
        }
        Ok((resolved, held))
    }
}

fn hold(item: &Desired, why: String) -> Failure {
    Failure {
        what: item.wanted.to_string(),
        reason: Some(item.reason.clone()),
        why,
        code: "unknown.name".into(),
        correlation_id: None,
        state: FailureState::Held,
    }
}
