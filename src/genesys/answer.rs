//! What came back from one call: status, the headers that matter, body; and reading of its JSON.
//!
//! Pure. What an answer means is in [`super::verdict`]; what its body holds in the files of [`super::api`].

use serde::Deserialize;
use serde_json::Value;

/// An answer that arrived whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, where it was a whole number.
    pub retry_after: Option<u64>,
    /// `ININ-Correlation-Id`.
    pub correlation_id: Option<String>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// The body as JSON; `None` if it is not.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// How the sending of one call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Sent {
    /// With an answer.
    Answered(HttpAnswer),
    /// It never left: no connection.
    NotSent(String),
    /// It left, and no whole answer came back.
    Lost(String),
}

/// An error of the platform or of its SCIM API: both shapes may come from any SCIM call (docs/genesys.md
/// G2.17, G7.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorText {
    /// `code`, or `scimType`, or empty.
    pub code: String,
    /// `message`, or `detail`, or empty.
    pub message: String,
    /// `contextId`.
    pub context_id: Option<String>,
    /// `limit.key`: which limit a 429 speaks of, or empty.
    pub limit: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    code: Option<String>,
    #[serde(rename = "scimType")]
    scim_type: Option<String>,
    message: Option<String>,
    detail: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    #[serde(rename = "contextId")]
    context_id: Option<String>,
    limit: Option<Limit>,
    errors: Vec<Body>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Limit {
    key: Option<String>,
}

impl ErrorText {
    /// Reads either shape, and RFC 6749's of the token endpoint. Anything else reads as empty texts.
    pub(crate) fn read(body: &[u8]) -> Self {
        let wire: Body = serde_json::from_slice(body).unwrap_or_default();
        let inner = wire.errors.into_iter().next().unwrap_or_default();
        let code = [wire.scim_type, wire.code, wire.error, inner.code, inner.scim_type];
        let message = [wire.detail, wire.message, wire.error_description, inner.message, inner.detail];
        Self {
            code: first(code),
            message: first(message),
            context_id: wire.context_id.or(inner.context_id).filter(|id| !id.is_empty()),
            limit: wire.limit.or(inner.limit).and_then(|limit| limit.key).unwrap_or_default(),
        }
    }
}

fn first(texts: [Option<String>; 5]) -> String {
    texts.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or_default()
}

/// Strikes out of a text what is in `personal`, and every e-mail address and telephone number.
pub(crate) fn without_personal(text: &str, personal: &[&str]) -> String {
    let mut text = text.to_owned();
    let mut longest_first = personal.to_vec();
    longest_first.sort_by_key(|value| std::cmp::Reverse(value.len()));
    for value in longest_first {
        text = text.replace(value, "[value]");
    }
    let words: Vec<&str> = text
        .split_whitespace()
        .take(80)
        .map(|word| if is_address(word) || is_number(word) { "[value]" } else { word })
        .collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(crate::limits::GENESYS_MESSAGE_CHARS).collect()
}

fn is_address(word: &str) -> bool {
    word.contains('@')
}

fn is_number(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(char::is_ascii_alphabetic).count();
    digits >= 7 && letters == 0 || word.contains('+') && digits >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_error_shapes_and_the_login_hosts_are_read() {
        let rows = [
            (
                r#"{"message":"m","code":"not.found","status":404,"contextId":"c1"}"#,
                "not.found",
                "m",
                Some("c1"),
            ),
            (
                r#"{"schemas":[],"status":"409","scimType":"uniqueness","detail":"d"}"#,
                "uniqueness",
                "d",
                None,
            ),
            (r#"{"error":"invalid_client","description":"x"}"#, "invalid_client", "", None),
            (r#"{"errors":[{"code":"inner","message":"im","contextId":"c2"}]}"#, "inner", "im", Some("c2")),
            ("<html>", "", "", None),
            ("[]", "", "", None),
        ];
        for (body, code, message, context) in rows {
            let text = ErrorText::read(body.as_bytes());
            assert_eq!((text.code.as_str(), text.message.as_str()), (code, message), "{body}");
            assert_eq!(text.context_id.as_deref(), context, "{body}");
        }
    }

    #[test]
    fn personal_values_are_struck_out_and_ids_and_codes_stay() {
        let id = "206ce31f-61ec-40ed-a8b1-be6f06303998";
        let text =
            format!("User Ada Lovelace <ada@example.com> +1 555 +15551234567 has {id} [directory:user:add]");
        let clean = without_personal(&text, &["Ada", "Ada Lovelace"]);
        assert!(clean.contains(id) && clean.contains("[directory:user:add]"), "{clean}");
        for gone in ["Ada", "Lovelace", "example.com", "5551234567"] {
            assert!(!clean.contains(gone), "{gone} in {clean}");
        }
    }
}
