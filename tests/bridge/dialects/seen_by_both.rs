//! What real requests turned up and has nothing to do with dialects: telephone numbers, what is computed, paths that
//! end inside of an URN. Each for a tenant of either dialect.
//!
//! Where the dialects differ is in `requests_seen` and `strict`.

use serde_json::{Value, json};

use super::guest::{Guest, each};
use crate::support::bodies::{ENTERPRISE, GROUP, OURS, patch};

#[tokio::test]
async fn telephone_numbers_reach_genesys_in_e164_for_either_dialect() {
    for guest in [Guest::new("dial"), Guest::strict("dial-s")] {
        let sent = json!([
            {"type": "work", "value": "+1 425-555-0100"},
            {"type": "mobile", "value": "tel:+1-201-555-0123;ext=7"},
            {"type": "home", "value": "555-0101"},
        ]);
        let user = guest.hired("a", json!({"phoneNumbers": sent})).await;
        assert_eq!(user["phoneNumbers"], sent);
        let id = user["id"].as_str().unwrap();
        let mut phones =
            guest.house.cloud.snapshot()["users"][id]["phones"].as_array().cloned().unwrap_or_default();
        phones.sort_by_key(ToString::to_string);
        let wanted =
            [json!(["mobile", "tel:+12015550123;ext=7", false]), json!(["work", "+14255550100", false])];
        assert_eq!(phones, wanted);
        let told = guest.house.provisioning(id).await;
        assert!(told["items"].to_string().contains("telephone number 3: kept"), "{told}");
        let path = format!("/Users/{id}");
        let other = json!([{"op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "tel:+14255550100"}]);
        assert_eq!(guest.changed(&path, other).await["phoneNumbers"][0]["value"], "tel:+14255550100");
    }
}

#[tokio::test]
async fn what_is_computed_of_people_can_be_asked_for_in_either_dialect() {
    for guest in [Guest::new("reckon"), Guest::strict("reckon-s")] {
        let mut ids = vec![guest.hire("a").await, guest.hire("b").await];
        ids.sort();
        let own = format!("userName sw \"{}\"", guest.name("").split('@').next().unwrap());
        for (filter, found) in [
            (format!("{OURS}:provisioning.status eq \"committed\""), true),
            (format!("{OURS}:provisioning pr"), true),
            (format!("not ({OURS}:provisioning.status eq \"failed\")"), true),
            (format!("{OURS}:provisioning.status eq \"failed\""), false),
        ] {
            let mut got = guest.ids("/Users", &format!("({filter}) and {own}")).await;
            got.sort();
            assert_eq!(got, if found { ids.clone() } else { Vec::new() }, "{filter}");
        }
    }
}

#[tokio::test]
async fn what_is_computed_of_members_can_be_asked_for_in_either_dialect_and_sent_back() {
    for guest in [Guest::new("members"), Guest::strict("members-s")] {
        let (a, b) = (guest.hire("a").await, guest.hire("b").await);
        let path = guest.group("crew", &[&a, &b]).await;
        let shown = guest.get(&path).await;
        let id = path.strip_prefix("/Groups/").unwrap();
        let (name, crew) = (guest.group_name("a"), guest.group_name("crew"));
        for filter in [
            format!("members.value eq \"{a}\""),
            format!("members[value eq \"{a}\"]"),
            format!("members.display eq \"{name}\" and displayName eq \"{crew}\""),
        ] {
            assert_eq!(guest.ids("/Groups", &filter).await, [id], "{filter}");
        }
        assert_eq!(guest.get(&format!("{path}?attributes=members.bogus")).await["members"], Value::Null);
        let asked = guest.get(&format!("{path}?attributes=members.display")).await;
        let mut names: Vec<String> = each(&asked["members"], "display");
        names.sort();
        assert_eq!(names, [name, guest.group_name("b")]);
        assert!(asked["members"][0].get("value").is_none(), "nothing that was not asked for: {asked}");
        let body = json!({"schemas": [GROUP], "displayName": crew, "members": shown["members"]});
        let put = guest.scim("PUT", &path, body).await;
        assert_eq!((put.status, &put.body["members"]), (200, &shown["members"]));
    }
}

#[tokio::test]
async fn a_path_that_ends_inside_of_an_urn_or_behind_it_changes_nothing_in_either_dialect() {
    for guest in [Guest::new("urns"), Guest::strict("urns-s")] {
        let path = format!("/Users/{}", guest.hire("a").await);
        let half = ENTERPRISE.rsplit_once(':').unwrap().0;
        let below = half.rsplit_once(':').unwrap().0;
        for at in [
            half,
            below,
            "urn:ietf:params:scim:schemas:core:2.0",
            &format!("{ENTERPRISE}.employeeNumber"),
            &format!("{OURS}:compactQueue"),
            &format!("{OURS}:provisioning.bogus"),
        ] {
            for value in [json!("x"), json!({"department": "x"})] {
                for operation in [
                    json!({"op": "replace", "path": at, "value": value}),
                    json!({"op": "add", "value": {at: value}}),
                    json!({"op": "remove", "path": at}),
                ] {
                    let before = guest.get(&path).await;
                    let got = guest.scim("PATCH", &path, patch(json!([operation]))).await;
                    assert_eq!(got.status, 400, "{got:?}");
                    let told = got.body["scimType"].as_str().unwrap_or_default();
                    assert!(["invalidPath", "mutability"].contains(&told), "{got:?}");
                    assert_eq!(guest.get(&path).await, before, "{operation}");
                }
            }
        }
    }
}
