//! Looks that find: users by mark and e-mail address, groups, listings for the import, the organisation.
//!
//! Reading one user with its aspects is in `observing`. An absence found here proves nothing where Genesys'
//! index lags.

use super::GenesysClient;
use crate::genesys::api::{groups, id, scim_users, tokens, users};
use crate::genesys::catalogue::{Class, Found};
use crate::genesys::not_done::{NotDone, unreadable};
use crate::model::ports::{CallContext, Page};
use crate::model::{FoundUser, Mark, Named, Observed, ObservedGroup, UserId, UserState};

impl GenesysClient {
    pub(super) async fn user_by_mark(
        &self,
        mark: &Mark,
        context: &CallContext,
    ) -> Result<Option<UserId>, NotDone> {
        let call = users::by_mark(mark);
        match self.calls.look(&call, context).await? {
            Some(user) => id(&user).map(|id| Some(UserId::new(id))).ok_or_else(|| unreadable(&call)),
            None => Ok(None),
        }
    }

    /// SCIM first, which sees active users at once; then search in every state, whose hits are looked at,
    /// because it lags.
    pub(super) async fn users_by_email(
        &self,
        email: &str,
        context: &CallContext,
    ) -> Result<Vec<FoundUser>, NotDone> {
        let call = scim_users::by_user_name(email);
        let answer = self.calls.json(&call, context).await?;
        let (resources, _) = scim_users::resources(&answer).ok_or_else(|| unreadable(&call))?;
        let mut found: Vec<FoundUser> = resources
            .iter()
            .filter_map(scim_users::observed)
            .filter_map(|user| as_found(&user, email))
            .collect();
        let call = users::search_email(email);
        let answer = self.calls.json(&call, context).await?;
        for hit in users::found(&answer, email).ok_or_else(|| unreadable(&call))? {
            if found.iter().any(|known| known.id == hit.id) {
                continue;
            }
            if let Some(user) = self.identity(&hit.id, context).await? {
                found.extend(as_found(&user, email));
            }
        }
        Ok(found)
    }

    /// State and document of one user, from SCIM, or from REST when it is deleted.
    pub(super) async fn identity(
        &self,
        user: &UserId,
        context: &CallContext,
    ) -> Result<Option<Observed>, NotDone> {
        let call = scim_users::get(user);
        if let Some(document) = self.calls.look(&call, context).await? {
            let mut observed = scim_users::observed(&document).ok_or_else(|| unreadable(&call))?;
            observed.division = self.division_of(&document, context).await?;
            return Ok(Some(observed));
        }
        let call = users::deleted(user);
        let Some(answer) = self.calls.look(&call, context).await? else { return Ok(None) };
        let mut observed = users::observed(&answer).ok_or_else(|| unreadable(&call))?;
        let call = users::external_ids(user);
        if let Some(answer) = self.calls.look(&call, context).await? {
            observed.external_ids = users::read_external_ids(&answer).ok_or_else(|| unreadable(&call))?;
        }
        Ok(Some(observed))
    }

    async fn division_of(
        &self,
        document: &serde_json::Value,
        context: &CallContext,
    ) -> Result<Option<Named>, NotDone> {
        match scim_users::division_name(document) {
            Some(name) => self.division_by_name(name, context).await,
            None => Ok(None),
        }
    }

    pub(super) async fn division_by_name(
        &self,
        name: &str,
        context: &CallContext,
    ) -> Result<Option<Named>, NotDone> {
        match self.catalogue.find(&self.calls, Class::Division, name, context).await? {
            Found::One(division) => Ok(Some(division)),
            Found::Unknown { .. } => Ok(None),
        }
    }

    pub(super) async fn group_by_name(
        &self,
        name: &str,
        context: &CallContext,
    ) -> Result<Option<ObservedGroup>, NotDone> {
        let call = scim_users::group_by_name(name);
        let answer = self.calls.json(&call, context).await?;
        let (resources, _) = scim_users::resources(&answer).ok_or_else(|| unreadable(&call))?;
        let found: Vec<ObservedGroup> =
            resources.iter().filter_map(|group| scim_users::observed_group(group, false)).collect();
        let exact = found.iter().find(|group| group.name == name);
        let folded = || found.iter().find(|group| group.name.to_lowercase() == name.to_lowercase());
        Ok(exact.or_else(folded).cloned())
    }

    pub(super) async fn group_by_id(
        &self,
        group: &str,
        members: bool,
        context: &CallContext,
    ) -> Result<Option<ObservedGroup>, NotDone> {
        let call = scim_users::group(group);
        let Some(document) = self.calls.look(&call, context).await? else { return Ok(None) };
        let mut observed = scim_users::observed_group(&document, false).ok_or_else(|| unreadable(&call))?;
        if members {
            let call = groups::individuals(group);
            let Some(answer) = self.calls.look(&call, context).await? else { return Ok(None) };
            // A listing that is not whole is none.
            observed.members = groups::read_individuals(&answer);
        }
        Ok(Some(observed))
    }

    /// Active users first, then inactive ones: the lowest bit of the page number tells which, the rest
    /// counts.
    pub(super) async fn page_of_users(
        &self,
        page: Option<u32>,
        context: &CallContext,
    ) -> Result<Page<Observed>, NotDone> {
        let page = page.unwrap_or(0);
        let (number, inactive) = (page >> 1, page & 1);
        let call = scim_users::list(inactive == 0, number);
        let answer = self.calls.json(&call, context).await?;
        let (resources, total) = scim_users::resources(&answer).ok_or_else(|| unreadable(&call))?;
        let next = scim_users::next_page(number, resources.len(), total)
            .map_err(|reason| NotDone::later(1_000, format!("{}: {reason}", call.operation)))?;
        let next = match (next, inactive) {
            (Some(number), _) => Some(number << 1 | inactive),
            (None, 0) => Some(1),
            (None, _) => None,
        };
        let mut items = Vec::with_capacity(resources.len());
        for document in &resources {
            let mut observed = scim_users::observed(document).ok_or_else(|| unreadable(&call))?;
            observed.division = self.division_of(document, context).await?;
            items.push(observed);
        }
        Ok(Page { items, next, total: Some(total) })
    }

    pub(super) async fn page_of_groups(
        &self,
        page: Option<u32>,
        context: &CallContext,
    ) -> Result<Page<ObservedGroup>, NotDone> {
        let number = page.unwrap_or(0);
        let call = scim_users::list_groups(number);
        let answer = self.calls.json(&call, context).await?;
        let (resources, total) = scim_users::resources(&answer).ok_or_else(|| unreadable(&call))?;
        let next = scim_users::next_page(number, resources.len(), total)
            .map_err(|reason| NotDone::later(1_000, format!("{}: {reason}", call.operation)))?;
        let items: Option<Vec<ObservedGroup>> =
            resources.iter().map(|group| scim_users::observed_group(group, true)).collect();
        Ok(Page { items: items.ok_or_else(|| unreadable(&call))?, next, total: Some(total) })
    }

    pub(super) async fn organisation(&self, context: &CallContext) -> Result<String, NotDone> {
        let call = tokens::me();
        let answer = self.calls.json(&call, context).await?;
        tokens::organisation(&answer).ok_or_else(|| unreadable(&call))
    }
}

fn as_found(user: &Observed, email: &str) -> Option<FoundUser> {
    let address = user.document.get("userName").and_then(serde_json::Value::as_str)?;
    address.eq_ignore_ascii_case(email).then_some(())?;
    let state: UserState = user.state;
    Some(FoundUser { id: user.id.clone()?, state, email: address.to_owned() })
}
