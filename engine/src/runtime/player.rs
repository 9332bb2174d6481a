//! Runs actors without a clock: one input at a time until its effects settle, or turn by turn as notes say.
//!
//! A capture has no notes, so its merge is canonical: after each frame all actors run in the order of their ranks until
//! none has work. Ranks follow the flow (feeds before books before strategies), and actors of one rank do not read each
//! other, so the result is the same on one thread as on several that keep the ranks together.

use fulmar_bus::record::{ChannelId, UnixNanos};

use super::actor::Work;
use super::core_loop::Seat;
use super::limits::{SETTLE_PASSES_MAX, SILENCE_MAX};
use super::note::NotedTurn;

/// Actors on this thread, under a time that the caller moves.
#[derive(Debug)]
pub struct Player {
    seats: Vec<Seat>,
    silence: Silence,
}

/// What lies between two inputs, and when the timers in it fire.
///
/// Within [`SILENCE_MAX`] of the earlier input each fires at its own moment. What is due in the rest of a longer gap
/// fires once, at the later input, as it does on a machine that slept through it. So the work that a gap causes is
/// bounded, and it follows from the moments of the inputs alone, whatever runs the actors.
#[derive(Debug, Default)]
pub(super) struct Silence {
    since: UnixNanos,
}

impl Silence {
    /// It begins at `now`: an input came, or the actors start.
    pub fn begin(&mut self, now: UnixNanos) {
        self.since = now;
    }

    /// The moment at which what is due at `due_at` fires, on the way to the input at `now`; `None` where it is not due.
    pub fn moment_of(&self, due_at: UnixNanos, now: UnixNanos) -> Option<UnixNanos> {
        let is_alone = due_at > self.since + SILENCE_MAX;
        (due_at <= now).then_some(if is_alone { now } else { due_at })
    }
}

impl Player {
    /// The actors, in the order of their ranks.
    pub fn new(seats: Vec<Seat>) -> Self {
        Player { seats, silence: Silence::default() }
    }

    /// Starts every actor.
    pub fn start(&mut self, now: UnixNanos) {
        self.silence.begin(now);
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

    /// Fires, in their order, the timers that are due until `now`, which is the moment of the next input: each at its
    /// own moment, or in a silence of more than an hour what is left of them at `now`.
    ///
    /// # Panics
    /// As [`Player::settle`].
    pub fn advance(&mut self, now: UnixNanos) {
        while let Some(at) = self.due_at().and_then(|due_at| self.silence.moment_of(due_at, now)) {
            let work = self.settle(at);
            assert!(work.is_some(), "an actor was due at {at:?} and did nothing");
        }
        self.silence.begin(now);
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

#[cfg(test)]
mod tests {
    use fulmar_bus::record::Nanos;

    use super::super::actor::Actor;
    use super::super::port::Inboxes;
    use super::super::team::Team;
    use super::*;

    const OPENS_AT: UnixNanos = UnixNanos(1_723_161_255_000_000_000);
    const YEAR: Nanos = Nanos::from_secs(365 * 24 * 60 * 60);

    /// Due every twenty seconds, as a feed is that hears nothing; counts its turns and how many were late.
    struct Clockwork {
        inboxes: Inboxes,
        due_at: UnixNanos,
        fired_count: u64,
        late_count: u64,
    }

    impl Actor for Clockwork {
        fn name(&self) -> &'static str {
            "clockwork"
        }

        fn inboxes(&mut self) -> &mut Inboxes {
            &mut self.inboxes
        }

        fn work(&mut self, now: UnixNanos) -> Work {
            if now < self.due_at {
                return Work::NONE;
            }
            self.fired_count += 1;
            self.late_count += u64::from(now > self.due_at);
            self.due_at = now + Nanos::from_secs(20);
            Work(1)
        }

        fn due_at(&self) -> Option<UnixNanos> {
            Some(self.due_at)
        }

        fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
            tell("fired", self.fired_count);
            tell("late", self.late_count);
        }
    }

    fn seat(number: u16) -> Seat {
        let due_at = OPENS_AT + Nanos::from_secs(u64::from(number) + 1);
        let actor = Clockwork { inboxes: Inboxes::new(), due_at, fired_count: 0, late_count: 0 };
        Seat { number, rank: 0, actor: Box::new(actor) }
    }

    fn counted(seats: &[Seat]) -> Vec<(&'static str, u64)> {
        let mut counted = Vec::new();
        seats.iter().for_each(|seat| seat.actor.counters(&mut |name, count| counted.push((name, count))));
        counted
    }

    #[test]
    fn a_year_of_silence_costs_an_hour_of_timers_and_on_threads_the_same_ones() {
        let inputs = [OPENS_AT + Nanos::from_secs(50), OPENS_AT + YEAR];
        let mut player = Player::new(vec![seat(0), seat(1)]);
        player.start(OPENS_AT);
        inputs.iter().for_each(|now| player.advance(*now));
        let on_one = counted(&player.stop(inputs[1]));
        // One at 1 s, 21 s and 41 s, then one each 20 s within the hour after the input at 50 s, and one at the end.
        assert_eq!(on_one, [("fired", 3 + 180 + 1), ("late", 1), ("fired", 3 + 180 + 1), ("late", 1)]);
        let mut team = Team::start(vec![vec![seat(0)], vec![seat(1)]], OPENS_AT).expect("two threads");
        inputs.iter().for_each(|now| team.advance(*now));
        assert_eq!(counted(&team.stop(inputs[1]).expect("nobody panicked")), on_one);
    }
}
