//! One request as the operations see it: decoded path, query and headers. Reading the bytes is `http`'s work.

use percent_encoding::percent_decode_str;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: String,
    /// As sent, without the query.
    pub(crate) path: String,
    /// As sent, without the question mark.
    pub(crate) raw_query: String,
    /// Decoded pairs in order.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Puts a request together: path and query as they are sent, the query without its question mark, names
    /// of headers in lower case.
    pub fn new(
        method: &str,
        path: &str,
        raw_query: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Request {
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            raw_query: raw_query.to_owned(),
            query: pairs(raw_query),
            headers,
            body,
        }
    }

    /// The first header of a name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// The first query parameter of a name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// All values of a repeated query parameter, also when written with commas.
    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        self.query
            .iter()
            .filter(|(held, _)| held == name)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The path with its query.
    pub(crate) fn target(&self) -> String {
        if self.raw_query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.raw_query)
        }
    }

    /// The body as text, for matching.
    pub(crate) fn body_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Splits and decodes `a=b&c=d`; a plus is a space.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Undoes percent-encoding.
pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_and_repeated_parameters_are_all_seen() {
        let request =
            Request::new("GET", "/x", "filter=userName+eq+%22a%40b%22&id=1&id=2,3", Vec::new(), Vec::new());
        assert_eq!(request.parameter("filter"), Some("userName eq \"a@b\""));
        assert_eq!(request.parameters("id"), ["1", "2", "3"]);
    }
}
