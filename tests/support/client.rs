//! One HTTP client for all tests: sends a request, reads the whole answer, and shows both when an expectation
//! fails.
//!
//! Knows addresses and tokens and nothing of how a bridge is started; that is `bridge` and `program`. Bodies
//! of requests are made in `bodies`.

use std::fmt;
use std::io::{Read as _, Write as _};

use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::bodies::ERROR;
use super::wait::PATIENCE;

/// Longest part of a body that a failed expectation shows, in characters.
const SHOWN_CHARS: usize = 3000;

/// What came back, with the request that it answers.
#[derive(Clone)]
pub(crate) struct Response {
    request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Header `ETag`, empty when there is none.
    pub(crate) etag: String,
    /// Header `Retry-After` in seconds.
    pub(crate) retry_after: Option<u64>,
    /// The body as JSON; what is no JSON is a text.
    pub(crate) body: Value,
}

/// Shown with `{got:?}`: the request and the answer, each cut where it gets long.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n  {}\n  was answered {}", cut(&self.request), self.status)?;
        for (name, value) in &self.headers {
            if ["etag", "retry-after", "location", "www-authenticate"].contains(&name.as_str()) {
                write!(f, ", {name}: {}", value.to_str().unwrap_or("?"))?;
            }
        }
        write!(f, "\n  {}", cut(&self.body.to_string()))
    }
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN_CHARS).collect();
    if short.len() < text.len() {
        short.push_str(&format!(" ... {} bytes in all", text.len()));
    }
    short
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(request: RequestBuilder) -> Response {
    let (http, request) = request.build_split();
    let request = request.unwrap();
    let body = request.body().and_then(|body| body.as_bytes()).map(String::from_utf8_lossy);
    let said = format!("{} {} {}", request.method(), request.url(), body.unwrap_or_default());
    let answer = http.execute(request).await.unwrap_or_else(|error| panic!("{error:?}: {}", cut(&said)));
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    Response::new(said, status, headers, text)
}

/// A request with a token, and a body as connectors send it. What is not JSON may be sent as well.
pub(crate) fn request(
    http: &reqwest::Client,
    method: &str,
    url: &str,
    token: &str,
    body: Option<String>,
) -> RequestBuilder {
    let request = http.request(method.parse().unwrap(), url).bearer_auth(token);
    match body {
        Some(body) => request.header("content-type", "application/scim+json").body(body),
        None => request,
    }
}

/// Sends one request and reads the whole answer.
pub(crate) async fn call(
    http: &reqwest::Client,
    url: &str,
    token: &str,
    method: &str,
    body: Option<String>,
) -> Response {
    send(request(http, method, url, token, body)).await
}

/// As [`call`], where there is no async runtime: in `Drop`, and in tests of processes. `address` is host and
/// port.
pub(crate) fn call_blocking(
    address: &str,
    token: &str,
    method: &str,
    path: &str,
    body: Option<&str>,
) -> std::io::Result<Response> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = body.unwrap_or_default();
    // Version 1.0, so that the body comes as it is and ends with the connection.
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let odd = || std::io::Error::other(format!("this is no answer: {}", cut(&answer)));
    let (head, text) = answer.split_once("\r\n\r\n").ok_or_else(odd)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(odd)?;
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    Ok(Response::new(format!("{method} {path} {body}"), status, headers, text.to_owned()))
}

/// Whether a server that may only be coming up answers. That it listens is not enough: a bridge takes its
/// port before its data directory.
pub(crate) fn is_alive(address: &str) -> bool {
    call_blocking(address, "", "GET", "/healthz", None).is_ok_and(|answer| answer.status == 200)
}

impl Response {
    fn new(request: String, status: u16, headers: HeaderMap, text: String) -> Self {
        let header = |name: &str| headers.get(name).map(|it| it.to_str().unwrap().to_owned());
        let etag = header("etag").unwrap_or_default();
        let retry_after = header("retry-after").map(|it| it.parse().expect("whole seconds"));
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { request, status, headers, etag, retry_after, body }
    }

    /// A header, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// The `id` of the resource that came back.
    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id: {self:?}")).to_owned()
    }

    /// What is at a JSON pointer of the body; it must be there.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}: {self:?}"))
    }

    /// The names of the members of the body.
    pub(crate) fn keys(&self) -> Vec<&str> {
        self.body.as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// The values of one attribute over all resources of a list, `-` where one does not have it.
    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        assert_eq!(self.status, 200, "{self:?}");
        let rows = self.body["Resources"].as_array().unwrap_or_else(|| panic!("no list: {self:?}"));
        rows.iter().map(|row| row[name].as_str().unwrap_or("-")).collect()
    }

    /// The error text, empty when there is none.
    pub(crate) fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap_or_default()
    }

    /// Fails unless this is its status; gives the answer back.
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Fails unless it is a whole SCIM error (RFC 7644 section 3.12) of this status and keyword; gives its
    /// text.
    pub(crate) fn is_error(&self, status: u16, scim_type: Option<&str>) -> &str {
        assert_eq!((self.status, self.body["scimType"].as_str()), (status, scim_type), "{self:?}");
        assert_eq!(self.body["schemas"], json!([ERROR]), "{self:?}");
        assert_eq!(self.body["status"], status.to_string(), "the status is a text: {self:?}");
        assert_eq!(self.header("content-type"), "application/scim+json", "{self:?}");
        assert!(!self.detail().is_empty(), "an error says what is wrong: {self:?}");
        self.detail()
    }
}
