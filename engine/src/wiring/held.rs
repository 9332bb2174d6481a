//! Held orders of an earlier boot, by the ids of this one: names are what both boots have in common.

use fulmar_bus::record::{HeldOrder, InstrumentId, StrategyId, Text};

use super::plan::StrategyPlan;
use crate::actors::HeldPlan;
use crate::trading::risk::RiskSettings;

/// What the gate keeps held orders by, and those of `restored` that a strategy of the plan may trade.
pub(super) fn names(
    strategies: &[StrategyPlan],
    (instruments, risk): (&[String], &[Option<RiskSettings>]),
    restored: Vec<HeldOrder>,
) -> HeldPlan {
    let here = |mut saved: HeldOrder| {
        let strategy = strategies.iter().position(|strategy| strategy.name == saved.strategy.as_str())?;
        let instrument = instruments.iter().position(|name| name == saved.instrument.as_str())?;
        let instrument_id = InstrumentId(u32::try_from(instrument).ok()?);
        let is_traded =
            strategies[strategy].instruments.contains(&instrument_id) && risk[instrument].is_some();
        saved.intent.strategy_id = StrategyId(u16::try_from(strategy).ok()?);
        is_traded.then_some((instrument_id, saved))
    };
    HeldPlan {
        strategies: strategies.iter().map(|strategy| text(&strategy.name)).collect(),
        instruments: instruments.iter().map(|name| text(name)).collect(),
        restored: restored.into_iter().filter_map(here).collect(),
    }
}

/// # Panics
/// Where a name is longer than configurations let it be.
fn text<const N: usize>(name: &str) -> Text<N> {
    Text::new(name).unwrap_or_else(|| panic!("\"{name}\" is longer than {N} bytes"))
}
