//! POST and PUT bodies (RFC 7644 sections 3.3 and 3.5.1): what becomes of them, and what is refused.
//!
//! A row's request is `["post", body]`, `["put", body]`, and `-strict` for the strict dialect; a body of a
//! user gets the userName `u` unless it says otherwise. The answer is the document without `schemas` and
//! `userName`, or, for a PUT, what differs from the rich user.

use genesys_scim_bridge::testing::scim::{Dialect, Replacement, ResourceKind, resource};
use serde_json::{Value, json};

use super::rows::{difference, keyword, rows, tables, user};

fn body_table(table: &str) {
    let mut wrong = Vec::new();
    for (row, expected) in rows(table) {
        let (verb, mut body) = (row[0].as_str().unwrap(), row[1].clone());
        let dialect = if verb.ends_with("-strict") { Dialect::Strict } else { Dialect::Tolerant };
        let named = |body: &Value| {
            body.as_object().is_some_and(|body| body.keys().any(|key| key.eq_ignore_ascii_case("userName")))
        };
        let put = verb.starts_with("put");
        if body.is_object() && !named(&body) {
            body["userName"] = json!(if put { "bjensen" } else { "u" });
        }
        let incoming = match put {
            true => {
                Replacement::parse(ResourceKind::User, body, dialect).and_then(|whole| whole.onto(&user()))
            }
            false => resource::create(ResourceKind::User, body, dialect),
        };
        let found = match incoming {
            Ok(incoming) if put => difference(&user(), &incoming.document),
            Ok(mut incoming) => {
                incoming.document.shift_remove("schemas");
                if incoming.document.get("userName") == Some(&json!("u")) {
                    incoming.document.shift_remove("userName");
                }
                Value::Object(incoming.document)
            }
            Err(fault) => keyword(&fault),
        };
        if found != expected {
            wrong.push(format!("{row}\n    should be {expected}\n    but is    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

tables! { body_table;
    a_post_keeps_what_was_said_in_canonical_spelling: r#"
        ["post", {"title": "T"}] => {"title": "T"}
        ["post", {"TITLE": "T"}] => {"title": "T"}
        ["post", {"name": {"GIVENNAME": "G"}}] => {"name": {"givenName": "G"}}
        ["post", {"userName": "Ä"}] => {"userName": "Ä"}
        ["post", {"emails": [<work>, <home>]}] => {"emails": [<work>, <home>]}
        ["post", {"E": {"department": "D"}}] => {"E": {"department": "D"}}
        ["post", {"title": null, "roles": [], "emails": []}] => {"roles": [], "emails": []}
        ["post", {"shoeSize": 43}] => {"shoeSize": 43}
        ["post", {"urn:acme:2.0:Badge": {"colour": "red"}}] => {"urn:acme:2.0:Badge": {"colour": "red"}}
        ["post", {"emails": [{"value": "a", "x": 1}]}] => {"emails": [{"value": "a", "x": 1}]}
        ["post", {"password": "hunter2"}] => {}
        ["post", {"id": "theirs", "meta": {"resourceType": "User"}, "groups": []}] => {}
        ["post", {"B": {"provisioning": {"status": "x"}}}] => {}
        ["post", {"E": {"manager": {"value": "m", "displayName": "M"}}}] => {"E": {"manager": {"value": "m"}}}
        ["post", {"schemas": ["urn:scim:schemas:core:1.0", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"]}] => {}
    "#
    a_post_from_connectors_is_understood: r#"
        // docs/connectors.md C3.1, C3.3, C7.1, C7.10, C8.9, C8.18, C8.19.
        ["post", {"active": "True"}] => {"active": true}
        ["post", {"active": "false"}] => {"active": false}
        ["post", {"roles": [{"value": "A", "primary": "True"}]}] => {"roles": [{"value": "A", "primary": true}]}
        ["post", {"roles": ["A"]}] => {"roles": [{"value": "A"}]}
        ["post", {"roles": [{"value": "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Boss\"}"}]}] => {"roles": [{"value": "Admin", "display": "Boss"}]}
        ["post", {"E": {"manager": "m"}}] => {"E": {"manager": {"value": "m"}}}
        ["post", {"E": {"manager": [{"value": "m"}]}}] => {"E": {"manager": {"value": "m"}}}
        ["post", {"E": {"manager": {"managerId": "m", "displayName": "M"}}}] => {"E": {"manager": {"value": "m"}}}
        ["post", {"E": {"manager": ""}}] => {}
        ["post", {"E": {"manager": {"value": ""}}}] => {}
        ["post", {"E": {"manager": null}}] => {}
        ["post", {"E": null}] => {}
        ["post", {"E:department": "D"}] => {"E": {"department": "D"}}
        ["post", {"emails": {"value": "a"}}] => {"emails": [{"value": "a"}]}
        ["post", {"emails": ["a"]}] => {"emails": [{"value": "a"}]}
        ["post", {"E": {"employeeNumber": 42}}] => {"E": {"employeeNumber": "42"}}
        ["post", {"id": null, "profileUrl": "BAPNQLJSRQGD", "locale": "x"}] => {"profileUrl": "BAPNQLJSRQGD", "locale": "x"}
        ["post", {"B": {"queues": "Sales;Claims"}}] => {"B": {"queues": ["Sales", "Claims"]}}
        ["post", {"G": {"routingSkills": ["Billing:4"]}}] => {"G": {"routingSkills": [{"name": "Billing", "proficiency": 4.0}]}}
        // One value in an array, with or without the object around it.
        ["post", {"title": ["T"]}] => {"title": "T"}
        ["post", {"title": [{"$ref": null, "value": "T"}]}] => {"title": "T"}
        ["post", {"title": []}] => {}
        ["post", {"name": [{"givenName": ["G"]}]}] => {"name": {"givenName": "G"}}
        ["post", {"userName": ["b"], "E": {"employeeNumber": [42]}}] => {"userName": "b", "E": {"employeeNumber": "42"}}
        ["post", {"E": {"manager": ["m"]}}] => {"E": {"manager": {"value": "m"}}}
        ["post", {"E": {"manager": [{"$ref": null, "value": "m"}]}}] => {"E": {"manager": {"value": "m"}}}
        ["post", {"title": ["a", "b"]}] => invalidValue
        ["post", {"E": {"manager": [{"value": "m"}, {"value": "n"}]}}] => invalidValue
        // An attribute of an extension without its URN, as PATCH and filters understand it.
        ["post", {"department": "D", "manager": "m"}] => {"E": {"department": "D", "manager": {"value": "m"}}}
        ["post", {"queues": "Sales;Claims"}] => {"B": {"queues": ["Sales", "Claims"]}}
        ["post", {"provisioning": {"status": "x"}}] => {}
        ["put", {"queues": ["Sales"], "externalId": "701984", "displayName": "Babs Jensen", "title": "Guide", "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"}, "emails": [<work>, <home>], "addresses": [<plaza>, <blvd>], "phoneNumbers": [{"type": "work", "value": "555-555-5555"}], "roles": [{"value": "Agent", "primary": true}], "employeeNumber": "701984", "department": "Tour", "manager": {"value": "m1", "$ref": "https://example.com/Users/m1"}}] => {"B:queues": ["Sales"]}
        ["post", {"B": {"skills": [{"name": "A", "proficiency": "4"}]}}] => {"B": {"skills": [{"name": "A", "proficiency": 4}]}}
    "#
    bodies_that_cannot_be_meant_are_refused: r#"
        ["post", []] => invalidSyntax
        ["post", "x"] => invalidSyntax
        ["post", {"userName": ""}] => invalidValue
        ["post", {"userName": null}] => invalidValue
        ["post", {"userName": "  "}] => invalidValue
        ["post", {"userName": ["u", "v"]}] => invalidValue
        ["post", {"userName": []}] => invalidValue
        ["post", {"title": "a", "TITLE": "b"}] => invalidSyntax
        // One attribute in two spellings.
        ["post", {"title": "a", "C:title": "b"}] => invalidSyntax
        ["post", {"department": "a", "E": {"department": "b"}}] => invalidSyntax
        ["post", {"E:department": "a", "E": {"Department": "b"}}] => invalidSyntax
        ["post", {"E:department": "a", "department": "a"}] => invalidSyntax
        ["post", {"roles": [{"value": "{\"value\":\"A\",\"VALUE\":\"B\"}"}]}] => invalidSyntax
        // What stands behind an URN that is known, and is no attribute of it.
        ["post", {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.employeeNumber": "1"}] => invalidValue
        ["post", {"E:nonsense": "1"}] => invalidValue
        ["post", {"C": {"active": false}}] => invalidValue
        // Nobody else adds to the bridge's own extension: what it does not have is misspelt.
        ["post", {"B": {"quues": ["Sales"]}}] => invalidValue
        ["post", {"B": {"quues": null}}] => invalidValue
        ["post", {"B:quues": ["Sales"]}] => invalidValue
        ["post", {"B": {"roles": [{"role": "Agent", "divison": "EMEA"}]}}] => invalidValue
        ["post", {"B": {"skills": [{"name": "Billing", "profficiency": 4}]}}] => invalidValue
        ["post", {"B": {"roles": [{"role": "Agent", "$ref": null, "type": "x", "primary": true, "display": "A"}], "schemas": ["B"], "provisioning": {"status": "x"}}}] => {"B": {"roles": [{"role": "Agent", "type": "x", "primary": true, "display": "A"}]}}
        ["put", {"B": {"quues": ["Sales"]}}] => invalidValue
        ["post-strict", {"schemas": ["C", "B"], "B": {"quues": ["Sales"]}}] => invalidSyntax
        ["post-strict", {"schemas": ["C", "B"], "B": {"roles": [{"role": "Agent", "divison": "EMEA"}]}}] => invalidValue
        ["post", {"active": "perhaps"}] => invalidValue
        ["post", {"active": 1}] => invalidValue
        ["post", {"name": "x"}] => invalidValue
        ["post", {"emails": 1}] => invalidValue
        ["post", {"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}] => invalidValue
        ["post", {"E": "x"}] => invalidValue
        ["post", {"B": {"skills": [{"proficiency": 1}]}}] => invalidValue
        ["post", {"password": 1}] => invalidValue
        ["put", {"userName": ""}] => invalidValue
        ["put", {"userName": null}] => invalidValue
        ["put", []] => invalidSyntax
    "#
    strict_wants_schemas_and_names_that_exist: r#"
        // RFC 7643 section 3.
        ["post-strict", {"schemas": ["C"], "title": "T"}] => {"title": "T"}
        ["post-strict", {"schemas": ["C", "E"], "E": {"department": "D"}}] => {"E": {"department": "D"}}
        ["post-strict", {"schemas": ["C"], "id": "x", "meta": {}, "groups": []}] => {}
        ["post-strict", {"title": "T"}] => invalidSyntax
        ["post-strict", {"schemas": ["C"], "E": {"department": "D"}}] => invalidSyntax
        ["post-strict", {"schemas": ["C"], "shoeSize": 1}] => invalidSyntax
        ["post-strict", {"schemas": ["C"], "urn:acme:2.0:User": {"tag": "t"}}] => invalidSyntax
        ["post-strict", {"schemas": ["C", "E"], "E": {"shoeSize": 1}}] => invalidSyntax
        ["post-strict", {"schemas": ["C"], "E:department": "D"}] => invalidSyntax
        ["post-strict", {"schemas": ["C"], "active": "true"}] => invalidValue
        ["post-strict", {"schemas": ["C"], "title": ["T"]}] => invalidValue
        ["post-strict", {"schemas": ["C"], "department": "D"}] => invalidSyntax
        ["post-strict", {"schemas": ["C"], "C": {"title": "T"}}] => invalidSyntax
        ["post-strict", {"schemas": ["C"], "emails": {"value": "a"}}] => invalidValue
    "#
    a_put_replaces_what_it_says_clears_what_it_does_not_and_ignores_what_is_read_only: r#"
        // RFC 7644 section 3.5.1.
        ["put", {"title": "Boss"}] => {"title": "Boss", "externalId": null, "displayName": null, "name": null, "emails": null, "addresses": null, "phoneNumbers": null, "roles": null, "E:employeeNumber": null, "E:department": null, "E:manager": null, "schemas": ["C", "B"]}
        ["put", {"schemas": ["B", "E", "C"], "externalId": "701984", "displayName": "Babs Jensen", "active": true, "title": "Guide", "name": {"givenName": "Barbara", "familyName": "Jensen", "formatted": "Ms. Barbara J Jensen III"}, "emails": [<work>, <home>], "addresses": [<plaza>, <blvd>], "phoneNumbers": [{"value": "555-555-5555", "type": "work"}], "roles": [{"value": "Agent", "primary": true}], "E": {"employeeNumber": "701984", "department": "Tour", "manager": {"value": "m1", "$ref": "https://example.com/Users/m1"}}, "B": {"skills": [{"name": "Billing", "proficiency": 4.0}]}, "id": "another", "meta": {"version": "x"}, "groups": [{"value": "g"}]}] => {}
        ["put", {"externalId": "701984", "displayName": "Babs Jensen", "active": "True", "title": "Guide", "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"}, "emails": [<work>, <home>], "addresses": [<plaza>, <blvd>], "phoneNumbers": [{"type": "work", "value": "555-555-5555"}], "roles": [{"value": "Agent", "primary": "True"}], "E": {"employeeNumber": 701984, "department": "Tour", "manager": {"value": "m1", "$ref": "https://example.com/Users/m1"}}, "B": {"queues": []}}] => {"B:queues": []}
    "#
}
