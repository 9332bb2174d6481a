//! Limits that hold over more than one instrument: those of the engine, of a venue, of a strategy. They are stated in
//! one currency, and what they found is handed to the gate with the moment it judges.

use super::settings::cut_wide;
use super::{Breach, LossLimits};
use crate::market::decimal::NumberError;
use crate::trading::account::Amount;
use crate::trading::value_at_risk::{VarLimit, VarSettings};

/// The limits of one scope as people state them: amounts in decimal text of the currency that all are counted in. What
/// is not stated is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeSettings {
    /// The most that may be at stake.
    pub exposure_max: Option<String>,
    /// The most orders that may be open.
    pub open_orders_max: Option<u32>,
    /// The most that may be lost in a day.
    pub daily_loss_max: Option<String>,
    /// The most that may be lost since the best moment.
    pub drawdown_max: Option<String>,
    /// The furthest that what was earned may jump.
    pub pnl_jump_max: Option<String>,
    /// As [`LossLimits::flatten_percent`].
    pub flatten_percent: Option<u32>,
    /// The largest value at risk, and how it is computed.
    pub var: Option<(String, VarSettings)>,
}

/// The limits of one scope.
///
/// ```
/// use fulmar_engine::trading::account::Amount;
/// use fulmar_engine::trading::risk::ScopeSettings;
/// let settings = ScopeSettings { exposure_max: Some("0.5".into()), ..ScopeSettings::default() };
/// let limits = settings.limits()?;
/// assert_eq!(limits.exposure_max, Some(Amount(500_000_000_000_000_000)));
/// # Ok::<(), fulmar_engine::market::decimal::NumberError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeLimits {
    /// The most that may be at stake.
    pub exposure_max: Option<Amount>,
    /// The most orders that may be open.
    pub open_orders_max: Option<u32>,
    /// What may be lost.
    pub losses: LossLimits,
    /// The largest value at risk; not of a venue, whose part of a portfolio is none.
    pub var: Option<VarLimit>,
}

impl ScopeSettings {
    /// The limits that these are. A digit beyond 10^-18 is cut.
    ///
    /// # Errors
    /// What is no plain decimal number, or too large.
    pub fn limits(&self) -> Result<ScopeLimits, NumberError> {
        let amount = |text: &Option<String>| text.as_deref().map(amount).transpose();
        Ok(ScopeLimits {
            exposure_max: amount(&self.exposure_max)?,
            open_orders_max: self.open_orders_max,
            losses: LossLimits {
                daily_loss_max: amount(&self.daily_loss_max)?,
                drawdown_max: amount(&self.drawdown_max)?,
                jump_max: amount(&self.pnl_jump_max)?,
                flatten_percent: self.flatten_percent,
            },
            var: self.var.as_ref().map(|(max, settings)| var_limit(max, *settings)).transpose()?,
        })
    }
}

/// What the scopes of an order found against it; nothing where a limit holds or is not stated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeBreaches {
    /// More would be at stake than may be, in millionths of the currency.
    pub exposure: Option<Breach>,
    /// More orders would be open than may be.
    pub open_orders: Option<Breach>,
    /// As [`super::LossGuard::daily_loss`].
    pub daily_loss: Option<Breach>,
    /// As [`super::LossGuard::drawdown`].
    pub drawdown: Option<Breach>,
    /// As [`super::LossGuard::jump`].
    pub pnl_jump: Option<Breach>,
    /// What the order pays with is not there, in millionths of that asset.
    pub balance: Option<Breach>,
    /// More would be at stake than value at risk allows, or nobody says what it allows; in millionths of the currency.
    pub var: Option<Breach>,
}

fn var_limit(max: &str, settings: VarSettings) -> Result<VarLimit, NumberError> {
    Ok(VarLimit { var_max: amount(max)?, settings })
}

fn amount(text: &str) -> Result<Amount, NumberError> {
    cut_wide(text, Amount::SCALE).map(Amount)
}
