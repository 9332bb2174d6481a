//! Intents that wait for a price or for another order, and what is wanted of them while the engine holds them. What is
//! done with them is in `steps`.
//!
//! They are told of by reports that say `is_emulated`, which go through the order table as the venue's do. So the
//! strategy's view and the gate's table come to the same, and the held state can be made again from what was told.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, InstrumentDefinition, InstrumentId, Intent, Kind,
    Malformed, MarkPrice, ModifyIntent, OrderStatus, Price, Quantity, Record, Side, Trade, UnixNanos,
};

use super::cancels::Forbidden;
use super::intents::{ORDER_SLOTS, without};
use super::{Output, State};
use crate::contract::local_reason;
use crate::runtime::Origin;
use crate::trading::InstrumentRules;
use crate::trading::held::{NotHeld, parent_id};
use crate::trading::order::{Applied, released};
use crate::trading::risk::{Breach, Context, RiskCheck, Verdict};

impl State {
    /// An intent that is not a plain order by itself: it is held, or it is the one of its group that stands.
    pub(super) fn on_dependent(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        (intent, instrument_id): (&Intent, InstrumentId),
        output: &mut Output,
    ) {
        if let Some(check) = self.obstacle(intent, instrument_id) {
            let denial = check.deny(intent, Breach::UNKNOWABLE);
            return output.tell(intent.strategy_id, origin, instrument_id, &denial);
        }
        if self.held.would_hold(intent) || self.slices(intent, instrument_id) {
            return self.hold(now, origin, (intent, instrument_id), output);
        }
        let plain = released(intent);
        let verdict = if output.approved.has_room(instrument_id, ORDER_SLOTS) {
            let context = self.context_of_dependent(now, intent, instrument_id);
            self.gate.check(&plain, instrument_id, &context)
        } else {
            Verdict::Denied(RiskCheck::MaxOpenOrders.deny(intent, Breach::UNKNOWABLE))
        };
        match verdict {
            Verdict::Approved(order) => {
                self.send_order(now, origin, &order, output);
                let placed = self.held.place(intent, instrument_id, &self.orders);
                assert!(placed.is_ok(), "it was asked for an obstacle before it was sent");
            }
            Verdict::Denied(denial) => output.tell(intent.strategy_id, origin, instrument_id, &denial),
        }
    }

    fn obstacle(&self, intent: &Intent, instrument_id: InstrumentId) -> Option<RiskCheck> {
        let is_watched = self.instruments.get(instrument_id.index()).is_some_and(Option::is_some);
        if !is_watched {
            return Some(RiskCheck::UnknownInstrument);
        }
        if self.orders.is_full()
            || self.orders.get(intent.client_order_id).is_some()
            || intent.quantity.0 <= 0
        {
            return Some(RiskCheck::MaxOpenOrders);
        }
        self.held.obstacle(intent, instrument_id, &self.orders).map(|obstacle| match obstacle {
            NotHeld::Full => RiskCheck::MaxOpenOrders,
            NotHeld::Parent | NotHeld::Alternatives | NotHeld::Trigger => RiskCheck::NotSupported,
        })
    }

    fn hold(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        (intent, instrument_id): (&Intent, InstrumentId),
        output: &mut Output,
    ) {
        let context = self.context_of_dependent(now, intent, instrument_id);
        if let Some(denial) = self.gate.check_held(intent, instrument_id, &context) {
            return output.tell(intent.strategy_id, origin, instrument_id, &denial);
        }
        let id = intent.client_order_id;
        let is_submitted = self.orders.submit(*intent, instrument_id, now).is_ok();
        let placed = match self.held.would_hold(intent) {
            true => self.held.place(intent, instrument_id, &self.orders),
            false => self.held.place_sliced(intent, instrument_id, &self.orders),
        };
        assert!(is_submitted && placed.is_ok(), "it was asked for an obstacle before it was judged");
        self.note_end(id);
        self.share_changed(intent.strategy_id, instrument_id);
        let mut told = self.emulated(now, id, ExecutionType::Accepted);
        told.last_px = intent.trigger_price;
        self.tell_emulated(origin, told, output);
    }

    /// What the gate has to know of an order that is one of several: its alternatives do not trade beside it, and what
    /// it waits for has traded when it goes. Orders and notional that are open it counts all the same.
    pub(super) fn context_of_dependent(
        &mut self,
        now: UnixNanos,
        intent: &Intent,
        instrument_id: InstrumentId,
    ) -> Context {
        let context = self.context(now, intent, instrument_id);
        let mut beside = context;
        for id in self.held.alternatives_of(intent) {
            if let Some(other) = self.orders.get(id).filter(|other| !other.status().is_terminal()) {
                beside = without(beside, other);
            }
        }
        let parent = parent_id(intent).and_then(|id| self.orders.get(id));
        if let Some(parent) = parent.filter(|parent| !parent.status().is_terminal()) {
            beside = without(beside, parent);
            let traded = if parent.intent().side == Side::Buy { 1 } else { -1 } * parent.exposure_qty().0;
            beside.position = Quantity(beside.position.0.saturating_add(traded));
        }
        Context { open_orders: context.open_orders, open_notional: context.open_notional, ..beside }
    }

    /// A change of an order that is held is made at once, or refused. Of one that fired it is too late.
    pub(super) fn change_held(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        modify: &ModifyIntent,
        output: &mut Output,
    ) {
        let id = modify.client_order_id;
        let order = self.orders.get(id).expect("what is held stands in the table").clone();
        let is_next = order.next_revision().is_some_and(|next| modify.revision >= next);
        let can_change = self.held.is_waiting(id) && is_next && modify.terms.quantity.0 > 0;
        if !can_change {
            return self.refuse_change(origin, modify, local_reason::NOT_STANDING, output);
        }
        let context = self.context_of_dependent(now, order.intent(), order.instrument_id());
        let mut context = without(context, &order);
        context.scopes = self.scopes_of_change(now, &order, modify);
        if let Some(denial) = self.gate.check_held_change(&order, modify, &context) {
            return self.refuse_change(origin, modify, denial.code.into(), output);
        }
        let is_noted = self.orders.request_change(modify).is_some();
        assert!(is_noted, "it is the next change of an order that stands");
        self.held.on_changed(id, &modify.terms, order.intent().quantity);
        let mut told = self.emulated(now, id, ExecutionType::Updated);
        (told.price, told.last_px) = (modify.terms.price, modify.terms.trigger_price);
        (told.quantity, told.revision) = (modify.terms.quantity, modify.revision);
        self.tell_emulated(origin, told, output);
    }

    /// Ends an order that never left. That is told at once.
    pub(super) fn end_held(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        id: ClientOrderId,
        output: &mut Output,
    ) {
        let told = self.emulated(now, id, ExecutionType::Canceled);
        self.held.ended(id);
        self.tell_emulated(origin, told, output);
    }

    /// Ends each held order that may be no more.
    pub(super) fn end_held_forbidden(&mut self, now: UnixNanos, origin: Origin, output: &mut Output) {
        let next = |state: &State| -> Option<ClientOrderId> {
            let State { gate, orders, treasury, kills, presences, .. } = state;
            let forbidden = Forbidden { is_all_killed: gate.is_killed(), kills, treasury, presences };
            state.held.held().find(|id| orders.get(*id).is_some_and(|order| forbidden.covers(order)))
        };
        while let Some(id) = next(self) {
            self.end_held(now, origin, id, output);
        }
    }

    /// What is to be told of a held order as it stands.
    pub(super) fn emulated(
        &self,
        now: UnixNanos,
        id: ClientOrderId,
        execution: ExecutionType,
    ) -> ExecutionReport {
        let intent = self.orders.get(id).expect("what is held stands in the table").intent();
        let mut told = ExecutionReport::new(id, intent.side, execution, OrderStatus::Accepted);
        (told.tag, told.account_id, told.venue_at) = (intent.tag, intent.account_id, now);
        (told.price, told.quantity) = (intent.price, intent.quantity);
        (told.last_px, told.is_emulated, told.strategy_id) = (intent.trigger_price, 1, intent.strategy_id);
        told
    }

    /// Takes a report on a held order into the table, and tells it.
    pub(super) fn tell_emulated(&mut self, origin: Origin, mut told: ExecutionReport, output: &mut Output) {
        let Applied::Order(update) = self.orders.on_report(&told) else {
            unreachable!("what is held stands in the table, and its numbers are the gate's own")
        };
        let order = self.orders.get(told.client_order_id).expect("it was just applied to it");
        let instrument_id = order.instrument_id();
        (told.status, told.leaves_qty) = (update.status, order.leaves_qty());
        self.share_changed(told.strategy_id, instrument_id);
        output.tell(told.strategy_id, origin, instrument_id, &told);
    }

    /// What the market does, for the triggers that wait for it.
    pub(super) fn on_market(&mut self, record: &Record) -> Result<(), Malformed> {
        let instrument_id = record.header().instrument_id;
        let watched = self.instruments.get(instrument_id.index()).and_then(Option::as_ref);
        let Some(watched) = watched else { return Ok(()) };
        let heard = &mut self.market_scales[instrument_id.index()];
        // The book tells what the instrument is a little later, or earlier: until both say the same, prices of the one
        // mean nothing to orders of the other.
        let speaks_the_same = heard.is_none() || *heard == watched.scales;
        match record.header().kind() {
            Some(Kind::InstrumentDefinition) => {
                let definition = record.read::<InstrumentDefinition>()?;
                let rules = InstrumentRules::from(definition);
                *heard = Some((rules.price_scale, rules.quantity_scale, definition.contract_size));
            }
            Some(Kind::Trade) if speaks_the_same => {
                let price: Price = record.read::<Trade>()?.price;
                self.held.on_trade(instrument_id, price);
            }
            Some(Kind::MarkPrice) => {
                if let Some((price_scale, ..)) = watched.scales {
                    self.held.on_mark(instrument_id, record.read::<MarkPrice>()?, price_scale);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Records of a market channel were lost on the way here. Triggers are held against what comes next.
    pub(super) fn lose_market(&mut self, instrument_id: InstrumentId) {
        self.market_scales[instrument_id.index()] = None;
        self.held.lose_trades(instrument_id);
    }
}
