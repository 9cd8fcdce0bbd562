//! Waiting for permits under a clock that stands still until everybody waits: who goes when, and that nothing
//! is lost on the way. Which ticket goes first is tabled in `bucket`.

use std::sync::Mutex;

use super::*;

/// Tokio's own clock, which these tests stop.
struct Tick(tokio::time::Instant);

#[async_trait]
impl Clock for Tick {
    fn now_ms(&self) -> i64 {
        0
    }
    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
    fn jitter(&self, _bound: u64) -> u64 {
        0
    }
}

fn budget(per_minute: u32) -> Arc<SharedBudget> {
    Arc::new(SharedBudget::new(per_minute, 0, Arc::new(Tick(tokio::time::Instant::now()))))
}

async fn spend(budget: &SharedBudget, priority: Priority) {
    budget.reserve(priority.into()).granted().await.spend();
}

/// Spends what is there and what the margins of a millisecond may still bring.
async fn spend_all(budget: &SharedBudget) {
    while budget.left() > 0 {
        spend(budget, Priority::Waiting).await;
    }
}

fn nobody_waits(budget: &SharedBudget) -> bool {
    budget.shared.lock().waiting.is_empty()
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_lets_calls_through_by_priority() {
    let budget = budget(300);
    spend_all(&budget).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for priority in [Priority::Background, Priority::Waiting, Priority::Leaver, Priority::Identity] {
        let (budget, order) = (Arc::clone(&budget), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            spend(&budget, priority).await;
            order.lock().unwrap().push(priority);
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let expected = [Priority::Leaver, Priority::Waiting, Priority::Identity, Priority::Background];
    assert_eq!(*order.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_given_up_leaves_no_trace() {
    let budget = budget(600);
    spend_all(&budget).await;
    let before = budget.expected_wait(&Priority::Background.into());
    let mut place = budget.reserve(Priority::Leaver.into());
    assert!(tokio::time::timeout(Duration::from_millis(5), place.granted()).await.is_err());
    assert!(!nobody_waits(&budget), "a wait that is dropped keeps its place");
    drop(place);
    assert!(nobody_waits(&budget));
    assert!(budget.expected_wait(&Priority::Background.into()) <= before);
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_was_granted_and_never_fetched_goes_to_the_next() {
    let budget = budget(600);
    spend_all(&budget).await;
    let place = budget.reserve(Priority::Leaver.into());
    let mut next = budget.reserve(Priority::Background.into());
    tokio::time::advance(Duration::from_millis(150)).await;
    // One token has been earned; the leaver has it and does not know.
    budget.shared.lock().pump(budget.shared.clock.monotonic_ms());
    assert!(tokio::time::timeout(Duration::ZERO, next.granted()).await.is_err());
    drop(place);
    assert!(tokio::time::timeout(Duration::ZERO, next.granted()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_unspent_permit_goes_to_whoever_waits_and_a_spent_one_does_not() {
    let budget = budget(6);
    spend_all(&budget).await;
    let permit = budget.reserve(Priority::Waiting.into()).granted().await;
    let mut next = budget.reserve(Priority::Waiting.into());
    let moment = Duration::from_millis(1);
    assert!(tokio::time::timeout(moment, next.granted()).await.is_err());
    drop(permit);
    let permit = tokio::time::timeout(moment, next.granted()).await.expect("at once: it had been refunded");
    permit.spend();
    assert!(tokio::time::timeout(moment, budget.reserve(Priority::Leaver.into()).granted()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_promoted_while_it_waits_goes_first() {
    let budget = budget(60);
    spend_all(&budget).await;
    let mut low = budget.reserve(Priority::Background.into());
    let mut high = budget.reserve(Priority::Identity.into());
    let order = Mutex::new(Vec::new());
    let waiting = async {
        low.promote(Priority::Leaver);
        low.granted().await.spend();
        order.lock().unwrap().push("promoted");
    };
    let other = async {
        high.granted().await.spend();
        order.lock().unwrap().push("other");
    };
    tokio::join!(other, waiting);
    assert_eq!(order.into_inner().unwrap(), ["promoted", "other"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_lowered_while_it_waits_lets_the_others_pass() {
    let budget = budget(60);
    spend_all(&budget).await;
    let mut first = budget.reserve(Priority::Identity.into());
    let mut second = budget.reserve(Priority::Waiting.into());
    first.promote(Priority::Background);
    tokio::select! {
        biased;
        _ = first.granted() => panic!("it was lowered"),
        permit = second.granted() => permit.spend(),
    }
    assert!(tokio::time::timeout(Duration::from_secs(10), first.granted()).await.is_ok());
}

/// Places come, are promoted, given up and refunded in every mixture; whoever stays must be served, and
/// nobody may be left waiting while there are tokens.
#[tokio::test(start_paused = true)]
async fn no_wake_up_is_lost_whatever_comes_between() {
    let budget = budget(600);
    let served = Arc::new(Mutex::new(0_u32));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..400_u64 {
        let (budget, served) = (Arc::clone(&budget), Arc::clone(&served));
        tasks.spawn(async move {
            let priorities = [Priority::Leaver, Priority::Identity, Priority::Waiting, Priority::Background];
            let priority = |n: u64| priorities[usize::try_from(n % 4).unwrap()];
            let mut place = budget.reserve(priority(number).into());
            let first = Duration::from_millis(number * 37 % 900);
            let permit = match tokio::time::timeout(first, place.granted()).await {
                Ok(permit) => permit,
                Err(_) if number % 5 == 0 => return,
                Err(_) => {
                    place.promote(priority(number / 3));
                    place.granted().await
                }
            };
            if number % 7 == 0 {
                drop(permit);
            } else {
                permit.spend();
                *served.lock().unwrap() += 1;
            }
        });
    }
    let all = async { while tasks.join_next().await.transpose().unwrap().is_some() {} };
    tokio::time::timeout(Duration::from_secs(120), all).await.expect("everybody who stays is served");
    assert!(nobody_waits(&budget));
    assert!(*served.lock().unwrap() > 250);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everybody() {
    let budget = budget(60_000);
    budget.pause(Limited::House, Duration::from_secs(80));
    assert!(budget.expected_wait(&Priority::Leaver.into()) >= Duration::from_secs(79));
    let started = tokio::time::Instant::now();
    spend(&budget, Priority::Leaver).await;
    assert!(started.elapsed() >= Duration::from_secs(80));
}

/// A clock that counts how often it is asked to wait.
struct Counting(Tick, std::sync::atomic::AtomicU64);

#[async_trait]
impl Clock for Counting {
    fn now_ms(&self) -> i64 {
        0
    }
    fn monotonic_ms(&self) -> u64 {
        self.0.monotonic_ms()
    }
    async fn sleep(&self, pause: Duration) {
        self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0.sleep(pause).await;
    }
    fn jitter(&self, _bound: u64) -> u64 {
        0
    }
}

#[tokio::test(start_paused = true)]
async fn with_twenty_thousand_waiting_a_granted_call_wakes_one_and_sets_one_timer() {
    let clock = Arc::new(Counting(Tick(tokio::time::Instant::now()), Default::default()));
    let budget = Arc::new(SharedBudget::new(60_000, 0, clock.clone()));
    spend_all(&budget).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20_000 {
        let budget = Arc::clone(&budget);
        tasks.spawn(async move { spend(&budget, Priority::Waiting).await });
    }
    tokio::task::yield_now().await;
    let before = clock.1.load(std::sync::atomic::Ordering::Relaxed);
    for _ in 0..1_000 {
        tasks.join_next().await.unwrap().unwrap();
    }
    let waits = clock.1.load(std::sync::atomic::Ordering::Relaxed) - before;
    assert!(waits <= 3_000, "{waits} waits for 1,000 calls");
}
