//! A scrape of `/metrics` costs the same however many people there are: it reads nothing of the store.
//!
//! The route is open, so whoever asks must not make the bridge work by asking. What the metrics say is tested where they
//! are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use genesys_scim_bridge::testing::app::system::SystemIds;
use genesys_scim_bridge::testing::app::{App, Overrides};
use genesys_scim_bridge::testing::directory::Directory;
use genesys_scim_bridge::testing::model::ports::{Ids as _, Rows, Store};
use genesys_scim_bridge::testing::model::{
    Batch, CommitToken, Observed, Secret, StoreError, StoreTrouble, Table, TenantId, UserId,
};
use genesys_scim_bridge::testing::store::MemoryStore;
use genesys_scim_bridge::testing::store::tokens::Scope;
use serde_json::json;

use crate::support::bridge::SCIM;
use crate::support::client::call;
use crate::support::emulator::cloud;
use crate::support::setup::Setup;

/// Scrapes that are counted together.
const SCRAPES: usize = 300;
/// What works behind in the meantime may read so many times: far less than once for each scrape.
const BEHIND: usize = 100;

/// A store that counts how often it is read.
#[derive(Default)]
struct Counting {
    inner: MemoryStore,
    reads: AtomicUsize,
}

impl Counting {
    fn count(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Store for Counting {
    async fn commit(&self, batch: Batch) -> Result<CommitToken, StoreError> {
        self.inner.commit(batch).await
    }

    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.count();
        self.inner.get(table, key).await
    }

    async fn scan_within(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), StoreError> {
        self.count();
        self.inner.scan_within(table, prefix, after, limit, bytes).await
    }

    async fn nth_key(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        nth: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.count();
        self.inner.nth_key(table, prefix, after, nth).await
    }

    fn trouble(&self) -> Option<StoreTrouble> {
        self.inner.trouble()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

/// A store with so many people, as an import brings them.
async fn peopled(people: usize) -> Arc<Counting> {
    let store = Arc::new(Counting::default());
    let directory = Directory::new(TenantId::new("aurora"), Arc::clone(&store) as Arc<dyn Store>);
    let mut batch = Batch::new();
    for n in 0..people {
        let document = json!({"userName": format!("u{n}@aurora.example"), "active": true});
        let observed = Observed {
            id: Some(UserId::new(format!("00000000-0000-4000-8000-{n:012}"))),
            document: document.as_object().unwrap().clone(),
            ..Observed::default()
        };
        batch.append(directory.batch_import_user(&observed, SystemIds.subject(), 0).await.unwrap());
        if n % 1000 == 999 {
            store.commit(std::mem::take(&mut batch)).await.unwrap();
        }
    }
    store.commit(batch).await.unwrap();
    store
}

#[tokio::test]
async fn a_scrape_reads_nothing_of_the_store_whether_there_are_ten_people_or_ten_thousand() {
    for people in [10, 10_000] {
        let store = peopled(people).await;
        let (cloud, dir) = (cloud(), tempfile::tempdir().unwrap());
        let config = Setup::without_rules().config(&cloud, &dir.path().join("data"));
        let overrides = Overrides {
            tokens: vec![(Scope::Scim, Secret::new(SCIM))],
            store: Some(Arc::clone(&store) as Arc<dyn Store>),
            ..Overrides::default()
        };
        let running = App::start(config, overrides).unwrap();
        let http = reqwest::Client::new();
        let url = |path: &str| format!("http://{}{path}", running.addr());
        let before = store.reads();
        let listed = call(&http, &url("/scim/v2/Users?count=1"), SCIM, "GET", None).await.is(200);
        assert_eq!(listed.body["totalResults"], people, "they are there");
        assert!(store.reads() > before, "what reads is counted");
        // What is looked at once at the start is over.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = store.reads();
        for _ in 0..SCRAPES {
            let got = call(&http, &url("/metrics"), "", "GET", None).await.is(200);
            assert!(got.body.as_str().unwrap().contains("scim_bridge_sagas_open"), "{got:?}");
        }
        let reads = store.reads() - before;
        assert!(reads < BEHIND, "{SCRAPES} scrapes with {people} people read {reads} times");
        assert!(running.stop().await.quiet);
    }
}
