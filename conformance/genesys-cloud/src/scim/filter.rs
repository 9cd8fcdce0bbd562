//! Filters of SCIM listings: `eq` on the attributes that Genesys documents, nothing else (docs/genesys.md
//! G2.12).

use super::path::{comparison, conjunction};
use super::{GENESYS, SCIM_AUTHORITY};
use crate::reply::Refusal;
use crate::turn::Turn;
use crate::world::entities::{State, User};

/// A filter over users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UserFilter {
    Everybody,
    Equals(&'static str, String),
    ExternalId { authority: String, value: String },
}

const ATTRIBUTES: [&str; 9] = [
    "id",
    "userName",
    "manager",
    "email",
    "division",
    "externalId",
    "active",
    "employeeNumber",
    "emails.value",
];

impl UserFilter {
    pub(super) fn parse(text: Option<&str>) -> Option<UserFilter> {
        let Some(text) = text.map(str::trim) else { return Some(UserFilter::Everybody) };
        let external = format!("{GENESYS}:externalIds[");
        if text.get(..external.len()).is_some_and(|head| head.eq_ignore_ascii_case(&external)) {
            let pairs = conjunction(text.get(external.len()..)?.strip_suffix(']')?)?;
            let value =
                |name: &str| pairs.iter().find(|(held, _)| held == name).map(|(_, value)| value.clone());
            return (pairs.len() == 2).then(|| {
                Some(UserFilter::ExternalId { authority: value("authority")?, value: value("value")? })
            })?;
        }
        let (name, value) = comparison(text)?;
        let name = ATTRIBUTES.iter().find(|known| known.eq_ignore_ascii_case(&name))?;
        Some(UserFilter::Equals(name, value))
    }

    pub(super) fn matches(&self, turn: &Turn<'_>, user: &User) -> bool {
        let eq =
            |held: Option<&str>, wanted: &str| held.is_some_and(|held| held.eq_ignore_ascii_case(wanted));
        let active_only = user.state == State::Active || turn.quirks.filter_finds_inactive;
        match self {
            UserFilter::Everybody => user.state == State::Active,
            UserFilter::Equals("active", wanted) => {
                (user.state == State::Active).to_string().eq_ignore_ascii_case(wanted)
            }
            _ if !active_only => false,
            UserFilter::ExternalId { authority, value } => {
                user.external_ids.iter().any(|held| held.authority == *authority && held.value == *value)
                    || (authority == SCIM_AUTHORITY && user.scim_external_id.as_ref() == Some(value))
            }
            UserFilter::Equals(name, wanted) => match *name {
                "id" => user.id == *wanted,
                "userName" => eq(Some(&user.email), wanted),
                "email" | "emails.value" => {
                    eq(Some(&user.email), wanted) || eq(user.work_email.as_deref(), wanted)
                }
                "manager" => user.manager.as_ref() == Some(wanted),
                "externalId" => user.scim_external_id.as_ref() == Some(wanted),
                "employeeNumber" => user.employee_number.as_ref() == Some(wanted),
                "division" => {
                    let division = turn.world.catalog.division(&user.division);
                    eq(division.map(|division| division.name.as_str()), wanted)
                }
                _ => false,
            },
        }
    }
}

/// The filter of the request.
pub(super) fn user_filter(turn: &Turn<'_>) -> Result<UserFilter, Refusal> {
    let text = turn.request.parameter("filter");
    UserFilter::parse(text).ok_or_else(|| {
        turn.scim_bad("invalidFilter", format!("The filter `{}` is not supported.", text.unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equality_on_documented_attributes_is_a_filter() {
        for text in [
            "userName eq a@b.example",
            "userName eq \"a@b.example\"",
            "active eq false",
            "EMPLOYEENUMBER EQ 12",
        ] {
            assert!(UserFilter::parse(Some(text)).is_some(), "{text}");
        }
        for text in [
            "userName sw \"a\"",
            "userName eq \"a\" and active eq true",
            "name.givenName eq \"a\"",
            "userName",
            "",
        ] {
            assert_eq!(UserFilter::parse(Some(text)), None, "{text}");
        }
        assert_eq!(
            UserFilter::parse(Some(&format!(
                "{GENESYS}:externalIds[authority eq \"x\" and value eq \"y z\"]"
            ))),
            Some(UserFilter::ExternalId { authority: "x".into(), value: "y z".into() })
        );
    }
}
