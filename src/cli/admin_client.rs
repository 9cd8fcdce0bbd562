//! Talks to the administration endpoints of a running bridge, over plain HTTP on this machine.
//!
//! One request a connection, blocking. No TLS on purpose: it is for the machine on which the bridge listens; from elsewhere
//! use any HTTP client with the same token. The endpoints are in `admin`.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use serde_json::Value;

use super::exit::Failure;
use crate::model::Secret;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take. An import of a large organisation takes an hour within the default budget.
const ANSWER: Duration = Duration::from_secs(6 * 3600);
/// Largest answer that is read.
const ANSWER_BYTES: u64 = 256 * 1024 * 1024;

/// A running bridge and an administrator's token.
#[derive(Clone, Debug)]
pub struct AdminClient {
    authority: String,
    prefix: String,
    token: Secret,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl AdminClient {
    /// Prepares; connects only when something is sent.
    ///
    /// # Errors
    /// The address is not one that can be used from here.
    pub fn new(url: &str, token: Secret) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::usage(format!("--server {url}: {why}"));
        if url.starts_with("https://") {
            return Err(wrong(
                "the command line speaks plain HTTP only; run it on the bridge's machine with http://127.0.0.1:PORT",
            ));
        }
        let rest = url.strip_prefix("http://").ok_or_else(|| wrong("must begin with http://"))?;
        let rest = rest.trim_end_matches('/');
        let (authority, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.is_empty() || authority.contains('@') {
            return Err(wrong("must be like http://127.0.0.1:8080"));
        }
        let port_given = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if port_given { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Self { authority, prefix: prefix.to_owned(), token })
    }

    /// Sends a request and gives the answer's JSON; null when it has none.
    ///
    /// # Errors
    /// No connection, no access, or what the bridge says of the request.
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let response = self.exchange(method, path, body).map_err(|error| {
            Failure::connection(format!(
                "the bridge at http://{} does not answer ({error}); is it running, and is the address right?",
                self.authority
            ))
        })?;
        let value: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        let detail = || {
            let said = value.get("detail").and_then(Value::as_str).map(str::to_owned);
            said.unwrap_or_else(|| format!("the bridge answered {}", response.status))
        };
        match response.status {
            200..=299 => Ok(value),
            401 | 403 => Err(Failure::connection(
                "the bridge does not accept this token; give a live one of scope admin (`scim-bridge token new --scope admin`)",
            )),
            400 => Err(Failure::usage(detail())),
            _ => Err(Failure::failed(detail())),
        }
    }

    fn exchange(&self, method: &str, path: &str, body: Option<&Value>) -> std::io::Result<Response> {
        let mut last = std::io::Error::other("the name has no address");
        for address in self.authority.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Ok(stream) => return self.over(stream, method, path, body),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn over(
        &self,
        mut stream: TcpStream,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> std::io::Result<Response> {
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(CONNECT))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} {}{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nAccept: application/json\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.prefix,
            self.authority,
            self.token.expose(),
            body.len(),
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut received = Vec::new();
        stream.take(ANSWER_BYTES).read_to_end(&mut received)?;
        parse(&received).ok_or_else(|| std::io::Error::other("what came back is not HTTP"))
    }
}

/// Reads a whole answer; `None` when it is not one or is cut short.
pub(super) fn parse(received: &[u8]) -> Option<Response> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(received.get(..end)?).ok()?;
    let rest = received.get(end + 4..)?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let header = |wanted: &str| {
        let mut found = lines.clone().filter_map(|line| line.split_once(':'));
        found.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let body = if header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        unchunk(rest)?
    } else if let Some(length) = header("content-length") {
        rest.get(..length.parse().ok()?)?.to_vec()
    } else {
        rest.to_vec()
    };
    Some(Response { status, body })
}

/// Joins a chunked body (RFC 9112 section 7.1).
fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..line)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let start = line + 2;
        let end = start.checked_add(size)?;
        body.extend_from_slice(rest.get(start..end)?);
        rest = rest.get(end.checked_add(2)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_whatever_their_framing_and_cut_ones_are_refused() {
        let table: [(&str, Option<(u16, &str)>); 7] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Some((200, "{}"))),
            ("HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}more", Some((201, "{}"))),
            ("HTTP/1.1 204 No Content\r\n\r\n", Some((204, ""))),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\n\r\n",
                Some((200, "{\"a\":1}")),
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"", None),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", None),
            ("SSH-2.0\r\n\r\n", None),
        ];
        for (received, wanted) in table {
            let got = parse(received.as_bytes());
            let wanted = wanted.map(|(status, body)| Response { status, body: body.into() });
            assert_eq!(got, wanted, "{received}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_used_says_why() {
        for (url, why) in [
            ("https://127.0.0.1:8080", "plain HTTP only"),
            ("127.0.0.1:8080", "http://"),
            ("http://", "127.0.0.1:8080"),
        ] {
            let failure = AdminClient::new(url, Secret::new("t")).expect_err(url);
            assert!(failure.message.contains(why), "{}", failure.message);
        }
        let client = AdminClient::new("http://localhost/base/", Secret::new("t")).expect("good");
        assert_eq!((client.authority.as_str(), client.prefix.as_str()), ("localhost:80", "/base"));
    }

    #[test]
    fn a_bridge_that_does_not_run_is_a_connection_failure() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address");
        let client = AdminClient::new(&format!("http://{free}"), Secret::new("t")).expect("good");
        let failure = client.send("GET", "/admin/tokens", None).expect_err("nobody there");
        assert_eq!(failure.exit, super::super::exit::Exit::Connection);
    }
}
