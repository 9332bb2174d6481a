//! The market data session of every venue: subscribes, asks for books and definitions, and hands on what it understood.
//!
//! ```text
//!   Opened    -> subscriptions                  Message -> fast decoder, else reference -> sync -> sink
//!   on_start  -> definitions                    Http    -> reference -> definition, or sync -> sink
//!   sync wants a book -> a request, paced       Closed  -> its books are no longer believed
//! ```
//!
//! A venue is a [`Protocol`]: what its words are. What is done with them stands here, once. Until the venue defines an
//! instrument, its scales are the configured ones, or else those of the digits seen, and widen when that is not enough.
//! A session takes its trades from one stream for each instrument: the one whose message comes first, so that a
//! recording of either of a venue's two can be played.

mod assumed;
mod bars;
mod decoded;
mod definitions;
mod derived;
mod due;
mod forming;
mod life;
pub mod limits;
mod line;
mod named;
mod protocol;
mod reader;
mod reading;
pub mod sample;
mod settings;
mod symbols;

use fulmar_bus::record::{
    FrameSource, InstrumentDefinition, InstrumentId, RequestKind, SyncReason, UnixNanos,
};
use fulmar_engine::contract::{Connection, InboundFrame, MarketSession, MarketSink, SessionCounters};

pub use assumed::{Assumed, AssumedValue, Assumption, messages_per_second};
pub use bars::BarNames;
pub use decoded::{BookMessage, Decoded, Derived, Mark, Message, ScaledPrice, Subject, TradeStream};
use definitions::Standing;
use derived::DerivedState;
use forming::FormingBars;
use life::Life;
use limits::VenueLimits;
pub use line::{Line, batches, lines_of, quoted_list};
pub use named::each_symbol_named;
pub use protocol::{Answer, Protocol, asked_for, hold_by_status};
pub use reader::{BookSide, Reader, standing, traded};
pub use reading::read_message;
pub use settings::{Environment, VenueEntry, VenueSettings};
pub use symbols::{InstrumentConfig, Symbols};

use crate::decode::Scales;
use crate::decode::json::Parser;
use crate::pacer::Pacer;
use crate::sync::BookSync;

/// The market data of one venue.
pub struct MarketData {
    protocol: Box<dyn Protocol>,
    limits: VenueLimits,
    symbols: Symbols,
    instruments: Vec<Instrument>,
    lines: Vec<Line>,
    decoded: Decoded,
    parser: Parser,
    /// A frame whose bare numbers were put in quotes.
    quoted: Vec<u8>,
    weight: Pacer,
    /// Of the messages of all connections, where the venue counts these together.
    messages: Option<Pacer>,
    /// When definitions are to be asked for again; none once all came.
    definitions_at: Option<UnixNanos>,
    definitions_asked_at: UnixNanos,
    /// No later than the earliest moment at which something is due.
    due_at: Option<UnixNanos>,
    counters: SessionCounters,
    /// Frames that came twice, by their number on the connection.
    frames_repeated: u64,
    /// Trades that came twice in a row: venues tell the last one anew to who subscribes.
    trades_repeated: u64,
}

struct Instrument {
    config: InstrumentConfig,
    definition: Option<InstrumentDefinition>,
    standing: Standing,
    sync: BookSync,
    /// Index of the connection that carries its book.
    line: usize,
    life: Life,
    trade_stream: Option<TradeStream>,
    /// The venue's number of the last trade, where it numbers them.
    last_trade_id: Option<u64>,
    derived: DerivedState,
    forming: FormingBars,
    /// The venue said that it does not trade it now.
    is_halted: bool,
}

impl MarketData {
    /// A session of these instruments.
    ///
    /// # Panics
    /// As [`Symbols::new`]; where the protocol plans no connection, or more than 256.
    pub fn new(protocol: Box<dyn Protocol>, instruments: &[InstrumentConfig]) -> Self {
        let limits = protocol.limits();
        let lines = protocol.lines(instruments);
        assert!(!lines.is_empty() && lines.len() <= 256, "a session has connections, and few");
        let sync_of = |config: &InstrumentConfig| {
            BookSync::new(config.instrument_id, protocol.rule(), protocol.proof())
        };
        let instrument = |(place, config): (usize, &InstrumentConfig)| Instrument {
            config: config.clone(),
            definition: None,
            standing: Standing::Presumed,
            sync: sync_of(config),
            line: lines.iter().position(|line| line.books.contains(&place)).unwrap_or(0),
            life: Life::default(),
            trade_stream: None,
            last_trade_id: None,
            derived: DerivedState::default(),
            forming: FormingBars::default(),
            is_halted: false,
        };
        MarketData {
            symbols: Symbols::new(instruments),
            instruments: instruments.iter().enumerate().map(instrument).collect(),
            decoded: Decoded::new(limits.levels_max),
            parser: Parser::new(definitions::quoted_max(limits.message_bytes_max)),
            quoted: Vec::new(),
            weight: Pacer::new(limits.weight_interval, limits.weight_burst),
            messages: protocol.counts_messages_by_address().then(|| Pacer::new(limits.message_interval, 1)),
            definitions_at: None,
            definitions_asked_at: UnixNanos(0),
            due_at: None,
            counters: SessionCounters::default(),
            frames_repeated: 0,
            trades_repeated: 0,
            protocol,
            limits,
            lines,
        }
    }
}

impl MarketSession for MarketData {
    fn venue(&self) -> &'static str {
        self.protocol.venue()
    }

    fn connections(&self) -> Vec<Connection> {
        let connection =
            |(index, line): (usize, &Line)| Connection { index: connection_of(index), url: line.url.clone() };
        self.lines.iter().enumerate().map(connection).collect()
    }

    fn book_levels_max(&self) -> usize {
        self.limits.levels_max.min(limits::BOOK_LEVELS_MAX)
    }

    fn on_start(&mut self, now: UnixNanos, sink: &mut dyn MarketSink) {
        self.ask_definitions(now, sink);
    }

    fn on_frame(&mut self, now: UnixNanos, frame: InboundFrame<'_>, sink: &mut dyn MarketSink) {
        // A recording of others may number its connections in its own way.
        let line = usize::from(frame.connection).min(self.lines.len() - 1);
        match frame.source {
            FrameSource::Message => self.on_message(now, line, frame.bytes, sink),
            FrameSource::Http => self.on_answer(now, frame.status, frame.bytes, sink),
            FrameSource::Opened => self.on_opened(now, line, sink),
            FrameSource::Closed => self.on_closed(now, line, sink),
        }
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.due_at
    }

    fn on_time(&mut self, now: UnixNanos, sink: &mut dyn MarketSink) {
        self.due_at = None;
        for index in 0..self.instruments.len() {
            self.ask_if_due(now, index, sink);
        }
        if self.definitions_at.is_some_and(|at| at <= now) {
            self.ask_definitions(now, sink);
        }
        self.definitions_at.into_iter().for_each(|at| self.wake_at(at));
        for line in 0..self.lines.len() {
            self.reconnect_if_idle(now, line, sink);
            self.leave_again_if_due(now, line, sink);
            self.ping_if_due(now, line, sink);
        }
    }

    fn resync(
        &mut self,
        now: UnixNanos,
        instrument_id: InstrumentId,
        reason: SyncReason,
        sink: &mut dyn MarketSink,
    ) {
        if let Some(index) = self.symbols.find_id(instrument_id) {
            self.break_off(now, index, reason, sink);
        }
    }

    fn counters(&self) -> &SessionCounters {
        &self.counters
    }

    fn tell_counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        tell("frames_repeated", self.frames_repeated);
        tell("trades_repeated", self.trades_repeated);
        self.instruments.iter().for_each(|instrument| instrument.sync.counters().tell(tell));
    }
}

/// Frames, by their source.
impl MarketData {
    fn on_message(&mut self, now: UnixNanos, line: usize, bytes: &mut [u8], sink: &mut dyn MarketSink) {
        self.lines[line].state.heard_at = Some(now);
        self.decoded.clear();
        let read = match self.protocol.decode(bytes, &self.symbols, &mut self.decoded) {
            Some(()) => Ok(()),
            None => self.read(now, bytes, sink),
        };
        // A frame that nobody can read may still say which of its connection it is.
        match (read, self.is_next_of_line(now, line, sink)) {
            (Ok(()), true) => {
                self.counters.ignored_frames += u64::from(self.decoded.is_unused());
                self.deliver(now, line, sink);
            }
            (Ok(()), false) => {}
            (Err(error), true) => self.on_unreadable(now, line, error, sink),
            (Err(error), false) => self.counters.count(error),
        }
    }

    /// Hands on what the frame says, each message in its turn.
    fn deliver(&mut self, now: UnixNanos, line: usize, sink: &mut dyn MarketSink) {
        for place in 0..self.decoded.messages.len() {
            match self.decoded.messages[place] {
                Message::Book(message) => {
                    let update = self.decoded.update(&message);
                    let Instrument { sync, life, .. } = &mut self.instruments[message.symbol];
                    if message.is_snapshot {
                        sync.on_stream_snapshot(now, message.span, update, sink);
                        life.on_book();
                    } else if sync.on_update(now, message.span, update, sink) {
                        life.on_book();
                    }
                    if message.is_snapshot {
                        self.relist(message.symbol, "its book came", sink);
                    }
                    self.ask_if_due(now, message.symbol, sink);
                }
                Message::Trade { symbol, stream, trade } => {
                    let Instrument { trade_stream, last_trade_id, config, life, .. } =
                        &mut self.instruments[symbol];
                    let id = Some(trade.trade_id).filter(|id| *id != 0);
                    if *trade_stream.get_or_insert(stream) != stream {
                        self.counters.ignored_frames += 1;
                    } else if std::mem::replace(last_trade_id, id) == id && id.is_some() {
                        self.trades_repeated += 1;
                    } else {
                        sink.trade(config.instrument_id, &trade);
                        let is_stalled = life.on_trade(now);
                        self.restart_book_if(is_stalled, now, symbol, sink);
                    }
                }
                Message::Top { symbol, top } => {
                    sink.top(self.symbols.instrument_id(symbol), &top);
                    let is_stalled = self.instruments[symbol].life.on_top(now, &top);
                    self.restart_book_if(is_stalled, now, symbol, sink);
                }
                Message::Derived { symbol, derived } => self.on_derived(symbol, &derived, sink),
                Message::Bar { symbol, bar } => sink.bar(self.symbols.instrument_id(symbol), &bar),
                Message::Forming { symbol, bar, is_past } => {
                    let id = self.symbols.instrument_id(symbol);
                    self.instruments[symbol].forming.take(id, &bar, is_past, sink);
                }
                Message::Depth { symbol, depth } => self.instruments[symbol].sync.set_depth(depth),
                Message::Closing => self.leave_line(now, line, "the venue is about to close it", sink),
                Message::Refused => self.counters.venue_refusals += 1,
            }
        }
        if !self.decoded.definitions.is_empty() || !self.decoded.statuses.is_empty() {
            let told = std::mem::take(&mut self.decoded);
            self.take_definitions(now, &told, sink);
            self.decoded = told;
        }
    }

    /// False where the frame is not the next of its connection, and so not to be used. Where frames are missing, no
    /// book of the connection is believed, and it is opened anew.
    fn is_next_of_line(&mut self, now: UnixNanos, line: usize, sink: &mut dyn MarketSink) -> bool {
        let Some(sequence) = self.decoded.sequence else {
            return true;
        };
        match self.lines[line].state.sequence.replace(sequence) {
            None => true,
            Some(last) if sequence == last.wrapping_add(1) => true,
            Some(last) if sequence == last => {
                self.frames_repeated += 1;
                false
            }
            Some(_) => {
                self.give_up_line(now, line, (SyncReason::Gap, "frames are missing"), sink);
                false
            }
        }
    }

    fn on_answer(&mut self, now: UnixNanos, status: u16, bytes: &mut [u8], sink: &mut dyn MarketSink) {
        let path_end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (path, rest) = bytes.split_at_mut(path_end);
        let body = rest.get_mut(1..).unwrap_or_default();
        let until = self.protocol.hold_until(now, status, body);
        self.counters.venue_refusals += u64::from(status != 200 || until.is_some());
        until.into_iter().for_each(|until| self.weight.hold(until));
        let path = std::str::from_utf8(path).unwrap_or_default();
        match self.protocol.answer(path) {
            Answer::Snapshot(symbol) => match self.symbols.find(symbol.as_bytes()) {
                Some(index) => self.on_snapshot(now, index, (status, body), sink),
                None => self.counters.ignored_frames += 1,
            },
            Answer::Definitions => self.on_definitions(now, path, (status, body), sink),
            Answer::Other => self.counters.ignored_frames += 1,
        }
    }

    fn on_opened(&mut self, now: UnixNanos, line: usize, sink: &mut dyn MarketSink) {
        let state = &mut self.lines[line].state;
        (state.heard_at, state.sequence, state.left_at) = (Some(now), None, None);
        let mut sent_at = now;
        for place in 0..self.lines[line].subscriptions.len() {
            let delay = self.take_message(now, line);
            sent_at = now + delay;
            let message = self.lines[line].subscriptions[place].as_bytes();
            sink.request(connection_of(line), RequestKind::Send, delay, message);
        }
        for place in 0..self.lines[line].books.len() {
            let index = self.lines[line].books[place];
            let Instrument { sync, life, .. } = &mut self.instruments[index];
            *life = Life::default();
            if sync.has_begun() && self.protocol.rule().is_streamed() {
                // Its end was not told: whatever came between is lost.
                sync.on_closed(now, SyncReason::Disconnected, sink);
            }
            sync.on_opened(now, sent_at);
            self.ask_if_due(now, index, sink);
        }
        let idle_at = now + self.idle_max(line);
        self.wake_at(idle_at);
        if let Some((_, interval)) = self.limits.ping {
            self.lines[line].state.ping_at = Some(now + interval);
            self.wake_at(now + interval);
        }
    }

    fn on_closed(&mut self, now: UnixNanos, line: usize, sink: &mut dyn MarketSink) {
        let line = &mut self.lines[line];
        line.state = line::LineState::default();
        for index in &line.books {
            self.instruments[*index].sync.on_closed(now, SyncReason::Disconnected, sink);
        }
    }
}

impl Instrument {
    /// The scales to begin with where the venue said none: the configured ones, else those of the `digits` seen.
    fn first_scales(&self, digits: Scales) -> Scales {
        Scales {
            price: self.config.price_scale.unwrap_or(digits.price),
            quantity: self.config.quantity_scale.unwrap_or(digits.quantity),
        }
    }

    fn is_unlisted(&self) -> bool {
        matches!(self.standing, Standing::Unlisted(_))
    }

    fn is_inferred(&self) -> bool {
        self.definition.is_none_or(|definition| definition.is_inferred == 1)
    }
}

/// The definition of an instrument of which no more is known than the scales that its numbers need.
pub fn inferred(protocol: &dyn Protocol, symbol: &str, scales: Scales) -> InstrumentDefinition {
    let contract = protocol.contract(symbol);
    InstrumentDefinition::inferred((protocol.venue(), symbol), contract, (scales.price, scales.quantity))
}

/// The index of a connection, as the engine numbers it.
fn connection_of(line: usize) -> u8 {
    u8::try_from(line).expect("a session has at most 256 connections")
}
