//! What a venue's order entry promises: approved orders to bytes, bytes to reports.

use fulmar_bus::record::{
    BalanceStatement, CancelAll, CancelOrder, ExecutionReport, InstrumentDefinition, InstrumentId,
    ModifyOrder, Nanos, Order, PositionStatement, RequestKind, UnixNanos,
};

use super::session::{Connection, InboundFrame, SessionCounters};
use crate::trading::risk::Approved;

/// The order entry of one venue and account. As a market session it owns no socket, no clock and no thread.
///
/// What it must hold: an order whose fate is not known (a timeout, a lost connection, an error that does not say) is
/// reported as Unknown, which is not a rejection, and is settled by a query on its client order id, never by resending.
pub trait OrderSession: Send {
    /// The venue's name, such as `binance-spot`.
    fn venue(&self) -> &'static str;

    /// The connections that it needs, in the order of their index.
    fn connections(&self) -> Vec<Connection>;

    /// An instrument is this from now on; orders are written at its scales.
    fn define(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition);

    /// True once orders can be sent: connected, logged in, subscribed to its own reports.
    fn is_ready(&self) -> bool;

    /// True where the venue's limits have room for one more order now, with enough left to cancel what stands. An order
    /// that finds none is rejected before it leaves.
    fn has_budget(&self, _now: UnixNanos) -> bool {
        true
    }

    /// Sends an order. The one thing that can be sent is what the risk gate approved.
    fn submit(&mut self, now: UnixNanos, order: &Approved<Order>, sink: &mut dyn OrderSink);

    /// Changes an order. Its answer names the change's revision: `Updated` with the order's terms, or
    /// `UpdateRejected`. Where the venue cannot change an order so, it is refused at once, with
    /// [`local_reason::NOT_CHANGEABLE`].
    fn change(&mut self, now: UnixNanos, change: &Approved<ModifyOrder>, sink: &mut dyn OrderSink);

    /// Cancels an order.
    fn cancel(&mut self, now: UnixNanos, cancel: &Approved<CancelOrder>, sink: &mut dyn OrderSink);

    /// Cancels all that the account has on an instrument, in one request. What becomes of each order is reported as if
    /// it had been canceled by itself, and one that the request did not end is settled by its name. Where it knows of
    /// an order there that is not ours, or does not know what stands, it cancels ours one by one instead.
    fn cancel_all(&mut self, now: UnixNanos, all: &Approved<CancelAll>, sink: &mut dyn OrderSink);

    /// Asks what became of an order of an earlier boot, which may have left then: it is to be reported as any order
    /// whose fate is not known, and so settled by a query. Of a venue that cannot be asked nothing is known.
    fn inquire(
        &mut self,
        _now: UnixNanos,
        instrument_id: InstrumentId,
        question: &ExecutionReport,
        sink: &mut dyn OrderSink,
    ) {
        sink.report(instrument_id, question);
    }

    /// Takes one frame. Everything that it causes is told to `sink` before it returns.
    fn on_frame(&mut self, now: UnixNanos, frame: InboundFrame<'_>, sink: &mut dyn OrderSink);

    /// The moment at which it wants [`OrderSession::on_time`], if any.
    fn due_at(&self) -> Option<UnixNanos>;

    /// Does what was due: answers that did not come, queries.
    fn on_time(&mut self, now: UnixNanos, sink: &mut dyn OrderSink);

    /// What it counted so far.
    fn counters(&self) -> &SessionCounters;
}

/// Why an order was rejected, or not changed, here and not by the venue: [`ExecutionReport::reason`].
pub mod local_reason {
    /// The session is not logged in, or has lost its connection.
    pub const NOT_READY: i32 = -900_001;
    /// The transport has not taken what was sent before.
    pub const OUTBOUND_FULL: i32 = -900_002;
    /// One more would pass the venue's limits, which are what cancels need too.
    pub const VENUE_LIMIT: i32 = -900_003;
    /// The venue cannot make such a change.
    pub const NOT_CHANGEABLE: i32 = -900_004;
    /// The order is done, or another change of it is on its way.
    pub const NOT_STANDING: i32 = -900_005;
}

/// Why a venue rejected an order, or did not change or cancel it, where a strategy can use it whatever the venue:
/// [`ExecutionReport::reason`]. Of other refusals the reason is the venue's own number.
pub mod venue_reason {
    /// The account has not enough, or not enough margin.
    pub const INSUFFICIENT_BALANCE: i32 = -900_101;
    /// The order must not take, and would have.
    pub const WOULD_TAKE: i32 = -900_102;
    /// Its price, its quantity or its worth is not what the venue allows.
    pub const FILTER: i32 = -900_103;
    /// The key may not trade, or not this.
    pub const NOT_PERMITTED: i32 = -900_104;
    /// The instrument is not traded now.
    pub const MARKET_CLOSED: i32 = -900_105;
    /// It may only bring the position nearer to zero, and would not.
    pub const NOT_REDUCING: i32 = -900_106;
}

/// Where an order session tells what became of orders, and gives the bytes that are to go out.
pub trait OrderSink {
    /// What became of an order. Of one that was not sent from here, what the first report says had traded before it is
    /// history; the trades that are still to be told are not in it.
    fn report(&mut self, instrument_id: InstrumentId, report: &ExecutionReport);

    /// What the venue says that the account has of an asset.
    fn balance(&mut self, told: &BalanceStatement);

    /// What the venue says that the account holds of a derivative. Where it holds nothing of one that was told before,
    /// that is told too.
    fn position(&mut self, instrument_id: InstrumentId, told: &PositionStatement);

    /// Bytes that are to go to the venue, at once or after a delay.
    fn request(&mut self, connection: u8, kind: RequestKind, delay: Nanos, bytes: &[u8]);
}
