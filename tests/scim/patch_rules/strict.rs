//! The strict dialect: what it refuses that the tolerant one takes, and what both take.
//!
//! It is the letter of RFC 7643 and 7644; the differences are listed here and nowhere else.

use super::rows::{strict_table, tables};

tables! { strict_table;
    strict_takes_what_the_rfc_says: r#"
        ["replace", "active", false] => {"active": false}
        ["add", "emails", [{"value": "o@x"}]] => {"emails": [<work>, <home>, {"value": "o@x"}]}
        ["add", "emails", {"value": "o@x"}] => {"emails": [<work>, <home>, {"value": "o@x"}]}
        ["add", null, {"title": "Boss", "E:costCenter": "1"}] => {"title": "Boss", "E:costCenter": "1"}
        ["replace", null, {"E": {"costCenter": "1"}}] => {"E:costCenter": "1"}
        ["replace", "E:manager", {"value": "m2"}] => {"E:manager": {"value": "m2"}}
        ["replace", "TITLE", "Boss"] => {"title": "Boss"}
        ["replace", "title", null] => {"title": null}
        // An empty text is a text (RFC 7643 section 2.5 names null and the empty array).
        ["replace", "title", ""] => {"title": ""}
        ["add", "emails[type eq 'other'].value", "o@x"] => {"emails": [<work>, <home>, {"type": "other", "value": "o@x"}]}
        ["remove", "emails[type eq 'other']"] => {}
        ["remove", "nickName"] => {}
        ["replace", "id", "2819c223"] => {}
    "#
    strict_refuses_what_only_connectors_say: r#"
        ["Replace", "active", false] => invalidSyntax
        ["replace", "active", "false"] => invalidValue
        ["replace", "E:employeeNumber", 42] => invalidValue
        ["replace", "B:skills", [{"name": "x", "proficiency": "4"}]] => invalidValue
        ["replace", "B:skills", "Billing:4"] => invalidValue
        ["replace", "emails", {"value": "o@x"}] => invalidValue
        ["replace", "title", ["Boss"]] => invalidValue
        ["replace", "E:employeeNumber", [{"$ref": null, "value": "42"}]] => invalidValue
        ["replace", null, {"title": "a", "C:title": "b"}] => invalidSyntax
        ["replace", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.employeeNumber", "1"] => invalidPath
        ["add", "B:quues", ["Sales"]] => invalidPath
        ["add", "B", {"quues": ["Sales"]}] => invalidPath
        ["add", "B:roles", [{"role": "Boss", "divison": "EMEA"}]] => invalidValue
        ["add", "emails", ["o@x"]] => invalidValue
        ["replace", "E:manager", "m2"] => invalidValue
        ["replace", "E:manager", [{"value": "m2"}]] => invalidValue
        ["replace", "emails[type eq 'other'].value", "o@x"] => noTarget
        ["replace", "emails[type eq 'other']", {"value": "o@x"}] => noTarget
        ["remove", "emails", [{"value": "babs@jensen.org"}]] => invalidSyntax
        ["replace", "manager", {"value": "m2"}] => invalidPath
        ["replace", "queues", ["x"]] => invalidPath
        ["replace", "queues[value eq 'Sales']", "x"] => invalidPath
        ["replace", null, {"name.givenName": "x"}] => invalidPath
        ["replace", null, {"emails[type eq 'work'].value": "x"}] => invalidPath
        ["replace", null, {"shoeSize": 43}] => invalidPath
        ["replace", null, {"E": {"shoeSize": 43}}] => invalidPath
        ["replace", null, "{\"active\":false}"] => invalidValue
        ["add", "urn:acme:2.0:User:tag", "t"] => invalidPath
        ["add", "urn:acme:2.0:User", {"tag": "t"}] => invalidPath
        ["add", null, {"urn:acme:2.0:User": {"tag": "t"}}] => invalidPath
        ["add", "emails[type eq 'work'].nonsense", "x"] => invalidPath
        ["replace", null, {"meta": {"version": "x"}}] => mutability
        ["replace", null, {"groups": []}] => mutability
        ["replace", null, {"B": {"provisioning": {"status": "x"}}}] => mutability
        ["replace", null, {"id": null}] => mutability
        ["replace", "userName", ""] => invalidValue
    "#
}
