//! A running emulator: on sockets, with its own thread and its own runtime, so that any test can use it; or
//! in process, without either, in whose time the caller's runtime decides. It stops when dropped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::door::{self, Response};
use crate::engine::hand::Deed;
use crate::engine::{Engine, Host, Outcome};
use crate::fault::{Chaos, Fault, FaultId};
use crate::http;
use crate::ledger::Call;
use crate::quirks::Quirks;
use crate::request::Request;
use crate::seed::SeedFile;
use crate::violations::{Checker, ContractSource};

/// How to start an emulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// The organisation.
    pub seed: SeedFile,
    /// The undocumented behaviours.
    pub quirks: Quirks,
    /// Calls per minute and client.
    pub rate_per_minute: u32,
    /// Where the state is kept; in memory only when there is none. A file that holds a state wins over the
    /// seed's users and groups.
    pub state_file: Option<PathBuf>,
    /// Addresses of the API and the login listener; port 0 takes a free one.
    pub bind: (SocketAddr, SocketAddr),
    /// What every exchange is checked against.
    pub contract: ContractSource,
}

impl Default for Options {
    fn default() -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Options {
            seed: built_in(),
            quirks: Quirks::default(),
            rate_per_minute: 300,
            state_file: None,
            bind: (loopback, loopback),
            contract: ContractSource::default(),
        }
    }
}

/// The built-in seed. It is part of the program and a test parses it, so there is no error to hand on.
#[expect(clippy::expect_used, reason = "the text is compiled in and a test parses it")]
fn built_in() -> SeedFile {
    SeedFile::built_in().expect("the built-in seed is valid")
}

/// A running emulator.
pub struct Cloud {
    engine: Arc<Engine>,
    api_base: String,
    login_base: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cloud")
            .field("api", &self.api_base)
            .field("login", &self.login_base)
            .finish_non_exhaustive()
    }
}

impl Cloud {
    /// Starts an emulator; it listens when this returns.
    ///
    /// # Errors
    /// A port is taken, the state file cannot be read or written, or the seed is not consistent.
    pub fn start(options: Options) -> io::Result<Cloud> {
        let bind = options.bind;
        let mut cloud = Cloud::in_process(options)?;
        let api_listener = TcpListener::bind(bind.0)?;
        let login_listener = TcpListener::bind(bind.1)?;
        cloud.api_base = format!("http://{}", api_listener.local_addr()?);
        cloud.login_base = format!("http://{}", login_listener.local_addr()?);
        cloud.engine.api_base.get_or_init(|| cloud.api_base.clone());
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&cloud.engine);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let thread =
            std::thread::Builder::new().name("genesys-cloud-emulator".to_owned()).spawn(move || {
                runtime.block_on(async move {
                    tokio::select! {
                        biased;
                        _ = stopped => {}
                        _ = http::serve(api_listener, Arc::clone(&shared), Host::Api) => {}
                        _ = http::serve(login_listener, shared, Host::Login) => {}
                    }
                });
                runtime.shutdown_background();
            })?;
        (cloud.stop, cloud.thread) = (Some(stop), Some(thread));
        Ok(cloud)
    }

    /// An emulator that listens nowhere and answers [`Cloud::call`] only. Its time is that of the runtime
    /// that calls it.
    ///
    /// # Errors
    /// The state file cannot be read or written, or the seed is not consistent.
    pub fn in_process(options: Options) -> io::Result<Cloud> {
        let checker = Checker::new(&options.contract)?;
        let state_file = options.state_file.as_deref();
        let engine = Engine::new(options.seed, options.quirks, options.rate_per_minute, state_file, checker)?;
        Ok(Cloud {
            engine: Arc::new(engine),
            api_base: "http://api.invalid".to_owned(),
            login_base: "http://login.invalid".to_owned(),
            stop: None,
            thread: None,
        })
    }

    /// Makes one call without a socket, through the same stages as those that come over one. `None`: a fault
    /// swallowed the answer. Needs a tokio runtime; a caller that stops waiting does not stop what it asked
    /// for.
    pub async fn call(&self, host: Host, request: Request) -> Option<Response> {
        match tokio::spawn(door::enter(Arc::clone(&self.engine), host, request)).await {
            Ok(Outcome::Send(reply)) => Some(Response::from(reply)),
            Ok(Outcome::Drop | Outcome::Reset) | Err(_) => None,
        }
    }

    /// `http://127.0.0.1:PORT` of the API.
    pub fn api_base(&self) -> String {
        self.api_base.clone()
    }

    /// `http://127.0.0.1:PORT` of the login host.
    pub fn login_base(&self) -> String {
        self.login_base.clone()
    }

    /// Id of the seed's first OAuth client.
    pub fn client_id(&self) -> &str {
        self.engine.seed.clients.first().map(|client| client.id.as_str()).unwrap_or_default()
    }

    /// Secret of the seed's first OAuth client.
    pub fn client_secret(&self) -> &str {
        self.engine.seed.clients.first().map(|client| client.secret.as_str()).unwrap_or_default()
    }

    /// Every call so far, in order.
    pub fn ledger(&self) -> Vec<Call> {
        self.engine.lock().ledger.after(0)
    }

    /// Forgets the calls so far.
    pub fn clear_ledger(&self) {
        self.engine.lock().ledger.clear();
    }

    /// Adds a rule.
    pub fn fault(&self, rule: Fault) -> FaultId {
        self.engine.lock().faults.add(rule)
    }

    /// Takes all rules away; chaos stays.
    pub fn clear_faults(&self) {
        self.engine.lock().faults.clear();
    }

    /// Sets or ends faults by seed.
    pub fn chaos(&self, chaos: Option<Chaos>) {
        self.engine.lock().chaos = chaos.map(|chaos| (chaos, 0));
    }

    /// Changes the quirks for the calls that follow.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.engine.lock().quirks = quirks;
    }

    /// The quirks in force.
    pub fn quirks(&self) -> Quirks {
        self.engine.lock().quirks.clone()
    }

    /// The organisation in a canonical form: sections `users`, `grants`, `skills`, `languages`, `queues`,
    /// `groups`, `attributes`, `external_ids` and, apart, `deleted_users`. No versions, no times; equal
    /// organisations give equal values.
    pub fn snapshot(&self) -> serde_json::Value {
        self.engine.look(crate::snapshot::of)
    }

    /// Lets every delayed effect happen now: group members, the search index, reads that show the past.
    pub fn settle(&self) {
        self.engine.settle();
    }

    /// Renames divisions, roles, skills, languages, queues, teams and schemas of that name, as an administrator
    /// would. How many there were.
    pub fn rename(&self, name: &str, to: &str) -> usize {
        std::sync::Arc::make_mut(&mut self.engine.lock().world.catalog).rename(name, to)
    }

    /// Does by hand what an operation of the API does, as an administrator would past the bridge: `target` is the
    /// path with its query. Neither faults nor rate nor ledger know of it; the audit log names a person. A PATCH
    /// of a user need not say the version.
    pub fn by_hand(&self, method: &str, target: &str, body: Option<serde_json::Value>) -> Response {
        let (method, path) = (method.to_owned(), target.to_owned());
        Response::from(self.engine.by_hand(Deed { method, path, body, by: None }))
    }

    /// Gives the OAuth client another secret, as an administrator would; [`Cloud::client_secret`] stays what the seed
    /// says. Tokens that were given stay good until they are revoked.
    pub fn change_secret(&self, to: &str) {
        std::sync::Arc::make_mut(&mut self.engine.lock().world.catalog).change_secret(to);
    }

    /// What the contract check found, one sentence each; always empty without the feature `contract`.
    pub fn violations(&self) -> Vec<String> {
        self.engine.checker.found()
    }

    /// Back to the seed, with no rules and no calls.
    ///
    /// # Errors
    /// The state file cannot be written.
    pub fn reset(&self) -> io::Result<()> {
        self.engine.reset()
    }

    /// Ends every access token, as an administrator would.
    pub fn revoke_tokens(&self) {
        self.engine.revoke_tokens();
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself already.
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
