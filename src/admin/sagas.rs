//! `/admin/sagas`: which sagas are open or stuck, what one did and why it stopped, and the order to try
//! again.
//!
//! Shows steps in words, as `plan::explain` puts them: names of roles and queues, never values of personal
//! attributes.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use serde_json::{Value, json};

use super::state::{Administration, HandlerResult, json as answer};
use crate::limits;
use crate::model::{GrantedSet, Intent, Outcome, SagaId, SagaState, Subject, Turn};
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
    let short = |sagas: &[SagaState]| sagas.iter().map(summary).collect::<Vec<_>>();
    Ok(answer(StatusCode::OK, &json!({ "open": short(&open), "finished": short(&finished) })))
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
    Ok(answer(StatusCode::OK, &details(&saga)))
}

/// `POST /admin/sagas/{id}/redrive`: 202, the work goes on behind.
///
/// # Errors
/// 404 when there is none of that id, 409 when it is not stuck.
pub(crate) async fn redrive(req: HttpRequest, id: Path<String>, state: Administration) -> HandlerResult {
    let id = parse(&id)?;
    let saga = state.journal.load(id).await.map_err(|error| store_fault(&error))?.ok_or_else(unknown)?;
    if !saga.is_stuck() {
        return Err(ScimError::conflict(format!("This saga is not stuck, it is {}.", standing(&saga))));
    }
    state.note(&req, "saga_redriven", &id.to_string()).await?;
    state.door.redrive(id).await?;
    Ok(answer(StatusCode::ACCEPTED, &json!({ "id": id, "redriven": true })))
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
