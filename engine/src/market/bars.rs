//! Bars of trades: open, high, low, close, volume and notional of one interval, aligned to UTC by the venue's time.
//!
//! A bar is finished by the first trade of a later interval, or by the caller's clock. Once finished it never changes:
//! a trade that comes too late for its bar is counted and left out, so that two readers of a bar never disagree.

use fulmar_bus::record::{Bar, Nanos, Notional, Price, Quantity, Trade, UnixNanos};

use super::interval;
use super::scale::Overflow;

#[cfg(test)]
mod tests;

/// Makes the bars of one instrument and one interval.
///
/// ```
/// use fulmar_bus::record::{Nanos, Price, Quantity, Side, Trade, UnixNanos};
/// use fulmar_engine::market::BarBuilder;
/// let trade = |price, seconds: u64| {
///     Trade::new(Price(price), Quantity(2), Side::Buy, 1, UnixNanos::from_millis(seconds * 1_000))
/// };
/// let mut bars = BarBuilder::new(Nanos::from_secs(60));
/// assert_eq!(bars.on_trade(&trade(100, 61)), None);
/// assert_eq!(bars.on_trade(&trade(103, 119)), None);
/// let bar = bars.on_trade(&trade(101, 180)).expect("a later interval began");
/// assert_eq!((bar.open, bar.close, bar.trade_count), (Price(100), Price(103), 2));
/// assert_eq!(bar.start_at, UnixNanos::from_millis(60_000));
/// ```
#[derive(Clone, Debug)]
pub struct BarBuilder {
    interval: Nanos,
    current: Option<Bar>,
    /// Intervals that start before it are closed.
    open_from: UnixNanos,
    late_count: u64,
    saturated_count: u64,
}

impl BarBuilder {
    /// Makes bars of this interval.
    ///
    /// # Panics
    /// Where `interval` is none that a bar may have: see [`interval`].
    pub fn new(interval: Nanos) -> Self {
        assert!(interval::is_allowed(interval), "{} ns do not divide a day into whole seconds", interval.0);
        BarBuilder { interval, current: None, open_from: UnixNanos(0), late_count: 0, saturated_count: 0 }
    }

    /// Adds a trade to its bar. The bar before it is given back, finished, where the trade belongs to a later one.
    pub fn on_trade(&mut self, trade: &Trade) -> Option<Bar> {
        let start_at = trade.venue_at.floor_to(self.interval);
        if start_at < self.open_from {
            self.late_count += 1;
            return None;
        }
        match &mut self.current {
            Some(bar) if bar.start_at == start_at => {
                self.saturated_count += u64::from(!add(bar, trade));
                None
            }
            current => {
                self.open_from = start_at;
                current.replace(first(trade, start_at, self.interval))
            }
        }
    }

    /// Finishes the current bar where its interval is over at `at`.
    pub fn on_time(&mut self, at: UnixNanos) -> Option<Bar> {
        let end_at = self.current.as_ref()?.start_at + self.interval;
        if at < end_at {
            return None;
        }
        self.open_from = end_at;
        self.current.take()
    }

    /// The bar that is not finished; `None` where its interval has no trade yet.
    pub fn current(&self) -> Option<&Bar> {
        self.current.as_ref()
    }

    /// Length of the bars.
    pub fn interval(&self) -> Nanos {
        self.interval
    }

    /// Trades left out because their bar was finished.
    pub fn late_count(&self) -> u64 {
        self.late_count
    }

    /// Trades after which a volume did not fit 64 bits and stands at the largest number. The notional is right even
    /// then.
    pub fn saturated_count(&self) -> u64 {
        self.saturated_count
    }

    /// Multiplies the numbers of the current bar: the instrument's scale became wider.
    ///
    /// # Errors
    /// [`Overflow`] where a number would not fit; the bar is then as it was.
    pub fn rescale(&mut self, price_factor: i64, quantity_factor: i64) -> Result<(), Overflow> {
        if let Some(bar) = &mut self.current {
            rescale(bar, price_factor, quantity_factor)?;
        }
        Ok(())
    }
}

/// The bar of a single trade.
fn first(trade: &Trade, start_at: UnixNanos, interval: Nanos) -> Bar {
    Bar {
        open: trade.price,
        high: trade.price,
        low: trade.price,
        close: trade.price,
        volume: trade.quantity,
        notional: trade.price.times(trade.quantity).into(),
        start_at,
        interval,
        trade_count: 1,
    }
}

/// Adds a trade; false where the volume does not fit and stands at the largest number.
fn add(bar: &mut Bar, trade: &Trade) -> bool {
    bar.high = bar.high.max(trade.price);
    bar.low = bar.low.min(trade.price);
    bar.close = trade.price;
    bar.notional = Notional(Notional::from(bar.notional).0 + trade.price.times(trade.quantity).0).into();
    bar.trade_count += 1;
    let volume = bar.volume.0.checked_add(trade.quantity.0);
    bar.volume = Quantity(volume.unwrap_or(i64::MAX));
    volume.is_some()
}

/// Multiplies the numbers of `bar`, or leaves it as it was where one does not fit.
pub(super) fn rescale(bar: &mut Bar, price_factor: i64, quantity_factor: i64) -> Result<(), Overflow> {
    let price = |price: Price| price.0.checked_mul(price_factor).map(Price).ok_or(Overflow);
    let notional_factor = i128::from(price_factor) * i128::from(quantity_factor);
    *bar = Bar {
        open: price(bar.open)?,
        high: price(bar.high)?,
        low: price(bar.low)?,
        close: price(bar.close)?,
        volume: bar.volume.0.checked_mul(quantity_factor).map(Quantity).ok_or(Overflow)?,
        notional: rescale_notional(Notional::from(bar.notional), notional_factor)?.into(),
        ..*bar
    };
    Ok(())
}

/// `notional` times `factor`.
pub(super) fn rescale_notional(notional: Notional, factor: i128) -> Result<Notional, Overflow> {
    notional.0.checked_mul(factor).map(Notional).ok_or(Overflow)
}
