//! The limits that hold over more than one instrument, and what their amounts are counted in, as the engine takes them.

use std::collections::BTreeMap;

use fulmar_bus::record::{Price, Text};
use fulmar_engine::market::{decimal, interval};
use fulmar_engine::trading::account::{Asset, CostMethod, ScaledPrice};
use fulmar_engine::trading::risk::{ScopeLimits, ScopeSettings};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::trading::value_at_risk::{VarMethod, VarSettings};
use serde::Deserialize;

/// What `[risk]` says of money and scopes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scopes {
    currency: Option<String>,
    cost_method: Method,
    engine: StatedScope,
    venue: BTreeMap<String, StatedScope>,
    strategy: BTreeMap<String, StatedScope>,
    worth: BTreeMap<String, Worth>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Method {
    Average,
    Fifo,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatedScope {
    exposure_max: Option<String>,
    open_orders_max: Option<u32>,
    daily_loss_max: Option<String>,
    drawdown_max: Option<String>,
    pnl_jump_max: Option<String>,
    flatten_percent: Option<u32>,
    var_max: Option<String>,
    var_confidence_percent: Option<String>,
    var_horizon: Option<String>,
    var_method: Option<VarWord>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VarWord {
    Historical,
    Parametric,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Worth {
    price: String,
}

impl Scopes {
    /// How the engine is to keep the account's money, for these venues and strategies in their order.
    pub(super) fn plan<'a>(
        &self,
        venues: impl Iterator<Item = &'a str>,
        strategies: impl Iterator<Item = &'a str>,
    ) -> TreasuryPlan {
        let of = |scopes: &BTreeMap<String, StatedScope>, name: &str| {
            scopes.get(name).map_or_else(ScopeLimits::default, StatedScope::limits)
        };
        TreasuryPlan {
            currency: self.currency.as_deref().and_then(Text::new),
            worth: self.worth.iter().filter_map(|(asset, worth)| worth.priced(asset)).collect(),
            method: match self.cost_method {
                Method::Average => CostMethod::Average,
                Method::Fifo => CostMethod::Fifo,
            },
            engine: self.engine.limits(),
            venues: venues.map(|name| of(&self.venue, name)).collect(),
            strategies: strategies.map(|name| of(&self.strategy, name)).collect(),
            ..TreasuryPlan::default()
        }
    }
}

impl StatedScope {
    /// The limits that these are; the configuration's check has seen that they are numbers that fit.
    fn limits(&self) -> ScopeLimits {
        let StatedScope { exposure_max, open_orders_max, daily_loss_max, drawdown_max, pnl_jump_max, .. } =
            self.clone();
        let settings = ScopeSettings {
            exposure_max,
            open_orders_max,
            daily_loss_max,
            drawdown_max,
            pnl_jump_max,
            flatten_percent: self.flatten_percent,
            var: self.var_max.clone().zip(self.var_settings()),
        };
        settings.limits().expect("a decimal of the configuration fits an amount")
    }

    /// How value at risk is computed; `None` of a venue, of which that is not said.
    fn var_settings(&self) -> Option<VarSettings> {
        Some(VarSettings {
            method: match self.var_method? {
                VarWord::Historical => VarMethod::Historical,
                VarWord::Parametric => VarMethod::Parametric,
            },
            confidence_ppm: confidence_ppm(self.var_confidence_percent.as_deref()?)?,
            horizon: interval::parse(self.var_horizon.as_deref()?)?,
        })
    }
}

/// The confidence that `text` states in percent, in parts per million; `None` where that is not above a half and below
/// a whole.
pub(in crate::configuration) fn confidence_ppm(text: &str) -> Option<u32> {
    let percent = decimal::parse(text.as_bytes(), CONFIDENCE_SCALE).ok()?;
    u32::try_from(percent).ok().filter(|ppm| (500_001..1_000_000).contains(ppm))
}

/// Digits behind the point of a confidence in percent.
const CONFIDENCE_SCALE: u8 = 4;

impl Worth {
    fn priced(&self, asset: &str) -> Option<(Asset, ScaledPrice)> {
        let scale = decimal::digits_behind_point(self.price.as_bytes());
        let price = decimal::parse(self.price.as_bytes(), scale).ok()?;
        Some((Text::new(asset)?, ScaledPrice { price: Price(price), scale }))
    }
}
