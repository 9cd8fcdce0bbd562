//! What is done to each connection when it is taken: how long its client may leave sent data lying.
//!
//! Where connections come from is [`super::listen`]; what is done with requests `server::middleware`.

use std::any::Any;
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

/// Prepares a connection.
pub(super) fn taken(io: &dyn Any, _: &mut Extensions, write_wait: Duration) {
    let Some(stream) = io.downcast_ref::<TcpStream>() else { return };
    if let Err(error) = cut_off_after(stream, write_wait) {
        tracing::debug!(%error, "a connection has no limit for data that is not taken");
    }
}

/// The system ends the connection when data was sent, or could not be for want of room at the other end, and nothing
/// of it was taken for so long. Whatever waits to be written then fails.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn cut_off_after(stream: &TcpStream, wait: Duration) -> std::io::Result<()> {
    SockRef::from(stream).set_tcp_user_timeout(Some(wait))
}

/// Other systems do not know that limit.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn cut_off_after(_: &TcpStream, _: Duration) -> std::io::Result<()> {
    Ok(())
}
