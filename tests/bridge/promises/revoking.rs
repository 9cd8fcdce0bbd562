//! A token that is revoked while the disk is full: nobody is told that it is closed while it still opens.

use std::sync::Arc;

use genesys_scim_bridge::testing::app::{App, Overrides};
use genesys_scim_bridge::testing::model::Secret;
use genesys_scim_bridge::testing::model::ports::Store;
use genesys_scim_bridge::testing::store::tokens::Scope;
use serde_json::json;

use crate::support::bridge::{ADMIN, SCIM};
use crate::support::client::call;
use crate::support::emulator::cloud;
use crate::support::refusing::Refusing;
use crate::support::setup::Setup;

#[tokio::test]
async fn a_token_that_cannot_be_revoked_on_disk_is_not_called_revoked_and_one_that_can_is_closed_at_once() {
    for says_so in [false, true] {
        let (cloud, dir) = (cloud(), tempfile::tempdir().unwrap());
        let store = Arc::new(Refusing::new(says_so));
        let overrides = Overrides {
            tokens: vec![(Scope::Scim, Secret::new(SCIM)), (Scope::Admin, Secret::new(ADMIN))],
            store: Some(Arc::clone(&store) as Arc<dyn Store>),
            ..Overrides::default()
        };
        let config = Setup::without_rules().config(&cloud, &dir.path().join("data"));
        let running = App::start(config, overrides).unwrap();
        let http = reqwest::Client::new();
        let ask = async |token: &str, method: &str, path: &str, body: Option<String>| {
            call(&http, &format!("http://{}{path}", running.addr()), token, method, body).await
        };
        let made = ask(ADMIN, "POST", "/admin/tokens", Some(json!({"label": "okta"}).to_string())).await;
        let made = made.is(201).body.clone();
        let (text, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
        let path = format!("/admin/tokens/{id}");
        let opens = async || ask(text, "GET", "/scim/v2/Users?count=0", None).await.status;
        assert_eq!(opens().await, 200);
        store.refuse_after(0);
        let refused = ask(ADMIN, "DELETE", &path, None).await;
        assert_eq!(refused.status, 503, "{refused:?}");
        let listed = ask(ADMIN, "GET", "/admin/tokens", None).await.is(200).body.to_string();
        assert!(!listed.contains("\"revoked\":true"), "{listed}");
        store.take_all();
        assert_eq!(opens().await, 200, "as was told");
        assert_eq!(ask(ADMIN, "DELETE", &path, None).await.status, 204);
        assert_eq!(opens().await, 401, "at once");
        let again = ask(ADMIN, "DELETE", &path, None).await;
        assert!(again.status < 500, "{again:?}");
        running.stop().await;
    }
}
