//! `/admin/resync`: begins a run that looks back at Genesys, tells how far runs are, and shows their reports.
//!
//! The runs themselves are `resync`. Reports name people by id and userName and show no value of an attribute.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Path};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::state::{Administration, Caller, HandlerResult, json as answer};
use crate::limits;
use crate::model::{DriftClass, UserId};
use crate::resync::{Asked, Line, Mode, Run, Scope};
use crate::scim::error::ScimError;
use crate::scim::store_fault::store_fault;

/// What a run is asked for with; an empty body is a report about everybody.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Only this user, by id.
    user: Option<String>,
    /// What is done about differences.
    #[serde(default)]
    mode: Mode,
    /// Whether a repair may change however many people.
    #[serde(default)]
    many: bool,
}

/// `POST`: begins a run and answers 202 with its record, in which stands what it will cost.
///
/// # Errors
/// 409 while another one is under way, 404 for a user that the bridge does not manage.
pub(crate) async fn begin(
    body: Bytes,
    req: HttpRequest,
    state: Administration,
    caller: Caller,
) -> HandlerResult {
    let wanted: Wanted = match body.trim_ascii() {
        b"" => Wanted::default(),
        text => serde_json::from_slice(text).map_err(|_| not_understood())?,
    };
    let scope = wanted.user.clone().map_or(Scope::All, Scope::User);
    state.note(&req, "resync", wanted.user.as_deref().unwrap_or("-")).await?;
    let run =
        state.door.begin_resync(Asked { scope, mode: wanted.mode, many: wanted.many }, caller.0).await?;
    Ok(answer(StatusCode::ACCEPTED, &json!(run)))
}

fn not_understood() -> ScimError {
    ScimError::invalid_value(
        "The body must be empty, or an object with \"user\": the id of a user, or \"mode\": \"report\" or \"repair\", or \"many\": true.",
    )
}

/// `GET`: the runs that are kept, newest first.
///
/// # Errors
/// A damaged record.
pub(crate) async fn list(state: Administration) -> HandlerResult {
    let runs = state.runs.list().await.map_err(|error| store_fault(&error))?;
    Ok(answer(StatusCode::OK, &json!({ "runs": runs })))
}

/// `GET {id}`: one run.
///
/// # Errors
/// 404 when there is none with this id.
pub(crate) async fn show(id: Path<String>, state: Administration) -> HandlerResult {
    Ok(answer(StatusCode::OK, &json!(run_of(&state, &id).await?)))
}

/// `DELETE {id}`: cancels it, 202; it ends before its next page or look.
///
/// # Errors
/// 404 when there is none with this id, 409 when it is over.
pub(crate) async fn cancel(id: Path<String>, req: HttpRequest, state: Administration) -> HandlerResult {
    let run = run_of(&state, &id).await?;
    state.note(&req, "resync_cancelled", &id).await?;
    if run.is_over() || !state.door.cancel_resync(&id) {
        return Err(ScimError::conflict("The run is over; there is nothing to cancel."));
    }
    Ok(answer(StatusCode::ACCEPTED, &json!(run)))
}

/// `GET {id}/differences`: lines of its report, the gravest first; `class` chooses one class, `after` is the `next` of
/// the page before.
///
/// # Errors
/// 404 when there is no run with this id, 400 for a class that there is not.
pub(crate) async fn differences(id: Path<String>, req: HttpRequest, state: Administration) -> HandlerResult {
    run_of(&state, &id).await?;
    let class = match parameter(&req, "class") {
        Some(word) => Some(class_of(&word)?),
        None => None,
    };
    let after = parameter(&req, "after");
    let lines = state.runs.lines(&id, class, after.as_deref().map(str::as_bytes), limits::RESYNC_LINES).await;
    let lines = lines.map_err(|error| store_fault(&error))?;
    let full = lines.len() >= limits::RESYNC_LINES;
    let next = lines.last().filter(|_| full).map(|(key, _)| String::from_utf8_lossy(key).into_owned());
    let mut shown = Vec::with_capacity(lines.len());
    for (_, line) in &lines {
        shown.push(with_name(&state, line).await?);
    }
    Ok(answer(StatusCode::OK, &json!({ "differences": shown, "next": next })))
}

async fn with_name(state: &Administration, line: &Line) -> Result<Value, ScimError> {
    let user = state.directory.get_user(&UserId::new(line.user.as_str())).await;
    let user = user.map_err(|error| store_fault(&error))?;
    let name = user.and_then(|user| user.document.get("userName").cloned()).unwrap_or_default();
    let mut shown = json!(line);
    if let Some(object) = shown.as_object_mut() {
        object.insert("userName".to_owned(), name);
    }
    Ok(shown)
}

async fn run_of(state: &Administration, id: &str) -> Result<Run, ScimError> {
    let run = state.runs.get(id).await.map_err(|error| store_fault(&error))?;
    run.ok_or_else(|| ScimError::not_found("There is no resync with this id."))
}

fn class_of(word: &str) -> Result<DriftClass, ScimError> {
    let found = DriftClass::ALL.into_iter().find(|class| class.as_str() == word);
    found.ok_or_else(|| {
        let all: Vec<&str> = DriftClass::ALL.iter().map(|class| class.as_str()).collect();
        ScimError::invalid_value(format!("class must be one of {}.", all.join(", ")))
    })
}

fn parameter(req: &HttpRequest, name: &str) -> Option<String> {
    let pairs = req.query_string().split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}
