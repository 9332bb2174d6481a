//! What is held of an instrument and what it earned, as reports and the board show it.
//!
//! What is open is worth what it would close at, which the book alone says. Without a price that could be believed it
//! is not marked at all: profit is then what closing trades earned, and whoever shows it says so.

use fulmar_bus::record::Price;
use fulmar_engine::market::decimal::format_scaled;
use serde::Serialize;

use super::orders::Holding;

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
    /// The standing of `holding` at `mark`, whose numbers are at these scales of price and quantity.
    pub(super) fn of(holding: &Holding, mark: Option<Price>, scales: (u8, u8)) -> Self {
        let money = |mantissa| format_scaled(mantissa, scales.0 + scales.1).to_string();
        let unrealized = match mark {
            Some(mark) => Some(holding.unrealized(mark)),
            // What is closed is worth the same at any mark.
            None => (holding.quantity == 0).then(|| holding.unrealized(Price(0))),
        };
        Standing {
            position: format_scaled(holding.quantity, scales.1).to_string(),
            pnl: money(holding.realized + unrealized.unwrap_or_default()),
            realized: money(holding.realized),
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
    use super::*;

    /// Bought 3 at 100, sold 5 at 110: 30 are earned, 2 are short at 110.
    const SHORT: Holding = Holding { quantity: -2, realized: 30, cost: -220 };

    #[test]
    fn without_a_mark_the_profit_is_what_was_realized_and_says_so() {
        let standing = Standing::of(&SHORT, None, (1, 1));
        assert_eq!((standing.position.as_str(), standing.pnl.as_str()), ("-0.2", "0.3"));
        assert_eq!((standing.realized.as_str(), standing.unrealized.as_deref()), ("0.3", None));
        assert_eq!(standing.pnl_text(), "0.3 realized, the rest unmarked");
        let json = serde_json::to_value(&standing).expect("it is JSON");
        assert!(json["unrealized"].is_null(), "{json}");
    }

    #[test]
    fn with_a_mark_the_profit_is_realized_and_unrealized_together() {
        let standing = Standing::of(&SHORT, Some(Price(105)), (1, 1));
        assert_eq!((standing.realized.as_str(), standing.unrealized.as_deref()), ("0.3", Some("0.1")));
        assert_eq!(standing.pnl_text(), "0.4");
    }
}
