//! How a figure is taken.
//!
//! On one core: the mean of a batch, again and again until the time is over. Between two cores: in short slices, each
//! with the raw cache line before and after it on the same two threads, because the distance between two virtual cores
//! changes while a program runs. What is told of a crossing is its ratio to the line of the same moment; its absolute
//! latency is true of this run alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use core_affinity::CoreId;
use fulmar_bus::record::Nanos;
use fulmar_engine::runtime::{Clock, placement};

pub use super::limits::CROSSING_BATCH;
use super::limits::{
    BUDGET, BUDGET_LONG, KILL_ROUNDS, LIMIT_SAMPLES, ROUND_BATCH, SLICE_SAMPLES, SPINS_BEFORE_YIELD,
    YIELDS_MAX,
};
use super::machine::Machine;
use super::report::{Report, Row, Samples};

/// The row that every bench prints beside its own.
const LIMIT: &str = "limit.cache_line";
const ONE_CORE: &str = "only one core is allowed: what crosses cores is left out, the raw cache line with it";

const BELOW_LIMIT: &str = "a ratio below 1 is no faster line: records that follow each other closely share its crossings, \
                           as in a throughput; where each waits for the one before, the distance of the cores changed within a slice";

/// What a bench runs on: a clock, cores, and so much time.
#[derive(Debug)]
pub struct Rig {
    /// The clock that samples are taken with.
    pub clock: Clock,
    /// The cores.
    pub cores: Cores,
    /// How long the whole bench may measure.
    pub budget: Nanos,
    /// How often it does what takes as long as it takes.
    pub rounds: u64,
}

/// The cores of a rig.
#[derive(Clone, Debug)]
pub struct Cores {
    /// Those that this process may use.
    pub allowed: Vec<usize>,
    /// The one that measures.
    pub measuring: Option<usize>,
    /// The one that answers, where there is a second.
    pub answering: Option<usize>,
}

impl Rig {
    /// This machine, for a bench of usual length or a long one.
    pub fn new(is_long: bool) -> Self {
        let cores = Cores::of(placement::allowed_cpus());
        let budget = if is_long { BUDGET_LONG } else { BUDGET };
        Rig { clock: Clock::new(), cores, budget, rounds: KILL_ROUNDS }
    }

    /// Runs `bench` on a thread that is pinned to the measuring core; the calling thread stays where it is.
    ///
    /// # Panics
    /// Where `bench` does.
    pub fn on_core<T: Send>(&self, bench: impl FnOnce() -> T + Send) -> T {
        let pinned = || {
            pin(self.cores.measuring);
            bench()
        };
        std::thread::scope(|scope| scope.spawn(pinned).join())
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// A report of `rows`, with the raw cache line that was measured beside them, or a note that says why it is not
    /// there; and one that says how a row can be below it, where one is.
    pub fn report(&self, bench: &'static str, limit: Option<Samples>, rows: Vec<Row>) -> Report {
        let is_below = |row: &Row| row.ratio.is_some_and(|ratio| ratio < 1.0);
        let is_one_core = limit.is_none().then_some(ONE_CORE);
        let notes = is_one_core.into_iter().chain(rows.iter().any(is_below).then_some(BELOW_LIMIT));
        let notes = notes.map(str::to_owned).collect();
        let rows = limit.map(|limit| limit.row(LIMIT)).into_iter().chain(rows).collect();
        Report { bench, machine: Machine::read(&self.cores), rows, notes }
    }

    /// One of `parts` equal shares of the budget.
    pub fn share(&self, parts: u64) -> Nanos {
        Nanos(self.budget.0 / parts)
    }

    /// Samples of `operation` on this core until `budget` is over; a tenth of it is spent to warm up first.
    pub fn repeat(&self, budget: Nanos, batch: u32, mut operation: impl FnMut()) -> Samples {
        self.repeat_prepared(budget, batch, &mut (), (|()| {}, |()| operation()))
    }

    /// As [`Rig::repeat`], of an operation on `state` that is prepared before each batch, outside of what is timed.
    pub fn repeat_prepared<S>(
        &self,
        budget: Nanos,
        batch: u32,
        state: &mut S,
        (mut prepare, mut operation): (impl FnMut(&mut S), impl FnMut(&mut S)),
    ) -> Samples {
        let mut samples = Samples::new(batch);
        for (part, is_warm) in [(Nanos(budget.0 / 10), false), (budget, true)] {
            let began = self.clock.ticks();
            let mut before = began;
            while self.clock.ticks_to_ns(began, before) < part.0 {
                prepare(state);
                before = self.clock.ticks();
                (0..batch).for_each(|_| operation(state));
                let after = self.clock.ticks();
                if is_warm {
                    samples.add(self.clock.ticks_to_ns(before, after));
                }
            }
        }
        samples
    }

    /// The raw cache line alone; `None` on one core.
    pub fn limit(&self, budget: Nanos) -> Option<Samples> {
        let mut limit = Samples::new(CROSSING_BATCH);
        self.slices(budget, &mut limit, || 1.0, || {})?;
        Some(limit)
    }

    /// One way of a ping-pong between two cores, and its ratio to the raw cache line, whose samples go to `limit`.
    /// `None` on one core.
    pub fn one_way<E: End + Send>(
        &self,
        name: &str,
        budget: Nanos,
        limit: &mut Samples,
        (mut near, mut far): (E, E),
    ) -> Option<Row> {
        let mut samples = Samples::new(CROSSING_BATCH);
        let mut slice = Vec::with_capacity(SLICE_SAMPLES);
        // The far end moves to its own thread's stack, so that the two share no cache line.
        let follow = move || follow_rounds(&mut far, SLICE_SAMPLES);
        let lead = || {
            lead_rounds(&self.clock, &mut near, &mut slice, SLICE_SAMPLES);
            median_and_drain(&mut slice, &mut samples)
        };
        let ratio = self.slices(budget, limit, lead, follow)?;
        Some(samples.row(name).with_ratio(ratio))
    }

    /// Slices until `budget` is over: the raw line, then `lead` here and `follow` on the other core, then the raw line.
    /// Gives the median ratio of what `lead` returns, in nanoseconds, to the line. `None` on one core.
    ///
    /// # Panics
    /// Where the other core's thread does.
    pub fn slices(
        &self,
        budget: Nanos,
        limit: &mut Samples,
        mut lead: impl FnMut() -> f64,
        mut follow: impl FnMut() + Send,
    ) -> Option<f64> {
        let answering = self.cores.answering?;
        let (mut near, mut far) = line();
        let over = AtomicBool::new(false);
        let is_over = &over;
        let mut ratios = Vec::new();
        let answer = move || {
            pin(Some(answering));
            loop {
                far.receive();
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                far.send();
                follow_rounds(&mut far, LIMIT_SAMPLES);
                follow();
                follow_rounds(&mut far, LIMIT_SAMPLES);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(answer);
            let began = self.clock.ticks();
            let mut slice = Vec::with_capacity(LIMIT_SAMPLES);
            while self.clock.ticks_to_ns(began, self.clock.ticks()) < budget.0 {
                near.send();
                near.receive();
                lead_rounds(&self.clock, &mut near, &mut slice, LIMIT_SAMPLES);
                let before = median_and_drain(&mut slice, limit);
                let measured = lead();
                lead_rounds(&self.clock, &mut near, &mut slice, LIMIT_SAMPLES);
                let after = median_and_drain(&mut slice, limit);
                ratios.push(measured / ((before + after) / 2.0));
            }
            is_over.store(true, Ordering::Relaxed);
            // PAIRS WITH: the receive that opens a slice in `answer`; it sees that the time is over.
            near.send();
        });
        Some(median(&mut ratios))
    }
}

impl Cores {
    /// Measures on the last core and answers on the nearest below it that is not its other half.
    fn of(allowed: Vec<usize>) -> Self {
        let measuring = allowed.last().copied();
        let siblings = measuring.map(siblings_of).unwrap_or_default();
        let others = || allowed.iter().rev().skip(1).copied();
        let answering = others().find(|cpu| !siblings.contains(cpu)).or(others().next());
        Cores { allowed, measuring, answering }
    }
}

/// The hardware threads that share a core with `cpu`, as the kernel lists them: `0,4` or `0-1`.
fn siblings_of(cpu: usize) -> Vec<usize> {
    let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
    let list = std::fs::read_to_string(path).unwrap_or_default();
    let span = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    list.trim().split(',').filter_map(span).flatten().collect()
}

/// One side of a boundary between two cores, over which one message at a time goes to and fro.
pub trait End {
    /// Sends a message.
    fn send(&mut self);
    /// Waits, without sleeping, for a message of the other side.
    fn receive(&mut self);
}

/// Waits as long as `is_there` says no: spins, then lets others run.
///
/// # Panics
/// Where it never comes: the other side is gone.
pub fn wait_until(mut is_there: impl FnMut() -> bool) {
    for _ in 0..SPINS_BEFORE_YIELD {
        if is_there() {
            return;
        }
        std::hint::spin_loop();
    }
    let came = (0..YIELDS_MAX).any(|_| {
        std::thread::yield_now();
        is_there()
    });
    assert!(came, "the other side of a bench is gone");
}

/// A cache line a direction and nothing else: the least that a boundary costs whose two directions share no line, as
/// those of actors never do. (One line handed to and fro can take half of it, since the answer rides back on the line
/// that is there already.) It waits as every reader of the harness does.
struct LineEnd {
    outgoing: Arc<Line>,
    incoming: Arc<Line>,
    sent_count: u64,
    received_count: u64,
}

/// Two cache lines, since processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicU64);

fn line() -> (LineEnd, LineEnd) {
    let (there, back) = (Arc::new(Line::default()), Arc::new(Line::default()));
    let end = |outgoing, incoming| LineEnd { outgoing, incoming, sent_count: 0, received_count: 0 };
    (end(Arc::clone(&there), Arc::clone(&back)), end(back, there))
}

impl End for LineEnd {
    fn send(&mut self) {
        self.sent_count += 1;
        // PAIRS WITH: the acquire load in `receive`.
        self.outgoing.0.store(self.sent_count, Ordering::Release);
    }

    fn receive(&mut self) {
        self.received_count += 1;
        // PAIRS WITH: the release store in `send`.
        wait_until(|| self.incoming.0.load(Ordering::Acquire) >= self.received_count);
    }
}

/// The leading side of `sample_count` batches of round trips; their durations in nanoseconds go to `slice`.
pub(super) fn lead_rounds(clock: &Clock, near: &mut impl End, slice: &mut Vec<u64>, sample_count: usize) {
    for _ in 0..sample_count {
        let before = clock.ticks();
        for _ in 0..ROUND_BATCH {
            near.send();
            near.receive();
        }
        slice.push(clock.ticks_to_ns(before, clock.ticks()));
    }
}

/// The other side of the same.
pub(super) fn follow_rounds(far: &mut impl End, sample_count: usize) {
    for _ in 0..sample_count {
        for _ in 0..ROUND_BATCH {
            far.receive();
            far.send();
        }
    }
}

/// Books the batches of a slice and gives their median as nanoseconds one way.
#[expect(clippy::cast_precision_loss, reason = "a batch lasts microseconds")]
pub(super) fn median_and_drain(slice: &mut Vec<u64>, samples: &mut Samples) -> f64 {
    slice.sort_unstable();
    let median = slice[slice.len() / 2] as f64 / f64::from(samples.batch());
    slice.drain(..).for_each(|total_ns| samples.add(total_ns));
    median
}

/// The middle one of some numbers; zero of none.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Pins this thread, where the core is known.
pub fn pin(cpu: Option<usize>) {
    if let Some(id) = cpu {
        assert!(core_affinity::set_for_current(CoreId { id }), "cpu {id} was in the mask when it was chosen");
    }
}
