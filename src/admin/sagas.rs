//! `/admin/sagas`: which sagas are open or stuck, what one did and why it stopped, and the orders to try
//! again, to go back, or to give a step up. What an order would lead to is told by GET, and done by POST.
//!
//! Shows steps in words, as `plan::explain` puts them: names of roles and queues, never values of personal
//! attributes.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use serde_json::{Value, json};

use super::state::{Administration, Caller, HandlerResult, json as answer};
use crate::bridge::Intervention;
use crate::limits;
use crate::model::{GrantedSet, Intent, Outcome, SagaId, SagaState, StepId, Subject, Turn};
use crate::plan::explain;
use crate::scim::error::ScimError;
use crate::scim::store_fault::store_fault;

/// Where a saga stands, in one word.
pub(crate) fn standing(saga: &SagaState) -> &'static str {
    match saga.turns.last() {
        None => "open",
        Some(Turn::Acknowledged { .. }) => "acknowledged",
        Some(Turn::Undoing { .. }) => "undoing",
        Some(Turn::Stuck { .. }) => "stuck",
        Some(Turn::HandedOver { .. } | Turn::Finished(Outcome::HandedOver)) => "handed over",
        Some(Turn::Finished(Outcome::Committed { failures, .. })) if failures.is_empty() => "committed",
        Some(Turn::Finished(Outcome::Committed { .. })) => "committed with failures",
        Some(Turn::Finished(Outcome::RolledBack { .. })) => "rolled back",
    }
}

/// A saga in short.
pub(crate) fn summary(saga: &SagaState) -> Value {
    let opened = &saga.opened;
    json!({
        "id": opened.id,
        "state": standing(saga),
        "kind": opened.plan.kind,
        "about": about(&opened.about),
        "subject": opened.subject,
        "steps": opened.plan.steps.len(),
        "opened_ms": opened.opened_ms,
        "by": opened.cause.by,
        "credential": opened.cause.credential,
        "request": opened.cause.request,
    })
}

/// A saga in full: its steps in words and its turns.
pub(crate) fn details(saga: &SagaState) -> Value {
    let none = GrantedSet::new();
    let granted = match &saga.opened.intent {
        Intent::PutUser { granted, .. } => granted,
        _ => &none,
    };
    let text = explain(&saga.opened.plan, granted);
    let steps: Vec<&str> = text.lines().map(str::trim).collect();
    let mut body = summary(saga);
    if let Some(object) = body.as_object_mut() {
        object.insert("plan".to_owned(), json!(steps));
        object.insert("turns".to_owned(), json!(saga.turns));
    }
    body
}

fn about(subject: &Subject) -> Value {
    match subject {
        Subject::User(id) => json!({ "user": id }),
        Subject::Group { id, genesys } => json!({ "group": id, "genesys": genesys }),
    }
}

/// `GET /admin/sagas`: open ones, stuck ones first; `?finished=N` adds the newest N finished ones.
///
/// # Errors
/// A damaged record.
pub(crate) async fn list(req: HttpRequest, state: Administration) -> HandlerResult {
    let mut open = state.journal.open_sagas().await.map_err(|error| store_fault(&error))?;
    open.sort_by_key(|saga| !saga.is_stuck());
    let finished = match finished_wanted(req.query_string()) {
        0 => Vec::new(),
        wanted => state.journal.finished(wanted).await.map_err(|error| store_fault(&error))?,
    };
    let open: Vec<Value> = open.iter().map(|saga| with_tries(&state, saga, summary(saga))).collect();
    let finished: Vec<Value> = finished.iter().map(summary).collect();
    Ok(answer(StatusCode::OK, &json!({ "open": open, "finished": finished })))
}

fn finished_wanted(query: &str) -> usize {
    let wanted = query.split('&').find_map(|part| part.strip_prefix("finished="));
    wanted.and_then(|text| text.parse().ok()).unwrap_or(0).min(limits::SAGAS_LISTED)
}

/// `GET /admin/sagas/{id}`.
///
/// # Errors
/// 404 when there is none of that id.
pub(crate) async fn show(id: Path<String>, state: Administration) -> HandlerResult {
    let saga =
        state.journal.load(parse(&id)?).await.map_err(|error| store_fault(&error))?.ok_or_else(unknown)?;
    Ok(answer(StatusCode::OK, &with_tries(&state, &saga, details(&saga))))
}

/// Adds to an open saga whether somebody works on it, and what the last tries came to.
fn with_tries(state: &Administration, saga: &SagaState, mut body: Value) -> Value {
    if let Some(object) = body.as_object_mut().filter(|_| !saga.is_finished()) {
        let tries = state.door.tries(saga.opened.id);
        object.insert("at_work".to_owned(), json!(tries.is_some()));
        object.insert("tries".to_owned(), tries.unwrap_or_else(|| json!([])));
    }
    body
}

/// `POST /admin/sagas/{id}/redrive`: 202, the work goes on behind. For a stuck saga, and for one on which
/// nobody works.
///
/// # Errors
/// 404 when there is none of that id, 409 when it is at work or has ended.
pub(crate) async fn redrive(id: Path<String>, state: Administration, caller: Caller) -> HandlerResult {
    let id = parse(&id)?;
    let saga = state.journal.load(id).await.map_err(|error| store_fault(&error))?.ok_or_else(unknown)?;
    if saga.is_finished() {
        return Err(ScimError::conflict(format!("This saga is not stuck, it is {}.", standing(&saga))));
    }
    state.door.intervene(id, Intervention::Redrive, caller.0).await?;
    Ok(answer(StatusCode::ACCEPTED, &json!({ "id": id, "redriven": true })))
}

/// `GET /admin/sagas/{id}/abort`: what aborting it would lead to.
///
/// # Errors
/// 404 when there is none of that id, 409 when it cannot be aborted.
pub(crate) async fn foresee_abort(id: Path<String>, state: Administration) -> HandlerResult {
    let found = state.door.foresee(parse(&id)?, Intervention::Abort).await?;
    Ok(answer(StatusCode::OK, &json!(found)))
}

/// `POST /admin/sagas/{id}/abort`: 202, the work goes on behind.
///
/// # Errors
/// As [`foresee_abort`].
pub(crate) async fn abort(id: Path<String>, state: Administration, caller: Caller) -> HandlerResult {
    let found = state.door.intervene(parse(&id)?, Intervention::Abort, caller.0).await?;
    Ok(answer(StatusCode::ACCEPTED, &json!(found)))
}

/// `GET /admin/sagas/{id}/steps/{step}/give-up`: what giving the step up would lead to. Steps count from 1.
///
/// # Errors
/// 404 when there is no such saga, 409 when the step cannot be given up.
pub(crate) async fn foresee_give_up(at: Path<(String, u16)>, state: Administration) -> HandlerResult {
    let (id, asked) = give_up_of(&at)?;
    Ok(answer(StatusCode::OK, &json!(state.door.foresee(id, asked).await?)))
}

/// `POST /admin/sagas/{id}/steps/{step}/give-up`: 202, the work goes on behind.
///
/// # Errors
/// As [`foresee_give_up`].
pub(crate) async fn give_up(at: Path<(String, u16)>, state: Administration, caller: Caller) -> HandlerResult {
    let (id, asked) = give_up_of(&at)?;
    let found = state.door.intervene(id, asked, caller.0).await?;
    Ok(answer(StatusCode::ACCEPTED, &json!(found)))
}

fn give_up_of(at: &(String, u16)) -> Result<(SagaId, Intervention), ScimError> {
    // Step 0 does not exist: 65,536 does not either.
    Ok((parse(&at.0)?, Intervention::GiveUp(StepId(at.1.wrapping_sub(1)))))
}

fn parse(id: &str) -> Result<SagaId, ScimError> {
    SagaId::parse(id).ok_or_else(unknown)
}

fn unknown() -> ScimError {
    ScimError::not_found("There is no saga with this id.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_finished_sagas_is_bounded_and_defaults_to_none() {
        for (query, wanted) in [
            ("", 0),
            ("finished=7", 7),
            ("a=b&finished=9", 9),
            ("finished=x", 0),
            ("finished=999999", limits::SAGAS_LISTED),
        ] {
            assert_eq!(finished_wanted(query), wanted, "{query}");
        }
    }
}
