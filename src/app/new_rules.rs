//! Has everybody looked at under rules that somebody sends: on a thread of its own, for one at a time, line by line to
//! whoever asked.
//!
//! The walk is `bridge::new_rules`, the form of the rules `config`. A client that does not read stops the walk, and is
//! cut off as any other is.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::bridge::new_rules::{Line, Walk};
use crate::config::{Problem, rules_of_json};
use crate::entitlements::{RuleSet, judge};
use crate::model::StoreError;
use crate::scim::error::ScimError;
use crate::scim::store_fault::store_fault;

/// Seconds after which the next one may ask: a walk over a hundred thousand people takes some of them.
const AGAIN_S: u32 = 10;
/// Parts of the answer that wait for the client.
const WAITING: usize = 4;

/// Tries rules out.
pub(super) struct NewRules {
    engine: tokio::runtime::Handle,
    stop: CancellationToken,
    place: Arc<Semaphore>,
}

impl NewRules {
    pub(super) fn new(engine: tokio::runtime::Handle, stop: CancellationToken) -> Self {
        Self { engine, stop, place: Arc::new(Semaphore::new(1)) }
    }

    /// Begins with the `walk` under the rules that were sent. What is received is lines of JSON, the last of which holds
    /// the sums, or why there are none.
    ///
    /// # Errors
    /// 400 with the place of what is wrong with the rules, 429 while somebody else's are tried out.
    pub(super) async fn begin(
        &self,
        body: &Value,
        walk: impl AsyncFnOnce(RuleSet) -> Result<Walk, StoreError>,
    ) -> Result<Receiver<Bytes>, ScimError> {
        let rules = read(body)?;
        let lines = body.get("lines").and_then(Value::as_bool).unwrap_or(false);
        let place = Arc::clone(&self.place).try_acquire_owned().map_err(|_| {
            let why = "Other rules are being tried out just now; one walk over everybody is made at a time.";
            ScimError::too_many_requests(AGAIN_S, why)
        })?;
        let walk = walk(rules).await.map_err(|error| store_fault(&error))?;
        let (to, from) = channel(WAITING);
        let (here, stop) = (self.engine.clone(), self.stop.clone());
        let work = Work { walk, lines, to, stop, _place: place };
        // Not on a thread of the engine: all of it is reading and comparing.
        self.engine.spawn_blocking(move || here.block_on(work.carry_out()));
        Ok(from)
    }
}

fn read(body: &Value) -> Result<RuleSet, ScimError> {
    let wrong = |problems: Vec<Problem>| {
        let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
        ScimError::invalid_value(lines.join("\n"))
    };
    let rules = rules_of_json(body.get("rules").unwrap_or(&Value::Null)).map_err(wrong)?;
    let problems = judge(&rules);
    if !problems.is_empty() {
        return Err(wrong(problems));
    }
    RuleSet::compile(&rules).map_err(|error| ScimError::invalid_value(error.to_string()))
}

struct Work {
    walk: Walk,
    /// Whether each difference is wanted, not only the sums.
    lines: bool,
    to: Sender<Bytes>,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Work {
    async fn carry_out(mut self) {
        while !self.stop.is_cancelled() {
            let (part, last) = match self.walk.next().await {
                Ok(Some(page)) if self.lines => (page.iter().flat_map(line).collect(), false),
                Ok(Some(_)) => (Vec::new(), false),
                Ok(None) => (text(&json!({ "totals": self.walk.told() })), true),
                Err(error) => (text(&json!({ "error": error.to_string() })), true),
            };
            if !self.send(part).await || last {
                return;
            }
        }
    }

    /// False: nobody reads on, or the process stops.
    async fn send(&self, part: Vec<u8>) -> bool {
        if part.is_empty() {
            return !self.to.is_closed();
        }
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            sent = self.to.send(Bytes::from(part)) => sent.is_ok(),
        }
    }
}

fn line(line: &Line) -> Vec<u8> {
    text(&json!(line))
}

fn text(value: &Value) -> Vec<u8> {
    let mut text = value.to_string().into_bytes();
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::new_rules::{House, InForce};
    use crate::directory::Directory;
    use crate::directory::crowd_tests::{Somebody, fill};
    use crate::model::GrantedSet;
    use crate::model::ports::Store;
    use crate::store::MemoryStore;
    use crate::store::samples::{object, tenant};

    const EVERYBODY: &str = "active eq true";

    fn body(when: &str) -> Value {
        json!({ "rules": [{ "name": "r", "when": when, "queues": ["VIP"] }], "lines": true })
    }

    /// A directory whose lines do not fit into what waits for a client.
    async fn directory() -> Arc<Directory> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let directory = Arc::new(Directory::new(tenant(), Arc::clone(&store)));
        let somebody = |n: u32| Somebody {
            document: object(json!({ "userName": format!("u{n}@aurora.example"), "active": true })),
            managed: true,
            groups: vec![],
            granted: GrantedSet::new(),
        };
        fill(&directory, store.as_ref(), 0, 2_000, &somebody).await;
        directory
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn one_walk_is_made_at_a_time_and_whoever_leaves_makes_room() {
        let directory = directory().await;
        let new_rules = NewRules::new(tokio::runtime::Handle::current(), CancellationToken::new());
        let begin = async || {
            let walk = async |rules| {
                Walk::new(Arc::clone(&directory), House::default(), rules, InForce::Noted).await
            };
            new_rules.begin(&body(EVERYBODY), walk).await
        };
        let mut first = begin().await.unwrap();
        assert!(first.recv().await.is_some());
        let second = begin().await.unwrap_err();
        assert_eq!((second.status, second.retry_after_s), (429, Some(AGAIN_S)));
        drop(first);
        drop(new_rules.place.acquire().await);
        let mut third = begin().await.unwrap();
        let mut text = Vec::new();
        while let Some(part) = third.recv().await {
            text.extend(part);
        }
        let lines: Vec<Value> = String::from_utf8(text)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!((lines.len(), &lines[2_000]["totals"]["gains"]), (2_001, &2_000.into()));
        assert_eq!((&lines[0]["what"], &lines[0]["change"]), (&"queue VIP".into(), &"gain".into()));
    }

    #[tokio::test]
    async fn rules_that_cannot_be_used_are_refused_with_their_place_before_anybody_is_looked_at() {
        let new_rules = NewRules::new(tokio::runtime::Handle::current(), CancellationToken::new());
        let table = [
            (json!({}), "rules: is not a list"),
            (body("title is \"Agent\""), "rule 1 \"r\", key when: "),
            (body("meta.created pr"), "rule 1 \"r\", key when: meta is no part"),
            (json!({ "rules": [{ "name": "r", "when": EVERYBODY }] }), "rule 1 \"r\": gives nothing"),
        ];
        for (body, said) in table {
            let refused = new_rules.begin(&body, async |_| panic!("nobody walks")).await.unwrap_err();
            assert!(refused.status == 400 && refused.detail.starts_with(said), "{refused}");
        }
    }
}
