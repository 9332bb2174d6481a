//! The best bid and ask of one pair over several instruments, whatever scales they have.
//!
//! Each instrument's top is kept at the widest scale of the pair, and the best of all is found by looking at each: a
//! pair has a handful of venues. A venue that is not live has no say. Of two equal prices the one of the earlier
//! instrument in the list stands, so that the same inputs always give the same answer.

use fulmar_bus::record::{ConsolidatedTop, InstrumentId, Level, Price, Quantity, TopOfBook};

use super::limits::PAIR_INSTRUMENTS_MAX;
use super::scale::widening_factor;

#[cfg(test)]
mod tests;

/// The best bid and ask over several instruments.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::market::Consolidated;
/// let level = |price, quantity| Level { price: Price(price), quantity: Quantity(quantity) };
/// let top = |bid, ask| TopOfBook::new(level(bid, 5), level(ask, 5), 1, UnixNanos(0), TopSource::Book);
/// let mut pair = Consolidated::new(&[(InstrumentId(3), 1, 0), (InstrumentId(7), 2, 0)]);
/// pair.on_top(InstrumentId(3), Some(&top(100, 102)));
/// let best = pair.on_top(InstrumentId(7), Some(&top(1001, 1030))).expect("the bid is better");
/// assert_eq!((best.bid.price, best.bid_instrument_id), (Price(1001), InstrumentId(7)));
/// assert_eq!((best.ask.price, best.ask_instrument_id), (Price(1020), InstrumentId(3)));
/// ```
#[derive(Clone, Debug)]
pub struct Consolidated {
    members: Vec<Member>,
    result: ConsolidatedTop,
    overflow_count: u64,
}

/// One instrument of the pair.
#[derive(Clone, Debug)]
pub struct Member {
    /// Which one.
    pub id: InstrumentId,
    /// Best bid and ask at the pair's scales; `None` where the book is not live. An empty side has no quantity.
    pub top: Option<[Level; 2]>,
    /// Of its own prices and quantities.
    scales: (u8, u8),
}

impl Consolidated {
    /// The pair of these instruments, each with its price scale and its quantity scale, none of them live.
    ///
    /// # Panics
    /// Where the list is empty, longer than [`PAIR_INSTRUMENTS_MAX`], or names an instrument twice.
    pub fn new(instruments: &[(InstrumentId, u8, u8)]) -> Self {
        let count = instruments.len();
        assert!((1..=PAIR_INSTRUMENTS_MAX).contains(&count), "a pair of {count} instruments is a mistake");
        let members = instruments
            .iter()
            .map(|&(id, price_scale, quantity_scale)| Member {
                id,
                scales: (price_scale, quantity_scale),
                top: None,
            })
            .collect::<Vec<_>>();
        for (place, member) in members.iter().enumerate() {
            assert!(
                members[..place].iter().all(|earlier| earlier.id != member.id),
                "{:?} is listed twice",
                member.id
            );
        }
        let price_scale = members.iter().map(|member| member.scales.0).max().unwrap_or(0);
        let quantity_scale = members.iter().map(|member| member.scales.1).max().unwrap_or(0);
        Consolidated {
            members,
            result: ConsolidatedTop::empty(price_scale, quantity_scale),
            overflow_count: 0,
        }
    }

    /// The top of `instrument` is `top` from now on; `None` where its book is not live, which drops its levels. Gives
    /// the pair's top where it changed. A top that does not fit the pair's scales is counted and drops its levels too.
    ///
    /// # Panics
    /// Where `instrument` is none of the pair: whoever calls subscribed to these alone.
    pub fn on_top(&mut self, instrument: InstrumentId, top: Option<&TopOfBook>) -> Option<ConsolidatedTop> {
        let (price_scale, quantity_scale) = (self.result.price_scale, self.result.quantity_scale);
        let member = self.member_mut(instrument);
        let factors = Factors::between(member.scales, (price_scale, quantity_scale));
        member.top = top.and_then(|top| factors?.widen([top.bid, top.ask]));
        let is_lost = top.is_some() && member.top.is_none();
        self.overflow_count += u64::from(is_lost);
        self.publish(price_scale, quantity_scale)
    }

    /// The scales of `instrument` are these from now on. Its levels are dropped until its next top; those of the others
    /// keep their meaning. The pair's scales follow where they must become wider, and never become narrower.
    ///
    /// # Panics
    /// As [`Consolidated::on_top`].
    pub fn redefine(
        &mut self,
        instrument: InstrumentId,
        price_scale: u8,
        quantity_scale: u8,
    ) -> Option<ConsolidatedTop> {
        let member = self.member_mut(instrument);
        member.scales = (price_scale, quantity_scale);
        member.top = None;
        let old = (self.result.price_scale, self.result.quantity_scale);
        let new = (old.0.max(price_scale), old.1.max(quantity_scale));
        let factors = Factors::between(old, new);
        for member in &mut self.members {
            let widened = member.top.and_then(|top| factors?.widen(top));
            self.overflow_count += u64::from(member.top.is_some() && widened.is_none());
            member.top = widened;
        }
        self.publish(new.0, new.1)
    }

    /// The pair's top as it stands.
    pub fn top(&self) -> &ConsolidatedTop {
        &self.result
    }

    /// The instruments, in the order of the list.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Tops left out because they did not fit 64 bits at the pair's scales.
    pub fn overflow_count(&self) -> u64 {
        self.overflow_count
    }

    /// The member that is `instrument`.
    fn member_mut(&mut self, instrument: InstrumentId) -> &mut Member {
        let member = self.members.iter_mut().find(|member| member.id == instrument);
        member.expect("only the instruments of a pair are told to it")
    }

    /// Finds the best of all at these scales, and gives it where it is not what was given before.
    fn publish(&mut self, price_scale: u8, quantity_scale: u8) -> Option<ConsolidatedTop> {
        let mut best = ConsolidatedTop::empty(price_scale, quantity_scale);
        for Member { id, top, .. } in &self.members {
            let Some([bid, ask]) = top else { continue };
            best.live_count += 1;
            if !bid.quantity.is_zero() && (best.bid.quantity.is_zero() || bid.price > best.bid.price) {
                (best.bid, best.bid_instrument_id) = (*bid, *id);
            }
            if !ask.quantity.is_zero() && (best.ask.quantity.is_zero() || ask.price < best.ask.price) {
                (best.ask, best.ask_instrument_id) = (*ask, *id);
            }
        }
        let is_changed = best != self.result;
        self.result = best;
        is_changed.then_some(best)
    }
}

/// What levels are multiplied by to get to wider scales.
#[derive(Clone, Copy)]
struct Factors {
    price: i64,
    quantity: i64,
}

impl Factors {
    /// From scales to wider ones, each of price and quantity; `None` where they are too far apart.
    fn between(from: (u8, u8), to: (u8, u8)) -> Option<Self> {
        Some(Factors { price: widening_factor(from.0, to.0)?, quantity: widening_factor(from.1, to.1)? })
    }

    /// Both levels at the wider scales; `None` where a number does not fit.
    fn widen(self, [bid, ask]: [Level; 2]) -> Option<[Level; 2]> {
        let level = |level: Level| {
            Some(Level {
                price: Price(level.price.0.checked_mul(self.price)?),
                quantity: Quantity(level.quantity.0.checked_mul(self.quantity)?),
            })
        };
        Some([level(bid)?, level(ask)?])
    }
}
