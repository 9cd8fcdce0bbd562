//! Trouble that lasts while the directory is filled from Genesys: every operation of the import under every kind
//! of trouble, in virtual time. What lasts beside changes is in `lasting`; `LASTING` chooses here as there.

use std::collections::BTreeSet;
use std::time::Duration;

use genesys_cloud_emulator::Call;
use genesys_scim_bridge::testing::import::{ImportError, Progress};
use genesys_scim_bridge::testing::model::UserId;
use serde_json::Value;
use tokio::time::Instant;

use crate::bare::BareBridge;
use crate::lasting::{
    self, CALLS_PER_HOUR, Case, GIVE_UP, HOUR, LEAVER, MINUTE, Operation, TOO_LONG, chosen, in_virtual_time,
    leaves, within_the_last,
};
use crate::scenarios;
use crate::trouble::{TOKEN, TROUBLE, Trouble};

/// The longest that an import goes on without getting anywhere.
const LONGEST: Duration = Duration::from_secs(20 * 60);
/// Enough for several pages of a listing.
const OTHERS: usize = 250;

/// What became of one run.
struct Run {
    result: Result<Progress, ImportError>,
    took: Duration,
    out: Duration,
    left: Result<(), String>,
    calls: usize,
    again: Result<Progress, ImportError>,
    /// How many users and groups the directory has in the end.
    kept: (usize, usize),
    leaver_is_active: bool,
}

async fn house() -> (BareBridge, String) {
    let house = BareBridge::in_virtual_time_beside(OTHERS, GIVE_UP).await;
    let leaver = scenarios::make_agent(&house, LEAVER).await;
    tokio::time::sleep(5 * MINUTE).await;
    house.cloud.settle();
    house.cloud.clear_ledger();
    (house, leaver)
}

async fn kept(house: &BareBridge) -> (usize, usize) {
    let counts = house.directory.counts().await.unwrap();
    (counts.users, counts.groups)
}

/// What an undisturbed import calls and keeps.
async fn clean() -> (Vec<Operation>, (usize, usize)) {
    let (house, _) = house().await;
    house.import().await.unwrap();
    let calls = house.cloud.ledger();
    let operations: BTreeSet<Operation> =
        calls.iter().map(|call: &Call| (call.method.clone(), call.template.clone())).collect();
    (operations.into_iter().collect(), kept(&house).await)
}

impl Run {
    async fn of(case: &Case) -> Self {
        let (house, leaver) = house().await;
        let leave = scenarios::deactivation(leaver.clone());
        case.begin(&house);
        if case.operation.1 == TOKEN.1 {
            house.cloud.revoke_tokens();
        }
        let began = Instant::now();
        let import = async {
            let result = house.import().await;
            (result, began.elapsed())
        };
        let beside = async {
            tokio::time::sleep(5 * Duration::from_secs(1)).await;
            let (left, out) = leaves(&house, leave.clone()).await;
            tokio::time::sleep(case.lasting.saturating_sub(began.elapsed())).await;
            let calls = within_the_last(HOUR, &house.cloud.ledger());
            case.end(&house);
            (left, out, calls)
        };
        let ((result, took), (left, out, calls)) = tokio::join!(import, beside);
        if left.is_err() {
            drop(house.submit(leave).await);
        }
        let again = house.import().await;
        lasting::settle(&house).await;
        let user = house.directory.get_user(&UserId::new(leaver)).await.unwrap().unwrap();
        Self {
            result,
            took,
            out,
            left: left.map(drop).map_err(|error| error.detail),
            calls,
            again,
            kept: kept(&house).await,
            leaver_is_active: user.document.get("active") == Some(&Value::Bool(true)),
        }
    }

    /// It ends in bounded time, with few calls and in nobody's way, and the next one brings all that is there.
    fn judge(&self, case: &Case, kept: (usize, usize)) -> Result<(), String> {
        if self.took > case.lasting.min(LONGEST) + LONGEST {
            return Err(format!("went on for {:?}: {:?}", self.took, self.result));
        }
        if !case.concerns_leavers() {
            self.left.clone().map_err(|heard| format!("the leaver heard {heard}"))?;
            if self.out > Duration::from_secs(2) {
                return Err(format!("the leaver's first call came after {:?}", self.out));
            }
        }
        if self.calls > CALLS_PER_HOUR {
            return Err(format!("{} calls in an hour", self.calls));
        }
        if let Err(error) = &self.again {
            return Err(format!("the next import: {error}"));
        }
        if self.kept != kept {
            return Err(format!("{:?} users and groups are kept instead of {kept:?}", self.kept));
        }
        if self.leaver_is_active {
            return Err("who left is active again".to_owned());
        }
        Ok(())
    }
}

fn cases(operations: &[Operation]) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |operation: &Operation, trouble, skip, lasting| {
        cases.push(Case { name: "import", operation: operation.clone(), trouble, skip, lasting });
    };
    let store = ("-".to_owned(), "-".to_owned());
    for (skip, lasting) in [(0, 10 * MINUTE), (7, 10 * MINUTE), (7, TOO_LONG)] {
        add(&store, Trouble::StoreRefuses, skip, lasting);
    }
    for operation in operations {
        for trouble in TROUBLE.into_iter().filter(|trouble| trouble.is_trouble_for(operation)) {
            for (skip, lasting) in [(0, 10 * MINUTE), (1, 10 * MINUTE), (0, TOO_LONG)] {
                add(operation, trouble, skip, lasting);
            }
        }
    }
    cases
}

#[test]
fn an_import_under_trouble_that_lasts_ends_holds_no_leaver_and_the_next_one_brings_everything() {
    let (operations, kept) = in_virtual_time(clean());
    assert!(kept.0 > OTHERS && operations.len() > 2, "an import of nobody shows nothing: {kept:?}");
    let cases = chosen(cases(&operations));
    let mut failures = Vec::new();
    for case in &cases {
        if let Err(why) = in_virtual_time(Run::of(case)).judge(case, kept) {
            failures.push(format!("{}: {why}", case.title()));
        }
    }
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), cases.len(), failures.join("\n"));
    println!("{} imports, each under trouble that lasts", cases.len());
}
