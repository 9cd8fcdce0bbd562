//! From one answer to one judgement: done, refused, later, unknown, or one of the two that the client settles
//! itself.
//!
//! Pure. The client retries `Conflict` (versions) and `Token` (401) and turns both into verdicts when its
//! tries are used up; everything else leaves as it is. The facts behind each row are in docs/genesys.md
//! G2.15, G2.17, G3.3, G4.5, G7.7.

use std::time::Duration;

use super::answer::{ErrorText, HttpAnswer, Sent, without_personal};
use super::request::{HttpCall, Nature, personal_values};
use crate::limits;
use crate::model::ports::Limited;
use crate::model::{Later, Refusal, RefusalKind, Unknown};

/// How long to wait when Genesys does not say.
const PAUSE: Duration = Duration::from_secs(1);
/// What to wait on 429 when `Retry-After` is missing.
const LIMIT_PAUSE: Duration = Duration::from_secs(5);

/// Part of the key of the token's limits, such as `client.credentials.token.rate.per.minute` (docs/genesys.md
/// G7.4).
const TOKEN_LIMIT: &str = "token.rate";

/// What one sending came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Judgement {
    /// It took effect; the answer may hold what was asked.
    Done(HttpAnswer),
    /// A removal of what was not there (404).
    Absent,
    /// Refused for good.
    Refused(Refusal),
    /// Nothing took effect.
    Later(Later),
    /// 429: nothing took effect, and none of those calls should be made for that long.
    Limited(Limited, Later),
    /// May have taken effect.
    Unknown(Unknown),
    /// The record changed meanwhile: read again and repeat.
    Conflict(Refusal),
    /// 401: get a new token and repeat once; then it is this refusal.
    Token(Refusal),
}

impl Judgement {
    /// Word for metrics.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Judgement::Done(_) | Judgement::Absent => "done",
            Judgement::Refused(_) => "refused",
            Judgement::Later(_) => "later",
            Judgement::Limited(..) => "limited",
            Judgement::Unknown(_) => "unknown",
            Judgement::Conflict(_) => "conflict",
            Judgement::Token(_) => "token",
        }
    }
}

/// Judges how a call ended.
pub(crate) fn judge(call: &HttpCall, sent: Sent) -> Judgement {
    match sent {
        Sent::NotSent(reason) => later(PAUSE, format!("{}: not sent: {reason}", call.operation)),
        Sent::Lost(reason) => lost(call, format!("{}: {reason}", call.operation)),
        Sent::Answered(answer) => judge_answer(call, answer),
    }
}

fn judge_answer(call: &HttpCall, answer: HttpAnswer) -> Judgement {
    let status = answer.status;
    match status {
        200..=299 => Judgement::Done(answer),
        401 => Judgement::Token(refusal(call, &answer, RefusalKind::Credentials)),
        403 => Judgement::Refused(refusal(call, &answer, RefusalKind::Permission)),
        404 => not_found(call, &answer),
        408 | 500..=599 => {
            lost(call, format!("{}: Genesys answered {status}{}", call.operation, tail(&answer)))
        }
        429 => {
            let wait =
                answer.retry_after.map_or(LIMIT_PAUSE, Duration::from_secs).min(limits::GENESYS_RETRY_AFTER);
            let reason = format!("{}: rate limit of Genesys", call.operation);
            Judgement::Limited(limited(call, &answer), Later { wait, reason })
        }
        400 | 409 => bad_or_conflict(call, &answer),
        412 => Judgement::Conflict(refusal(call, &answer, RefusalKind::Other)),
        413 | 415 | 422 => Judgement::Refused(refusal(call, &answer, RefusalKind::Validation)),
        _ => Judgement::Refused(refusal(call, &answer, RefusalKind::Other)),
    }
}

/// Which limit was met. Other routes have limits of their own (docs/genesys.md G7.4): without a word about
/// the token it is that of the route.
fn limited(call: &HttpCall, answer: &HttpAnswer) -> Limited {
    let key = ErrorText::read(&answer.body).limit;
    if key.contains(TOKEN_LIMIT) { Limited::House } else { Limited::Family(call.family()) }
}

fn not_found(call: &HttpCall, answer: &HttpAnswer) -> Judgement {
    match call.nature {
        Nature::Removal => Judgement::Absent,
        _ => Judgement::Refused(refusal(call, answer, RefusalKind::NotFound)),
    }
}

/// 400 and 409 carry the same things: validation, versions and taken names (docs/genesys.md G2.15, G3.3,
/// G6.7).
fn bad_or_conflict(call: &HttpCall, answer: &HttpAnswer) -> Judgement {
    let text = ErrorText::read(&answer.body);
    let message = text.message.to_lowercase();
    let stale = text.code == "invalidVers" || message.contains("version") && text.code.ends_with("conflict");
    let taken = text.code == "uniqueness" || text.code.ends_with("name.in.use");
    let conflict = answer.status == 409 || text.code.ends_with("conflict");
    if taken {
        Judgement::Refused(refusal(call, answer, RefusalKind::Uniqueness))
    } else if stale || message.contains("does not match the current version") {
        Judgement::Conflict(refusal(call, answer, RefusalKind::Other))
    } else if conflict && call.names {
        Judgement::Refused(refusal(call, answer, RefusalKind::Uniqueness))
    } else if conflict && call.nature.writes() {
        Judgement::Conflict(refusal(call, answer, RefusalKind::Other))
    } else if text.code.ends_with("not.found") {
        Judgement::Refused(refusal(call, answer, RefusalKind::NotFound))
    } else {
        Judgement::Refused(refusal(call, answer, RefusalKind::Validation))
    }
}

/// Whether a conflict that does not end is still one of versions, and so worth trying later. One whose code
/// names something else, an object that cannot be moved for example, is then a refusal.
pub(crate) fn may_pass(conflict: &Refusal) -> bool {
    let vague = ["invalidVers", "general.conflict", "request.conflict", "conflict", "http.409", "http.412"];
    vague.contains(&conflict.code.as_str()) || conflict.detail.to_lowercase().contains("version")
}

/// Nothing trustworthy came back: a read is asked again, a write is unknown.
fn lost(call: &HttpCall, reason: String) -> Judgement {
    if call.nature.writes() { Judgement::Unknown(Unknown { reason }) } else { later(PAUSE, reason) }
}

fn later(wait: Duration, reason: String) -> Judgement {
    Judgement::Later(Later { wait, reason })
}

/// A refusal in words an administrator can act on, without personal values.
pub(crate) fn refusal(call: &HttpCall, answer: &HttpAnswer, kind: RefusalKind) -> Refusal {
    let text = ErrorText::read(&answer.body);
    let personal = call.body.as_ref().map(personal_values).unwrap_or_default();
    let said = without_personal(&text.message, &personal);
    let cure = match kind {
        RefusalKind::Permission => {
            "; give the OAuth client's role that permission, in every division of the users, queues and roles concerned"
        }
        RefusalKind::Credentials => "; check the OAuth client's id, secret and region, and that it is active",
        _ => "",
    };
    let operation = call.operation;
    let status = answer.status;
    let detail = match (text.code.is_empty(), said.is_empty()) {
        (true, true) => format!("{operation}: Genesys answered {status}{cure}"),
        (true, false) => format!("{operation}: Genesys answered {status}: {said}{cure}"),
        (false, true) => format!("{operation}: Genesys answered {status} {}{cure}", text.code),
        (false, false) => format!("{operation}: Genesys answered {status} {}: {said}{cure}", text.code),
    };
    Refusal {
        kind,
        status,
        code: if text.code.is_empty() { format!("http.{status}") } else { text.code },
        detail,
        correlation_id: answer.correlation_id.clone().or(text.context_id),
    }
}

fn tail(answer: &HttpAnswer) -> String {
    let text = ErrorText::read(&answer.body);
    let id = answer.correlation_id.clone().or(text.context_id).unwrap_or_default();
    match (text.code.as_str(), id.as_str()) {
        ("", "") => String::new(),
        ("", id) => format!(" (correlation id {id})"),
        (code, "") => format!(" {code}"),
        (code, id) => format!(" {code} (correlation id {id})"),
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
