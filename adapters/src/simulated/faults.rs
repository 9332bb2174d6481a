//! What a venue does to its clients on a bad day, by plan: each fault has a name and a chance, and a seed decides.
//!
//! A fault is drawn for a request that changes orders, or for an event of a user-data stream, and at most one for each.
//! Over the offline venue the same seed and the same requests give the same faults, byte for byte. What was done is
//! counted by name. What a fault does stands in `mishaps`; here it is only chosen.

use std::collections::BTreeMap;

use fulmar_bus::record::Nanos;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Chances are counted in millionths.
const WHOLE: u32 = 1_000_000;
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
    ($($(#[$doc:meta])* $fault:ident $name:literal on $($occasion:ident)|+,)+) => {
        /// Something that goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $fault,)+
        }

        impl Fault {
            /// All there are.
            pub const ALL: &[Fault] = &[$(Fault::$fault),+];

            /// Its name, as reports and the command line have it.
            pub const fn name(self) -> &'static str {
                match self { $(Fault::$fault => $name,)+ }
            }

            /// True where it can happen on this occasion.
            pub const fn fits(self, occasion: Occasion) -> bool {
                match self { $(Fault::$fault => matches!(occasion, $(Occasion::$occasion)|+),)+ }
            }
        }
    };
}

faults! {
    /// A request does not arrive; nothing is executed and nothing answered.
    RequestLost "request_lost" on Place | Cancel | Change,
    /// It is executed, and the answer does not arrive.
    AnswerLost "answer_lost" on Place | Cancel | Change,
    /// It is executed, and the answer comes late.
    AnswerLate "answer_late" on Place | Cancel | Change,
    /// It is executed, and answered with -1006, -1007 or a status of 5xx, which say that this is not known.
    UnknownExecuted "unknown_executed" on Place | Cancel | Change,
    /// It is answered like that and never executed.
    UnknownNotExecuted "unknown_not_executed" on Place | Cancel | Change,
    /// It is answered like that and executed later.
    UnknownExecutedLate "unknown_executed_late" on Place | Cancel | Change,
    /// It is executed, and answered with a code that nobody has heard of.
    CodeExecuted "code_executed" on Place | Cancel | Change,
    /// It is answered with a code that nobody has heard of, and not executed.
    CodeNotExecuted "code_not_executed" on Place | Cancel | Change,
    /// It is refused since too much was asked.
    RateLimited "rate_limited" on Place | Cancel | Change,
    /// The events of it come before its answer.
    EventBeforeAnswer "event_before_answer" on Place | Cancel | Change,
    /// The trades of an order are told before it is told that the venue took it, and both before the answer.
    FillBeforeAck "fill_before_ack" on Place,
    /// The events of it come in the opposite order.
    EventsReordered "events_reordered" on Place | Cancel | Change,
    /// It is refused as any order can be, and not executed.
    Refused "refused" on Place | Change,
    /// It is refused since it would take, although it need not have.
    PostOnlyRefused "post_only_refused" on Place,
    /// It is refused since its price lies too far from the market's.
    PriceBandRefused "price_band_refused" on Place | Change,
    /// It is refused since the venue has too much to do.
    Overloaded "overloaded" on Place | Cancel | Change,
    /// It is executed, and refused as a duplicate of itself.
    DuplicateTold "duplicate_told" on Place,
    /// A cancel is refused since there is no such order, although it stands and goes on to.
    CancelRefused "cancel_refused" on Cancel,
    /// Part of the order trades just before its cancel or change, and that is told long behind it.
    FilledInPart "filled_in_part" on Cancel | Change,
    /// The order trades at the very moment, so that its cancel is refused.
    FilledBeforeCancel "filled_before_cancel" on Cancel,
    /// The connection ends before the request is executed.
    CutBeforeExecution "cut_before_execution" on Place | Cancel | Change,
    /// It ends when the request was executed and not answered.
    CutBeforeAnswer "cut_before_answer" on Place | Cancel | Change,
    /// It ends when the request was answered.
    CutAfterAnswer "cut_after_answer" on Place | Cancel | Change,
    /// The user-data stream ends, as its last event says; requests go on.
    StreamEnded "stream_ended" on Place | Cancel | Change,
    /// The user-data stream ends without a word; requests go on.
    StreamSilent "stream_silent" on Place | Cancel | Change,
    /// The venue takes no request for a while.
    Maintenance "maintenance" on Place | Cancel | Change,
    /// The key is not valid for a while, and its stream ends.
    KeyRevoked "key_revoked" on Place | Cancel | Change,
    /// The venue lets an order expire that was just taken.
    ExpiredByVenue "expired_by_venue" on Place,
    /// The venue cancels an order that was just taken.
    CanceledByVenue "canceled_by_venue" on Place,
    /// The venue ends an order that was just taken, as if it had met its own account.
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
    /// An event tells another fee than was paid. The trades query knows it.
    FeeMistold "fee_mistold" on PartialFill | Fill,
    /// A trade is not told, and the next event of its order tells of more than it adds. The trades query knows it.
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
