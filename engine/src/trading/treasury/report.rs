//! What a treasury tells of its scopes: to operators, to the journal, and to whoever computes aside what they risk.

use fulmar_bus::record::{Notional, ScopeKind, ScopeReport, WideNumber};

use super::Treasury;
use crate::trading::account::Amount;
use crate::trading::risk::LossGuard;

impl Treasury {
    /// Every scope as it stands: the engine, each venue, each strategy.
    pub fn reports(&self) -> impl Iterator<Item = ScopeReport> {
        let engine =
            self.report((ScopeKind::Engine, 0), Some(&self.engine_guard), self.exposures.of_engine());
        let venues = (0..).zip(&self.limits.venues).map(|(index, _)| {
            self.report((ScopeKind::Venue, index), None, self.exposures.of_venue(index.into()))
        });
        let (_, strategies) = self.purses.split_last().expect("that of nobody is always there");
        let strategies = (0..).zip(strategies).map(|(index, purse)| {
            let exposure = self.exposures.of_strategy(usize::from(index));
            self.report((ScopeKind::Strategy, index), Some(&purse.guard), exposure)
        });
        [engine].into_iter().chain(venues).chain(strategies)
    }

    fn report(
        &self,
        scope: (ScopeKind, u16),
        guard: Option<&LossGuard>,
        exposure: Option<Amount>,
    ) -> ScopeReport {
        let mut report = ScopeReport::new(self.currency.unwrap_or_default(), scope);
        if let Some(guard) = guard {
            let (daily_loss, drawdown) = guard.losses();
            report.restraint = guard.restraint();
            report.is_earned_known = u8::from(guard.earned().is_some());
            report.earned = wide(guard.earned().unwrap_or_default());
            (report.daily_loss, report.drawdown) = (wide(daily_loss), wide(drawdown));
        }
        report.is_exposure_known = u8::from(exposure.is_some());
        report.exposure = wide(exposure.unwrap_or_default());
        report
    }
}

fn wide(amount: Amount) -> WideNumber {
    Notional(amount.0).into()
}
