//! Names to ids: roles, divisions, skills, languages, queues and attribute schemas, listed once and believed
//! for some minutes.
//!
//! A name that a listing lacks is looked up anew by itself, but not more often than every few seconds.
//! Comparing is done here, never left to Genesys' search terms: see the pure [`names`] and [`values`].

pub(crate) mod names;
pub(crate) mod values;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Mutex;

use self::names::{Match, Names};
use super::api::attributes::{self, AttributeSchema};
use super::api::{authorization, named, queues, routing, teams};
use super::calls::Calls;
use super::not_done::{NotDone, unreadable};
use super::request::HttpCall;
use crate::limits;
use crate::model::ports::{CallContext, Priority};
use crate::model::{Kind, Named};

/// Entities on a page of a listing.
const PAGE: usize = 100;
/// A name that was looked up and not found is not looked up again for so long, in milliseconds.
const MISS_MS: u64 = 5_000;

/// What has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Role,
    Division,
    Skill,
    Language,
    Queue,
    Team,
}

impl Class {
    /// Under which the names of a kind are listed; custom attributes are found by their schemas.
    pub(super) fn of(kind: Kind) -> Option<Class> {
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
    pub(super) fn word(self) -> &'static str {
        match self {
            Class::Role => "role",
            Class::Division => "division",
            Class::Skill => "skill",
            Class::Language => "language",
            Class::Queue => "queue",
            Class::Team => "team",
        }
    }

    /// All of it, or what may have that name: some match loosely, so the caller compares.
    async fn list(
        self,
        calls: &Calls,
        name: Option<&str>,
        context: &CallContext,
    ) -> Result<Vec<Value>, NotDone> {
        let numbered = |page: fn(Option<&str>, usize, u32) -> HttpCall| {
            calls.pages(move |number| page(name, PAGE, number), PAGE, context)
        };
        match self {
            Class::Role => numbered(authorization::roles).await,
            Class::Division => numbered(authorization::divisions).await,
            Class::Skill => numbered(routing::skills).await,
            Class::Language => numbered(routing::languages).await,
            Class::Queue => numbered(queues::directory).await,
            Class::Team => calls.cursor_pages(|after| teams::directory(name, after), context).await,
        }
    }
}

/// Outcome of a look-up.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    One(Named),
    /// No such name, or more than one: what was looked for, and close names.
    Unknown {
        what: String,
        similar: Vec<String>,
    },
}

#[derive(Default)]
struct Shelf {
    names: Arc<Names>,
    fresh_until_ms: u64,
    misses: HashMap<String, u64>,
}

#[derive(Default)]
struct Schemas {
    list: Arc<Vec<AttributeSchema>>,
    fresh_until_ms: u64,
    read_ms: Option<u64>,
}

/// The catalogue of one organisation.
#[derive(Default)]
pub(super) struct Catalogue {
    roles: Mutex<Shelf>,
    divisions: Mutex<Shelf>,
    skills: Mutex<Shelf>,
    languages: Mutex<Shelf>,
    queues: Mutex<Shelf>,
    teams: Mutex<Shelf>,
    schemas: Mutex<Schemas>,
    home: Mutex<Option<Named>>,
}

impl Catalogue {
    fn shelf(&self, class: Class) -> &Mutex<Shelf> {
        match class {
            Class::Role => &self.roles,
            Class::Division => &self.divisions,
            Class::Skill => &self.skills,
            Class::Language => &self.languages,
            Class::Queue => &self.queues,
            Class::Team => &self.teams,
        }
    }

    /// One name of a class. Who comes while a listing is being read waits for it.
    pub(super) async fn find(
        &self,
        calls: &Calls,
        class: Class,
        name: &str,
        context: &CallContext,
    ) -> Result<Found, NotDone> {
        let context = &context.shared(Priority::Waiting);
        let mut shelf = self.shelf(class).lock().await;
        let now = calls.now();
        let case_matters = class == Class::Skill;
        if now >= shelf.fresh_until_ms {
            let entities = class.list(calls, None, context).await?;
            shelf.names = Arc::new(Names::new(read(&entities)));
            shelf.fresh_until_ms = calls.now().saturating_add(calls.catalogue_ttl_ms());
            shelf.misses.clear();
        } else if shelf.names.find(name, case_matters) == Match::None
            && shelf.misses.get(name).is_none_or(|at| now.saturating_sub(*at) >= MISS_MS)
        {
            let entities = class.list(calls, Some(name), context).await?;
            let names = Arc::make_mut(&mut shelf.names);
            read(&entities).into_iter().for_each(|entry| names.insert(entry));
            if shelf.misses.len() >= limits::GENESYS_MISSED_NAMES {
                shelf.misses.clear();
            }
            shelf.misses.insert(name.to_owned(), now);
        }
        let names = Arc::clone(&shelf.names);
        drop(shelf);
        Ok(match names.find(name, case_matters) {
            Match::One(named) => Found::One(named),
            Match::Several => Found::Unknown {
                what: format!("{} {name:?}, which several share", class.word()),
                similar: Vec::new(),
            },
            Match::None => {
                Found::Unknown { what: format!("{} {name:?}", class.word()), similar: names.similar(name) }
            }
        })
    }

    /// The Home division; it never changes.
    pub(super) async fn home(&self, calls: &Calls, context: &CallContext) -> Result<Named, NotDone> {
        let context = &context.shared(Priority::Waiting);
        let mut home = self.home.lock().await;
        if let Some(home) = home.as_ref() {
            return Ok(home.clone());
        }
        let call = authorization::home();
        let answer = calls.json(&call, context).await?;
        let found = named(&answer).ok_or_else(|| unreadable(&call))?;
        *home = Some(found.clone());
        Ok(found)
    }

    /// All enabled attribute schemas; read anew when they are old, or when `must_have` is a name they lack.
    pub(super) async fn schemas(
        &self,
        calls: &Calls,
        must_have: Option<&str>,
        context: &CallContext,
    ) -> Result<Arc<Vec<AttributeSchema>>, NotDone> {
        let context = &context.shared(Priority::Waiting);
        let mut schemas = self.schemas.lock().await;
        let now = calls.now();
        let known = must_have.is_none_or(|name| find_schema(&schemas.list, name).is_some());
        let just_read = schemas.read_ms.is_some_and(|at| now.saturating_sub(at) < MISS_MS);
        if now >= schemas.fresh_until_ms || !known && !just_read {
            let call = attributes::schemas();
            let answer = calls.json(&call, context).await?;
            schemas.list = Arc::new(attributes::read_schemas(&answer).ok_or_else(|| unreadable(&call))?);
            schemas.fresh_until_ms = calls.now().saturating_add(calls.catalogue_ttl_ms());
            schemas.read_ms = Some(calls.now());
        }
        Ok(Arc::clone(&schemas.list))
    }
}

fn read(entities: &[Value]) -> Vec<Named> {
    let there = |entity: &&Value| entity.get("state").and_then(Value::as_str) != Some("deleted");
    entities.iter().filter(there).filter_map(named).collect()
}

/// A schema by exact name, else by name without regard to letter case, if unique.
pub(super) fn find_schema<'a>(list: &'a [AttributeSchema], name: &str) -> Option<&'a AttributeSchema> {
    if let Some(exact) = list.iter().find(|schema| schema.named.name == name) {
        return Some(exact);
    }
    let mut close = list.iter().filter(|schema| schema.named.name.eq_ignore_ascii_case(name));
    let first = close.next()?;
    close.next().is_none().then_some(first)
}
