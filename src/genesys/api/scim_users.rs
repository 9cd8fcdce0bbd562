//! Genesys' SCIM API: users and the reading of groups (docs/genesys.md G2). Builds calls and reads documents;
//! pure.
//!
//! Patches name every path, because a PUT may clear what was left out. Roles and skills do not travel here.
//! The REST side of users is in [`super::users`], that of groups in [`super::groups`].

use serde_json::{Value, json};

use super::text;
use crate::genesys::request::{HttpCall, HttpMethod, Nature};
use crate::model::{Object, Observed, ObservedGroup, Secret, UserId, UserState};

/// Core user schema.
pub(crate) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Enterprise extension.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Genesys' own extension.
pub(crate) const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";
/// PatchOp message.
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Entries of a page: as many as do not exceed Genesys' internal limits with all attributes.
pub(crate) const PAGE: usize = 25;

const USERS: [&str; 3] = ["scim", "v2", "users"];
const GROUPS: [&str; 3] = ["scim", "v2", "groups"];

fn user_call(operation: &'static str, nature: Nature, method: HttpMethod, user: &UserId) -> HttpCall {
    let [a, b, c] = USERS;
    HttpCall::new(operation, nature, method, &[a, b, c, user.as_str()])
}

/// POST of a user. `schemas` is filled in when the document has none.
pub(crate) fn create(document: &Object, password: Option<&Secret>) -> HttpCall {
    let mut body = document.clone();
    if !body.contains_key("schemas") {
        let mut schemas = vec![CORE];
        schemas.extend([ENTERPRISE, GENESYS].iter().filter(|urn| document.contains_key(**urn)));
        body.insert("schemas".to_owned(), json!(schemas));
    }
    if let Some(password) = password {
        body.insert("password".to_owned(), json!(password.expose()));
    }
    HttpCall::new("scim_user_create", Nature::Create, HttpMethod::Post, &USERS).body(Value::Object(body))
}

/// PATCH of single paths; `None` when there is nothing to change.
pub(crate) fn update(
    user: &UserId,
    set: &[(String, Value)],
    remove: &[String],
    password: Option<&Secret>,
) -> Option<HttpCall> {
    let mut operations: Vec<Value> =
        set.iter().map(|(path, value)| json!({"op": "replace", "path": path, "value": value})).collect();
    operations.extend(remove.iter().map(|path| json!({"op": "remove", "path": path})));
    if let Some(password) = password {
        operations.push(json!({"op": "replace", "path": "password", "value": password.expose()}));
    }
    if operations.is_empty() {
        return None;
    }
    let names = set.iter().any(|(path, _)| {
        let path = path.to_ascii_lowercase();
        path.ends_with("username") || path.contains("emails") || path.contains("externalid")
    });
    let call = user_call("scim_user_patch", Nature::Change, HttpMethod::Patch, user);
    Some(call.body(json!({"schemas": [PATCH_OP], "Operations": operations})).naming(names))
}

/// PATCH of `active`.
pub(crate) fn set_active(user: &UserId, active: bool) -> HttpCall {
    let operations = json!([{"op": "replace", "path": "active", "value": active}]);
    user_call("scim_user_active", Nature::Change, HttpMethod::Patch, user)
        .body(json!({"schemas": [PATCH_OP], "Operations": operations}))
}

/// Soft DELETE.
pub(crate) fn delete(user: &UserId) -> HttpCall {
    user_call("scim_user_delete", Nature::Removal, HttpMethod::Delete, user)
}

/// GET of one user.
pub(crate) fn get(user: &UserId) -> HttpCall {
    user_call("scim_user_get", Nature::Read, HttpMethod::Get, user)
}

/// A value as the filter grammar quotes it.
fn quoted(value: &str) -> String {
    Value::String(value.to_owned()).to_string()
}

/// Listing by main e-mail address.
pub(crate) fn by_user_name(email: &str) -> HttpCall {
    HttpCall::get("scim_users_by_name", &USERS).with("filter", format!("userName eq {}", quoted(email)))
}

/// One page of active or inactive users; `page` counts from 0.
pub(crate) fn list(active: bool, page: u32) -> HttpCall {
    let call = HttpCall::get("scim_users_list", &USERS)
        .with("startIndex", start(page).to_string())
        .with("count", PAGE.to_string());
    if active { call } else { call.with("filter", "active eq false") }
}

fn start(page: u32) -> usize {
    usize::try_from(page).unwrap_or(usize::MAX).saturating_mul(PAGE).saturating_add(1)
}

/// GET of one group, without members unless asked for.
pub(crate) fn group(id: &str) -> HttpCall {
    let [a, b, c] = GROUPS;
    HttpCall::get("scim_group_get", &[a, b, c, id]).with("excludedAttributes", "members")
}

/// Listing of groups by exact name.
pub(crate) fn group_by_name(name: &str) -> HttpCall {
    HttpCall::get("scim_groups_by_name", &GROUPS)
        .with("excludedAttributes", "members")
        .with("filter", format!("displayName eq {}", quoted(name)))
}

/// One page of groups with members; `page` counts from 0.
pub(crate) fn list_groups(page: u32) -> HttpCall {
    HttpCall::get("scim_groups_list", &GROUPS)
        .with("startIndex", start(page).to_string())
        .with("count", PAGE.to_string())
}

/// Resources and total of a ListResponse. `None` if it is none.
pub(crate) fn resources(answer: &Value) -> Option<(Vec<Value>, u64)> {
    let total = answer.get("totalResults")?.as_u64()?;
    let resources = match answer.get("Resources") {
        Some(resources) => resources.as_array()?.clone(),
        None => Vec::new(),
    };
    Some((resources, total))
}

/// The next page of a listing whose pages count from 0: `Ok(None)` at its end, `Err` when Genesys sent less
/// than it counted.
///
/// # Errors
/// A page that is short and is not the last.
pub(crate) fn next_page(page: u32, seen: usize, total: u64) -> Result<Option<u32>, String> {
    let before = start(page).saturating_sub(1);
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    if before.saturating_add(seen) >= total {
        Ok(None)
    } else if seen < PAGE {
        Err(format!(
            "page {} of the listing holds {seen} of {PAGE} entries, and {total} were counted",
            page + 1
        ))
    } else {
        Ok(Some(page + 1))
    }
}

/// A user's document as [`Observed`]; the division still lacks its id. `None` when it has no id.
pub(crate) fn observed(document: &Value) -> Option<Observed> {
    let mut object = document.as_object()?.clone();
    let id = UserId::new(text(document, "id")?);
    for member in ["id", "meta", "schemas"] {
        object.shift_remove(member);
    }
    let active = object.get("active").and_then(Value::as_bool).unwrap_or(true);
    let external_ids = document
        .get(GENESYS)
        .and_then(|extension| extension.get("externalIds"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some((text(entry, "authority")?.to_owned(), text(entry, "value")?.to_owned())))
        .collect();
    Some(Observed {
        id: Some(id),
        state: if active { UserState::Active } else { UserState::Inactive },
        document: object,
        external_ids,
        ..Observed::default()
    })
}

/// The division's name in a user's document.
pub(crate) fn division_name(document: &Value) -> Option<&str> {
    document.get(ENTERPRISE).and_then(|extension| text(extension, "division"))
}

/// A group's document as [`ObservedGroup`]; `members` only if the document was read with them.
pub(crate) fn observed_group(document: &Value, with_members: bool) -> Option<ObservedGroup> {
    let members = document.get("members").and_then(Value::as_array);
    let ids = members.into_iter().flatten().filter_map(|member| text(member, "value")).map(UserId::new);
    Some(ObservedGroup {
        id: text(document, "id")?.to_owned(),
        name: text(document, "displayName")?.to_owned(),
        members: with_members.then(|| ids.collect()),
        document: document.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_create_names_the_schemas_that_its_document_uses_and_carries_the_password_only_if_given() {
        let document = json!({"userName": "a@b.c", "displayName": "A", GENESYS: {"externalIds": []}});
        let call = create(document.as_object().unwrap(), None);
        assert_eq!(call.path, "/api/v2/scim/v2/users");
        let body = call.body.unwrap();
        assert_eq!(body["schemas"], json!([CORE, GENESYS]));
        assert!(body.get("password").is_none());
        let with = create(document.as_object().unwrap(), Some(&Secret::new("pw-123456")));
        assert_eq!(with.body.unwrap()["password"], "pw-123456");
    }

    #[test]
    fn an_update_is_one_patch_with_a_path_in_every_operation() {
        let user = UserId::new("u-1");
        let set = vec![("title".to_owned(), json!("Boss"))];
        let call = update(&user, &set, &["externalId".to_owned()], None).unwrap();
        assert_eq!((call.method, call.path.as_str()), (HttpMethod::Patch, "/api/v2/scim/v2/users/u-1"));
        assert!(!call.names);
        assert_eq!(
            call.body.unwrap()["Operations"],
            json!([{"op": "replace", "path": "title", "value": "Boss"}, {"op": "remove", "path": "externalId"}])
        );
        assert_eq!(update(&user, &[], &[], None), None);
        assert!(update(&user, &[("userName".to_owned(), json!("x@y.z"))], &[], None).unwrap().names);
    }

    #[test]
    fn a_filter_value_cannot_end_its_quotes() {
        let call = by_user_name(r#"a" or active eq "b\"#);
        assert_eq!(call.query, [("filter", r#"userName eq "a\" or active eq \"b\\""#.to_owned())]);
    }

    #[test]
    fn a_listing_goes_on_until_its_total_and_a_short_page_is_an_error() {
        let rows = [
            (0, 25, 60, Ok(Some(1))),
            (1, 25, 60, Ok(Some(2))),
            (2, 10, 60, Ok(None)),
            (0, 0, 0, Ok(None)),
            (0, 25, 25, Ok(None)),
        ];
        for (page, seen, total, expected) in rows {
            assert_eq!(next_page(page, seen, total), expected, "{page} {seen} {total}");
        }
        assert!(next_page(1, 3, 60).is_err());
    }

    #[test]
    fn a_document_is_observed_without_what_only_genesys_sets() {
        let document = json!({"id": "u", "schemas": [CORE], "meta": {}, "active": false, "userName": "a@b.c",
            ENTERPRISE: {"division": "EMEA"},
            GENESYS: {"externalIds": [{"authority": "scimbridge-t", "value": "s1"}, {"authority": "x"}]}});
        let seen = observed(&document).unwrap();
        assert_eq!(seen.state, UserState::Inactive);
        assert_eq!(seen.external_ids, [("scimbridge-t".to_owned(), "s1".to_owned())]);
        assert!(seen.document.contains_key("userName") && !seen.document.contains_key("id"));
        assert_eq!(division_name(&document), Some("EMEA"));
        assert_eq!(observed(&json!({"userName": "x"})), None);
    }
}
