//! The hand: what somebody else does to the organisation, at the administrator's screen and past the bridge.
//!
//! Takes the same operations as the API, so that nothing can be done by hand that could not be done in a
//! living organisation; but no fault, no rate and no ledger has anything to do with it, and the audit log says
//! that a person did it.

use serde_json::{Value, json};

use super::Engine;
use crate::reply::{Refusal, Reply};
use crate::request::Request;
use crate::seed::SeedClient;
use crate::world::World;
use crate::world::audit::Actor;

/// Something to be done by hand.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deed {
    pub(crate) method: String,
    /// With its query, as a client would send it.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// E-mail of the person who does it; an administrator outside of the directory when left out.
    pub(crate) by: Option<String>,
}

impl Engine {
    /// Does it now, and gives what the operation answers.
    pub(crate) fn by_hand(&self, deed: Deed) -> Reply {
        let mut inner = self.lock();
        let now = self.time.now_ms();
        inner.catch_up(now);
        let answer = person(&inner.world, deed.by.as_deref()).and_then(|person| {
            let request = request(&inner.world, deed);
            let before = inner.world.audit.act_as(person);
            let answer = self.run(&mut inner, &request, now, &everything(), "");
            inner.world.audit.act_as(before);
            answer
        });
        if let Err(error) = inner.keep() {
            tracing::error!(%error, "the state file could not be written");
        }
        answer.unwrap_or_else(|refusal| refusal.render(""))
    }
}

fn person(world: &World, by: Option<&str>) -> Result<Actor, Refusal> {
    let Some(email) = by else {
        let id = world.catalog.derive("user", "administrator");
        return Ok(Actor::Person { id, name: "Administrator".to_owned() });
    };
    let user = world.by_email(email).ok_or_else(Refusal::no_user)?;
    Ok(Actor::Person { id: user.id.clone(), name: user.name.clone() })
}

/// The rights of an administrator.
fn everything() -> SeedClient {
    SeedClient {
        name: "Administrator".to_owned(),
        id: String::new(),
        secret: String::new(),
        permissions: vec!["*".to_owned()],
        divisions: vec!["*".to_owned()],
    }
}

/// The call that does it. A change of a user that names no version has seen the current one on the screen.
fn request(world: &World, deed: Deed) -> Request {
    let (path, query) = deed.path.split_once('?').unwrap_or((&deed.path, ""));
    let mut body = deed.body;
    let user = path.strip_prefix("/api/v2/users/").and_then(|id| world.users.get(id));
    if let (Some(user), "PATCH", Some(Value::Object(body))) = (user, deed.method.as_str(), &mut body) {
        body.entry("version").or_insert(json!(user.version));
    }
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    Request::new(&deed.method, path, query, headers, body)
}
