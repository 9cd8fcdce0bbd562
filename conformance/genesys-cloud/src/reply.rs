//! What an operation answers: a reply, or a refusal that becomes an ErrorBody or a ScimError at the edge.

use serde_json::{Value, json};

/// URN of a SCIM error.
const SCIM_ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// An answer to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
}

impl Reply {
    /// A status without a body.
    pub(crate) fn empty(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: None }
    }

    /// A status with a JSON body.
    pub(crate) fn json(status: u16, body: Value) -> Reply {
        Reply { status, headers: Vec::new(), body: Some(body) }
    }

    /// 200 with a JSON body.
    pub(crate) fn ok(body: Value) -> Reply {
        Reply::json(200, body)
    }

    /// The body as it is sent; empty when there is none.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default()
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// Names the type of the body, if there is one.
    pub(crate) fn typed(self, scim: bool) -> Reply {
        match self.body {
            Some(_) if scim => self.with("Content-Type", "application/scim+json"),
            Some(_) => self.with("Content-Type", "application/json"),
            None => self,
        }
    }
}

/// Which of the two error models a refusal is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Platform,
    Scim,
    OAuth,
}

/// A refusal; nothing has been changed.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    code: String,
    message: String,
    shape: Shape,
    retry_after_s: Option<u64>,
}

/// What every operation gives back.
pub(crate) type Answer = Result<Reply, Refusal>;

impl Refusal {
    /// A platform error: status, code of the public description, message.
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            code: code.to_owned(),
            message: message.into(),
            shape: Shape::Platform,
            retry_after_s: None,
        }
    }

    /// A SCIM error: `code` is the scimType.
    pub(crate) fn scim(status: u16, scim_type: &str, detail: impl Into<String>) -> Refusal {
        Refusal { shape: Shape::Scim, ..Refusal::new(status, scim_type, detail) }
    }

    /// An error of the login host, given in the place of another answer.
    pub(crate) fn at_login(status: u16, error: &str, description: impl Into<String>) -> Refusal {
        Refusal { shape: Shape::OAuth, ..Refusal::new(status, error, description) }
    }

    /// 400 bad.request.
    pub(crate) fn bad(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "bad.request", message)
    }

    /// 400 general.bad.request, the code of the directory operations.
    pub(crate) fn general(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "general.bad.request", message)
    }

    /// 404 of the directory operations.
    pub(crate) fn no_user() -> Refusal {
        Refusal::new(404, "general.resource.not.found", "Unable to find a user with that userId.")
    }

    /// 404 of everything else.
    pub(crate) fn not_found() -> Refusal {
        Refusal::new(404, "not.found", "The requested resource was not found.")
    }

    /// 429 with its Retry-After in seconds.
    pub(crate) fn too_many(retry_after_s: u64) -> Refusal {
        let message =
            format!("Rate limit exceeded the maximum. Retry the request in [{retry_after_s}] seconds");
        let refusal = Refusal::new(429, "too.many.requests.retry.after", message);
        Refusal { retry_after_s: Some(retry_after_s), ..refusal }
    }

    /// The error of the login host (RFC 6749 section 5.2 with Genesys' description).
    pub(crate) fn oauth(status: u16, error: &str, description: &str) -> Reply {
        Refusal::at_login(status, error, description).render("")
    }

    /// As it is sent, with the correlation id.
    pub(crate) fn render(&self, context_id: &str) -> Reply {
        let body = match self.shape {
            Shape::Scim => json!({
                "schemas": [SCIM_ERROR],
                "status": self.status.to_string(),
                "scimType": self.code,
                "detail": self.message,
            }),
            Shape::OAuth => json!({
                "error": self.code,
                "description": self.message,
                "error_description": self.message,
            }),
            Shape::Platform => json!({
                "message": self.message,
                "code": self.code,
                "status": self.status,
                "messageParams": {},
                "contextId": context_id,
                "details": [],
                "errors": [],
            }),
        };
        let reply = Reply::json(self.status, body);
        match self.retry_after_s {
            Some(seconds) => reply.with("Retry-After", seconds.to_string()),
            None => reply,
        }
    }
}
