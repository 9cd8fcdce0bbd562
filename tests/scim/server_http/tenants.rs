//! Two tenants in one server, each behind its name in the path: what one has, the other neither sees nor can
//! open.

use std::sync::Arc;

use genesys_scim_bridge::testing::server::{ListenSettings, Settings, Tenants, TokenBook};
use genesys_scim_bridge::testing::store::tokens::Scope;
use serde_json::{Value, json};

use crate::support::bridge::{ADMIN, SCIM};
use crate::support::client::{Response, call};
use crate::support::server::{Documents, TestServer, serve, tenant, token};

const EAST: &str = "gsb_scim-token-of-the-east";
const WEST: &str = "gsb_scim-token-of-the-west--";

/// Two tenants, each with its own directory and token.
fn two(names: [&str; 2]) -> (TestServer, Arc<Documents>, Arc<Documents>) {
    let documents = [Arc::new(Documents::default()), Arc::new(Documents::default())];
    let books = [EAST, WEST].map(|text| Arc::new(TokenBook::new(vec![token(text, Scope::Scim)])));
    let settings = |name: &str| Settings::at(&format!("https://scim.example.com/{name}"));
    let tenants = Tenants::by_name([
        tenant(names[0], settings(names[0]), books[0].clone(), documents[0].clone()),
        tenant(names[1], settings(names[1]), books[1].clone(), documents[1].clone()),
    ]);
    let listening = serve(ListenSettings::default(), tenants);
    let server = TestServer {
        documents: documents[0].clone(),
        tokens: books[0].clone(),
        listening,
        http: reqwest::Client::new(),
    };
    let [east, west] = documents;
    (server, east, west)
}

async fn ask(server: &TestServer, token: &str, method: &str, path: &str, body: Option<Value>) -> Response {
    call(&server.http, &server.url(path), token, method, body.map(|body| body.to_string())).await
}

#[tokio::test]
async fn a_token_opens_its_own_tenant_and_no_other() {
    let (server, _, _) = two(["east", "west"]);
    for (token, path, status) in [
        (EAST, "/east/scim/v2/Users", 200),
        (WEST, "/west/scim/v2/Users", 200),
        (EAST, "/west/scim/v2/Users", 401),
        (WEST, "/east/scim/v2/Users", 401),
        (EAST, "/scim/v2/Users", 401),
        (EAST, "/eastern/scim/v2/Users", 401),
        (EAST, "/east/west/scim/v2/Users", 404),
        (EAST, "/%65ast/scim/v2/Users", 401),
        (EAST, "/east/admin/tokens", 401),
        (SCIM, "/east/scim/v2/Users", 401),
        (ADMIN, "/west/admin/tokens", 401),
    ] {
        assert_eq!(ask(&server, token, "GET", path, None).await.status, status, "{token} {path}");
    }
}

#[tokio::test]
async fn what_one_tenant_writes_the_other_does_not_see() {
    let (server, east, west) = two(["east", "west"]);
    let ada = Some(json!({"userName": "ada@example.com"}));
    let made = ask(&server, EAST, "POST", "/east/scim/v2/Users", ada.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("https://scim.example.com/east/scim/v2/Users/{id}"));
    assert_eq!(ask(&server, EAST, "GET", &format!("/east/scim/v2/Users/{id}"), None).await.status, 200);
    assert_eq!(ask(&server, WEST, "GET", &format!("/west/scim/v2/Users/{id}"), None).await.status, 404);
    assert_eq!(ask(&server, WEST, "DELETE", &format!("/west/scim/v2/Users/{id}"), None).await.status, 404);
    let listed = ask(&server, WEST, "GET", "/west/scim/v2/Users", None).await;
    assert_eq!(listed.body["totalResults"], 0, "{listed:?}");
    assert_eq!(west.changes.lock().unwrap().len(), 1, "the DELETE that found nobody");
    // The same name is free there.
    let other = ask(&server, WEST, "POST", "/west/scim/v2/Users", ada).await;
    assert_eq!(other.status, 201, "{other:?}");
    assert_eq!(ask(&server, EAST, "GET", "/east/scim/v2/Users", None).await.body["totalResults"], 1);
    assert_eq!(east.changes.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn cursors_and_readiness_and_metrics_keep_tenants_apart() {
    let (server, _, west) = two(["north", "south"]);
    for name in ["a", "b", "c"] {
        let body = Some(json!({"userName": name}));
        assert_eq!(ask(&server, EAST, "POST", "/north/scim/v2/Users", body.clone()).await.status, 201);
        assert_eq!(ask(&server, WEST, "POST", "/south/scim/v2/Users", body).await.status, 201);
    }
    let page = ask(&server, EAST, "GET", "/north/scim/v2/Users?cursor=&count=1", None).await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    let with = |tenant: &str| format!("/{tenant}/scim/v2/Users?cursor={cursor}&count=1");
    assert_eq!(ask(&server, EAST, "GET", &with("north"), None).await.status, 200);
    ask(&server, WEST, "GET", &with("south"), None).await.is_error(400, Some("invalidCursor"));

    *west.unready.lock().unwrap() = vec!["no import yet".to_owned()];
    let ready = server.send(server.request("GET", "/readyz")).await;
    assert_eq!((ready.status, &ready.body["reasons"]), (503, &json!(["no import yet"])));

    let metrics = server.send(server.request("GET", "/metrics")).await;
    let text = metrics.body.as_str().unwrap();
    for wanted in [
        "scim_bridge_requests_total{tenant=\"north\",method=\"POST\",resource=\"Users\",status=\"201\"} 3",
        "scim_bridge_requests_total{tenant=\"south\",method=\"POST\",resource=\"Users\",status=\"201\"} 3",
        "scim_bridge_validation_errors_total{tenant=\"south\",scim_type=\"invalidCursor\"} 1",
        "scim_bridge_requests_total{tenant=\"-\",method=\"GET\",resource=\"readyz\",status=\"503\"}",
    ] {
        assert!(text.contains(wanted), "{wanted} in\n{text}");
    }
    assert!(
        !text.contains("validation_errors_total{tenant=\"north\",scim_type=\"invalidCursor\"}"),
        "{text}"
    );
}
