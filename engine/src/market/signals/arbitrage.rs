//! The best of buying at one venue and selling at another, once both have taken their fee: exact in hundred-millionths
//! of a price, and rounded once, down, when it is told.

use fulmar_bus::record::{Arbitrage, InstrumentId, Level, Price};

use crate::market::consolidated::Member;
use crate::market::fees::FeeRate;

/// One side of a member's top, as whoever takes it sees it.
#[derive(Clone, Copy)]
struct Offer {
    id: InstrumentId,
    level: Level,
    /// What taking one unit brings, below zero what it costs, with the fee; in hundred-millionths of a price.
    worth: i128,
}

/// The two offers that are worth most on one side. Two, since the best on both sides may be of one venue.
#[derive(Clone, Copy, Default)]
struct BestTwo([Option<Offer>; 2]);

/// The pair of a buy and a sell at two venues that brings most for a unit; of equal ones, that of earlier members.
/// `fees` are the members', in their order; who has none has no part in it.
pub(super) fn best(members: &[Member], fees: &[Option<FeeRate>]) -> Arbitrage {
    let (mut buys, mut sells) = (BestTwo::default(), BestTwo::default());
    for (Member { id, top, .. }, fee) in members.iter().zip(fees) {
        let (Some([bid, ask]), Some(fee)) = (top, fee) else { continue };
        let whole = |level: &Level| FeeRate::WHOLE * i128::from(level.price.0);
        buys.add(*id, *ask, -whole(ask) - fee.share_of(ask.price));
        sells.add(*id, *bid, whole(bid) - fee.share_of(bid.price));
    }
    let ([buy, next_buy], [sell, next_sell]) = (buys.0, sells.0);
    let mut found: Option<(Offer, Offer)> = None;
    for (buy, sell) in [(buy, sell), (buy, next_sell), (next_buy, sell)] {
        let (Some(buy), Some(sell)) = (buy, sell) else { continue };
        let is_better = found.is_none_or(|found| buy.worth + sell.worth > found.0.worth + found.1.worth);
        if buy.id != sell.id && is_better {
            found = Some((buy, sell));
        }
    }
    found.map_or(Arbitrage::NONE, |(buy, sell)| arbitrage(&buy, &sell))
}

impl BestTwo {
    fn add(&mut self, id: InstrumentId, level: Level, worth: i128) {
        if level.quantity.is_zero() {
            return;
        }
        let [first, second] = &mut self.0;
        let offer = Some(Offer { id, level, worth });
        if first.is_none_or(|first| worth > first.worth) {
            *second = std::mem::replace(first, offer);
        } else if second.is_none_or(|second| worth > second.worth) {
            *second = offer;
        }
    }
}

/// What both together bring; none where that is less than a whole unit of the price.
fn arbitrage(buy: &Offer, sell: &Offer) -> Arbitrage {
    let profit = (buy.worth + sell.worth).div_euclid(FeeRate::WHOLE);
    if profit < 1 {
        return Arbitrage::NONE;
    }
    Arbitrage {
        // Past 64 bits only where somebody is paid to trade at prices that no venue has.
        profit: Price(i64::try_from(profit).unwrap_or(i64::MAX)),
        quantity: buy.level.quantity.min(sell.level.quantity),
        buy_instrument_id: buy.id,
        sell_instrument_id: sell.id,
    }
}
