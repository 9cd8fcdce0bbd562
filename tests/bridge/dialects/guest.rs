//! A connector as a guest of a bridge that all tests of this binary share: its requests, its people, what it
//! reads back.
//!
//! Each guest has a tag of its own in every name, and its own connections. The bridge behind it is `house`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::bodies::{CORE, LIST, group, patch};
use crate::support::bridge::{SCIM, Shared, TestBridge};
use crate::support::client::{Response, send};
use crate::support::setup::Setup;

static TOLERANT: Shared = Shared::new();
static STRICT: Shared = Shared::new();

/// One connector with a name of its own.
pub(crate) struct Guest {
    pub(crate) house: Arc<TestBridge>,
    pub(crate) http: reqwest::Client,
    tag: &'static str,
}

impl Guest {
    /// A guest of the tolerant bridge.
    pub(crate) fn new(tag: &'static str) -> Self {
        Self::of(&TOLERANT, "", tag)
    }

    /// A guest of the strict one.
    pub(crate) fn strict(tag: &'static str) -> Self {
        Self::of(&STRICT, "dialect = \"strict\"", tag)
    }

    fn of(shared: &Shared, tenant: &'static str, tag: &'static str) -> Self {
        let house = shared.get(|| Setup { tenant, ..Setup::without_rules() });
        Self { house, http: reqwest::Client::new(), tag }
    }

    /// Sends a request with a query and headers of its own. A body is `application/scim+json` unless a header
    /// says otherwise.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Response {
        let url = self.house.url(&format!("/scim/v2{path}"));
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(SCIM).query(query);
        if let Some(body) = body {
            if !headers.iter().any(|(name, _)| *name == "content-type") {
                request = request.header("content-type", "application/scim+json; charset=utf-8");
            }
            request = request.body(body.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request).await
    }

    pub(crate) async fn scim(&self, method: &str, path: &str, body: Value) -> Response {
        self.send(method, path, &[], &[], (!body.is_null()).then_some(&body)).await
    }

    /// A GET that must be answered 200.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let got = self.scim("GET", path, Value::Null).await;
        assert_eq!(got.status, 200, "GET {path}: {got:?}");
        got.body
    }

    /// The list that a filter gives.
    pub(crate) async fn find(&self, kind: &str, filter: &str) -> Value {
        let got = self.send("GET", kind, &[("filter", filter)], &[], None).await;
        assert_eq!(got.status, 200, "{kind} {filter}: {got:?}");
        assert_eq!(got.body["schemas"], json!([LIST]), "{kind} {filter}");
        got.body
    }

    /// The ids that a filter gives.
    pub(crate) async fn ids(&self, kind: &str, filter: &str) -> Vec<String> {
        let list = self.find(kind, filter).await;
        let ids: Vec<String> = each(&list["Resources"], "id");
        assert_eq!(list["totalResults"], ids.len(), "{list}");
        ids
    }

    pub(crate) fn name(&self, who: &str) -> String {
        format!("{}.{who}@aurora.example", self.tag)
    }

    /// The body of a user with `more` on top.
    pub(crate) fn user(&self, who: &str, more: Value) -> Value {
        let mut body = json!({
            "schemas": [CORE],
            "userName": self.name(who),
            "externalId": format!("ext-{}-{who}", self.tag),
            "displayName": format!("{} {who}", self.tag),
            "name": {"givenName": "Given", "familyName": "Family"},
            "active": true,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    }

    /// Creates a user and returns it.
    pub(crate) async fn hired(&self, who: &str, more: Value) -> Value {
        let got = self.scim("POST", "/Users", self.user(who, more)).await;
        assert_eq!(got.status, 201, "{got:?}");
        let read = self.get(&format!("/Users/{}", got.id())).await;
        assert_eq!(read, got.body, "what was answered is what is there");
        got.body
    }

    /// Creates a user and returns its id.
    pub(crate) async fn hire(&self, who: &str) -> String {
        let user = self.hired(who, json!({})).await;
        user["id"].as_str().unwrap().to_owned()
    }

    /// Creates a group and returns its path.
    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> String {
        let got = self.scim("POST", "/Groups", group(&self.group_name(name), members)).await;
        assert_eq!(got.status, 201, "{got:?}");
        format!("/Groups/{}", got.id())
    }

    pub(crate) fn group_name(&self, name: &str) -> String {
        format!("{} {name}", self.tag)
    }

    /// A PATCH that must be answered 200 with the resource as it is read afterwards.
    pub(crate) async fn changed(&self, path: &str, operations: Value) -> Value {
        let row = operations.to_string();
        let got = self.scim("PATCH", path, patch(operations)).await;
        assert_eq!(got.status, 200, "PATCH {path} {row}: {got:?}");
        assert_eq!(got.body["meta"]["version"], got.etag, "{row}");
        assert_eq!(got.body, self.get(path).await, "what was answered is what is there: {row}");
        got.body
    }

    /// A request that must be refused, and leave the resource as it was.
    pub(crate) async fn refused(
        &self,
        path: &str,
        operations: Value,
        status: u16,
        scim_type: &str,
    ) -> String {
        let before = self.get(path).await;
        let row = operations.to_string();
        let got = self.scim("PATCH", path, patch(operations)).await;
        let detail = got.is_error(status, Some(scim_type));
        assert_eq!(self.get(path).await, before, "refused, so nothing changed: {row}");
        detail.to_owned()
    }

    /// The members of a group.
    pub(crate) async fn members(&self, path: &str) -> BTreeSet<String> {
        each(&self.get(path).await["members"], "value")
    }
}

/// One attribute of every element of a list.
pub(crate) fn each<C: FromIterator<String>>(list: &Value, name: &str) -> C {
    list.as_array().into_iter().flatten().map(|one| one[name].as_str().unwrap().to_owned()).collect()
}

/// Whether a list is empty or left out, which mean the same (RFC 7643 section 2.5).
pub(crate) fn nobody(list: &Value) -> bool {
    list.is_null() || list.as_array().is_some_and(Vec::is_empty)
}

pub(crate) fn set<const N: usize>(ids: [&String; N]) -> BTreeSet<String> {
    ids.into_iter().cloned().collect()
}
