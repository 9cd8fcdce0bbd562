//! Names to ids: roles, divisions, skills, languages, queues and attribute schemas, listed once and believed
//! for some minutes.
//!
//! A listing is read by a task of its own while the one before is served ([`shelf`]); a name that it lacks is
//! looked up by itself, but not more often than every few seconds. What is listed is [`class`]. Comparing is
//! done here, never left to Genesys' search terms: see the pure [`names`] and [`values`].

mod class;
pub(crate) mod names;
mod shelf;
pub(crate) mod values;

use std::sync::Arc;

use tokio::sync::Mutex;

pub(super) use self::class::Class;
use self::names::Match;
use self::shelf::Shelf;
use super::api::attributes::{self, AttributeSchema};
use super::api::{authorization, named};
use super::calls::Calls;
use super::not_done::{NotDone, unreadable};
use crate::model::Named;
use crate::model::ports::{CallContext, Priority};

/// Schemas that lack a name are not read again for so long, in milliseconds.
const MISS_MS: u64 = 5_000;

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
struct Schemas {
    list: Arc<Vec<AttributeSchema>>,
    fresh_until_ms: u64,
    read_ms: Option<u64>,
}

/// The catalogue of one organisation.
pub(super) struct Catalogue {
    roles: Arc<Shelf>,
    divisions: Arc<Shelf>,
    skills: Arc<Shelf>,
    languages: Arc<Shelf>,
    queues: Arc<Shelf>,
    teams: Arc<Shelf>,
    schemas: Mutex<Schemas>,
    home: Mutex<Option<Named>>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self {
            roles: Shelf::new(Class::Role),
            divisions: Shelf::new(Class::Division),
            skills: Shelf::new(Class::Skill),
            languages: Shelf::new(Class::Language),
            queues: Shelf::new(Class::Queue),
            teams: Shelf::new(Class::Team),
            schemas: Mutex::default(),
            home: Mutex::default(),
        }
    }
}

impl Catalogue {
    fn shelf(&self, class: Class) -> &Arc<Shelf> {
        match class {
            Class::Role => &self.roles,
            Class::Division => &self.divisions,
            Class::Skill => &self.skills,
            Class::Language => &self.languages,
            Class::Queue => &self.queues,
            Class::Team => &self.teams,
        }
    }

    /// One name of a class.
    pub(super) async fn find(
        &self,
        calls: &Arc<Calls>,
        class: Class,
        name: &str,
        context: &CallContext,
    ) -> Result<Found, NotDone> {
        let (found, names) = self.shelf(class).find(calls, name, context).await?;
        Ok(match found {
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

    /// Genesys refused that id as unknown: it is looked up again when its name is next asked for.
    pub(super) fn forget(&self, class: Class, id: &str) {
        self.shelf(class).forget(id);
    }

    /// The same for attribute schemas.
    pub(super) async fn forget_schemas(&self) {
        self.schemas.lock().await.fresh_until_ms = 0;
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

/// A schema by exact name, else by name without regard to letter case, if unique.
pub(super) fn find_schema<'a>(list: &'a [AttributeSchema], name: &str) -> Option<&'a AttributeSchema> {
    if let Some(exact) = list.iter().find(|schema| schema.named.name == name) {
        return Some(exact);
    }
    let mut close = list.iter().filter(|schema| schema.named.name.eq_ignore_ascii_case(name));
    let first = close.next()?;
    close.next().is_none().then_some(first)
}
