//! How a [`Target`] stands in store records, which is not how it stands in the program.
//!
//! Effects of earlier versions are read in [`super::plan`]; the tests of both are here, with a saga as it was
//! written then. Formats of whole records and their versions are in `store`.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::entitlement::{Named, Target};
use super::kind::{Family, Kind};

/// A [`Target`] as it is written: `{"queue": {"id": .., "name": ..}}`, tagged with its kind whatever its
/// family.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct TargetRecord(BTreeMap<Kind, Parts>);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Parts {
    Grant { role: Named, division: Named },
    Field { schema: Named, version: u32, field: String },
    Of(Named),
}

impl From<Target> for TargetRecord {
    fn from(target: Target) -> Self {
        let kind = target.kind();
        let parts = match target {
            Target::Role { role, division } => Parts::Grant { role, division },
            Target::Member { of, .. } | Target::Level { of, .. } => Parts::Of(of),
            Target::Attribute { schema, version, field } => Parts::Field { schema, version, field },
        };
        Self([(kind, parts)].into())
    }
}

impl TryFrom<TargetRecord> for Target {
    type Error = String;

    fn try_from(record: TargetRecord) -> Result<Self, String> {
        let mut entries = record.0.into_iter();
        let (Some((kind, parts)), None) = (entries.next(), entries.next()) else {
            return Err("a target names exactly one kind".to_owned());
        };
        match (kind.family(), parts) {
            (Family::Grant, Parts::Grant { role, division }) => Ok(Target::Role { role, division }),
            (Family::Membership, Parts::Of(of)) => Ok(Target::Member { kind, of }),
            (Family::Level, Parts::Of(of)) => Ok(Target::Level { kind, of }),
            (Family::Field, Parts::Field { schema, version, field }) => {
                Ok(Target::Attribute { schema, version, field })
            }
            _ => Err(format!("a target of kind {} has other parts", kind.row().word)),
        }
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TargetRecord::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TargetRecord::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{ConflictClass, Effect, GrantedSet, Plan, SagaOpened};

    fn named(id: &str) -> Named {
        Named { id: id.into(), name: id.to_uppercase() }
    }

    /// An open saga as version 0.1 wrote it, with each effect and class that is written otherwise now.
    const SAGA: &str = r#"{"id":"01890000-0000-7000-8000-000000000001","tenant":"t","subject":"01890000-0000-7000-9000-000000000001",
        "about":{"user":"u"},"names":[],"plan":{"kind":"update","steps":[
        {"id":0,"effect":{"set_skills":[{"of":{"id":"s","name":"S"},"before":null,"after":3.5}]},"class":"user","identity":false},
        {"id":1,"effect":{"set_languages":[{"of":{"id":"l","name":"L"},"before":4.0,"after":null}]},"class":"user","identity":false},
        {"id":2,"effect":{"add_roles":[{"role":{"id":"r","name":"R"},"division":{"id":"d","name":"D"}}]},"class":"roles","identity":false},
        {"id":3,"effect":{"join_queue":{"id":"q","name":"Q"}},"class":{"queue":"q"},"identity":false},
        {"id":4,"effect":{"leave_queue":{"id":"p","name":"P"}},"class":{"queue":"p"},"identity":false},
        {"id":5,"effect":"revoke_sessions","class":"user","identity":false}],"pivot":null},
        "intent":{"put_user":{"document":{"userName":"a"},"granted":{
        "queue/q":{"entitlement":{"target":{"queue":{"id":"q","name":"Q"}},"setting":"held"},"reason":"request","before":null},
        "skill/s":{"entitlement":{"target":{"skill":{"id":"s","name":"S"}},"setting":{"level":3.5}},"reason":{"rule":"x"},"before":null},
        "language/l":{"entitlement":{"target":{"language":{"id":"l","name":"L"}},"setting":{"level":4.0}},"reason":"request","before":null},
        "role/r/d":{"entitlement":{"target":{"role":{"role":{"id":"r","name":"R"},"division":{"id":"d","name":"D"}}},"setting":"held"},
        "reason":"request","before":null},
        "attribute/a/f":{"entitlement":{"target":{"attribute":{"schema":{"id":"a","name":"A"},"version":1,"field":"f"}},
        "setting":{"value":"x"}},"reason":"request","before":{"value":"y"}}},
        "granted_before":{},"version":1,"held":[]}},"cause":{"by":"client:okta","request":"r"},"claim":null,"opened_ms":1,"fence":1}"#;

    #[test]
    fn an_open_saga_of_the_version_before_is_read() {
        let plan = &serde_json::from_str::<Value>(SAGA).unwrap()["plan"];
        let plan: Plan = serde_json::from_value(plan.clone()).unwrap();
        let effects: Vec<&Effect> = plan.steps.iter().map(|step| &step.effect).collect();
        let Effect::SetLevels { kind: Kind::Skill, levels } = effects[0] else { panic!("{:?}", effects[0]) };
        assert_eq!((levels[0].of.id.as_str(), levels[0].before), ("s", None));
        assert!(
            matches!(effects[1], Effect::SetLevels { kind: Kind::Language, levels } if levels.len() == 1)
        );
        assert!(matches!(effects[2], Effect::AddRoles(grants) if grants.len() == 1));
        assert_eq!(effects[3], &Effect::Join { kind: Kind::Queue, of: named("q") });
        assert_eq!(effects[4], &Effect::Leave { kind: Kind::Queue, of: named("p"), seen: true });
        assert_eq!(effects[5], &Effect::RevokeSessions);
        assert_eq!(plan.steps[3].class, ConflictClass::Member("q".into()));
        assert!(serde_json::from_str::<SagaOpened>(SAGA).is_ok());
    }

    #[test]
    fn what_was_granted_by_the_version_before_keeps_its_keys_and_its_form() {
        let opened: Value = serde_json::from_str(SAGA).unwrap();
        let written = &opened["intent"]["put_user"]["granted"];
        let granted: GrantedSet = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(granted.len(), 5);
        for (key, granted) in &granted {
            assert_eq!(&granted.entitlement.target.key(), key);
        }
        assert_eq!(&serde_json::to_value(&granted).unwrap(), written);
    }

    #[test]
    fn every_kind_is_written_and_read_as_itself() {
        for kind in Kind::ALL {
            let target = match kind.family() {
                Family::Grant => Target::Role { role: named("r"), division: named("d") },
                Family::Membership => Target::Member { kind, of: named("m") },
                Family::Level => Target::Level { kind, of: named("l") },
                Family::Field => Target::Attribute { schema: named("s"), version: 2, field: "f".into() },
            };
            let written = serde_json::to_value(&target).unwrap();
            assert!(written.get(kind.row().word).is_some(), "{written}");
            assert_eq!(serde_json::from_value::<Target>(written).unwrap(), target);
        }
        for wrong in [json!({}), json!({"queue": {"role": 1}}), json!({"shelf": {"id": "x", "name": "X"}})] {
            assert!(serde_json::from_value::<Target>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
