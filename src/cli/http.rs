//! The HTTP client of the command line: one request a connection, blocking, plain HTTP/1.1.
//!
//! No TLS on purpose: it is for the machine on which the bridge listens. The HTTP client of the program is
//! behind the Genesys room and knows budgets and verdicts; here a hundred lines do. Used by
//! [`super::admin_client`] and the demo's connectors.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use serde_json::Value;

use super::http_body::{Body, answer};
use crate::limits;
use crate::model::Secret;

/// How long connecting may take, and sending.
const CONNECT: Duration = Duration::from_secs(5);

/// One request.
pub(super) struct Request<'a> {
    /// Host and port.
    pub(super) authority: &'a str,
    /// Method.
    pub(super) method: &'a str,
    /// Path and query, encoded.
    pub(super) target: String,
    /// Bearer token.
    pub(super) token: &'a Secret,
    /// Media type that is sent and accepted.
    pub(super) media: &'a str,
    /// What the client calls itself.
    pub(super) user_agent: &'a str,
    /// What is sent.
    pub(super) body: Option<&'a Value>,
    /// How long the answer may take.
    pub(super) wait: Duration,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    /// HTTP status.
    pub(super) status: u16,
    /// The body, joined if it came in chunks.
    pub(super) body: Vec<u8>,
}

impl Request<'_> {
    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// No connection, no answer in time, or what came back is not HTTP.
    pub(super) fn send(&self) -> std::io::Result<Response> {
        let (status, body) = self.begin()?;
        whole(status, body)
    }

    /// Sends it; the body of the answer is read by whoever gets it.
    ///
    /// # Errors
    /// No connection, no answer in time, or what came back is not HTTP.
    pub(super) fn begin(&self) -> std::io::Result<(u16, Body<BufReader<TcpStream>>)> {
        let mut last = std::io::Error::other("the name has no address");
        for address in self.authority.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Ok(stream) => return self.over(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn over(&self, mut stream: TcpStream) -> std::io::Result<(u16, Body<BufReader<TcpStream>>)> {
        stream.set_read_timeout(Some(self.wait))?;
        stream.set_write_timeout(Some(CONNECT))?;
        let body = self.body.map(Value::to_string).unwrap_or_default();
        let kind = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Type: {}; charset=utf-8\r\n", self.media)
        };
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: {}\r\nAuthorization: Bearer {}\r\n\
             {kind}Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.method,
            self.target,
            self.authority,
            self.user_agent,
            self.media,
            self.token.expose(),
            body.len(),
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        answer(BufReader::new(stream))
    }
}

/// The rest of an answer, in one piece.
pub(super) fn whole(status: u16, from: Body<impl BufRead>) -> std::io::Result<Response> {
    let mut body = Vec::new();
    from.take(limits::ADMIN_ANSWER_BYTES).read_to_end(&mut body)?;
    Ok(Response { status, body })
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
            let got = answer(received.as_bytes()).and_then(|(status, body)| whole(status, body)).ok();
            let wanted = wanted.map(|(status, body)| Response { status, body: body.into() });
            assert_eq!(got, wanted, "{received}");
        }
    }
}
