//! What an account pays for a trade: what its venue stated, or, where it states nothing, what the account's schedule
//! says. It charges what has traded, and tells no strategy what a trade would cost.

use fulmar_bus::record::{ExecutionReport, InstrumentDefinition, LiquiditySide, Notional, Text};

use super::amount::Amount;
use super::ledger::Asset;
use crate::market::FeeRate;
use crate::trading::limits::FEE_RATES_MAX;

/// What makers and takers pay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeRates {
    /// Whose order stood in the book.
    pub maker: FeeRate,
    /// Whose order took from it.
    pub taker: FeeRate,
}

impl FeeRates {
    /// The rate of a trade on this side of the book. Where the venue does not say which, the higher: what is owed is
    /// never told too small.
    pub fn of(&self, side: LiquiditySide) -> FeeRate {
        match side {
            LiquiditySide::Maker => self.maker,
            LiquiditySide::Taker => self.taker,
            LiquiditySide::None => self.maker.max(self.taker),
        }
    }
}

/// What of a schedule the rates are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scope {
    venue: Text<24>,
    /// Empty for all of the venue's.
    symbol: Text<32>,
}

/// The rates of one account: of an instrument, else of its venue, else the general ones.
///
/// ```
/// use fulmar_bus::record::{ContractKind, InstrumentDefinition, LiquiditySide};
/// use fulmar_engine::market::FeeRate;
/// use fulmar_engine::trading::account::{FeeRates, FeeSchedule};
/// let rates = |maker, taker| FeeRates { maker: FeeRate::from_bps(maker), taker: FeeRate::from_bps(taker) };
/// let schedule = FeeSchedule::new(rates(10, 10))
///     .with_venue("lake", rates(2, 5)).expect("there is room, and it is the first of this venue")
///     .with_instrument("lake", "BTCUSDC", rates(0, 4)).expect("as well");
/// let of = |venue, symbol| {
///     schedule.rates(&InstrumentDefinition::inferred((venue, symbol), ContractKind::Spot, (2, 5)))
/// };
/// assert_eq!(of("sea", "BTCUSDT"), rates(10, 10));
/// assert_eq!(of("lake", "BTCUSDT").of(LiquiditySide::Maker), FeeRate::from_bps(2));
/// assert_eq!(of("lake", "BTCUSDC").of(LiquiditySide::None), FeeRate::from_bps(4), "the higher of both");
/// ```
#[derive(Clone, Debug, Default)]
pub struct FeeSchedule {
    general: FeeRates,
    special: Vec<(Scope, FeeRates)>,
}

impl FeeSchedule {
    /// These rates for all that nothing else is said of.
    pub fn new(general: FeeRates) -> Self {
        FeeSchedule { general, special: Vec::new() }
    }

    /// With these for all of a venue. `None` where they were stated before, the schedule is full, or the name is none.
    #[must_use]
    pub fn with_venue(self, venue: &str, rates: FeeRates) -> Option<Self> {
        self.with(venue, "", rates)
    }

    /// With these for one instrument. `None` as in [`FeeSchedule::with_venue`].
    #[must_use]
    pub fn with_instrument(self, venue: &str, symbol: &str, rates: FeeRates) -> Option<Self> {
        if symbol.is_empty() { None } else { self.with(venue, symbol, rates) }
    }

    /// The rates of an instrument.
    pub fn rates(&self, definition: &InstrumentDefinition) -> FeeRates {
        let of = |symbol| self.find(Scope { venue: definition.venue, symbol });
        of(definition.symbol).or_else(|| of(Text::default())).unwrap_or(self.general)
    }

    fn with(mut self, venue: &str, symbol: &str, rates: FeeRates) -> Option<Self> {
        let scope = Scope { venue: Text::new(venue)?, symbol: Text::new(symbol)? };
        if venue.is_empty() || self.special.len() == FEE_RATES_MAX || self.find(scope).is_some() {
            return None;
        }
        self.special.push((scope, rates));
        Some(self)
    }

    fn find(&self, wanted: Scope) -> Option<FeeRates> {
        self.special.iter().find(|(scope, _)| *scope == wanted).map(|(_, rates)| *rates)
    }
}

/// What is charged for a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fee {
    /// The venue stated it: so much of this asset, above zero where we pay; nothing is a fee too.
    Stated(Asset, Amount),
    /// It stated none: the account's schedule says.
    Scheduled(LiquiditySide),
}

impl Fee {
    /// What a report of a trade says. A fee in no known asset is stated still: booking it is refused and told, rather
    /// than charged by the schedule.
    ///
    /// ```
    /// # use fulmar_bus::record::*;
    /// use fulmar_engine::trading::account::{Amount, Fee};
    /// # let id = ClientOrderId::new(1, StrategyId(0), 1);
    /// # let mut report = ExecutionReport::new(id, Side::Buy, ExecutionType::Trade, OrderStatus::Filled);
    /// report.liquidity_side = LiquiditySide::Maker;
    /// assert_eq!(Fee::of(&report), Fee::Scheduled(LiquiditySide::Maker), "it says nothing");
    /// report.commission = Notional(150).into();
    /// report.commission_asset = Text::new("BNB").expect("it is short");
    /// let charged = Amount(150);
    /// assert_eq!(Fee::of(&report), Fee::Stated(Text::new("BNB").expect("as well"), charged));
    /// ```
    pub fn of(report: &ExecutionReport) -> Fee {
        let Notional(commission) = report.commission.into();
        if report.commission_asset == Text::default() && commission == 0 {
            return Fee::Scheduled(report.liquidity_side);
        }
        let asset = Text::new(report.commission_asset.as_str()).unwrap_or_default();
        Fee::Stated(asset, Amount(commission))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_takes_no_name_twice_no_empty_one_and_no_more_than_it_has_room_for() {
        let rates = FeeRates::default();
        let schedule = FeeSchedule::new(rates).with_venue("lake", rates).expect("it is the first");
        assert!(schedule.clone().with_venue("lake", rates).is_none(), "it was stated before");
        assert!(schedule.clone().with_venue("", rates).is_none());
        assert!(schedule.clone().with_instrument("lake", "", rates).is_none());
        let mut full = schedule;
        for number in 1..FEE_RATES_MAX {
            full = full.with_instrument("lake", &number.to_string(), rates).expect("there is room");
        }
        assert!(full.with_instrument("lake", "more", rates).is_none(), "it is full");
    }
}
