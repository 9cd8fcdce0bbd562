//! The first synchronisation of a large directory, in virtual time: what the weights of the lanes are for.
//!
//! Pure: the budget without its clock, clients that send again when they are turned away, and agents whose
//! steps come one after another. Nothing sleeps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::bucket::Bucket;
use super::pace::most_in_a_minute;
use super::queues::Ticket;
use crate::limits;
use crate::model::ports::{Asked, Priority};

/// Calls of a new agent after the one that makes the identity.
const STEPS: u32 = 8;
/// Requests that the identity provider has open at a time.
const CLIENTS: usize = 25;
/// How long a call takes, in milliseconds.
const CALL_MS: u64 = 150;
/// How long a client waits, in milliseconds.
const DEADLINE_MS: u64 = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A client sends a create.
    Send,
    /// A call of that agent has its answer.
    Answered(usize),
    Leaver,
    LeaverAnswered,
    BackgroundAnswered,
}

#[derive(Clone, Copy, Debug, Default)]
struct Agent {
    opened_ms: u64,
    identity_ms: u64,
    whole_ms: u64,
    left: u32,
}

enum Waits {
    Agent(usize),
    Leaver(u64),
    Background,
}

#[derive(Default)]
struct Run {
    now: u64,
    events: BinaryHeap<Reverse<(u64, Event)>>,
    waiting: BTreeMap<Ticket, Waits>,
    agents: Vec<Agent>,
    sent: Vec<u64>,
    open_calls: u64,
    most_waiting: usize,
    most_open: usize,
    open: usize,
    whole: usize,
    turned_away: u64,
    leavers: Vec<u64>,
    background: u64,
    last_identity: u64,
}

impl Run {
    fn at(&mut self, after: u64, event: Event) {
        self.events.push(Reverse((self.now + after, event)));
    }

    fn ask(&mut self, bucket: &mut Bucket, priority: Priority, began: u64, who: Waits) {
        let ticket = bucket.join(Asked { began, ..priority.into() });
        self.waiting.insert(ticket, who);
        self.most_waiting = self.most_waiting.max(self.waiting.len());
    }

    /// A create: turned away, or opened.
    fn create(&mut self, bucket: &mut Bucket, wanted: usize) {
        if self.agents.len() == wanted {
            return;
        }
        let too_much = bucket.time_for_ms(self.open_calls + 1) > limits::OPEN_WORK.as_millis() as u64;
        let wait = bucket.expected_wait_ms(self.now, &Priority::Identity.into());
        if too_much || wait > DEADLINE_MS * 3 / 4 {
            self.turned_away += 1;
            let over =
                bucket.time_for_ms(self.open_calls + 1).saturating_sub(limits::OPEN_WORK.as_millis() as u64);
            return self.at(over.max(wait).max(1_000), Event::Send);
        }
        self.agents.push(Agent { opened_ms: self.now, left: STEPS + 1, ..Agent::default() });
        self.open_calls += u64::from(STEPS) + 1;
        self.open += 1;
        self.most_open = self.most_open.max(self.open);
        self.ask(bucket, Priority::Identity, u64::MAX, Waits::Agent(self.agents.len() - 1));
    }

    fn answered(&mut self, bucket: &mut Bucket, number: usize) {
        let agent = &mut self.agents[number];
        agent.left -= 1;
        let first = agent.left == STEPS;
        if first {
            agent.identity_ms = self.now;
        }
        let (opened, left) = (agent.opened_ms, agent.left);
        if left == 0 {
            agent.whole_ms = self.now;
            self.open -= 1;
            self.whole += 1;
        } else {
            self.ask(bucket, Priority::Waiting, opened, Waits::Agent(number));
        }
        if first {
            self.last_identity = self.now;
            self.at(0, Event::Send);
        }
    }

    fn grant(&mut self, bucket: &mut Bucket) {
        for (ticket, granted) in bucket.grant(self.now) {
            bucket.sent(self.now, granted);
            self.sent.push(self.now);
            match self.waiting.remove(&ticket).unwrap() {
                Waits::Agent(number) => {
                    self.open_calls -= 1;
                    self.at(CALL_MS, Event::Answered(number));
                }
                Waits::Leaver(since) => {
                    self.leavers.push(self.now - since);
                    self.at(CALL_MS, Event::LeaverAnswered);
                }
                Waits::Background => {
                    self.background += 1;
                    self.at(CALL_MS, Event::BackgroundAnswered);
                }
            }
        }
    }

    fn handle(&mut self, bucket: &mut Bucket, event: Event, wanted: usize) {
        match event {
            Event::Send => self.create(bucket, wanted),
            Event::Answered(number) => self.answered(bucket, number),
            Event::Leaver => self.ask(bucket, Priority::Leaver, 0, Waits::Leaver(self.now)),
            Event::LeaverAnswered => {}
            Event::BackgroundAnswered => self.ask(bucket, Priority::Background, u64::MAX, Waits::Background),
        }
    }
}

fn run(wanted: usize, leavers: u64) -> Run {
    let mut bucket = Bucket::new(300, 0, 0);
    let mut run = Run::default();
    for client in 0..CLIENTS {
        run.at(client as u64 * 40, Event::Send);
    }
    for _ in 0..32 {
        run.at(0, Event::BackgroundAnswered);
    }
    // In the middle: each agent costs nine calls, of five in a second nine tenths are theirs.
    let middle = wanted as u64 * 1_000;
    for leaver in 0..leavers {
        run.at(middle + leaver * 7_919, Event::Leaver);
    }
    while run.whole < wanted {
        let next_event = run.events.peek().map(|Reverse((at, _))| *at);
        let next_call = bucket.until_next_ms(run.now).map(|wait| run.now + wait);
        run.now = next_event.into_iter().chain(next_call).min().expect("somebody waits").max(run.now);
        while run.events.peek().is_some_and(|Reverse((at, _))| *at <= run.now) {
            let Reverse((_, event)) = run.events.pop().unwrap();
            run.handle(&mut bucket, event, wanted);
        }
        run.grant(&mut bucket);
    }
    run
}

#[test]
fn ten_thousand_joiners_beside_fifty_leavers_and_background_work() {
    let run = run(10_000, 50);
    assert!(most_in_a_minute(&run.sent) <= 300, "{}", most_in_a_minute(&run.sent));
    let used = run.sent.len() as f64 / (run.now as f64 / 60_000.0 * 300.0);
    assert!(used >= 0.98, "used {used}");
    assert_eq!(run.leavers.len(), 50);
    assert!(run.leavers.iter().all(|wait| *wait <= 2_000), "{:?}", run.leavers);
    // No lane starves, and none takes what is not its own.
    let background = run.background as f64 / run.sent.len() as f64;
    assert!((0.08..=0.12).contains(&background), "background {background}");
    // An admitted request hears of its identity within its deadline.
    let mut waits: Vec<u64> = run.agents.iter().map(|agent| agent.identity_ms - agent.opened_ms).collect();
    waits.sort_unstable();
    assert!(waits[waits.len() * 99 / 100] < DEADLINE_MS, "{}", waits[waits.len() * 99 / 100]);
    // Memory: what is open and what waits is bounded by what is admitted.
    assert!(
        run.most_open <= 400 && run.most_waiting <= 500,
        "{} open, {} waiting",
        run.most_open,
        run.most_waiting
    );
    // Agents become whole in the order in which they began.
    let out_of_order =
        run.agents.windows(2).filter(|pair| pair[1].whole_ms + 10_000 < pair[0].whole_ms).count();
    assert_eq!(out_of_order, 0);
    println!(
        "{} min, used {used:.4}, background {background:.3}, leaver at most {} ms, at most {} open, {} turned away",
        run.now / 60_000,
        run.leavers.iter().max().unwrap(),
        run.most_open,
        run.turned_away
    );
}
