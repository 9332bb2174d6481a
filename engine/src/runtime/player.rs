//! Runs actors without a clock: one input at a time until its effects settle, or turn by turn as notes say.
//!
//! A capture has no notes, so its merge is canonical: after each frame all actors run in the order of their ranks until
//! none has work. Ranks follow the flow (feeds before books before strategies), and actors of one rank do not read each
//! other, so the result is the same on one thread as on several that keep the ranks together.

use fulmar_bus::record::{ChannelId, UnixNanos};

use super::actor::Work;
use super::core_loop::Seat;
use super::limits::SETTLE_PASSES_MAX;
use super::note::NotedTurn;

/// Actors on this thread, under a time that the caller moves.
#[derive(Debug)]
pub struct Player {
    seats: Vec<Seat>,
}

impl Player {
    /// The actors, in the order of their ranks.
    pub fn new(seats: Vec<Seat>) -> Self {
        Player { seats }
    }

    /// Starts every actor.
    pub fn start(&mut self, now: UnixNanos) {
        self.seats.iter_mut().for_each(|seat| seat.actor.on_start(now));
    }

    /// Lets every effect of the inputs published so far happen, at `now`.
    ///
    /// # Panics
    /// Where the actors keep each other busy for ever, which is a bug of one of them.
    pub fn settle(&mut self, now: UnixNanos) -> Work {
        let mut all = Work::NONE;
        for _ in 0..SETTLE_PASSES_MAX {
            let work = self.pass(now);
            if !work.is_some() {
                return all;
            }
            all += work;
        }
        panic!("actors did not settle within {SETTLE_PASSES_MAX} passes: {:?}", self.seats);
    }

    /// Fires, in their order, the timers that are due before `now`, each at its own moment.
    pub fn advance(&mut self, now: UnixNanos) {
        while let Some(due_at) = self.due_at().filter(|due_at| *due_at <= now) {
            let work = self.settle(due_at);
            assert!(work.is_some(), "an actor was due at {due_at:?} and did nothing");
        }
    }

    /// Gives `turn` to its actor if all that it drained has been published; says whether it did.
    pub fn try_turn(&mut self, turn: &NotedTurn) -> bool {
        let seat = self.seats.iter_mut().find(|seat| usize::from(seat.number) == turn.actor);
        let seat = seat.expect("a note names an actor of its own configuration");
        if !seat.actor.inboxes().has_available(turn) {
            return false;
        }
        seat.actor.inboxes().begin_scripted_turn(turn);
        seat.actor.work(turn.now);
        true
    }

    /// How far each channel has been consumed by the actor that reads it.
    pub fn consumed(&mut self) -> impl Iterator<Item = (ChannelId, u64)> + '_ {
        self.seats.iter_mut().flat_map(|seat| seat.actor.inboxes().consumed())
    }

    /// Stops every actor and gives them back.
    pub fn stop(mut self, now: UnixNanos) -> Vec<Seat> {
        self.seats.iter_mut().for_each(|seat| seat.actor.on_stop(now));
        self.seats
    }

    /// The earliest moment at which an actor has something to do by itself.
    pub fn due_at(&self) -> Option<UnixNanos> {
        self.seats.iter().filter_map(|seat| seat.actor.due_at()).min()
    }

    fn pass(&mut self, now: UnixNanos) -> Work {
        let mut all = Work::NONE;
        for seat in &mut self.seats {
            seat.actor.inboxes().begin_turn(u32::MAX);
            all += seat.actor.work(now);
        }
        all
    }
}
