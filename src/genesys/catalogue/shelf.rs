//! The names of one class: kept, looked up, and read anew by a task of their own.
//!
//! A listing that is old is served while a new one is read page by page; whoever asked meanwhile may leave,
//! the task goes on where it was. Before the first listing is whole, a name is looked up by itself. Which
//! classes there are is [`super::class`]; comparing names is the pure [`super::names`].

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::class::Class;
use super::names::{Match, Names};
use crate::genesys::api::named;
use crate::genesys::calls::Calls;
use crate::genesys::not_done::NotDone;
use crate::limits;
use crate::model::ports::{CallContext, Priority};
use crate::model::{Backoff, Named};

/// A name that was looked up and not found is not looked up again for so long, in milliseconds.
const MISS_MS: u64 = 5_000;
/// A listing is believed for at least so long for each of its pages, in milliseconds: six classes of 20,000
/// names, read over and over, are one call in twenty.
const PAGE_BELIEVED_MS: u64 = 27_000;
/// A listing that could not be read anew is tried again after so long, in milliseconds.
const AGAIN_MS: u64 = 60_000;
/// Tries of one page before the listing is given up.
const TRIES: u32 = 6;

#[derive(Default)]
struct State {
    /// The last whole listing and what was looked up since.
    names: Arc<Names>,
    whole: bool,
    fresh_until_ms: u64,
    reading: bool,
    /// Pages that the running reading has behind it.
    read: u32,
    /// Ids that Genesys does not know any more, although the running reading may have met them.
    gone: BTreeSet<String>,
    misses: HashMap<String, u64>,
    failed: Option<NotDone>,
}

/// What to do about a name.
enum Step {
    Known(Match, Arc<Names>),
    LookUp,
    /// The first page is on its way.
    Wait,
}

/// The names of one class.
pub(super) struct Shelf {
    class: Class,
    state: Mutex<State>,
    /// Counts what the reading has to tell: pages, failures, its end.
    news: watch::Sender<u64>,
    /// One look-up at a time: the second one may find what the first one brought.
    looking: tokio::sync::Mutex<()>,
}

impl Shelf {
    pub(super) fn new(class: Class) -> Arc<Self> {
        Arc::new(Self {
            class,
            state: Mutex::default(),
            news: watch::Sender::new(0),
            looking: tokio::sync::Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One name, and all names for near misses.
    pub(super) async fn find(
        self: &Arc<Self>,
        calls: &Arc<Calls>,
        name: &str,
        context: &CallContext,
    ) -> Result<(Match, Arc<Names>), NotDone> {
        // Others wait for the same answer.
        let context = &context.shared(Priority::Waiting);
        let mut news = self.news.subscribe();
        self.read_if_old(calls, context);
        loop {
            match self.step(name, calls.now()) {
                Step::Known(found, names) => return Ok((found, names)),
                Step::LookUp => return self.look_up(calls, name, context).await,
                Step::Wait => {
                    // The sender lives as long as this shelf.
                    let _ = news.changed().await;
                    if let Some(stop) = self.lock().failed.clone() {
                        return Err(stop);
                    }
                }
            }
        }
    }

    fn step(&self, name: &str, now: u64) -> Step {
        let state = self.lock();
        let found = state.names.find(name, self.class.case_matters());
        let missed = state.misses.get(name).is_some_and(|at| now.saturating_sub(*at) < MISS_MS);
        if found != Match::None || missed {
            return Step::Known(found, Arc::clone(&state.names));
        }
        // A small class is listed as soon as one name would be found.
        if !state.whole && state.reading && state.read == 0 { Step::Wait } else { Step::LookUp }
    }

    async fn look_up(
        &self,
        calls: &Calls,
        name: &str,
        context: &CallContext,
    ) -> Result<(Match, Arc<Names>), NotDone> {
        let _turn = self.looking.lock().await;
        if let Step::Known(found, names) = self.step(name, calls.now()) {
            return Ok((found, names));
        }
        let (mut walk, mut entries) = (self.class.walk(), Vec::new());
        while let Some(entities) = self.class.page(calls, &mut walk, Some(name), context).await? {
            entries.extend(there(&entities));
        }
        let mut state = self.lock();
        let names = Arc::make_mut(&mut state.names);
        entries.into_iter().for_each(|entry| names.insert(entry));
        if state.misses.len() >= limits::GENESYS_MISSED_NAMES {
            state.misses.clear();
        }
        state.misses.insert(name.to_owned(), calls.now());
        let names = Arc::clone(&state.names);
        drop(state);
        Ok((names.find(name, self.class.case_matters()), names))
    }

    /// Genesys does not know that id: its name is looked up again when it is next asked for.
    pub(super) fn forget(&self, id: &str) {
        let mut state = self.lock();
        if state.reading {
            state.gone.insert(id.to_owned());
        }
        for name in Arc::make_mut(&mut state.names).remove(id) {
            state.misses.remove(&name);
        }
    }

    /// Starts a reading, unless the names are fresh or one is running.
    fn read_if_old(self: &Arc<Self>, calls: &Arc<Calls>, context: &CallContext) {
        let mut state = self.lock();
        if state.reading || calls.now() < state.fresh_until_ms {
            return;
        }
        (state.reading, state.read, state.failed) = (true, 0, None);
        state.gone.clear();
        let background = CallContext::new(Priority::Background, "names");
        let first = if state.whole { background.clone() } else { context.clone() };
        drop(state);
        let reading = Reading { shelf: Arc::clone(self) };
        let calls = Arc::clone(calls);
        // Not in the future of whoever asked: that one ends at its deadline, and all pages with it.
        tokio::spawn(async move { reading.run(&calls, first, background).await });
    }

    fn tell(&self) {
        self.news.send_modify(|news| *news += 1);
    }
}

/// A reading of all names of a class. Dropped, however that comes, it lets another one begin.
struct Reading {
    shelf: Arc<Shelf>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.shelf.lock().reading = false;
        self.shelf.tell();
    }
}

impl Reading {
    async fn run(self, calls: &Calls, first: CallContext, others: CallContext) {
        let class = self.shelf.class;
        let (mut walk, mut names, mut tries) = (class.walk(), Names::default(), 0);
        let mut pauses = Backoff::new(Duration::from_secs(1), Duration::from_secs(20));
        loop {
            let context = if walk.pages() == 0 { &first } else { &others };
            match class.page(calls, &mut walk, None, context).await {
                Ok(Some(entities)) => {
                    there(&entities).for_each(|entry| names.insert(entry));
                    tries = 0;
                    // A class of one page is whole in a moment: nobody looks a name up for that.
                    if !walk.is_done() {
                        self.page_read(walk.pages());
                    }
                }
                Ok(None) => return self.whole(calls, names, walk.pages()),
                Err(stop) => {
                    tries += 1;
                    let wait = match &stop {
                        NotDone::Later(later) => pauses.at_least(later.wait),
                        _ => pauses.pause(),
                    };
                    let last = tries >= TRIES || matches!(stop, NotDone::Refused(_));
                    self.failed(calls, stop, last);
                    if last {
                        return;
                    }
                    calls.pause(wait).await;
                }
            }
        }
    }

    fn page_read(&self, pages: u32) {
        let mut state = self.shelf.lock();
        (state.read, state.failed) = (pages, None);
        drop(state);
        self.shelf.tell();
    }

    fn whole(self, calls: &Calls, mut names: Names, pages: u32) {
        let mut state = self.shelf.lock();
        for id in std::mem::take(&mut state.gone) {
            names.remove(&id);
        }
        let believed = calls.catalogue_ttl_ms().max(u64::from(pages).saturating_mul(PAGE_BELIEVED_MS));
        state.names = Arc::new(names);
        (state.whole, state.failed) = (true, None);
        state.fresh_until_ms = calls.now().saturating_add(believed);
        state.misses.clear();
    }

    fn failed(&self, calls: &Calls, stop: NotDone, last: bool) {
        tracing::info!(class = self.shelf.class.word(), reason = %stop, last, "names could not be read");
        let mut state = self.shelf.lock();
        if last && state.whole {
            state.fresh_until_ms = calls.now().saturating_add(AGAIN_MS);
        }
        state.failed = Some(stop);
        drop(state);
        self.shelf.tell();
    }
}

fn there(entities: &[Value]) -> impl Iterator<Item = Named> {
    let there = |entity: &&Value| entity.get("state").and_then(Value::as_str) != Some("deleted");
    entities.iter().filter(there).filter_map(named)
}
