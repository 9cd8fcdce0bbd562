//! The left side and the middle of a comparison: an attribute with what the registry says about comparing it,
//! and the operator between it and the value.
//!
//! The right side is [`super::literal`]; how conditions are put together is [`super::node`].

use crate::scim::registry::{AttrPath, Attribute, AttributeType};

/// An attribute named in a filter, with what the registry says about comparing it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) struct Operand {
    pub(in crate::scim) path: AttrPath,
    pub(super) data_type: AttributeType,
    pub(super) case_exact: bool,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scim) enum Op {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Lt,
    Ge,
    Le,
}

impl Op {
    const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Lt, Self::Ge, Self::Le];

    /// A comparison by its word, letter case ignored (RFC 7644 section 3.4.2.2).
    pub(super) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(word))
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Ge => "ge",
            Self::Le => "le",
        }
    }

    /// Whether it asks for identity only.
    pub(super) fn is_equality(self) -> bool {
        matches!(self, Self::Eq | Self::Ne)
    }

    /// Whether it looks at a part of a text.
    pub(super) fn is_part_of(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

impl Operand {
    pub(super) fn new(path: AttrPath, leaf: &Attribute) -> Self {
        Self::of_type(path, leaf.data_type, leaf.case_exact)
    }

    pub(super) fn of_type(path: AttrPath, data_type: AttributeType, case_exact: bool) -> Self {
        Self { path, data_type, case_exact }
    }

    /// Whether an element that does not say counts as false: `primary` (RFC 7643 section 2.4).
    pub(super) fn is_false_unless_said(&self) -> bool {
        self.data_type == AttributeType::Boolean
            && self.path.sub.as_deref().unwrap_or(&self.path.name) == "primary"
    }
}
