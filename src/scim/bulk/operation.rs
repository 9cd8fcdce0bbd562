//! One operation of a bulk request, read: method, address, data, version, and the bulkIds it refers to.
//!
//! What is wrong with it is kept as its own error, since the others are done all the same (RFC 7644 section
//! 3.7). What `data` says is looked at when it is carried out.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::method::Method;
use super::reference;
use crate::model::Object;
use crate::scim::dialect::Dialect;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::value::{get, take};

/// Whom an operation changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The resource with that id.
    Id(String),
    /// The one that the operation with that bulkId makes.
    BulkId(String),
}

/// A sound operation.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) method: Method,
    pub(super) kind: ResourceKind,
    /// `None` for POST alone.
    pub(super) target: Option<Target>,
    /// Null for DELETE alone.
    pub(super) data: Value,
    /// As in `If-Match`.
    pub(super) version: Option<String>,
    /// The bulkIds that path and data refer to.
    pub(super) names: BTreeSet<String>,
}

/// An operation as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// The method as it is repeated in the response; `None` when there was no text.
    pub(super) method: Option<String>,
    pub(super) bulk_id: Option<String>,
    /// The resource whose location the response names even when the operation fails (RFC 7644 section 3.7.3).
    pub(super) address: Option<(ResourceKind, String)>,
    pub(super) task: Result<Task, ScimError>,
}

impl Operation {
    /// Reads an operation. `base` is the public address of the service, which clients may put before the
    /// path.
    pub(super) fn parse(value: Value, base: &str, dialect: Dialect) -> Self {
        let Value::Object(mut object) = value else {
            let fault = ScimError::invalid_syntax("An operation must be a JSON object with method and path.");
            return Self { method: None, bulk_id: None, address: None, task: Err(fault) };
        };
        let sent = get(&object, "method").and_then(Value::as_str).map(str::to_owned);
        let known = sent.as_deref().and_then(|sent| {
            Method::ALL.into_iter().find(|it| {
                let name = it.as_str();
                sent == name || (dialect.is_tolerant() && sent.eq_ignore_ascii_case(name))
            })
        });
        let bulk_id = text(&object, "bulkId", dialect);
        let address =
            get(&object, "path").and_then(Value::as_str).and_then(|path| match place(path, base)? {
                (kind, Some(Target::Id(id))) if known != Some(Method::Post) => Some((kind, id)),
                _ => None,
            });
        let task = match known {
            Some(method) => Task::parse(method, &mut object, base, dialect),
            None => Err(ScimError::invalid_value("method must be POST, PUT, PATCH or DELETE.")),
        };
        let method = known.map(|it| it.as_str().to_owned()).or(sent);
        match bulk_id {
            Ok(bulk_id) => Self { method, bulk_id, address, task },
            Err(fault) => Self { method, bulk_id: None, address, task: Err(fault) },
        }
    }

    /// The bulkId of what this operation makes, whether or not it can be made.
    pub(super) fn makes(&self) -> Option<&str> {
        self.bulk_id.as_deref().filter(|_| self.method.as_deref() == Some(Method::Post.as_str()))
    }
}

impl Task {
    fn parse(method: Method, object: &mut Object, base: &str, dialect: Dialect) -> Result<Self, ScimError> {
        let path = match get(object, "path") {
            Some(Value::String(path)) => path,
            _ => return Err(ScimError::invalid_value("path is missing; it must be a text as /Users/{id}.")),
        };
        let (kind, target) = place(path, base).ok_or_else(|| {
            ScimError::not_found(
                "There is no such address; bulk operations take /Users, /Groups, /Users/{id} and /Groups/{id}.",
            )
        })?;
        match (method, &target) {
            (Method::Post, Some(_)) => {
                return Err(ScimError::method_not_allowed("POST goes to /Users or /Groups, without an id."));
            }
            (Method::Put | Method::Patch | Method::Delete, None) => {
                return Err(ScimError::method_not_allowed(format!(
                    "{} needs the id of a resource in its path.",
                    method.as_str()
                )));
            }
            _ => {}
        }
        let sent = text(object, "bulkId", dialect)?;
        if method == Method::Post && sent.is_none_or(|bulk_id| bulk_id.is_empty()) {
            return Err(ScimError::invalid_value("A POST needs a bulkId, a text that no other one has."));
        }
        let version = if method == Method::Post { None } else { text(object, "version", dialect)? };
        let mut data = match (method, take(object, "data")) {
            (Method::Delete, _) => Value::Null,
            (_, None | Some(Value::Null)) => {
                return Err(ScimError::invalid_value(format!(
                    "data is missing; a {} needs the body that a single request would have.",
                    method.as_str()
                )));
            }
            (_, Some(data)) => data,
        };
        let mut names = BTreeSet::new();
        if let Some(Target::BulkId(name)) = &target {
            names.insert(name.clone());
        }
        reference::rewrite(method, &mut data, &mut |name| {
            names.insert(name.to_owned());
            None
        });
        Ok(Self { method, kind, target, data, version, names })
    }
}

/// A text, or a number that stands for one; null is nothing.
fn text(object: &Object, name: &str, dialect: Dialect) -> Result<Option<String>, ScimError> {
    match get(object, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) if dialect.is_tolerant() => Ok(Some(number.to_string())),
        Some(_) => Err(ScimError::invalid_value(format!("{name} must be a text."))),
    }
}

/// Resource type and target of a path: relative to the service, or with its address or base path before it.
fn place(path: &str, base: &str) -> Option<(ResourceKind, Option<Target>)> {
    let path = path.trim().split(['?', '#']).next()?;
    let base = base.trim_end_matches('/');
    let root = base.split_once("://").and_then(|(_, rest)| rest.get(rest.find('/')?..));
    let below = |prefix: &str| path.strip_prefix(prefix).filter(|rest| rest.starts_with('/'));
    let rest = below(base).or_else(|| root.and_then(below)).unwrap_or(path);
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let mut segments = rest.strip_suffix('/').unwrap_or(rest).split('/');
    let first = segments.next()?;
    let kind = ResourceKind::ALL.into_iter().find(|kind| kind.endpoint() == first)?;
    let Some(id) = segments.next() else { return Some((kind, None)) };
    if id.is_empty() || segments.next().is_some() {
        return None;
    }
    let id = percent_decode_str(id).decode_utf8().ok()?.into_owned();
    let target = match reference::name(&id) {
        Some(name) => Target::BulkId(name.to_owned()),
        None => Target::Id(id),
    };
    Some((kind, Some(target)))
}
