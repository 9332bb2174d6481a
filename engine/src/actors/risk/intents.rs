//! Intents: judged by all that is known, and either approved and sent, or denied.

use fulmar_bus::channel::Full;
use fulmar_bus::record::{
    CancelIntent, ExecutionReport, ExecutionType, HEADER_BYTES, InstrumentId, Intent, Kind, Malformed, Order,
    OrderStatus, Record, SLOT_WORDS, Side, UnixNanos,
};

use super::{Output, State};
use crate::runtime::Origin;
use crate::trading::risk::{Approved, Breach, Context, RiskCheck, Verdict};

/// Slots that an approved order takes on its channel.
const ORDER_SLOTS: usize = (HEADER_BYTES + size_of::<Order>()).div_ceil(SLOT_WORDS * 8);

impl State {
    pub(super) fn on_intent(
        &mut self,
        now: UnixNanos,
        record: &Record,
        output: &mut Output,
    ) -> Result<(), Malformed> {
        let origin = Origin::of(record);
        if record.header().kind() == Some(Kind::CancelIntent) {
            let cancel = record.read::<CancelIntent>()?;
            self.cancel(now, origin, cancel.client_order_id, output);
            return Ok(());
        }
        let intent = record.read::<Intent>()?;
        let instrument_id = record.header().instrument_id;
        match self.judge(now, intent, instrument_id, output) {
            Verdict::Approved(order) => self.send_order(now, origin, &order, output),
            Verdict::Denied(denial) => output.tell(intent.strategy_id, origin, instrument_id, &denial),
        }
        Ok(())
    }

    fn judge(
        &mut self,
        now: UnixNanos,
        intent: &Intent,
        instrument_id: InstrumentId,
        output: &mut Output,
    ) -> Verdict {
        let watched = self.instruments.get(instrument_id.index()).and_then(Option::as_ref);
        let Some(watched) = watched else {
            return Verdict::Denied(RiskCheck::UnknownInstrument.deny(intent, Breach::UNKNOWABLE));
        };
        if self.orders.is_full() || !output.approved.has_room(ORDER_SLOTS) {
            return Verdict::Denied(RiskCheck::MaxOpenOrders.deny(intent, Breach::UNKNOWABLE));
        }
        let context = Context {
            now,
            top: watched.top,
            sync: watched.sync,
            last_update_at: watched.last_update_at,
            position: watched.position.quantity(),
            open_buy_qty: self.orders.open_quantity(instrument_id, Side::Buy),
            open_sell_qty: self.orders.open_quantity(instrument_id, Side::Sell),
            open_orders: self.orders.open_count(instrument_id),
        };
        self.gate.check(intent, instrument_id, &context)
    }

    /// From here on the order counts as exposure, whatever becomes of it.
    fn send_order(&mut self, now: UnixNanos, origin: Origin, order: &Approved<Order>, output: &mut Output) {
        let (intent, instrument_id) = (order.payload().intent, order.instrument_id());
        if self.orders.submit(intent, instrument_id, now).is_err() {
            let denial = RiskCheck::MaxOpenOrders.deny(&intent, Breach::UNKNOWABLE);
            output.tell(intent.strategy_id, origin, instrument_id, &denial);
            return;
        }
        let sent: Result<_, Full> = output.approved.send(origin, instrument_id, order.payload());
        assert!(sent.is_ok(), "the approved channel had room when the intent was judged");
        let status = OrderStatus::Submitted;
        let mut report =
            ExecutionReport::new(intent.client_order_id, intent.side, ExecutionType::Submitted, status);
        report.tag = intent.tag;
        report.price = intent.price;
        report.leaves_qty = intent.quantity;
        output.tell(intent.strategy_id, origin, instrument_id, &report);
    }
}
