//! The access token: fetched by one, used by all, renewed ahead of time and once for all after a 401.
//!
//! Sends through the `wire` and reads the answer here; which calls need a token is the client's matter. The
//! token is held in memory only.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;

use super::answer::{ErrorText, HttpAnswer, Sent, without_personal};
use super::not_done::NotDone;
use super::settings::{SecretAgain, Settings};
use super::wire::Wire;
use crate::limits;
use crate::model::ports::Clock;
use crate::model::{Later, Refusal, RefusalKind, Secret, TenantId, metric};

/// How long a failed request for a token answers for the next ones, in milliseconds: a wrong secret must not
/// be sent per call.
const FAILURE_MS: u64 = 2_000;

/// A token and which one it is.
#[derive(Clone)]
pub(super) struct Token {
    /// What is sent.
    pub(super) text: Secret,
    /// Counts the tokens of this process.
    pub(super) generation: u64,
    fresh_until_ms: u64,
}

#[derive(Default)]
struct State {
    current: Option<Token>,
    generation: u64,
    failed: Option<(u64, NotDone)>,
}

/// The cache of the one token.
pub(super) struct Tokens {
    tenant: TenantId,
    wire: Arc<dyn Wire>,
    client_id: String,
    client_secret: Secret,
    secret_again: Option<SecretAgain>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Tokens {
    /// An empty cache.
    pub(super) fn new(settings: &Settings, wire: Arc<dyn Wire>, clock: Arc<dyn Clock>) -> Self {
        Self {
            tenant: settings.tenant.clone(),
            wire,
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            secret_again: settings.secret_again.clone(),
            clock,
            state: Mutex::new(State::default()),
        }
    }

    /// Whether one was fetched and not refused since, fresh or not.
    pub(super) async fn is_there(&self) -> bool {
        self.state.lock().await.current.is_some()
    }

    /// A fresh token. Whoever comes while one is being fetched waits for that one.
    pub(super) async fn get(&self) -> Result<Token, NotDone> {
        let mut state = self.state.lock().await;
        let now = self.clock.monotonic_ms();
        if let Some(token) = state.current.as_ref().filter(|token| now < token.fresh_until_ms) {
            return Ok(token.clone());
        }
        if let Some((_, stop)) = state.failed.as_ref().filter(|(until, _)| now < *until) {
            return Err(stop.clone());
        }
        // It may have been rotated since we started. This is asked about once a day, so what it costs is nothing.
        let again = self.secret_again.as_ref().and_then(|SecretAgain(read)| read());
        let secret = again.as_ref().unwrap_or(&self.client_secret);
        let sent = self.wire.token(&self.client_id, secret).await;
        match read(sent) {
            Ok((text, seconds)) => {
                state.generation += 1;
                let fresh_until_ms = now.saturating_add(fresh_ms(seconds));
                let token = Token { text, generation: state.generation, fresh_until_ms };
                state.current = Some(token.clone());
                state.failed = None;
                metric::GENESYS_TOKENS.of(self.tenant.as_str(), ["done"]).increment(1);
                Ok(token)
            }
            Err(stop) => {
                metric::GENESYS_TOKENS.of(self.tenant.as_str(), [stop.label()]).increment(1);
                tracing::warn!(reason = %stop, "no access token from Genesys Cloud");
                state.current = None;
                state.failed = Some((self.clock.monotonic_ms().saturating_add(FAILURE_MS), stop.clone()));
                Err(stop)
            }
        }
    }

    /// Genesys did not accept that token: the next caller fetches a new one, unless somebody has already done
    /// so.
    pub(super) async fn reject(&self, generation: u64) {
        let mut state = self.state.lock().await;
        if state.current.as_ref().is_some_and(|token| token.generation == generation) {
            state.current = None;
        }
    }
}

/// How long a token of that life is used: until a minute before its end, or for half of a short life.
fn fresh_ms(seconds: u64) -> u64 {
    let life = Duration::from_secs(seconds);
    let ahead = limits::TOKEN_REFRESH_AHEAD.min(life / 2);
    u64::try_from(life.saturating_sub(ahead).as_millis()).unwrap_or(u64::MAX)
}

/// Token and life in seconds of an answer of the login host. Nothing can have taken effect, so nothing is
/// unknown.
fn read(sent: Sent) -> Result<(Secret, u64), NotDone> {
    let later =
        |seconds, reason: String| Err(NotDone::Later(Later { wait: Duration::from_secs(seconds), reason }));
    let answer = match sent {
        Sent::Answered(answer) => answer,
        Sent::NotSent(reason) | Sent::Lost(reason) => return later(2, format!("access token: {reason}")),
    };
    match answer.status {
        200 => match token_of(&answer) {
            Some(found) => Ok(found),
            None => later(5, "access token: the login host's answer holds none".to_owned()),
        },
        400 | 401 | 403 => Err(NotDone::Refused(refused(&answer))),
        429 => later(
            answer.retry_after.unwrap_or(5).clamp(1, 300),
            "access token: rate limit of the login host".to_owned(),
        ),
        status @ (408 | 500..=599) => later(3, format!("access token: the login host answered {status}")),
        _ => Err(NotDone::Refused(refused(&answer))),
    }
}

fn token_of(answer: &HttpAnswer) -> Option<(Secret, u64)> {
    let body = answer.json()?;
    let bearer =
        body.get("token_type").and_then(Value::as_str).is_none_or(|t| t.eq_ignore_ascii_case("bearer"));
    let text = body.get("access_token").and_then(Value::as_str).filter(|text| !text.is_empty() && bearer)?;
    Some((Secret::new(text), body.get("expires_in").and_then(Value::as_u64).unwrap_or(300)))
}

fn refused(answer: &HttpAnswer) -> Refusal {
    let text = ErrorText::read(&answer.body);
    let said = without_personal(&text.message, &[]);
    let status = answer.status;
    let code = if text.code.is_empty() { format!("http.{status}") } else { text.code };
    Refusal {
        kind: RefusalKind::Credentials,
        status,
        detail: format!(
            "access token: the login host answered {status} {code} {said}; check the OAuth client's id and secret, its grant type \
             (client credentials) and the region"
        ),
        code,
        correlation_id: answer.correlation_id.clone().or(text.context_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Sent {
        Sent::Answered(HttpAnswer { status, body: body.as_bytes().to_vec(), ..HttpAnswer::default() })
    }

    #[test]
    fn every_answer_of_the_login_host_is_a_token_a_refusal_or_later() {
        let good = r#"{"access_token":"t","token_type":"Bearer","expires_in":86400}"#;
        let rows = [
            (answered(200, good), "token"),
            (answered(200, r#"{"access_token":"","token_type":"bearer"}"#), "later"),
            (answered(200, "<html>"), "later"),
            (answered(400, r#"{"error":"invalid_client"}"#), "refused"),
            (answered(401, ""), "refused"),
            (answered(429, ""), "later"),
            (answered(503, ""), "later"),
            (answered(302, ""), "refused"),
            (Sent::Lost("reset".into()), "later"),
            (Sent::NotSent("refused".into()), "later"),
        ];
        for (sent, expected) in rows {
            let got = match read(sent.clone()) {
                Ok(_) => "token",
                Err(stop) => stop.label(),
            };
            assert_eq!(got, expected, "{sent:?}");
        }
    }

    #[test]
    fn a_token_is_renewed_a_minute_before_its_end_and_a_short_one_at_half_its_life() {
        for (seconds, fresh) in [(86_400, 86_340_000), (300, 240_000), (60, 30_000), (0, 0)] {
            assert_eq!(fresh_ms(seconds), fresh, "{seconds}");
        }
    }

    #[test]
    fn a_refused_client_is_told_what_to_check() {
        let Err(NotDone::Refused(refusal)) = read(answered(400, r#"{"error":"invalid_client"}"#)) else {
            panic!("refused")
        };
        assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Credentials, "invalid_client"));
        assert!(refusal.detail.contains("id and secret"), "{}", refusal.detail);
    }
}
