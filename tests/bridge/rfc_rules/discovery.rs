//! RFC 7643 sections 5 to 7 and RFC 7644 section 4: what the service says about itself.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bench::{PUBLIC, bench};
use crate::support::bodies::{CORE, ENTERPRISE, GROUP, MESSAGES, OURS};
use crate::support::bridge::SCIM;

const SCHEMAS: &str = "urn:ietf:params:scim:schemas:core:2.0";

#[tokio::test]
async fn the_configuration_has_every_required_part_and_says_what_is_so() {
    let bench = bench();
    let got = bench.get("/ServiceProviderConfig").await;
    assert_eq!((got.status, got.at("/schemas")), (200, &json!([format!("{SCHEMAS}:ServiceProviderConfig")])));
    for part in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        assert!(got.at(&format!("/{part}/supported")).is_boolean(), "{part}");
    }
    for number in ["/bulk/maxOperations", "/bulk/maxPayloadSize", "/filter/maxResults"] {
        assert!(got.at(number).is_u64(), "{number}");
    }
    let schemes = got.at("/authenticationSchemes").as_array().unwrap();
    assert!(!schemes.is_empty());
    for scheme in schemes {
        for part in ["type", "name", "description"] {
            assert!(scheme[part].as_str().is_some_and(|it| !it.is_empty()), "{part}");
        }
    }
    for feature in ["/patch/supported", "/filter/supported", "/sort/supported", "/etag/supported"] {
        assert_eq!(got.at(feature), &json!(true), "{feature}: shown by the other tests of this binary");
    }
    assert_eq!(got.at("/meta/location"), &json!(format!("{PUBLIC}/ServiceProviderConfig")));
}

#[tokio::test]
async fn a_resource_type_has_its_required_parts_and_names_schemas_that_are_served() {
    let bench = bench();
    let all = bench.get("/ResourceTypes").await;
    let served: BTreeSet<String> = ids(&bench.get("/Schemas").await.body);
    assert_eq!(ids(&all.body), BTreeSet::from(["Group".to_owned(), "User".to_owned()]));
    for one in all.body["Resources"].as_array().unwrap() {
        assert_eq!(one["schemas"], json!([format!("{SCHEMAS}:ResourceType")]));
        for part in ["name", "endpoint", "schema", "description"] {
            assert!(one[part].as_str().is_some_and(|it| !it.is_empty()), "{part}: {one}");
        }
        assert!(served.contains(one["schema"].as_str().unwrap()));
        for extension in one["schemaExtensions"].as_array().unwrap() {
            assert!(served.contains(extension["schema"].as_str().unwrap()), "{extension}");
            assert!(extension["required"].is_boolean());
        }
        let endpoint = one["endpoint"].as_str().unwrap();
        let got = bench.get(&format!("{endpoint}?count=1")).await;
        assert_eq!(got.status, 200, "the endpoint is there");
        let alone = bench.get(&format!("/ResourceTypes/{}", one["id"].as_str().unwrap())).await;
        assert_eq!(&alone.body, one, "one object, as it stands in the list");
        assert_eq!(one["meta"]["resourceType"], "ResourceType");
    }
}

fn ids(list: &Value) -> BTreeSet<String> {
    list["Resources"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn schemas_lists_all_that_are_used_and_no_message_and_each_can_be_read_alone() {
    let bench = bench();
    let all = bench.get("/Schemas").await;
    assert_eq!(all.at("/schemas"), &json!([format!("{MESSAGES}:ListResponse")]));
    let served = ids(&all.body);
    for used in [CORE, GROUP, ENTERPRISE, OURS] {
        assert!(served.contains(used), "{used}");
    }
    assert!(served.iter().all(|id| !id.starts_with("urn:ietf:params:scim:api:")), "{served:?}");
    for one in all.body["Resources"].as_array().unwrap() {
        let alone = bench.get(&format!("/Schemas/{}", one["id"].as_str().unwrap())).await;
        assert_eq!((alone.status, &alone.body), (200, one));
    }
    bench.get(&format!("/Schemas/{MESSAGES}:ListResponse")).await.is_error(404, None);
    let made = bench.user("schema-known", json!({ENTERPRISE: {"department": "D"}})).await;
    for urn in made.at("/schemas").as_array().unwrap() {
        assert!(served.contains(urn.as_str().unwrap()));
    }
}

#[tokio::test]
async fn every_attribute_says_all_about_itself_and_nothing_complex_holds_something_complex() {
    let types = ["string", "boolean", "decimal", "integer", "dateTime", "reference", "complex", "binary"];
    let list = bench().get("/Schemas").await.body;
    let mut count = 0;
    for schema in list["Resources"].as_array().unwrap() {
        let urn = schema["id"].as_str().unwrap();
        for part in ["name", "description"] {
            assert!(schema[part].as_str().is_some_and(|it| !it.is_empty()), "{urn} {part}");
        }
        let about_itself = urn == format!("{SCHEMAS}:Schema");
        for attribute in schema["attributes"].as_array().unwrap() {
            let inner = attribute["subAttributes"].as_array().cloned().unwrap_or_default();
            assert_eq!(attribute["type"] == "complex", !inner.is_empty(), "{urn} {attribute}");
            assert!(about_itself || inner.iter().all(|it| it["type"] != "complex"), "{urn} {attribute}");
            for one in inner.iter().chain([attribute]) {
                count += 1;
                assert!(one["description"].as_str().is_some_and(|it| !it.is_empty()), "{urn} {one}");
                assert!(types.contains(&one["type"].as_str().unwrap()), "{urn} {one}");
                assert!(one["multiValued"].is_boolean() && one["required"].is_boolean(), "{urn} {one}");
                assert!(
                    ["readOnly", "readWrite", "immutable", "writeOnly"]
                        .contains(&one["mutability"].as_str().unwrap()),
                    "{one}"
                );
                assert!(
                    ["always", "never", "default", "request"].contains(&one["returned"].as_str().unwrap()),
                    "{one}"
                );
                if one["type"] == "reference" {
                    assert!(one["referenceTypes"].as_array().is_some_and(|it| !it.is_empty()), "{urn} {one}");
                }
            }
        }
    }
    assert!(count > 150, "{count}");
}

#[tokio::test]
async fn discovery_ignores_sorting_and_paging_and_refuses_filters_with_403() {
    let bench = bench();
    for path in ["/Schemas", "/ResourceTypes"] {
        let all = bench.get(path).await;
        let asked = bench.get(&format!("{path}?sortBy=id&sortOrder=descending&startIndex=2&count=1")).await;
        assert_eq!(asked.body, all.body, "{path}");
        assert_eq!(
            all.at("/totalResults").as_u64().unwrap() as usize,
            all.body["Resources"].as_array().unwrap().len()
        );
        bench.list(path.trim_start_matches('/'), &[("filter", "id pr")]).await.is_error(403, None);
    }
    bench.list("ServiceProviderConfig", &[("filter", "patch.supported eq true")]).await.is_error(403, None);
}

#[tokio::test]
async fn discovery_cannot_be_changed() {
    let bench = bench();
    for path in [
        "/ServiceProviderConfig",
        "/ResourceTypes",
        "/ResourceTypes/User",
        "/Schemas",
        &format!("/Schemas/{CORE}"),
    ] {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let got = bench.with(method, path, ("x-test", "1"), Some(json!({}))).await;
            got.is_error(405, None);
        }
    }
    let got = bench.send(bench.request("GET", "/scim/v2/ServiceProviderConfig").bearer_auth(SCIM)).await;
    assert_eq!(got.at("/patch/supported"), &json!(true));
}
