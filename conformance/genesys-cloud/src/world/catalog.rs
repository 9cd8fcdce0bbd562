//! The catalogue: what a seed fixes for the life of an emulator. Divisions, roles, skills, languages, queues,
//! teams, schemas and OAuth clients are read by operations and changed by none; only a test may rename one,
//! or give the first client another secret.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::seed::{SeedClient, SeedDivision, SeedError, SeedFile, SeedRole, SeedSchema, SeedTeam};

/// Something with an id that is derived from its name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// Home for a division, default for a role.
    pub(crate) special: bool,
}

/// A queue.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) division: String,
    /// Ids of the groups whose members are members.
    pub(crate) groups: Vec<String>,
}

/// A team.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) division: String,
}

/// A custom attribute schema.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) json_schema: Value,
}

/// Everything that is fixed.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    pub(crate) org_id: String,
    pub(crate) org_name: String,
    pub(crate) domain: String,
    pub(crate) token_seconds: u32,
    pub(crate) clients: Vec<SeedClient>,
    pub(crate) divisions: Vec<Named>,
    pub(crate) roles: Vec<Named>,
    pub(crate) skills: Vec<Named>,
    pub(crate) languages: Vec<Named>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) teams: Vec<Team>,
    pub(crate) schemas: Vec<Schema>,
    pub(crate) home: String,
    pub(crate) employee: Option<String>,
    namespace: Uuid,
}

impl Catalog {
    /// Derives ids and checks names.
    pub(crate) fn build(seed: &SeedFile) -> Result<Catalog, SeedError> {
        let space = Uuid::new_v5(&Uuid::NAMESPACE_DNS, seed.organization.domain.as_bytes());
        let divisions: Vec<Named> =
            seed.divisions.iter().map(|division| named_division(space, division)).collect();
        let home = divisions.iter().find(|division| division.special).map(|division| division.id.clone());
        let roles: Vec<Named> = seed.roles.iter().map(|role| named_role(space, role)).collect();
        let mut catalog = Catalog {
            org_id: derive(space, "organization", &seed.organization.name),
            org_name: seed.organization.name.clone(),
            domain: seed.organization.domain.clone(),
            token_seconds: seed.organization.token_seconds,
            clients: seed.clients.clone(),
            home: home.ok_or(SeedError::Missing("a division with home = true"))?,
            employee: roles.iter().find(|role| role.special).map(|role| role.id.clone()),
            divisions,
            roles,
            skills: plain(space, "skill", &seed.organization.skills),
            languages: plain(space, "language", &seed.organization.languages),
            queues: Vec::new(),
            teams: Vec::new(),
            schemas: seed.schemas.iter().map(|schema| build_schema(space, schema)).collect(),
            namespace: space,
        };
        if seed.clients.is_empty() {
            return Err(SeedError::Missing("at least one client"));
        }
        catalog.queues = catalog.build_queues(seed)?;
        catalog.teams = catalog.build_teams(seed)?;
        Ok(catalog)
    }

    /// Gives everything of that name another one; ids stay. How many there were.
    pub(crate) fn rename(&mut self, name: &str, to: &str) -> usize {
        let named = [&mut self.divisions, &mut self.roles, &mut self.skills, &mut self.languages];
        let names = named.into_iter().flatten().map(|one| &mut one.name);
        let names = names.chain(self.queues.iter_mut().map(|queue| &mut queue.name));
        let names = names.chain(self.teams.iter_mut().map(|team| &mut team.name));
        let names = names.chain(self.schemas.iter_mut().map(|schema| &mut schema.name));
        names.filter(|one| *one == name).map(|one| to.clone_into(one)).count()
    }

    /// Gives the first client another secret.
    pub(crate) fn change_secret(&mut self, to: &str) {
        if let Some(client) = self.clients.first_mut() {
            to.clone_into(&mut client.secret);
        }
    }

    fn build_queues(&self, seed: &SeedFile) -> Result<Vec<Queue>, SeedError> {
        seed.queues
            .iter()
            .map(|queue| {
                let place = format!("queue `{}`", queue.name);
                let division = find_name(&self.divisions, &queue.division)
                    .ok_or_else(|| undefined(&place, "division", &queue.division))?;
                for group in &queue.groups {
                    if !seed.groups.iter().any(|known| known.name == *group) {
                        return Err(undefined(&place, "group", group));
                    }
                }
                Ok(Queue {
                    id: self.derive("queue", &queue.name),
                    name: queue.name.clone(),
                    division: division.id.clone(),
                    groups: queue.groups.iter().map(|group| self.derive("group", group)).collect(),
                })
            })
            .collect()
    }

    fn build_teams(&self, seed: &SeedFile) -> Result<Vec<Team>, SeedError> {
        let build = |team: &SeedTeam| {
            let place = format!("team `{}`", team.name);
            let division = find_name(&self.divisions, &team.division);
            let division = division.ok_or_else(|| undefined(&place, "division", &team.division))?;
            Ok(Team {
                id: self.derive("team", &team.name),
                name: team.name.clone(),
                division: division.id.clone(),
            })
        };
        seed.teams.iter().map(build).collect()
    }

    /// The id that a name of a kind has.
    pub(crate) fn derive(&self, kind: &str, name: &str) -> String {
        derive(self.namespace, kind, name)
    }

    pub(crate) fn client(&self, id: &str) -> Option<&SeedClient> {
        self.clients.iter().find(|client| client.id == id)
    }

    pub(crate) fn division(&self, id: &str) -> Option<&Named> {
        find_id(&self.divisions, id)
    }

    pub(crate) fn role(&self, id: &str) -> Option<&Named> {
        find_id(&self.roles, id)
    }

    pub(crate) fn queue(&self, id: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.id == id)
    }

    pub(crate) fn team(&self, id: &str) -> Option<&Team> {
        self.teams.iter().find(|team| team.id == id)
    }

    pub(crate) fn schema(&self, id: &str) -> Option<&Schema> {
        self.schemas.iter().find(|schema| schema.id == id)
    }
}

/// Looks up by id.
pub(crate) fn find_id<'a>(list: &'a [Named], id: &str) -> Option<&'a Named> {
    list.iter().find(|entry| entry.id == id)
}

/// Looks up by exact name.
pub(crate) fn find_name<'a>(list: &'a [Named], name: &str) -> Option<&'a Named> {
    list.iter().find(|entry| entry.name == name)
}

/// The error for a name that the seed lacks.
pub(crate) fn undefined(place: &str, kind: &'static str, name: &str) -> SeedError {
    SeedError::Undefined { place: place.to_owned(), kind, name: name.to_owned() }
}

fn derive(space: Uuid, kind: &str, name: &str) -> String {
    Uuid::new_v5(&space, format!("{kind}/{name}").as_bytes()).to_string()
}

fn named_division(space: Uuid, division: &SeedDivision) -> Named {
    Named {
        id: derive(space, "division", &division.name),
        name: division.name.clone(),
        description: division.description.clone(),
        special: division.home,
    }
}

fn named_role(space: Uuid, role: &SeedRole) -> Named {
    Named {
        id: derive(space, "role", &role.name),
        name: role.name.clone(),
        description: role.description.clone(),
        special: role.default,
    }
}

fn plain(space: Uuid, kind: &str, names: &[String]) -> Vec<Named> {
    names
        .iter()
        .map(|name| Named {
            id: derive(space, kind, name),
            name: name.clone(),
            description: String::new(),
            special: false,
        })
        .collect()
}

/// The jsonSchema document of a schema, in the form of the description's example.
fn build_schema(space: Uuid, schema: &SeedSchema) -> Schema {
    let mut properties = Map::new();
    for field in &schema.fields {
        let mut property = Map::new();
        property.insert("title".into(), json!(field.title));
        property.insert("description".into(), json!(field.title));
        property.insert("allOf".into(), json!([{ "$ref": format!("#/definitions/{}", field.core_type) }]));
        let number = matches!(field.core_type.as_str(), "integer" | "number");
        for (bound, text_key, number_key) in
            [(field.min, "minLength", "minimum"), (field.max, "maxLength", "maximum")]
        {
            if let Some(bound) = bound {
                let whole = bound.fract() == 0.0;
                let bound = if whole { json!(bound as i64) } else { json!(bound) };
                property.insert(if number { number_key } else { text_key }.to_owned(), bound);
            }
        }
        if !field.values.is_empty() {
            property.insert("enum".into(), json!(field.values));
        }
        properties.insert(format!("{}_{}", field.name, field.core_type), Value::Object(property));
    }
    Schema {
        id: derive(space, "schema", &schema.name),
        name: schema.name.clone(),
        json_schema: json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "title": schema.name,
            "description": schema.description,
            "properties": properties,
        }),
    }
}
