//! The user and the group that the filters of the tables are asked of, as a client would see them.
//!
//! Modelled on the full user of RFC 7643 section 8.2, with the odd values that make a difference.

use genesys_scim_bridge::testing::model::Object;
use genesys_scim_bridge::testing::scim::ResourceKind;
use genesys_scim_bridge::testing::scim::kind::{
    BRIDGE_USER, CORE_GROUP, CORE_USER, ENTERPRISE_USER, GENESYS_USER,
};
use serde_json::{Value, json};

pub(crate) fn document(kind: ResourceKind) -> Object {
    let document = match kind {
        ResourceKind::User => user(),
        ResourceKind::Group => group(),
    };
    document.as_object().unwrap().clone()
}

fn user() -> Value {
    json!({
        "schemas": [CORE_USER, ENTERPRISE_USER, BRIDGE_USER],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "externalId": "Ext-701984",
        "userName": "BJensen@Example.com",
        "name": {"formatted": "Ms. Barbara J O'Malley, III", "familyName": "O'Malley",
                 "givenName": "Bärbel", "middleName": ""},
        "displayName": "Babs \"B\" Jensen",
        "nickName": "100%_.*",
        "profileUrl": "https://login.example.com/BJensen",
        "title": "Tour Guide",
        "userType": "Employee",
        "preferredLanguage": "en-US",
        "locale": "",
        "timezone": null,
        "active": true,
        "emails": [
            {"value": "bjensen@EXAMPLE.com", "type": "work", "primary": true},
            {"value": "babs@jensen.org", "type": "home", "display": "At home"},
        ],
        "phoneNumbers": [],
        "ims": [{"value": "someaimhandle", "type": "aim", "primary": false}],
        "photos": [{"value": "https://photos.example.com/F.jpg", "type": "photo"}],
        "addresses": [
            {"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood",
             "region": "CA", "postalCode": "91608", "country": "US", "primary": true},
            {"type": "home", "locality": "Köln", "country": "DE", "primary": false},
        ],
        "groups": [
            {"value": "E9e30dba", "$ref": "https://example.com/v2/Groups/E9e30dba",
             "display": "Tour Guides", "type": "direct"},
            {"value": "fc348aa8", "display": "Employees"},
        ],
        "entitlements": [{}],
        "roles": [{"value": "Agent", "primary": true}],
        "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAw"}],
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22.5Z",
            "lastModified": "2011-05-13T04:42:34Z",
            "version": "W/\"3694e05e9dff591\"",
            "location": "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646",
        },
        ENTERPRISE_USER: {
            "employeeNumber": "701984",
            "costCenter": "4130",
            "organization": "Universal Studios",
            "department": "Tour Operations",
            "manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d", "displayName": "John Smith"},
        },
        GENESYS_USER: {
            "routingSkills": [{"name": "Sales", "proficiency": 3.5}],
            "externalIds": [{"authority": "HR", "value": "h-1"}],
        },
        BRIDGE_USER: {
            "queues": ["Sales", "Claims"],
            "skills": [{"name": "Billing", "proficiency": 4}, {"name": "Spanish", "proficiency": 4.5}],
            "languages": [
                {"name": "Debt", "proficiency": -1.5},
                {"name": "Huge", "proficiency": 9_007_199_254_740_993_u64},
                {"name": "Nil", "proficiency": 0},
            ],
        },
    })
}

fn group() -> Value {
    json!({
        "schemas": [CORE_GROUP],
        "id": "e9e30dba-f08f-4109-8486-d5c6a331660a",
        "externalId": "Grp-1",
        "displayName": "Tour Guides – Süd",
        "members": [
            {"value": "2819c223", "$ref": "https://example.com/v2/Users/2819c223", "type": "User"},
            {"value": "902c246b", "display": "Mandy Pepperidge"},
        ],
        "meta": {"resourceType": "Group", "created": "2010-01-23T04:56:22Z"},
    })
}
