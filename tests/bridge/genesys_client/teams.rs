//! Teams: names read by cursor, failures inside a 200, and lost answers.
//!
//! That joining and leaving can be repeated under every undocumented behaviour is in `writes.rs`.

use genesys_cloud_emulator::{AtGone, Cloud, Fault, FaultKind, Options, Quirks, SeedFile, SeedTeam};
use genesys_scim_bridge::testing::model::ports::{Resolution, Upstream, Write};
use genesys_scim_bridge::testing::model::{
    Aspects, Entitlement, Kind, Refusal, RefusalKind, UserId, Verdict, Wanted,
};

use super::rig::{Rig, context, done};
use crate::support::wait::eventually;

async fn team(rig: &Rig, name: &str) -> Entitlement {
    let wanted = [Wanted::Member { kind: Kind::Team, name: name.into() }];
    match done(rig.client.resolve(&wanted, None, &context()).await).remove(0) {
        Resolution::Found(entitlement) => entitlement,
        other => panic!("{other:?}"),
    }
}

fn join(user: &UserId, team: &Entitlement) -> Write {
    Write::Join(Kind::Team, user.clone(), team.target.id().to_owned())
}

async fn is_member(rig: &Rig, user: &UserId, team: &Entitlement) -> bool {
    let seen = done(rig.client.observe(user, &Aspects::of([&team.target]), &context()).await).unwrap();
    assert!(seen.read.contains(&Kind::Team));
    seen.entitlements.contains_key(&team.target.key())
}

async fn refused(rig: &Rig, write: &Write) -> Refusal {
    match rig.client.write(write, &context()).await {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{write:?}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_behind_the_first_page_is_found_and_a_wrong_one_has_neighbours() {
    let mut seed = SeedFile::built_in().unwrap();
    let team_of = |n: u32| SeedTeam { name: format!("Squad {n:03}"), division: "EMEA".into() };
    seed.teams.extend((0..230).map(team_of));
    let options = Options { seed, rate_per_minute: 100_000, ..Options::default() };
    let rig = Rig::on(Cloud::start(options).unwrap(), |_| {});
    assert_eq!(team(&rig, "squad 229").await.target.to_string(), "team Squad 229");
    // All names are read behind: until then a name is looked up by itself.
    eventually("neighbours are known", async || {
        let wanted = [Wanted::Member { kind: Kind::Team, name: "Squadd 229".into() }];
        let found = done(rig.client.resolve(&wanted, None, &context()).await).remove(0);
        let Resolution::UnknownName { what, similar } = found else { panic!("{found:?}") };
        assert_eq!(what, "team \"Squadd 229\"");
        similar.contains(&"Squad 229".to_owned())
    })
    .await;
    assert!((3..=6).contains(&rig.count("GET", "/api/v2/teams")), "three pages, and one look for each name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_inside_a_200_is_a_refusal_with_its_reason_as_code() {
    let rig = Rig::new();
    let iris = rig.id_of("iris.keller@aurora.example").await;
    let noor = rig.id_of("noor.haddad@aurora.example").await;
    let nobody = UserId::new("00000000-0000-4000-8000-000000000000");
    let dublin = team(&rig, "Claims Dublin").await;
    for (user, code, kind) in [
        (&iris, "UserGroupLimitExceeded", RefusalKind::Validation),
        (&noor, "UserGroupDivisionMismatch", RefusalKind::Validation),
        (&nobody, "UserNotFound", RefusalKind::NotFound),
    ] {
        let refusal = refused(&rig, &join(user, &dublin)).await;
        assert_eq!((refusal.code.as_str(), refusal.kind, refusal.status), (code, kind, 200));
        assert!(refusal.detail.contains(code) && refusal.correlation_id.is_some(), "{refusal:?}");
    }
    assert!(!is_member(&rig, &iris, &dublin).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_whose_answer_was_lost_is_repeated_even_where_a_member_cannot_be_added_again() {
    let rig = Rig::with(Quirks { team_readd: AtGone::Refuse, ..Quirks::default() }, |_| {});
    let greta = rig.id_of("greta.lindqvist@aurora.example").await;
    let dublin = team(&rig, "Claims Dublin").await;
    let leave = Write::Leave(Kind::Team, greta.clone(), dublin.target.id().to_owned());
    for (write, method, member) in [(join(&greta, &dublin), "POST", true), (leave, "DELETE", false)] {
        rig.cloud.fault(Fault::on(method, "/members", FaultKind::ApplyThenDrop).once());
        let lost = rig.client.write(&write, &context()).await;
        assert!(matches!(lost, Verdict::Unknown(_)), "{lost:?}");
        assert_eq!(is_member(&rig, &greta, &dublin).await, member, "it took effect");
        done(rig.client.write(&write, &context()).await);
        assert_eq!(is_member(&rig, &greta, &dublin).await, member);
    }
}
