//! What a venue's market data promises: bytes in, proven records out.

use fulmar_bus::record::{
    Bar, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Level, MarkPrice, Nanos, RequestKind,
    SyncChange, SyncReason, TopOfBook, Trade, UnixNanos,
};

use super::session::{Connection, InboundFrame, SessionCounters};

/// The market data of one venue: a translator with one sync state machine an instrument. It owns no socket, no clock
/// and no thread, so the live wire, a capture and the simulated venue drive the same code.
///
/// What it must hold:
/// - levels reach the sink only while they are proven: a snapshot first, then every update in the venue's order;
/// - a break of continuity is told as [`SyncChange`] in the same call, and nothing of that book follows until a new
///   snapshot joined the stream; a snapshot replaces, never merges;
/// - one instrument's trouble never touches another's, and one that the venue does not know is told as such;
/// - what cannot be read, and may have been an update, breaks off every book that it may have been one of;
/// - what cannot be read is counted by name; no input makes it panic, and none makes it allocate without limit.
pub trait MarketSession: Send {
    /// The venue's name, such as `binance-spot`.
    fn venue(&self) -> &'static str;

    /// The connections that it needs, in the order of their index.
    fn connections(&self) -> Vec<Connection>;

    /// Levels of a side of the largest book that it tells at once: what the channel of an instrument must hold.
    fn book_levels_max(&self) -> usize {
        5_000
    }

    /// Called once before any frame: asks for what it needs to begin, such as definitions.
    fn on_start(&mut self, now: UnixNanos, sink: &mut dyn MarketSink);

    /// Takes one frame. Everything that it causes is told to `sink` before it returns.
    fn on_frame(&mut self, now: UnixNanos, frame: InboundFrame<'_>, sink: &mut dyn MarketSink);

    /// The moment at which it wants [`MarketSession::on_time`], if any.
    fn due_at(&self) -> Option<UnixNanos>;

    /// Does what was due: snapshot retries, idle checks.
    fn on_time(&mut self, now: UnixNanos, sink: &mut dyn MarketSink);

    /// The engine stopped believing in a book (a lost record, a crossed book, a checksum): sync it anew.
    fn resync(
        &mut self,
        now: UnixNanos,
        instrument_id: InstrumentId,
        reason: SyncReason,
        sink: &mut dyn MarketSink,
    );

    /// What it counted so far.
    fn counters(&self) -> &SessionCounters;

    /// Tells, by name, what it counted beyond [`MarketSession::counters`]: what its books did not use, and why.
    fn tell_counters(&self, _tell: &mut dyn FnMut(&'static str, u64)) {}
}

/// Where a session tells what it understood. The feed actor makes records of it.
pub trait MarketSink {
    /// The instrument is this from now on. Comes before anything else of the instrument.
    fn definition(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition);

    /// The venue does not know the instrument, or does not trade it now, or does again: the one thing that may come
    /// before a definition. From then on the gate denies its orders, or lets them pass again. A session has no log;
    /// whoever watches the market channels says it to the operator.
    fn status(&mut self, instrument_id: InstrumentId, status: &InstrumentStatus);

    /// A trade.
    fn trade(&mut self, instrument_id: InstrumentId, trade: &Trade);

    /// The venue's own best bid and ask.
    fn top(&mut self, instrument_id: InstrumentId, top: &TopOfBook);

    /// What holding the instrument costs, whenever the venue says it.
    fn funding(&mut self, instrument_id: InstrumentId, funding: &Funding);

    /// The prices that the venue computes for the instrument.
    fn mark_price(&mut self, instrument_id: InstrumentId, mark_price: &MarkPrice);

    /// A bar of the venue's own making, once it is closed and no more. The bars that the engine makes of trades are
    /// others, and told elsewhere.
    fn bar(&mut self, instrument_id: InstrumentId, bar: &Bar);

    /// The whole book, replacing what was known.
    fn snapshot(&mut self, instrument_id: InstrumentId, update: Update<'_>);

    /// Absolute quantities of some levels, next in order.
    fn levels(&mut self, instrument_id: InstrumentId, update: Update<'_>);

    /// How far the book can be believed from now on.
    fn sync(&mut self, instrument_id: InstrumentId, change: &SyncChange);

    /// Bytes that are to go to the venue, at once or after a delay.
    fn request(&mut self, connection: u8, kind: RequestKind, delay: Nanos, bytes: &[u8]);
}

/// Levels and the state that the book is in once they are applied.
#[derive(Clone, Copy, Debug)]
pub struct Update<'a> {
    /// The venue's number of that state.
    pub update_id: u64,
    /// When the venue says that it held, zero where it does not say.
    pub venue_at: UnixNanos,
    /// Bid levels, in the venue's order.
    pub bids: &'a [Level],
    /// Ask levels, in the venue's order.
    pub asks: &'a [Level],
    /// The venue's own checksum of the book, once they are applied, was ours.
    pub is_proven: bool,
}
