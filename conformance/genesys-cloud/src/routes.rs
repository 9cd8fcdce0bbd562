//! The table of operations: method, template of the public description, permission, and who does it.
//!
//! Literal segments win over parameters. The older SCIM base path and the capitalised resource names of SCIM
//! clients lead to the same operations. What is not in the table answers 404, as an unknown path does.

use crate::reply::{Answer, Refusal};
use crate::request::decode;
use crate::rest::{
    attributes, audits, authorization, directory, external_ids, grants, grants_by_role, groups, languages,
    organization, queue_members, queues, search, skills, teams, tokens, user_lists, users,
};
use crate::scim::{discovery, groups as scim_groups, users as scim_users};
use crate::turn::Turn;

/// What a client must hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Needs {
    Nothing,
    Any(&'static [&'static str]),
    All(&'static [&'static str]),
}

/// One operation.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
    needs: Needs,
    pub(crate) run: fn(&mut Turn<'_>) -> Answer,
}

const fn route(
    method: &'static str,
    template: &'static str,
    needs: Needs,
    run: fn(&mut Turn<'_>) -> Answer,
) -> Route {
    Route { method, template, needs, run }
}

use Needs::{All, Any, Nothing};

const SKILL: Needs = All(&["routing:skill:assign"]);
const LANGUAGE: Needs = Any(&["routing:skill:assign", "routing:language:assign"]);
const QUEUE_VIEW: Needs = Any(&[
    "routing:queue:view",
    "routing:queue:edit",
    "routing:queue:readonly",
    "routing:queueMember:manage",
]);
const QUEUE_EDIT: Needs = Any(&["routing:queue:edit", "routing:queueMember:manage"]);
const QUEUE_JOIN: Needs = Any(&["routing:queue:join", "routing:queueMember:manage"]);
const USER_EDIT: Needs = Any(&["directory:user:edit"]);
const USER_VIEW: Needs = Any(&["directory:user:view"]);
const GROUP_EDIT: Needs = Any(&["directory:group:edit"]);
const SCHEMA_VIEW: Needs = Any(&["users:customAttributesSchema:view"]);
const TEAM_VIEW: Needs = Any(&["groups:team:view"]);
const TEAM_ASSIGN: Needs = Any(&["groups:team:assign"]);
const AUDIT_VIEW: Needs = All(&["audits:audit:view"]);
const GRANT_ADD: Needs = All(&["authorization:grant:add"]);
const GRANT_DELETE: Needs = All(&["authorization:grant:delete"]);

static SCIM: &[Route] = &[
    route("GET", "/api/v2/scim/v2/users", Nothing, scim_users::list),
    route("POST", "/api/v2/scim/v2/users", Any(&["directory:user:add"]), scim_users::post),
    route("GET", "/api/v2/scim/v2/users/{userId}", Nothing, scim_users::get),
    route("PUT", "/api/v2/scim/v2/users/{userId}", USER_EDIT, scim_users::put),
    route("PATCH", "/api/v2/scim/v2/users/{userId}", USER_EDIT, scim_users::patch),
    route("DELETE", "/api/v2/scim/v2/users/{userId}", Any(&["directory:user:delete"]), scim_users::delete),
    route("GET", "/api/v2/scim/v2/groups", GROUP_EDIT, scim_groups::list),
    route("GET", "/api/v2/scim/v2/groups/{groupId}", GROUP_EDIT, scim_groups::get),
    route("PUT", "/api/v2/scim/v2/groups/{groupId}", GROUP_EDIT, scim_groups::put),
    route("PATCH", "/api/v2/scim/v2/groups/{groupId}", GROUP_EDIT, scim_groups::patch),
    route("GET", "/api/v2/scim/v2/serviceproviderconfig", Nothing, discovery::provider),
    route("GET", "/api/v2/scim/v2/resourcetypes", Nothing, discovery::resource_types),
    route("GET", "/api/v2/scim/v2/resourcetypes/{resourceType}", Nothing, discovery::resource_type),
    route("GET", "/api/v2/scim/v2/schemas", Nothing, discovery::schemas),
    route("GET", "/api/v2/scim/v2/schemas/{schemaId}", Nothing, discovery::schema),
];

static USERS: &[Route] = &[
    route("GET", "/api/v2/users", Nothing, user_lists::by_page),
    route("GET", "/api/v2/users/query", USER_VIEW, user_lists::by_cursor),
    route("POST", "/api/v2/users", Any(&["directory:user:add"]), users::post),
    route("POST", "/api/v2/users/search", USER_VIEW, search::users),
    route("GET", "/api/v2/users/me", Nothing, users::me),
    route("GET", "/api/v2/users/{userId}", Nothing, users::get),
    route("PATCH", "/api/v2/users/{userId}", USER_EDIT, users::patch),
    route("DELETE", "/api/v2/users/{userId}", Any(&["directory:user:delete"]), users::delete),
    route("GET", "/api/v2/users/{userId}/state", Nothing, users::get_state),
    route("PUT", "/api/v2/users/{userId}/state", USER_EDIT, users::put_state),
    route(
        "GET",
        "/api/v2/users/{userId}/profileskills",
        Any(&["directory:userProfile:view"]),
        users::profile_skills,
    ),
    route(
        "PUT",
        "/api/v2/users/{userId}/profileskills",
        Any(&["directory:userProfile:edit"]),
        users::put_profile_skills,
    ),
    route("GET", "/api/v2/users/externalid/{authorityName}/{externalKey}", Nothing, external_ids::find),
    route("GET", "/api/v2/users/{userId}/externalid", Nothing, external_ids::list),
    route("POST", "/api/v2/users/{userId}/externalid", USER_EDIT, external_ids::post),
    route("GET", "/api/v2/users/{userId}/externalid/{authorityName}", Nothing, external_ids::get),
    route(
        "DELETE",
        "/api/v2/users/{userId}/externalid/{authorityName}/{externalKey}",
        USER_EDIT,
        external_ids::delete,
    ),
    route("GET", "/api/v2/users/{subjectId}/roles", Any(&["authorization:grant:view"]), grants::user_roles),
    route(
        "PUT",
        "/api/v2/users/{subjectId}/roles",
        Any(&["authorization:grant:add"]),
        grants::put_user_roles,
    ),
    route("GET", "/api/v2/users/customattributes/schemas", SCHEMA_VIEW, attributes::schemas),
    route("GET", "/api/v2/users/customattributes/schemas/coretypes", SCHEMA_VIEW, attributes::core_types),
    route("GET", "/api/v2/users/customattributes/schemas/limits", SCHEMA_VIEW, attributes::limits),
    route("GET", "/api/v2/users/customattributes/schemas/{schemaId}", SCHEMA_VIEW, attributes::schema),
    route(
        "GET",
        "/api/v2/users/customattributes/schemas/{schemaId}/versions",
        SCHEMA_VIEW,
        attributes::versions,
    ),
    route(
        "GET",
        "/api/v2/users/customattributes/schemas/{schemaId}/versions/{versionId}",
        SCHEMA_VIEW,
        attributes::version,
    ),
    route("PUT", "/api/v2/users/{userId}/customattributes", USER_EDIT, attributes::put),
    route("PATCH", "/api/v2/users/{userId}/customattributes", USER_EDIT, attributes::patch),
    route("PATCH", "/api/v2/users/{userId}/customattributes/bulk", USER_EDIT, attributes::patch_bulk),
    route("GET", "/api/v2/users/{userId}/customattributes/bulk", USER_VIEW, attributes::get_bulk),
    route("GET", "/api/v2/users/{userId}/customattributes/{schemaId}", USER_VIEW, attributes::get),
    route("DELETE", "/api/v2/users/{userId}/customattributes/{schemaId}", USER_EDIT, attributes::delete),
];

static ROUTING: &[Route] = &[
    route("GET", "/api/v2/routing/skills", Any(&["routing:skill:view"]), directory::skills),
    route("GET", "/api/v2/routing/skills/{skillId}", Any(&["routing:skill:view"]), directory::skill),
    route("GET", "/api/v2/routing/languages", Nothing, directory::languages),
    route("GET", "/api/v2/routing/languages/{languageId}", Nothing, directory::language),
    route("GET", "/api/v2/users/{userId}/routingskills", Nothing, skills::list),
    route("POST", "/api/v2/users/{userId}/routingskills", SKILL, skills::post),
    route("PUT", "/api/v2/users/{userId}/routingskills/bulk", SKILL, skills::put_bulk),
    route("PATCH", "/api/v2/users/{userId}/routingskills/bulk", SKILL, skills::patch_bulk),
    route("PUT", "/api/v2/users/{userId}/routingskills/{skillId}", SKILL, skills::put),
    route("DELETE", "/api/v2/users/{userId}/routingskills/{skillId}", SKILL, skills::delete),
    route("GET", "/api/v2/users/{userId}/routinglanguages", Nothing, languages::list),
    route("POST", "/api/v2/users/{userId}/routinglanguages", LANGUAGE, languages::post),
    route("PATCH", "/api/v2/users/{userId}/routinglanguages/bulk", LANGUAGE, languages::patch_bulk),
    route("PATCH", "/api/v2/users/{userId}/routinglanguages/{languageId}", LANGUAGE, languages::patch),
    route("DELETE", "/api/v2/users/{userId}/routinglanguages/{languageId}", LANGUAGE, languages::delete),
    route("GET", "/api/v2/routing/queues", Any(&["routing:queue:view"]), queues::list),
    route("GET", "/api/v2/routing/queues/{queueId}", Any(&["routing:queue:view"]), queues::get),
    route("GET", "/api/v2/routing/queues/{queueId}/members", QUEUE_VIEW, queue_members::list),
    route("POST", "/api/v2/routing/queues/{queueId}/members", QUEUE_EDIT, queue_members::post),
    route("PATCH", "/api/v2/routing/queues/{queueId}/members", QUEUE_EDIT, queue_members::patch),
    route(
        "PATCH",
        "/api/v2/routing/queues/{queueId}/members/{memberId}",
        QUEUE_EDIT,
        queue_members::patch_one,
    ),
    route("DELETE", "/api/v2/routing/queues/{queueId}/members/{memberId}", QUEUE_EDIT, queue_members::delete),
    route("GET", "/api/v2/users/{userId}/queues", Any(&["routing:queue:view"]), queues::of_user),
    route("PATCH", "/api/v2/users/{userId}/queues", QUEUE_JOIN, queues::join_many),
    route("PATCH", "/api/v2/users/{userId}/queues/{queueId}", QUEUE_JOIN, queues::join_one),
    route(
        "GET",
        "/api/v2/routing/users/{userId}/utilization",
        Any(&["routing:utilization:manage", "routing:utilization:view"]),
        organization::utilization,
    ),
];

static AUTHORIZATION: &[Route] = &[
    route("GET", "/api/v2/authorization/roles", Any(&["authorization:role:view"]), authorization::roles),
    route(
        "GET",
        "/api/v2/authorization/roles/{roleId}",
        Any(&["authorization:role:view"]),
        authorization::role,
    ),
    route(
        "GET",
        "/api/v2/authorization/roles/{roleId}/subjectgrants",
        Any(&["authorization:role:view"]),
        grants_by_role::list,
    ),
    route("POST", "/api/v2/authorization/roles/{roleId}", GRANT_ADD, grants::grant_many),
    route(
        "PUT",
        "/api/v2/authorization/roles/{roleId}/users/add",
        Any(&["authorization:grant:add"]),
        grants::users_add,
    ),
    route(
        "PUT",
        "/api/v2/authorization/roles/{roleId}/users/remove",
        Any(&["authorization:grant:delete"]),
        grants::users_remove,
    ),
    route("GET", "/api/v2/authorization/divisions", Nothing, authorization::divisions),
    route("GET", "/api/v2/authorization/divisions/home", Nothing, authorization::home),
    route("GET", "/api/v2/authorization/divisions/{divisionId}", Nothing, authorization::division),
    route(
        "POST",
        "/api/v2/authorization/divisions/{divisionId}/objects/{objectType}",
        Nothing,
        authorization::move_objects,
    ),
    route("GET", "/api/v2/authorization/subjects/me", Nothing, authorization::me),
    route(
        "GET",
        "/api/v2/authorization/subjects/{subjectId}",
        Any(&["authorization:grant:view"]),
        grants::subject,
    ),
    route("POST", "/api/v2/authorization/subjects/{subjectId}/bulkadd", GRANT_ADD, grants::bulk_add),
    route("POST", "/api/v2/authorization/subjects/{subjectId}/bulkremove", GRANT_DELETE, grants::bulk_remove),
    route(
        "POST",
        "/api/v2/authorization/subjects/{subjectId}/bulkreplace",
        All(&["authorization:grant:add", "authorization:grant:delete"]),
        grants::bulk_replace,
    ),
    route(
        "POST",
        "/api/v2/authorization/subjects/{subjectId}/divisions/{divisionId}/roles/{roleId}",
        GRANT_ADD,
        grants::add_one,
    ),
    route(
        "DELETE",
        "/api/v2/authorization/subjects/{subjectId}/divisions/{divisionId}/roles/{roleId}",
        GRANT_DELETE,
        grants::delete_one,
    ),
];

static TEAMS: &[Route] = &[
    route("GET", "/api/v2/teams", TEAM_VIEW, teams::list),
    route("GET", "/api/v2/teams/{teamId}", TEAM_VIEW, teams::get),
    route("GET", "/api/v2/teams/{teamId}/members", TEAM_VIEW, teams::members),
    route("POST", "/api/v2/teams/{teamId}/members", TEAM_ASSIGN, teams::add_members),
    route("DELETE", "/api/v2/teams/{teamId}/members", TEAM_ASSIGN, teams::remove_members),
];

static OTHERS: &[Route] = &[
    route("POST", "/api/v2/audits/query/realtime", AUDIT_VIEW, audits::realtime),
    route("GET", "/api/v2/audits/query/realtime/servicemapping", AUDIT_VIEW, audits::services),
    route("GET", "/api/v2/groups", Nothing, groups::list),
    route("POST", "/api/v2/groups", Any(&["directory:group:add"]), groups::post),
    route("POST", "/api/v2/groups/search", Nothing, search::groups),
    route("GET", "/api/v2/groups/{groupId}", Nothing, groups::get),
    route("PUT", "/api/v2/groups/{groupId}", GROUP_EDIT, groups::put),
    route("DELETE", "/api/v2/groups/{groupId}", Any(&["directory:group:delete"]), groups::delete),
    route("GET", "/api/v2/groups/{groupId}/individuals", Nothing, groups::individuals),
    route("GET", "/api/v2/groups/{groupId}/members", Nothing, groups::members),
    route("POST", "/api/v2/groups/{groupId}/members", Nothing, groups::add_members),
    route("DELETE", "/api/v2/groups/{groupId}/members", Nothing, groups::remove_members),
    route("GET", "/api/v2/tokens/me", Nothing, tokens::me),
    route("HEAD", "/api/v2/tokens/me", Nothing, tokens::head),
    route("DELETE", "/api/v2/tokens/me", Nothing, tokens::revoke_mine),
    route("DELETE", "/api/v2/tokens/{userId}", Any(&["oauth:token:delete"]), tokens::revoke),
    route("GET", "/api/v2/organizations/me", Nothing, organization::me),
    route("GET", "/api/v2/organizations/limits/namespaces/{namespaceName}", Nothing, organization::limits),
];

/// A found operation.
pub(crate) struct Found {
    pub(crate) route: &'static Route,
    /// As the ledger writes it.
    pub(crate) template: String,
    pub(crate) captures: Vec<String>,
}

/// Finds the operation of a method and a path. The error is the 404, or the 405 of a path that exists.
pub(crate) fn find(method: &str, path: &str) -> Result<Found, Refusal> {
    let (canonical, older) = canonical(path);
    let parts: Vec<&str> = canonical.split('/').collect();
    let mut best: Option<(Vec<bool>, &'static Route)> = None;
    let mut path_exists = false;
    for route in [SCIM, USERS, ROUTING, AUTHORIZATION, TEAMS, OTHERS].into_iter().flatten() {
        let Some(literals) = fits(route.template, &parts) else { continue };
        path_exists = true;
        let better = best.as_ref().is_none_or(|(held, _)| literals > *held);
        if route.method == method && better {
            best = Some((literals, route));
        }
    }
    let Some((literals, route)) = best else {
        return Err(if path_exists {
            Refusal::new(405, "method.not.allowed", "The request method is not supported for this resource.")
        } else {
            Refusal::not_found()
        });
    };
    let captures =
        parts.iter().zip(&literals).filter(|(_, literal)| !**literal).map(|(part, _)| decode(part)).collect();
    let template =
        if older { route.template.replacen("/scim/v2/", "/scim/", 1) } else { route.template.to_owned() };
    Ok(Found { route, template, captures })
}

/// Which segments are literal when the template fits, true before false.
fn fits(template: &str, parts: &[&str]) -> Option<Vec<bool>> {
    let pattern: Vec<&str> = template.split('/').collect();
    if pattern.len() != parts.len() {
        return None;
    }
    pattern
        .iter()
        .zip(parts)
        .map(|(pattern, part)| {
            let parameter = pattern.starts_with('{');
            let fits = if parameter { !part.is_empty() } else { pattern == part };
            fits.then_some(!parameter)
        })
        .collect()
}

/// One spelling of the SCIM paths, and whether it was the older base path.
fn canonical(path: &str) -> (String, bool) {
    let Some(rest) = path.strip_prefix("/api/v2/scim/") else { return (path.to_owned(), false) };
    let (rest, older) = match rest.strip_prefix("v2/") {
        Some(rest) => (rest, false),
        None => (rest, true),
    };
    let (resource, tail) =
        rest.split_once('/').map_or((rest, None), |(resource, tail)| (resource, Some(tail)));
    let resource = resource.to_ascii_lowercase();
    let tail = tail.map(|tail| format!("/{tail}")).unwrap_or_default();
    (format!("/api/v2/scim/v2/{resource}{tail}"), older)
}

/// Refuses a client that lacks the permission of an operation.
pub(crate) fn permit(route: &Route, held: &[String]) -> Result<(), Refusal> {
    let has = |permission: &&str| held.iter().any(|held| held == "*" || held == *permission);
    let (permitted, code, wanted): (bool, &str, &[&str]) = match route.needs {
        Needs::Nothing => return Ok(()),
        Needs::Any(list) if list.len() > 1 => (list.iter().any(has), "missing.any.permissions", list),
        Needs::Any(list) | Needs::All(list) => (list.iter().all(has), "missing.permissions", list),
    };
    if permitted {
        return Ok(());
    }
    let message = format!(
        "Unable to perform the requested action. You are missing the following permission(s): {}",
        wanted.join(", ")
    );
    Err(Refusal::new(403, code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_segments_win_over_parameters_and_scim_spellings_meet() {
        for (method, path, template) in [
            ("GET", "/api/v2/users/me", "/api/v2/users/me"),
            ("GET", "/api/v2/users/1234", "/api/v2/users/{userId}"),
            ("PATCH", "/api/v2/users/1/routingskills/bulk", "/api/v2/users/{userId}/routingskills/bulk"),
            (
                "DELETE",
                "/api/v2/users/1/routingskills/bulk",
                "/api/v2/users/{userId}/routingskills/{skillId}",
            ),
            (
                "GET",
                "/api/v2/users/customattributes/schemas/limits",
                "/api/v2/users/customattributes/schemas/limits",
            ),
            ("GET", "/api/v2/authorization/divisions/home", "/api/v2/authorization/divisions/home"),
            ("GET", "/api/v2/scim/v2/Users/7", "/api/v2/scim/v2/users/{userId}"),
            ("POST", "/api/v2/scim/users", "/api/v2/scim/users"),
        ] {
            let found = find(method, path).map_err(|refusal| refusal.status);
            assert_eq!(found.map(|found| found.template), Ok(template.to_owned()), "{method} {path}");
        }
    }

    #[test]
    fn what_genesys_does_not_offer_is_not_there() {
        for (method, path, status) in [
            ("POST", "/api/v2/scim/v2/groups", 405),
            ("DELETE", "/api/v2/scim/v2/groups/1", 405),
            ("POST", "/api/v2/scim/v2/bulk", 404),
            ("GET", "/api/v2/scim/v2/me", 404),
            ("PUT", "/api/v2/users/1/routinglanguages/bulk", 405),
            ("GET", "/api/v2/auditlogs/users/1", 404),
        ] {
            assert_eq!(
                find(method, path).err().map(|refusal| refusal.status),
                Some(status),
                "{method} {path}"
            );
        }
    }
}
