//! Extensions: their attributes by URN, as a whole, the lists of entitlements, and extensions nobody
//! described.
//!
//! The manager in all its shapes is in `connectors`.

use super::rows::{tables, user_table};

tables! { user_table;
    attributes_of_extensions_are_named_by_their_urn_in_any_case_or_bare: r#"
        // RFC 7644 section 3.10; docs/connectors.md C4.12 for bare names.
        ["replace", "E:employeeNumber", "42"] => {"E:employeeNumber": "42"}
        ["add", "E:costCenter", "4130"] => {"E:costCenter": "4130"}
        ["replace", "costCenter", "4130"] => {"E:costCenter": "4130"}
        ["replace", "URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User:COSTCENTER", "4130"] => {"E:costCenter": "4130"}
        ["remove", "E:department"] => {"E:department": null}
        ["replace", "E:department", ""] => {"E:department": null}
        ["replace", "E:department", "Tour"] => {}
        ["replace", "E:manager.value", "m2"] => {"E:manager": {"value": "m2"}}
        ["add", "E:manager.$ref", "https://example.com/v2/Users/m1"] => {"E:manager": {"value": "m1", "$ref": "https://example.com/v2/Users/m1"}}
        ["remove", "E:manager.$ref"] => {"E:manager": {"value": "m1"}}
        ["remove", "E:manager"] => {"E:manager": null}
    "#
    a_path_may_name_a_whole_extension: r#"
        ["add", "E", {"costCenter": "4130"}] => {"E:costCenter": "4130"}
        ["replace", "E", {"department": "X", "costCenter": "4130"}] => {"E:department": "X", "E:costCenter": "4130"}
        ["replace", "E", {"department": null}] => {"E:department": null}
        ["replace", "E", {"manager": {"displayName": "John"}}] => {}
        ["replace", "E", {}] => {}
        ["remove", "E"] => {"E:employeeNumber": null, "E:department": null, "E:manager": null, "schemas": ["C", "B"]}
        ["replace", "E", null] => {"E:employeeNumber": null, "E:department": null, "E:manager": null, "schemas": ["C", "B"]}
        [["remove", "E:employeeNumber"], ["remove", "E:department"], ["remove", "E:manager"]] => {"E:employeeNumber": null, "E:department": null, "E:manager": null, "schemas": ["C", "B"]}
        ["add", "E", "x"] => invalidValue
        // Adding an attribute adds its schema (RFC 7644 section 3.5.2).
        ["add", "G:externalIds", [{"authority": "HR", "value": "7"}]] => {"G:externalIds": [{"authority": "HR", "value": "7"}], "schemas": ["C", "E", "B", "G"]}
        [["remove", "E"], ["add", "E:department", "Tour"], ["add", "E:employeeNumber", "701984"], ["add", "E:manager", {"value": "m1", "$ref": "https://example.com/Users/m1"}]] => {}
    "#
    lists_of_entitlements_grow_change_and_shrink: r#"
        ["add", "B:queues", ["Support"]] => {"B:queues": ["Sales", "Claims", "Support"]}
        ["add", "B:queues", ["Sales"]] => {}
        ["add", "queues", "Support;Sales"] => {"B:queues": ["Sales", "Claims", "Support"]}
        ["replace", "B:queues", ["Support"]] => {"B:queues": ["Support"]}
        ["replace", "B:queues", []] => {"B:queues": null}
        ["remove", "B:queues[value eq 'Sales']"] => {"B:queues": ["Claims"]}
        ["remove", "B:queues", ["Sales"]] => {"B:queues": ["Claims"]}
        ["remove", "B:queues", []] => {}
        ["replace", "B:queues[value eq 'Sales']", "Support"] => {"B:queues": ["Support", "Claims"]}
        ["replace", "B:queues[value eq 'Sales']", "Claims"] => {"B:queues": ["Claims"]}
        ["add", "B:queues[value eq 'Support']", "Support"] => {"B:queues": ["Sales", "Claims", "Support"]}
        ["add", "B:skills", [{"name": "Spanish", "proficiency": 2}]] => {"B:skills": [{"name": "Billing", "proficiency": 4}, {"name": "Spanish", "proficiency": 2}]}
        ["add", "B:skills", [{"name": "Billing", "proficiency": 5}]] => {"B:skills": [{"name": "Billing", "proficiency": 5}]}
        ["replace", "B:skills[name eq 'Billing'].proficiency", 3] => {"B:skills": [{"name": "Billing", "proficiency": 3}]}
        ["replace", "B:skills[name eq 'Billing'].proficiency", "3"] => {"B:skills": [{"name": "Billing", "proficiency": 3}]}
        ["replace", "B:skills[name eq 'Spanish'].proficiency", 3] => {"B:skills": [{"name": "Billing", "proficiency": 4}, {"name": "Spanish", "proficiency": 3}]}
        // 4.0 is the number 4: no change, no new version.
        ["replace", "B:skills[name eq 'Billing'].proficiency", 4.0] => {}
        ["replace", "B:skills", [{"proficiency": 4.0, "name": "Billing"}]] => {}
        ["replace", "B:skills", "Billing:4"] => {}
        ["remove", "B:skills[name eq 'Billing'].proficiency"] => {"B:skills": [{"name": "Billing"}]}
        ["remove", "B:skills[name eq 'Billing'].name"] => mutability
        ["remove", "B:skills.name"] => mutability
        ["add", "B:skills[proficiency eq 1]", {"proficiency": 1}] => invalidValue
        ["add", "B:skills", [{"proficiency": 1}]] => invalidValue
        ["add", "B:roles", "Boss@EMEA"] => {"B:roles": [{"role": "Agent", "division": "EMEA"}, {"role": "Boss", "division": "EMEA"}]}
        ["remove", "B:roles[role eq 'Agent' and division eq 'EMEA']"] => {"B:roles": null}
    "#
    extensions_nobody_described_are_kept_as_they_come: r#"
        // docs/connectors.md C3.2: custom URNs as keys, not listed in schemas.
        ["add", "urn:acme:2.0:User:tag", "t"] => {"urn:acme:2.0:User:tag": "t", "schemas": ["C", "E", "B", "urn:acme:2.0:User"]}
        ["add", "urn:acme:2.0:User", {"tag": "t"}] => {"urn:acme:2.0:User:tag": "t", "schemas": ["C", "E", "B", "urn:acme:2.0:User"]}
        ["add", null, {"urn:acme:2.0:User": {"tag": "t"}}] => {"urn:acme:2.0:User:tag": "t", "schemas": ["C", "E", "B", "urn:acme:2.0:User"]}
        ["add", null, {"urn:acme:2.0:Badge": {"tag": "t"}}] => {"urn:acme:2.0:Badge:tag": "t", "schemas": ["C", "E", "B", "urn:acme:2.0:Badge"]}
        ["add", "urn:acme:2.0:Badge:tag", "t"] => {"urn:acme:2.0:Badge:tag": "t", "schemas": ["C", "E", "B", "urn:acme:2.0:Badge"]}
        [["add", "urn:acme:2.0:User:tag", "t"], ["replace", "URN:ACME:2.0:User:TAG", "u"]] => {"urn:acme:2.0:User:tag": "u", "schemas": ["C", "E", "B", "urn:acme:2.0:User"]}
        [["add", "urn:acme:2.0:User:tag", "t"], ["remove", "urn:acme:2.0:User:tag"]] => {}
        [["add", "urn:acme:2.0:User:tag", "t"], ["remove", "urn:acme:2.0:User"]] => {}
        ["remove", "urn:acme:2.0:User:tag"] => {}
    "#
    schemas_follow_what_is_there: r#"
        // RFC 7643 section 3, RFC 7644 section 3.5.2.
        ["add", "schemas", ["urn:acme:2.0:User"]] => {}
        ["add", "schemas", ["E"]] => {}
        ["replace", "schemas", ["B", "E", "C"]] => {}
        ["replace", "schemas", ["C"]] => {}
        ["remove", "schemas"] => {}
    "#
}
