//! A small client of the emulator for the tests, and names for things of the built-in seed.

use std::collections::BTreeMap;

use genesys_cloud_emulator::{Cloud, Options, Quirks};
use serde_json::{Value, json};

pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";
pub(crate) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(crate) const SCIM_USERS: &str = "/api/v2/scim/v2/users";

/// A running emulator and somebody who is signed in.
pub(crate) struct Api {
    pub(crate) cloud: Cloud,
    pub(crate) http: reqwest::Client,
    token: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl Got {
    /// The code of an ErrorBody, or the scimType of a ScimError.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().or_else(|| self.body["scimType"].as_str()).unwrap_or_default()
    }
}

/// Whatever a test sends, wrong requests included, the answers keep to the public description.
impl Drop for Api {
    fn drop(&mut self) {
        let violations = self.cloud.violations();
        let answers: Vec<_> = violations.iter().filter(|violation| violation.contains(": answer ")).collect();
        assert!(std::thread::panicking() || answers.is_empty(), "answers against the contract: {answers:#?}");
    }
}

/// Quirks without any lag.
pub(crate) fn calm() -> Quirks {
    Quirks { stale_ms: 0, search_lag_ms: 0, group_lag_ms: 0, audit_lag_ms: 0, ..Quirks::default() }
}

impl Api {
    pub(crate) async fn calm() -> Api {
        Api::with(calm()).await
    }

    pub(crate) async fn with(quirks: Quirks) -> Api {
        Api::start(Options { quirks, ..Options::default() }).await
    }

    pub(crate) async fn start(options: Options) -> Api {
        let cloud =
            Cloud::start(Options { rate_per_minute: options.rate_per_minute.max(1), ..options }).unwrap();
        let http = reqwest::Client::new();
        let mut api = Api { cloud, http, token: String::new() };
        api.token = api.sign_in().await.body["access_token"].as_str().unwrap().to_owned();
        api.cloud.clear_ledger();
        api
    }

    /// Asks for a token.
    pub(crate) async fn sign_in(&self) -> Got {
        let request = self
            .http
            .post(format!("{}/oauth/token", self.cloud.login_base()))
            .basic_auth(self.cloud.client_id(), Some(self.cloud.client_secret()))
            .form(&[("grant_type", "client_credentials")]);
        read(request.send().await.unwrap()).await
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, format!("{}{path}", self.cloud.api_base())).bearer_auth(&self.token)
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.call("GET", path, None).await
    }

    pub(crate) async fn with_header(
        &self,
        method: &str,
        path: &str,
        header: (&str, &str),
        body: Option<Value>,
    ) -> Got {
        let mut request = self.request(method, path).header(header.0, header.1);
        if let Some(body) = body {
            request = request.json(&body);
        }
        read(request.send().await.unwrap()).await
    }

    /// A new SCIM user; gives its id.
    pub(crate) async fn hire(&self, email: &str) -> String {
        let got = self
            .call("POST", SCIM_USERS, Some(json!({ "userName": email, "displayName": "New Hire" })))
            .await;
        assert!(got.status == 201 || got.status == 200, "{got:?}");
        got.body["id"].as_str().unwrap().to_owned()
    }

    /// A SCIM PATCH.
    pub(crate) async fn patch(&self, id: &str, operations: Value) -> Got {
        let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
        self.call("PATCH", &format!("{SCIM_USERS}/{id}"), Some(body)).await
    }

    /// Id of something in a listing by its exact name.
    pub(crate) async fn id_of(&self, listing: &str, name: &str) -> String {
        let got = self.get(&format!("{listing}?pageSize=100")).await;
        let entities = got.body["entities"].as_array().unwrap();
        let found = entities.iter().find(|entity| entity["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {listing}"))["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn role(&self, name: &str) -> String {
        self.id_of("/api/v2/authorization/roles", name).await
    }

    pub(crate) async fn division(&self, name: &str) -> String {
        self.id_of("/api/v2/authorization/divisions", name).await
    }

    pub(crate) async fn queue(&self, name: &str) -> String {
        self.id_of("/api/v2/routing/queues", name).await
    }

    pub(crate) async fn skill(&self, name: &str) -> String {
        self.id_of("/api/v2/routing/skills", name).await
    }

    /// Id of a seeded user.
    pub(crate) async fn seeded(&self, email: &str) -> String {
        let got = self.get(&format!("{SCIM_USERS}?filter=userName%20eq%20%22{email}%22")).await;
        got.body["Resources"][0]["id"].as_str().unwrap().to_owned()
    }
}

pub(crate) async fn read(response: reqwest::Response) -> Got {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let bytes = response.bytes().await.unwrap();
    Got { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}
