//! What an answer of Genesys Cloud means for an operator: good, doubtful or bad, which trouble it is and what
//! cures it.
//!
//! Pure. Codes are those of docs/genesys.md G1.9, G7.11.

use std::fmt;

use serde::Serialize;

use crate::model::{Refusal, RefusalKind, Verdict};

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Good,
    Doubtful,
    Bad,
}

/// Which trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Trouble {
    Configuration,
    Connection,
    Region,
    Secret,
    Permission,
    Division,
    Name,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: String,
    pub(super) state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trouble: Option<Trouble>,
    pub(super) says: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) cure: String,
}

impl Finding {
    pub(super) fn good(check: impl Into<String>, says: impl Into<String>) -> Self {
        Self {
            check: check.into(),
            state: State::Good,
            trouble: None,
            says: says.into(),
            cure: String::new(),
        }
    }

    pub(super) fn bad(
        check: impl Into<String>,
        trouble: Trouble,
        says: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self {
            check: check.into(),
            state: State::Bad,
            trouble: Some(trouble),
            says: says.into(),
            cure: cure.into(),
        }
    }

    pub(super) fn doubtful(self) -> Self {
        Self { state: State::Doubtful, ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Good => "ok   ",
            State::Doubtful => "note ",
            State::Bad => "BAD  ",
        };
        write!(f, "{state} {}: {}", self.check, self.says)?;
        if !self.cure.is_empty() {
            write!(f, "\n      cure: {}", self.cure)?;
        }
        Ok(())
    }
}

/// A refusal in an operator's words. `permission` is what the question needed.
pub(super) fn refused(check: &str, refusal: &Refusal, permission: &str) -> Finding {
    let correlation = refusal.correlation_id.as_deref().unwrap_or("none");
    let says = format!("{} (code {}, correlation id {correlation})", refusal.detail, refusal.code);
    match refusal.kind {
        RefusalKind::Credentials if refusal.code == "ip.not.authorized" => {
            let cure = "add this machine's address to the allowed addresses of the organisation or of the OAuth client";
            Finding::bad(check, Trouble::Connection, says, cure)
        }
        RefusalKind::Credentials => {
            let cure = "check genesys.client_id and the secret: the client must be of type \"Client Credentials\" and active";
            Finding::bad(check, Trouble::Secret, says, cure)
        }
        RefusalKind::Permission if refusal.code.contains("division") => {
            let cure = format!(
                "the role of the OAuth client has {permission}, but not in this division: add the division to that role on the client's Roles tab"
            );
            Finding::bad(check, Trouble::Division, says, cure)
        }
        RefusalKind::Permission => {
            let cure = format!("add {permission} to a role of the OAuth client");
            Finding::bad(check, Trouble::Permission, says, cure)
        }
        _ => Finding::bad(
            check,
            Trouble::Connection,
            says,
            "see the Genesys code; the correlation id helps Genesys support",
        ),
    }
}

/// What a reading question came to; `good` words the answer.
pub(super) fn judge<T>(
    check: &str,
    verdict: &Verdict<T>,
    permission: &str,
    good: impl FnOnce(&T) -> Finding,
) -> Finding {
    match verdict {
        Verdict::Done(answer) => good(answer),
        Verdict::Refused(refusal) => refused(check, refusal, permission),
        Verdict::Later(later) => unreachable(check, &later.reason),
        Verdict::Unknown(unknown) => unreachable(check, &unknown.reason),
    }
}

fn unreachable(check: &str, reason: &str) -> Finding {
    let cure = "check network, proxy, name service and the addresses in [genesys]; try again later if Genesys Cloud has an outage";
    Finding::bad(check, Trouble::Connection, format!("Genesys Cloud does not answer: {reason}"), cure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Later;

    fn refusal(kind: RefusalKind, code: &str) -> Verdict<()> {
        Verdict::Refused(Refusal {
            kind,
            status: 403,
            code: code.into(),
            detail: "said".into(),
            correlation_id: Some("c-1".into()),
        })
    }

    #[test]
    fn every_trouble_is_told_apart_and_has_a_cure() {
        let table = [
            (refusal(RefusalKind::Credentials, "invalid_client"), Trouble::Secret, "client_id"),
            (
                refusal(RefusalKind::Credentials, "ip.not.authorized"),
                Trouble::Connection,
                "allowed addresses",
            ),
            (
                refusal(RefusalKind::Permission, "missing.permissions"),
                Trouble::Permission,
                "add routing:queue:view",
            ),
            (
                refusal(RefusalKind::Permission, "missing.any.permissions"),
                Trouble::Permission,
                "add routing:queue:view",
            ),
            (
                refusal(RefusalKind::Permission, "missing.division.permission"),
                Trouble::Division,
                "not in this division",
            ),
            (refusal(RefusalKind::Other, "bad.request"), Trouble::Connection, "correlation id"),
            (
                Verdict::Later(Later { wait: std::time::Duration::ZERO, reason: "refused".into() }),
                Trouble::Connection,
                "network",
            ),
        ];
        for (verdict, trouble, cure) in table {
            let finding =
                judge("queues", &verdict, "routing:queue:view", |()| Finding::good("queues", "read"));
            assert_eq!((finding.state, finding.trouble), (State::Bad, Some(trouble)), "{verdict:?}");
            assert!(finding.cure.contains(cure), "{}", finding.cure);
        }
    }
}
