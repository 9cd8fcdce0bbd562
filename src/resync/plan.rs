//! Which listings a run reads: who holds the roles, queues and teams that rules or grants mention, then the users.
//!
//! Pure but for one walk over what was granted. What nobody of ours was given, and no rule gives, is not listed:
//! nothing of it could be missing, and nothing of it is ours to take back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::estimate::{Expected, estimate};
use super::run::{Estimate, Run};
use super::{Halt, ResyncParts};
use crate::model::ports::Resolution;
use crate::model::{Family, Held, Kind, Target, UserState};

/// Users of whom the grants are read in one go.
const PAGE: usize = 500;

/// One listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Listing {
    /// Who holds something.
    Holders(Held),
    /// Users in a state.
    Users(UserState),
}

impl Listing {
    /// What it is, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Listing::Holders(of) => format!("the holders of {} {}", of.kind().row().word, of.named().name),
            Listing::Users(UserState::Inactive) => "the inactive users".to_owned(),
            Listing::Users(_) => "the active users".to_owned(),
        }
    }
}

/// The thing of which somebody can be listed as a holder.
fn held(target: &Target) -> Option<Held> {
    match target {
        Target::Role { role, .. } => Some(Held::Role(role.clone())),
        Target::Member { kind, of } => Some(Held::Member(*kind, of.clone())),
        Target::Level { .. } | Target::Attribute { .. } => None,
    }
}

impl ResyncParts {
    /// All listings of a run over everybody, and what they will cost.
    pub(super) async fn listings(&self, run: &mut Run) -> Result<Vec<Listing>, Halt> {
        let mut expected: BTreeMap<String, (Held, u64)> = BTreeMap::new();
        let (mut after, mut managed, mut all) = (None, 0, 0);
        loop {
            let page = self.directory.users_after(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            for user in &page {
                all += 1;
                managed += u64::from(user.managed);
                for granted in self.directory.ours(&user.id).await?.granted.values() {
                    let Some(of) = held(&granted.entitlement.target) else { continue };
                    let key = format!("{}/{}", of.kind().row().word, of.named().id);
                    expected.entry(key).or_insert((of, 0)).1 += 1;
                }
            }
        }
        for of in self.of_rules(run).await? {
            let key = format!("{}/{}", of.kind().row().word, of.named().id);
            expected.entry(key).or_insert((of, 0));
        }
        let holders = |kind: Kind| expected.values().filter(move |(of, _)| of.kind() == kind);
        let held = holders(Kind::Role).chain(holders(Kind::Queue)).chain(holders(Kind::Team));
        let listings: Vec<Listing> = held
            .map(|(of, _)| Listing::Holders(of.clone()))
            .chain([Listing::Users(UserState::Active), Listing::Users(UserState::Inactive)])
            .collect();
        let expected: Vec<Expected> =
            expected.values().map(|(of, holders)| Expected { kind: of.kind(), holders: *holders }).collect();
        run.counts.managed = managed;
        let calls = estimate(&expected, all);
        run.estimate = Estimate { calls, minutes: calls.div_ceil(u64::from(self.per_minute.max(1))) };
        Ok(listings)
    }

    /// What the rules may give, as far as Genesys knows it.
    async fn of_rules(&self, run: &Run) -> Result<Vec<Held>, Halt> {
        let mut wanted = self.bridge.wanted_by_rules();
        wanted.retain(|wanted| matches!(wanted.kind().family(), Family::Grant | Family::Membership));
        let context = self.context(run);
        let resolved = self
            .patiently(&self.stop, "the names in rules", || self.upstream.resolve(&wanted, None, &context))
            .await?;
        let found = resolved.into_iter().filter_map(|resolution| match resolution {
            Resolution::Found(entitlement) => held(&entitlement.target),
            _ => None,
        });
        Ok(found.collect())
    }
}
