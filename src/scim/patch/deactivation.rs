//! Whether a PATCH takes somebody's access away, told before the document is there that it will be applied
//! to.
//!
//! Not a second reading of the request: what it says about `active` is run by the same [`Engine`] as
//! everything else, on a user that has no other attribute. What it says about others is left out, since no
//! other can change `active`. One that the engine refuses deactivates nobody.

use serde_json::Value;

use super::super::kind::ResourceKind;
use super::super::path::Path;
use super::engine::{Engine, unpacked};
use super::{Operation, PatchRequest};
use crate::model::Object;

const ACTIVE: &str = "active";

pub(super) fn deactivates(request: &PatchRequest) -> bool {
    let user = Object::from_iter([(ACTIVE.to_owned(), Value::Bool(true))]);
    let mut engine = Engine::new(ResourceKind::User, request.dialect, user, "");
    let said = request.operations.iter().filter_map(|operation| about_active(request, operation));
    for operation in said {
        if engine.run(&operation).is_err() {
            return false;
        }
    }
    engine.document.get(ACTIVE) == Some(&Value::Bool(false))
}

/// What an operation says about `active`, as an operation of its own.
fn about_active(request: &PatchRequest, operation: &Operation) -> Option<Operation> {
    if let Some(path) = &operation.path {
        return names_active(path).then(|| operation.clone());
    }
    let members = unpacked(request.dialect, operation.value.as_ref()?).ok()??;
    let said: Object = members
        .iter()
        .filter(|(key, _)| names_active(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (!said.is_empty()).then(|| Operation { value: Some(Value::Object(said)), ..operation.clone() })
}

fn names_active(path: &str) -> bool {
    // Most paths name something else, and need not be taken apart to see that.
    let mentioned = path.to_ascii_lowercase().contains(ACTIVE);
    mentioned
        && matches!(
            Path::parse(ResourceKind::User, path, |_| false),
            Ok(Path::Attribute(place)) if place.path.schema.is_none() && place.path.name == ACTIVE
        )
}
