//! Refusals: each with the keyword of RFC 7644 table 9, none with a trace in the document.
//!
//! Refusals of values without a path are in `pathless`, those of the strict dialect in `strict`.

use super::rows::{tables, user_table};

tables! { user_table;
    messages_that_are_no_patch: r#"
        ["move", "title", "x"] => invalidSyntax
        ["test", "title", "x"] => invalidSyntax
        ["", "title", "x"] => invalidSyntax
        [null, "title", "x"] => invalidSyntax
        [["replace", "title", "x"], ["nonsense", "title"]] => invalidSyntax
        ["add", "title"] => invalidValue
        ["replace", "title"] => invalidValue
        ["remove", ""] => noTarget
        ["add", 1, "x"] => invalidPath
        ["add", ["title"], "x"] => invalidPath
    "#
    paths_that_name_nothing: r#"
        ["add", "hatSize", "x"] => invalidPath
        ["remove", "hatSize"] => invalidPath
        ["add", "name.", "x"] => invalidPath
        ["add", ".name", "x"] => invalidPath
        ["add", "name.nonsense", "x"] => invalidPath
        ["add", "name.givenName.x", "x"] => invalidPath
        ["add", "title.value", "x"] => invalidPath
        ["add", "ti tle", "x"] => invalidPath
        ["add", "emails[0].value", "x"] => invalidFilter
        ["add", "/emails/0", "x"] => invalidPath
        ["add", "emails[type eq 'work'", "x"] => invalidPath
        ["add", "emails]type eq 'work'[", "x"] => invalidPath
        ["add", "emails[type eq 'work']value", "x"] => invalidPath
        ["add", "emails[type eq 'work'].", "x"] => invalidPath
        ["add", "emails[type eq 'work'].value.x", "x"] => invalidPath
        ["add", "title[value eq 'x']", "x"] => invalidPath
        ["add", "name[givenName eq 'x']", "x"] => invalidPath
        ["add", "manager[value eq 'x']", "x"] => invalidPath
        ["add", "shoeSize[value eq 'x']", "x"] => invalidPath
        ["add", "C", {"title": "x"}] => invalidPath
        ["add", "C:nonsense", "x"] => invalidPath
        ["add", "E:nonsense", "x"] => invalidPath
        // A path that ends inside of an URN that is known names nothing, and is no key of its own.
        ["replace", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.employeeNumber", "1"] => invalidPath
        ["replace", "urn:ietf:params:scim:schemas:core:2.0:User.title", "x"] => invalidPath
        ["replace", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:department", "x"] => invalidPath
        ["replace", "urn:ietf:params:scim:schemas:extension:enterprise:2.0", {"department": "x"}] => invalidPath
        ["replace", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:Users:department", "x"] => invalidPath
        ["replace", null, {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.employeeNumber": "1"}] => invalidPath
        // The bridge's own extension has what it has.
        ["add", "B:quues", ["Sales"]] => invalidPath
        ["add", "B", {"quues": ["Sales"]}] => invalidPath
        ["add", null, {"B": {"quues": ["Sales"]}}] => invalidPath
        ["add", null, {"B:quues": ["Sales"]}] => invalidPath
        ["add", "B:roles", [{"role": "Boss", "divison": "EMEA"}]] => invalidValue
        ["replace", "B:skills[name eq 'Billing'].profficiency", 3] => invalidPath
        ["remove", "B:skills[name eq 'Billing'].profficiency"] => invalidPath
        ["add", "E:manager.nonsense", "x"] => invalidPath
        ["add", "urn:ietf:params:scim:schemas:core:2.0:Group:members", "x"] => invalidPath
        ["add", "members", [{"value": "x"}]] => invalidPath
    "#
    filters_that_cannot_be_read: r#"
        ["add", "emails[]", "x"] => invalidFilter
        ["add", "emails[type]", "x"] => invalidFilter
        ["add", "emails[type eq]", "x"] => invalidFilter
        ["add", "emails[nonsense eq 'x']", "x"] => invalidFilter
        ["remove", "emails[type xx 'x']"] => invalidFilter
        ["remove", "emails[primary gt true]"] => invalidFilter
    "#
    values_of_the_wrong_type: r#"
        // RFC 7644 table 9, invalidValue.
        ["replace", "active", "perhaps"] => invalidValue
        ["replace", "active", 1] => invalidValue
        ["replace", "title", true] => invalidValue
        ["replace", "title", ["a", "b"]] => invalidValue
        ["replace", "E:manager", [{"value": "m2"}, {"value": "m3"}]] => invalidValue
        ["replace", "name", "Barbara"] => invalidValue
        ["replace", "name.givenName", {"a": 1}] => invalidValue
        ["replace", "emails", 1] => invalidValue
        ["replace", "emails", [1]] => invalidValue
        ["replace", "emails[type eq 'work'].primary", "perhaps"] => invalidValue
        ["replace", "emails[type eq 'work']", 1] => invalidValue
        ["replace", "emails[type eq 'work']", [{"value": "a"}, {"value": "b"}]] => invalidValue
        ["replace", "B:skills", [{"name": "x", "proficiency": "much"}]] => invalidValue
        ["replace", "userName", "   "] => invalidValue
        ["replace", "password", 1] => invalidValue
    "#
    what_clients_may_not_change: r#"
        // RFC 7644 section 3.5.2: readOnly; section 3.5.2.2: required.
        ["replace", "id", "another"] => mutability
        ["add", "id", "another"] => mutability
        ["remove", "id"] => mutability
        ["remove", "id", null] => mutability
        ["replace", "C:id", "another"] => mutability
        ["replace", "meta", {"version": "x"}] => mutability
        ["replace", "meta.version", "x"] => mutability
        ["remove", "meta"] => mutability
        ["replace", "groups", []] => mutability
        ["add", "groups", [{"value": "g"}]] => mutability
        ["remove", "groups[value eq 'g']"] => mutability
        ["replace", "groups[value eq 'g'].display", "x"] => mutability
        ["replace", "manager.displayName", "x"] => mutability
        ["remove", "E:manager.displayName"] => mutability
        ["replace", "B:provisioning", {"status": "x"}] => mutability
        ["replace", "B:provisioning.status", "x"] => mutability
        ["remove", "userName"] => mutability
        ["replace", "userName", ""] => mutability
        ["replace", "userName", null] => mutability
        ["replace", "C:userName", null] => mutability
        // The same id is no change (docs/connectors.md C8.6).
        ["replace", "id", "2819c223"] => {}
        ["replace", "C:id", "2819c223"] => {}
        // A password is handed on and never part of the document.
        ["replace", "password", "hunter2"] => {}
        ["remove", "password"] => {}
    "#
    a_later_fault_leaves_nothing_of_the_earlier_operations: r#"
        // RFC 7644 section 3.5.2: atomic.
        [["replace", "title", "x"], ["replace", "hatSize", 1]] => invalidPath
        [["replace", "title", "x"], ["replace", "id", "another"]] => mutability
        [["replace", "title", "x"], ["remove", "userName"]] => mutability
        [["remove", "emails"], ["replace", "active", "perhaps"]] => invalidValue
        [["remove", "userName"], ["add", "userName", "x"], ["remove", "userName"]] => mutability
        [["replace", "title", "x"], ["remove", null]] => noTarget
    "#
}
