//! Where entitlements stand in a user's document: the attributes that say one kind, each in a form of its
//! own.
//!
//! Only their names; what stands there is read by `entitlements`, which kinds exist is
//! [`crate::model::kind`].

use super::kind::{BRIDGE_USER, GENESYS_USER};
use crate::model::{Elsewhere, Kind, Object};

/// One attribute that says a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its extension; `None` is the core.
    pub(crate) extension: Option<&'static str>,
    /// Its name.
    pub(crate) attribute: &'static str,
}

impl Place {
    /// What stands there.
    pub(crate) fn of(self, user: &Object) -> Option<&serde_json::Value> {
        match self.extension {
            None => user.get(self.attribute),
            Some(urn) => user.get(urn)?.as_object()?.get(self.attribute),
        }
    }
}

/// The places of a kind: the full attribute first, the compact one, then those that are not ours.
pub(crate) fn places(kind: Kind) -> impl Iterator<Item = Place> {
    let row = kind.row();
    let ours =
        [row.attribute, row.compact].map(|attribute| Place { extension: Some(BRIDGE_USER), attribute });
    let elsewhere = row.elsewhere.iter().map(|place| match *place {
        Elsewhere::Core(attribute) => Place { extension: None, attribute },
        Elsewhere::Genesys(attribute) => Place { extension: Some(GENESYS_USER), attribute },
    });
    ours.into_iter().chain(elsewhere)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::compact::family_of;
    use crate::scim::kind::CORE_USER;
    use crate::scim::registry::{Attribute, registry};

    fn attribute(place: Place) -> Option<&'static Attribute> {
        registry().in_schema(place.extension.unwrap_or(CORE_USER), place.attribute)
    }

    #[test]
    fn every_place_is_an_attribute_of_its_schema_and_fits_the_family_of_its_kind() {
        for kind in Kind::ALL {
            for place in places(kind) {
                let attribute = attribute(place);
                let attribute = attribute.unwrap_or_else(|| panic!("{place:?} is in no schema"));
                let compact = place.attribute == kind.row().compact;
                assert_eq!(attribute.multi_valued, !compact, "{place:?}");
                // The core attribute says roles in the shape of RFC 7643, which has no division.
                if !compact && place.extension.is_some() {
                    assert_eq!(family_of(attribute), Some(kind.family()), "{place:?}");
                }
            }
        }
    }
}
