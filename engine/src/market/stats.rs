//! What a replay reports of an instrument's trades: counts, sums and one-minute bars.
//!
//! A report tells what was recorded, so a trade that is late for its bar still belongs to the sums; the bars leave it
//! out and say how many they left out. Kept off the tick path: the list of bars grows up to a limit.

use fulmar_bus::record::{Bar, Nanos, Notional, Side, Trade};

use super::bars::{self, BarBuilder};
use super::limits::REPORT_BARS_MAX;
use super::scale::Overflow;

/// Sums over the trades of one instrument.
///
/// ```
/// use fulmar_bus::record::{Notional, Price, Quantity, Side, Trade, UnixNanos};
/// let mut stats = fulmar_engine::market::TradeStats::new();
/// stats.on_trade(&Trade::new(Price(100), Quantity(3), Side::Buy, 1, UnixNanos(5)));
/// assert_eq!((stats.count, stats.quantity, stats.notional), (1, 3, Notional(300)));
/// assert_eq!(stats.bars().count(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct TradeStats {
    /// Trades.
    pub count: u64,
    /// Sum of quantities, at the quantity scale; a whole recording need not fit 64 bits.
    pub quantity: i128,
    /// Sum of price times quantity.
    pub notional: Notional,
    /// Trades whose aggressor bought.
    pub aggressor_buy_count: u64,
    finished: Vec<Bar>,
    builder: BarBuilder,
    dropped_bar_count: u64,
}

impl TradeStats {
    /// No trade yet.
    pub fn new() -> Self {
        TradeStats {
            count: 0,
            quantity: 0,
            notional: Notional(0),
            aggressor_buy_count: 0,
            finished: Vec::new(),
            builder: BarBuilder::new(Nanos::from_secs(60)),
            dropped_bar_count: 0,
        }
    }

    /// Adds a trade.
    pub fn on_trade(&mut self, trade: &Trade) {
        self.count += 1;
        self.quantity += i128::from(trade.quantity.0);
        self.notional.0 += trade.price.times(trade.quantity).0;
        self.aggressor_buy_count += u64::from(trade.aggressor == Side::Buy);
        match self.builder.on_trade(trade) {
            Some(_) if self.finished.len() == REPORT_BARS_MAX => self.dropped_bar_count += 1,
            Some(bar) => self.finished.push(bar),
            None => {}
        }
    }

    /// The one-minute bars in order of time, the unfinished one last.
    pub fn bars(&self) -> impl Iterator<Item = &Bar> {
        self.finished.iter().chain(self.builder.current())
    }

    /// Trades that the sums hold and the bars do not, because a later minute had begun.
    pub fn late_count(&self) -> u64 {
        self.builder.late_count()
    }

    /// Bars left out because the list was full.
    pub fn dropped_bar_count(&self) -> u64 {
        self.dropped_bar_count
    }

    /// Multiplies every number: the instrument's scale became wider.
    ///
    /// # Errors
    /// [`Overflow`] where a number would not fit; nothing is changed then.
    pub fn rescale(&mut self, price_factor: i64, quantity_factor: i64) -> Result<(), Overflow> {
        let mut wider = self.clone();
        wider.quantity = self.quantity.checked_mul(i128::from(quantity_factor)).ok_or(Overflow)?;
        let notional_factor = i128::from(price_factor) * i128::from(quantity_factor);
        wider.notional = bars::rescale_notional(self.notional, notional_factor)?;
        for bar in &mut wider.finished {
            bars::rescale(bar, price_factor, quantity_factor)?;
        }
        wider.builder.rescale(price_factor, quantity_factor)?;
        *self = wider;
        Ok(())
    }
}

impl Default for TradeStats {
    fn default() -> Self {
        TradeStats::new()
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{Price, Quantity, UnixNanos};

    use super::*;

    fn stats(trades: &[(i64, i64, Side, u64)]) -> TradeStats {
        let mut stats = TradeStats::new();
        for (price, quantity, aggressor, seconds) in trades {
            let at = UnixNanos::from_millis(seconds * 1_000);
            stats.on_trade(&Trade::new(Price(*price), Quantity(*quantity), *aggressor, 1, at));
        }
        stats
    }

    #[test]
    fn sums_hold_every_trade_and_bars_those_in_time() {
        let stats = stats(&[
            (10, 1, Side::Buy, 1),
            (11, 2, Side::Sell, 61),
            (99, 5, Side::Buy, 59),
            (12, 1, Side::Buy, 70),
        ]);
        assert_eq!((stats.count, stats.quantity, stats.aggressor_buy_count), (4, 9, 3));
        assert_eq!(stats.notional, Notional(10 + 22 + 495 + 12));
        let bars = stats.bars().map(|bar| (bar.close, bar.trade_count)).collect::<Vec<_>>();
        assert_eq!(bars, [(Price(10), 1), (Price(12), 2)]);
        assert_eq!(stats.late_count(), 1);
    }

    #[test]
    fn a_wider_scale_reaches_sums_and_every_bar_or_nothing() {
        let mut stats = stats(&[(10, 1, Side::Buy, 1), (11, 2, Side::Sell, 61)]);
        assert_eq!(stats.rescale(10, 100), Ok(()));
        assert_eq!((stats.quantity, stats.notional), (300, Notional(32_000)));
        assert_eq!(stats.bars().map(|bar| bar.open).collect::<Vec<_>>(), [Price(100), Price(110)]);
        assert_eq!(stats.rescale(i64::MAX, 1), Err(Overflow));
        assert_eq!(stats.notional, Notional(32_000));
        assert_eq!(stats.bars().map(|bar| bar.open).collect::<Vec<_>>(), [Price(100), Price(110)]);
    }
}
