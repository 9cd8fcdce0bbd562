//! Every write, there and back, done twice each way, under every undocumented behaviour of Genesys.
//!
//! What a write does under faults is in `faults.rs`.

use genesys_cloud_emulator::{DeletedEmail, Quirks};
use genesys_scim_bridge::testing::model::ports::{Resolution, Upstream, Write};
use genesys_scim_bridge::testing::model::{
    Aspects, Entitlement, Kind, Named, Observed, Proficiency, RefusalKind, RoleGrant, Setting, Target,
    UserId, UserState, Verdict, Wanted,
};
use serde_json::json;

use super::rig::{Rig, context, done, new_user};

fn level(level: f64) -> Proficiency {
    Proficiency::new(level).unwrap()
}

fn wanted() -> Vec<Wanted> {
    vec![
        Wanted::Role { role: "Agent".into(), division: Some("EMEA".into()) },
        Wanted::Role { role: "supervisor".into(), division: None },
        Wanted::Member { kind: Kind::Queue, name: "EMEA Billing".into() },
        Wanted::Member { kind: Kind::Team, name: "head office".into() },
        Wanted::Level { kind: Kind::Skill, name: "Billing".into(), proficiency: level(4.0) },
        Wanted::Level { kind: Kind::Language, name: "German".into(), proficiency: level(3.5) },
        Wanted::Attribute { schema: "HR".into(), field: "grade".into(), value: json!("7") },
        Wanted::Attribute { schema: "HR".into(), field: "cost_centre_text".into(), value: json!("CC-1") },
    ]
}

async fn resolved(rig: &Rig) -> Vec<Entitlement> {
    let found = done(rig.client.resolve(&wanted(), None, &context()).await);
    found
        .into_iter()
        .map(|one| match one {
            Resolution::Found(entitlement) => entitlement,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// The write that gives or takes one entitlement.
fn write(user: &UserId, entitlement: &Entitlement, give: bool) -> Write {
    let user = user.clone();
    match (&entitlement.target, &entitlement.setting, give) {
        (Target::Role { role, division }, _, give) => {
            let grant = RoleGrant { role: role.clone(), division: division.clone() };
            if give { Write::AddRoles(user, vec![grant]) } else { Write::RemoveRole(user, grant) }
        }
        (Target::Member { kind, of }, _, true) => Write::Join(*kind, user, of.id.clone()),
        (Target::Member { kind, of }, _, false) => Write::Leave(*kind, user, of.id.clone()),
        (Target::Level { kind, of }, Setting::Level(level), true) => {
            Write::SetLevels(*kind, user, vec![(of.id.clone(), *level)])
        }
        (Target::Level { kind, of }, _, _) => Write::RemoveLevel(*kind, user, of.id.clone()),
        (Target::Attribute { schema, version, field }, Setting::Value(value), give) => Write::SetAttributes {
            user,
            schema: schema.id.clone(),
            version: *version,
            set: if give { vec![(field.clone(), value.clone())] } else { Vec::new() },
            clear: if give { Vec::new() } else { vec![field.clone()] },
        },
        other => panic!("{other:?}"),
    }
}

fn has(observed: &Observed, entitlement: &Entitlement) -> bool {
    observed.entitlements.get(&entitlement.target.key()) == Some(entitlement)
}

/// Observes until the picture is as it should be: grants show the past for some milliseconds.
async fn observe_until(
    rig: &Rig,
    user: &UserId,
    entitlements: &[Entitlement],
    good: impl Fn(&Observed) -> bool,
) {
    let mut aspects = super::rig::everything();
    aspects.about = Aspects::of(entitlements.iter().map(|one| &one.target)).about;
    let mut last = None;
    for _ in 0..60 {
        if let Verdict::Done(Some(observed)) = rig.client.observe(user, &aspects, &context()).await {
            if good(&observed) {
                assert_eq!(observed.read, aspects.kinds);
                return;
            }
            last = Some(observed);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{last:#?}");
}

async fn walk(rig: &Rig) {
    let user = rig.create("ada@aurora.example").await;
    rig.observe(&user).await;
    let entitlements = resolved(rig).await;
    for _ in 0..2 {
        for one in &entitlements {
            rig.write(write(&user, one, true)).await;
        }
    }
    observe_until(rig, &user, &entitlements, |seen| entitlements.iter().all(|one| has(seen, one))).await;
    for _ in 0..2 {
        for one in entitlements.iter().rev() {
            rig.write(write(&user, one, false)).await;
        }
    }
    observe_until(rig, &user, &entitlements, |seen| {
        entitlements.iter().all(|one| !seen.entitlements.contains_key(&one.target.key()))
    })
    .await;
    identity_there_and_back(rig, &user).await;
}

async fn identity_there_and_back(rig: &Rig, user: &UserId) {
    let none: [Entitlement; 0] = [];
    let update = |value: &str| Write::UpdateUser {
        user: user.clone(),
        set: vec![("title".to_owned(), json!(value))],
        remove: Vec::new(),
        password: None,
    };
    rig.write(update("Lead")).await;
    observe_until(rig, user, &none, |seen| seen.document["title"] == "Lead").await;
    let emea = done(rig.client.division("EMEA", &context()).await).unwrap();
    rig.write(Write::MoveDivision(user.clone(), emea.id.clone())).await;
    rig.write(Write::MoveDivision(user.clone(), emea.id.clone())).await;
    observe_until(rig, user, &none, |seen| seen.division.as_ref() == Some(&emea)).await;
    for active in [false, false, true] {
        rig.write(Write::SetActive(user.clone(), active)).await;
        let state = if active { UserState::Active } else { UserState::Inactive };
        observe_until(rig, user, &none, |seen| seen.state == state).await;
    }
    rig.write(Write::RevokeSessions(user.clone())).await;
    rig.write(Write::DeleteUser(user.clone())).await;
    rig.write(Write::DeleteUser(user.clone())).await;
    observe_until(rig, user, &none, |seen| seen.state == UserState::Deleted).await;
    rig.write(Write::RestoreUser(user.clone())).await;
    rig.write(Write::RestoreUser(user.clone())).await;
    observe_until(rig, user, &none, |seen| seen.state == UserState::Active).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_takes_effect_both_ways_and_again_under_every_undocumented_behaviour() {
    for (name, quirks) in Quirks::table() {
        eprintln!("quirk {name}");
        let rig = Rig::with(quirks, |_| {});
        walk(&rig).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_made_renamed_filled_emptied_and_deleted() {
    for (name, quirks) in Quirks::table() {
        eprintln!("quirk {name}");
        let rig = Rig::with(quirks, |_| {});
        let users =
            [rig.id_of("iris.keller@aurora.example").await, rig.id_of("noor.haddad@aurora.example").await];
        let group = rig.write(Write::CreateGroup("Pilots".into())).await.unwrap();
        rig.write(Write::RenameGroup(group.clone(), "Captains".into())).await;
        rig.write(Write::RenameGroup(group.clone(), "Captains".into())).await;
        for _ in 0..2 {
            rig.write(Write::AddMembers(group.clone(), users.to_vec())).await;
        }
        rig.cloud.settle();
        let seen = done(rig.client.observe_group(&group, true, &context()).await).unwrap();
        assert_eq!(seen.name, "Captains");
        assert_eq!(seen.members, Some(users.iter().cloned().collect()));
        for _ in 0..2 {
            rig.write(Write::RemoveMembers(group.clone(), users.to_vec())).await;
        }
        rig.cloud.settle();
        let seen = done(rig.client.observe_group(&group, true, &context()).await).unwrap();
        assert_eq!(seen.members, Some(std::collections::BTreeSet::new()));
        rig.write(Write::DeleteGroup(group.clone())).await;
        rig.write(Write::DeleteGroup(group.clone())).await;
        assert_eq!(done(rig.client.observe_group(&group, false, &context()).await), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_is_refused_as_uniqueness() {
    let rig = Rig::new();
    let iris = rig.id_of("iris.keller@aurora.example").await;
    let rename = Write::UpdateUser {
        user: iris,
        set: vec![("userName".to_owned(), json!("greta.lindqvist@aurora.example"))],
        remove: Vec::new(),
        password: None,
    };
    let group = rig.write(Write::CreateGroup("Pilots".into())).await.unwrap();
    let writes = [
        new_user("greta.lindqvist@aurora.example", "s-2"),
        rename,
        Write::CreateGroup("Night Shift".into()),
        Write::RenameGroup(group, "Night Shift".into()),
    ];
    for write in writes {
        match rig.client.write(&write, &context()).await {
            Verdict::Refused(refusal) => {
                assert_eq!(refusal.kind, RefusalKind::Uniqueness, "{refusal:?}");
                assert!(refusal.correlation_id.is_some(), "{refusal:?}");
                assert!(!refusal.detail.contains("greta"), "{refusal:?}");
            }
            other => panic!("{write:?}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_deleted_user_is_made_anew_restored_or_refused_and_each_is_told_apart() {
    for (deleted_email, taken) in
        [(DeletedEmail::Create, false), (DeletedEmail::Restore, false), (DeletedEmail::Conflict, true)]
    {
        let rig = Rig::with(Quirks { deleted_email, ..Quirks::default() }, |_| {});
        rig.cloud.settle();
        let before = rig.id_of("lena.brandt@aurora.example").await;
        match rig.client.write(&new_user("lena.brandt@aurora.example", "s-9"), &context()).await {
            Verdict::Done(Some(made)) => {
                assert!(!taken);
                assert_eq!(made.id == before.as_str(), deleted_email == DeletedEmail::Restore);
                let shown = made.user.unwrap();
                assert_eq!(
                    (shown.id.unwrap().as_str(), &shown.document["title"]),
                    (&*made.id, &json!("Agent"))
                );
                // What came back may not be visible at once.
                rig.cloud.settle();
                let restored = rig.client.write(&Write::RestoreUser(before.clone()), &context()).await;
                match restored {
                    Verdict::Refused(refusal) => {
                        assert_eq!(refusal.kind, RefusalKind::Uniqueness, "{refusal:?}");
                        assert_eq!(deleted_email, DeletedEmail::Create);
                    }
                    Verdict::Done(_) | Verdict::Later(_) => assert_eq!(deleted_email, DeletedEmail::Restore),
                    other => panic!("{other:?}"),
                }
            }
            Verdict::Refused(refusal) => {
                assert!(taken && refusal.kind == RefusalKind::Uniqueness, "{refusal:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_fifty_levels_travel_in_chunks() {
    let rig = Rig::new();
    let user = rig.id_of("iris.keller@aurora.example").await;
    let names = ["Billing", "Refunds", "Voice", "Chat", "Retention"];
    let wanted: Vec<Wanted> = names
        .iter()
        .map(|name| Wanted::Level { kind: Kind::Skill, name: (*name).into(), proficiency: level(1.0) })
        .collect();
    let found = done(rig.client.resolve(&wanted, None, &context()).await);
    let ids: Vec<String> = found
        .iter()
        .map(|one| match one {
            Resolution::Found(Entitlement { target: Target::Level { of: Named { id, .. }, .. }, .. }) => {
                id.clone()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    rig.cloud.clear_ledger();
    let levels: Vec<_> = (0..60).map(|i| (ids[i % ids.len()].clone(), level(2.0))).collect();
    rig.write(Write::SetLevels(Kind::Skill, user, levels)).await;
    assert_eq!(rig.count("PATCH", "routingskills/bulk"), 2);
}
