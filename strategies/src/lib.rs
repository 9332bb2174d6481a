//! What a strategy wants: the [`sdk`] that it is written against, and the strategies that come with the engine.
//!
//! A strategy is a struct and the callbacks that it cares for. It sees the market, its orders and its position through
//! the context, and asks for orders there; every one of them passes the risk gate. This one buys once when the spread
//! is narrow, and is rehearsed without an engine:
//!
//! ```
//! use fulmar_strategies::sdk::*;
//!
//! struct BuyOnce {
//!     spread_max: i64,
//!     is_done: bool,
//! }
//!
//! impl Strategy for BuyOnce {
//!     fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
//!         let spread = quote.ask.price.0 - quote.bid.price.0;
//!         if self.is_done || !quote.is_two_sided() || spread > self.spread_max {
//!             return;
//!         }
//!         let order = NewOrder::limit(Side::Buy, quote.bid.price, Quantity(10)).post_only();
//!         self.is_done = context.submit(quote.instrument_id, order).is_ok();
//!     }
//!
//!     fn on_order_rejected(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
//!         self.is_done = false;
//!     }
//! }
//!
//! let mut rehearsal = Rehearsal::new(BuyOnce { spread_max: 2, is_done: false });
//! rehearsal.quote(100, 105);
//! assert_eq!(rehearsal.wanted(), []);
//! rehearsal.quote(100, 102);
//! let [Wanted::Order(intent)] = rehearsal.wanted()[..] else { panic!("one order is wanted") };
//! assert_eq!((intent.side, intent.price, intent.quantity), (Side::Buy, Price(100), Quantity(10)));
//! ```
//!
//! What a strategy decides may depend on its context and its own state alone: no clock, no thread, no random numbers of
//! its own. So it does live what it did in the backtest. Prices and quantities are integers at the instrument's scale.
//!
//! The strategies that come with the engine are found [`by_name`]; [`idle`] is the smallest, [`quoter`] shows how to
//! live with orders that take time.

pub mod ema_cross;
pub mod idle;
pub mod indicators;
pub mod parameters;
pub mod quoter;
pub mod sdk;

pub use ema_cross::{EmaCross, EmaCrossParameters};
pub use idle::Idle;
pub use parameters::{Amount, ParameterError, Parameters};
pub use quoter::{Quoter, QuoterParameters};

use sdk::Strategy;

/// The strategies that [`by_name`] makes.
pub const NAMES: [&str; 3] = ["quoter", "ema_cross", "idle"];

/// Makes one of the strategies that come with the engine.
///
/// # Errors
/// Says which name or parameter is wrong, and which would be right.
///
/// ```
/// use fulmar_strategies::{Parameters, by_name};
/// let parameters = Parameters::from_pairs([("quantity", "0.01"), ("half_spread_tiks", "5")]);
/// let error = by_name("quoter", &parameters).err().expect("a name is misspelled");
/// assert!(error.to_string().contains("half_spread_ticks"), "{error}");
/// ```
pub fn by_name(name: &str, parameters: &Parameters) -> Result<Box<dyn Strategy>, ParameterError> {
    match name {
        "quoter" => Ok(Box::new(Quoter::new(QuoterParameters::read(parameters)?))),
        "ema_cross" => Ok(Box::new(EmaCross::new(EmaCrossParameters::read(parameters)?))),
        "idle" => {
            parameters.allow_only(&[])?;
            Ok(Box::new(Idle))
        }
        _ => Err(ParameterError::UnknownStrategy { name: name.to_owned() }),
    }
}

/// Property tests draw the same cases on every run.
#[cfg(test)]
fn seeded(cases: u32) -> proptest::test_runner::Config {
    let rng_seed = proptest::test_runner::RngSeed::Fixed(0x0F01_AA12);
    proptest::test_runner::Config { cases, rng_seed, failure_persistence: None, ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_makes_a_strategy() {
        for name in NAMES {
            let pairs = if name == "idle" { vec![] } else { vec![("quantity", "0.01")] };
            assert!(by_name(name, &Parameters::from_pairs(pairs)).is_ok(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_the_known_ones() {
        let error = by_name("qouter", &Parameters::default()).err().expect("no such strategy").to_string();
        assert!(NAMES.iter().all(|name| error.contains(name)), "{error}");
    }

    #[test]
    fn a_strategy_without_parameters_takes_none() {
        let error = by_name("idle", &Parameters::from_pairs([("quantity", "1")])).err();
        assert!(matches!(error, Some(ParameterError::Unknown { .. })));
    }
}
