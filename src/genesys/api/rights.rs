//! What our OAuth client may do, and where: its grants, each a role's policies in a division (docs/genesys.md
//! G1.5, G1.10). Pure.

use serde_json::Value;

use super::{id, text};
use crate::genesys::request::HttpCall;
use crate::model::Named;

/// Permissions in one division.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The division; its id is `*` when the grant covers all divisions.
    pub division: Named,
    /// `domain:entity:action`; each part may be `*`.
    pub permissions: Vec<String>,
}

/// GET of our own grants; needs no permission.
pub(crate) fn me() -> HttpCall {
    HttpCall::get("subject_me", &["authorization", "subjects", "me"])
}

/// The grants of an `AuthzSubject`. `None` if it is none.
pub(crate) fn read(answer: &Value) -> Option<Vec<Rights>> {
    answer.get("grants")?.as_array()?.iter().map(grant).collect()
}

fn grant(grant: &Value) -> Option<Rights> {
    let division = grant.get("division")?;
    let id = id(division)?;
    let name = text(division, "name").unwrap_or(&id).to_owned();
    let division = Named { id, name };
    let policies = grant.get("role")?.get("policies").and_then(Value::as_array);
    let policies = policies.map(Vec::as_slice).unwrap_or_default();
    let permissions = policies.iter().flat_map(|policy| {
        let part = |member| text(policy, member).unwrap_or("*");
        let (domain, entity) = (part("domain"), part("entityName"));
        let actions = policy.get("actions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        actions.iter().filter_map(Value::as_str).map(move |action| format!("{domain}:{entity}:{action}"))
    });
    Some(Rights { division, permissions: permissions.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn grants_become_permissions_by_division() {
        let answer = json!({"grants": [
            {"division": {"id": "d", "name": "EMEA"}, "role": {"id": "r", "policies": [
                {"domain": "routing", "entityName": "queue", "actions": ["view", "edit"]},
                {"domain": "directory", "entityName": "*", "actions": ["*"]},
            ]}},
            {"division": {"id": "*"}, "role": {"id": "s"}},
        ]});
        let rights = read(&answer).expect("grants");
        let [emea, all] = rights.as_slice() else { panic!("two grants") };
        assert_eq!(emea.division.name, "EMEA");
        assert_eq!(emea.permissions, ["routing:queue:view", "routing:queue:edit", "directory:*:*"]);
        assert_eq!((all.division.id.as_str(), all.permissions.len()), ("*", 0));
        assert_eq!(read(&json!({"id": "x"})), None);
    }
}
