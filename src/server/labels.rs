//! The words under which a request is counted and logged: its method, and what its route says of itself.
//!
//! Words are from fixed sets: the resources are the first segments of the patterns in [`super::routes`].
//! Counting is [`super::request_metrics`], logging `access_log`.

/// The resource of a request that found no route.
const NONE: &str = "none";

/// The words of one route, worked out when it is registered and carried by it, so that a request that finds
/// its route costs no second search.
pub(super) struct RouteLabels {
    /// The route's pattern, the base path included.
    pub(super) pattern: String,
    /// Its resource.
    pub(super) resource: &'static str,
    /// Whether it needs no token and belongs to no tenant.
    pub(super) open: bool,
}

impl RouteLabels {
    /// The words of no route.
    pub(super) fn none() -> Self {
        Self { pattern: "-".to_owned(), resource: NONE, open: false }
    }
}

/// The first segment of a route's pattern.
pub(super) fn first_segment(pattern: &str) -> &str {
    pattern.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// The method.
pub(super) fn method(name: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|it| *it == name).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_method_is_no_label_of_its_own() {
        assert_eq!((method("PATCH"), method("BREW")), ("PATCH", "other"));
    }
}
