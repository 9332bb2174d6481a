//! The market data session: subscribes, asks for snapshots and definitions, and hands on what it understood.
//!
//! ```text
//!   Opened    -> subscriptions                         Message -> wire, else slow -> sync -> sink
//!   on_start  -> exchangeInfo                          Http    -> slow -> definition, or sync -> sink
//!   sync wants a snapshot -> depth?symbol=..., paced   Closed  -> its books are no longer believed
//! ```
//!
//! Until the venue defines an instrument, its scales are the configured ones, or else those of the digits seen, and
//! widen when that is not enough. A session takes its trades from one of the venue's two trade streams for each
//! instrument: the one whose message comes first, so that a recording of either can be played.

mod definitions;
mod due;
mod reading;

use fulmar_bus::record::{
    FrameSource, InstrumentDefinition, InstrumentId, Nanos, RequestKind, SyncReason, UnixNanos,
};
use fulmar_engine::contract::{Connection, InboundFrame, MarketSession, MarketSink, SessionCounters};

use super::config::{BinanceConfig, InstrumentConfig, Product, TradeStream};
use super::definitions::banned_until;
use super::limits::{BANNED_WAIT, BANNED_WAIT_MAX, MESSAGE_BYTES_MAX, MESSAGE_INTERVAL, REFUSED_WAIT};
use super::streams::{PlannedConnection, plan};
use super::symbols::Symbols;
use super::wire::{self, DepthUpdate, Message};
use super::{limits, translate};
use crate::decode::Scales;
use crate::decode::json::Parser;
use crate::pacer::Pacer;
use crate::sync::BookSync;
use definitions::Standing;

/// The market data of Binance spot or USD-margined futures.
pub struct BinanceMarketData {
    product: Product,
    symbols: Symbols,
    instruments: Vec<Instrument>,
    lines: Vec<Line>,
    depth: DepthUpdate,
    parser: Parser,
    weight: Pacer,
    book_idle_max: Nanos,
    path: String,
    /// When definitions are to be asked for again; none once all came.
    definitions_at: Option<UnixNanos>,
    definitions_asked_at: UnixNanos,
    /// No later than the earliest moment at which something is due.
    due_at: Option<UnixNanos>,
    counters: SessionCounters,
}

struct Instrument {
    config: InstrumentConfig,
    definition: Option<InstrumentDefinition>,
    standing: Standing,
    sync: BookSync,
    /// Index of the connection that carries its book.
    connection: u8,
    trade_stream: Option<TradeStream>,
}

/// A connection and whether it lives.
struct Line {
    planned: PlannedConnection,
    /// When it last said something; none while it is not open.
    heard_at: Option<UnixNanos>,
}

impl BinanceMarketData {
    /// A session of these instruments.
    ///
    /// # Panics
    /// As [`Symbols::new`].
    pub fn new(config: &BinanceConfig) -> Self {
        let product = config.product;
        let lines: Vec<Line> =
            plan(config).into_iter().map(|planned| Line { planned, heard_at: None }).collect();
        let connection_of = |place: usize| {
            let line = lines.iter().find(|line| line.planned.books.contains(&place));
            line.map_or(0, |line| line.planned.connection.index)
        };
        let instruments = config.instruments.iter().enumerate().map(|(place, config)| Instrument {
            config: config.clone(),
            definition: None,
            standing: Standing::Presumed,
            sync: BookSync::new(config.instrument_id, product.sync_rule()),
            connection: connection_of(place),
            trade_stream: None,
        });
        BinanceMarketData {
            product,
            symbols: Symbols::new(&config.instruments),
            instruments: instruments.collect(),
            lines,
            depth: DepthUpdate::new(),
            parser: Parser::new(MESSAGE_BYTES_MAX),
            weight: product.weight_pacer(),
            book_idle_max: config.book_idle_max,
            path: String::with_capacity(fulmar_bus::record::Request::BYTES_MAX),
            definitions_at: None,
            definitions_asked_at: UnixNanos(0),
            due_at: None,
            counters: SessionCounters::default(),
        }
    }
}

impl MarketSession for BinanceMarketData {
    fn venue(&self) -> &'static str {
        self.product.venue()
    }

    fn connections(&self) -> Vec<Connection> {
        self.lines.iter().map(|line| line.planned.connection.clone()).collect()
    }

    fn on_start(&mut self, now: UnixNanos, sink: &mut dyn MarketSink) {
        self.ask_definitions(now, sink);
    }

    fn on_frame(&mut self, now: UnixNanos, frame: InboundFrame<'_>, sink: &mut dyn MarketSink) {
        match frame.source {
            FrameSource::Message => self.on_message(now, frame.connection, frame.bytes, sink),
            FrameSource::Http => self.on_answer(now, frame.status, frame.bytes, sink),
            FrameSource::Opened => self.on_opened(now, frame.connection, sink),
            FrameSource::Closed => self.on_closed(now, frame.connection, sink),
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
        self.reconnect_if_idle(now, sink);
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
        self.instruments.iter().for_each(|instrument| instrument.sync.counters().tell(tell));
    }
}

/// Frames, by their source.
impl BinanceMarketData {
    fn on_message(&mut self, now: UnixNanos, connection: u8, bytes: &mut [u8], sink: &mut dyn MarketSink) {
        if let Some(line) = self.lines.get_mut(usize::from(connection)) {
            line.heard_at = Some(now);
        }
        let fast = wire::decode(self.product, bytes, &self.symbols, &mut self.depth);
        let message = match fast {
            Some(message) => message,
            None => match self.decode_slowly(now, bytes, sink) {
                Ok(message) => message,
                Err(unreadable) => return self.on_unreadable(now, connection, unreadable, sink),
            },
        };
        match message {
            Message::Depth(index) => {
                let update = translate::update(&self.depth);
                self.instruments[index].sync.on_update(now, self.depth.span, update, sink);
                self.ask_if_due(now, index, sink);
            }
            Message::Trade(index, trade) => {
                if *self.instruments[index].trade_stream.get_or_insert(trade.stream) == trade.stream {
                    sink.trade(self.symbols.instrument_id(index), &translate::trade(&trade));
                } else {
                    self.counters.ignored_frames += 1;
                }
            }
            Message::Ticker(index, ticker) => {
                sink.top(self.symbols.instrument_id(index), &translate::top(&ticker));
            }
            Message::ServerShutdown => {
                sink.request(connection, RequestKind::Reconnect, Nanos(0), b"the venue shuts down");
            }
            Message::Refused => self.counters.venue_refusals += 1,
            Message::Unused => self.counters.ignored_frames += 1,
        }
    }

    fn on_answer(&mut self, now: UnixNanos, status: u16, bytes: &mut [u8], sink: &mut dyn MarketSink) {
        let path_end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (path, rest) = bytes.split_at_mut(path_end);
        let body = rest.get_mut(1..).unwrap_or_default();
        if status != 200 {
            self.on_refused(now, status, body);
        }
        if let Some(index) = asked_symbol(path).and_then(|symbol| self.symbols.find(symbol)) {
            self.on_snapshot(now, index, (status, body), sink);
        } else if path.windows(13).any(|window| window == b"/exchangeInfo") {
            self.on_definitions(now, path, (status, body), sink);
        } else {
            self.counters.ignored_frames += 1;
        }
    }

    fn on_opened(&mut self, now: UnixNanos, connection: u8, sink: &mut dyn MarketSink) {
        let Some(line) = self.lines.get_mut(usize::from(connection)) else {
            return;
        };
        line.heard_at = Some(now);
        for (place, message) in line.planned.subscriptions.iter().enumerate() {
            let delay = Nanos(MESSAGE_INTERVAL.0 * place as u64);
            sink.request(connection, RequestKind::Send, delay, message.as_bytes());
        }
        for place in 0..line.planned.books.len() {
            let index = self.lines[usize::from(connection)].planned.books[place];
            self.instruments[index].sync.on_opened(now);
            self.ask_if_due(now, index, sink);
        }
        let idle_at = now + self.idle_max(usize::from(connection));
        self.wake_at(idle_at);
    }

    fn on_closed(&mut self, now: UnixNanos, connection: u8, sink: &mut dyn MarketSink) {
        let Some(line) = self.lines.get_mut(usize::from(connection)) else {
            return;
        };
        line.heard_at = None;
        for index in &line.planned.books {
            self.instruments[*index].sync.on_closed(now, SyncReason::Disconnected, sink);
        }
    }
}

/// Answers that are none.
impl BinanceMarketData {
    fn on_refused(&mut self, now: UnixNanos, status: u16, body: &[u8]) {
        self.counters.venue_refusals += 1;
        // The session sees no headers, so no Retry-After: a ban says its end in its text, a refusal lasts a minute.
        let wait = match status {
            429 => REFUSED_WAIT,
            418 => BANNED_WAIT,
            _ => return,
        };
        let until = banned_until(body).filter(|until| until.since(now) <= BANNED_WAIT_MAX);
        self.weight.hold(until.unwrap_or(now + wait).max(now + wait));
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

impl Product {
    fn weight_pacer(self) -> Pacer {
        match self {
            Product::Spot => Pacer::new(limits::SPOT_WEIGHT_INTERVAL, limits::SPOT_WEIGHT_BURST),
            Product::UsdMargined => Pacer::new(limits::FUTURES_WEIGHT_INTERVAL, limits::FUTURES_WEIGHT_BURST),
        }
    }
}

/// The symbol in `.../depth?symbol=X&...`.
pub(super) fn asked_symbol(path: &[u8]) -> Option<&[u8]> {
    const MARK: &[u8] = b"/depth?";
    let query = path.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    path[query..].split(|byte| *byte == b'&').find_map(|field| field.strip_prefix(b"symbol="))
}
