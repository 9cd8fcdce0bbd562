//! One change that a client asks for, read: of which resource, to what end, and under which precondition.
//!
//! Built at the edge from an id and a body, with registry, dialect and letter case applied, so that nobody
//! behind it reads JSON as it was sent. It knows nothing of what is stored: what a change makes of a document
//! is said by [`Replacement::onto`] and [`super::patch::apply`].

use std::sync::Arc;

use serde_json::Value;

use super::dialect::Dialect;
use super::error::ScimError;
use super::etag::Precondition;
use super::kind::ResourceKind;
use super::patch::PatchRequest;
use super::resource::{self, Incoming, Replacement};

/// A change of one user or group.
#[derive(Clone, Debug)]
pub struct Change {
    kind: ResourceKind,
    action: Action,
    precondition: Option<Precondition>,
    /// Decided once, when the change is read: it is asked for many times.
    deactivates: bool,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Action {
    /// POST of that resource.
    Create(Incoming),
    /// PUT of that id.
    Replace(String, Replacement),
    /// PATCH of that id.
    Patch(String, Arc<PatchRequest>),
    /// DELETE of that id.
    Delete(String),
}

impl Change {
    /// A POST.
    ///
    /// # Errors
    /// As [`resource::create`].
    pub fn create(kind: ResourceKind, body: Value, dialect: Dialect) -> Result<Self, ScimError> {
        Ok(Self::of(kind, Action::Create(resource::create(kind, body, dialect)?), false))
    }

    /// A PUT of that id.
    ///
    /// # Errors
    /// As [`Replacement::parse`].
    pub fn replace(kind: ResourceKind, id: String, body: Value, dialect: Dialect) -> Result<Self, ScimError> {
        let whole = Replacement::parse(kind, body, dialect)?;
        let deactivates = kind == ResourceKind::User && whole.deactivates();
        Ok(Self::of(kind, Action::Replace(id, whole), deactivates))
    }

    /// A PATCH of that id.
    ///
    /// # Errors
    /// As [`PatchRequest::parse`].
    pub fn patch(kind: ResourceKind, id: String, body: Value, dialect: Dialect) -> Result<Self, ScimError> {
        let request = PatchRequest::parse(body, dialect)?;
        let deactivates = kind == ResourceKind::User && request.deactivates();
        Ok(Self::of(kind, Action::Patch(id, Arc::new(request)), deactivates))
    }

    /// A DELETE of that id.
    pub fn delete(kind: ResourceKind, id: String) -> Self {
        Self::of(kind, Action::Delete(id), false)
    }

    fn of(kind: ResourceKind, action: Action, deactivates: bool) -> Self {
        Self { kind, action, precondition: None, deactivates }
    }

    /// The same change, to be made only while the resource has a certain version. `if_match` is the header as
    /// it was sent; a POST has nothing that it could match.
    ///
    /// # Errors
    /// As [`Precondition::parse`].
    pub fn under(mut self, if_match: Option<&str>) -> Result<Self, ScimError> {
        if !matches!(self.action, Action::Create(_)) {
            self.precondition = if_match.map(Precondition::parse).transpose()?;
        }
        Ok(self)
    }

    /// User or group.
    pub fn kind(&self) -> ResourceKind {
        self.kind
    }

    /// What to do.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// The id of the resource; a POST has none.
    pub fn id(&self) -> Option<&str> {
        match &self.action {
            Action::Create(_) => None,
            Action::Replace(id, _) | Action::Patch(id, _) | Action::Delete(id) => Some(id),
        }
    }

    /// The resource that a POST makes.
    pub fn created(&self) -> Option<&Incoming> {
        match &self.action {
            Action::Create(incoming) => Some(incoming),
            _ => None,
        }
    }

    /// The versions under which the change may be made; `None` for any.
    pub fn precondition(&self) -> Option<&Precondition> {
        self.precondition.as_ref()
    }

    /// Whether it takes the resource away.
    pub fn removes(&self) -> bool {
        matches!(self.action, Action::Delete(_))
    }

    /// Whether it takes the user's access away: `active` becomes false by a PUT or a PATCH.
    pub fn deactivates(&self) -> bool {
        self.deactivates
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::kind::CORE_USER;
    use crate::scim::patch::PATCH_SCHEMA;

    const BOTH: [Dialect; 2] = [Dialect::Tolerant, Dialect::Strict];
    const TOLERANT: [Dialect; 1] = [Dialect::Tolerant];

    fn put(body: Value, dialect: Dialect) -> Result<Change, ScimError> {
        Change::replace(ResourceKind::User, "1".into(), body, dialect)
    }

    #[test]
    fn a_create_has_its_name_and_external_id_in_whatever_letters_they_are_given() {
        let user = |name: &str, external: &str| json!({"schemas": [CORE_USER], name: "Ada@x.example", external: "7"});
        for (body, dialects) in [
            (user("userName", "externalId"), &BOTH[..]),
            (user("USERNAME", "EXTERNALID"), &BOTH),
            (user("username", "externalid"), &BOTH),
            (user(&format!("{CORE_USER}:userName"), "externalId"), &TOLERANT),
        ] {
            for dialect in dialects {
                let change = Change::create(ResourceKind::User, body.clone(), *dialect).unwrap();
                let created = change.created().unwrap();
                assert_eq!((created.name(), created.external_id()), ("Ada@x.example", Some("7")), "{body}");
            }
        }
        let group = json!({"DISPLAYNAME": "Night Desk", "userName": "not a name of groups"});
        let change = Change::create(ResourceKind::Group, group, Dialect::Tolerant).unwrap();
        assert_eq!(
            (change.created().unwrap().name(), change.created().unwrap().external_id()),
            ("Night Desk", None)
        );
    }

    #[test]
    fn a_put_deactivates_when_active_becomes_false() {
        let user = |key: &str, value: Value| json!({"schemas": [CORE_USER], "userName": "ada", key: value});
        let urn = format!("{CORE_USER}:active");
        for (body, dialects, expected) in [
            (user("active", json!(false)), &BOTH[..], true),
            (user("ACTIVE", json!(false)), &BOTH, true),
            (user("active", json!("False")), &TOLERANT, true),
            (user(&urn, json!(" false ")), &TOLERANT, true),
            (user("active", json!(true)), &BOTH, false),
            (user("nickName", json!("false")), &BOTH, false),
        ] {
            for dialect in dialects {
                assert_eq!(
                    put(body.clone(), *dialect).unwrap().deactivates(),
                    expected,
                    "{dialect:?} {body}"
                );
            }
        }
        assert!(
            put(user("active", json!("False")), Dialect::Strict).is_err(),
            "a text is none of the RFC's booleans"
        );
        let group = json!({"displayName": "Night Desk", "active": false});
        let group = Change::replace(ResourceKind::Group, "1".into(), group, Dialect::Tolerant).unwrap();
        assert!(!group.deactivates(), "a group has no access to lose");
    }

    /// One row: the operations of a PATCH, and what they mean in the tolerant and in the strict dialect;
    /// `None` where the request is refused when it is read.
    type Row = (Value, Option<bool>, Option<bool>);

    fn rows() -> Vec<Row> {
        let urn = format!("{CORE_USER}:active");
        let (yes, no) = (Some(true), Some(false));
        let op = |op: &str, path: &str, value: Value| json!([{"op": op, "path": path, "value": value}]);
        let keys = |value: Value| json!([{"op": "replace", "value": value}]);
        vec![
            (op("replace", "active", json!(false)), yes, yes),
            (op("Replace", "active", json!("False")), yes, None),
            (op("replace", "active", json!("False")), yes, no),
            (op("add", "ACTIVE", json!(false)), yes, yes),
            (op("replace", &urn, json!(false)), yes, yes),
            (op("replace", &urn.to_uppercase(), json!(false)), yes, yes),
            (op("replace", " active ", json!(false)), yes, yes),
            (keys(json!({"active": false})), yes, yes),
            (keys(json!({"Active": "FALSE", "title": "x"})), yes, no),
            (keys(json!({"emails[type eq \"work\"].value": "no address here", "active": false})), yes, yes),
            (keys(json!({urn.as_str(): false})), yes, yes),
            (keys(json!("{\"active\": false}")), yes, no),
            (
                json!([
                    {"op": "replace", "path": "active", "value": true},
                    {"op": "replace", "path": "nickName", "value": "Ada"},
                    {"op": "replace", "path": "active", "value": false},
                ]),
                yes,
                yes,
            ),
            (
                json!([
                    {"op": "replace", "path": "active", "value": false},
                    {"op": "replace", "path": "active", "value": true},
                ]),
                no,
                no,
            ),
            (op("replace", "active", json!(true)), no, no),
            (op("replace", "active", json!("maybe")), no, no),
            (op("replace", "active", json!(null)), no, no),
            (json!([{"op": "remove", "path": "active"}]), no, no),
            (op("replace", "active.value", json!(false)), no, no),
            (op("replace", CORE_USER, json!({"active": false})), no, no),
            (keys(json!({CORE_USER: {"active": false}})), no, no),
            (op("replace", "nickName", json!("active")), no, no),
            (op("replace", "urn:example:custom:2.0:User:active", json!(false)), no, no),
            (op("replace", "emails[type eq \"active\"].primary", json!(false)), no, no),
            // Refused as a whole when it is applied: nobody leaves by it.
            (keys(json!({"active": false, "ACTIVE": true})), no, no),
            (keys(json!({"active": false, "active.x": true})), yes, yes),
        ]
    }

    #[test]
    fn a_patch_deactivates_when_what_the_engine_makes_of_active_is_false() {
        for (operations, tolerant, strict) in rows() {
            for (dialect, expected) in [(Dialect::Tolerant, tolerant), (Dialect::Strict, strict)] {
                for key in ["Operations", "operations", "OPERATIONS"] {
                    let body = json!({"schemas": [PATCH_SCHEMA], key: operations});
                    let change = Change::patch(ResourceKind::User, "1".into(), body, dialect);
                    let found = change.ok().map(|change| change.deactivates());
                    assert_eq!(found, expected, "{dialect:?} {operations}");
                }
            }
        }
    }

    #[test]
    fn whatever_deactivates_leaves_active_false_once_it_is_applied() {
        let current = json!({"schemas": [CORE_USER], "userName": "ada", "active": true,
            "emails": [{"type": "work", "value": "ada@x.example"}]});
        for (operations, ..) in rows() {
            for dialect in BOTH {
                let body = json!({"schemas": [PATCH_SCHEMA], "Operations": operations});
                let Ok(request) = PatchRequest::parse(body, dialect) else { continue };
                let current = current.as_object().unwrap();
                let Ok(patched) = super::super::patch::apply(ResourceKind::User, current, "1", &request)
                else {
                    continue;
                };
                let inactive = patched.document.get("active") == Some(&json!(false));
                assert_eq!(request.deactivates(), inactive, "{dialect:?} {operations}");
            }
        }
    }

    #[test]
    fn a_precondition_is_read_with_the_change_except_for_a_create() {
        let delete = || Change::delete(ResourceKind::User, "1".into());
        assert_eq!(
            delete().under(Some("W/\"7\"")).unwrap().precondition(),
            Some(&Precondition::Versions(vec![7]))
        );
        assert_eq!(delete().under(None).unwrap().precondition(), None);
        assert!(delete().under(Some(" ")).is_err());
        let create =
            Change::create(ResourceKind::User, json!({"userName": "ada"}), Dialect::Tolerant).unwrap();
        assert_eq!(create.under(Some(" ")).unwrap().precondition(), None);
    }
}
