//! Every metric of the program: name, kind, labels and help, declared here and nowhere else.
//!
//! Names follow the conventions of Prometheus: one prefix, the base unit in the name, `_total` behind
//! counters. Each metric has the label `tenant`, which is put in here so that nobody can forget it;
//! [`NO_TENANT`] stands where a request belongs to none. Whoever counts asks for a handle, and keeps it where
//! it is used often. Values of labels are from fixed sets of words, never a name of somebody. How metrics are
//! rendered is `server::recorder`'s matter.
//!
//! To add one: declare it below, put it into [`ALL`], count with it. The tests here know the conventions.

use metrics::{Counter, Gauge, Histogram, Label};

/// What all names begin with.
pub const PREFIX: &str = "scim_bridge_";
/// The value of the label `tenant` for what belongs to no tenant.
pub const NO_TENANT: &str = "-";

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// A number of this moment.
    Gauge,
    /// Seconds, in buckets.
    Histogram,
}

/// One metric, as it is declared.
#[derive(Debug)]
pub struct Metric {
    /// Its full name.
    pub name: &'static str,
    /// Its kind.
    pub kind: MetricKind,
    /// Its labels beside `tenant`, in order.
    pub labels: &'static [&'static str],
    /// What it tells, for people.
    pub help: &'static str,
}

impl Metric {
    /// The labels of one series. Values are given in the order in which the labels are declared.
    fn series<const N: usize>(&self, tenant: &str, values: [&str; N]) -> Vec<Label> {
        let own = self.labels.iter().zip(values).map(|(name, value)| Label::new(*name, value.to_owned()));
        std::iter::once(Label::new("tenant", tenant.to_owned())).chain(own).collect()
    }
}

macro_rules! kind {
    ($(#[$doc:meta])* $name:ident gives $handle:ident by $make:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<const N: usize>(Metric);

        impl<const N: usize> $name<N> {
            const fn new(name: &'static str, labels: &'static [&'static str; N], help: &'static str) -> Self {
                Self(Metric { name, kind: MetricKind::$handle, labels, help })
            }

            /// The handle of one series: of a tenant, with the values of the labels in their order.
            pub fn of(&self, tenant: &str, values: [&str; N]) -> $handle {
                metrics::$make!(self.0.name, self.0.series(tenant, values))
            }
        }
    };
}

kind! {
    /// A metric that only grows, with `N` labels beside `tenant`.
    CounterOf gives Counter by counter
}
kind! {
    /// A metric of this moment, with `N` labels beside `tenant`.
    GaugeOf gives Gauge by gauge
}
kind! {
    /// Seconds in buckets, with `N` labels beside `tenant`.
    HistogramOf gives Histogram by histogram
}

/// Requests that were answered.
pub const REQUESTS: CounterOf<3> = CounterOf::new(
    "scim_bridge_requests_total",
    &["method", "resource", "status"],
    "Requests by method, resource and status",
);
/// How long requests took.
pub const REQUEST_DURATION: HistogramOf<2> = HistogramOf::new(
    "scim_bridge_request_duration_seconds",
    &["method", "resource"],
    "Time from the headers of a request to its answer",
);
/// What came in place of requests.
pub const UNREADABLE_REQUESTS: CounterOf<1> = CounterOf::new(
    "scim_bridge_unreadable_requests_total",
    &["reason"],
    "Requests that could not be read, by reason",
);
/// Connections that were closed at once.
pub const CONNECTIONS_REFUSED: CounterOf<0> = CounterOf::new(
    "scim_bridge_connections_refused_total",
    &[],
    "Connections closed because their address had as many as it may",
);
/// Answers 400.
pub const VALIDATION_ERRORS: CounterOf<1> =
    CounterOf::new("scim_bridge_validation_errors_total", &["scim_type"], "Answers 400 by scimType");
/// Share of answers 400.
pub const VALIDATION_ERROR_RATIO: GaugeOf<0> = GaugeOf::new(
    "scim_bridge_validation_error_ratio",
    &[],
    "Share of answers 400 in the last five minutes, 0 to 1",
);
/// Answers 409.
pub const CONFLICTS: CounterOf<0> = CounterOf::new("scim_bridge_conflicts_total", &[], "Answers 409");
/// Sagas at work or waiting.
pub const SAGAS_OPEN: GaugeOf<0> =
    GaugeOf::new("scim_bridge_sagas_open", &[], "Sagas that have not ended, stuck ones included");
/// Sagas that need somebody.
pub const SAGAS_STUCK: GaugeOf<0> =
    GaugeOf::new("scim_bridge_sagas_stuck", &[], "Sagas that wait for an administrator");
/// Age of the oldest one.
pub const SAGA_OLDEST_AGE: GaugeOf<0> = GaugeOf::new(
    "scim_bridge_saga_oldest_age_seconds",
    &[],
    "Age of the oldest open saga; 0 when there is none",
);
/// Age of the saga that has been stuck for the longest, in seconds since it was opened.
pub const SAGA_STUCK_OLDEST_AGE: GaugeOf<0> = GaugeOf::new(
    "scim_bridge_saga_stuck_oldest_age_seconds",
    &[],
    "Age of the saga that waits for an administrator for the longest; 0 when there is none",
);
/// Sagas that came to an end.
pub const SAGAS_ENDED: CounterOf<1> =
    CounterOf::new("scim_bridge_sagas_ended_total", &["outcome"], "Sagas that ended, by outcome");
/// Users whose recomputation had to wait.
pub const RECOMPUTE_POSTPONED: CounterOf<0> = CounterOf::new(
    "scim_bridge_recompute_postponed_total",
    &[],
    "Users whose recomputation had to wait for another time",
);
/// People who are not yet as they should be.
pub const WORK_USERS: GaugeOf<1> =
    GaugeOf::new("scim_bridge_work_users", &["reason"], "Users of whom something is still to be done");
/// Since when.
pub const WORK_OLDEST_AGE: GaugeOf<1> = GaugeOf::new(
    "scim_bridge_work_oldest_age_seconds",
    &["reason"],
    "Age of the oldest work that is still to be done; 0 when there is none",
);
/// Calls to Genesys Cloud.
pub const GENESYS_CALLS: CounterOf<2> = CounterOf::new(
    "scim_bridge_genesys_calls_total",
    &["operation", "verdict"],
    "Calls to Genesys Cloud by operation and verdict",
);
/// How long they took.
pub const GENESYS_CALL_DURATION: HistogramOf<1> = HistogramOf::new(
    "scim_bridge_genesys_call_duration_seconds",
    &["operation"],
    "Time of a call to Genesys Cloud",
);
/// Access tokens that were fetched.
pub const GENESYS_TOKENS: CounterOf<1> = CounterOf::new(
    "scim_bridge_genesys_tokens_total",
    &["verdict"],
    "Access tokens fetched from Genesys Cloud, by verdict",
);
/// What is left of the budget.
pub const GENESYS_BUDGET_LEFT: GaugeOf<0> = GaugeOf::new(
    "scim_bridge_genesys_budget_left_calls",
    &[],
    "Calls to Genesys Cloud that could be made right now",
);

/// All of them.
pub const ALL: [&Metric; 19] = [
    &REQUESTS.0,
    &REQUEST_DURATION.0,
    &UNREADABLE_REQUESTS.0,
    &CONNECTIONS_REFUSED.0,
    &VALIDATION_ERRORS.0,
    &VALIDATION_ERROR_RATIO.0,
    &CONFLICTS.0,
    &SAGAS_OPEN.0,
    &SAGAS_STUCK.0,
    &SAGA_OLDEST_AGE.0,
    &SAGA_STUCK_OLDEST_AGE.0,
    &SAGAS_ENDED.0,
    &RECOMPUTE_POSTPONED.0,
    &WORK_USERS.0,
    &WORK_OLDEST_AGE.0,
    &GENESYS_CALLS.0,
    &GENESYS_CALL_DURATION.0,
    &GENESYS_TOKENS.0,
    &GENESYS_BUDGET_LEFT.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_of_prometheus() {
        for metric in ALL {
            let name = metric.name;
            let plain = |text: &str| text.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
            assert!(name.starts_with(PREFIX) && plain(name) && !name.contains("__"), "{name}");
            assert!(!metric.help.is_empty() && !metric.help.ends_with('.'), "{name}");
            assert!(metric.labels.iter().all(|label| plain(label) && *label != "tenant"), "{name}");
            assert!(
                !["_ms", "_millis", "_minutes", "_count", "_sum", "_bucket", "_info"]
                    .iter()
                    .any(|it| name.ends_with(it)),
                "{name}"
            );
            match metric.kind {
                MetricKind::Counter => assert!(name.ends_with("_total"), "{name} counts"),
                MetricKind::Histogram => assert!(name.ends_with("_seconds"), "{name} measures time"),
                MetricKind::Gauge => assert!(!name.ends_with("_total"), "{name} goes up and down"),
            }
            let says = |word: &str| metric.help.to_lowercase().contains(word);
            assert!(!says("age of") && !says("time of") || name.ends_with("_seconds"), "{name} has a unit");
        }
    }

    #[test]
    fn every_metric_is_listed_once() {
        let mut names: Vec<&str> = ALL.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        let declared = include_str!("metric.rs").matches("Of::new(").count();
        assert_eq!(declared - 1, ALL.len(), "one that is declared is not listed");
    }

    #[test]
    fn a_series_names_its_tenant_and_its_labels_in_order() {
        let labels = REQUESTS.0.series("aurora", ["GET", "Users", "200"]);
        let shown: Vec<_> = labels.iter().map(|label| (label.key(), label.value())).collect();
        let wanted = [("tenant", "aurora"), ("method", "GET"), ("resource", "Users"), ("status", "200")];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn the_operator_finds_every_metric_in_the_documentation() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", "docs/operating.md"));
        for metric in ALL {
            let kind = format!("{:?}", metric.kind).to_lowercase();
            let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
            let row =
                format!("| `{}` | {kind} | {} |", metric.name, labels.join(", ")).replace("|  |", "| |");
            assert!(text.contains(&row), "docs/operating.md has no row {row}");
        }
    }
}
