//! Quirks: one switch for every behaviour of Genesys Cloud that is not documented for certain.
//!
//! The defaults are the likelier or the harsher value. Nothing here decides anything; the operations ask.
//! Tests run under each value with [`Quirks::table`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a POST with the e-mail of a deleted user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedEmail {
    /// A new user with a new id.
    Create,
    /// The deleted user comes back with its id.
    Restore,
    /// 409 uniqueness.
    Conflict,
}

/// The body of a SCIM 400 that is about the request's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScimErrors {
    /// ErrorBody, as everywhere else on the platform.
    Platform,
    /// ScimError with a scimType.
    Scim,
}

/// What a SCIM PUT does with attributes that it does not mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Omitted {
    /// They stay.
    Keep,
    /// They are cleared.
    Clear,
}

/// What an empty value (an empty list, an empty string, null) means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Empty {
    /// It clears.
    Clear,
    /// It is passed over.
    Ignore,
    /// It is refused with a 400.
    Refuse,
}

/// What an attribute outside the schema means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// It is passed over.
    Ignore,
    /// It is refused with a 400.
    Reject,
}

/// The division in which a role granted through SCIM lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleDivision {
    /// The Home division.
    Home,
    /// The user's own division.
    User,
}

/// What happens when the thing to add is there already, or the thing to remove is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtGone {
    /// Answered as if it had been done.
    Accept,
    /// Refused, and nothing else of the call takes effect.
    Refuse,
}

/// Every switch. Numbers are those of `docs/genesys.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// How many inactive users an offset page of users may reach, all when 0 (G3.15).
    pub inactive_offset_max: u32,
    /// Whether expanded fields are missing for a third of the users, the same ones each time (G3.16).
    pub expand_best_effort: bool,
    /// Largest page of the subjects of a role (G4.11).
    pub subjectgrants_max_page: u32,
    /// Whether a grant that is had twice is shown as inherited when duplicates are left out; otherwise as the
    /// user's own (G4.12).
    pub inherited_hides_direct: bool,
    /// Milliseconds until a change shows in the audit log, up to two minutes (G8.14).
    pub audit_lag_ms: u32,
    /// Whether the audit log names the OAuth client (G8.13).
    pub audit_names_client: bool,
    /// Status of a SCIM user POST that created: 201 or 200 (G2.18).
    pub post_status: u16,
    /// Status of a SCIM user DELETE: 204 or 200 (G2.18).
    pub delete_status: u16,
    /// POST with a deleted user's e-mail (G2.25).
    pub deleted_email: DeletedEmail,
    /// Shape of a SCIM 400 (G2.17).
    pub scim_errors: ScimErrors,
    /// Status of a stale If-Match: 400 or 409, both with `invalidVers` (G2.15).
    pub stale_etag_status: u16,
    /// Attributes that a SCIM PUT leaves out (G2.21).
    pub put_omitted: Omitted,
    /// Empty values in a SCIM PATCH (G2.20).
    pub scim_empty_values: Empty,
    /// Attributes unknown to Genesys in a SCIM body (G2.22).
    pub unknown_attributes: Unknown,
    /// Whether a SCIM filter other than `active` finds inactive users (G2.14).
    pub filter_finds_inactive: bool,
    /// Division of roles granted through SCIM (G2.10).
    pub scim_role_division: RoleDivision,
    /// Status of a stale REST version: 409 or 400, both `general.conflict` (G3.3).
    pub conflict_status: u16,
    /// Whether a user who becomes inactive loses the roles given directly (G2.26).
    pub inactive_loses_roles: bool,
    /// Whether a deleted user leaves the queues (G2.23).
    pub deleted_leaves_queues: bool,
    /// Whether the external ids of a deleted user can still be read (G3.9).
    pub deleted_external_ids: bool,
    /// PUT of an empty skill list (G5.3).
    pub skills_put_empty: Empty,
    /// Adding a queue member who is one already (G6.2).
    pub queue_readd: AtGone,
    /// Removing a queue member who is none, in the bulk call (G6.2).
    pub queue_remove_absent: AtGone,
    /// Whether a user can be in one team only: `UserGroupLimitExceeded` for the second (G6.14).
    pub team_single: bool,
    /// Whether a team takes users of its own division only: `UserGroupDivisionMismatch` (G6.14).
    pub team_same_division: bool,
    /// Adding a team member who is one already (G6.15): among the members, or among the failures.
    pub team_readd: AtGone,
    /// Removing a team member who is none (G6.15): done, or 404.
    pub team_remove_absent: AtGone,
    /// bulkremove when one of the grants is gone (G4.4).
    pub bulkremove_gone: AtGone,
    /// The single DELETE of a grant that is gone: 404 or done (G4.4).
    pub grant_delete_gone: AtGone,
    /// Whether a custom attribute PATCH with null clears the field; otherwise null is a validation error
    /// (G5.9).
    pub null_clears_attribute: bool,
    /// Status of a custom attribute PATCH: 200 or 204 (G5.7).
    pub attributes_patch_status: u16,
    /// Milliseconds in which a new user answers 404 to reads and grant reads show the past (G4.6, G7.9).
    pub stale_ms: u32,
    /// Whether the 404 of a new user hits writes too, and a new group or member those of members (G7.9).
    pub stale_writes: bool,
    /// Milliseconds until a change shows in the user search (G3.8).
    pub search_lag_ms: u32,
    /// Milliseconds until group members change after the 202 (G6.8).
    pub group_lag_ms: u32,
    /// Milliseconds after a write of a user in which the next one meets `general.conflict` (G7.10); 0 is off.
    pub conflict_window_ms: u32,
}

impl Default for Quirks {
    fn default() -> Self {
        Quirks {
            inactive_offset_max: 10_000,
            expand_best_effort: false,
            subjectgrants_max_page: 500,
            inherited_hides_direct: false,
            audit_lag_ms: 50,
            audit_names_client: true,
            post_status: 201,
            delete_status: 204,
            deleted_email: DeletedEmail::Create,
            scim_errors: ScimErrors::Platform,
            stale_etag_status: 400,
            put_omitted: Omitted::Keep,
            scim_empty_values: Empty::Ignore,
            unknown_attributes: Unknown::Ignore,
            filter_finds_inactive: false,
            scim_role_division: RoleDivision::User,
            conflict_status: 409,
            inactive_loses_roles: true,
            deleted_leaves_queues: true,
            deleted_external_ids: false,
            skills_put_empty: Empty::Clear,
            queue_readd: AtGone::Accept,
            queue_remove_absent: AtGone::Accept,
            team_single: true,
            team_same_division: true,
            team_readd: AtGone::Accept,
            team_remove_absent: AtGone::Accept,
            bulkremove_gone: AtGone::Refuse,
            grant_delete_gone: AtGone::Refuse,
            null_clears_attribute: true,
            attributes_patch_status: 200,
            stale_ms: 30,
            stale_writes: false,
            search_lag_ms: 50,
            group_lag_ms: 30,
            conflict_window_ms: 0,
        }
    }
}

/// Longest lag of the audit log.
const MAX_AUDIT_LAG_MS: u32 = 120_000;

/// Every other value of every switch, as `name=value`.
const FLIPS: [&str; 39] = [
    "audit_lag_ms=0",
    "audit_names_client=false",
    "subjectgrants_max_page=100",
    "inherited_hides_direct=true",
    "inactive_offset_max=0",
    "expand_best_effort=true",
    "post_status=200",
    "delete_status=200",
    "deleted_email=restore",
    "deleted_email=conflict",
    "scim_errors=scim",
    "stale_etag_status=409",
    "put_omitted=clear",
    "scim_empty_values=clear",
    "scim_empty_values=refuse",
    "unknown_attributes=reject",
    "filter_finds_inactive=true",
    "scim_role_division=home",
    "conflict_status=400",
    "inactive_loses_roles=false",
    "deleted_leaves_queues=false",
    "deleted_external_ids=true",
    "skills_put_empty=ignore",
    "skills_put_empty=refuse",
    "queue_readd=refuse",
    "queue_remove_absent=refuse",
    "team_single=false",
    "team_same_division=false",
    "team_readd=refuse",
    "team_remove_absent=refuse",
    "bulkremove_gone=accept",
    "grant_delete_gone=accept",
    "null_clears_attribute=false",
    "attributes_patch_status=204",
    "stale_ms=0",
    "stale_writes=true",
    "search_lag_ms=0",
    "group_lag_ms=0",
    "conflict_window_ms=20",
];

impl Quirks {
    /// The defaults, then the defaults with each switch at each of its other values, named `switch=value`.
    pub fn table() -> Vec<(&'static str, Quirks)> {
        let mut table = vec![("default", Quirks::default())];
        for flip in FLIPS {
            let mut quirks = Quirks::default();
            if quirks.set(flip).is_ok() {
                table.push((flip, quirks));
            }
        }
        table
    }

    /// Sets one switch from `name=value`.
    ///
    /// # Errors
    /// A sentence that names the switch when there is no such name or the value does not fit it.
    pub fn set(&mut self, assignment: &str) -> Result<(), String> {
        let (name, text) = assignment
            .split_once('=')
            .ok_or_else(|| format!("`{assignment}` is not of the form NAME=VALUE"))?;
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let mut change = serde_json::Map::new();
        change.insert(name.to_owned(), value);
        self.merge(&change)
    }

    /// Sets the switches that an object names and leaves the others.
    ///
    /// # Errors
    /// A sentence that names what is wrong; nothing is changed then.
    pub fn merge(&mut self, change: &serde_json::Map<String, Value>) -> Result<(), String> {
        let mut all = serde_json::to_value(&*self).map_err(|error| error.to_string())?;
        if let Value::Object(all) = &mut all {
            for (name, value) in change {
                all.insert(name.clone(), value.clone());
            }
        }
        let all: Quirks =
            serde_json::from_value(all).map_err(|error| format!("quirk not understood: {error}"))?;
        if all.audit_lag_ms > MAX_AUDIT_LAG_MS {
            return Err(format!("audit_lag_ms is {}, at most {MAX_AUDIT_LAG_MS} is taken", all.audit_lag_ms));
        }
        *self = all;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_flips_every_switch_and_each_row_differs_from_the_default() {
        let table = Quirks::table();
        assert_eq!(table.len(), FLIPS.len() + 1, "a flip in the list is not understood");
        let Value::Object(switches) = serde_json::to_value(Quirks::default()).unwrap() else { panic!() };
        for name in switches.keys() {
            assert!(
                FLIPS.iter().any(|flip| flip.starts_with(&format!("{name}="))),
                "{name} is never flipped"
            );
        }
        for (name, quirks) in table.iter().skip(1) {
            assert_ne!(*quirks, Quirks::default(), "{name} is the default");
        }
    }

    #[test]
    fn a_misspelt_switch_or_value_is_refused_and_changes_nothing() {
        let mut quirks = Quirks::default();
        for wrong in
            ["post_statis=200", "deleted_email=maybe", "stale_ms", "stale_ms=soon", "audit_lag_ms=120001"]
        {
            assert!(quirks.set(wrong).is_err(), "{wrong} was taken");
        }
        assert_eq!(quirks, Quirks::default());
    }
}
