//! The kinds of trouble of the table of lasting faults. What must hold of each is in `lasting`.

use std::time::Duration;

use genesys_cloud_emulator::FaultKind;

use crate::lasting::Operation;

pub(crate) const TOKEN: (&str, &str) = ("POST", "/oauth/token");
const RECORD: (&str, &str) = ("GET", "/api/v2/users/{userId}/customattributes/{schemaId}");
const CREATE: (&str, &str) = ("POST", "/api/v2/scim/v2/users");

/// What goes wrong, each time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trouble {
    Refused(u16, &'static str),
    Answered(u16),
    AnswerLost,
    FailedAfterEffect,
    NeverArrives,
    Slow(Duration),
    Throttled,
    /// Our own disk.
    StoreRefuses,
    /// An administrator renames what the change speaks of.
    NameGone(&'static str),
}

/// Those of sections 6 and 7 of the facts about Genesys Cloud, and what happens on a network.
pub(crate) const TROUBLE: [Trouble; 23] = [
    Trouble::Refused(400, "bad.request"),
    Trouble::Refused(400, "constraint.validation"),
    Trouble::Refused(401, "bad.credentials"),
    Trouble::Refused(403, "missing.permissions"),
    Trouble::Refused(403, "missing.any.permissions"),
    Trouble::Refused(403, "missing.division.permission"),
    Trouble::Refused(403, "authz.policy.denied"),
    Trouble::Refused(404, "not.found"),
    Trouble::Refused(408, "client.timeout"),
    Trouble::Refused(409, "request.conflict"),
    Trouble::Refused(413, "request.entity.too.large"),
    Trouble::Refused(415, "unsupported.media.type"),
    Trouble::Answered(500),
    Trouble::Answered(502),
    Trouble::Answered(503),
    Trouble::Answered(504),
    Trouble::Throttled,
    Trouble::AnswerLost,
    Trouble::FailedAfterEffect,
    Trouble::NeverArrives,
    Trouble::Slow(Duration::from_secs(5)),
    Trouble::Slow(Duration::from_secs(14)),
    Trouble::Slow(Duration::from_secs(60)),
];

/// What is no operation of Genesys'.
pub(crate) const ELSEWHERE: [Trouble; 7] = [
    Trouble::StoreRefuses,
    Trouble::NameGone("Agent"),
    Trouble::NameGone("VIP"),
    Trouble::NameGone("Claims Dublin"),
    Trouble::NameGone("Billing"),
    Trouble::NameGone("EMEA"),
    Trouble::NameGone("Team Lead"),
];

impl Trouble {
    /// What the emulator is told to do.
    pub(crate) fn fault(self) -> FaultKind {
        match self {
            Self::Refused(status, code) => FaultKind::Refuse { status, code: code.into() },
            Self::Answered(status) => FaultKind::Status(status),
            Self::AnswerLost => FaultKind::ApplyThenDrop,
            Self::FailedAfterEffect => FaultKind::ApplyThenStatus(500),
            Self::NeverArrives => FaultKind::DropBeforeApply,
            Self::Slow(time) => FaultKind::Delay(time),
            Self::Throttled => FaultKind::TooManyRequests { retry_after_s: 60 },
            Self::StoreRefuses | Self::NameGone(_) => panic!("not a matter of one call"),
        }
    }

    /// Whether it is trouble: the login host knows two refusals (docs/genesys.md G1.3), and the 404 of a user's
    /// record of custom attributes says that there is none.
    pub(crate) fn is_trouble_for(self, (method, template): &Operation) -> bool {
        match self {
            Self::Refused(status, _) if template == TOKEN.1 => [400, 401].contains(&status),
            Self::Throttled => template != TOKEN.1,
            Self::Refused(404, _) => (method.as_str(), template.as_str()) != RECORD,
            // It says that somebody has the address, who is then adopted: another way to the same person.
            Self::Refused(409, _) => (method.as_str(), template.as_str()) != CREATE,
            _ => true,
        }
    }
}
