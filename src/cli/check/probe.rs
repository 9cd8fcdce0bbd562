//! The questions that `check` asks Genesys Cloud, in the order in which they make sense.
//!
//! All of them read. Stops after the first when the credentials are refused, because every further answer
//! would be the same.

use crate::cli::exit::Failure;
use crate::config::{Config, Grant, OnUnknownRuleName};
use crate::genesys::{GenesysClient, Settings, regions};
use crate::model::ports::{CallContext, Page, Priority, Resolution, Upstream};
use crate::model::{Aspects, Family, Kind, Observed, Proficiency, Refusal, RefusalKind, Verdict, Wanted};
use std::collections::BTreeSet;

use super::judge::{Finding, State, Trouble, judge};

/// A name that no organisation has: asking for it shows whether one may ask at all.
const NOBODY: &str = "scim-bridge check: no such name";

/// Makes a client for settings.
pub(super) type MakeClient<'a> = &'a (dyn Fn(&Settings) -> Result<GenesysClient, Failure> + Sync);

/// Asks everything. `elsewhere`: whether refused credentials may be tried in the other regions.
pub(super) async fn all(
    config: &Config,
    settings: &Settings,
    elsewhere: bool,
    make: MakeClient<'_>,
) -> Result<Vec<Finding>, Failure> {
    let client = make(settings)?;
    let signed_in = client.whoami(&context()).await;
    if let Verdict::Refused(refusal) = &signed_in
        && refusal.kind == RefusalKind::Credentials
    {
        let home = if elsewhere { home_region(settings, make).await? } else { None };
        return Ok(vec![credentials(refusal, home, elsewhere)]);
    }
    let first = judge("sign-in", &signed_in, "the right to sign in", |name| {
        Finding::good("sign-in", format!("organisation \"{name}\" at {}", settings.api_base))
    });
    let stop = first.state == State::Bad;
    let mut findings = vec![first];
    if stop {
        return Ok(findings);
    }
    let rights = client.rights(&context()).await;
    if let Verdict::Done(rights) = &rights {
        let named = division_names(config);
        findings.extend(super::rights::compare(config, rights, named.iter().map(String::as_str)));
    } else {
        // Not worth failing for: what may be read is tried below.
        findings.push(judge("rights", &rights, "", |_| Finding::good("rights", "")).doubtful());
    }
    findings.extend(directory(&client).await);
    findings.extend(catalogue(&client).await);
    findings.extend(divisions(config, &client).await);
    findings.extend(names(config, &client).await);
    Ok(findings)
}

fn context() -> CallContext {
    CallContext::new(Priority::Waiting, "check")
}

/// Genesys answers the same to a client of another region and to a bad secret, so only asking elsewhere tells
/// them apart.
fn credentials(refusal: &Refusal, home: Option<&str>, elsewhere: bool) -> Finding {
    if let Some(region) = home {
        let says = "these credentials belong to another region";
        return Finding::bad("sign-in", Trouble::Region, says, format!("set genesys.region to \"{region}\""));
    }
    let finding = super::judge::refused("sign-in", refusal, "");
    let region = if elsewhere {
        "; no other region takes them either"
    } else {
        "; check genesys.region or the addresses as well"
    };
    Finding { cure: format!("{}{region}", finding.cure), ..finding }
}

/// The other region that accepts the credentials.
async fn home_region(settings: &Settings, make: MakeClient<'_>) -> Result<Option<&'static str>, Failure> {
    for (region, domain) in regions::REGIONS {
        let mut there = settings.clone();
        (there.api_base, there.login_base) = (regions::api_base(domain), regions::login_base(domain));
        if there.api_base == settings.api_base {
            continue;
        }
        if let Verdict::Done(_) = make(&there)?.whoami(&context()).await {
            return Ok(Some(region));
        }
    }
    Ok(None)
}

/// Users, one of them with all that it has, and groups.
async fn directory(client: &GenesysClient) -> Vec<Finding> {
    let users: Verdict<Page<Observed>> = client.list_users(None, &context()).await;
    let mut findings =
        vec![judge("users", &users, "directory:user:view", |_| Finding::good("users", "can be read"))];
    let someone = match &users {
        Verdict::Done(page) => page.items.iter().find_map(|user| user.id.clone()),
        _ => None,
    };
    if let Some(user) = someone {
        let kinds: BTreeSet<Kind> = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Attribute).collect();
        let permissions: BTreeSet<&str> = kinds.iter().map(|kind| kind.row().read).collect();
        let permissions = permissions.into_iter().collect::<Vec<_>>().join(", ");
        let aspects = Aspects { kinds, ..Aspects::default() };
        let seen = client.observe(&user, &aspects, &context()).await;
        findings.push(judge("a user's grants", &seen, &permissions, |_| {
            Finding::good("a user's grants", "can be read")
        }));
    }
    let groups = client.list_groups(None, &context()).await;
    findings
        .push(judge("groups", &groups, "directory:group:edit", |_| Finding::good("groups", "can be read")));
    findings
}

/// Whether names of each kind can be looked up at all.
async fn catalogue(client: &GenesysClient) -> Vec<Finding> {
    let name = || NOBODY.to_owned();
    let Some(proficiency) = Proficiency::new(0.0) else { return Vec::new() };
    let mut findings = Vec::new();
    for kind in Kind::ALL {
        let wanted = match kind.family() {
            Family::Grant => Wanted::Role { role: name(), division: None },
            Family::Membership => Wanted::Member { kind, name: name() },
            Family::Level => Wanted::Level { kind, name: name(), proficiency },
            Family::Field => Wanted::Attribute { schema: name(), field: name(), value: name().into() },
        };
        let (check, permission) = (kind.row().plural, kind.row().find);
        let answer = client.resolve(&[wanted], None, &context()).await;
        findings.push(judge(check, &answer, permission, |_| Finding::good(check, "names can be looked up")));
    }
    findings
}

/// Divisions that the configuration names: unknown ones and ones that the client may not see look the same.
async fn divisions(config: &Config, client: &GenesysClient) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in division_names(config) {
        let check = format!("division \"{name}\"");
        let answer = client.division(&name, &context()).await;
        findings.push(judge(&check, &answer, "a role with any permission", |found| match found {
            Some(_) => Finding::good(check.clone(), "found"),
            None => {
                let cure = "correct its name in the configuration, or add the division to the roles of the OAuth client";
                Finding::bad(check.clone(), Trouble::Division, "does not exist, or the OAuth client may not see it", cure)
            }
        }));
    }
    findings
}

fn division_names(config: &Config) -> BTreeSet<String> {
    let grants = config.rules.iter().flat_map(|rule| &rule.grants);
    let of_roles = grants.filter_map(|grant| match grant {
        Grant::Wanted(Wanted::Role { division, .. }) => division.clone(),
        _ => None,
    });
    of_roles.chain(config.tenant.default_division.clone()).collect()
}

/// Whether what the rules name exists. How bad a missing name is follows the tenant's policy.
async fn names(config: &Config, client: &GenesysClient) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in &config.rules {
        let check = format!("rule \"{}\"", rule.name);
        let wanted: Vec<Wanted> = rule.grants.iter().map(known).collect();
        let answer = client.resolve(&wanted, None, &context()).await;
        let Verdict::Done(resolutions) = &answer else {
            findings.push(judge(&check, &answer, "the right to look up each of its names", |_| {
                Finding::good(check.clone(), "")
            }));
            continue;
        };
        let missing: Vec<Finding> =
            resolutions.iter().filter_map(|resolution| missing(config, &check, resolution)).collect();
        if missing.is_empty() {
            findings.push(Finding::good(check, format!("its {} names exist", wanted.len())));
        }
        findings.extend(missing);
    }
    findings
}

fn known(grant: &Grant) -> Wanted {
    match grant {
        Grant::Wanted(wanted) => wanted.clone(),
        // The value comes from the person; null fits every type, and the names are what is asked for.
        Grant::AttributeFrom { schema, field, .. } => {
            Wanted::Attribute { schema: schema.clone(), field: field.clone(), value: serde_json::Value::Null }
        }
    }
}

fn missing(config: &Config, check: &str, resolution: &Resolution) -> Option<Finding> {
    let finding = match resolution {
        Resolution::Found(_) => return None,
        Resolution::UnknownName { what, similar } => {
            let cure = match similar.as_slice() {
                [] => "correct the name in the rule, or make it in Genesys Cloud".to_owned(),
                names => format!(
                    "did you mean {}? Correct the rule, or make it in Genesys Cloud",
                    names.join(" or ")
                ),
            };
            Finding::bad(check, Trouble::Name, format!("there is no {what}"), cure)
        }
        Resolution::BadValue(why) => {
            Finding::bad(check, Trouble::Name, why.clone(), "correct the value in the rule")
        }
    };
    Some(if config.tenant.unknown_rule_name == OnUnknownRuleName::Refuse {
        finding
    } else {
        finding.doubtful()
    })
}
