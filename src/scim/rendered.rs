//! A resource as text, in the form in which it is stored and sent, so that a read is a copy and no parsing.
//!
//! The text is the complete resource but for two places that are only known when it is read: the service's
//! public address in `meta.location`, and the derived part (`groups` of a user, `members` of a group), which
//! comes after the attributes and before the extensions. It is valid JSON without them as well. Projection
//! works on the parsed form ([`super::projection`]); how the derived parts look is [`super::render`].

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::etag;
use super::kind::ResourceKind;
use super::registry::registry;
use crate::model::Object;

/// What the service knows about a resource beside its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// When it came to be, Unix milliseconds.
    pub created_ms: i64,
    /// When it last changed, Unix milliseconds.
    pub modified_ms: i64,
    /// Counter behind the entity tag.
    pub version: u64,
}

/// A resource as text with two open places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    text: Bytes,
    base_at: u32,
    parts_at: u32,
}

impl Rendered {
    /// Renders a document of record: `schemas`, `id`, `externalId`, `meta`, the attributes in the order of
    /// the document, then extensions.
    pub fn of(kind: ResourceKind, id: &str, document: &Object, meta: &Meta) -> Self {
        let mut out = Vec::with_capacity(1024);
        out.extend(b"{\"schemas\":");
        match document.get("schemas") {
            Some(schemas) => json(&mut out, schemas),
            None => json(&mut out, &Value::from(vec![kind.schema()])),
        }
        out.extend(b",\"id\":");
        json(&mut out, &Value::from(id));
        if let Some(external_id) = document.get("externalId") {
            member(&mut out, "externalId", external_id);
        }
        out.extend(b",\"meta\":{\"resourceType\":\"");
        out.extend(kind.name().as_bytes());
        out.extend(b"\",\"created\":\"");
        out.extend(time(meta.created_ms).as_bytes());
        out.extend(b"\",\"lastModified\":\"");
        out.extend(time(meta.modified_ms).as_bytes());
        out.extend(b"\",\"location\":\"");
        let base_at = position(&out);
        out.push(b'/');
        out.extend(kind.endpoint().as_bytes());
        out.push(b'/');
        inner(&mut out, id);
        out.extend(b"\",\"version\":");
        json(&mut out, &Value::from(etag::format(meta.version)));
        out.push(b'}');
        let is_extension = |key: &str| registry().extension(kind, key).is_some();
        for (key, value) in document.iter().filter(|(key, _)| !placed(key) && !is_extension(key)) {
            member(&mut out, key, value);
        }
        let parts_at = position(&out);
        for (key, value) in document.iter().filter(|(key, _)| is_extension(key)) {
            member(&mut out, key, value);
        }
        out.push(b'}');
        Self { text: Bytes::from(out), base_at, parts_at }
    }

    /// Takes back what [`Rendered::text`] and [`Rendered::places`] gave; `None` when they do not fit each
    /// other.
    pub fn from_parts(text: Bytes, base_at: u32, parts_at: u32) -> Option<Self> {
        let fits = base_at <= parts_at && (parts_at as usize) < text.len();
        fits.then_some(Self { text, base_at, parts_at })
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The text without its derived parts, for the store.
    pub fn text(&self) -> &Bytes {
        &self.text
    }

    /// Where the public address and the derived part go, in bytes.
    pub fn places(&self) -> (u32, u32) {
        (self.base_at, self.parts_at)
    }

    /// Writes the resource as a client sees it. `base` is the public address of the service,
    /// `https://host/scim/v2`; `parts` writes the derived part with a comma before it, or nothing.
    pub fn write(&self, base: &str, out: &mut Vec<u8>, parts: impl FnOnce(&mut Vec<u8>)) {
        let (head, rest) = self.text.split_at(self.base_at as usize);
        let (attributes, extensions) = rest.split_at((self.parts_at - self.base_at) as usize);
        out.reserve(self.text.len() + base.len());
        out.extend(head);
        inner(out, base);
        out.extend(attributes);
        parts(out);
        out.extend(extensions);
    }

    /// The document of record: the resource without `id` and `meta`.
    ///
    /// # Errors
    /// A text that is no JSON: the record is damaged.
    pub fn document(&self) -> Result<Object, serde_json::Error> {
        let mut document: Object = serde_json::from_slice(&self.text)?;
        document.shift_remove("id");
        document.shift_remove("meta");
        Ok(document)
    }

    /// What people call it: its displayName, else its userName; empty if it has neither. Reads past everything
    /// else.
    pub fn called(&self) -> String {
        #[derive(Deserialize)]
        struct Named {
            #[serde(rename = "displayName", default)]
            display_name: Option<String>,
            #[serde(rename = "userName", default)]
            user_name: Option<String>,
        }
        let named = serde_json::from_slice::<Named>(&self.text).ok();
        let shown =
            named.and_then(|named| named.display_name.filter(|name| !name.is_empty()).or(named.user_name));
        shown.unwrap_or_default()
    }

    /// Its displayName, empty if it has none. Reads past everything else.
    pub fn display_name(&self) -> String {
        #[derive(Deserialize)]
        struct Named {
            #[serde(rename = "displayName", default)]
            display_name: Option<String>,
        }
        let named = serde_json::from_slice::<Named>(&self.text).ok();
        named.and_then(|named| named.display_name).unwrap_or_default()
    }
}

/// Writes one more member with a comma before it.
pub(crate) fn member(out: &mut Vec<u8>, name: &str, value: &Value) {
    out.push(b',');
    json(out, &Value::from(name));
    out.push(b':');
    json(out, value);
}

/// Unix milliseconds as RFC 3339 in UTC, always with three digits behind the second: as texts they sort by
/// time.
pub(crate) fn time(ms: i64) -> String {
    format!("{:.3}", jiff::Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// Members that have their own place in the text.
fn placed(key: &str) -> bool {
    matches!(key, "schemas" | "id" | "externalId" | "meta")
}

fn position(out: &[u8]) -> u32 {
    u32::try_from(out.len()).unwrap_or(u32::MAX)
}

fn json(out: &mut Vec<u8>, value: &Value) {
    // A `Vec` takes everything, and a `Value` has only what JSON can say.
    let _ = serde_json::to_writer(out, value);
}

/// A text as it stands between the quotes of a JSON string.
fn inner(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\') {
        out.extend(text.as_bytes());
        return;
    }
    let quoted = Value::from(text).to_string();
    out.extend(quoted.get(1..quoted.len() - 1).unwrap_or_default().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::kind::{CORE_USER, ENTERPRISE_USER};
    use crate::scim::registry::{Attribute, Returned};
    use crate::scim::render::{GroupRef, groups_json};
    use serde_json::json;

    const BASE: &str = "https://x/scim/v2";

    fn rendered(id: &str, document: &Value) -> Rendered {
        let meta = Meta { created_ms: 1_767_225_600_000, modified_ms: 1_767_312_000_000, version: 3 };
        Rendered::of(ResourceKind::User, id, document.as_object().unwrap(), &meta)
    }

    fn document() -> Value {
        json!({"userName": "u\"\u{1}ü", ENTERPRISE_USER: {"department": "D"}, "externalId": "e", "title": "T",
            "schemas": [CORE_USER, ENTERPRISE_USER]})
    }

    #[test]
    fn a_resource_has_its_parts_in_a_fixed_order() {
        let mut out = Vec::new();
        let groups = groups_json(BASE, &[GroupRef { value: "g".into(), display: Some("G".into()) }]);
        rendered("7", &document()).write(BASE, &mut out, |out| member(out, "groups", &groups));
        let full: Object = serde_json::from_slice(&out).unwrap();
        let keys: Vec<&str> = full.keys().map(String::as_str).collect();
        let wanted = ["schemas", "id", "externalId", "meta", "userName", "title", "groups", ENTERPRISE_USER];
        assert_eq!(keys, wanted);
        assert_eq!(
            full["meta"],
            json!({"resourceType": "User", "created": "2026-01-01T00:00:00.000Z", "lastModified": "2026-01-02T00:00:00.000Z",
                "location": "https://x/scim/v2/Users/7", "version": "W/\"3\""})
        );
        assert_eq!(full["groups"][0]["$ref"], "https://x/scim/v2/Groups/g");
    }

    #[test]
    fn the_document_comes_back_as_it_was_given() {
        for id in ["7", "a\"b\\c", "ü/1"] {
            let rendered = rendered(id, &document());
            assert_eq!(Value::Object(rendered.document().unwrap()), document());
            let mut text = Vec::new();
            rendered.write("https://h\"x/scim/v2", &mut text, |_| {});
            let resource: Object = serde_json::from_slice(&text).unwrap();
            assert_eq!(resource["id"], id);
            assert_eq!(resource["meta"]["location"], format!("https://h\"x/scim/v2/Users/{id}"));
            let (base_at, parts_at) = rendered.places();
            let again = Rendered::from_parts(rendered.text().clone(), base_at, parts_at);
            assert_eq!(again.as_ref(), Some(&rendered));
        }
        assert_eq!(Rendered::from_parts(Bytes::from_static(b"{}"), 3, 9), None);
        assert_eq!(rendered("7", &json!({"displayName": "Ann\u{e9}"})).display_name(), "Ann\u{e9}");
        for (document, called) in [
            (json!({"userName": "a@x", "displayName": "Ann"}), "Ann"),
            (json!({"userName": "a@x", "displayName": ""}), "a@x"),
            (json!({"userName": "a@x"}), "a@x"),
            (json!({}), ""),
        ] {
            assert_eq!(rendered("7", &document).called(), called, "{document}");
        }
    }

    /// The text is sent as it is, so nothing may be kept in it that an ordinary answer leaves out.
    #[test]
    fn no_attribute_that_a_client_can_write_is_left_out_of_ordinary_answers() {
        let hidden = |attribute: &Attribute| {
            matches!(attribute.returned, Returned::Never | Returned::Request)
                && attribute.mutability != crate::scim::registry::Mutability::ReadOnly
                && attribute.name != "password"
        };
        for kind in ResourceKind::ALL {
            for urn in kind.extensions().iter().chain([&kind.schema()]) {
                for attribute in &registry().schema(urn).unwrap().attributes {
                    assert!(!hidden(attribute), "{}", attribute.name);
                    assert!(!attribute.sub_attributes.iter().any(hidden), "{}", attribute.name);
                }
            }
        }
    }
}
