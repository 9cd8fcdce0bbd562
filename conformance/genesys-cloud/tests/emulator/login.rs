//! Tokens, rights, rate and error bodies.

use genesys_cloud_emulator::{Options, SeedFile};
use serde_json::json;

use crate::client::{Api, SCIM_USERS, calm, read};

#[tokio::test]
async fn a_token_is_given_for_client_credentials_only() {
    let api = Api::calm().await;
    let good = api.sign_in().await;
    assert_eq!(good.status, 200);
    assert_eq!(good.body["token_type"], "bearer");
    assert_eq!(good.body["expires_in"], 86_400);
    let url = format!("{}/oauth/token", api.cloud.login_base());
    for (secret, form, status, error) in [
        ("wrong", "grant_type=client_credentials", 401, "invalid_client"),
        (api.cloud.client_secret(), "grant_type=password", 400, "unsupported_grant_type"),
        (api.cloud.client_secret(), "", 400, "unsupported_grant_type"),
    ] {
        let request = api.http.post(&url).basic_auth(api.cloud.client_id(), Some(secret)).body(form);
        let got = read(request.send().await.unwrap()).await;
        assert_eq!(got.status, status, "{form}");
        assert_eq!(got.body["error"], error);
        assert!(got.body["description"].is_string());
    }
}

#[tokio::test]
async fn a_missing_unknown_revoked_or_expired_token_is_401_with_an_error_body() {
    let api = Api::calm().await;
    let url = format!("{}/api/v2/tokens/me", api.cloud.api_base());
    let got = read(api.http.get(&url).send().await.unwrap()).await;
    assert_eq!((got.status, got.code()), (401, "authentication.required"));
    let got = read(api.http.get(&url).bearer_auth("nonsense").send().await.unwrap()).await;
    assert_eq!((got.status, got.code()), (401, "bad.credentials"));
    assert_eq!(got.body["contextId"], got.headers["inin-correlation-id"].as_str());
    assert_eq!(api.get("/api/v2/tokens/me").await.body["OAuthClient"]["id"], api.cloud.client_id());
    api.cloud.revoke_tokens();
    assert_eq!(api.get("/api/v2/tokens/me").await.status, 401);

    let mut seed = SeedFile::built_in().unwrap();
    seed.organization.token_seconds = 1;
    let api = Api::start(Options { seed, ..Options::default() }).await;
    assert_eq!(api.get("/api/v2/tokens/me").await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(api.get("/api/v2/tokens/me").await.code(), "bad.credentials");
}

#[tokio::test]
async fn a_withheld_permission_is_told_apart_from_a_withheld_division() {
    let user = json!({ "userName": "new@aurora.example", "displayName": "New" });
    let seed = SeedFile::built_in().unwrap().without_permission("directory:user:add");
    let api = Api::start(Options { seed, quirks: calm(), ..Options::default() }).await;
    let got = api.call("POST", SCIM_USERS, Some(user.clone())).await;
    assert_eq!((got.status, got.code()), (403, "missing.permissions"));
    assert!(got.body["message"].as_str().unwrap().contains("directory:user:add"));

    let seed = SeedFile::built_in().unwrap().without_division("EMEA");
    let api = Api::start(Options { seed, quirks: calm(), ..Options::default() }).await;
    let (agent, emea) = (api.role("Agent").await, api.division("EMEA").await);
    let id = api.hire("new@aurora.example").await;
    let pair = json!({ "grants": [{ "roleId": agent, "divisionId": emea }] });
    let got = api.call("POST", &format!("/api/v2/authorization/subjects/{id}/bulkadd"), Some(pair)).await;
    assert_eq!((got.status, got.code()), (403, "missing.division.permissions"));
    let path = format!("/api/v2/authorization/divisions/{emea}/objects/USER");
    let got = api.call("POST", &path, Some(json!([id]))).await;
    assert_eq!((got.status, got.code()), (403, "bulk.move.no.permission.division"));
    let iris = api.seeded("iris.keller@aurora.example").await;
    let got = api.call("DELETE", &format!("{SCIM_USERS}/{iris}"), None).await;
    assert_eq!((got.status, got.code()), (403, "missing.division.permission"));
}

#[tokio::test]
async fn the_client_can_read_its_own_rights() {
    let seed = SeedFile::built_in().unwrap().without_division("APAC");
    let api = Api::start(Options { seed, ..Options::default() }).await;
    let got = api.get("/api/v2/authorization/subjects/me").await;
    let grants = got.body["grants"].as_array().unwrap();
    let divisions: Vec<_> = grants.iter().map(|grant| grant["division"]["name"].as_str().unwrap()).collect();
    assert_eq!(divisions, ["Home", "EMEA", "Americas"]);
    let policies = grants[0]["role"]["policies"].as_array().unwrap();
    assert!(policies.iter().any(|policy| policy["domain"] == "directory" && policy["entityName"] == "user"));
}

#[tokio::test]
async fn above_the_rate_the_answer_is_429_with_retry_after_and_its_body() {
    let api = Api::start(Options { rate_per_minute: 3, ..Options::default() }).await;
    for n in 1..=3 {
        let got = api.get("/api/v2/tokens/me").await;
        assert_eq!(got.status, 200);
        assert_eq!(got.headers["inin-ratelimit-count"], n.to_string());
        assert_eq!(got.headers["inin-ratelimit-allowed"], "3");
    }
    let got = api.get("/api/v2/tokens/me").await;
    assert_eq!((got.status, got.code()), (429, "too.many.requests.retry.after"));
    let seconds: u64 = got.headers["retry-after"].parse().unwrap();
    assert!((1..=60).contains(&seconds));
    assert!(got.body["message"].as_str().unwrap().contains(&format!("[{seconds}]")));
    let ledger = api.cloud.ledger();
    assert_eq!(ledger.last().unwrap().status, Some(429));
    let limits = "/api/v2/organizations/limits/namespaces/platform.api";
    let other = Api::calm().await;
    assert_eq!(other.get(limits).await.body["entities"][0]["value"], 300);
}

#[tokio::test]
async fn unknown_paths_and_methods_and_media_types_are_refused_in_the_platforms_words() {
    let api = Api::calm().await;
    assert_eq!(api.get("/api/v2/nothing").await.code(), "not.found");
    assert_eq!(api.call("POST", "/api/v2/scim/v2/groups", Some(json!({}))).await.status, 405);
    let request = api.request("POST", SCIM_USERS).header("content-type", "text/plain").body("{}");
    assert_eq!(read(request.send().await.unwrap()).await.code(), "unsupported.media.type");
    let request = api.request("POST", SCIM_USERS).header("content-type", "application/json").body("{oops");
    assert_eq!(read(request.send().await.unwrap()).await.status, 400);
    assert_eq!(api.get("/api/v2/users/me").await.code(), "not.a.user");
    assert_eq!(api.get("/api/v2/organizations/me").await.body["name"], "Aurora Insurance");
}
