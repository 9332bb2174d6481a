//! What the operator orders: an end, a kill of all or of one scope, that something may go on, another limit. Each
//! change of a limit is told with what became of it, to whoever keeps a record.

use fulmar_bus::record::{
    Control, ControlCommand, InstrumentId, Kind, LimitChange, LimitVerdict, Malformed, Notional, Record,
    ScopeKind, StrategyId, UnixNanos,
};

use super::{Output, State};
use crate::runtime::Origin;
use crate::trading::account::Amount;
use crate::trading::order::TrackedOrder;
use crate::trading::treasury::{LimitError, Scope, Treasury};

/// What was killed, scope by scope.
#[derive(Debug, Default)]
pub(super) struct Kills {
    venues: Vec<usize>,
    strategies: Vec<StrategyId>,
    instruments: Vec<InstrumentId>,
}

impl State {
    pub(super) fn on_control(
        &mut self,
        now: UnixNanos,
        record: &Record,
        output: &mut Output,
    ) -> Result<(), Malformed> {
        let (origin, instrument_id) = (Origin::of(record), record.header().instrument_id);
        if record.header().kind() == Some(Kind::LimitChange) {
            self.on_limit(origin, instrument_id, record.read::<LimitChange>()?, output);
            return Ok(());
        }
        let control = *record.read::<Control>()?;
        match (control.command, control.scope) {
            (ControlCommand::Stop, _) => {
                self.gate.stop();
                self.kill(now, origin, output);
            }
            (ControlCommand::Kill, ScopeKind::Engine) => self.kill(now, origin, output),
            (ControlCommand::Kill, scope) => {
                self.kills.set((scope, control.index), instrument_id, true);
                self.cancel_forbidden(now, origin, output);
            }
            (ControlCommand::Enable, scope) => self.enable((scope, control.index), instrument_id),
        }
        self.tell_scopes(now, output);
        Ok(())
    }

    fn enable(&mut self, (scope, index): (ScopeKind, u16), instrument_id: InstrumentId) {
        self.kills.set((scope, index), instrument_id, false);
        match scope {
            ScopeKind::Engine => self.treasury.enable(Scope::Engine),
            ScopeKind::Venue => {}
            ScopeKind::Strategy => self.treasury.enable(Scope::Strategy(StrategyId(index))),
            ScopeKind::Instrument => self.gate.enable(instrument_id),
        }
    }

    /// True where a scope was killed by itself.
    pub(super) fn is_killed(&self, scope: ScopeKind, index: u16) -> bool {
        match scope {
            ScopeKind::Engine => self.gate.is_killed(),
            ScopeKind::Venue => self.kills.venues.contains(&usize::from(index)),
            ScopeKind::Strategy => self.kills.strategies.contains(&StrategyId(index)),
            ScopeKind::Instrument => self.kills.instruments.contains(&InstrumentId(u32::from(index))),
        }
    }

    fn on_limit(
        &mut self,
        origin: Origin,
        instrument_id: InstrumentId,
        change: &LimitChange,
        output: &mut Output,
    ) {
        let changed = match change.scope {
            ScopeKind::Instrument => self.change_instrument(instrument_id, change),
            scope => match wide(change) {
                Some(value) => self.treasury.change_limit((scope, change.index), change.limit, value),
                None => Err(LimitError::OutOfBounds),
            },
        };
        let verdict = match changed {
            Ok(()) => LimitVerdict::Applied,
            Err(LimitError::OutOfBounds) => LimitVerdict::OutOfBounds,
            Err(LimitError::NoSuchLimit) => LimitVerdict::NoSuchLimit,
        };
        output.account(origin, instrument_id, &change.with_verdict(verdict));
    }

    fn change_instrument(
        &mut self,
        instrument_id: InstrumentId,
        change: &LimitChange,
    ) -> Result<(), LimitError> {
        let watched = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut);
        let watched = watched.ok_or(LimitError::NoSuchLimit)?;
        let rules = watched.rules.ok_or(LimitError::NoSuchLimit)?;
        let mantissa = i64::try_from(Notional::from(change.value).0).map_err(|_| LimitError::OutOfBounds)?;
        let mut wished = watched.settings.clone();
        if !wished.set(change.limit, (mantissa, change.value_scale)) {
            return Err(LimitError::NoSuchLimit);
        }
        let limits = wished.at(&rules).map_err(|_| LimitError::OutOfBounds)?;
        let configured = watched.configured.at(&rules).map_err(|_| LimitError::OutOfBounds)?;
        if !limits.is_within(&configured) {
            return Err(LimitError::OutOfBounds);
        }
        watched.settings = wished;
        self.gate.control(instrument_id, rules, limits);
        Ok(())
    }
}

impl Kills {
    /// True for an order of something that was killed.
    pub(super) fn cover(&self, treasury: &Treasury, order: &TrackedOrder) -> bool {
        self.are_of(treasury, order.intent().strategy_id, order.instrument_id())
    }

    /// True where what a strategy does in an instrument was killed.
    pub(super) fn are_of(
        &self,
        treasury: &Treasury,
        strategy_id: StrategyId,
        instrument_id: InstrumentId,
    ) -> bool {
        self.strategies.contains(&strategy_id)
            || self.instruments.contains(&instrument_id)
            || (!self.venues.is_empty() && self.venues.contains(&treasury.venue_of(instrument_id)))
    }

    fn set(&mut self, (scope, index): (ScopeKind, u16), instrument_id: InstrumentId, is_killed: bool) {
        match scope {
            ScopeKind::Engine => {}
            ScopeKind::Venue => keep(&mut self.venues, usize::from(index), is_killed),
            ScopeKind::Strategy => keep(&mut self.strategies, StrategyId(index), is_killed),
            ScopeKind::Instrument => keep(&mut self.instruments, instrument_id, is_killed),
        }
    }
}

/// Puts something into a small set, or takes it out.
fn keep<T: PartialEq>(set: &mut Vec<T>, of: T, is_in: bool) {
    set.retain(|known| *known != of);
    if is_in {
        set.push(of);
    }
}

/// The value of a change as an amount; `None` where it is none.
fn wide(change: &LimitChange) -> Option<Amount> {
    let mantissa = Notional::from(change.value).0;
    let power = 10_i128.checked_pow(u32::from(Amount::SCALE.checked_sub(change.value_scale)?))?;
    mantissa.checked_mul(power).map(Amount)
}
