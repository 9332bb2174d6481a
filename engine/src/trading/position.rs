//! A position and what it earned, in integers that lose nothing.
//!
//! The cost of what is open is kept exactly, not its average. A closing trade takes its proportional share of the cost,
//! rounded toward zero; the remainder stays with what is still open. So at every moment, for every mark,
//!
//! ```text
//! realized + (quantity * mark - cost)  ==  money received - money paid + quantity * mark
//! ```
//!
//! holds to the last digit. Fees are not in it: they may be in another currency. Nor are contracts: this is quantity
//! times price, as the gate and a strategy count it; what an account earned, in which currency, is in
//! [`super::account`], by the same arithmetic.

use fulmar_bus::record::{AccountId, Notional, Position, Price, Quantity, Side, StrategyId};

mod netting;
mod tranches;

pub(super) use netting::{Netting, Parts};
pub(super) use tranches::Tranches;

use super::order::Fill;

/// A fill that no integer of the position holds. Nothing of it was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionOverflow;

/// The position of one strategy and account in one instrument.
///
/// ```
/// use fulmar_bus::record::{Notional, Price, Quantity, Side};
/// use fulmar_engine::trading::position::OpenPosition;
/// let mut position = OpenPosition::default();
/// position.trade(Side::Buy, Quantity(3), Price(100)).expect("it fits");
/// position.trade(Side::Sell, Quantity(1), Price(110)).expect("it fits");
/// assert_eq!((position.quantity(), position.realized()), (Quantity(2), Notional(10)));
/// assert_eq!(position.unrealized(Price(105)), Notional(10));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenPosition {
    net: Netting,
    bought_qty: i64,
    sold_qty: i64,
}

impl OpenPosition {
    /// Signed: above zero is long.
    pub const fn quantity(&self) -> Quantity {
        Quantity(self.net.quantity)
    }

    /// What the open quantity cost, signed as the quantity is.
    pub const fn cost(&self) -> Notional {
        Notional(self.net.cost)
    }

    /// What closing trades earned, fees apart.
    pub const fn realized(&self) -> Notional {
        Notional(self.net.realized)
    }

    /// What closing all of it at `mark` would earn.
    pub const fn unrealized(&self, mark: Price) -> Notional {
        Notional(mark.times(Quantity(self.net.quantity)).0 - self.net.cost)
    }

    /// Average price of what is open, rounded toward zero; zero where nothing is.
    pub fn avg_px(&self) -> Price {
        let average = self.net.cost.checked_div(i128::from(self.net.quantity)).unwrap_or(0);
        Price(i64::try_from(average).expect("an average of 64-bit prices has 64 bits"))
    }

    /// Books a fill.
    ///
    /// # Errors
    /// [`PositionOverflow`] where a sum does not fit; the position stands as it stood.
    pub fn book(&mut self, fill: &Fill) -> Result<(), PositionOverflow> {
        self.trade(fill.side, fill.quantity, fill.price)
    }

    /// Books `quantity`, above zero, bought or sold at `price`.
    ///
    /// # Errors
    /// As [`OpenPosition::book`].
    pub fn trade(&mut self, side: Side, quantity: Quantity, price: Price) -> Result<(), PositionOverflow> {
        assert!(quantity.0 > 0, "a trade has a quantity, {} is none", quantity.0);
        let signed = match side {
            Side::Buy => quantity.0,
            Side::Sell => -quantity.0,
        };
        let parts = self.net.parts(signed)?;
        let worth = |part: i64| i128::from(part) * i128::from(price.0);
        let worth = Parts { closing: worth(parts.closing), opening: worth(parts.opening) };
        self.net = self.net.after(parts, worth, self.net.average_cost(parts.closing))?;
        let turnover = match side {
            Side::Buy => &mut self.bought_qty,
            Side::Sell => &mut self.sold_qty,
        };
        *turnover = turnover.saturating_add(quantity.0);
        Ok(())
    }

    /// The position as a record tells it.
    pub fn record(&self, strategy_id: StrategyId, account_id: AccountId) -> Position {
        Position {
            quantity: self.quantity(),
            avg_px: self.avg_px(),
            realized: self.realized().into(),
            cost: self.cost().into(),
            bought_qty: Quantity(self.bought_qty),
            sold_qty: Quantity(self.sold_qty),
            strategy_id,
            account_id,
            reserved: [0; 4],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Trades, and the money that they moved.
    fn run(trades: &[(Side, i64, i64)]) -> (OpenPosition, i128) {
        let (mut position, mut money) = (OpenPosition::default(), 0_i128);
        for &(side, quantity, price) in trades {
            position.trade(side, Quantity(quantity), Price(price)).expect("small numbers fit");
            let notional = i128::from(quantity) * i128::from(price);
            money += if side == Side::Sell { notional } else { -notional };
        }
        (position, money)
    }

    fn side() -> impl Strategy<Value = Side> {
        prop_oneof![Just(Side::Buy), Just(Side::Sell)]
    }

    proptest! {
        #![proptest_config(crate::trading::seeded(2_000))]

        #[test]
        fn what_was_earned_is_what_was_received_and_what_is_held(
            trades in prop::collection::vec((side(), 1_i64..50, -20_i64..1_000_000_007), 0..80),
            mark in -100_i64..1_000_000_007,
        ) {
            let (position, money) = run(&trades);
            let held = i128::from(position.net.quantity) * i128::from(mark);
            prop_assert_eq!(position.net.realized + position.unrealized(Price(mark)).0, money + held);
            prop_assert!(position.net.quantity != 0 || position.net.cost == 0, "nothing open costs nothing");
            let net: i64 = trades.iter().map(|t| if t.0 == Side::Buy { t.1 } else { -t.1 }).sum();
            prop_assert_eq!(position.net.quantity, net);
            prop_assert_eq!(position.bought_qty - position.sold_qty, net);
        }

        #[test]
        fn the_largest_numbers_either_fit_exactly_or_are_refused_whole(
            trades in prop::collection::vec((side(), 1_i64..=i64::MAX, 1_i64..=i64::MAX), 1..12),
        ) {
            let (mut position, mut money) = (OpenPosition::default(), 0_i128);
            for (side, quantity, price) in trades {
                let before = position;
                let notional = i128::from(quantity) * i128::from(price);
                let moved = if side == Side::Sell { notional } else { -notional };
                match position.trade(side, Quantity(quantity), Price(price)) {
                    Ok(()) => money = money.checked_add(moved).expect("money fits where its parts do"),
                    Err(PositionOverflow) => prop_assert_eq!(position, before),
                }
                prop_assert_eq!(position.net.realized - position.net.cost, money);
                let _ = position.avg_px();
            }
        }
    }

    #[test]
    fn a_trade_through_zero_closes_all_and_opens_the_rest_at_its_price() {
        let (position, _) = run(&[(Side::Buy, 2, 100), (Side::Sell, 5, 130)]);
        assert_eq!(position.quantity(), Quantity(-3));
        assert_eq!(position.realized(), Notional(60));
        assert_eq!(position.cost(), Notional(-390));
        assert_eq!(position.avg_px(), Price(130));
        assert_eq!(position.unrealized(Price(120)), Notional(30));
    }

    #[test]
    fn closing_in_thirds_leaves_no_remainder_behind() {
        let (position, _) = run(&[
            (Side::Buy, 1, 33),
            (Side::Buy, 2, 34),
            (Side::Sell, 1, 40),
            (Side::Sell, 1, 40),
            (Side::Sell, 1, 40),
        ]);
        assert_eq!((position.quantity(), position.cost()), (Quantity(0), Notional(0)));
        assert_eq!(position.realized(), Notional(120 - 101));
    }
}
