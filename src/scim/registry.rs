//! What attributes exist and how each behaves, read once from the files in `schemas/`.
//!
//! Every other room of `scim` asks here for type, mutability, letter case and so on; no attribute is known by
//! name twice. Serving the schemas to clients is [`super::discovery`]; tolerances about values are
//! [`super::dialect`].

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::kind::{BRIDGE_USER, ResourceKind};

/// Data types of RFC 7643 section 2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeType {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// Number with a fraction.
    Decimal,
    /// Whole number.
    Integer,
    /// Point in time, as text.
    DateTime,
    /// Address, as text.
    Reference,
    /// Base64, as text.
    Binary,
    /// Sub-attributes.
    Complex,
}

/// Who may write an attribute, and when (RFC 7643 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Only this service.
    ReadOnly,
    /// The client, any time.
    ReadWrite,
    /// The client, once.
    Immutable,
    /// The client, and nobody reads it.
    WriteOnly,
}

/// When an attribute is part of an answer (RFC 7643 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// In every answer.
    Always,
    /// In none.
    Never,
    /// Unless the client asks otherwise.
    Default,
    /// Only when the client asks for it.
    Request,
}

/// Among which resources a value is unique (RFC 7643 section 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// None.
    #[default]
    None,
    /// Those of this service.
    Server,
    /// All in the world.
    Global,
}

/// One attribute or sub-attribute.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Name, in its canonical letter case.
    pub name: String,
    /// Data type of one value.
    #[serde(rename = "type")]
    pub data_type: AttributeType,
    /// Whether it is an array.
    pub multi_valued: bool,
    /// Whether a resource (or its parent, when present) must have it.
    pub required: bool,
    /// Whether comparisons look at letter case.
    #[serde(default)]
    pub case_exact: bool,
    /// Who may write it.
    pub mutability: Mutability,
    /// When it is returned.
    pub returned: Returned,
    /// Where it is unique.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// Suggested values; others are accepted as well (docs/connectors.md C3.6).
    #[serde(default)]
    pub canonical_values: Vec<String>,
    /// What a reference may point to.
    #[serde(default)]
    pub reference_types: Vec<String>,
    /// Parts of a complex attribute.
    #[serde(default)]
    pub sub_attributes: Vec<Attribute>,
    /// Whether a part that is not described can only be a misspelling: in the bridge's own extension, which
    /// nobody else adds to.
    #[serde(skip)]
    pub closed: bool,
}

impl Attribute {
    /// A sub-attribute by name, letter case ignored.
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        self.sub_attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// Whether it has sub-attributes.
    pub fn is_complex(&self) -> bool {
        self.data_type == AttributeType::Complex
    }
}

/// A schema file.
#[derive(Debug, Deserialize)]
pub(crate) struct Schema {
    /// URN.
    pub id: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

#[derive(Debug, Deserialize)]
struct Common {
    attributes: Vec<Attribute>,
}

/// Where an attribute lives: name of the extension (none for core and common attributes), attribute,
/// sub-attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttrPath {
    /// URN of the extension; `None` for core and common attributes.
    pub schema: Option<String>,
    /// Attribute name.
    pub name: String,
    /// Sub-attribute name.
    pub sub: Option<String>,
}

impl std::fmt::Display for AttrPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// An attribute found by [`Registry::resolve`], names in canonical letter case.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// Where it lives.
    pub path: AttrPath,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The sub-attribute, when the path names one.
    pub sub_attribute: Option<&'static Attribute>,
}

impl Resolved {
    /// The attribute or sub-attribute that the path ends in.
    pub(crate) fn leaf(&self) -> &'static Attribute {
        self.sub_attribute.unwrap_or(self.attribute)
    }
}

/// All schemas of the service.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    common: Vec<Attribute>,
    schemas: Vec<Schema>,
    documents: Vec<Value>,
}

const COMMON: &str = include_str!("../../schemas/common.json");
const FILES: [&str; 8] = [
    include_str!("../../schemas/core-user.json"),
    include_str!("../../schemas/core-group.json"),
    include_str!("../../schemas/enterprise-user.json"),
    include_str!("../../schemas/genesys-user.json"),
    include_str!("../../schemas/bridge-user.json"),
    include_str!("../../schemas/service-provider-config.json"),
    include_str!("../../schemas/resource-type.json"),
    include_str!("../../schemas/schema.json"),
];

/// The files are part of the program, and a test shows that all of them are readable.
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::load().unwrap_or_default());

/// The one registry.
pub(crate) fn registry() -> &'static Registry {
    &REGISTRY
}

impl Registry {
    fn load() -> Result<Self, serde_json::Error> {
        let common: Common = serde_json::from_str(COMMON)?;
        let mut schemas: Vec<Schema> =
            FILES.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
        for schema in schemas.iter_mut().filter(|schema| schema.id == BRIDGE_USER) {
            schema.attributes.iter_mut().for_each(|attribute| attribute.closed = true);
        }
        let documents = FILES.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
        Ok(Self { common: common.attributes, schemas, documents })
    }

    /// The schema files as JSON, in the order in which `/Schemas` lists them.
    pub(crate) fn schemas(&self) -> &[Value] {
        &self.documents
    }

    /// A schema by URN, letter case ignored.
    pub(crate) fn schema(&self, urn: &str) -> Option<&Schema> {
        self.schemas.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// Whether an URN ends inside that of a known schema or goes on behind its version: then it is a misspelt
    /// name of that schema or of one of its attributes, not a schema of its own. A word without a colon is no
    /// URN.
    pub(crate) fn is_near_known(&self, urn: &str) -> bool {
        urn.contains(':')
            && self.schemas.iter().filter_map(|schema| schema.id.rsplit_once(':')).any(|(version, _)| {
                let (short, long) = if urn.len() < version.len() { (urn, version) } else { (version, urn) };
                let (head, tail) = (long.get(..short.len()), long.as_bytes().get(short.len()));
                head.is_some_and(|head| head.eq_ignore_ascii_case(short))
                    && matches!(tail, None | Some(b':' | b'.'))
            })
    }

    /// The attributes of an extension that clients may write, for an error about a misspelt one.
    pub(crate) fn names_in(&self, urn: &str) -> String {
        let writable = |attribute: &&Attribute| attribute.mutability != Mutability::ReadOnly;
        let attributes = self.schema(urn).map_or(&[][..], |schema| &schema.attributes);
        let names: Vec<&str> = attributes.iter().filter(writable).map(|known| known.name.as_str()).collect();
        names.join(", ")
    }

    /// The attributes of the main schema of a resource type.
    pub(crate) fn core(&self, kind: ResourceKind) -> &[Attribute] {
        self.schema(kind.schema()).map_or(&[], |schema| &schema.attributes)
    }

    /// The canonical URN of an extension of this resource type, letter case ignored.
    pub(crate) fn extension(&self, kind: ResourceKind, urn: &str) -> Option<&'static str> {
        kind.extensions().iter().copied().find(|known| known.eq_ignore_ascii_case(urn))
    }

    /// Finds an attribute. `uri` is what the client wrote before the last colon; a bare name that is not a
    /// core attribute is looked up in the extensions, because Entra writes `manager` without its URN.
    pub(crate) fn resolve(
        &'static self,
        kind: ResourceKind,
        uri: Option<&str>,
        name: &str,
        sub: Option<&str>,
    ) -> Option<Resolved> {
        let (schema, attribute) = match uri {
            Some(uri) if uri.eq_ignore_ascii_case(kind.schema()) => (None, self.core_or_common(kind, name)?),
            Some(uri) => {
                let urn = self.extension(kind, uri)?;
                (Some(urn), self.in_schema(urn, name)?)
            }
            None => match self.core_or_common(kind, name) {
                Some(attribute) => (None, attribute),
                None => kind
                    .extensions()
                    .iter()
                    .find_map(|urn| self.in_schema(urn, name).map(|attribute| (Some(*urn), attribute)))?,
            },
        };
        let sub_attribute = match sub {
            Some(sub) => Some(attribute.sub(sub)?),
            None => None,
        };
        let path = AttrPath {
            schema: schema.map(str::to_owned),
            name: attribute.name.clone(),
            sub: sub_attribute.map(|sub| sub.name.clone()),
        };
        Some(Resolved { path, attribute, sub_attribute })
    }

    /// An attribute of one schema by name.
    pub(crate) fn in_schema(&self, urn: &str, name: &str) -> Option<&Attribute> {
        find(&self.schema(urn)?.attributes, name)
    }

    /// A core or common attribute by name.
    pub(crate) fn core_or_common(&self, kind: ResourceKind, name: &str) -> Option<&Attribute> {
        find(self.core(kind), name).or_else(|| find(&self.common, name))
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::kind::{CORE_USER, ENTERPRISE_USER};

    #[test]
    fn every_built_in_schema_is_readable() {
        let registry = Registry::load().expect("readable");
        assert_eq!((registry.schemas.len(), registry.documents.len()), (FILES.len(), FILES.len()));
        assert!(!registry.common.is_empty());
    }

    #[test]
    fn attributes_are_found_by_any_spelling_and_come_back_canonical() {
        let table = [
            (None, "USERNAME", None, Some("userName")),
            (None, "name", Some("GivenName"), Some("name.givenName")),
            (Some(CORE_USER), "displayname", None, Some("displayName")),
            (Some(ENTERPRISE_USER), "manager", Some("value"), Some("manager.value")),
            (None, "meta", Some("lastmodified"), Some("meta.lastModified")),
            (None, "nonsense", None, None),
            (None, "name", Some("nonsense"), None),
            (Some("urn:x"), "userName", None, None),
        ];
        for (uri, name, sub, expected) in table {
            let found = registry().resolve(ResourceKind::User, uri, name, sub).map(|resolved| {
                let path = resolved.path;
                AttrPath { schema: None, ..path }.to_string()
            });
            assert_eq!(found.as_deref(), expected, "{uri:?} {name} {sub:?}");
        }
    }

    #[test]
    fn a_bare_name_is_core_first_and_then_looked_up_in_the_extensions() {
        let roles = registry().resolve(ResourceKind::User, None, "roles", None).unwrap();
        assert_eq!(roles.path.schema, None);
        let queues = registry().resolve(ResourceKind::User, None, "queues", None).unwrap();
        assert_eq!(queues.path.schema.as_deref(), Some(BRIDGE_USER));
        assert!(registry().resolve(ResourceKind::Group, None, "manager", None).is_none());
    }

    #[test]
    fn complex_attributes_hold_no_complex_sub_attributes_in_resources() {
        for urn in [CORE_USER, ENTERPRISE_USER, BRIDGE_USER] {
            for attribute in &registry().schema(urn).unwrap().attributes {
                assert!(attribute.sub_attributes.iter().all(|sub| !sub.is_complex()), "{}", attribute.name);
            }
        }
    }

    #[test]
    fn an_urn_that_ends_inside_of_a_known_one_or_goes_on_behind_it_is_no_schema_of_its_own() {
        for (urn, near) in [
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0", true),
            ("URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User.employeeNumber", true),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:Users", true),
            ("urn:ietf:params:scim:schemas:extension:enterprise", true),
            ("urn:ietf:params:scim:schemas:core:2.0:User:schemas", true),
            ("urn:ietf:params:scim:schemas:core:2", true),
            ("urn:ietf", true),
            ("urn", false),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.1:User", false),
            ("urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User", false),
            ("urn:ietf:params:scim:schemas:ext", false),
            ("urn:acme:2.0:User", false),
            ("shoeSize", false),
        ] {
            assert_eq!(registry().is_near_known(urn), near, "{urn}");
        }
    }
}
