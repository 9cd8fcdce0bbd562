//! A server without a bridge: real sockets in front, documents in memory behind, changed by the protocol's
//! own pure functions.
//!
//! Not a model of the bridge: no saga, no Genesys, no uniqueness beyond userName and displayName. The whole
//! bridge is `bridge`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use genesys_scim_bridge::testing::bridge::{Done, Reply, Submission};
use genesys_scim_bridge::testing::model::ports::Store;
use genesys_scim_bridge::testing::model::{
    Batch, Cause, ClientId, CredentialId, Object, StoreError, TenantId,
};
use genesys_scim_bridge::testing::scim::change::{Action, Change};
use genesys_scim_bridge::testing::scim::cursor::CursorKey;
use genesys_scim_bridge::testing::scim::error::ScimError;
use genesys_scim_bridge::testing::scim::etag::Precondition;
use genesys_scim_bridge::testing::scim::filter::Lookup;
use genesys_scim_bridge::testing::scim::kind::ResourceKind;
use genesys_scim_bridge::testing::scim::patch::{self, MemberChange};
use genesys_scim_bridge::testing::scim::render::{GroupRef, Provisioning};
use genesys_scim_bridge::testing::scim::rendered::Meta;
use genesys_scim_bridge::testing::scim::resource::{self, Member};
use genesys_scim_bridge::testing::server::listen::{Listening, Served, bind, listen};
use genesys_scim_bridge::testing::server::request_metrics::RequestMetrics;
use genesys_scim_bridge::testing::server::state::{RequestIds, ServerState};
use genesys_scim_bridge::testing::server::{
    FrontDoor, ListenSettings, MemberNames, Reads, Settings, Stats, Stored, Tenant, Tenants, TokenBook,
    recorder,
};
use genesys_scim_bridge::testing::store::MemoryStore;
use genesys_scim_bridge::testing::store::tokens::{self, Scope, TokenRecord};
use serde_json::Value;

use super::bodies::CORE;
use super::bridge::{ADMIN, SCIM};
use super::client::{self, Response};
use super::clock::StandingClock;

pub(crate) const REVOKED: &str = "gsb_revoked-token-of-the-tests";
pub(crate) const EXPIRED: &str = "gsb_expired-token-of-the-tests";
pub(crate) const PUBLIC: &str = "https://scim.example.com";

#[derive(Default)]
struct Inner {
    next: u64,
    resources: BTreeMap<(ResourceKind, String), Stored>,
    members: BTreeMap<String, Vec<Member>>,
}

/// Keeps resources; also plays slow, pending or unready when told to.
#[derive(Default)]
pub(crate) struct Documents {
    inner: Mutex<Inner>,
    store: MemoryStore,
    pub(crate) pending: Mutex<bool>,
    pub(crate) unready: Mutex<Vec<String>>,
    pub(crate) slow: Mutex<Duration>,
    pub(crate) changes: Mutex<Vec<String>>,
    pub(crate) members_read: Mutex<usize>,
}

impl Documents {
    /// Puts users into the directory without asking anybody.
    pub(crate) fn crowd(&self, number: usize) {
        self.stout_crowd(number, 0);
    }

    /// The same, each with a title of so many bytes.
    pub(crate) fn stout_crowd(&self, number: usize, title: usize) {
        let mut inner = self.inner.lock().unwrap();
        for n in 0..number {
            let id = format!("crowd-{n:06}");
            let mut document =
                serde_json::json!({"userName": format!("user{n:06}")}).as_object().unwrap().clone();
            if title > 0 {
                document.insert("title".into(), "x".repeat(title).into());
            }
            let meta = Meta { created_ms: 0, modified_ms: 0, version: 1 };
            let stored = Stored::new(ResourceKind::User, &id, &document, &meta);
            inner.resources.insert((ResourceKind::User, id), stored);
        }
    }

    fn precondition(stored: Option<&Stored>, wanted: Option<&Precondition>) -> Result<Stored, ScimError> {
        let stored = stored.cloned().ok_or_else(|| ScimError::not_found("There is no such resource."))?;
        match wanted {
            Some(wanted) if !wanted.matches(stored.version) => {
                Err(ScimError::precondition_failed("Another version is current."))
            }
            _ => Ok(stored),
        }
    }

    fn apply(&self, change: &Change) -> Result<(Done, String), ScimError> {
        let mut inner = self.inner.lock().unwrap();
        let kind = change.kind();
        let (id, document, old) = match change.action() {
            Action::Create(incoming) => {
                inner.next += 1;
                (format!("id-{:04}", inner.next), incoming.with_state(None), None)
            }
            Action::Replace(id, whole) => {
                let old =
                    Self::precondition(inner.resources.get(&(kind, id.clone())), change.precondition())?;
                (id.clone(), whole.onto(&old.document().unwrap())?.document, Some(old))
            }
            Action::Patch(id, request) => {
                let old =
                    Self::precondition(inner.resources.get(&(kind, id.clone())), change.precondition())?;
                let patched = patch::apply(kind, &old.document().unwrap(), id, request)?;
                for change in patched.members {
                    if let MemberChange::Add(new) = change {
                        inner.members.entry(id.clone()).or_default().extend(new);
                    }
                }
                (id.clone(), patched.document, Some(old))
            }
            Action::Delete(id) => {
                Self::precondition(inner.resources.get(&(kind, id.clone())), change.precondition())?;
                inner.resources.remove(&(kind, id.clone()));
                return Ok((Done::Deleted, id.clone()));
            }
        };
        let mut document = document;
        if kind == ResourceKind::Group
            && let Some(members) = resource::split_members(&mut document)?
        {
            inner.members.insert(id.clone(), members);
        }
        if old.is_none() && inner.taken(kind, &document) {
            return Err(ScimError::uniqueness("The name is taken."));
        }
        let version = old.as_ref().map_or(1, |old| old.version + 1);
        let (created_ms, modified_ms) = (1_700_000_000_000, 1_700_000_000_000 + version as i64);
        let stored = Stored::new(kind, &id, &document, &Meta { created_ms, modified_ms, version });
        inner.resources.insert((kind, id.clone()), stored);
        Ok((if old.is_some() { Done::Changed } else { Done::Created }, id))
    }
}

impl Inner {
    fn taken(&self, kind: ResourceKind, document: &Object) -> bool {
        let name = if kind == ResourceKind::User { "userName" } else { "displayName" };
        self.resources.iter().any(|((of, _), stored)| {
            *of == kind && stored.document().unwrap().get(name) == document.get(name)
        })
    }
}

#[async_trait]
impl FrontDoor for Documents {
    async fn submit(&self, asked: Submission) -> Result<Reply, ScimError> {
        let slow = *self.slow.lock().unwrap();
        if !slow.is_zero() {
            tokio::time::sleep(slow).await;
        }
        self.changes.lock().unwrap().push(format!("{} {}", asked.cause.by, asked.cause.request));
        let (done, id) = self.apply(&asked.change)?;
        let token = self.store.commit(Batch::new()).await.unwrap();
        Ok(Reply { done, id, token, pending: *self.pending.lock().unwrap() })
    }

    async fn answered(&self, _: &Cause, _: &[(ResourceKind, String)]) {}

    async fn stats(&self) -> Stats {
        Stats { open: 3, stuck: 1, oldest_s: 42, stuck_oldest_s: 4_711, budget_left: 270 }
    }

    async fn unready(&self) -> Vec<String> {
        self.unready.lock().unwrap().clone()
    }

    fn to_be_restarted(&self) -> Option<String> {
        None
    }
}

#[async_trait]
impl Reads for Documents {
    async fn get(&self, kind: ResourceKind, id: &str) -> Result<Option<Stored>, StoreError> {
        Ok(self.inner.lock().unwrap().resources.get(&(kind, id.to_owned())).cloned())
    }

    async fn lookup(&self, kind: ResourceKind, lookup: &Lookup) -> Result<Option<Vec<Stored>>, StoreError> {
        match lookup {
            Lookup::Id(id) => Ok(Some(self.get(kind, id).await?.into_iter().collect())),
            Lookup::UserName(name) => {
                let (all, _) = self.scan(kind, None, usize::MAX, usize::MAX).await?;
                let named = |it: &Stored| {
                    it.document().unwrap()["userName"].as_str().unwrap().to_lowercase() == *name
                };
                Ok(Some(all.into_iter().filter(named).collect()))
            }
            _ => Ok(None),
        }
    }

    async fn scan(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Vec<Stored>, bool), StoreError> {
        let inner = self.inner.lock().unwrap();
        let of_kind = inner
            .resources
            .iter()
            .filter(|((of, id), _)| *of == kind && after.is_none_or(|it| id.as_str() > it));
        let (mut found, mut read) = (Vec::new(), 0);
        for (_, stored) in of_kind {
            if found.len() >= limit || read > bytes {
                return Ok((found, true));
            }
            read += stored.text.bytes();
            found.push(stored.clone());
        }
        Ok((found, false))
    }

    async fn nth_id(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        nth: usize,
    ) -> Result<Option<String>, StoreError> {
        let (found, _) = self.scan(kind, after, nth, usize::MAX).await?;
        Ok(found.into_iter().nth(nth - 1).map(|stored| stored.id))
    }

    async fn count(&self, kind: ResourceKind) -> Result<u64, StoreError> {
        Ok(self.scan(kind, None, usize::MAX, usize::MAX).await?.0.len() as u64)
    }

    async fn generation(&self, _: ResourceKind) -> Result<u64, StoreError> {
        Ok(self.changes.lock().unwrap().len() as u64)
    }

    async fn provisioning(&self, _: &str) -> Result<Option<Provisioning>, StoreError> {
        Ok(None)
    }

    async fn groups_of(&self, user: &str) -> Result<Vec<GroupRef>, StoreError> {
        let inner = self.inner.lock().unwrap();
        let of = inner.members.iter().filter(|(_, members)| members.iter().any(|it| it.value == user));
        Ok(of.map(|(id, _)| GroupRef { value: id.clone(), display: None }).collect())
    }

    async fn groupless(&self, _: &str, _: &str) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn members(&self, group: &str, _: MemberNames) -> Result<Vec<Member>, StoreError> {
        *self.members_read.lock().unwrap() += 1;
        Ok(self.inner.lock().unwrap().members.get(group).cloned().unwrap_or_default())
    }

    async fn more_members_than(&self, group: &str, number: usize) -> Result<bool, StoreError> {
        Ok(self.inner.lock().unwrap().members.get(group).is_some_and(|all| all.len() > number))
    }
}

pub(crate) fn token(text: &str, scope: Scope) -> TokenRecord {
    TokenRecord {
        id: CredentialId::new(format!("token-{}", text.len())),
        client: ClientId::new(format!("id-of-{}", text.len())),
        hash: tokens::hash(text),
        scope,
        label: "test".into(),
        created_ms: 0,
        expires_ms: None,
        revoked: false,
    }
}

/// A running server with its documents.
pub(crate) struct TestServer {
    pub(crate) documents: Arc<Documents>,
    pub(crate) tokens: Arc<TokenBook>,
    pub(crate) listening: Listening,
    pub(crate) http: reqwest::Client,
}

pub(crate) fn start() -> TestServer {
    start_with(|_| {})
}

pub(crate) fn start_with(adjust: impl FnOnce(&mut Settings)) -> TestServer {
    start_listening(ListenSettings::default(), adjust)
}

pub(crate) fn start_listening(listen_as: ListenSettings, adjust: impl FnOnce(&mut Settings)) -> TestServer {
    let mut settings = Settings::at(PUBLIC);
    adjust(&mut settings);
    let documents = Arc::new(Documents::default());
    let book = Arc::new(TokenBook::new(vec![
        token(SCIM, Scope::Scim),
        token(ADMIN, Scope::Admin),
        TokenRecord { revoked: true, ..token(REVOKED, Scope::Scim) },
        TokenRecord { expires_ms: Some(1), ..token(EXPIRED, Scope::Scim) },
    ]));
    let tenant = tenant("aurora", settings, Arc::clone(&book), Arc::clone(&documents));
    let listening = serve(listen_as, Tenants::only(tenant));
    TestServer { documents, tokens: book, listening, http: reqwest::Client::new() }
}

/// A tenant with these documents behind it.
pub(crate) fn tenant(
    name: &str,
    settings: Settings,
    tokens: Arc<TokenBook>,
    documents: Arc<Documents>,
) -> Tenant {
    Tenant {
        id: TenantId::new(name),
        settings,
        tokens,
        reads: documents.clone(),
        front: documents,
        clock: Arc::new(StandingClock),
        cursors: CursorKey::new([7; 32]),
        page_index: Default::default(),
        metrics: RequestMetrics::new(name),
        admin: Arc::new(|_| {}),
    }
}

/// Serves these tenants on a port of its own.
pub(crate) fn serve(listen_as: ListenSettings, tenants: Tenants) -> Listening {
    let ids: RequestIds = Arc::new(|| "made-here".to_owned());
    let state = ServerState::new(listen_as, tenants, Arc::new(StandingClock), ids, recorder::handle());
    listen(bind("127.0.0.1:0", "listen").unwrap(), Arc::new(state), Served::All(&[])).unwrap()
}

impl TestServer {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listening.addr())
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), self.url(path))
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Response {
        client::send(request).await
    }

    /// With the right token.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Response {
        client::call(&self.http, &self.url(path), SCIM, method, body.map(|body| body.to_string())).await
    }

    /// Makes a user and gives its id.
    pub(crate) async fn user(&self, name: &str) -> String {
        let body = serde_json::json!({"schemas": [CORE], "userName": name});
        self.call("POST", "/scim/v2/Users", Some(body)).await.is(201).id()
    }
}
