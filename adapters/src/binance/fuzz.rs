//! Entry points for hostile input, shared by the tests, long campaigns and cargo-fuzz.
//!
//! Each takes any bytes and panics where a promise is broken: the two decoders disagree, a session panics, or tells
//! what its sink may not be told.

use fulmar_bus::record::{
    FrameSource, InstrumentDefinition, InstrumentId, InstrumentStatus, Level, Listing, Nanos, RequestKind,
    SyncChange, SyncState, TopOfBook, Trade, UnixNanos,
};
use fulmar_engine::contract::{DecodeError, InboundFrame, MarketSession, MarketSink, Update};

use super::slow::{self, Reading};
use super::symbols::Symbols;
use super::wire::{self, DepthUpdate, Message};
use super::{BinanceConfig, BinanceMarketData, InstrumentConfig, Product};
use crate::decode::Scales;

/// The symbols that the frames may name, and the scales that their numbers are read at.
const SYMBOLS: [(&str, Scales); 3] = [
    ("BTCUSDT", Scales { price: 8, quantity: 8 }),
    ("ETHUSDT", Scales { price: 2, quantity: 3 }),
    ("SHIBUSDT", Scales { price: 10, quantity: 0 }),
];

/// What both decoders say of the first byte's product and the rest as a frame: the fast one nothing, or the same.
///
/// Returns whether the fast one took it, so that a campaign can tell how much it proved.
pub fn decoders_agree(data: &[u8]) -> bool {
    let Some((product, frame)) = split(data) else {
        return false;
    };
    let mut symbols = Symbols::new(&instruments());
    for (index, (_, scales)) in SYMBOLS.into_iter().enumerate() {
        symbols.set_scales(index, scales);
    }
    let mut fast_depth = DepthUpdate::new();
    let Some(fast) = wire::decode(product, frame, &symbols, &mut fast_depth) else {
        return false;
    };
    let mut slow_depth = DepthUpdate::new();
    let mut scribble = frame.to_vec();
    let slow = decode_slowly(product, &mut scribble, &symbols, &mut slow_depth);
    assert_eq!(Ok(fast), slow, "{product:?} {}", frame.escape_ascii());
    if matches!(fast, Message::Depth(_)) {
        assert_eq!(fast_depth, slow_depth, "{product:?} {}", frame.escape_ascii());
    }
    true
}

/// Feeds the first byte's product with the rest: frames that are split by zero bytes, each with its source before it.
pub fn session_survives(data: &[u8]) {
    let Some((product, frames)) = split(data) else {
        return;
    };
    let mut config = BinanceConfig::production(product);
    config.instruments = instruments();
    let mut session = BinanceMarketData::new(&config);
    let mut sink = StrictSink::default();
    session.on_start(UnixNanos(0), &mut sink);
    for (frame, second) in frames.split(|byte| *byte == 0).zip(1..) {
        let Some((source, bytes)) = frame.split_first() else {
            continue;
        };
        let (source, status) = match source % 8 {
            0 => (FrameSource::Opened, 0),
            1 => (FrameSource::Closed, 0),
            2 => (FrameSource::Http, 429),
            3 | 4 => (FrameSource::Http, 200),
            _ => (FrameSource::Message, 0),
        };
        let (now, mut bytes) = (UnixNanos::from_millis(second * 1_000), bytes.to_vec());
        let frame = InboundFrame { source, connection: 0, status, received_at: now, bytes: &mut bytes };
        session.on_frame(now, frame, &mut sink);
        session.on_time(now, &mut sink);
    }
}

fn decode_slowly(
    product: Product,
    frame: &mut [u8],
    symbols: &Symbols,
    depth: &mut DepthUpdate,
) -> Result<Message, DecodeError> {
    let tape = slow::parse(frame)?;
    let reading = Reading::message(product, &tape, symbols)?;
    let scales = reading.kind().symbol().and_then(|index| symbols.scales(index));
    reading.decode(scales.unwrap_or(Scales { price: 0, quantity: 0 }), depth)
}

fn split(data: &[u8]) -> Option<(Product, &[u8])> {
    let (choice, rest) = data.split_first()?;
    Some((if choice % 2 == 0 { Product::Spot } else { Product::UsdMargined }, rest))
}

fn instruments() -> Vec<InstrumentConfig> {
    SYMBOLS.iter().zip(0..).map(|((symbol, _), id)| InstrumentConfig::new(symbol, InstrumentId(id))).collect()
}

/// Holds a session to what a sink may rely on.
#[derive(Default)]
struct StrictSink {
    revisions: [u32; SYMBOLS.len()],
    states: [Option<SyncState>; SYMBOLS.len()],
    has_snapshot: [bool; SYMBOLS.len()],
    is_unlisted: [bool; SYMBOLS.len()],
}

impl StrictSink {
    fn check_levels(levels: &[Level], what: &str) {
        assert!(
            levels.iter().all(|level| level.price.0 > 0 && level.quantity.0 >= 0),
            "{what} of impossible levels"
        );
    }
}

impl MarketSink for StrictSink {
    fn definition(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) {
        let revision = &mut self.revisions[instrument_id.index()];
        *revision += 1;
        assert_eq!(definition.revision, *revision, "revisions count from one");
    }

    fn status(&mut self, instrument_id: InstrumentId, status: &InstrumentStatus) {
        let is_unlisted = &mut self.is_unlisted[instrument_id.index()];
        assert!(
            *is_unlisted || status.listing == Listing::Unlisted,
            "what was never unlisted is not listed anew"
        );
        *is_unlisted = status.listing == Listing::Unlisted;
    }

    fn trade(&mut self, instrument_id: InstrumentId, trade: &Trade) {
        assert!(self.revisions[instrument_id.index()] > 0, "a trade before its definition");
        assert!(trade.price.0 > 0 && trade.quantity.0 > 0, "a trade of nothing");
    }

    fn top(&mut self, instrument_id: InstrumentId, top: &TopOfBook) {
        assert!(self.revisions[instrument_id.index()] > 0, "a top before its definition");
        for side in [top.bid, top.ask] {
            assert_eq!(side.price.0 > 0, side.quantity.0 > 0, "half a level");
        }
    }

    fn snapshot(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let index = instrument_id.index();
        assert_eq!(self.states[index], Some(SyncState::Syncing), "a snapshot out of place");
        Self::check_levels(update.bids, "a snapshot");
        Self::check_levels(update.asks, "a snapshot");
        self.has_snapshot[index] = true;
    }

    fn levels(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let index = instrument_id.index();
        assert!(self.has_snapshot[index], "levels without a snapshot");
        assert_ne!(self.states[index], Some(SyncState::Desynced), "levels of a desynced book");
        Self::check_levels(update.bids, "an update");
        Self::check_levels(update.asks, "an update");
    }

    fn sync(&mut self, instrument_id: InstrumentId, change: &SyncChange) {
        let index = instrument_id.index();
        assert!(self.revisions[index] > 0, "a state before its definition");
        assert!(change.state != SyncState::Live || self.has_snapshot[index], "live without a snapshot");
        self.has_snapshot[index] &= change.state != SyncState::Desynced;
        self.states[index] = Some(change.state);
    }

    fn request(&mut self, _connection: u8, _kind: RequestKind, _delay: Nanos, bytes: &[u8]) {
        assert!(bytes.len() <= fulmar_bus::record::Request::BYTES_MAX, "a request that fits no record");
    }
}
