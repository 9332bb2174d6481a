//! The player on several cores: the same actors, the same order of effects, each actor on the thread of its core.
//!
//! A wave runs all actors of one rank, each on its own core, and ends when all have had their turn; the waves of a pass
//! follow the ranks. Actors of one rank do not read each other, so the wave's outcome does not depend on which core was
//! faster, and the channels end up as they do on one thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use fulmar_bus::record::UnixNanos;

use super::actor::Work;
use super::core_loop::{CoreError, Seat};
use super::limits::SETTLE_PASSES_MAX;
use super::player::Silence;

/// Looks at the wave's number before a waiting core lets others run.
const SPINS_BEFORE_YIELD: u32 = 500;

/// Cores that wait for waves.
#[derive(Debug)]
pub struct Team {
    wave: Arc<Wave>,
    threads: Vec<(String, JoinHandle<Vec<Seat>>)>,
    ranks: Vec<u8>,
    number: u64,
    silence: Silence,
}

/// What the conductor tells the cores, and what they tell it.
#[derive(Debug, Default)]
struct Wave {
    /// Number of the wave under way; the fields below belong to it.
    number: AtomicU64,
    order: AtomicU64,
    now: AtomicU64,
    work: AtomicU64,
    done_cores: AtomicU64,
    /// The earliest moment at which an actor is due; filled in by a wave that looks.
    due_at: AtomicU64,
}

/// What a wave is, as [`Wave::order`]: a rank, or one of these.
const START: u64 = 1_000;
const STOP: u64 = 1_001;
const LOOK: u64 = 1_002;

impl Team {
    /// Starts a thread for each group of actors; groups and the actors in them are in the order of the flow.
    ///
    /// # Errors
    /// [`CoreError::Spawn`] where the system gives no thread.
    pub fn start(groups: Vec<Vec<Seat>>, now: UnixNanos) -> Result<Team, CoreError> {
        let mut ranks: Vec<u8> = groups.iter().flatten().map(|seat| seat.rank).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let wave = Arc::new(Wave::default());
        let mut threads = Vec::new();
        for (index, seats) in groups.into_iter().enumerate() {
            let (name, told) = (format!("team-{index}"), Arc::clone(&wave));
            let thread = std::thread::Builder::new().name(name.clone()).spawn(move || follow(seats, &told));
            threads.push((name.clone(), thread.map_err(|source| CoreError::Spawn { name, source })?));
        }
        let mut team = Team { wave, threads, ranks, number: 0, silence: Silence::default() };
        team.silence.begin(now);
        team.run(START, now);
        Ok(team)
    }

    /// Lets every effect of the inputs published so far happen, at `now`.
    ///
    /// # Panics
    /// Where the actors keep each other busy for ever, or one of them panicked.
    pub fn settle(&mut self, now: UnixNanos) -> Work {
        let mut all = Work::NONE;
        for _ in 0..SETTLE_PASSES_MAX {
            let mut pass = Work::NONE;
            for index in 0..self.ranks.len() {
                pass += self.run(u64::from(self.ranks[index]), now);
            }
            if !pass.is_some() {
                return all;
            }
            all += pass;
        }
        panic!("actors did not settle within {SETTLE_PASSES_MAX} passes");
    }

    /// Fires the timers that are due until `now`, as [`super::Player::advance`] does.
    ///
    /// # Panics
    /// As [`Team::settle`].
    pub fn advance(&mut self, now: UnixNanos) {
        loop {
            self.run(LOOK, now);
            let due_at = UnixNanos(self.wave.due_at.load(Ordering::Relaxed));
            let Some(at) = self.silence.moment_of(due_at, now) else { break };
            let work = self.settle(at);
            assert!(work.is_some(), "an actor was due at {at:?} and did nothing");
        }
        self.silence.begin(now);
    }

    /// Stops every actor and gives them back, in the order of the flow.
    ///
    /// # Errors
    /// [`CoreError::Panicked`] where an actor panicked.
    pub fn stop(mut self, now: UnixNanos) -> Result<Vec<Seat>, CoreError> {
        self.run(STOP, now);
        let mut seats = Vec::new();
        for (name, thread) in self.threads {
            let message = "while it stopped".to_owned();
            seats.extend(thread.join().map_err(|_| CoreError::Panicked { name, message })?);
        }
        seats.sort_by_key(|seat| seat.number);
        Ok(seats)
    }

    fn run(&mut self, order: u64, now: UnixNanos) -> Work {
        let wave = &self.wave;
        wave.order.store(order, Ordering::Relaxed);
        wave.now.store(now.0, Ordering::Relaxed);
        wave.work.store(0, Ordering::Relaxed);
        wave.due_at.store(u64::MAX, Ordering::Relaxed);
        wave.done_cores.store(0, Ordering::Relaxed);
        self.number += 1;
        // PAIRS WITH: the acquire load in `await_wave` — the wave's fields, and all that was published before it.
        wave.number.store(self.number, Ordering::Release);
        let core_count = self.threads.len() as u64;
        let mut spins = 0;
        // PAIRS WITH: the release increment in `follow` — all that the cores published in this wave.
        while wave.done_cores.load(Ordering::Acquire) < core_count {
            assert!(
                order == STOP || self.threads.iter().all(|(_, thread)| !thread.is_finished()),
                "a core panicked"
            );
            relax(&mut spins);
        }
        Work(u32::try_from(wave.work.load(Ordering::Relaxed)).unwrap_or(u32::MAX))
    }
}

/// A core: waits for waves and takes part in each.
fn follow(mut seats: Vec<Seat>, wave: &Wave) -> Vec<Seat> {
    let mut number = 0;
    loop {
        number += 1;
        await_wave(wave, number);
        let now = UnixNanos(wave.now.load(Ordering::Relaxed));
        let order = wave.order.load(Ordering::Relaxed);
        let work = take_part(&mut seats, order, now);
        if order == LOOK
            && let Some(due_at) = seats.iter().filter_map(|seat| seat.actor.due_at()).min()
        {
            wave.due_at.fetch_min(due_at.0, Ordering::Relaxed);
        }
        wave.work.fetch_add(u64::from(work.0), Ordering::Relaxed);
        // PAIRS WITH: the acquire load in `Team::run`.
        wave.done_cores.fetch_add(1, Ordering::Release);
        if order == STOP {
            return seats;
        }
    }
}

fn take_part(seats: &mut [Seat], order: u64, now: UnixNanos) -> Work {
    match order {
        START => seats.iter_mut().for_each(|seat| seat.actor.on_start(now)),
        STOP => seats.iter_mut().for_each(|seat| seat.actor.on_stop(now)),
        LOOK => {}
        rank => {
            let mut work = Work::NONE;
            for seat in seats.iter_mut().filter(|seat| u64::from(seat.rank) == rank) {
                seat.actor.inboxes().begin_turn(u32::MAX);
                work += seat.actor.work(now);
            }
            return work;
        }
    }
    Work::NONE
}

fn await_wave(wave: &Wave, number: u64) {
    let mut spins = 0;
    // PAIRS WITH: the release store in `Team::run`.
    while wave.number.load(Ordering::Acquire) < number {
        relax(&mut spins);
    }
}

fn relax(spins: &mut u32) {
    *spins += 1;
    if *spins < SPINS_BEFORE_YIELD { std::hint::spin_loop() } else { std::thread::yield_now() }
}
