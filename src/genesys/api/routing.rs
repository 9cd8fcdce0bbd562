//! Skills and languages: the directories and what a user has of them (docs/genesys.md G5.1, G5.2). Pure.
//!
//! Levels are set with PATCH bulk, which leaves others alone, and taken away one by one.

use serde_json::{Value, json};

use super::named;
use crate::genesys::request::{HttpCall, HttpMethod, Nature};
use crate::model::{Entitlement, Kind, Proficiency, Setting, Target, UserId};

/// Page size that Genesys serves for what a user has.
pub(crate) const PAGE: usize = 50;

/// Skill or language: the calls differ only in names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    /// Routing skills.
    Skills,
    /// Routing languages.
    Languages,
}

impl Area {
    /// The area of a kind, if it has levels.
    pub(crate) fn of(kind: Kind) -> Option<Area> {
        match kind {
            Kind::Skill => Some(Area::Skills),
            Kind::Language => Some(Area::Languages),
            Kind::Role | Kind::Attribute | Kind::Queue | Kind::Team => None,
        }
    }

    fn kind(self) -> Kind {
        match self {
            Area::Skills => Kind::Skill,
            Area::Languages => Kind::Language,
        }
    }

    fn segment(self) -> &'static str {
        match self {
            Area::Skills => "routingskills",
            Area::Languages => "routinglanguages",
        }
    }
}

/// Sets levels of at most 50.
pub(crate) fn set(area: Area, user: &UserId, levels: &[(String, Proficiency)]) -> HttpCall {
    let operation = match area {
        Area::Skills => "skills_set",
        Area::Languages => "languages_set",
    };
    let items: Vec<Value> =
        levels.iter().map(|(id, level)| json!({"id": id, "proficiency": level.as_f64()})).collect();
    let path = ["users", user.as_str(), area.segment(), "bulk"];
    HttpCall::new(operation, Nature::Change, HttpMethod::Patch, &path).body(Value::Array(items))
}

/// Takes one away.
pub(crate) fn remove(area: Area, user: &UserId, id: &str) -> HttpCall {
    let operation = match area {
        Area::Skills => "skill_remove",
        Area::Languages => "language_remove",
    };
    HttpCall::new(
        operation,
        Nature::Removal,
        HttpMethod::Delete,
        &["users", user.as_str(), area.segment(), id],
    )
}

/// One page of what a user has.
pub(crate) fn of_user(area: Area, user: &UserId, page: u32) -> HttpCall {
    let operation = match area {
        Area::Skills => "skills_of_user",
        Area::Languages => "languages_of_user",
    };
    HttpCall::get(operation, &["users", user.as_str(), area.segment()]).page(PAGE, page)
}

/// One page of the directory.
fn directory(area: Area, name: Option<&str>, size: usize, page: u32) -> HttpCall {
    let (operation, segment) = match area {
        Area::Skills => ("skills_list", "skills"),
        Area::Languages => ("languages_list", "languages"),
    };
    let call = HttpCall::get(operation, &["routing", segment]).page(size, page);
    match name {
        Some(name) => call.with("name", name),
        None => call,
    }
}

/// One page of the skills there are.
pub(crate) fn skills(name: Option<&str>, size: usize, page: u32) -> HttpCall {
    directory(Area::Skills, name, size, page)
}

/// One page of the languages there are.
pub(crate) fn languages(name: Option<&str>, size: usize, page: u32) -> HttpCall {
    directory(Area::Languages, name, size, page)
}

/// One skill or language of a user. `None` if it cannot be read.
pub(crate) fn entitlement(area: Area, entity: &Value) -> Option<Entitlement> {
    let of = named(entity)?;
    let level = entity.get("proficiency").and_then(Value::as_f64).unwrap_or(0.0);
    let target = Target::Level { kind: area.kind(), of };
    Some(Entitlement { target, setting: Setting::Level(Proficiency::new(level)?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skills_and_languages_have_the_same_calls_under_their_own_names() {
        let user = UserId::new("u");
        let levels = vec![("s1".to_owned(), Proficiency::new(4.5).unwrap())];
        for (area, segment) in [(Area::Skills, "routingskills"), (Area::Languages, "routinglanguages")] {
            let call = set(area, &user, &levels);
            assert_eq!(call.path, format!("/api/v2/users/u/{segment}/bulk"));
            assert_eq!(call.body, Some(json!([{"id": "s1", "proficiency": 4.5}])));
            assert_eq!(remove(area, &user, "s1").path, format!("/api/v2/users/u/{segment}/s1"));
            assert_eq!(of_user(area, &user, 2).query[1], ("pageNumber", "2".to_owned()));
        }
        assert_eq!(directory(Area::Languages, None, 100, 1).path, "/api/v2/routing/languages");
    }

    #[test]
    fn a_level_out_of_range_cannot_be_read() {
        let good =
            entitlement(Area::Skills, &json!({"id": "s", "name": "Spanish", "proficiency": 4.0})).unwrap();
        assert_eq!(good.setting, Setting::Level(Proficiency::new(4.0).unwrap()));
        assert_eq!(entitlement(Area::Skills, &json!({"id": "s", "proficiency": 7.0})), None);
        assert_eq!(entitlement(Area::Languages, &json!({"proficiency": 1.0})), None);
    }
}
