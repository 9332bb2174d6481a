//! Order entry on spot and on USD-margined futures, over the venue's WebSocket API: one session, two dialects.
//!
//! ```text
//!   Opened -> time -> session.logon                  an Ed25519 key, whose login vouches for its connection
//!                  -> userDataStream.subscribe       spot: what becomes of orders comes on the same connection
//!                     listenKey, a second connection   futures
//!          -> reconciliation: open orders, trades, balances, positions -> ready
//!   submit -> order.place  -> answer, events...      no answer, an error that does not say,
//!   cancel -> order.cancel -> answer, events           or a lost connection -> Unknown
//!   all    -> openOrders.cancelAll, events           -> order.status until the venue says,
//!                                                       its trades where more traded than was told
//! ```
//!
//! An order is named by its client order id alone, in requests and in the ids of their answers, so nothing has to be
//! kept to understand an answer; what somebody else sent is named by the venue's number of it. No order is ever sent
//! twice: what is not known is asked for. An order that the venue says does not exist was rejected only once it can no
//! longer arrive.

mod account;
mod cancel_all;
mod change;
mod clock;
mod dead_man;
mod due;
mod encode;
mod errors;
mod http;
mod inbound;
mod listen_key;
mod login;
pub mod name;
mod open_orders;
mod positions;
mod reconcile;
mod replace;
mod request;
#[cfg(test)]
mod tests;
pub mod translate;

use fulmar_bus::record::{
    CancelAll, CancelOrder, ClientOrderId, ExecutionReport, ExecutionType, FrameSource, InstrumentDefinition,
    InstrumentId, ModifyOrder, Nanos, Order, OrderStatus, RequestKind, UnixNanos,
};
use fulmar_engine::contract::{
    Connection, DecodeError, InboundFrame, OrderSession, OrderSink, SessionCounters,
};
use fulmar_engine::trading::risk::Approved;

use super::config::{BinanceConfig, Product};
use super::credentials::KeyKind;
use super::limits::{
    ANSWER_MAX, CANCEL_RESERVE_SHARE, MESSAGE_BYTES_MAX, OrderWeights, SPOT_WEIGHTS, USD_MARGINED_WEIGHTS,
    weight_burst, weight_interval,
};
use crate::decode::Scales;
use crate::decode::json::Parser;
use crate::pacer::Pacer;
use account::Balances;
use clock::VenueClock;
use dead_man::DeadMan;
use encode::Tradable;
use listen_key::{ListenKey, STREAM};
use login::Line;
use name::OrderName;
use open_orders::{OpenOrder, OpenOrders};
use positions::Positions;
use reconcile::Reconciliation;
use request::RequestWriter;

/// The order entry of one account on Binance spot, or on its USD-margined futures.
pub struct BinanceOrderEntry {
    product: Product,
    url: String,
    /// What stands before `/ws/` and a listen key.
    stream_url: String,
    /// What is defined, by [`InstrumentId`] as an index.
    instruments: Vec<Option<Tradable>>,
    orders: OpenOrders,
    writer: RequestWriter,
    parser: Parser,
    weight: Pacer,
    weights: &'static OrderWeights,
    /// Weight that orders leave to cancels and queries.
    cancel_reserve: u64,
    /// What one of the weight limit costs in time.
    weight_interval: Nanos,
    /// No new order leaves before; the venue wants fewer.
    orders_held_until: UnixNanos,
    clock: VenueClock,
    line: Line,
    /// The venue does not let us trade.
    is_halted: bool,
    reconciliation: Reconciliation,
    balances: Balances,
    positions: Positions,
    listen_key: ListenKey,
    dead_man: DeadMan,
    /// No later than the earliest moment at which something is due.
    due_at: Option<UnixNanos>,
    counters: SessionCounters,
}

type Handled = Result<(), DecodeError>;

impl BinanceOrderEntry {
    /// The order entry that `config` names, for the owner of a key of this kind.
    ///
    /// # Panics
    /// Where the product is coin-margined.
    pub fn new(config: &BinanceConfig, key: KeyKind) -> Self {
        assert_ne!(
            config.product,
            Product::CoinMargined,
            "order entry speaks of spot and USD-margined futures"
        );
        let is_futures = config.product.is_futures();
        let per_minute = config.weight_per_minute;
        BinanceOrderEntry {
            product: config.product,
            url: config.order_url.clone(),
            stream_url: format!("{}{}", config.stream_url.trim_end_matches('/'), config.user_path),
            instruments: Vec::new(),
            orders: OpenOrders::new(),
            writer: RequestWriter::new(config.product, key),
            parser: Parser::new(MESSAGE_BYTES_MAX),
            weight: Pacer::new(weight_interval(per_minute), weight_burst(per_minute)),
            weights: if is_futures { &USD_MARGINED_WEIGHTS } else { &SPOT_WEIGHTS },
            cancel_reserve: u64::from(weight_burst(per_minute)) / CANCEL_RESERVE_SHARE,
            weight_interval: weight_interval(per_minute),
            orders_held_until: UnixNanos(0),
            clock: VenueClock::default(),
            line: Line::Closed,
            is_halted: false,
            reconciliation: Reconciliation::new(),
            balances: Balances::new(),
            positions: Positions::new(),
            listen_key: ListenKey::default(),
            dead_man: DeadMan::new(),
            due_at: None,
            counters: SessionCounters::default(),
        }
    }

    fn cancel_by_name(
        &mut self,
        now: UnixNanos,
        (instrument_id, id): (InstrumentId, ClientOrderId),
        sink: &mut dyn OrderSink,
    ) {
        let adopted = OpenOrder::adopted(id, instrument_id, now);
        let Some(tradable) = self.tradable(instrument_id) else {
            return sink
                .report(instrument_id, &adopted.report(ExecutionType::CancelRejected, OrderStatus::Unknown));
        };
        if self.orders.get_mut(id).is_none() {
            self.orders.insert(adopted);
        }
        let delay = self.weight.take(now, self.weights.order);
        if let Some(order) = self.orders.get_mut(id) {
            (order.is_cancel_wanted, order.is_swept) = (true, false);
            order.check_at = Some(now + delay + ANSWER_MAX);
        }
        let name = self.orders.get_mut(id).map_or(OrderName::of(id), |order| order.name());
        let bytes = encode::cancel(&mut self.writer, self.clock.at(now + delay), name, &tradable);
        sink.request(0, RequestKind::Send, delay, bytes);
        self.wake_at(now + delay + ANSWER_MAX);
    }
}

impl OrderSession for BinanceOrderEntry {
    fn venue(&self) -> &'static str {
        self.product.venue()
    }

    fn connections(&self) -> Vec<Connection> {
        let mut connections = vec![Connection { index: 0, url: self.url.clone() }];
        if self.product.is_futures() {
            connections.push(Connection { index: STREAM, url: String::new() });
        }
        connections
    }

    fn define(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) {
        if definition.venue.as_str() != self.venue() {
            return;
        }
        let index = instrument_id.index();
        if self.instruments.len() <= index {
            self.instruments.resize(index + 1, None);
        }
        if self.instruments[index].is_none() {
            self.reconciliation.include(index);
            self.positions.include(index);
            self.dead_man.include(index);
            self.balances.expect(definition.base);
            self.balances.expect(definition.quote);
            // What stands of it is asked for before an order of it leaves.
            if self.line == Line::Ready {
                self.line = Line::Reconciling;
            }
            self.wake_at(UnixNanos(0));
        }
        let scales = Scales { price: definition.price_scale, quantity: definition.quantity_scale };
        self.instruments[index] = Some(Tradable { symbol: definition.symbol, scales });
        // What was asked of an earlier boot before the instrument was known is asked for now.
        if self.orders.ask_for_unknown_of(instrument_id) {
            self.wake_at(UnixNanos(0));
        }
    }

    fn is_ready(&self) -> bool {
        self.line == Line::Ready && !self.is_halted
    }

    fn has_budget(&self, now: UnixNanos) -> bool {
        self.orders_held_until <= now && self.weight.has_room(now, self.cancel_reserve)
    }

    fn submit(&mut self, now: UnixNanos, order: &Approved<Order>, sink: &mut dyn OrderSink) {
        let (intent, instrument_id) = (&order.payload().intent, order.instrument_id());
        let open = OpenOrder::sent(intent, instrument_id, now);
        match self.tradable(instrument_id) {
            Some(tradable) if self.orders.insert(open) => {
                // What is over its budget was rejected before it came here.
                self.weight.take(now, self.weights.order);
                self.arm(now, instrument_id);
                sink.request(
                    0,
                    RequestKind::Send,
                    Nanos(0),
                    encode::place(&mut self.writer, self.clock.at(now), intent, &tradable),
                );
                self.wake_at(now + ANSWER_MAX);
            }
            _ => sink.report(instrument_id, &open.report(ExecutionType::Rejected, OrderStatus::Rejected)),
        }
    }

    fn change(&mut self, now: UnixNanos, change: &Approved<ModifyOrder>, sink: &mut dyn OrderSink) {
        self.send_change(now, change, sink);
    }

    fn cancel(&mut self, now: UnixNanos, cancel: &Approved<CancelOrder>, sink: &mut dyn OrderSink) {
        self.cancel_by_name(now, (cancel.instrument_id(), cancel.payload().client_order_id), sink);
    }

    fn cancel_all(&mut self, now: UnixNanos, all: &Approved<CancelAll>, sink: &mut dyn OrderSink) {
        self.send_cancel_all(now, all.instrument_id(), sink);
    }

    fn inquire(
        &mut self,
        now: UnixNanos,
        instrument_id: InstrumentId,
        question: &ExecutionReport,
        sink: &mut dyn OrderSink,
    ) {
        if !self.orders.insert(OpenOrder::inquired(question, instrument_id, now)) {
            tracing::error!(
                "{}: there is no room to ask for order {}",
                self.venue(),
                question.client_order_id
            );
        }
        self.ask_for_due(now, sink);
    }

    fn on_frame(&mut self, now: UnixNanos, frame: InboundFrame<'_>, sink: &mut dyn OrderSink) {
        match frame.source {
            FrameSource::Opened if frame.connection == STREAM => self.on_stream_opened(now, sink),
            FrameSource::Closed if frame.connection == STREAM => self.on_stream_lost(now, sink),
            FrameSource::Opened => self.on_opened(now, sink),
            FrameSource::Closed => self.on_closed(sink),
            FrameSource::Message => {
                let handled = self.on_message(now, frame.bytes, sink);
                handled.unwrap_or_else(|error| self.counters.count(error));
            }
            FrameSource::Http => {
                let handled = self.on_http(now, frame, sink);
                handled.unwrap_or_else(|error| self.counters.count(error));
            }
        }
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.due_at
    }

    fn on_time(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        self.ask_for_due(now, sink);
        self.due_at = self.orders.due_at();
        self.keep_line(now, sink);
        self.keep_reconciled(now, sink);
        self.keep_listen_key(now, sink);
        self.keep_armed(now, sink);
    }

    fn counters(&self) -> &SessionCounters {
        &self.counters
    }
}
