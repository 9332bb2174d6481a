//! The middle of best bid and ask at each venue, and how far the highest is from the lowest.

use fulmar_bus::record::{MidSpread, Price};

use crate::market::consolidated::Member;

impl Member {
    /// The sum of its bid and its ask: twice its middle, exactly. `None` where a side is empty or it is not live.
    pub(super) fn twice_mid(&self) -> Option<i128> {
        let [bid, ask] = self.top?;
        let is_two_sided = !bid.quantity.is_zero() && !ask.quantity.is_zero();
        is_two_sided.then_some(i128::from(bid.price.0) + i128::from(ask.price.0))
    }
}

/// The highest and the lowest middle, each of the earliest member that has it; none where fewer than two have one.
pub(super) fn spread(members: &[Member]) -> MidSpread {
    let mut found = MidSpread::NONE;
    let mut count = 0;
    for member in members {
        let Some(twice) = member.twice_mid() else { continue };
        let mid = Price(i64::try_from(twice.div_euclid(2)).expect("between two prices is a price"));
        if count == 0 || mid > found.high {
            (found.high, found.high_instrument_id) = (mid, member.id);
        }
        if count == 0 || mid < found.low {
            (found.low, found.low_instrument_id) = (mid, member.id);
        }
        count += 1;
    }
    if count < 2 { MidSpread::NONE } else { found }
}
