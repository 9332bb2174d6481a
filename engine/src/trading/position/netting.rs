//! The arithmetic that every position shares: what a trade closes, what it opens, and what that earned.
//!
//! It knows neither prices nor contracts. A trade comes with what its two parts are worth, in whatever unit of money
//! its owner counts in, and with what the closed part had cost, which the owner's method says. Then
//!
//! ```text
//! realized - cost  ==  - sum of what all trades were worth, signed as their quantities
//! ```
//!
//! holds to the last digit, whichever the method: it moves money between the two and makes none.

use super::PositionOverflow;

/// Signed quantity, what it cost, and what closing trades earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::trading) struct Netting {
    /// Above zero is long.
    pub quantity: i64,
    /// What the open quantity cost, signed as the money moved: for what is long at prices above zero, above zero.
    pub cost: i128,
    /// What closing trades earned.
    pub realized: i128,
}

/// A signed trade in two: `opening - closing` is all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::trading) struct Parts<T> {
    /// What it closes, signed as the position that it closes.
    pub closing: T,
    /// What it opens, signed as the trade.
    pub opening: T,
}

impl Netting {
    /// What a signed trade closes and what it opens.
    ///
    /// # Errors
    /// Where the quantity after it does not fit.
    pub fn parts(&self, signed: i64) -> Result<Parts<i64>, PositionOverflow> {
        self.quantity.checked_add(signed).ok_or(PositionOverflow)?;
        let opposite = signed.checked_neg().ok_or(PositionOverflow)?;
        let closing = opposite.clamp(self.quantity.min(0), self.quantity.max(0));
        Ok(Parts { closing, opening: signed + closing })
    }

    /// What the closed part cost on average, as [`share_of`].
    pub fn average_cost(&self, closing: i64) -> i128 {
        if closing == 0 { 0 } else { share_of(self.cost, closing, self.quantity) }
    }

    /// What it becomes by a trade of these parts that are worth this, where the closed part had cost `cost_closed`.
    ///
    /// # Errors
    /// Where a sum does not fit.
    pub fn after(
        &self,
        parts: Parts<i64>,
        worth: Parts<i128>,
        cost_closed: i128,
    ) -> Result<Netting, PositionOverflow> {
        let earned = worth.closing.checked_sub(cost_closed).ok_or(PositionOverflow)?;
        let realized = self.realized.checked_add(earned).ok_or(PositionOverflow)?;
        let cost_kept = self.cost.checked_sub(cost_closed).ok_or(PositionOverflow)?;
        let cost = cost_kept.checked_add(worth.opening).ok_or(PositionOverflow)?;
        // The one number that no quantity of minus one divides.
        cost.checked_neg().ok_or(PositionOverflow)?;
        Ok(Netting { quantity: self.quantity - parts.closing + parts.opening, cost, realized })
    }
}

/// `cost * part / whole`, rounded toward zero, for a part of a whole that is not zero. Cost is split into average and
/// remainder first, so that no product leaves 128 bits.
pub(in crate::trading) fn share_of(cost: i128, part: i64, whole: i64) -> i128 {
    let (part, whole) = (i128::from(part), i128::from(whole));
    let (average, remainder) = (cost / whole, cost % whole);
    average * part + remainder * part / whole
}
