//! The index over the swagger document: operations, their parameters, bodies and answers, and the way from a
//! path to its operation. It reads the document after the overlay; it judges nothing.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::report::Direction;

/// The document and the index over it.
#[derive(Debug)]
pub(super) struct Description {
    document: Value,
    paths: Vec<PathEntry>,
}

#[derive(Debug)]
struct PathEntry {
    template: String,
    segments: Vec<Segment>,
    operations: Vec<Operation>,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Variable(String),
}

/// One method of one path.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) template: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answers: BTreeMap<u16, Answer>,
    /// True when the operation also gives the failures that every operation shares.
    pub(super) shared_failures: bool,
    pub(super) scim: bool,
}

impl Operation {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }
}

/// The declared request body: JSON pointer of its schema in the document.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) required: bool,
    pub(super) schema: String,
}

/// A declared answer: JSON pointer of its schema, if it has a body at all.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) schema: Option<String>,
    pub(super) body_optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Boolean,
    Array,
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// The only values the parameter takes; empty when it takes any.
    pub(super) allowed: Vec<String>,
}

/// Where a method and a path lead.
pub(super) enum Route<'a> {
    /// The operation, and the decoded values of its path variables.
    Operation(&'a Operation, Vec<(String, String)>),
    /// The path is known under this template, the method is not.
    NoMethod(&'a str),
    /// No such path.
    NoPath,
}

impl Description {
    /// Indexes a swagger 2.0 document.
    pub(super) fn new(document: Value) -> Result<Self, String> {
        if document.get("swagger").and_then(Value::as_str) != Some("2.0") {
            return Err("it does not say \"swagger\": \"2.0\"".to_owned());
        }
        let paths = document
            .get("paths")
            .and_then(Value::as_object)
            .ok_or("it has no object \"paths\"".to_owned())?;
        let mut entries = Vec::with_capacity(paths.len());
        for (template, methods) in paths {
            entries.push(path_entry(&document, template, methods)?);
        }
        Ok(Self { document, paths: entries })
    }

    pub(super) fn document(&self) -> &Value {
        &self.document
    }

    /// All operations, as `METHOD template`.
    pub(super) fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.paths.iter().flat_map(|entry| &entry.operations).map(Operation::name)
    }

    /// Direction and pointer of every schema that a body can be judged by.
    pub(super) fn schemas(&self) -> impl Iterator<Item = (Direction, String)> + '_ {
        self.paths.iter().flat_map(|entry| &entry.operations).flat_map(|operation| {
            let request = operation.body.iter().map(|body| (Direction::Request, body.schema.clone()));
            let answers = operation.answers.values().filter_map(|answer| answer.schema.clone());
            request.chain(answers.map(|schema| (Direction::Answer, schema)))
        })
    }

    /// True when every operation may answer with `status` as a shared failure.
    pub(super) fn is_shared_failure(&self, status: u16) -> bool {
        self.document
            .get("x-common-error-codes")
            .and_then(Value::as_object)
            .is_some_and(|codes| codes.contains_key(&status.to_string()))
    }

    /// Finds the operation. A path that fits several templates belongs to the one whose literal segments come
    /// first; letter case counts.
    pub(super) fn route(&self, method: &str, path: &str) -> Route<'_> {
        let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let best = self
            .paths
            .iter()
            .filter_map(|entry| fit(&entry.segments, &parts).map(|rank| (rank, entry)))
            .max_by(|(left, _), (right, _)| left.cmp(right));
        let Some((_, entry)) = best else { return Route::NoPath };
        match entry.operations.iter().find(|operation| operation.method == method) {
            Some(operation) => Route::Operation(operation, variables(&entry.segments, &parts)),
            None => Route::NoMethod(&entry.template),
        }
    }

    /// Words for a path that is not in the description, with a hint when only the letter case is wrong.
    pub(super) fn unknown_path(&self, path: &str) -> String {
        match self.route("GET", &path.to_ascii_lowercase()) {
            Route::NoPath => "no operation has this path".to_owned(),
            Route::Operation(operation, _) => {
                format!("no operation has this path; its letter case differs from {}", operation.template)
            }
            Route::NoMethod(template) => {
                format!("no operation has this path; its letter case differs from {template}")
            }
        }
    }
}

/// How well the segments fit: one flag per segment, true where a literal fits; `None` when they do not fit.
fn fit(segments: &[Segment], parts: &[&str]) -> Option<Vec<bool>> {
    if segments.len() != parts.len() {
        return None;
    }
    segments
        .iter()
        .zip(parts)
        .map(|(segment, part)| match segment {
            Segment::Literal(literal) => (literal == part).then_some(true),
            Segment::Variable(_) => (!part.is_empty()).then_some(false),
        })
        .collect()
}

fn variables(segments: &[Segment], parts: &[&str]) -> Vec<(String, String)> {
    segments
        .iter()
        .zip(parts)
        .filter_map(|(segment, part)| match segment {
            Segment::Literal(_) => None,
            Segment::Variable(name) => {
                Some((name.clone(), percent_decode_str(part).decode_utf8_lossy().into_owned()))
            }
        })
        .collect()
}

fn path_entry(document: &Value, template: &str, methods: &Value) -> Result<PathEntry, String> {
    let methods = methods.as_object().ok_or_else(|| format!("path {template} is not an object"))?;
    let segments = template
        .strip_prefix('/')
        .unwrap_or(template)
        .split('/')
        .map(|part| match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => Segment::Variable(name.to_owned()),
            None => Segment::Literal(part.to_owned()),
        })
        .collect();
    let mut operations = Vec::new();
    for (method, operation) in methods {
        let operation =
            operation.as_object().ok_or_else(|| format!("{method} {template} is not an object"))?;
        operations.push(read_operation(document, template, method, operation));
    }
    Ok(PathEntry { template: template.to_owned(), segments, operations })
}

fn read_operation(document: &Value, template: &str, method: &str, source: &Map<String, Value>) -> Operation {
    let base = format!("/paths/{}/{method}", escape(template));
    let declared = source.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let body = declared.iter().enumerate().find(|(_, parameter)| text(parameter, "in") == "body");
    let body = body.map(|(index, parameter)| Body {
        required: flag(parameter, "required"),
        schema: format!("{base}/parameters/{index}/schema"),
    });
    let empty = Map::new();
    let responses = source.get("responses").and_then(Value::as_object).unwrap_or(&empty);
    let answers = responses
        .iter()
        .filter_map(|(status, answer)| {
            let number: u16 = status.parse().ok()?;
            let schema = answer.get("schema").is_some().then(|| format!("{base}/responses/{status}/schema"));
            Some((number, Answer { schema, body_optional: flag(answer, "x-body-optional") }))
        })
        .collect();
    Operation {
        method: method.to_ascii_uppercase(),
        template: template.to_owned(),
        parameters: declared.iter().filter_map(|parameter| read_parameter(document, parameter)).collect(),
        body,
        answers,
        shared_failures: responses.contains_key("default"),
        scim: template.starts_with("/api/v2/scim/"),
    }
}

fn read_parameter(document: &Value, source: &Value) -> Option<Parameter> {
    let place = match text(source, "in") {
        "path" => Place::Path,
        "query" => Place::Query,
        "header" => Place::Header,
        _ => return None,
    };
    let kind = match text(source, "type") {
        "integer" => Kind::Integer,
        "boolean" => Kind::Boolean,
        "array" => Kind::Array,
        _ => Kind::Text,
    };
    let mut allowed = strings(source.get("enum"));
    allowed.extend(strings(source.get("items").and_then(|items| items.get("enum"))));
    if let Some(reference) = source.get("x-enum-ref").and_then(Value::as_str) {
        allowed.extend(strings(document.pointer(reference.trim_start_matches('#'))));
    }
    if !allowed.is_empty() {
        allowed.extend(source.get("default").map(plain));
    }
    Some(Parameter {
        name: text(source, "name").to_owned(),
        place,
        kind,
        required: flag(source, "required"),
        allowed,
    })
}

fn text<'a>(source: &'a Value, name: &str) -> &'a str {
    source.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn flag(source: &Value, name: &str) -> bool {
    source.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn strings(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).map(|list| list.iter().map(plain).collect()).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// One segment of an RFC 6901 pointer, escaped.
fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn small() -> Description {
        Description::new(json!({"swagger": "2.0", "paths": {
            "/users/{userId}": {"get": {"responses": {}}},
            "/users/me": {"get": {"responses": {}}},
            "/users/{userId}/state": {"get": {"responses": {}}, "put": {"responses": {}}}
        }}))
        .unwrap()
    }

    fn template(method: &str, path: &str) -> String {
        match small().route(method, path) {
            Route::Operation(operation, _) => operation.name(),
            Route::NoMethod(template) => format!("no method at {template}"),
            Route::NoPath => "no path".to_owned(),
        }
    }

    #[test]
    fn a_path_leads_to_its_operation_literal_segments_first() {
        for (method, path, expected) in [
            ("GET", "/users/me", "GET /users/me"),
            ("GET", "/users/7", "GET /users/{userId}"),
            ("PUT", "/users/me", "no method at /users/me"),
            ("PUT", "/users/7/state", "PUT /users/{userId}/state"),
            ("GET", "/users/", "no path"),
            ("GET", "/Users/7", "no path"),
            ("GET", "/users/7/state/", "no path"),
        ] {
            assert_eq!(template(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_wrong_letter_case_gets_a_hint() {
        assert!(small().unknown_path("/Users/7").contains("letter case"), "no hint");
        assert!(!small().unknown_path("/people").contains("letter case"), "false hint");
    }
}
