//! Compares what the OAuth client may do with what the bridge needs, permission by permission and division by
//! division.
//!
//! Pure. The list is what Genesys' API description demands of the operations that the bridge calls, kinds of
//! entitlement in their own rows (`model::kind`); `docs/configuration.md` repeats it.

use crate::config::{Config, GroupPolicy, PasswordPolicy};
use crate::genesys::api::rights::Rights;
use crate::model::{Kind, Need};

use super::judge::{Finding, Trouble};

const ALWAYS: [Need; 4] = [
    Need::new(&["directory:user:view"], true, "reading users"),
    Need::new(&["directory:user:add"], true, "creating users"),
    Need::new(&["directory:user:edit"], true, "changing users and custom attributes"),
    Need::new(&["directory:user:delete"], true, "deleting users, and taking back a create that failed"),
];
const SESSIONS: Need = Need::new(&["oauth:token:delete"], false, "ending the sessions of people who leave");
const PASSWORDS: Need =
    Need::new(&["directory:user:setPassword"], false, "passing passwords on (tenant.password = \"forward\")");
const GROUPS: [Need; 2] = [
    Need::new(&["directory:group:add"], false, "creating groups (tenant.groups = \"create\")"),
    Need::new(&["directory:group:delete"], false, "deleting groups (tenant.groups = \"create\")"),
];
const GROUP_MEMBERS: Need = Need::new(&["directory:group:edit"], false, "reading and changing groups");

/// What is missing, or one good finding. `divisions` are those that the configuration names.
pub(super) fn compare<'a>(
    config: &Config,
    rights: &[Rights],
    divisions: impl Iterator<Item = &'a str> + Clone,
) -> Vec<Finding> {
    let passwords = (config.tenant.password == PasswordPolicy::Forward).then_some(&PASSWORDS);
    let groups = GROUPS.iter().filter(|_| config.tenant.groups == GroupPolicy::Create);
    let kinds = Kind::ALL.into_iter().flat_map(|kind| kind.row().needs);
    let needs = ALWAYS.iter().chain(kinds).chain([&SESSIONS, &GROUP_MEMBERS]).chain(passwords).chain(groups);
    let missing: Vec<Finding> = needs.filter_map(|need| lacking(need, rights, divisions.clone())).collect();
    if missing.is_empty() {
        return vec![Finding::good("rights", "the OAuth client has every permission that the bridge needs")];
    }
    missing
}

fn lacking<'a>(need: &Need, rights: &[Rights], divisions: impl Iterator<Item = &'a str>) -> Option<Finding> {
    let names = need.any_of.join(" or ");
    let holding: Vec<&Rights> = rights.iter().filter(|rights| holds(rights, need)).collect();
    if holding.is_empty() {
        let says = format!("permission {names} is missing; it is needed for {}", need.what_for);
        return Some(Finding::bad(
            "rights",
            Trouble::Permission,
            says,
            format!("add {names} to a role of the OAuth client"),
        ));
    }
    if !need.by_division || holding.iter().any(|rights| rights.division.id == "*") {
        return None;
    }
    let without = |name: &&str| !holding.iter().any(|rights| rights.division.name.eq_ignore_ascii_case(name));
    let without: Vec<&str> = divisions.filter(without).collect();
    if without.is_empty() {
        return None;
    }
    let says = format!(
        "permission {names} is there, but not in division {}; it is needed for {}",
        without.join(", "),
        need.what_for
    );
    let cure = "add the division to the role on the Roles tab of the OAuth client";
    Some(Finding::bad("rights", Trouble::Division, says, cure))
}

fn holds(rights: &Rights, need: &Need) -> bool {
    rights.permissions.iter().any(|held| need.any_of.iter().any(|wanted| covers(held, wanted)))
}

/// Whether a held permission, in which each part may be `*`, covers a wanted one.
fn covers(held: &str, wanted: &str) -> bool {
    let mut parts = held.split(':').zip(wanted.split(':'));
    held.split(':').count() == 3
        && parts.all(|(held, wanted)| held == "*" || held.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Named;

    fn held(division: &str, permissions: &[&str]) -> Rights {
        let division = Named { id: division.to_owned(), name: division.to_owned() };
        Rights { division, permissions: permissions.iter().map(|text| (*text).to_owned()).collect() }
    }

    #[test]
    fn a_wildcard_covers_what_it_stands_for() {
        for (held, wanted, covered) in [
            ("routing:queue:view", "routing:queue:view", true),
            ("routing:*:*", "routing:queue:view", true),
            ("routing:queue:*", "routing:queue:view", true),
            ("*:*:*", "routing:queue:view", true),
            ("routing:skill:*", "routing:queue:view", false),
            ("routing:queue:edit", "routing:queue:view", false),
            ("routing:queue", "routing:queue:view", false),
        ] {
            assert_eq!(covers(held, wanted), covered, "{held} for {wanted}");
        }
    }

    #[test]
    fn a_missing_permission_and_a_missing_division_are_told_apart() {
        let queues = Need::new(&["routing:queue:view"], true, "queues");
        let trouble = |rights: &[Rights]| {
            lacking(&queues, rights, ["EMEA", "APAC"].into_iter()).and_then(|finding| finding.trouble)
        };
        let right = ["routing:queue:view"];
        assert_eq!(trouble(&[]), Some(Trouble::Permission));
        assert_eq!(trouble(&[held("EMEA", &["routing:skill:view"])]), Some(Trouble::Permission));
        assert_eq!(trouble(&[held("EMEA", &right)]), Some(Trouble::Division));
        assert_eq!(trouble(&[held("EMEA", &right), held("apac", &right)]), None);
        assert_eq!(trouble(&[held("*", &right)]), None);
    }
}
