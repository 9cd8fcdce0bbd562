//! The plan: what must change in Genesys Cloud so that a user or group becomes what it should be.
//!
//! Pure diff of desired, observed and granted into ordered, idempotent steps, each carrying what undoes it.
//! Does not call anybody: steps are carried out by `saga`. Start with [`user::plan_user`] and
//! [`group::plan_group`], for leavers with [`plan_leaver`]; what each step does and undoes is in [`effects`]; [`explain()`] puts a plan into
//! words. What other rules would change for everybody, without any plan: [`new_rules`].

mod builder;
pub(crate) mod drift;
pub(crate) mod effects;
mod entitlements;
mod explain;
pub(crate) mod group;
pub(crate) mod identity;
mod leaver;
pub(crate) mod new_rules;
mod passed;
mod phone;
mod take_back;
pub(crate) mod user;

pub(crate) use effects::describe;
pub(crate) use entitlements::Resolved;
pub(crate) use explain::{describe_failed, explain};
pub(crate) use group::{Before, GroupInput, plan_group};
pub(crate) use leaver::{LeaverInput, plan_leaver, plan_removal};
pub(crate) use passed::{Leftover, Reached, leftover};
pub(crate) use user::{Planned, UserChange, UserInput, plan_user};

#[cfg(test)]
mod tests;
