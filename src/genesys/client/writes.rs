//! Writes: each [`Write`] as the calls that carry it out.
//!
//! Most are one call. Those that need a version read it first and read it again after a conflict. Memberships
//! are in `memberships`. Which writes a change needs is decided in `plan`.

use std::time::Duration;

use serde_json::Value;

use super::GenesysClient;
use super::removing::Goes;
use crate::genesys::api::attributes::{self, Clearing};
use crate::genesys::api::routing::{self, Area};
use crate::genesys::api::{authorization, groups, id, scim_users, tokens, users, version};
use crate::genesys::calls::{Calls, Conflicts};
use crate::genesys::not_done::{Made, NotDone, unreadable};
use crate::genesys::request::HttpCall;
use crate::limits;
use crate::model::ports::{CallContext, Write, refused_here};
use crate::model::{
    Backoff, Created, Kind, Object, Observed, Proficiency, RefusalKind, RoleGrant, Target, UserId, UserState,
};

/// Looks after the deletion of a group until it is believed to be gone.
const GONE_TRIES: u32 = 6;

impl GenesysClient {
    pub(super) async fn carry_out(&self, write: &Write, context: &CallContext) -> Made {
        let calls = &self.calls;
        match write {
            Write::CreateUser { document, password } => {
                let call = scim_users::create(document, password.as_ref());
                create(calls, &call, scim_users::observed, context).await
            }
            Write::RestoreUser(user) => restore(calls, user, context).await,
            Write::UpdateUser { user, set, remove, password } => {
                match scim_users::update(user, set, remove, password.as_ref()) {
                    Some(call) => send(calls, &call, context).await,
                    None => Ok(None),
                }
            }
            Write::SetActive(user, active) => {
                send(calls, &scim_users::set_active(user, *active), context).await
            }
            Write::RevokeSessions(user) => send(calls, &tokens::revoke(user), context).await,
            Write::DeleteUser(user) => {
                self.remove(&scim_users::delete(user), &Goes::User(user), context).await
            }
            Write::MoveDivision(user, to) => send(calls, &authorization::move_user(user, to), context).await,
            Write::AddRoles(user, grants) => add_roles(calls, user, grants, context).await,
            Write::RemoveRole(user, grant) => {
                let RoleGrant { role, division } = grant.clone();
                let goes = Goes::Of(user, Target::Role { role, division });
                self.remove(&authorization::remove(user, grant), &goes, context).await
            }
            Write::SetLevels(kind, user, levels) => {
                let area = Area::of(*kind).ok_or_else(|| misplaced(*kind))?;
                set_levels(calls, area, user, levels, context).await
            }
            Write::RemoveLevel(kind, user, of) => {
                let area = Area::of(*kind).ok_or_else(|| misplaced(*kind))?;
                self.remove(&routing::remove(area, user, of), &Goes::level(*kind, user, of), context).await
            }
            Write::SetAttributes { user, schema, version, set, clear } => {
                let record = Record { user, schema, version: *version };
                self.set_attributes(&record, set, clear, context).await
            }
            Write::Join(kind, user, of) => self.change_membership(*kind, user, of, true, context).await,
            Write::Leave(kind, user, of) => self.change_membership(*kind, user, of, false, context).await,
            Write::CreateGroup(name) => create(calls, &groups::create(name), |_| None, context).await,
            Write::RenameGroup(group, name) => rename_group(calls, group, name, context).await,
            Write::DeleteGroup(group) => delete_group(calls, group, context).await,
            Write::AddMembers(group, members) => {
                in_chunks(calls, members, |chunk| groups::add_members(group, chunk), context).await
            }
            Write::RemoveMembers(group, members) => self.remove_members(group, members, context).await,
        }
    }

    async fn set_attributes(
        &self,
        record: &Record<'_>,
        set: &[(String, Value)],
        clear: &[String],
        context: &CallContext,
    ) -> Made {
        let (calls, &Record { user, schema, version }) = (&self.calls, record);
        if clear.is_empty() {
            let values: Object = set.iter().cloned().collect();
            return amend(calls, record, &values, &values, context).await;
        }
        let current = calls.look(&attributes::record(user, schema), context).await?;
        let current = current.as_ref().map(attributes::values).unwrap_or_default();
        match attributes::clearing(&current, set, clear) {
            Clearing::Nothing => Ok(None),
            Clearing::Delete => {
                let call = attributes::delete(user, schema);
                self.remove(&call, &Goes::Record(user, schema), context).await
            }
            Clearing::Amend(values, whole) => match amend(calls, record, &values, &whole, context).await {
                Err(stop) if stop.is(RefusalKind::Validation) => {
                    // Null was refused: the record is written as it shall be.
                    send(calls, &attributes::replace(user, schema, version, &whole), context).await
                }
                settled => settled,
            },
        }
    }

    async fn remove_members(&self, group: &str, members: &[UserId], context: &CallContext) -> Made {
        for (number, chunk) in members.chunks(limits::GENESYS_BULK).enumerate() {
            let call = groups::remove_members(group, chunk);
            let removed = self.remove(&call, &Goes::Members(group, chunk), context).await;
            removed.map_err(|stop| stop.after(number > 0))?;
        }
        Ok(None)
    }
}

/// No plan asks a kind for what its family does not have.
pub(super) fn misplaced(kind: Kind) -> NotDone {
    let word = kind.row().word;
    NotDone::Refused(refused_here(
        RefusalKind::Other,
        "bridge.kind",
        format!("a {word} cannot be given this way"),
    ))
}

pub(super) async fn send(calls: &Calls, call: &HttpCall, context: &CallContext) -> Made {
    calls.call(call, context).await.map(|_| None)
}

/// A POST; `user` reads whom it made, if it makes users.
async fn create(
    calls: &Calls,
    call: &HttpCall,
    user: fn(&Value) -> Option<Observed>,
    context: &CallContext,
) -> Made {
    let made = calls.json(call, context).await?;
    let id = id(&made).ok_or_else(|| unreadable(call))?;
    Ok(Some(Created { id, user: user(&made) }))
}

async fn in_chunks<T>(
    calls: &Calls,
    items: &[T],
    call: impl Fn(&[T]) -> HttpCall + Sync,
    context: &CallContext,
) -> Made
where
    T: Sync,
{
    for (number, chunk) in items.chunks(limits::GENESYS_BULK).enumerate() {
        send(calls, &call(chunk), context).await.map_err(|stop| stop.after(number > 0))?;
    }
    Ok(None)
}

async fn add_roles(calls: &Calls, user: &UserId, grants: &[RoleGrant], context: &CallContext) -> Made {
    in_chunks(calls, grants, |chunk| authorization::add(user, chunk), context).await
}

async fn set_levels(
    calls: &Calls,
    area: Area,
    user: &UserId,
    levels: &[(String, Proficiency)],
    context: &CallContext,
) -> Made {
    in_chunks(calls, levels, |chunk| routing::set(area, user, chunk), context).await
}

/// A deleted user becomes active; one that is active already stays so.
async fn restore(calls: &Calls, user: &UserId, context: &CallContext) -> Made {
    let mut conflicts = Conflicts::default();
    loop {
        let look = users::deleted(user);
        let found = match calls.look(&look, context).await? {
            Some(found) => found,
            None => calls.json(&users::get(user), context).await?,
        };
        if users::state(&found) == Some(UserState::Active) {
            return Ok(None);
        }
        let version = version(&found).ok_or_else(|| unreadable(&look))?;
        let judgement = calls.once(&users::activate(user, version), context).await?;
        if calls.retry_conflict("user_restore", judgement, &mut conflicts).await?.is_break() {
            return Ok(None);
        }
    }
}

async fn rename_group(calls: &Calls, group: &str, name: &str, context: &CallContext) -> Made {
    let mut conflicts = Conflicts::default();
    loop {
        let look = groups::get(group);
        let found = calls.json(&look, context).await?;
        let version = version(&found).ok_or_else(|| unreadable(&look))?;
        let judgement = calls.once(&groups::rename(&found, group, name, version), context).await?;
        if calls.retry_conflict("group_rename", judgement, &mut conflicts).await?.is_break() {
            return Ok(None);
        }
    }
}

/// Genesys may say yes and fail afterwards: sent again until the group is not seen any more.
async fn delete_group(calls: &Calls, group: &str, context: &CallContext) -> Made {
    let mut pauses = Backoff::new(Duration::from_millis(200), Duration::from_millis(1_600));
    for _ in 0..GONE_TRIES {
        calls.call(&groups::delete(group), context).await?;
        let look = calls.look(&groups::get(group), context).await;
        let gone = match look.map_err(|stop| stop.after(true))? {
            Some(found) => groups::is_deleted(&found),
            None => true,
        };
        if gone {
            return Ok(None);
        }
        calls.pause(pauses.pause()).await;
    }
    Err(NotDone::later(2_000, "group_delete: the group is still there").after(true))
}

/// One user's record under one schema.
struct Record<'a> {
    user: &'a UserId,
    schema: &'a str,
    version: u32,
}

/// PATCH; where there is no record to amend yet, PUT makes it.
async fn amend(
    calls: &Calls,
    record: &Record<'_>,
    values: &Object,
    whole: &Object,
    context: &CallContext,
) -> Made {
    let Record { user, schema, version } = *record;
    if values.is_empty() {
        return Ok(None);
    }
    match send(calls, &attributes::amend(user, schema, version, values), context).await {
        Err(NotDone::Refused(refusal))
            if refusal.kind == RefusalKind::NotFound && !refusal.code.contains("schema") =>
        {
            send(calls, &attributes::replace(user, schema, version, whole), context).await
        }
        settled => settled,
    }
}
