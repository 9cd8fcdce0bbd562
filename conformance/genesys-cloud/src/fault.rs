//! Faults: what to break, by rule or by seed. Pure; `engine` carries them out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::request::Request;

/// Number of a rule that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FaultId(pub u64);

/// Which paths a rule is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathMatch {
    /// Every path.
    #[default]
    Any,
    /// The template of the public description, such as `/api/v2/users/{userId}`; `/oauth/token` too.
    Template(String),
    /// The path with its query begins with this.
    Prefix(String),
    /// The path with its query contains this.
    Contains(String),
}

/// A text with a brace is a template, any other is looked for in path and query.
impl From<&str> for PathMatch {
    fn from(text: &str) -> Self {
        if text.contains('{') {
            PathMatch::Template(text.to_owned())
        } else {
            PathMatch::Contains(text.to_owned())
        }
    }
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Answered with this status and code; no effect. On SCIM paths a code that is a scimType makes a
    /// ScimError.
    Refuse {
        /// HTTP status.
        status: u16,
        /// Error code or scimType.
        code: String,
    },
    /// Worked on only after this time.
    Delay(Duration),
    /// Worked on at once, answered only after this time.
    ApplyThenDelay(Duration),
    /// Takes effect, then the connection is closed without an answer.
    ApplyThenDrop,
    /// The connection is closed without effect or answer.
    DropBeforeApply,
    /// The connection is reset without effect or answer.
    Reset,
    /// Takes effect, then answered with this 5xx.
    ApplyThenStatus(u16),
    /// Answered with this 5xx; no effect.
    Status(u16),
    /// 429; no effect.
    TooManyRequests {
        /// Retry-After in seconds.
        retry_after_s: u32,
    },
}

/// A rule: which calls, how many, and what happens to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Method, or every method.
    #[serde(default)]
    pub method: Option<String>,
    /// Path.
    #[serde(default)]
    pub path: PathMatch,
    /// A text that the body must contain.
    #[serde(default)]
    pub body_contains: Option<String>,
    /// How many matching calls go through first.
    #[serde(default)]
    pub skip: u32,
    /// How many calls are broken after that; none means all.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens.
    pub kind: FaultKind,
}

impl Fault {
    /// A rule for one method and path that breaks every call.
    pub fn on(method: &str, path: impl Into<PathMatch>, kind: FaultKind) -> Fault {
        Fault {
            method: Some(method.to_owned()),
            path: path.into(),
            body_contains: None,
            skip: 0,
            times: None,
            kind,
        }
    }

    /// A rule for every call.
    pub fn everywhere(kind: FaultKind) -> Fault {
        Fault { method: None, path: PathMatch::Any, body_contains: None, skip: 0, times: None, kind }
    }

    /// Only this many times.
    #[must_use]
    pub fn times(self, times: u32) -> Fault {
        Fault { times: Some(times), ..self }
    }

    /// Only once.
    #[must_use]
    pub fn once(self) -> Fault {
        self.times(1)
    }

    /// After this many matching calls.
    #[must_use]
    pub fn skip(self, skip: u32) -> Fault {
        Fault { skip, ..self }
    }

    /// Only when the body contains this text.
    #[must_use]
    pub fn body_contains(self, text: &str) -> Fault {
        Fault { body_contains: Some(text.to_owned()), ..self }
    }

    fn matches(&self, request: &Request, template: &str) -> bool {
        let path = match &self.path {
            PathMatch::Any => true,
            PathMatch::Template(wanted) => wanted == template,
            PathMatch::Prefix(start) => request.target().starts_with(start.as_str()),
            PathMatch::Contains(part) => request.target().contains(part.as_str()),
        };
        path && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&request.method))
            && self.body_contains.as_ref().is_none_or(|text| request.body_text().contains(text.as_str()))
    }
}

/// The rules in force, asked in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<(FaultId, Fault)>,
    last: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> FaultId {
        self.last = self.last.saturating_add(1);
        self.rules.push((FaultId(self.last), fault));
        FaultId(self.last)
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn list(&self) -> &[(FaultId, Fault)] {
        &self.rules
    }

    /// What happens to this call; counts it.
    pub(crate) fn strike(&mut self, request: &Request, template: &str) -> Option<FaultKind> {
        for (_, fault) in &mut self.rules {
            if fault.times == Some(0) || !fault.matches(request, template) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip = fault.skip.saturating_sub(1);
                continue;
            }
            fault.times = fault.times.map(|times| times.saturating_sub(1));
            return Some(fault.kind.clone());
        }
        None
    }
}

/// Faults by seed: each call of the API is broken with these chances, in thousandths. The same seed breaks
/// the same calls, counted from the moment it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chaos {
    /// The seed.
    pub seed: u64,
    /// Chance of [`FaultKind::Delay`].
    pub delay: u16,
    /// Longest delay in milliseconds.
    pub max_delay_ms: u32,
    /// Chance of [`FaultKind::ApplyThenDrop`].
    pub apply_then_drop: u16,
    /// Chance of [`FaultKind::DropBeforeApply`].
    pub drop_before_apply: u16,
    /// Chance of [`FaultKind::Reset`].
    pub reset: u16,
    /// Chance of [`FaultKind::ApplyThenStatus`] with 500, 502, 503 or 504.
    pub apply_then_status: u16,
    /// Chance of [`FaultKind::Status`] with 500, 502, 503 or 504.
    pub status: u16,
    /// Chance of [`FaultKind::TooManyRequests`] with one second.
    pub too_many_requests: u16,
}

impl Chaos {
    /// What happens to the n-th call.
    pub(crate) fn draw(&self, n: u64) -> Option<FaultKind> {
        let roll = mix(self.seed ^ mix(n));
        let status = match roll >> 32 & 3 {
            0 => 500,
            1 => 502,
            2 => 503,
            _ => 504,
        };
        let delay = (roll >> 34).checked_rem(u64::from(self.max_delay_ms)).unwrap_or(0);
        let mut left = roll % 1000;
        let table = [
            (self.delay, FaultKind::Delay(Duration::from_millis(delay))),
            (self.apply_then_drop, FaultKind::ApplyThenDrop),
            (self.drop_before_apply, FaultKind::DropBeforeApply),
            (self.reset, FaultKind::Reset),
            (self.apply_then_status, FaultKind::ApplyThenStatus(status)),
            (self.status, FaultKind::Status(status)),
            (self.too_many_requests, FaultKind::TooManyRequests { retry_after_s: 1 }),
        ];
        for (chance, kind) in table {
            if left < u64::from(chance) {
                return Some(kind);
            }
            left = left.saturating_sub(u64::from(chance));
        }
        None
    }
}

/// SplitMix64: a small, well-spread, reproducible generator.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, path: &str, body: &str) -> Request {
        Request::new(method, path, "", Vec::new(), body.as_bytes().to_vec())
    }

    #[test]
    fn a_rule_matches_by_method_path_and_body_and_counts() {
        let template = "/api/v2/users/{userId}";
        let mut faults = Faults::default();
        faults.add(
            Fault::on("PATCH", template, FaultKind::Status(503)).skip(1).times(2).body_contains("state"),
        );
        let hit = request("PATCH", "/api/v2/users/1", "{\"state\":1}");
        let miss = request("PATCH", "/api/v2/users/1", "{}");
        let struck: Vec<bool> = (0..5).map(|_| faults.strike(&hit, template).is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(faults.strike(&miss, template).is_none());
        faults.add(Fault::on("GET", "/api/v2/us", FaultKind::Reset));
        assert_eq!(faults.strike(&request("GET", "/api/v2/users/1", ""), template), Some(FaultKind::Reset));
    }

    #[test]
    fn the_same_seed_breaks_the_same_calls_at_about_the_asked_rate() {
        let chaos = Chaos { seed: 7, apply_then_drop: 100, status: 50, ..Chaos::default() };
        let draws: Vec<_> = (0..10_000).map(|n| chaos.draw(n)).collect();
        assert_eq!(draws, (0..10_000).map(|n| chaos.draw(n)).collect::<Vec<_>>());
        let drops = draws.iter().filter(|draw| **draw == Some(FaultKind::ApplyThenDrop)).count();
        let statuses = draws.iter().filter(|draw| matches!(draw, Some(FaultKind::Status(_)))).count();
        assert!((850..1150).contains(&drops), "{drops}");
        assert!((400..600).contains(&statuses), "{statuses}");
        assert!(draws.iter().all(|draw| !matches!(draw, Some(FaultKind::Reset))));
    }

    #[test]
    fn a_rule_travels_as_json() {
        let json = r#"{"method":"POST","path":{"contains":"users"},"times":1,"kind":{"refuse":{"status":400,"code":"x"}}}"#;
        let fault: Fault = serde_json::from_str(json).unwrap();
        let kind = FaultKind::Refuse { status: 400, code: "x".into() };
        assert_eq!(fault, Fault::on("POST", "users", kind).once());
    }
}
