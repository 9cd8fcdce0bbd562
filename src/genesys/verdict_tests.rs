//! Table of answers and judgements: every row of the verdict rules, for each nature of call.
//!
//! The rules themselves are in `verdict.rs`.

use serde_json::json;

use super::*;
use crate::genesys::request::HttpMethod;

fn call(nature: Nature) -> HttpCall {
    HttpCall::new("probe", nature, HttpMethod::Post, &["x"]).body(json!({"userName": "ada@example.com"}))
}

fn answered(status: u16, body: &str) -> Sent {
    Sent::Answered(HttpAnswer { status, body: body.as_bytes().to_vec(), ..HttpAnswer::default() })
}

fn word(judgement: &Judgement) -> String {
    match judgement {
        Judgement::Done(_) => "done".into(),
        Judgement::Absent => "absent".into(),
        Judgement::Refused(refusal) => format!("refused {:?}", refusal.kind),
        Judgement::Later(_) => "later".into(),
        Judgement::Limited(_, later) => format!("limited {}", later.wait.as_secs()),
        Judgement::Unknown(_) => "unknown".into(),
        Judgement::Conflict(_) => "conflict".into(),
        Judgement::Token(_) => "token".into(),
    }
}

#[test]
fn every_status_has_its_judgement_by_nature() {
    const STALE: &str = r#"{"code":"general.conflict","message":"The version supplied does not match the current version of the user"}"#;
    const TAKEN: &str = r#"{"scimType":"uniqueness","status":"409","detail":"taken"}"#;
    const PLAIN: &str = r#"{"code":"general.conflict","message":"conflict"}"#;
    const BAD: &str = r#"{"code":"bad.request","message":"no"}"#;
    use Nature::{Change, Create, Read, Removal};
    let rows = [
        (200, "{}", Create, "done"),
        (204, "", Removal, "done"),
        (401, BAD, Change, "token"),
        (403, BAD, Change, "refused Permission"),
        (404, BAD, Removal, "absent"),
        (404, BAD, Change, "refused NotFound"),
        (404, BAD, Read, "refused NotFound"),
        (400, BAD, Change, "refused Validation"),
        (400, STALE, Change, "conflict"),
        (400, STALE, Removal, "conflict"),
        (409, STALE, Change, "conflict"),
        (400, r#"{"scimType":"invalidVers"}"#, Change, "conflict"),
        (409, TAKEN, Create, "refused Uniqueness"),
        (409, TAKEN, Change, "refused Uniqueness"),
        (400, PLAIN, Create, "refused Uniqueness"),
        (409, "", Create, "refused Uniqueness"),
        (409, PLAIN, Change, "conflict"),
        (409, "", Change, "conflict"),
        (400, r#"{"code":"group.name.in.use"}"#, Change, "refused Uniqueness"),
        (
            400,
            r#"{"code":"bad.request","message":"unknown version of schema"}"#,
            Change,
            "refused Validation",
        ),
        (400, r#"{"code":"general.resource.not.found"}"#, Change, "refused NotFound"),
        (412, "", Change, "conflict"),
        (413, BAD, Change, "refused Validation"),
        (429, "", Read, "limited 5"),
        (408, "", Change, "unknown"),
        (500, "", Change, "unknown"),
        (502, "<html>", Create, "unknown"),
        (503, BAD, Removal, "unknown"),
        (503, BAD, Read, "later"),
        (504, "", Read, "later"),
        (302, "", Read, "refused Other"),
    ];
    for (status, body, nature, expected) in rows {
        let judged = judge(&call(nature), answered(status, body));
        assert_eq!(word(&judged), expected, "{status} {body} {nature:?}");
    }
}

#[test]
fn an_unsent_call_is_later_and_a_lost_write_is_unknown() {
    let rows = [
        (Nature::Create, Sent::NotSent("refused".into()), "later"),
        (Nature::Create, Sent::Lost("reset".into()), "unknown"),
        (Nature::Removal, Sent::Lost("time-out".into()), "unknown"),
        (Nature::Read, Sent::Lost("time-out".into()), "later"),
    ];
    for (nature, sent, expected) in rows {
        assert_eq!(word(&judge(&call(nature), sent.clone())), expected, "{nature:?} {sent:?}");
    }
}

#[test]
fn retry_after_is_obeyed_within_reason() {
    for (seconds, expected) in [(Some(42), 42), (Some(999_999), 300), (None, 5)] {
        let answer = HttpAnswer { status: 429, retry_after: seconds, ..HttpAnswer::default() };
        match judge(&call(Nature::Change), Sent::Answered(answer)) {
            Judgement::Limited(_, later) => assert_eq!(later.wait.as_secs(), expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_refusal_names_code_correlation_and_cure_and_no_person() {
    let answer = HttpAnswer {
        status: 403,
        correlation_id: Some("corr-1".into()),
        body: br#"{"code":"missing.permissions","message":"ada@example.com needs [directory:user:add]"}"#
            .to_vec(),
        ..HttpAnswer::default()
    };
    let refusal = refusal(&call(Nature::Create), &answer, RefusalKind::Permission);
    assert_eq!(refusal.code, "missing.permissions");
    assert_eq!(refusal.correlation_id.as_deref(), Some("corr-1"));
    assert!(refusal.detail.contains("[directory:user:add]"), "{}", refusal.detail);
    assert!(refusal.detail.contains("OAuth client's role"), "{}", refusal.detail);
    assert!(!refusal.detail.contains("ada"), "{}", refusal.detail);
}

#[test]
fn a_change_that_sets_a_name_takes_a_bare_conflict_for_a_taken_name_and_a_version_for_a_version() {
    let naming = call(Nature::Change).naming(true);
    assert_eq!(word(&judge(&naming, answered(409, ""))), "refused Uniqueness");
    let stale = r#"{"code":"general.conflict","message":"The version number of the modified resource must match the version number in the database"}"#;
    assert_eq!(word(&judge(&naming, answered(409, stale))), "conflict");
}

#[test]
fn a_conflict_that_does_not_end_is_later_only_if_it_may_be_about_versions() {
    let rows = [
        (409, "", true),
        (400, r#"{"scimType":"invalidVers"}"#, true),
        (409, r#"{"code":"general.conflict","message":"conflict"}"#, true),
        (409, r#"{"code":"x.y","message":"The version number must match"}"#, true),
        (409, r#"{"code":"bulk.move.unable.to.move","message":"One object failed to be moved"}"#, false),
    ];
    for (status, body, expected) in rows {
        match judge(&call(Nature::Change), answered(status, body)) {
            Judgement::Conflict(refusal) => assert_eq!(may_pass(&refusal), expected, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}
