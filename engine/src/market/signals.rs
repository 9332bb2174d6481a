//! What the venues of one pair say of each other: how far apart they value it, what an arbitrage would bring after
//! fees, and which of them moves first.
//!
//! All of it is computed from the tops that [`Consolidated`] keeps at the pair's scales, by looking at each: a pair has
//! a handful of venues. Nothing is allocated once it is made. A venue that is not live has no say. It never says what
//! to do about it: tops of two venues reach this machine by two ways, and one of them may have changed at its venue
//! since.

mod arbitrage;
mod lead_lag;
mod mids;

use fulmar_bus::record::{CrossVenue, UnixNanos};

use super::consolidated::Consolidated;
use super::fees::FeeRate;
use lead_lag::Leaders;

#[cfg(test)]
mod tests;

/// The cross-venue signals of one pair.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::market::{Consolidated, FeeRate, Signals};
/// let level = |price, quantity| Level { price: Price(price), quantity: Quantity(quantity) };
/// let top = |bid, ask| TopOfBook::new(level(bid, 5), level(ask, 7), 1, UnixNanos(0), TopSource::Book);
/// let (here, there) = (InstrumentId(3), InstrumentId(7));
/// let mut pair = Consolidated::new(&[(here, 0, 0), (there, 0, 0)]);
/// let mut signals = Signals::new(&[Some(FeeRate::from_bps(10)); 2]);
/// pair.on_top(here, Some(&top(9_998, 10_000)));
/// assert_eq!(signals.on_top(&pair, 0, UnixNanos(1)), None, "it takes two");
/// pair.on_top(there, Some(&top(10_050, 10_054)));
/// let told = signals.on_top(&pair, 1, UnixNanos(2)).expect("there are two");
/// assert_eq!(told.mids.spread(), Some(Price(53)));
/// assert_eq!(told.arbitrage.profit, Price(29), "50 less fees of 10 and of 10.05");
/// assert_eq!((told.arbitrage.buy_instrument_id, told.arbitrage.quantity), (here, Quantity(5)));
/// ```
#[derive(Clone, Debug)]
pub struct Signals {
    /// What a taker pays at each member, where that is known.
    fees: Vec<Option<FeeRate>>,
    leaders: Leaders,
    told: CrossVenue,
}

impl Signals {
    /// The signals of a pair whose members take these fees of a taker, in the order of its list. What a venue takes
    /// hangs on the account, so none is guessed: a member without a fee has no part in an arbitrage.
    pub fn new(taker_fees: &[Option<FeeRate>]) -> Self {
        Signals {
            fees: taker_fees.to_vec(),
            leaders: Leaders::new(taker_fees.len()),
            told: CrossVenue::empty(0, 0),
        }
    }

    /// The member at `place` stands in `pair` as its last top said, which reached this machine at `at`. Gives the
    /// signals where they changed.
    ///
    /// # Panics
    /// Where `pair` has no member at `place`, or another number of them.
    pub fn on_top(&mut self, pair: &Consolidated, place: usize, at: UnixNanos) -> Option<CrossVenue> {
        self.leaders.on_mid(place, pair.members()[place].twice_mid(), at);
        self.publish(pair)
    }

    /// A member was defined, taken in or left out. Gives the signals where they changed. Scales may be others from now
    /// on, and a member another thing, so that which of them leads is found anew.
    pub fn on_definition(&mut self, pair: &Consolidated) -> Option<CrossVenue> {
        self.leaders.clear();
        self.publish(pair)
    }

    /// The signals as they stand.
    pub fn told(&self) -> &CrossVenue {
        &self.told
    }

    fn publish(&mut self, pair: &Consolidated) -> Option<CrossVenue> {
        assert_eq!(pair.members().len(), self.fees.len(), "a fee, or that it is not known, for each member");
        let scales = pair.top();
        let mut signals = CrossVenue::empty(scales.price_scale, scales.quantity_scale);
        signals.mids = mids::spread(pair.members());
        signals.arbitrage = arbitrage::best(pair.members(), &self.fees);
        signals.lead_lag = self.leaders.told(pair.members());
        let before = std::mem::replace(&mut self.told, signals);
        let is_news = signals != before && !(signals.is_empty() && before.is_empty());
        is_news.then_some(signals)
    }
}
