//! What no strategy may exceed: limits for all instruments, those of one laid over them, and those of scopes.

use std::collections::BTreeMap;

use fulmar_bus::record::Nanos;
use fulmar_engine::trading::risk::{GuardSettings, RiskSettings};
use fulmar_engine::trading::treasury::TreasuryPlan;
use serde::Deserialize;

use super::InstrumentName;
use super::scopes::Scopes;

/// What no strategy may exceed.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "toml::Table")]
pub struct Risk {
    everywhere: StatedLimits,
    instrument: BTreeMap<InstrumentName, StatedLimits>,
    scopes: Scopes,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatedLimits {
    order_quantity_max: Option<String>,
    order_notional_max: Option<String>,
    position_max: Option<String>,
    messages_per_second: Option<u32>,
    stale_after_ms: Option<u64>,
    open_orders_max: Option<u32>,
    open_notional_max: Option<String>,
    price_collar_bps: Option<u32>,
    market_order_spread_max_bps: Option<u32>,
    market_order_touch_max: Option<u32>,
    short: Option<Permission>,
    self_trade: Option<Permission>,
    duplicate_window_ms: Option<u64>,
    orders_per_trade_max: Option<u32>,
    rejects_max: Option<u32>,
    unknown_orders_max: Option<u32>,
    unknown_age_max_ms: Option<u64>,
    fill_band_bps: Option<u32>,
    executions_max: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Permission {
    Allow,
    Deny,
}

impl Risk {
    /// The limits of an instrument: its own, or where it states none, those for all. `None` where a limit without
    /// which nothing may be traded is stated nowhere; no instrument that a strategy trades is such a one.
    pub fn limits(&self, instrument: &InstrumentName) -> Option<RiskSettings> {
        let own = self.instrument.get(instrument);
        Some(RiskSettings {
            order_quantity_max: self.stated(own, |limits| &limits.order_quantity_max)?,
            order_notional_max: self.stated(own, |limits| &limits.order_notional_max)?,
            position_max: self.stated(own, |limits| &limits.position_max)?,
            messages_per_second: self.stated(own, |limits| &limits.messages_per_second)?,
            stale_after: Nanos::from_millis(self.stated(own, |limits| &limits.stale_after_ms)?),
            open_orders_max: self.stated(own, |limits| &limits.open_orders_max)?,
            guards: self.guards(own),
        })
    }

    /// How the account's money is kept, for these venues and strategies in their order.
    pub fn treasury<'a>(
        &self,
        venues: impl Iterator<Item = &'a str>,
        strategies: impl Iterator<Item = &'a str>,
    ) -> TreasuryPlan {
        self.scopes.plan(venues, strategies)
    }

    fn guards(&self, own: Option<&StatedLimits>) -> GuardSettings {
        let millis =
            |limit: fn(&StatedLimits) -> &Option<u64>| self.stated(own, limit).map(Nanos::from_millis);
        GuardSettings {
            price_collar_bps: self.stated(own, |limits| &limits.price_collar_bps),
            market_order_spread_max_bps: self.stated(own, |limits| &limits.market_order_spread_max_bps),
            market_order_touch_max: self.stated(own, |limits| &limits.market_order_touch_max),
            open_notional_max: self.stated(own, |limits| &limits.open_notional_max),
            duplicate_window: millis(|limits| &limits.duplicate_window_ms),
            is_short_allowed: self.stated(own, |limits| &limits.short) != Some(Permission::Deny),
            is_self_trade_allowed: self.stated(own, |limits| &limits.self_trade) == Some(Permission::Allow),
            orders_per_trade_max: self.stated(own, |limits| &limits.orders_per_trade_max),
            rejects_max: self.stated(own, |limits| &limits.rejects_max),
            unknown_orders_max: self.stated(own, |limits| &limits.unknown_orders_max),
            unknown_age_max: millis(|limits| &limits.unknown_age_max_ms),
            fill_band_bps: self.stated(own, |limits| &limits.fill_band_bps),
            executions_max: self.stated(own, |limits| &limits.executions_max),
        }
    }

    fn stated<T: Clone>(
        &self,
        own: Option<&StatedLimits>,
        limit: fn(&StatedLimits) -> &Option<T>,
    ) -> Option<T> {
        own.and_then(|own| limit(own).clone()).or_else(|| limit(&self.everywhere).clone())
    }
}

impl TryFrom<toml::Table> for Risk {
    type Error = toml::de::Error;

    fn try_from(mut everywhere: toml::Table) -> Result<Self, Self::Error> {
        let instrument = everywhere.remove("instrument").map(toml::Value::try_into).transpose()?;
        let of_scopes = ["currency", "cost_method", "engine", "venue", "strategy", "worth"];
        let scopes = of_scopes.into_iter().filter_map(|key| everywhere.remove_entry(key));
        let scopes = scopes.collect::<toml::Table>().try_into()?;
        Ok(Risk { everywhere: everywhere.try_into()?, instrument: instrument.unwrap_or_default(), scopes })
    }
}
