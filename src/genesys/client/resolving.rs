//! Names of wanted entitlements to ids, through the catalogue; one resolution for each, in order.
//!
//! An unknown name is an answer, not an error: what to do about it is a matter of policy (`entitlements`,
//! `bridge`).

use super::GenesysClient;
use crate::genesys::catalogue::names::similar;
use crate::genesys::catalogue::values::{self, Field};
use crate::genesys::catalogue::{Class, Found, find_schema};
use crate::genesys::not_done::NotDone;
use crate::model::ports::{CallContext, Resolution, Write};
use crate::model::{Entitlement, Kind, Named, RefusalKind, Setting, Target, Wanted};

impl GenesysClient {
    pub(super) async fn resolve_all(
        &self,
        wanted: &[Wanted],
        division: Option<&Named>,
        context: &CallContext,
    ) -> Result<Vec<Resolution>, NotDone> {
        let mut resolutions = Vec::with_capacity(wanted.len());
        for one in wanted {
            resolutions.push(self.resolve_one(one, division, context).await?);
        }
        Ok(resolutions)
    }

    async fn resolve_one(
        &self,
        wanted: &Wanted,
        division: Option<&Named>,
        context: &CallContext,
    ) -> Result<Resolution, NotDone> {
        let (kind, name) = match wanted {
            Wanted::Role { role, .. } => (Kind::Role, role),
            Wanted::Member { kind, name } | Wanted::Level { kind, name, .. } => (*kind, name),
            Wanted::Attribute { schema, field, value } => {
                return self.resolve_attribute(schema, field, value, context).await;
            }
        };
        let Some(class) = Class::of(kind) else {
            return Ok(Resolution::BadValue(format!("a {} is not found by name", kind.row().word)));
        };
        let of = match self.catalogue.find(&self.calls, class, name, context).await? {
            Found::One(named) => named,
            Found::Unknown { what, similar } => return Ok(Resolution::UnknownName { what, similar }),
        };
        let (target, setting) = match wanted {
            Wanted::Role { division: wanted_division, .. } => {
                let found = match wanted_division {
                    Some(name) => self.catalogue.find(&self.calls, Class::Division, name, context).await?,
                    None => Found::One(self.default_division(division, context).await?),
                };
                match found {
                    Found::One(division) => (Target::Role { role: of, division }, Setting::Held),
                    Found::Unknown { what, similar } => {
                        return Ok(Resolution::UnknownName { what, similar });
                    }
                }
            }
            Wanted::Level { proficiency, .. } => (Target::Level { kind, of }, Setting::Level(*proficiency)),
            Wanted::Member { .. } | Wanted::Attribute { .. } => (Target::Member { kind, of }, Setting::Held),
        };
        Ok(Resolution::Found(Entitlement { target, setting }))
    }

    /// A write was refused in a way that may mean that an id in it is of something that is there no more, or
    /// was made anew under its name: all of them are looked up again when they are next asked for.
    pub(super) async fn doubt_names(&self, write: &Write, stop: &NotDone) {
        if !stop.is(RefusalKind::NotFound) && !stop.is(RefusalKind::Validation) {
            return;
        }
        let forget = |class, id: &str| self.catalogue.forget(class, id);
        match write {
            Write::MoveDivision(_, division) => forget(Class::Division, division),
            Write::AddRoles(_, grants) => {
                for grant in grants {
                    forget(Class::Role, &grant.role.id);
                    forget(Class::Division, &grant.division.id);
                }
            }
            Write::SetLevels(kind, _, levels) => {
                let class = Class::of(*kind);
                levels.iter().for_each(|(id, _)| class.into_iter().for_each(|class| forget(class, id)));
            }
            Write::Join(kind, _, id) => Class::of(*kind).into_iter().for_each(|class| forget(class, id)),
            Write::SetAttributes { .. } => self.catalogue.forget_schemas().await,
            _ => {}
        }
    }

    async fn default_division(&self, given: Option<&Named>, context: &CallContext) -> Result<Named, NotDone> {
        match given {
            Some(division) => Ok(division.clone()),
            None => self.catalogue.home(&self.calls, context).await,
        }
    }

    async fn resolve_attribute(
        &self,
        schema: &str,
        field: &str,
        value: &serde_json::Value,
        context: &CallContext,
    ) -> Result<Resolution, NotDone> {
        let list = self.catalogue.schemas(&self.calls, Some(schema), context).await?;
        let Some(found) = find_schema(&list, schema) else {
            return Ok(Resolution::UnknownName {
                what: format!("custom-attribute schema {schema:?}"),
                similar: similar(schema, list.iter().map(|known| known.named.name.as_str())),
            });
        };
        let key = match values::field(&found.fields, field) {
            Field::Key(key) => key,
            Field::Ambiguous(keys) => {
                return Ok(Resolution::UnknownName {
                    what: format!("field {field:?} of schema {schema:?}, which several share"),
                    similar: keys,
                });
            }
            Field::Unknown(similar) => {
                return Ok(Resolution::UnknownName {
                    what: format!("field {field:?} of schema {schema:?}"),
                    similar,
                });
            }
        };
        let shape = found.fields.get(&key).unwrap_or(&serde_json::Value::Null);
        Ok(match values::fit(&key, shape, value) {
            Ok(value) => Resolution::Found(Entitlement {
                target: Target::Attribute { schema: found.named.clone(), version: found.version, field: key },
                setting: Setting::Value(value),
            }),
            Err(why) => Resolution::BadValue(format!("schema {schema}: {why}")),
        })
    }
}
