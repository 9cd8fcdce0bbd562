//! The list of the administration's routes, as data.
//!
//! `app` hands it to the server, which registers it below `/admin` behind its own guard and answers methods
//! that an address does not take.

use actix_web::Route;
use actix_web::web;

use super::{audit, import, plan, resync, sagas, tokens, work};
use crate::model::route::Entry;

/// All routes.
pub const ROUTES: &[Entry<fn() -> Route>] = &[
    Entry {
        pattern: "/tokens",
        methods: &[("GET", || web::get().to(tokens::list)), ("POST", || web::post().to(tokens::create))],
    },
    Entry { pattern: "/tokens/{id}", methods: &[("DELETE", || web::delete().to(tokens::revoke))] },
    Entry { pattern: "/sagas", methods: &[("GET", || web::get().to(sagas::list))] },
    Entry { pattern: "/sagas/{id}", methods: &[("GET", || web::get().to(sagas::show))] },
    Entry { pattern: "/sagas/{id}/redrive", methods: &[("POST", || web::post().to(sagas::redrive))] },
    Entry {
        pattern: "/sagas/{id}/abort",
        methods: &[
            ("GET", || web::get().to(sagas::foresee_abort)),
            ("POST", || web::post().to(sagas::abort)),
        ],
    },
    Entry {
        pattern: "/sagas/{id}/steps/{step}/give-up",
        methods: &[
            ("GET", || web::get().to(sagas::foresee_give_up)),
            ("POST", || web::post().to(sagas::give_up)),
        ],
    },
    Entry { pattern: "/work", methods: &[("GET", || web::get().to(work::list))] },
    Entry {
        pattern: "/work/{user}",
        methods: &[("GET", || web::get().to(work::show)), ("DELETE", || web::delete().to(work::remove))],
    },
    Entry { pattern: "/work/{user}/retry", methods: &[("POST", || web::post().to(work::retry))] },
    Entry { pattern: "/audit/verification", methods: &[("GET", || web::get().to(audit::verify))] },
    Entry { pattern: "/audit/head", methods: &[("GET", || web::get().to(audit::head))] },
    Entry { pattern: "/audit/entries", methods: &[("GET", || web::get().to(audit::entries))] },
    Entry {
        pattern: "/resync",
        methods: &[("GET", || web::get().to(resync::list)), ("POST", || web::post().to(resync::begin))],
    },
    Entry {
        pattern: "/resync/{id}",
        methods: &[("GET", || web::get().to(resync::show)), ("DELETE", || web::delete().to(resync::cancel))],
    },
    Entry { pattern: "/resync/{id}/differences", methods: &[("GET", || web::get().to(resync::differences))] },
    Entry { pattern: "/plan", methods: &[("POST", || web::post().to(plan::handle))] },
    Entry { pattern: "/plan/rules", methods: &[("POST", || web::post().to(plan::under_rules))] },
    Entry {
        pattern: "/import",
        methods: &[("GET", || web::get().to(import::progress)), ("POST", || web::post().to(import::start))],
    },
];
