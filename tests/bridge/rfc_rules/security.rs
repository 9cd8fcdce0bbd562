//! RFC 7644 sections 2 and 7: who may come in, and what tokens are like.

use serde_json::json;

use super::bench::bench;
use crate::support::bridge::{ADMIN, SCIM};

#[tokio::test]
async fn without_a_valid_token_every_scim_address_is_401_and_names_the_scheme() {
    let bench = bench();
    for path in [
        "/scim/v2/Users",
        "/scim/v2/Groups",
        "/scim/v2/Schemas",
        "/scim/v2/Bulk",
        "/scim/v2/Me",
        "/scim/v2/.search",
    ] {
        for token in [None, Some("gsb_wrong"), Some(ADMIN)] {
            let mut request = bench.request("GET", path);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let got = bench.send(request).await;
            got.is_error(401, None);
            assert!(got.header("www-authenticate").starts_with("Bearer "), "{path} {got:?}");
        }
    }
}

#[tokio::test]
async fn a_token_opens_what_its_scope_says_and_nothing_else() {
    let bench = bench();
    for (token, path, status) in [
        (SCIM, "/scim/v2/Users", 200),
        (SCIM, "/admin/tokens", 401),
        (ADMIN, "/admin/tokens", 200),
        (ADMIN, "/scim/v2/Users", 401),
    ] {
        let got = bench.send(bench.request("GET", path).bearer_auth(token)).await;
        assert_eq!(got.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_token_that_is_made_here_cannot_be_guessed_ends_by_itself_and_is_shown_once() {
    let bench = bench();
    let wish = json!({"label": "table", "scope": "scim"});
    let make =
        bench.request("POST", "/admin/tokens").bearer_auth(ADMIN).header("content-type", "application/json");
    let made = bench.send(make.body(wish.to_string())).await;
    assert_eq!(made.status, 201, "{made:?}");
    let text = made.at("/token").as_str().unwrap();
    assert!(text.len() >= 4 + 43, "at least 256 bits behind the prefix");
    assert!(made.at("/expires_ms").as_i64().is_some(), "a lifetime although none was named: {made:?}");
    let listed = bench.send(bench.request("GET", "/admin/tokens").bearer_auth(ADMIN)).await;
    assert!(!listed.body.to_string().contains(text));
    let id = made.at("/id").as_str().unwrap();
    let gone = bench.request("DELETE", &format!("/admin/tokens/{id}")).bearer_auth(ADMIN);
    assert_eq!(bench.send(gone).await.status, 204);
}
