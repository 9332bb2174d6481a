//! Limits as people state them: decimal text, which becomes integers once an instrument's scales are known.

use fulmar_bus::record::{Limit, Nanos};

use super::{Guards, RiskLimits};
use crate::market::decimal::{self, NumberError, Rounding};
use crate::trading::InstrumentRules;

/// The limits of one instrument in decimal text, such as `"0.5"`, at no scale yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskSettings {
    /// Largest quantity of one order.
    pub order_quantity_max: String,
    /// Largest notional of one order.
    pub order_notional_max: String,
    /// Largest position, long or short, if every open order on the same side fills.
    pub position_max: String,
    /// Most open orders at a time.
    pub open_orders_max: u32,
    /// Most messages to the venue in a second, a fifth of them kept for cancels.
    pub messages_per_second: u32,
    /// Oldest top of book that an order may be judged by.
    pub stale_after: Nanos,
    /// What else is guarded.
    pub guards: GuardSettings,
}

/// [`Guards`] as people state them: what is not stated is not guarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardSettings {
    /// As [`Guards::price_collar_bps`].
    pub price_collar_bps: Option<u32>,
    /// As [`Guards::market_order_spread_max_bps`].
    pub market_order_spread_max_bps: Option<u32>,
    /// As [`Guards::market_order_touch_max`].
    pub market_order_touch_max: Option<u32>,
    /// The largest notional of all open orders, in decimal text.
    pub open_notional_max: Option<String>,
    /// How long the same order is a duplicate.
    pub duplicate_window: Option<Nanos>,
    /// Whether a position may fall below zero.
    pub is_short_allowed: bool,
    /// Whether an order may meet one of ours.
    pub is_self_trade_allowed: bool,
    /// As [`Guards::orders_per_trade_max`].
    pub orders_per_trade_max: Option<u32>,
    /// As [`Guards::rejects_max`].
    pub rejects_max: Option<u32>,
    /// As [`Guards::unknown_orders_max`].
    pub unknown_orders_max: Option<u32>,
    /// How long there may be an order of unknown fate.
    pub unknown_age_max: Option<Nanos>,
    /// As [`Guards::fill_band_bps`].
    pub fill_band_bps: Option<u32>,
    /// As [`Guards::executions_max`].
    pub executions_max: Option<u32>,
}

impl Default for GuardSettings {
    /// None.
    fn default() -> Self {
        GuardSettings {
            price_collar_bps: None,
            market_order_spread_max_bps: None,
            market_order_touch_max: None,
            open_notional_max: None,
            duplicate_window: None,
            is_short_allowed: true,
            is_self_trade_allowed: true,
            orders_per_trade_max: None,
            rejects_max: None,
            unknown_orders_max: None,
            unknown_age_max: None,
            fill_band_bps: None,
            executions_max: None,
        }
    }
}

impl GuardSettings {
    fn at(&self, notional_scale: u8) -> Result<Guards, NumberError> {
        let open_notional_max = self.open_notional_max.as_ref().map(|text| cut_wide(text, notional_scale));
        let ns = |nanos: Option<Nanos>| nanos.map(|nanos| nanos.0);
        Ok(Guards {
            price_collar_bps: self.price_collar_bps,
            market_order_spread_max_bps: self.market_order_spread_max_bps,
            market_order_touch_max: self.market_order_touch_max,
            open_notional_max: open_notional_max.transpose()?,
            duplicate_window_ns: ns(self.duplicate_window),
            is_short_allowed: self.is_short_allowed,
            is_self_trade_allowed: self.is_self_trade_allowed,
            orders_per_trade_max: self.orders_per_trade_max,
            rejects_max: self.rejects_max,
            unknown_orders_max: self.unknown_orders_max,
            unknown_age_max_ns: ns(self.unknown_age_max),
            fill_band_bps: self.fill_band_bps,
            executions_max: self.executions_max,
        })
    }
}

impl RiskSettings {
    /// The limits at the scales of `rules`. Digits beyond a scale are cut, so a limit never grows.
    ///
    /// # Errors
    /// What is wrong with the first text that is no number, or too large for its scale.
    pub fn at(&self, rules: &InstrumentRules) -> Result<RiskLimits, NumberError> {
        let notional_scale = rules.price_scale + rules.quantity_scale;
        Ok(RiskLimits {
            order_quantity_max: cut(&self.order_quantity_max, rules.quantity_scale)?,
            order_notional_max: cut_wide(&self.order_notional_max, notional_scale)?,
            position_max: cut(&self.position_max, rules.quantity_scale)?,
            open_orders_max: self.open_orders_max,
            messages_max: self.messages_per_second,
            messages_reserved_for_cancels: self.messages_per_second / 5,
            message_window_ns: 1_000_000_000,
            market_data_age_max_ns: self.stale_after.0,
            guards: self.guards.at(notional_scale)?,
        })
    }

    /// One limit is to be another: a mantissa, and its digits behind the point. False where an instrument has none
    /// such.
    pub fn set(&mut self, limit: Limit, (mantissa, scale): (i64, u8)) -> bool {
        let text = decimal::format_scaled(mantissa.into(), scale).as_str().to_owned();
        // What is no count is one that nothing is within.
        let count = || text.parse().unwrap_or(u32::MAX);
        match limit {
            Limit::OpenOrders => self.open_orders_max = count(),
            Limit::Messages => self.messages_per_second = count(),
            Limit::OrderQuantity => self.order_quantity_max = text,
            Limit::OrderNotional => self.order_notional_max = text,
            Limit::Position => self.position_max = text,
            Limit::Exposure | Limit::DailyLoss | Limit::Drawdown | Limit::PnlJump => return false,
        }
        true
    }
}

fn cut(text: &str, scale: u8) -> Result<i64, NumberError> {
    let written = decimal::digits_behind_point(text.as_bytes());
    let exact = decimal::parse(text.as_bytes(), written)?;
    decimal::rescale(exact, written, scale, Rounding::Down).ok_or(NumberError::Overflow)
}

/// As [`cut`], for a scale at which only 128 bits are sure to hold it.
pub(super) fn cut_wide(text: &str, scale: u8) -> Result<i128, NumberError> {
    let written = decimal::digits_behind_point(text.as_bytes());
    let exact = i128::from(decimal::parse(text.as_bytes(), written)?);
    let power = |digits: u8| 10_i128.checked_pow(u32::from(digits)).ok_or(NumberError::Overflow);
    if written <= scale {
        return exact.checked_mul(power(scale - written)?).ok_or(NumberError::Overflow);
    }
    Ok(exact / power(written - scale)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_become_limits_at_the_scales_of_the_instrument() {
        let settings = RiskSettings {
            order_quantity_max: "0.5".into(),
            order_notional_max: "10000.1290099".into(),
            position_max: "2.00019".into(),
            open_orders_max: 4,
            messages_per_second: 50,
            stale_after: Nanos::from_millis(500),
            guards: GuardSettings { open_notional_max: Some("7.00019".into()), ..GuardSettings::default() },
        };
        let rules = InstrumentRules { price_scale: 2, quantity_scale: 3, ..InstrumentRules::default() };
        let limits = settings.at(&rules).expect("plain numbers");
        assert_eq!(limits.order_quantity_max, 500);
        assert_eq!(limits.order_notional_max, 1_000_012_900);
        assert_eq!(limits.position_max, 2_000, "a limit is cut, never rounded up");
        assert_eq!(limits.messages_reserved_for_cancels, 10);
        assert_eq!(limits.guards.open_notional_max, Some(700_019));
        assert_eq!(cut_wide("7.5", 3), Ok(7_500), "what is stated of less digits has the others");
    }
}
