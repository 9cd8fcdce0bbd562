//! The words under which a request is counted and logged: its method and its resource, from fixed sets.
//!
//! The resources are taken from the lists of routes, so that an endpoint that is added there is known here.
//! Counting is [`super::request_metrics`], logging [`super::access_log`].

use super::routes;
use super::tenant::{ADMIN_BASE, BASE};

/// What neither list knows.
const NONE: &str = "none";

fn first_segment(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// The resource of a route's pattern.
pub(super) fn resource(pattern: Option<&str>) -> &'static str {
    let Some(pattern) = pattern else { return NONE };
    let first = first_segment(pattern.strip_prefix(BASE).unwrap_or(pattern));
    let listed = routes::SCIM.iter().chain(routes::OPEN).map(|entry| entry.pattern);
    let mut words = listed.chain([ADMIN_BASE]).map(first_segment);
    words.find(|word| *word == first).unwrap_or(NONE)
}

/// Whether a route's pattern is one of those that need no token and belong to no tenant.
pub(super) fn is_open(pattern: Option<&str>) -> bool {
    routes::OPEN.iter().any(|entry| Some(entry.pattern) == pattern)
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
    fn labels_are_a_fixed_set_of_words() {
        for (pattern, wanted) in [
            (Some("/scim/v2/Users/{id}"), "Users"),
            (Some("/scim/v2/.search"), ".search"),
            (Some("/admin/tokens/{id}"), "admin"),
            (Some("/healthz"), "healthz"),
            (Some("/anything"), NONE),
            (None, NONE),
        ] {
            assert_eq!(resource(pattern), wanted);
        }
        assert_eq!(method("BREW"), "other");
    }

    #[test]
    fn every_route_is_counted_under_its_own_name() {
        for entry in routes::SCIM {
            let resource = resource(Some(&format!("{BASE}{}", entry.pattern)));
            assert!(entry.pattern.starts_with(&format!("/{resource}")), "{}", entry.pattern);
        }
        for entry in routes::OPEN {
            let pattern = Some(entry.pattern);
            assert!(is_open(pattern) && entry.pattern == format!("/{}", resource(pattern)), "{pattern:?}");
        }
        assert!(!is_open(Some("/scim/v2/Users")) && !is_open(None));
    }
}
