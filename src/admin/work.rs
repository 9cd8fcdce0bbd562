//! `/admin/work`: who may not be as it should be, why, what the last try came to and when the next one is;
//! and the orders to try at once, or to let it be.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::state::{Administration, Caller, HandlerResult, json as answer};
use crate::directory::work::{Work, WorkReason, group_of};
use crate::limits;
use crate::model::UserId;
use crate::scim::error::ScimError;
use crate::scim::store_fault::store_fault;

/// A record as it is shown.
pub(crate) fn shown(work: &Work) -> Value {
    let reasons: Vec<Value> = work
        .reasons
        .iter()
        .map(|(reason, since_ms)| json!({ "reason": reason.as_str(), "since_ms": since_ms }))
        .collect();
    json!({
        "user": work.user,
        "group": group_of(&work.user),
        "reasons": reasons,
        "since_ms": work.since_ms(),
        "not_before_ms": work.not_before_ms,
        "attempts": work.attempts,
        "last": work.last,
    })
}

/// `GET /admin/work`: records by user id, at most as many as one answer has; `?after=ID` the next ones.
///
/// # Errors
/// A damaged record.
pub(crate) async fn list(req: HttpRequest, state: Administration) -> HandlerResult {
    let after = req.query_string().split('&').find_map(|part| part.strip_prefix("after="));
    let after = after.map(|id| UserId::new(percent_decode_str(id).decode_utf8_lossy()));
    let works = state.directory.works(after.as_ref(), limits::WORK_LISTED).await;
    let works = works.map_err(|error| store_fault(&error))?;
    let works: Vec<Value> = works.iter().map(shown).collect();
    Ok(answer(StatusCode::OK, &json!({ "work": works })))
}

/// `GET /admin/work/{user}`.
///
/// # Errors
/// 404 when there is none for this user.
pub(crate) async fn show(user: Path<String>, state: Administration) -> HandlerResult {
    let work = state.directory.work(&UserId::new(user.as_str())).await;
    let work = work.map_err(|error| store_fault(&error))?.ok_or_else(nothing)?;
    Ok(answer(StatusCode::OK, &shown(&work)))
}

/// `POST /admin/work/{user}/retry`: 202, the user is recomputed as soon as it is its turn, also where there
/// was nothing to do.
///
/// # Errors
/// 404 when there is no such user.
pub(crate) async fn retry(user: Path<String>, state: Administration, caller: Caller) -> HandlerResult {
    let user = UserId::new(user.as_str());
    if !state.door.retry_work(user.clone(), caller.0).await? {
        return Err(ScimError::not_found("There is no user with this id that the bridge manages."));
    }
    Ok(answer(StatusCode::ACCEPTED, &json!({ "user": user, "reason": WorkReason::Asked })))
}

/// `DELETE /admin/work/{user}`: what is not there stays so until the user is changed.
///
/// # Errors
/// 404 when there is none for this user.
pub(crate) async fn remove(user: Path<String>, state: Administration, caller: Caller) -> HandlerResult {
    let user = UserId::new(user.as_str());
    if !state.door.drop_work(user.clone(), caller.0).await? {
        return Err(nothing());
    }
    Ok(answer(StatusCode::OK, &json!({ "user": user, "dropped": true })))
}

fn nothing() -> ScimError {
    ScimError::not_found("There is no work for this user.")
}
