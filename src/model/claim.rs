//! What a POST is recognised by when it is sent again because its answer got lost.
//!
//! Who may claim, and when: `bridge::claims`. The record that a claim finds: `directory::claims`.

use serde::{Deserialize, Serialize};

/// The claim of a create; written as the pair of its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, Option<String>)", into = "(String, Option<String>)")]
pub struct Claim {
    /// Resource type and folded name: `User/ada@example.org`, `Group/night desk`.
    pub name: String,
    /// `externalId` of the POST: a retry has the same.
    pub external_id: Option<String>,
}

impl From<(String, Option<String>)> for Claim {
    fn from((name, external_id): (String, Option<String>)) -> Self {
        Self { name, external_id }
    }
}

impl From<Claim> for (String, Option<String>) {
    fn from(claim: Claim) -> Self {
        (claim.name, claim.external_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_the_pair_that_journals_hold() {
        let claim = |external_id: Option<&str>| Claim {
            name: "User/ada".to_owned(),
            external_id: external_id.map(str::to_owned),
        };
        for (text, expected) in
            [(r#"["User/ada","7"]"#, claim(Some("7"))), (r#"["User/ada",null]"#, claim(None))]
        {
            assert_eq!(serde_json::from_str::<Claim>(text).expect("a claim"), expected);
            assert_eq!(serde_json::to_string(&expected).expect("JSON"), text);
        }
    }
}
