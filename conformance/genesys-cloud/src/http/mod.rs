//! Connections and bytes: reads a request, hands it to the `door`, and sends, drops or resets.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response};
use hyper_util::rt::TokioIo;

use crate::door;
use crate::engine::{Engine, Host, Outcome};
use crate::reply::{Refusal, Reply};
use crate::request::Request;

/// Largest body that is read.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Accepts connections until the runtime ends.
pub(crate) async fn serve(listener: TcpListener, engine: Arc<Engine>, host: Host) -> io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let engine = Arc::clone(&engine);
                tokio::spawn(async move {
                    if let Err(error) = connection(stream, engine, host).await {
                        tracing::debug!(%error, "a connection ended");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

async fn connection(
    stream: tokio::net::TcpStream,
    engine: Arc<Engine>,
    host: Host,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    // A second handle on the same socket, through which it can be told to reset when it closes.
    let stream = stream.into_std()?;
    let twin = Arc::new(stream.try_clone()?);
    let io = TokioIo::new(tokio::net::TcpStream::from_std(stream)?);
    let service = service_fn(|request: HttpRequest<Incoming>| {
        let (engine, twin) = (Arc::clone(&engine), Arc::clone(&twin));
        async move {
            let request = match read(request).await {
                Ok(request) => request,
                Err(refusal) => return Ok(respond(refusal.render("").typed(false))),
            };
            // On its own task: a client that goes away does not stop what it asked for.
            match tokio::spawn(door::enter(engine, host, request)).await {
                Ok(Outcome::Send(reply)) => Ok(respond(reply)),
                Ok(Outcome::Drop) => Err(io::Error::other("dropped by a fault")),
                Ok(Outcome::Reset) => {
                    socket2::SockRef::from(&*twin).set_linger(Some(Duration::ZERO))?;
                    Err(io::Error::other("reset by a fault"))
                }
                Err(error) => Err(io::Error::other(error)),
            }
        }
    });
    hyper::server::conn::http1::Builder::new().serve_connection(io, service).await?;
    Ok(())
}

async fn read(request: HttpRequest<Incoming>) -> Result<Request, Refusal> {
    let (head, body) = request.into_parts();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let body = Limited::new(body, MAX_BODY_BYTES)
        .collect()
        .await
        .map_err(|_| Refusal::new(413, "request.entity.too.large", "The request is over the size limit."))?;
    let query = head.uri.query().unwrap_or_default();
    Ok(Request::new(head.method.as_str(), head.uri.path(), query, headers, body.to_bytes().to_vec()))
}

fn respond(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.bytes())));
    *response.status_mut() =
        hyper::StatusCode::from_u16(reply.status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        let name = hyper::header::HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, hyper::header::HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
