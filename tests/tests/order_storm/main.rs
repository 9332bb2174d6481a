//! Seeded runs of mixed order faults: the runs that show that orders can be trusted with money.
//!
//! Each seed is a small world: strategies that want all kinds of things at once, the real gate, the real order entry,
//! and the simulated venue behind a wire on which connections end, answers do not come, and what is told comes twice,
//! late, or never. When the faults end, every fill of the venue must be booked once and no other, no order may have
//! been sent twice, none may be what the venue says that it is not, the money in the gate's books must be that of the
//! account, and at no moment may what stood at the venue have passed the limits that the gate was given.
//!
//! ```text
//!   trader.rs   strategies that want what their seed says      weather.rs   which faults a seed brings
//!   scene.rs    one run, from start to settled                 wire.rs      the connection, and how it fails
//!   judge.rs    what must hold                                 far_end.rs   the venue's end, and how that fails
//! ```
//!
//! `cargo test -p fulmar-tests --test order_storm` runs the first 2,000 seeds. `FULMAR_SEEDS=20000` runs so many, from
//! `FULMAR_FIRST_SEED=20000` on where that is set, and `FULMAR_SEED=123` that one alone, and prints its story: every
//! request, frame, fault and report in order. With `FULMAR_RESTARTS=1` the engine is killed in the midst of about every
//! sixth storm, and starts again.

mod far_end;
mod judge;
mod known;
mod scene;
mod story;
mod trader;
mod weather;
mod wire;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use scene::Outcome;
use story::Story;
use weather::Fault;

/// Seeds where the environment does not say how many.
const SEEDS: u64 = 2_000;
/// Runs beside each other.
const THREADS: usize = 2;
/// Failures that are told; a bug that strikes in every second seed is told by its first ones.
const FAILURES_TOLD: usize = 5;

/// What came of many runs.
#[derive(Default)]
struct Sum {
    runs: u64,
    fills: u64,
    orders: u64,
    struck: [u64; Fault::ALL.len()],
    failures: Vec<(u64, String)>,
}

impl Sum {
    fn add(&mut self, outcome: &Outcome) {
        self.runs += 1;
        self.fills += outcome.fills;
        self.orders += outcome.orders;
        self.struck.iter_mut().zip(outcome.struck).for_each(|(sum, count)| *sum += count);
    }

    fn merge(mut self, other: Sum) -> Self {
        self.runs += other.runs;
        self.fills += other.fills;
        self.orders += other.orders;
        self.struck.iter_mut().zip(other.struck).for_each(|(sum, count)| *sum += count);
        self.failures.extend(other.failures);
        self
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number, and not {text:?}")))
}

/// Runs a seed. A panic of an actor is a failure as any other.
fn outcome_of(seed: u64) -> Result<Outcome, String> {
    let run = catch_unwind(AssertUnwindSafe(|| scene::run(seed, Story::default()).0));
    run.unwrap_or_else(|_| Err("it panicked, as is told above".to_owned()))
}

/// Runs seeds until none is left.
#[expect(clippy::print_stdout, reason = "whoever watches a long campaign sees a failure at once")]
fn work(next: &AtomicU64, end: u64) -> Sum {
    let mut sum = Sum::default();
    loop {
        // Relaxed: each number is given once, and nothing else is read by it. Pairs with itself alone.
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end || sum.failures.len() >= FAILURES_TOLD {
            return sum;
        }
        match outcome_of(seed) {
            Ok(outcome) => sum.add(&outcome),
            Err(wrong) => {
                println!("seed {seed}: {wrong}");
                sum.failures.push((seed, wrong));
            }
        }
    }
}

#[test]
fn no_fill_is_lost_no_order_sent_twice_no_limit_passed_and_all_agree_at_the_end() {
    if let Some(seed) = number("FULMAR_SEED") {
        let (outcome, text) = scene::run(seed, Story::told());
        println!("{text}");
        if let Err(wrong) = outcome {
            panic!("seed {seed}: {wrong}");
        }
        return;
    }
    let first = number("FULMAR_FIRST_SEED").unwrap_or(0);
    let end = first + number("FULMAR_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(first);
    let sums = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| work(&next, end))).collect();
        let sums: Vec<Sum> =
            threads.into_iter().map(|one| one.join().expect("a panic is a failure")).collect();
        sums
    });
    let mut sum = sums.into_iter().fold(Sum::default(), Sum::merge);
    sum.failures.sort();
    let told = sum.failures.iter().take(FAILURES_TOLD).map(|(seed, wrong)| {
        format!("FULMAR_SEED={seed} cargo test -p fulmar-tests --test order_storm\n  {wrong}\n")
    });
    assert!(sum.failures.is_empty(), "{}", told.collect::<String>());
    let struck: Vec<String> =
        Fault::ALL.iter().zip(sum.struck).map(|(fault, count)| format!("{fault:?} {count}")).collect();
    println!("{} seeds, {} orders, {} fills; {}", sum.runs, sum.orders, sum.fills, struck.join(", "));
    let has_all = sum.runs < 100 || sum.struck.iter().all(|count| *count > 0);
    assert!(has_all && sum.fills > sum.runs, "the storm is too weak to prove anything: {struck:?}");
}

#[test]
fn a_seed_is_a_run() {
    for seed in [1, 2, 3] {
        let [first, second] = [outcome_of(seed), outcome_of(seed)].map(|run| run.map(|it| it.output_hash));
        assert_eq!(first, second, "seed {seed}");
    }
}
