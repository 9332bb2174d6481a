//! What is held of an instrument and what it earned, as reports and the board show it.
//!
//! What is open is worth what it would close at, which the book alone says. Without a price that could be believed it
//! is not marked at all: profit is then what closing trades earned, and whoever shows it says so.

use fulmar_bus::record::{Notional, Position, Price};
use fulmar_engine::market::decimal::format_scaled;
use serde::Serialize;

/// Position and profit in an instrument, as decimal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// What is held; above zero is long.
    pub position: String,
    /// What was earned: `realized`, and `unrealized` where it is known.
    pub pnl: String,
    /// What closing trades earned.
    pub realized: String,
    /// What closing the rest at the mark would earn; `None` where there is no mark.
    pub unrealized: Option<String>,
}

impl Standing {
    /// The standing of `position` at `mark`, whose numbers are at these scales of price and quantity.
    pub(super) fn of(position: &Position, mark: Option<Price>, scales: (u8, u8)) -> Self {
        let money = |mantissa| format_scaled(mantissa, scales.0 + scales.1).to_string();
        let realized = Notional::from(position.realized).0;
        // What is closed needs no mark.
        let mark = if position.quantity.0 == 0 { Some(Price(0)) } else { mark };
        let unrealized = mark.map(|mark| mark.times(position.quantity).0 - Notional::from(position.cost).0);
        Standing {
            position: format_scaled(i128::from(position.quantity.0), scales.1).to_string(),
            pnl: money(realized + unrealized.unwrap_or_default()),
            realized: money(realized),
            unrealized: unrealized.map(money),
        }
    }

    /// The profit as people read it: where nothing marks what is open, it says that it is a part.
    pub fn pnl_text(&self) -> String {
        match self.unrealized {
            Some(_) => self.pnl.clone(),
            None => format!("{} realized, the rest unmarked", self.pnl),
        }
    }
}

/// Nothing was ever held.
impl Default for Standing {
    fn default() -> Self {
        let nothing = || "0".to_owned();
        Standing { position: nothing(), pnl: nothing(), realized: nothing(), unrealized: Some(nothing()) }
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{AccountId, Side, StrategyId};
    use fulmar_engine::trading::position::OpenPosition;

    use super::*;

    /// Bought 3 at 100, sold 5 at 110: 30 are earned, 2 are short at 110.
    fn short() -> Position {
        let mut position = OpenPosition::default();
        for (side, quantity, price) in [(Side::Buy, 3, 100), (Side::Sell, 5, 110)] {
            position.trade(side, fulmar_bus::record::Quantity(quantity), Price(price)).expect("it fits");
        }
        position.record(StrategyId(0), AccountId(0))
    }

    #[test]
    fn without_a_mark_the_profit_is_what_was_realized_and_says_so() {
        let standing = Standing::of(&short(), None, (1, 1));
        assert_eq!((standing.position.as_str(), standing.pnl.as_str()), ("-0.2", "0.3"));
        assert_eq!((standing.realized.as_str(), standing.unrealized.as_deref()), ("0.3", None));
        assert_eq!(standing.pnl_text(), "0.3 realized, the rest unmarked");
        let json = serde_json::to_value(&standing).expect("it is JSON");
        assert!(json["unrealized"].is_null(), "{json}");
    }

    #[test]
    fn with_a_mark_the_profit_is_realized_and_unrealized_together() {
        let standing = Standing::of(&short(), Some(Price(105)), (1, 1));
        assert_eq!((standing.realized.as_str(), standing.unrealized.as_deref()), ("0.3", Some("0.1")));
        assert_eq!(standing.pnl_text(), "0.4");
    }
}
