//! What has a name in Genesys, and how it is listed.
//!
//! One page at a time: who walks through them and keeps what was found is [`super::shelf`].

use serde_json::Value;

use crate::genesys::api::{authorization, queues, routing, teams};
use crate::genesys::calls::{Calls, Walk};
use crate::genesys::not_done::NotDone;
use crate::genesys::request::HttpCall;
use crate::model::Kind;
use crate::model::ports::CallContext;

/// Entities on a page of a listing.
const PAGE: usize = 100;

/// What has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::genesys) enum Class {
    Role,
    Division,
    Skill,
    Language,
    Queue,
    Team,
}

impl Class {
    /// Under which the names of a kind are listed; custom attributes are found by their schemas.
    pub(in crate::genesys) fn of(kind: Kind) -> Option<Class> {
        match kind {
            Kind::Role => Some(Class::Role),
            Kind::Skill => Some(Class::Skill),
            Kind::Language => Some(Class::Language),
            Kind::Queue => Some(Class::Queue),
            Kind::Team => Some(Class::Team),
            Kind::Attribute => None,
        }
    }

    /// For people.
    pub(in crate::genesys) fn word(self) -> &'static str {
        match self {
            Class::Role => "role",
            Class::Division => "division",
            Class::Skill => "skill",
            Class::Language => "language",
            Class::Queue => "queue",
            Class::Team => "team",
        }
    }

    /// Whether names that differ in letter case only are different names.
    pub(super) fn case_matters(self) -> bool {
        self == Class::Skill
    }

    /// The next page of all of it, or of what may have that name: some match loosely, so the caller compares.
    /// `None` after the last one.
    pub(super) async fn page(
        self,
        calls: &Calls,
        walk: &mut Walk,
        name: Option<&str>,
        context: &CallContext,
    ) -> Result<Option<Vec<Value>>, NotDone> {
        let numbered =
            |page: fn(Option<&str>, usize, u32) -> HttpCall, walk: &Walk| page(name, PAGE, walk.number());
        let Some(call) = walk.next(|walk| match self {
            Class::Role => numbered(authorization::roles, walk),
            Class::Division => numbered(authorization::divisions, walk),
            Class::Skill => numbered(routing::skills, walk),
            Class::Language => numbered(routing::languages, walk),
            Class::Queue => numbered(queues::directory, walk),
            Class::Team => teams::directory(name, walk.cursor()),
        }) else {
            return Ok(None);
        };
        calls.walk(&call, walk, context).await.map(Some)
    }

    /// The beginning of a listing.
    pub(super) fn walk(self) -> Walk {
        if self == Class::Team { Walk::by_cursor() } else { Walk::by_number(PAGE) }
    }
}
