//! The list of all routes, as data: pattern, methods, and which token opens it. What is not listed needs a
//! token and is not there.
//!
//! Tests walk [`SCIM`] and [`OPEN`] to show that no route is open by mistake. The administration brings its
//! own list of the same form, which stands below `/admin`. What each route does: [`super::endpoint`].

use std::future::ready;

use actix_web::http::Method as Verb;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Resource, Route};

use super::endpoint::{
    bulk, create, delete, discovery, fallback, get, health, list, me, metrics, patch, ready as readiness,
    replace, search,
};
use super::labels::{RouteLabels, first_segment};
use super::tenant::{ADMIN_BASE, BASE};
use super::{answer, auth};
use crate::model::route;

/// One address of this list or the administration's.
pub type Entry = route::Entry<fn() -> Route>;

/// Below [`tenant::BASE`](super::tenant::BASE), with a token of scope `scim`.
pub const SCIM: &[Entry] = &[
    Entry {
        pattern: "/Users",
        methods: &[
            ("GET", || web::get().to(list::users)),
            ("HEAD", || web::head().to(list::users)),
            ("POST", || web::post().to(create::user)),
        ],
    },
    Entry { pattern: "/Users/.search", methods: &[("POST", || web::post().to(search::users))] },
    Entry {
        pattern: "/Users/{id}",
        methods: &[
            ("GET", || web::get().to(get::user)),
            ("HEAD", || web::head().to(get::user)),
            ("PUT", || web::put().to(replace::user)),
            ("PATCH", || web::patch().to(patch::user)),
            ("DELETE", || web::delete().to(delete::user)),
        ],
    },
    Entry {
        pattern: "/Groups",
        methods: &[
            ("GET", || web::get().to(list::groups)),
            ("HEAD", || web::head().to(list::groups)),
            ("POST", || web::post().to(create::group)),
        ],
    },
    Entry { pattern: "/Groups/.search", methods: &[("POST", || web::post().to(search::groups))] },
    Entry {
        pattern: "/Groups/{id}",
        methods: &[
            ("GET", || web::get().to(get::group)),
            ("HEAD", || web::head().to(get::group)),
            ("PUT", || web::put().to(replace::group)),
            ("PATCH", || web::patch().to(patch::group)),
            ("DELETE", || web::delete().to(delete::group)),
        ],
    },
    Entry { pattern: "/.search", methods: &[("POST", || web::post().to(search::everything))] },
    Entry {
        pattern: "/Me",
        methods: &[
            ("GET", || web::get().to(me::handle)),
            ("HEAD", || web::head().to(me::handle)),
            ("POST", || web::post().to(me::handle)),
            ("PUT", || web::put().to(me::handle)),
            ("PATCH", || web::patch().to(me::handle)),
            ("DELETE", || web::delete().to(me::handle)),
        ],
    },
    Entry { pattern: "/Bulk", methods: &[("POST", || web::post().to(bulk::handle))] },
    Entry {
        pattern: "/ServiceProviderConfig",
        methods: &[
            ("GET", || web::get().to(discovery::service_provider_config)),
            ("HEAD", || web::head().to(discovery::service_provider_config)),
        ],
    },
    Entry {
        pattern: "/ResourceTypes",
        methods: &[
            ("GET", || web::get().to(discovery::resource_types)),
            ("HEAD", || web::head().to(discovery::resource_types)),
        ],
    },
    Entry {
        pattern: "/ResourceTypes/{name}",
        methods: &[
            ("GET", || web::get().to(discovery::resource_type)),
            ("HEAD", || web::head().to(discovery::resource_type)),
        ],
    },
    Entry {
        pattern: "/Schemas",
        methods: &[
            ("GET", || web::get().to(discovery::schemas)),
            ("HEAD", || web::head().to(discovery::schemas)),
        ],
    },
    Entry {
        pattern: "/Schemas/{urn}",
        methods: &[
            ("GET", || web::get().to(discovery::schema)),
            ("HEAD", || web::head().to(discovery::schema)),
        ],
    },
];

/// At the root, without a token: they name no person and change nothing.
pub const OPEN: &[Entry] = &[
    Entry {
        pattern: "/healthz",
        methods: &[("GET", || web::get().to(health::handle)), ("HEAD", || web::head().to(health::handle))],
    },
    Entry {
        pattern: "/readyz",
        methods: &[
            ("GET", || web::get().to(readiness::handle)),
            ("HEAD", || web::head().to(readiness::handle)),
        ],
    },
    Entry { pattern: METRICS, methods: &[("GET", || web::get().to(metrics::handle))] },
];

/// How requests of a route are counted and logged; all of the administration's are one resource.
fn labels(base: &str, entry: &Entry) -> RouteLabels {
    let resource = if base == ADMIN_BASE { first_segment(ADMIN_BASE) } else { first_segment(entry.pattern) };
    RouteLabels { pattern: format!("{base}{}", entry.pattern), resource, open: base.is_empty() }
}

/// The labels of a request that was answered before it came to its route, by the pattern that it would have
/// found.
pub(super) fn labels_of(pattern: Option<&str>) -> RouteLabels {
    let Some(pattern) = pattern else { return RouteLabels::none() };
    let of = |base: &str, entries: &[Entry]| {
        let own = pattern.strip_prefix(base)?;
        entries.iter().find(|entry| entry.pattern == own).map(|entry| labels(base, entry))
    };
    let admin = || pattern.starts_with(ADMIN_BASE).then(|| first_segment(ADMIN_BASE));
    of("", OPEN).or_else(|| of(BASE, SCIM)).unwrap_or_else(|| RouteLabels {
        pattern: pattern.to_owned(),
        resource: admin().unwrap_or(RouteLabels::none().resource),
        open: false,
    })
}

fn resource(base: &str, entry: &Entry) -> Resource {
    let allow: Vec<&str> = entry.methods.iter().map(|(name, _)| *name).chain(["OPTIONS"]).collect();
    let allow = allow.join(", ");
    let other = move |verb: Verb| {
        ready(match verb {
            Verb::OPTIONS => answer::options(&allow),
            _ => answer::method_not_allowed(&allow),
        })
    };
    entry
        .methods
        .iter()
        .fold(web::resource(entry.pattern), |resource, (_, route)| resource.route(route()))
        .default_service(web::to(other))
        .app_data(labels(base, entry))
}

/// What an address serves. With the service comes the administration's list.
#[derive(Clone, Copy)]
pub enum Served {
    /// Everything.
    All(&'static [Entry]),
    /// Everything but the metrics, which have another address.
    WithoutMetrics(&'static [Entry]),
    /// What is open: metrics, health and readiness.
    Open,
}

/// The address of the metrics.
const METRICS: &str = "/metrics";

/// Registers what is served. Guards sit on the scopes, behind the routing, so that a differently spelt path meets the
/// same guard.
pub fn configure(cfg: &mut ServiceConfig, served: Served) {
    let each = |base: &'static str, entries: &'static [Entry]| {
        move |cfg: &mut ServiceConfig| {
            for entry in entries {
                cfg.service(resource(base, entry));
            }
        }
    };
    let admin = match served {
        Served::All(admin) => admin,
        Served::WithoutMetrics(admin) => {
            cfg.service(web::resource(METRICS).default_service(web::to(fallback::handle)));
            admin
        }
        Served::Open => {
            cfg.configure(each("", OPEN));
            cfg.service(web::resource("/{tail:.*}").default_service(web::to(fallback::handle)));
            return;
        }
    };
    // Of two of one pattern the first is found.
    cfg.configure(each("", OPEN));
    cfg.service(
        web::scope(BASE)
            .wrap(from_fn(auth::scim_guard))
            .configure(each(BASE, SCIM))
            .default_service(web::to(fallback::handle)),
    );
    cfg.service(
        web::scope(ADMIN_BASE)
            .wrap(from_fn(auth::admin_guard))
            .configure(each(ADMIN_BASE, admin))
            .default_service(web::to(fallback::handle)),
    );
    cfg.service(
        web::resource("/{tail:.*}")
            .wrap(from_fn(auth::scim_guard))
            .default_service(web::to(fallback::handle)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_a_fixed_set_of_words() {
        for (pattern, resource, open) in [
            (Some("/scim/v2/Users/{id}"), "Users", false),
            (Some("/scim/v2/.search"), ".search", false),
            (Some("/admin/tokens/{id}"), "admin", false),
            (Some("/healthz"), "healthz", true),
            (Some("/anything"), "none", false),
            (None, "none", false),
        ] {
            let found = labels_of(pattern);
            assert_eq!((found.resource, found.open), (resource, open), "{pattern:?}");
        }
    }

    #[test]
    fn a_request_that_is_refused_at_the_door_is_counted_like_one_that_is_let_in() {
        for (base, entry) in SCIM.iter().map(|it| (BASE, it)).chain(OPEN.iter().map(|it| ("", it))) {
            let (inside, refused) =
                (labels(base, entry), labels_of(Some(&format!("{base}{}", entry.pattern))));
            assert_eq!(
                (inside.pattern, inside.resource, inside.open),
                (refused.pattern, refused.resource, refused.open)
            );
        }
    }
}
