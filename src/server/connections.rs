//! What is done to each connection when it is taken: one address has so many and no more, a client may leave sent
//! data lying for so long, and what is to be sent goes at once.
//!
//! Where connections come from is [`super::listen`]; what is done with requests `server::middleware`.

use std::any::Any;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, Shutdown};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use metrics::Counter;
use socket2::SockRef;

use super::state::ListenSettings;
use crate::model::metric::{self, NO_TENANT};

/// The connections that are open.
#[derive(Clone)]
pub(super) struct Connections {
    write_wait: Duration,
    addresses: Addresses,
    refused: Counter,
}

impl Connections {
    /// None yet.
    pub(super) fn new(settings: ListenSettings) -> Self {
        let addresses = Addresses { most: settings.connections_per_address, open: Arc::default() };
        let refused = metric::CONNECTIONS_REFUSED.of(NO_TENANT, []);
        Self { write_wait: settings.write_wait, addresses, refused }
    }

    /// Prepares a connection, or closes it; with `data` goes what ends with it.
    pub(super) fn taken(&self, io: &dyn Any, data: &mut Extensions) {
        let Some(stream) = io.downcast_ref::<TcpStream>() else { return };
        if let Err(error) = cut_off_after(stream, self.write_wait) {
            tracing::debug!(%error, "a connection has no limit for data that is not taken");
        }
        // A large answer goes in pieces: each waits for no acknowledgement of the one before, which a client puts off.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection gathers small pieces before it sends them");
        }
        let Ok(peer) = stream.peer_addr() else { return };
        match self.addresses.enter(peer.ip()) {
            Some(guest) => drop(data.insert(guest)),
            None => {
                self.refused.increment(1);
                // Fails where the client was faster.
                drop(SockRef::from(stream).shutdown(Shutdown::Both));
            }
        }
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

/// How many connections each address has.
#[derive(Clone)]
struct Addresses {
    /// 0 for as many as it likes.
    most: usize,
    open: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

/// One connection of an address, until it is dropped.
struct Guest {
    address: IpAddr,
    open: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

impl Addresses {
    fn enter(&self, address: IpAddr) -> Option<Guest> {
        let address = household(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let number = open.entry(address).or_default();
        if self.most > 0 && *number >= self.most {
            return None;
        }
        *number += 1;
        drop(open);
        Some(Guest { address, open: Arc::clone(&self.open) })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = open.get_mut(&self.address) {
            *number = number.saturating_sub(1);
            if *number == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// An address, or the network of which one household has all addresses.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_those_that_end_make_room() {
        let addresses = Addresses { most: 2, open: Arc::default() };
        let enter = |address: &str| addresses.enter(address.parse().unwrap());
        let one = enter("192.0.2.1");
        let other = enter("::ffff:192.0.2.1");
        assert!(one.is_some() && other.is_some() && enter("192.0.2.1").is_none());
        let next = enter("192.0.2.2");
        assert!(next.is_some());
        drop(one);
        let one = enter("192.0.2.1");
        assert!(one.is_some());
        let mine = [enter("2001:db8:0:1::1"), enter("2001:db8:0:1:ffff::2")];
        assert!(mine.iter().all(Option::is_some) && enter("2001:db8:0:1::3").is_none());
        assert!(enter("2001:db8:0:2::1").is_some());
        drop((one, other, next, mine));
        assert!(addresses.open.lock().unwrap().is_empty(), "nobody is remembered");
    }

    #[tokio::test]
    async fn a_connection_that_is_taken_sends_its_pieces_at_once() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        assert!(!stream.nodelay().unwrap(), "the system's own choice");
        Connections::new(ListenSettings::default()).taken(&stream, &mut Extensions::new());
        assert!(stream.nodelay().unwrap());
    }

    #[test]
    fn none_is_refused_where_there_is_no_bound() {
        let addresses = Addresses { most: 0, open: Arc::default() };
        let all: Vec<_> = (0..100).map(|_| addresses.enter(IpAddr::from([192, 0, 2, 1]))).collect();
        assert!(all.iter().all(Option::is_some));
    }
}
