//! Opens the listening socket and runs the HTTP system on a thread of its own; closes it without cutting off
//! an answer.
//!
//! Handles no signals: whoever started it stops it, so that several servers fit into one process. What is
//! served: [`super::routes`].

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::Data;
use actix_web::{App, HttpServer};

use super::connections::Connections;
use super::middleware::surround;
use super::routes::{self, Served};
use super::state::ServerState;
use crate::limits;

/// Why no server is listening.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else has the port.
    #[error(
        "cannot listen on {address}: the port is in use. Stop the other program, or choose another address with `{key}` in section [server] of the configuration"
    )]
    InUse {
        /// The address.
        address: String,
        /// The key that chooses it.
        key: &'static str,
    },
    /// Ports below 1024 need a right.
    #[error(
        "cannot listen on {address}: permission denied. Ports below 1024 need a right; choose a higher port with `{key}` in section [server]"
    )]
    Denied {
        /// The address.
        address: String,
        /// The key that chooses it.
        key: &'static str,
    },
    /// Not an address of this machine, or not an address at all.
    #[error(
        "cannot listen on {address}: {cause}. `{key}` in section [server] must be an address of this machine and a port, for example 127.0.0.1:8080"
    )]
    Address {
        /// The address.
        address: String,
        /// The key that chooses it.
        key: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// The HTTP system did not start.
    #[error("the HTTP server did not start: {0}")]
    System(String),
}

/// A server that takes requests.
pub struct Listening {
    addr: SocketAddr,
    handle: ServerHandle,
    thread: Option<thread::JoinHandle<()>>,
}

/// Binds a listening socket, whose address is chosen by this key.
///
/// # Errors
/// The port is taken or not allowed, or the address is not ours; each names the cure.
pub fn bind(address: &str, key: &'static str) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).map_err(|cause| {
        let address = address.to_owned();
        match cause.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse { address, key },
            io::ErrorKind::PermissionDenied => ListenError::Denied { address, key },
            _ => ListenError::Address { address, key, cause },
        }
    })
}

/// Serves on a bound socket until [`Listening::stop`].
///
/// # Errors
/// The HTTP system did not start.
pub fn listen(
    socket: TcpListener,
    state: Arc<ServerState>,
    served: Served,
) -> Result<Listening, ListenError> {
    let addr = socket.local_addr().map_err(|error| ListenError::System(error.to_string()))?;
    let (started, wait) = mpsc::channel();
    let body = move || run(socket, state, served, &started);
    let thread = thread::Builder::new()
        .name("http".to_owned())
        .spawn(body)
        .map_err(|error| ListenError::System(error.to_string()))?;
    match wait.recv() {
        Ok(Ok(handle)) => Ok(Listening { addr, handle, thread: Some(thread) }),
        Ok(Err(error)) => Err(ListenError::System(error.to_string())),
        Err(_) => Err(ListenError::System("its thread ended at once".to_owned())),
    }
}

fn run(
    socket: TcpListener,
    state: Arc<ServerState>,
    served: Served,
    started: &mpsc::Sender<io::Result<ServerHandle>>,
) {
    actix_rt::System::new().block_on(async {
        let settings = state.listen;
        let connections = Connections::new(settings);
        let data = Data::from(state);
        let factory = move || {
            App::new()
                .app_data(data.clone())
                .configure(|cfg| routes::configure(cfg, served))
                .wrap(from_fn(surround))
                .wrap(Compress::default())
        };
        let server = HttpServer::new(factory)
            .workers(if matches!(served, Served::Open) { 1 } else { settings.workers.max(1) })
            .max_connections(limits::CONNECTIONS_PER_WORKER)
            .client_request_timeout(settings.headers_wait)
            .keep_alive(limits::KEEP_ALIVE)
            .shutdown_timeout(limits::STOP_GRACE.as_secs())
            .on_connect(move |io, data| connections.taken(io, data))
            .disable_signals()
            .listen(socket)
            .map(HttpServer::run);
        match server {
            Ok(server) => {
                if started.send(Ok(server.handle())).is_ok()
                    && let Err(error) = server.await
                {
                    tracing::error!(%error, "the HTTP server ended with an error");
                }
            }
            Err(error) => drop(started.send(Err(error))),
        }
    });
}

impl Listening {
    /// The address that is really listened on; tells the port when 0 was asked for.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Tells it to end at once and does not wait.
    pub fn abandon(self) {
        drop(self.handle.stop(false));
    }

    /// Takes no new connections, lets running requests finish (at most `limits::STOP_GRACE`), then returns.
    pub async fn stop(mut self) {
        self.handle.stop(true).await;
        if let Some(thread) = self.thread.take() {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the HTTP thread did not end well");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_together_with_the_cure() {
        let first = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = first.local_addr().expect("bound").to_string();
        let error = bind(&address, "metrics_listen").expect_err("taken").to_string();
        assert!(
            error.contains(&address) && error.contains("`metrics_listen` in section [server]"),
            "{error}"
        );
    }

    #[test]
    fn an_address_that_is_none_is_named() {
        let error = bind("here:there", "listen").expect_err("no address").to_string();
        assert!(error.contains("here:there") && error.contains("127.0.0.1:8080"), "{error}");
    }
}
