//! Who or what caused a change, as sagas, claims and the audit trail name it.
//!
//! A client is named by its own id, never by the credential that it showed: credentials are rotated, and a
//! change sent again under the next one is still the same client's. Which credential belongs to which client
//! is decided where credentials are kept.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ClientId, CredentialId};

/// Who or what caused a change, and in which request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Who or what.
    pub by: Actor,
    /// With which credential a client asked; `None` where nobody asked, and in records from before it was
    /// kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
    /// Request id, for logs and audit.
    pub request: String,
}

impl Cause {
    /// A request of a client.
    pub fn client(client: ClientId, credential: CredentialId, request: impl Into<String>) -> Self {
        Self { by: Actor::Client(client), credential: Some(credential), request: request.into() }
    }

    /// A command that works on the data directory itself.
    pub fn operator(command: impl Into<String>) -> Self {
        Self { by: Actor::Operator, credential: None, request: command.into() }
    }

    /// Work of the bridge itself, which nobody asked for.
    pub fn recompute(request: impl Into<String>) -> Self {
        Self { by: Actor::Recompute, credential: None, request: request.into() }
    }
}

/// Who acts. Written as one text: `client:<client id>`, `recompute` or `operator`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Actor {
    /// An identity provider, or an administrator's tool.
    Client(ClientId),
    /// Rules, after a group has changed.
    Recompute,
    /// Whoever may open the data directory, by a command on this machine.
    Operator,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Client(id) => write!(f, "client:{id}"),
            Actor::Recompute => f.write_str("recompute"),
            Actor::Operator => f.write_str("operator"),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

impl TryFrom<String> for Actor {
    type Error = UnknownActor;

    fn try_from(text: String) -> Result<Self, UnknownActor> {
        match text.strip_prefix("client:") {
            Some(id) => Ok(Actor::Client(ClientId::new(id))),
            None if text == "recompute" => Ok(Actor::Recompute),
            None if text == "operator" => Ok(Actor::Operator),
            None => Err(UnknownActor),
        }
    }
}

/// A record names an actor that this program does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record names who caused it in a way that only another version of the bridge understands")]
pub struct UnknownActor;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_comes_back_as_it_was_written_and_is_one_text_and_the_credential_beside_it() {
        let cause = Cause::client(ClientId::new("okta-1"), CredentialId::new("t-2"), "r");
        let written = serde_json::to_string(&cause).expect("JSON");
        assert_eq!(written, r#"{"by":"client:okta-1","credential":"t-2","request":"r"}"#);
        assert_eq!(serde_json::from_str::<Cause>(&written).expect("a cause"), cause);
        let own = Cause::recompute("r");
        let written = serde_json::to_string(&own).expect("JSON");
        assert_eq!(written, r#"{"by":"recompute","request":"r"}"#);
        assert_eq!(serde_json::from_str::<Cause>(&written).expect("a cause"), own);
    }

    #[test]
    fn a_record_from_before_credentials_were_kept_is_still_read() {
        let old = r#"{"by":"client:0192a3c4-token","request":"r"}"#;
        let read: Cause = serde_json::from_str(old).expect("a cause");
        assert_eq!(read.by, Actor::Client(ClientId::new("0192a3c4-token")));
        assert_eq!(read.credential, None);
        assert!(serde_json::from_str::<Cause>(r#"{"by":"the moon","request":"r"}"#).is_err());
    }
}
