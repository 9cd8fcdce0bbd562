//! One log line for each request that says something: its id, route, status, duration, client and credential.
//!
//! Logs the route's pattern, never a path, a query or a body: those hold names of people. Written by
//! [`super::middleware`].

use actix_web::http::StatusCode;
use tracing::Level;

use super::context::RequestContext;

/// Milliseconds from which on a read counts as slow.
const SLOW_MS: u64 = 1000;

/// A request that was answered.
pub(super) struct Answered<'a> {
    pub(super) method: &'static str,
    pub(super) resource: &'static str,
    pub(super) route: &'a str,
    pub(super) status: StatusCode,
    pub(super) millis: u64,
}

impl Answered<'_> {
    /// Writes the line, if somebody listens at its level.
    pub(super) fn log(&self, context: Option<&RequestContext>) {
        let level = level(self.method, self.resource, self.status, self.millis);
        if level > tracing::level_filters::LevelFilter::current() {
            return;
        }
        let request = context.map_or("-", |context| context.id.as_str());
        let tenant = context.and_then(|it| it.tenant.as_ref()).map_or("-", |tenant| tenant.id.as_str());
        let who = context.and_then(|context| context.principal.as_ref());
        let client = who.map_or("-", |who| who.client().as_str());
        let credential = who.map_or("-", |who| who.credential().as_str());
        let (route, status, millis) = (self.route, self.status.as_u16(), self.millis);
        match level {
            Level::WARN => {
                tracing::warn!(request, tenant, route, status, millis, client, credential, "answered");
            }
            Level::INFO => {
                tracing::info!(request, tenant, route, status, millis, client, credential, "answered");
            }
            _ => tracing::debug!(request, tenant, route, status, millis, client, credential, "answered"),
        }
    }
}

/// At which level a request is logged. Every change is, and every read that failed or was slow; reads that
/// went well are counted in the metrics and would drown the rest: Entra asks for every user in every cycle.
fn level(method: &str, resource: &str, status: StatusCode, millis: u64) -> Level {
    let read = matches!(method, "GET" | "HEAD");
    if status >= StatusCode::INTERNAL_SERVER_ERROR {
        Level::WARN
    } else if matches!(resource, "healthz" | "readyz" | "metrics")
        || read && !status.is_client_error() && millis < SLOW_MS
    {
        Level::DEBUG
    } else {
        Level::INFO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_that_went_well_are_not_logged_and_everything_else_is() {
        for (method, resource, status, millis, wanted) in [
            ("GET", "Users", 200, 1, Level::DEBUG),
            ("GET", "Users", 304, 1, Level::DEBUG),
            ("GET", "Users", 200, SLOW_MS, Level::INFO),
            ("GET", "Users", 401, 1, Level::INFO),
            ("GET", "Users", 503, 1, Level::WARN),
            ("POST", "Users", 201, 1, Level::INFO),
            ("DELETE", "Groups", 204, 1, Level::INFO),
            ("GET", "healthz", 200, 1, Level::DEBUG),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(level(method, resource, status, millis), wanted, "{method} {resource} {status}");
        }
    }
}
