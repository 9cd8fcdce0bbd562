//! Whose a user of Genesys is: ours by its mark or its externalId, or somebody else's.
//!
//! Pure. What follows from it is decided where it is asked: `adoption` for the owner of an address,
//! `user_plan` for somebody who was deleted (docs/architecture.md, "The mark").

use serde_json::Value;

use crate::model::{Mark, Object, Observed, TenantId};
use crate::scim::kind::GENESYS_USER as GENESYS;

/// What the authority begins with under which Genesys keeps SCIM's own externalId (docs/genesys.md G2.8).
const SCIM_AUTHORITY: &str = "x-pc:scimv2:v1";

/// Whether somebody carries a mark of this tenant's bridge, or the externalId of the wanted document.
pub(super) fn is_ours(tenant: &TenantId, wanted: &Object, observed: &Observed) -> bool {
    let marked = observed.external_ids.iter().any(|(authority, _)| is_mark(tenant, authority));
    marked || has_external_id(wanted, observed)
}

/// Whether a document that was imported carries a mark of this tenant's bridge.
pub(super) fn is_marked(tenant: &TenantId, document: &Object) -> bool {
    let entries = document.get(GENESYS).and_then(|extension| extension.get("externalIds"));
    let mut entries = entries.and_then(Value::as_array).into_iter().flatten();
    entries.any(|entry| {
        entry.get("authority").and_then(Value::as_str).is_some_and(|authority| is_mark(tenant, authority))
    })
}

fn is_mark(tenant: &TenantId, authority: &str) -> bool {
    authority == Mark::authority_of(tenant)
}

/// Whether both documents have the same externalId.
pub(super) fn is_same(wanted: &Object, there: &Object) -> bool {
    external_id(wanted).is_some_and(|wanted| external_id(there) == Some(wanted))
}

/// SCIM shows it as an attribute; of somebody who was deleted it is only among the external ids.
fn has_external_id(wanted: &Object, observed: &Observed) -> bool {
    let mut ids = observed.external_ids.iter();
    let listed = |wanted: &str| ids.any(|(at, value)| at.starts_with(SCIM_AUTHORITY) && value == wanted);
    is_same(wanted, &observed.document) || external_id(wanted).is_some_and(listed)
}

fn external_id(document: &Object) -> Option<&str> {
    document.get("externalId").and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tenant() -> TenantId {
        TenantId::new("acme")
    }

    fn observed(external_ids: &[(&str, &str)], document: Value) -> Observed {
        let pairs = external_ids.iter().map(|(authority, value)| ((*authority).into(), (*value).into()));
        Observed {
            external_ids: pairs.collect(),
            document: document.as_object().unwrap().clone(),
            ..Observed::default()
        }
    }

    #[test]
    fn a_mark_of_this_tenant_or_the_same_external_id_makes_a_user_ours() {
        for (external_ids, document, ours) in [
            (&[("scimbridge-acme", "any")][..], json!({}), true),
            (&[("scimbridge-other", "any")], json!({}), false),
            (&[("x-pc:scimv2:v1:client", "ext-1")], json!({}), true),
            (&[("x-pc:scimv2:v1", "ext-1")], json!({}), true),
            (&[("x-pc:scimv2:v1", "EXT-1")], json!({}), false),
            (&[("workday", "ext-1")], json!({}), false),
            (&[], json!({"externalId": "ext-1"}), true),
            (&[], json!({"externalId": "ext-2"}), false),
        ] {
            let wanted = json!({"externalId": "ext-1"});
            let seen = observed(external_ids, document);
            assert_eq!(is_ours(&tenant(), wanted.as_object().unwrap(), &seen), ours, "{seen:?}");
        }
        let nothing = observed(&[("x-pc:scimv2:v1", "")], json!({"externalId": ""}));
        for wanted in [json!({}), json!({"externalId": ""})] {
            assert!(!is_ours(&tenant(), wanted.as_object().unwrap(), &nothing), "nothing is no name");
        }
    }

    #[test]
    fn an_imported_document_shows_its_mark() {
        let of =
            |authority: &str| json!({GENESYS: {"externalIds": [{"authority": authority, "value": "1"}]}});
        for (document, marked) in
            [(of("scimbridge-acme"), true), (of("scimbridge-acme2"), false), (json!({}), false)]
        {
            assert_eq!(is_marked(&tenant(), document.as_object().unwrap()), marked);
        }
    }
}
