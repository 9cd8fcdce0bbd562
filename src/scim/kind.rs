//! The two resource types the bridge serves, and the URNs of the schemas behind them.
//!
//! Holds names only: the attributes are in [`super::registry`], the served descriptions in
//! [`super::discovery`].

use std::fmt;

/// Core user schema (RFC 7643 section 4.1).
pub const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Core group schema (RFC 7643 section 4.2).
pub const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Enterprise user extension (RFC 7643 section 4.3).
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The extension that Genesys Cloud itself defines (docs/genesys.md G2.8).
pub const GENESYS_USER: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";
/// Our own extension: what makes a user a working agent.
pub const BRIDGE_USER: &str = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User";

/// A resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// A person.
    User,
    /// A set of users.
    Group,
}

impl ResourceKind {
    /// Both, in the order in which they are listed.
    pub const ALL: [ResourceKind; 2] = [ResourceKind::User, ResourceKind::Group];

    /// Path segment below the base address: `Users`, `Groups`.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }

    /// Name of the resource type: `User`, `Group`.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// URN of the main schema.
    pub fn schema(self) -> &'static str {
        match self {
            Self::User => CORE_USER,
            Self::Group => CORE_GROUP,
        }
    }

    /// URNs of the extensions, in the order in which a bare attribute name is looked up in them.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::User => &[ENTERPRISE_USER, GENESYS_USER, BRIDGE_USER],
            Self::Group => &[],
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
