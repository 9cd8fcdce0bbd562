//! The requests of one tenant, counted: how many, how long, and how many were told that they were wrong.
//!
//! Handles are looked up once for each kind of request and kept: a look-up in the recorder costs more than a
//! read. Which words the labels are made of: [`super::labels`]; where it is called: [`super::middleware`].

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use metrics::{Counter, Gauge, Histogram};

use super::answer::Told;
use super::error_rate::ErrorRate;
use super::recorder;
use crate::model::metric;
use crate::scim::error::ScimType;

/// Method, resource and status: from fixed sets of words, so that there are a few hundred at most.
type Kind = (&'static str, &'static str, u16);

/// Counts the requests of one tenant.
pub struct RequestMetrics {
    tenant: String,
    kinds: ArcSwap<HashMap<Kind, (Counter, Histogram)>>,
    conflicts: Counter,
    errors: ErrorRate,
    ratio: Gauge,
}

impl RequestMetrics {
    /// Nothing counted yet.
    pub fn new(tenant: &str) -> Self {
        recorder::handle();
        Self {
            tenant: tenant.to_owned(),
            kinds: ArcSwap::default(),
            conflicts: metric::CONFLICTS.of(tenant, []),
            errors: ErrorRate::default(),
            ratio: metric::VALIDATION_ERROR_RATIO.of(tenant, []),
        }
    }

    /// Counts a request that was answered at `now_ms` (monotonic) after `millis`.
    pub fn answered(
        &self,
        method: &'static str,
        resource: &'static str,
        status: u16,
        now_ms: u64,
        millis: u64,
    ) {
        self.errors.count(now_ms, status == 400);
        #[expect(clippy::cast_precision_loss, reason = "a request takes far fewer than 2^52 milliseconds")]
        let seconds = millis as f64 / 1000.0;
        let kind = (method, resource, status);
        if let Some((requests, duration)) = self.kinds.load().get(&kind) {
            requests.increment(1);
            duration.record(seconds);
            return;
        }
        let requests = metric::REQUESTS.of(&self.tenant, [method, resource, &status.to_string()]);
        let duration = metric::REQUEST_DURATION.of(&self.tenant, [method, resource]);
        requests.increment(1);
        duration.record(seconds);
        self.kinds.rcu(|kinds| {
            let mut kinds = HashMap::clone(kinds);
            kinds.insert(kind, (requests.clone(), duration.clone()));
            Arc::new(kinds)
        });
    }

    /// Counts an error that a client is told, as an answer or inside the answer to a bulk request.
    pub fn told(&self, error: Told) {
        match error.status {
            400 => {
                let scim_type = error.scim_type.map_or("none", ScimType::as_str);
                metric::VALIDATION_ERRORS.of(&self.tenant, [scim_type]).increment(1);
            }
            409 => self.conflicts.increment(1),
            _ => {}
        }
    }

    /// Brings the gauges up to date.
    pub fn refresh(&self, now_ms: u64) {
        self.ratio.set(self.errors.of(now_ms));
    }
}
