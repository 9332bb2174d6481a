//! Limits of scopes, changed while the engine runs: lower than configured, and back.

use fulmar_bus::record::{Limit, ScopeKind};

use super::{Limits, Treasury};
use crate::trading::account::Amount;
use crate::trading::risk::{LossLimits, ScopeLimits};

/// Why a limit was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitError {
    /// It would allow more than is configured, or is below nothing.
    OutOfBounds,
    /// That scope has no such limit, or there is no such scope.
    NoSuchLimit,
}

impl Treasury {
    /// A limit of a scope is this from now on.
    ///
    /// # Errors
    /// [`LimitError`]; then it stays as it was. A limit that the configuration does not state cannot be changed: what
    /// nobody looked at before is not what an engine that runs should begin to be guided by.
    pub fn change_limit(
        &mut self,
        (scope, index): (ScopeKind, u16),
        limit: Limit,
        value: Amount,
    ) -> Result<(), LimitError> {
        let configured = *scope_of(&mut self.configured, scope, index).ok_or(LimitError::NoSuchLimit)?;
        let current = scope_of(&mut self.limits, scope, index).ok_or(LimitError::NoSuchLimit)?;
        let bounded = |max: Option<Amount>| {
            let max = max.ok_or(LimitError::NoSuchLimit)?;
            (Amount::ZERO..=max).contains(&value).then_some(Some(value)).ok_or(LimitError::OutOfBounds)
        };
        let LossLimits { daily_loss_max, drawdown_max, jump_max, .. } = configured.losses;
        match limit {
            Limit::Exposure => current.exposure_max = bounded(configured.exposure_max)?,
            Limit::DailyLoss => current.losses.daily_loss_max = bounded(daily_loss_max)?,
            Limit::Drawdown => current.losses.drawdown_max = bounded(drawdown_max)?,
            Limit::PnlJump => current.losses.jump_max = bounded(jump_max)?,
            Limit::OpenOrders => {
                let max = configured.open_orders_max.ok_or(LimitError::NoSuchLimit)?;
                let value = u32::try_from(value.0 / Amount::ONE.0).map_err(|_| LimitError::OutOfBounds)?;
                if value > max {
                    return Err(LimitError::OutOfBounds);
                }
                current.open_orders_max = Some(value);
            }
            Limit::OrderQuantity | Limit::OrderNotional | Limit::Position | Limit::Messages => {
                return Err(LimitError::NoSuchLimit);
            }
        }
        let losses = current.losses;
        match scope {
            ScopeKind::Engine => self.engine_guard.set_limits(losses),
            ScopeKind::Strategy => self.purses[usize::from(index)].guard.set_limits(losses),
            ScopeKind::Venue | ScopeKind::Instrument => {}
        }
        self.is_stale = true;
        Ok(())
    }
}

/// The limits of a scope that the configuration could state.
fn scope_of(limits: &mut Limits, scope: ScopeKind, index: u16) -> Option<&mut ScopeLimits> {
    let (_, strategies) = limits.strategies.split_last_mut()?;
    match scope {
        ScopeKind::Engine => Some(&mut limits.engine),
        ScopeKind::Venue => limits.venues.get_mut(usize::from(index)),
        ScopeKind::Strategy => strategies.get_mut(usize::from(index)),
        ScopeKind::Instrument => None,
    }
}
