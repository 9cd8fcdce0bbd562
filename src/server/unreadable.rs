//! Requests that are none, counted: no middleware sees them, because the HTTP library answers them itself. What it says
//! of them in its log, which anybody can make it say and nobody wants to read, is what they are told by.
//!
//! Put beside the log by `cli::logging`. Requests that can be read are counted in `server::request_metrics`.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::model::metric::{self, NO_TENANT};

/// Where in the library the connections are read.
const TARGET: &str = "actix_http::h1::dispatcher";

/// Counts them.
pub(crate) fn counter<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    Counter.with_filter(Targets::new().with_target(TARGET, LevelFilter::ERROR))
}

struct Counter;

impl<S: Subscriber> Layer<S> for Counter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        if let Some(reason) = reason(&said.0) {
            metric::UNREADABLE_REQUESTS.of(NO_TENANT, [reason]).increment(1);
        }
    }
}

/// The words of a line of the log.
#[derive(Default)]
struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// What was wrong, if the words are about a request that could not be read.
fn reason(said: &str) -> Option<&'static str> {
    let why = said.strip_prefix("stream error: request parse error: ")?;
    Some(if why == "message head is too large" { "too_large" } else { "malformed" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_that_could_not_be_read_are_meant() {
        for (said, wanted) in [
            ("stream error: request parse error: invalid Header provided", Some("malformed")),
            ("stream error: request parse error: message head is too large", Some("too_large")),
            ("stream error: I/O error: Connection reset by peer", None),
            ("write zero; closing", None),
        ] {
            assert_eq!(reason(said), wanted, "{said}");
        }
    }
}
