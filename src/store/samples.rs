//! Small values for the tests of the journal and of the directory.
//!
//! Test code only; nothing here knows a rule.

use serde_json::{Value, json};

use crate::model::{
    Cause, Certainty, ClientId, ConflictClass, CredentialId, Effect, Entitlement, Granted, GrantedSet,
    GroupId, Intent, Kind, Named, Object, Outcome, Plan, PlanKind, Reason, Refusal, RefusalKind, SagaId,
    SagaOpened, Setting, Step, StepId, Subject, SubjectId, Target, TenantId, Turn, UserId,
};

pub(crate) fn tenant() -> TenantId {
    TenantId::new("t")
}

pub(crate) fn saga_id(n: u32) -> SagaId {
    SagaId::parse(&format!("01890000-0000-7000-8000-{n:012}")).unwrap()
}

pub(crate) fn subject(n: u32) -> SubjectId {
    SubjectId::parse(&format!("01890000-0000-7000-9000-{n:012}")).unwrap()
}

pub(crate) fn object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

pub(crate) fn named(id: &str) -> Named {
    Named { id: id.to_owned(), name: id.to_owned() }
}

pub(crate) fn granted(key: &str) -> (String, Granted) {
    let parts: Vec<&str> = key.split('/').collect();
    let target = match parts.as_slice() {
        ["queue", id] => Target::Member { kind: Kind::Queue, of: named(id) },
        ["skill", id] => Target::Level { kind: Kind::Skill, of: named(id) },
        ["role", role, division] => Target::Role { role: named(role), division: named(division) },
        ["attribute", schema, field] => {
            Target::Attribute { schema: named(schema), version: 1, field: (*field).to_owned() }
        }
        other => panic!("no sample for {other:?}"),
    };
    let entitlement = Entitlement { target, setting: Setting::Held };
    (
        key.to_owned(),
        Granted { entitlement, reason: Reason::Request, before: None, certainty: Certainty::Given },
    )
}

pub(crate) fn plan(effects: Vec<Effect>) -> Plan {
    let steps = (0..).zip(effects).map(|(id, effect)| Step {
        id: StepId(id),
        effect,
        class: ConflictClass::User,
        identity: false,
    });
    Plan { kind: PlanKind::Update, steps: steps.collect(), pivot: None, owed: false }
}

pub(crate) fn refusal() -> Refusal {
    Refusal {
        kind: RefusalKind::Permission,
        status: 403,
        code: "not.authorized".to_owned(),
        detail: "missing permission".to_owned(),
        correlation_id: Some("c".to_owned()),
    }
}

pub(crate) fn opened(n: u32, about: Subject, intent: Intent) -> SagaOpened {
    SagaOpened {
        id: saga_id(n),
        tenant: tenant(),
        subject: subject(n),
        about,
        names: vec![],
        plan: plan(vec![]),
        intent,
        cause: Cause::client(ClientId::new("okta"), CredentialId::new("token-1"), "r"),
        claim: None,
        opened_ms: 1,
        fence: 1,
    }
}

pub(crate) fn put_user(n: u32, id: Option<&str>, document: Value, version: Option<u64>) -> SagaOpened {
    let intent = Intent::PutUser {
        document: object(document),
        granted: GrantedSet::new(),
        granted_before: GrantedSet::new(),
        version,
        held: vec![],
    };
    opened(n, Subject::User(id.map(UserId::new)), intent)
}

pub(crate) fn put_group(
    n: u32,
    name: &str,
    version: Option<u64>,
    add: &[&str],
    remove: &[&str],
    replace: bool,
) -> SagaOpened {
    let texts = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let intent = Intent::PutGroup {
        document: object(json!({ "displayName": name })),
        version,
        add: texts(add),
        remove: texts(remove),
        replace,
    };
    opened(n, Subject::Group { id: GroupId::new("g"), genesys: None }, intent)
}

pub(crate) fn acknowledged(bound: &str) -> Turn {
    Turn::Acknowledged { bound: bound.to_owned() }
}

pub(crate) fn committed(bound: &str) -> Turn {
    Turn::Finished(Outcome::Committed { bound: bound.to_owned(), failures: vec![] })
}
