//! Planting: from a seed to a first organisation, names resolved to ids.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::World;
use super::catalog::{Catalog, Named, find_name, undefined};
use super::entities::{ExternalId, Grant, Group, Membership, State, User};
use crate::seed::{SeedError, SeedFile, SeedGroup, SeedUser};

impl World {
    /// An organisation as the seed describes it; everything is in the search index already.
    pub(crate) fn from_seed(seed: &SeedFile, now_ms: u64) -> Result<World, SeedError> {
        let mut world = World::empty(Arc::new(Catalog::build(seed)?));
        for group in &seed.groups {
            let group = plant_group(&world.catalog, group)?;
            world.put_group(group, now_ms);
        }
        for user in &seed.users {
            let user = plant_user(&world.catalog, seed, user)?;
            world.put_directory(user, now_ms);
        }
        for group in &seed.groups {
            for email in &group.members {
                let place = format!("group `{}`", group.name);
                let user = world.by_email(email).ok_or_else(|| undefined(&place, "user", email))?;
                let (user, id) = (user.id.clone(), world.catalog.derive("group", &group.name));
                world.change_members(&id, &[user], &[], now_ms);
            }
        }
        world.stale = super::Stale::default();
        world.index_all();
        Ok(world)
    }

    /// An organisation with the seed's catalogue and nobody in it.
    pub(crate) fn bare(seed: &SeedFile) -> Result<World, SeedError> {
        Ok(World::empty(Arc::new(Catalog::build(seed)?)))
    }

    /// Builds lookups and search index anew, after the state was read from a file.
    pub(crate) fn reindex(&mut self) {
        self.lookup = super::Lookup::of(&self.users);
        self.index_all();
    }
}

fn plant_group(catalog: &Catalog, seed: &SeedGroup) -> Result<Group, SeedError> {
    let place = format!("group `{}`", seed.name);
    Ok(Group {
        id: catalog.derive("group", &seed.name),
        version: 1,
        name: seed.name.clone(),
        description: None,
        group_type: seed.group_type.clone(),
        visibility: seed.visibility.clone(),
        rules_visible: true,
        roles_enabled: !seed.roles.is_empty(),
        external_id: None,
        owners: Vec::new(),
        grants: grants(catalog, &place, &seed.roles)?,
        modified_ms: 0,
    })
}

fn plant_user(catalog: &Catalog, seed: &SeedFile, from: &SeedUser) -> Result<User, SeedError> {
    let place = format!("user `{}`", from.email);
    let division = match &from.division {
        Some(name) => lookup(&catalog.divisions, &place, "division", name)?,
        None => catalog.home.clone(),
    };
    let mut user = User::new(catalog.derive("user", &from.email), &from.email, &from.name, &division);
    user.state = match from.state.as_deref() {
        None => State::Active,
        Some(text) => State::parse(text).ok_or_else(|| undefined(&place, "state", text))?,
    };
    user.title.clone_from(&from.title);
    user.department.clone_from(&from.department);
    user.employee_number.clone_from(&from.employee_number);
    if let Some(manager) = &from.manager {
        if !seed.users.iter().any(|other| other.email == *manager) {
            return Err(undefined(&place, "user", manager));
        }
        user.manager = Some(catalog.derive("user", manager));
    }
    if let Some(text) = &from.last_login {
        let at: jiff::Timestamp = text.parse().map_err(|_| undefined(&place, "time", text))?;
        user.last_login_ms = u64::try_from(at.as_millisecond()).ok();
    }
    user.grants = grants(catalog, &place, &from.roles)?;
    for (name, proficiency) in &from.skills {
        user.skills.insert(lookup(&catalog.skills, &place, "skill", name)?, *proficiency);
    }
    for (name, proficiency) in &from.languages {
        user.languages.insert(lookup(&catalog.languages, &place, "language", name)?, *proficiency);
    }
    for name in &from.queues {
        let queue = catalog.queues.iter().find(|queue| queue.name == *name);
        let queue = queue.ok_or_else(|| undefined(&place, "queue", name))?;
        user.queues.insert(queue.id.clone(), Membership { joined: true, ring: 1 });
    }
    for name in &from.teams {
        let team = catalog.teams.iter().find(|team| team.name == *name);
        let team = team.ok_or_else(|| undefined(&place, "team", name))?;
        user.teams.insert(team.id.clone());
    }
    for (name, values) in &from.attributes {
        let schema = catalog.schemas.iter().find(|schema| schema.name == *name);
        let schema = schema.ok_or_else(|| undefined(&place, "schema", name))?;
        user.attributes.insert(schema.id.clone(), values.clone());
    }
    for (authority, value) in &from.external_ids {
        user.external_ids.insert(ExternalId { authority: authority.clone(), value: value.clone() });
    }
    Ok(user)
}

fn lookup(list: &[Named], place: &str, kind: &'static str, name: &str) -> Result<String, SeedError> {
    find_name(list, name).map(|found| found.id.clone()).ok_or_else(|| undefined(place, kind, name))
}

fn grants(catalog: &Catalog, place: &str, roles: &[String]) -> Result<BTreeSet<Grant>, SeedError> {
    roles
        .iter()
        .map(|text| {
            let (role, division) = text.rsplit_once('@').unwrap_or((text, "Home"));
            Ok(Grant {
                role: lookup(&catalog.roles, place, "role", role)?,
                division: lookup(&catalog.divisions, place, "division", division)?,
            })
        })
        .collect()
}
