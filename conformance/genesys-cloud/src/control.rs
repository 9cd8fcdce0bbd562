//! The endpoints under `/__emulator/`: what the library offers, for another process. No authentication, no
//! rate.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine::Engine;
use crate::fault::{Chaos, Fault};
use crate::reply::{Answer, Refusal, Reply};
use crate::request::Request;

/// Answers a control call.
pub(crate) fn handle(engine: &Arc<Engine>, request: &Request) -> Reply {
    answer(engine, request).unwrap_or_else(|refusal| refusal.render(""))
}

fn answer(engine: &Arc<Engine>, request: &Request) -> Answer {
    let name = request.path.trim_start_matches("/__emulator/");
    let done = || Ok(Reply::empty(204));
    if let ("GET", Some(who)) = (request.method.as_str(), name.strip_prefix("agents/")) {
        let agent = engine.look(|world| crate::agent::of(world, who));
        return agent.map(Reply::ok).ok_or_else(Refusal::not_found);
    }
    match (request.method.as_str(), name) {
        ("GET", "ledger") => {
            let after = request.parameter("after").and_then(|text| text.parse().ok()).unwrap_or(0);
            Ok(Reply::ok(json!({ "calls": engine.lock().ledger.after(after) })))
        }
        ("DELETE", "ledger") => {
            engine.lock().ledger.clear();
            done()
        }
        ("GET", "faults") => Ok(Reply::ok(json!(engine.lock().faults.list()))),
        ("POST", "faults") => {
            let fault: Fault = body(request)?;
            Ok(Reply::ok(json!({ "id": engine.lock().faults.add(fault) })))
        }
        ("DELETE", "faults") => {
            engine.lock().faults.clear();
            done()
        }
        ("GET", "chaos") => Ok(Reply::ok(json!(engine.lock().chaos.as_ref().map(|(chaos, _)| chaos)))),
        ("PUT" | "POST", "chaos") => {
            let chaos: Option<Chaos> = body(request)?;
            engine.lock().chaos = chaos.map(|chaos| (chaos, 0));
            done()
        }
        ("DELETE", "chaos") => {
            engine.lock().chaos = None;
            done()
        }
        ("GET", "quirks") => Ok(Reply::ok(json!(engine.lock().quirks))),
        ("PUT" | "PATCH" | "POST", "quirks") => {
            let change: serde_json::Map<String, Value> = body(request)?;
            let mut inner = engine.lock();
            inner.quirks.merge(&change).map_err(Refusal::bad)?;
            Ok(Reply::ok(json!(inner.quirks)))
        }
        ("GET", "state") => Ok(Reply::ok(engine.look(crate::snapshot::of))),
        ("POST", "settle") => {
            engine.settle();
            done()
        }
        ("GET", "violations") => Ok(Reply::ok(json!(engine.checker.found()))),
        ("POST", "reset") => {
            engine.reset().map_err(|error| Refusal::new(500, "internal.server.error", error.to_string()))?;
            done()
        }
        ("POST", "rename") => {
            let [name, to]: [String; 2] = body(request)?;
            let renamed = Arc::make_mut(&mut engine.lock().world.catalog).rename(&name, &to);
            Ok(Reply::ok(json!({ "renamed": renamed })))
        }
        ("POST", "hand") => told(engine.by_hand(body(request)?)),
        ("PUT", "secret") => {
            let secret: String = body(request)?;
            Arc::make_mut(&mut engine.lock().world.catalog).change_secret(&secret);
            done()
        }
        ("DELETE", "tokens") => {
            engine.revoke_tokens();
            done()
        }
        _ => Err(Refusal::not_found()),
    }
}

/// What an operation answered, as something to read.
fn told(reply: Reply) -> Answer {
    Ok(Reply::ok(json!({ "status": reply.status, "body": reply.body })))
}

fn body<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, Refusal> {
    serde_json::from_slice(&request.body).map_err(|error| Refusal::bad(format!("not understood: {error}")))
}
