//! What the venue says of the account, held against our books. The first word of a position that was there before us is
//! taken over; from then on a difference that stays is told, holds what it concerns, and is never corrected here.

use fulmar_bus::record::{
    BalanceStatement, InstrumentId, Malformed, PositionStatement, Quantity, Record, UnixNanos,
};

use super::doubts::Subject;
use super::{Output, State};
use crate::runtime::Origin;

impl State {
    pub(super) fn on_balance(
        &mut self,
        now: UnixNanos,
        record: &Record,
        account: usize,
        output: &mut Output,
    ) -> Result<(), Malformed> {
        let told = record.read::<BalanceStatement>()?;
        self.anomalies.unbooked += u64::from(self.treasury.tell(account, told).is_err());
        let difference = self.treasury.balance_difference(account, told.asset).map(|amount| amount.0);
        self.doubts.note(now, Subject::Balance(account, told.asset), difference);
        output.account(Origin::of(record), InstrumentId::NONE, &told.of_account(self.accounts[account]));
        Ok(())
    }

    pub(super) fn on_position(
        &mut self,
        now: UnixNanos,
        record: &Record,
        output: &mut Output,
    ) -> Result<(), Malformed> {
        let (told, instrument_id) = (record.read::<PositionStatement>()?, record.header().instrument_id);
        let Some(watched) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) else {
            return Ok(());
        };
        let is_first = watched.told_qty.replace(told.quantity).is_none();
        if is_first && let Some(fill) = self.treasury.unexplained(instrument_id, told) {
            self.anomalies.adopted_positions += 1;
            self.book(now, Origin::of(record), &fill, output);
            self.anomalies.unbooked += u64::from(self.treasury.take_over(&fill).is_err());
        }
        let difference = self.position_difference(instrument_id);
        self.doubts.note(now, Subject::Position(instrument_id), difference);
        output.account(Origin::of(record), instrument_id, &told.of_account(self.account_id(instrument_id)));
        Ok(())
    }

    fn position_difference(&self, instrument_id: InstrumentId) -> Option<i128> {
        let told: Quantity = self.instruments[instrument_id.index()].as_ref()?.told_qty?;
        self.treasury.position_difference(instrument_id, told).map(i128::from)
    }

    /// Whatever has differed for too long is no report that is on its way.
    pub(super) fn judge_differences(&mut self, now: UnixNanos) {
        while let Some(subject) = self.doubts.due(now) {
            let difference = match subject {
                Subject::Position(instrument_id) => self.position_difference(instrument_id),
                Subject::Balance(account, asset) => {
                    self.treasury.balance_difference(account, asset).map(|amount| amount.0)
                }
            };
            if !self.doubts.settle(subject, difference) {
                continue;
            }
            self.anomalies.differences += 1;
            for index in 0..self.instruments.len() {
                let instrument_id = InstrumentId(u32::try_from(index).expect("ids are dense"));
                let is_concerned = match subject {
                    Subject::Position(concerned) => concerned == instrument_id,
                    Subject::Balance(account, asset) => self.treasury.buys(account, instrument_id, asset),
                };
                if is_concerned {
                    self.gate.hold(instrument_id);
                }
            }
        }
    }
}
