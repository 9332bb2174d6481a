//! Which venue's middle moves first, as far as that can be seen from here.
//!
//! Between any two venues there is a race. A move of one opens it; a move of the other, in the same direction and
//! within [`FOLLOW_WINDOW`], is a follow and ends it. So each move either leads or follows, and a venue that moves
//! often is not taken for one that moves first. A move that nobody has followed yet gives way to the next move of
//! either venue. Moves count by when they reached this machine, whichever was read first; two of one moment say
//! nothing.
//!
//! That is a count of what was seen, halved now and then so that it forgets. It is not a correlation, not a cause and
//! not a forecast: it does not look at how far a middle moved, of several moves that follow one another closely it
//! takes the nearest, and a venue whose frames take longer to this machine looks later than it was.

use fulmar_bus::record::{LeadLag, Nanos, UnixNanos};

use crate::market::consolidated::Member;
use crate::market::limits::{FOLLOW_WINDOW, FOLLOWS_MAX, FOLLOWS_MIN};

/// The races between the members of one pair.
#[derive(Clone, Debug)]
pub(super) struct Leaders {
    /// Twice the last middle of each member; `None` where it has none, so that its next one is no move.
    mids: Vec<Option<i128>>,
    /// One of each two members, at the place that [`race_place`] says.
    races: Vec<Race>,
    /// The race with the clearest leader, and the places of its two members.
    clearest: Option<Clearest>,
}

#[derive(Clone, Copy, Debug)]
struct Clearest {
    race: usize,
    members: [usize; 2],
}

impl Leaders {
    /// No member of so many has moved yet.
    pub(super) fn new(member_count: usize) -> Self {
        Leaders {
            mids: vec![None; member_count],
            races: vec![Race::default(); race_place(0, member_count)],
            clearest: None,
        }
    }

    /// Forgets all that was seen.
    pub(super) fn clear(&mut self) {
        self.mids.fill(None);
        self.races.fill(Race::default());
        self.clearest = None;
    }

    /// Twice the middle of the member at `place` is this, as reached this machine at `at`.
    pub(super) fn on_mid(&mut self, place: usize, twice_mid: Option<i128>, at: UnixNanos) {
        let before = std::mem::replace(&mut self.mids[place], twice_mid);
        match (before, twice_mid) {
            (Some(before), Some(now)) if now != before => self.on_move(place, now > before, at),
            (Some(_), None) => self.leave(place),
            _ => {}
        }
    }

    /// What is told of the race with the clearest leader.
    pub(super) fn told(&self, members: &[Member]) -> LeadLag {
        let Some(Clearest { race, members: places }) = self.clearest else { return LeadLag::NONE };
        let race = &self.races[race];
        if race.surplus() == 0 {
            return LeadLag::NONE;
        }
        let is_first = race.firsts[0].count > race.firsts[1].count;
        let (leader, follower) = if is_first { (0, 1) } else { (1, 0) };
        let Firsts { count, lag_ns } = race.firsts[leader];
        LeadLag {
            lag: Nanos(lag_ns / u64::from(count)),
            leader_instrument_id: members[places[leader]].id,
            follower_instrument_id: members[places[follower]].id,
            follow_count: race.follow_count(),
            leader_share: count * 10_000 / race.follow_count(),
        }
    }

    fn on_move(&mut self, place: usize, is_up: bool, at: UnixNanos) {
        for other in (0..self.mids.len()).filter(|other| *other != place) {
            let members = [place.min(other), place.max(other)];
            let race = race_place(members[0], members[1]);
            let step = Step { side: usize::from(place > other), is_up, at };
            if !self.races[race].on_step(step) {
                continue;
            }
            // One that has become less clear stays until another has a follow: looking at all takes too long.
            let is_clearer = self
                .clearest
                .is_none_or(|clearest| self.races[race].surplus() > self.races[clearest.race].surplus());
            if is_clearer {
                self.clearest = Some(Clearest { race, members });
            }
        }
    }

    /// The member at `place` has no middle: nothing follows its moves, and it neither leads nor follows.
    fn leave(&mut self, place: usize) {
        for other in (0..self.mids.len()).filter(|other| *other != place) {
            self.races[race_place(place.min(other), place.max(other))].open = None;
        }
        self.clearest = self.clearest.filter(|clearest| !clearest.members.contains(&place));
    }
}

/// Where the race of two members stands; the second is the later in the list. All of the earlier second members are
/// before it.
fn race_place(first: usize, second: usize) -> usize {
    second * second.saturating_sub(1) / 2 + first
}

/// Two venues, each of which may move first.
#[derive(Clone, Copy, Debug, Default)]
struct Race {
    /// The last move of either that the other has not followed.
    open: Option<Step>,
    /// By side: follows in which it was first.
    firsts: [Firsts; 2],
}

/// A move of one of the two.
#[derive(Clone, Copy, Debug)]
struct Step {
    side: usize,
    is_up: bool,
    at: UnixNanos,
}

/// Follows in which one venue was first.
#[derive(Clone, Copy, Debug, Default)]
struct Firsts {
    count: u32,
    /// Sum of how long the other took.
    lag_ns: u64,
}

impl Race {
    /// Takes in a move. True where one of the two has followed the other.
    fn on_step(&mut self, step: Step) -> bool {
        let open = self.open.replace(step).filter(|open| open.side != step.side && open.is_up == step.is_up);
        let Some(open) = open else { return false };
        // The one that was read first need not be the one that came first.
        let (first, second) = if open.at <= step.at { (open, step) } else { (step, open) };
        let lag = second.at.since(first.at);
        if lag > FOLLOW_WINDOW {
            return false;
        }
        self.open = None;
        if lag.0 == 0 {
            return false;
        }
        self.firsts[first.side].count += 1;
        self.firsts[first.side].lag_ns += lag.0;
        if self.follow_count() >= FOLLOWS_MAX {
            self.firsts.iter_mut().for_each(Firsts::halve);
        }
        true
    }

    fn follow_count(&self) -> u32 {
        self.firsts[0].count + self.firsts[1].count
    }

    /// How many more follows the one had than the other; zero where there were too few to tell.
    fn surplus(&self) -> u32 {
        let is_enough = self.follow_count() >= FOLLOWS_MIN;
        if is_enough { self.firsts[0].count.abs_diff(self.firsts[1].count) } else { 0 }
    }
}

impl Firsts {
    /// Half as many of the same average lag.
    fn halve(&mut self) {
        let half = self.count / 2;
        self.lag_ns = self.lag_ns.checked_div(u64::from(self.count)).unwrap_or(0) * u64::from(half);
        self.count = half;
    }
}
