//! How much a scope may have at stake for what it may lose of value at risk, as the estimator tells the gate.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{Kind, Notional, Payload, StrategyId, UnixNanos, WideNumber};

/// A limit of what a scope may have at stake, good for a while.
///
/// ```
/// use fulmar_bus::record::*;
/// let told = StakeLimit::new(Some(StrategyId(2)), (Notional(75), Notional(25)), UnixNanos(8));
/// assert_eq!((told.strategy_id(), Notional::from(told.at_stake_max)), (Some(StrategyId(2)), Notional(75)));
/// assert_eq!(StakeLimit::new(None, (Notional(0), Notional(0)), UnixNanos(8)).strategy_id(), None, "of the engine");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct StakeLimit {
    /// The most that it may have at stake, at [`StakeLimit::SCALE`], in the currency that limits are stated in. Below
    /// what it has, even below zero, where it may take nothing more.
    pub at_stake_max: WideNumber,
    /// The value at risk of what it holds, at the same scale.
    pub value_at_risk: WideNumber,
    /// It says nothing any more after this moment.
    pub until: UnixNanos,
    /// Zero for the engine, else one more than the strategy's number.
    scope: u16,
    reserved: [u8; 6],
}

impl StakeLimit {
    /// Decimal digits behind the point of its amounts.
    pub const SCALE: u8 = 18;

    /// Of a strategy, or of all together: what it may have at stake, and its value at risk.
    ///
    /// # Panics
    /// Where the strategy's number is the largest of all: a plan has few strategies.
    pub fn new(
        strategy_id: Option<StrategyId>,
        (at_stake_max, value_at_risk): (Notional, Notional),
        until: UnixNanos,
    ) -> Self {
        let scope = strategy_id.map_or(0, |id| id.0.checked_add(1).expect("a plan has few strategies"));
        let (at_stake_max, value_at_risk) = (at_stake_max.into(), value_at_risk.into());
        StakeLimit { at_stake_max, value_at_risk, until, scope, reserved: [0; 6] }
    }

    /// Whose it is; `None` for all together.
    pub const fn strategy_id(&self) -> Option<StrategyId> {
        match self.scope.checked_sub(1) {
            Some(id) => Some(StrategyId(id)),
            None => None,
        }
    }
}

impl Payload for StakeLimit {
    const KIND: Kind = Kind::StakeLimit;
}
