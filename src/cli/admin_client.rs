//! Talks to the administration endpoints of a running bridge, over plain HTTP on this machine.
//!
//! From another machine use any HTTP client with the same token. How bytes travel: `http`; the endpoints are
//! in `admin`.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use serde_json::Value;

use super::exit::Failure;
use super::http::{Request, Response, whole};
use crate::model::Secret;

/// How long an answer may take. An import of a large organisation takes an hour within the default budget.
const ANSWER: Duration = Duration::from_secs(6 * 3600);

/// A running bridge and an administrator's token.
#[derive(Clone, Debug)]
pub(crate) struct AdminClient {
    authority: String,
    prefix: String,
    token: Secret,
}

impl AdminClient {
    /// Prepares; connects only when something is sent.
    ///
    /// # Errors
    /// The address is not one that can be used from here.
    pub(crate) fn new(url: &str, token: Secret) -> Result<Self, Failure> {
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
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let response = self.request(method, path, body).send().map_err(|error| self.silent(&error))?;
        match response.status {
            200..=299 => Ok(serde_json::from_slice(&response.body).unwrap_or(Value::Null)),
            _ => Err(said(&response)),
        }
    }

    /// Sends a request whose answer comes in lines of JSON, and gives each to `each` as it comes.
    ///
    /// # Errors
    /// As [`AdminClient::send`], or what `each` says.
    pub(crate) fn lines(
        &self,
        path: &str,
        body: &Value,
        each: &mut dyn FnMut(Value) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (status, answer) =
            self.request("POST", path, Some(body)).begin().map_err(|error| self.silent(&error))?;
        if status != 200 {
            let answer = whole(status, answer).map_err(|error| self.silent(&error))?;
            return Err(said(&answer));
        }
        for line in BufReader::new(answer).lines() {
            let line =
                line.map_err(|error| Failure::failed(format!("the answer was cut short ({error})")))?;
            let value = serde_json::from_str(&line)
                .map_err(|_| Failure::failed("the answer was cut short: a line of it is no JSON"))?;
            each(value)?;
        }
        Ok(())
    }

    fn request<'a>(&'a self, method: &'a str, path: &str, body: Option<&'a Value>) -> Request<'a> {
        Request {
            authority: &self.authority,
            method,
            target: format!("{}{path}", self.prefix),
            token: &self.token,
            media: "application/json",
            user_agent: "scim-bridge",
            body,
            wait: ANSWER,
        }
    }

    fn silent(&self, error: &std::io::Error) -> Failure {
        Failure::connection(format!(
            "the bridge at http://{} does not answer ({error}); is it running, and is the address right?",
            self.authority
        ))
    }
}

/// What the bridge says of a request that it does not carry out.
fn said(response: &Response) -> Failure {
    let value: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    let detail = value.get("detail").and_then(Value::as_str).map(str::to_owned);
    let detail = detail.unwrap_or_else(|| format!("the bridge answered {}", response.status));
    match response.status {
        401 | 403 => Failure::connection(
            "the bridge does not accept this token; give a live one of scope admin (`scim-bridge token new --scope admin`)",
        ),
        400 => Failure::usage(detail),
        // The bridge, or Genesys Cloud behind it, cannot be worked with right now.
        503 => Failure::connection(detail),
        _ => Failure::failed(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
