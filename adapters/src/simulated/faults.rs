//! What a venue does to its clients on a bad day, by plan: each fault has a name and a chance, and a seed decides.
//!
//! A fault is drawn for a request that changes orders, or for an event of a user-data stream, and at most one for each.
//! Over the offline venue the same seed and the same requests give the same faults, byte for byte. What was done is
//! counted by name. What a fault does stands in `mishaps`, of events in `telling`; here it is only chosen.

use std::collections::BTreeMap;

use fulmar_bus::record::Nanos;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Chances are counted in millionths.
pub(super) const WHOLE: u32 = 1_000_000;
/// How much rarer than other faults those are that stop all trade for seconds.
const OUTAGES_RARER: u32 = 20;

/// What can be drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A request that places an order.
    Place,
    /// A request that cancels one.
    Cancel,
    /// Any other request that changes orders.
    Change,
    /// An event that tells of a trade, after which something of the order is left.
    PartialFill,
    /// An event that tells of the last trade of an order.
    Fill,
    /// Any other event of a user-data stream.
    Event,
}

macro_rules! faults {
    ($($(#[doc = $about:literal])+ $fault:ident $name:literal on $($occasion:ident)|+,)+) => {
        /// Something that goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[doc = $about])+ $fault,)+
        }

        impl Fault {
            /// All there are.
            pub const ALL: &[Fault] = &[$(Fault::$fault),+];

            /// Its name, as reports and the command line have it.
            pub const fn name(self) -> &'static str {
                match self { $(Fault::$fault => $name,)+ }
            }

            /// What it is, in a sentence or two.
            pub fn about(self) -> &'static str {
                match self { $(Fault::$fault => concat!($($about),+).trim(),)+ }
            }

            /// True where it can happen on this occasion.
            pub const fn fits(self, occasion: Occasion) -> bool {
                match self { $(Fault::$fault => matches!(occasion, $(Occasion::$occasion)|+),)+ }
            }
        }
    };
}

faults! {
    /// A request does not arrive: nothing is executed, nothing answered.
    RequestLost "request_lost" on Place | Cancel | Change,
    /// A request is executed, and its answer does not arrive.
    AnswerLost "answer_lost" on Place | Cancel | Change,
    /// A request is executed, and its answer comes late.
    AnswerLate "answer_late" on Place | Cancel | Change,
    /// A request is executed, and answered with a 5xx that says that this is not known.
    UnknownExecuted "unknown_executed" on Place | Cancel | Change,
    /// A request is answered with such a 5xx, and never executed.
    UnknownNotExecuted "unknown_not_executed" on Place | Cancel | Change,
    /// A request is answered with such a 5xx, and executed later.
    UnknownExecutedLate "unknown_executed_late" on Place | Cancel | Change,
    /// A request is executed, and answered with a code that nobody has heard of.
    CodeExecuted "code_executed" on Place | Cancel | Change,
    /// A request is answered with a code that nobody has heard of, and not executed.
    CodeNotExecuted "code_not_executed" on Place | Cancel | Change,
    /// A request is refused: too much was asked.
    RateLimited "rate_limited" on Place | Cancel | Change,
    /// A request is refused: the venue has too much to do.
    Overloaded "overloaded" on Place | Cancel | Change,
    /// The events of a request come before its answer.
    EventBeforeAnswer "event_before_answer" on Place | Cancel | Change,
    /// The trades of a new order are told before the venue says that it took it.
    FillBeforeAck "fill_before_ack" on Place,
    /// The events of a request come in the opposite order.
    EventsReordered "events_reordered" on Place | Cancel | Change,
    /// An order or a change is refused: the money does not stand for it.
    Refused "refused" on Place | Change,
    /// A post-only order is refused: it would take.
    PostOnlyRefused "post_only_refused" on Place,
    /// An order or a change is refused: its price lies too far from the market.
    PriceBandRefused "price_band_refused" on Place | Change,
    /// A new order is executed, and refused as a duplicate of itself.
    DuplicateTold "duplicate_told" on Place,
    /// A cancel is refused as of an unknown order, although the order stands.
    CancelRefused "cancel_refused" on Cancel,
    /// An order trades at the very moment of its cancel, which is refused.
    FilledBeforeCancel "filled_before_cancel" on Cancel,
    /// Part of an order trades just before its cancel or change, and is told late.
    FilledInPart "filled_in_part" on Cancel | Change,
    /// A connection ends before a request is executed.
    CutBeforeExecution "cut_before_execution" on Place | Cancel | Change,
    /// A connection ends when a request was executed and not answered.
    CutBeforeAnswer "cut_before_answer" on Place | Cancel | Change,
    /// A connection ends when a request was answered.
    CutAfterAnswer "cut_after_answer" on Place | Cancel | Change,
    /// The user-data stream ends, and says so; requests go on.
    StreamEnded "stream_ended" on Place | Cancel | Change,
    /// The user-data stream ends without a word; requests go on.
    StreamSilent "stream_silent" on Place | Cancel | Change,
    /// The venue takes no request for a while.
    Maintenance "maintenance" on Place | Cancel | Change,
    /// The key is not valid for a while, and its stream ends.
    KeyRevoked "key_revoked" on Place | Cancel | Change,
    /// The venue lets an order expire that it just took.
    ExpiredByVenue "expired_by_venue" on Place,
    /// The venue cancels an order that it just took.
    CanceledByVenue "canceled_by_venue" on Place,
    /// The venue ends an order that it just took, as if it had met its own account.
    SelfTradeEnded "self_trade_ended" on Place,
    /// An order that is filled trades once more.
    Overfilled "overfilled" on Place,
    /// The account trades by an order that its owner never sent.
    ForeignOrder "foreign_order" on Place,
    /// An event comes twice.
    EventDuplicated "event_duplicated" on PartialFill | Fill | Event,
    /// An event never comes.
    EventLost "event_lost" on PartialFill | Fill | Event,
    /// An event comes late, behind others.
    EventLate "event_late" on PartialFill | Fill | Event,
    /// An event of a trade tells another fee than was paid.
    FeeMistold "fee_mistold" on PartialFill | Fill,
    /// A trade is not told, and the next event of its order tells of more than it adds.
    FillHeldBack "fill_held_back" on PartialFill,
}

impl Fault {
    /// True where a request that meets it is executed, at once.
    pub(super) fn is_executed(self) -> bool {
        !matches!(
            self,
            Fault::RequestLost
                | Fault::CutBeforeExecution
                | Fault::UnknownNotExecuted
                | Fault::UnknownExecutedLate
                | Fault::CodeNotExecuted
                | Fault::RateLimited
                | Fault::Refused
                | Fault::PostOnlyRefused
                | Fault::PriceBandRefused
                | Fault::Overloaded
                | Fault::CancelRefused
        )
    }

    /// The fault of this name.
    pub fn named(name: &str) -> Option<Fault> {
        Fault::ALL.iter().copied().find(|fault| fault.name() == name)
    }
}

/// What goes wrong, and how often.
///
/// ```
/// use fulmar_adapters::simulated::{Fault, FaultPlan};
/// let bad_day = FaultPlan { seed: 7, ..FaultPlan::all(2_000) };
/// assert_eq!(bad_day.chances[&Fault::AnswerLost], 2_000);
/// assert_eq!(Fault::named("answer_lost"), Some(Fault::AnswerLost));
/// let one = FaultPlan::once(Fault::AnswerLost);
/// assert_eq!((one.chances.len(), one.most), (1, Some(1)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultPlan {
    /// Decides what is drawn.
    pub seed: u64,
    /// The chance of each fault on each occasion that it fits, in millionths; one that is not here never happens.
    pub chances: BTreeMap<Fault, u32>,
    /// How many happen in all; nothing where there is no end to it.
    pub most: Option<u64>,
    /// How late what comes late is.
    pub late: Nanos,
    /// How long maintenance lasts, and a key stays revoked.
    pub outage: Nanos,
}

impl FaultPlan {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        FaultPlan {
            seed: 1,
            chances: BTreeMap::new(),
            most: None,
            late: Nanos::from_millis(700),
            outage: Nanos::from_secs(5),
        }
    }

    /// Everything goes wrong, each fault with this chance in millionths; what stops all trade for a while, with a small
    /// part of it.
    pub fn all(chance: u32) -> Self {
        let chance_of = |fault: Fault| match fault {
            Fault::Maintenance | Fault::KeyRevoked => chance / OUTAGES_RARER,
            _ => chance,
        };
        let chances = Fault::ALL.iter().map(|fault| (*fault, chance_of(*fault))).collect();
        FaultPlan { chances, ..FaultPlan::none() }
    }

    /// One fault, on every occasion.
    pub fn always(fault: Fault) -> Self {
        FaultPlan { chances: BTreeMap::from([(fault, WHOLE)]), ..FaultPlan::none() }
    }

    /// One fault, on the first occasion.
    pub fn once(fault: Fault) -> Self {
        FaultPlan { most: Some(1), ..FaultPlan::always(fault) }
    }
}

impl Default for FaultPlan {
    fn default() -> Self {
        FaultPlan::none()
    }
}

/// Draws faults by plan, and counts what happened.
#[derive(Debug)]
pub struct Faults {
    plan: FaultPlan,
    rng: ChaCha8Rng,
    counts: BTreeMap<Fault, u64>,
}

impl Faults {
    /// Nothing drawn yet.
    pub fn new(plan: FaultPlan) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(plan.seed);
        Faults { plan, rng, counts: BTreeMap::new() }
    }

    /// The plan.
    pub fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// Which fault happens on this occasion; who lets it happen says so with [`Faults::count`].
    pub fn draw(&mut self, occasion: Occasion) -> Option<Fault> {
        let is_over = self.plan.most.is_some_and(|most| self.counts.values().sum::<u64>() >= most);
        if is_over || self.plan.chances.is_empty() {
            return None;
        }
        let mut point = self.rng.random_range(0..WHOLE);
        for (fault, chance) in self.plan.chances.iter().filter(|(fault, _)| fault.fits(occasion)) {
            match point.checked_sub(*chance) {
                Some(rest) => point = rest,
                None => return Some(*fault),
            }
        }
        None
    }

    /// Another fault of the given ones, where one has several shapes.
    pub fn choose<T: Copy>(&mut self, shapes: &[T]) -> T {
        shapes[self.rng.random_range(0..shapes.len())]
    }

    /// Lets nothing go wrong from now on.
    pub fn rest(&mut self) {
        self.plan.chances.clear();
    }

    /// A fault happened.
    pub fn count(&mut self, fault: Fault) {
        *self.counts.entry(fault).or_default() += 1;
    }

    /// What happened, by name.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.counts.iter().map(|(fault, count)| (fault.name(), *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_stands_in_the_documentation_as_it_is_described_here() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/simulated-venue.md");
        let text = std::fs::read_to_string(file).expect("the documentation is there");
        for fault in Fault::ALL {
            let row = format!("| `{}` | {} |", fault.name(), fault.about());
            assert!(text.contains(&row), "it lacks: {row}");
        }
    }

    #[test]
    fn a_seed_is_a_bad_day_and_chances_are_kept() {
        let draws = |seed| -> Vec<Option<Fault>> {
            let mut faults = Faults::new(FaultPlan { seed, ..FaultPlan::all(10_000) });
            (0..10_000).map(|_| faults.draw(Occasion::Place)).collect()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
        let fitting = Fault::ALL.iter().filter(|fault| fault.fits(Occasion::Place)).count();
        let happened = draws(1).iter().flatten().count();
        assert!(happened.abs_diff(fitting * 100) < fitting * 20, "{happened} of {fitting} hundreds");
        assert!(draws(1).iter().flatten().all(|fault| fault.fits(Occasion::Place)));
    }

    #[test]
    fn every_fault_fits_somewhere_and_has_a_name_of_its_own() {
        use Occasion::{Cancel, Change, Event, Fill, PartialFill, Place};
        for fault in Fault::ALL {
            let occasion =
                [Place, Cancel, Change, PartialFill, Fill, Event].into_iter().find(|it| fault.fits(*it));
            let occasion = occasion.expect("it can happen");
            assert_eq!(Fault::named(fault.name()), Some(*fault));
            let mut faults = Faults::new(FaultPlan::once(*fault));
            assert_eq!(faults.draw(occasion), Some(*fault));
            faults.count(*fault);
            assert_eq!(faults.draw(occasion), None, "once is once");
        }
    }
}
