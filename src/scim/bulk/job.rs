//! The course of a bulk job: what comes next, with references replaced, and the response at the end.
//!
//! A pure state machine: [`BulkJob::next`] gives an operation, [`BulkJob::done`] or [`BulkJob::failed`] takes
//! how it went. An operation whose reference cannot be resolved is never given out. Operations themselves are
//! read in [`super::operation`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::method::Method;
use super::operation::{Operation, Target, Task};
use super::order::Order;
use super::{REQUEST_SCHEMA, RESPONSE_SCHEMA, reference};
use crate::limits;
use crate::model::Object;
use crate::scim::dialect::Dialect;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::render;
use crate::scim::value::{get, take};

/// Seconds after which what is asked for once more may go better, where nothing else is known.
const RETRY_S: u32 = 10;

/// What to do, with the permanent ids in the place of references.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Work {
    /// POST of that body.
    Create(Value),
    /// PUT of that id with that body.
    Replace(String, Value),
    /// PATCH of that id with that body.
    Patch(String, Value),
    /// DELETE of that id.
    Delete(String),
}

/// The operation to carry out now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Next {
    /// Its place in the request, from 0.
    pub index: usize,
    /// User or group.
    pub kind: ResourceKind,
    /// What to do.
    pub work: Work,
    /// The version that must be the current one, as in `If-Match`.
    pub version: Option<String>,
}

/// What became of a bulkId.
enum Made {
    Id(String),
    /// With the seconds to wait, if another try may go better.
    Failed(Option<u32>),
}

/// An operation's part of the response.
struct Entry {
    method: Option<String>,
    bulk_id: Option<String>,
    /// Whose location is named.
    address: Option<(ResourceKind, String)>,
    outcome: Option<Outcome>,
}

enum Outcome {
    Done { status: u16, tag: Option<String> },
    Failed(ScimError),
}

/// A bulk request that is being carried out.
pub(crate) struct BulkJob {
    entries: Vec<Entry>,
    tasks: Vec<Option<Result<Task, ScimError>>>,
    sequence: std::vec::IntoIter<usize>,
    made: BTreeMap<String, Made>,
    fail_on_errors: Option<u64>,
    errors: u64,
    retry_after_s: Option<u32>,
}

impl BulkJob {
    /// Reads a bulk request. `base` is the public address of the service.
    ///
    /// # Errors
    /// What is wrong with the request as a whole: `invalidSyntax` for a wrong frame, `invalidValue` for `failOnErrors`, 413 for
    /// too many operations. What is wrong with one operation is said in the response.
    pub(crate) fn parse(body: Value, base: &str, dialect: Dialect) -> Result<Self, ScimError> {
        let Value::Object(mut body) = body else {
            return Err(ScimError::invalid_syntax("A bulk request must be a JSON object with Operations."));
        };
        if !dialect.is_tolerant() {
            let listed = body.get("schemas").and_then(Value::as_array);
            if !listed.is_some_and(|urns| urns.iter().any(|urn| urn == REQUEST_SCHEMA)) {
                return Err(ScimError::invalid_syntax(format!(
                    "schemas of a bulk request must list {REQUEST_SCHEMA}."
                )));
            }
        }
        let fail_on_errors = fail_on_errors(&body, dialect)?;
        let operations = match take(&mut body, "Operations") {
            Some(Value::Array(operations)) if !operations.is_empty() => operations,
            _ => {
                return Err(ScimError::invalid_syntax(
                    "A bulk request needs Operations: an array that is not empty.",
                ));
            }
        };
        if operations.len() > limits::BULK_OPERATIONS {
            return Err(ScimError::payload_too_large(format!(
                "The number of operations ({}) exceeds the maxOperations ({}); send several bulk requests.",
                operations.len(),
                limits::BULK_OPERATIONS
            )));
        }
        let operations = operations.into_iter().map(|it| Operation::parse(it, base, dialect)).collect();
        Ok(Self::new(operations, fail_on_errors))
    }

    fn new(mut operations: Vec<Operation>, fail_on_errors: Option<u64>) -> Self {
        let entries: Vec<Entry> = operations
            .iter()
            .map(|it| Entry {
                method: it.method.clone(),
                bulk_id: it.bulk_id.clone(),
                address: it.address.clone(),
                outcome: None,
            })
            .collect();
        let mut makers: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (index, operation) in operations.iter().enumerate() {
            if let Some(name) = operation.makes() {
                makers.entry(name.to_owned()).or_default().insert(index);
            }
        }
        for operation in &mut operations {
            if let Some(fault) = fault_of(operation, &makers) {
                operation.task = Err(fault);
            }
        }
        let needs: Vec<BTreeSet<usize>> = operations
            .iter()
            .map(|it| match &it.task {
                Ok(task) => {
                    task.names.iter().filter_map(|name| makers.get(name)).flatten().copied().collect()
                }
                Err(_) => BTreeSet::new(),
            })
            .collect();
        let Order { sequence, circular } = Order::of(&needs);
        for (index, operation) in operations.iter_mut().enumerate() {
            if let (true, Ok(task)) = (circular.contains(&index), &operation.task) {
                operation.task = Err(in_a_circle(task));
            }
        }
        Self {
            entries,
            tasks: operations.into_iter().map(|it| Some(it.task)).collect(),
            sequence: sequence.into_iter(),
            made: BTreeMap::new(),
            fail_on_errors,
            errors: 0,
            retry_after_s: None,
        }
    }

    /// The next operation, or `None` when all are done or the client accepts no more errors.
    pub(crate) fn next(&mut self) -> Option<Next> {
        while self.fail_on_errors.is_none_or(|most| self.errors < most) {
            let index = self.sequence.next()?;
            let task = self.tasks.get_mut(index).and_then(Option::take)?;
            match task.and_then(|task| self.resolved(index, task)) {
                Ok(next) => return Some(next),
                Err(fault) => self.failed(index, fault),
            }
        }
        None
    }

    /// An operation was done: its HTTP status, the resource's id, its ETag if it still exists.
    pub(crate) fn done(
        &mut self,
        index: usize,
        kind: ResourceKind,
        status: u16,
        id: &str,
        tag: Option<String>,
    ) {
        let Some(entry) = self.entries.get_mut(index) else { return };
        entry.address = Some((kind, id.to_owned()));
        entry.outcome = Some(Outcome::Done { status, tag });
        if status == 201
            && let Some(name) = &entry.bulk_id
        {
            self.made.insert(name.clone(), Made::Id(id.to_owned()));
        }
    }

    /// An operation failed.
    pub(crate) fn failed(&mut self, index: usize, fault: ScimError) {
        self.errors += 1;
        if let Some(seconds) = fault.retry_after_s {
            self.retry_after(seconds);
        }
        let Some(entry) = self.entries.get_mut(index) else { return };
        let later =
            (fault.status == 429 || fault.status >= 500).then(|| fault.retry_after_s.unwrap_or(RETRY_S));
        if entry.method.as_deref() == Some("POST")
            && let Some(name) = &entry.bulk_id
        {
            self.made.insert(name.clone(), Made::Failed(later));
        }
        entry.outcome = Some(Outcome::Failed(fault));
    }

    /// Something of the answer is not final yet: the client may look again after so many seconds.
    pub(crate) fn retry_after(&mut self, seconds: u32) {
        self.retry_after_s = self.retry_after_s.max(Some(seconds));
    }

    /// Whole seconds for `Retry-After`, if anything may go better later.
    pub(crate) fn retry_after_s(&self) -> Option<u32> {
        self.retry_after_s
    }

    /// The errors so far, in the order of the request.
    pub(crate) fn faults(&self) -> impl Iterator<Item = &ScimError> {
        self.entries.iter().filter_map(|entry| match &entry.outcome {
            Some(Outcome::Failed(fault)) => Some(fault),
            _ => None,
        })
    }

    /// The response: what was processed, in the order of the request (RFC 7644 section 3.7.3). After
    /// `failOnErrors` the rest is left out.
    pub(crate) fn response(&self, base: &str) -> Value {
        let operations: Vec<Value> = self.entries.iter().filter_map(|entry| entry.to_json(base)).collect();
        json!({"schemas": [RESPONSE_SCHEMA], "Operations": operations})
    }

    /// Puts permanent ids into a task.
    fn resolved(&mut self, index: usize, task: Task) -> Result<Next, ScimError> {
        let Task { method, kind, target, mut data, version, names } = task;
        for name in &names {
            self.id_of(name)?;
        }
        reference::rewrite(method, &mut data, &mut |name| self.id_of(name).ok().map(str::to_owned));
        let id = match target {
            None => String::new(),
            Some(Target::Id(id)) => id,
            Some(Target::BulkId(name)) => self.id_of(&name)?.to_owned(),
        };
        if method != Method::Post
            && let Some(entry) = self.entries.get_mut(index)
        {
            entry.address = Some((kind, id.clone()));
        }
        let work = match method {
            Method::Post => Work::Create(data),
            Method::Put => Work::Replace(id, data),
            Method::Patch => Work::Patch(id, data),
            Method::Delete => Work::Delete(id),
        };
        Ok(Next { index, kind, work, version })
    }

    fn id_of(&self, name: &str) -> Result<&str, ScimError> {
        match self.made.get(name) {
            Some(Made::Id(id)) => Ok(id),
            Some(Made::Failed(Some(seconds))) => Err(ScimError::unavailable(
                *seconds,
                format!(
                    "bulkId {} was not made yet, so this operation was not begun; send both again.",
                    short(name)
                ),
            )),
            Some(Made::Failed(None)) | None => Err(ScimError::conflict(format!(
                "bulkId {} cannot be resolved: its operation failed, so this one was not begun.",
                short(name)
            ))),
        }
    }
}

impl Entry {
    fn to_json(&self, base: &str) -> Option<Value> {
        let outcome = self.outcome.as_ref()?;
        let mut out = Object::new();
        if let Some((kind, id)) = &self.address {
            out.insert("location".into(), render::location(base, *kind, id).into());
        }
        for (key, text) in [("method", &self.method), ("bulkId", &self.bulk_id)] {
            if let Some(text) = text {
                out.insert(key.into(), text.clone().into());
            }
        }
        match outcome {
            Outcome::Done { status, tag } => {
                if let Some(tag) = tag {
                    out.insert("version".into(), tag.clone().into());
                }
                out.insert("status".into(), status.to_string().into());
            }
            Outcome::Failed(fault) => {
                out.insert("status".into(), fault.status.to_string().into());
                out.insert("response".into(), fault.to_json());
            }
        }
        Some(Value::Object(out))
    }
}

fn fail_on_errors(body: &Object, dialect: Dialect) -> Result<Option<u64>, ScimError> {
    let number = match get(body, "failOnErrors") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if dialect.is_tolerant() => text.trim().parse().ok(),
        Some(other) => other.as_u64(),
    };
    match number {
        Some(number) if number >= 1 => Ok(Some(number)),
        _ => Err(ScimError::invalid_value("failOnErrors must be a whole number of at least 1.")),
    }
}

/// What makes an operation impossible from the start, seen beside the others.
fn fault_of(operation: &Operation, makers: &BTreeMap<String, BTreeSet<usize>>) -> Option<ScimError> {
    let task = operation.task.as_ref().ok()?;
    let twice = |name: &&str| makers.get(*name).is_some_and(|all| all.len() > 1);
    if let Some(name) = operation.makes().filter(twice) {
        return Some(ScimError::invalid_value(format!(
            "bulkId {} stands at more than one POST; it must be unique within the request.",
            short(name)
        )));
    }
    let unknown = task.names.iter().find(|name| !makers.contains_key(*name))?;
    Some(ScimError::invalid_value(format!(
        "bulkId {} cannot be resolved: no POST of this request has it.",
        short(unknown)
    )))
}

fn in_a_circle(task: &Task) -> ScimError {
    let names: Vec<String> = task.names.iter().take(limits::BULK_IDS_SHOWN).map(|name| short(name)).collect();
    ScimError::conflict(format!(
        "The references of this operation ({}) lead in a circle; leave one out and add it with a PATCH afterwards.",
        names.join(", ")
    ))
}

/// A bulkId as errors show it.
fn short(name: &str) -> String {
    format!("\"{}\"", name.chars().take(limits::BULK_ID_SHOWN_CHARS).collect::<String>())
}
