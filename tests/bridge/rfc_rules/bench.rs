//! One bridge and one emulator for all tests of these chapters, and a second pair in the strict dialect.
//!
//! Tests share them, so each makes resources of its own names and asks only about those. What the answers
//! must be is in the files of the chapters.

use std::sync::Arc;

use serde_json::Value;

use crate::support::bodies::{group, patch, user};
use crate::support::bridge::{SCIM, Shared, TestBridge};
use crate::support::client::{self, Response};
use crate::support::setup::Setup;

/// The public address of the bridge, behind a proxy.
pub(crate) const PUBLIC: &str = "https://scim.example.com/scim/v2";

static TOLERANT: Shared = Shared::new();
static STRICT: Shared = Shared::new();

fn open(tenant: &'static str) -> Setup {
    Setup { public_url: Some("https://scim.example.com"), tenant, ..Setup::without_rules() }
}

/// The shared bridge, with a client of this test's own.
pub(crate) struct Bench {
    bridge: Arc<TestBridge>,
    http: reqwest::Client,
}

pub(crate) fn bench() -> Bench {
    Bench { bridge: TOLERANT.get(|| open("dialect = \"tolerant\"")), http: reqwest::Client::new() }
}

/// The one that takes nothing but the letter of the RFCs.
pub(crate) fn strict() -> Bench {
    Bench { bridge: STRICT.get(|| open("dialect = \"strict\"")), http: reqwest::Client::new() }
}

impl Bench {
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), self.bridge.url(path))
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Response {
        client::send(request).await
    }

    /// With the right token, below `/scim/v2`, and one more header where a name is given.
    pub(crate) async fn with(
        &self,
        method: &str,
        path: &str,
        header: (&str, &str),
        body: Option<Value>,
    ) -> Response {
        let mut request = self.request(method, &format!("/scim/v2{path}")).bearer_auth(SCIM);
        if !header.0.is_empty() {
            request = request.header(header.0, header.1);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        self.send(request).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Response {
        self.with(method, path, ("", ""), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.call("GET", path, None).await
    }

    /// A list, its query given as it is meant: `filter=userName eq "x"`.
    pub(crate) async fn list(&self, endpoint: &str, query: &[(&str, &str)]) -> Response {
        let request = self.request("GET", &format!("/scim/v2/{endpoint}")).bearer_auth(SCIM).query(query);
        self.send(request).await
    }

    /// Users of this test only: those whose userName begins with `prefix`, and the filter.
    pub(crate) async fn among(&self, prefix: &str, filter: &str) -> Response {
        let filter = format!("userName sw \"{prefix}\" and ({filter})");
        self.list("Users", &[("filter", &filter), ("sortBy", "userName")]).await
    }

    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Response {
        self.call("PATCH", path, Some(patch(operations))).await
    }

    /// Makes a user of this body; `schemas` and `userName` are added.
    pub(crate) async fn user(&self, name: &str, more: Value) -> Response {
        self.call("POST", "/Users", Some(user(name, more))).await.is(201)
    }

    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> Response {
        self.call("POST", "/Groups", Some(group(name, members))).await.is(201)
    }

    /// The users and groups that Genesys holds, as the emulator shows them.
    pub(crate) fn world(&self) -> Value {
        self.bridge.cloud.snapshot()
    }
}
