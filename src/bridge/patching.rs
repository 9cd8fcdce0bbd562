//! Applies a PATCH: at once where that takes next to no time, else on a thread of its own, so that whatever is asked
//! for keeps nobody else's changes waiting.
//!
//! What a PATCH means is `scim::patch`.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::fault::Fault;
use crate::limits;
use crate::model::Object;
use crate::scim::kind::ResourceKind;
use crate::scim::patch::{self, PatchRequest, Patched};

/// Applies PATCHes.
pub(super) struct Patching {
    /// Those that take long: so many at a time that half of the processors are left to all others.
    places: Arc<Semaphore>,
}

impl Default for Patching {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(limits::half_of_the_processors())) }
    }
}

impl Patching {
    /// Applies a request to a document. `id` is the id by which the client knows the resource.
    ///
    /// # Errors
    /// As [`patch::apply`].
    pub(super) async fn apply(
        &self,
        kind: ResourceKind,
        current: &Object,
        id: &str,
        request: &Arc<PatchRequest>,
    ) -> Result<Patched, Fault> {
        if let Some(patched) = patch::apply_if_light(kind, current, id, request) {
            return Ok(patched?);
        }
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Fault::Broken)?;
        let (current, id, request) = (current.clone(), id.to_owned(), Arc::clone(request));
        // The place is taken until the thread is done, also when nobody waits for it any more.
        let work = move || {
            let patched = patch::apply(kind, &current, &id, &request);
            drop(place);
            patched
        };
        Ok(tokio::task::spawn_blocking(work).await.map_err(|_| Fault::Broken)??)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use serde_json::{Value, json};

    use super::*;
    use crate::scim::dialect::Dialect;
    use crate::scim::patch::PATCH_SCHEMA;

    fn ada(emails: usize) -> Object {
        let email = |number| json!({ "type": "other", "value": format!("{number}@x.example") });
        let emails: Vec<Value> = (0..emails).map(email).collect();
        let user = json!({ "userName": "ada@x.example", "displayName": "Ada", "emails": emails });
        user.as_object().unwrap().clone()
    }

    fn request(operations: usize) -> Arc<PatchRequest> {
        let operation = |number: usize| {
            let path = format!("emails[value eq \"{number}@x.example\"].display");
            json!({ "op": "replace", "path": path, "value": "mail" })
        };
        let operations: Vec<Value> = (0..operations).map(operation).collect();
        let body = json!({ "schemas": [PATCH_SCHEMA], "Operations": operations });
        Arc::new(PatchRequest::parse(body, Dialect::Tolerant).unwrap())
    }

    #[tokio::test]
    async fn what_takes_long_waits_for_a_place_on_another_thread_and_what_does_not_is_done_at_once() {
        let patching = Patching::default();
        for (emails, operations, is_light) in [(3, 1, true), (50, 20, true), (900, 20, false), (3, 33, false)]
        {
            let (user, request) = (ada(emails.max(operations)), request(operations));
            let all = u32::try_from(patching.places.available_permits()).unwrap();
            let others = patching.places.acquire_many(all).await.unwrap();
            let mut apply = pin!(patching.apply(ResourceKind::User, &user, "1", &request));
            let first = apply.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(first.is_ready(), is_light, "{emails} e-mails, {operations} operations");
            drop(others);
            let patched = match first {
                Poll::Ready(patched) => patched.unwrap(),
                Poll::Pending => apply.await.unwrap(),
            };
            let directly = patch::apply(ResourceKind::User, &user, "1", &request).unwrap();
            assert_eq!(patched.document, directly.document);
        }
    }
}
