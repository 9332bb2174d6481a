//! What the tests of venues share: a sink that keeps books as plainly as can be, and a player of captures.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use fulmar_bus::record::{
    FrameSource, InstrumentDefinition, InstrumentId, Level, Nanos, Price, RequestKind, Side, SyncChange,
    SyncState, TopOfBook, Trade, UnixNanos,
};
use fulmar_engine::contract::{InboundFrame, MarketSession, MarketSink, Update};
use fulmar_engine::market::decimal::format_scaled;
use serde_json::Value;

/// A book as two maps, and what else came of an instrument.
#[derive(Default)]
pub struct Kept {
    pub definition: Option<InstrumentDefinition>,
    pub bids: BTreeMap<Price, i64>,
    pub asks: BTreeMap<Price, i64>,
    pub update_id: u64,
    pub state: Option<SyncChange>,
    pub trade_count: u64,
    pub buy_count: u64,
    pub traded: i128,
    pub notional: i128,
    /// What the venue's ticker said last, and whether the live book ever said the same at the same number.
    pub ticker: Option<TopOfBook>,
    pub tops_agreeing: u64,
}

/// Keeps everything, and checks what a sink may rely on.
#[derive(Default)]
pub struct Keeper {
    pub instruments: BTreeMap<InstrumentId, Kept>,
    pub requests: Vec<(RequestKind, Nanos, String)>,
    /// Checkpoints to look at: the number of an update, and the book that is expected then.
    pub checkpoints: BTreeMap<u64, Value>,
    pub checkpoints_met: usize,
}

impl Keeper {
    fn of(&mut self, instrument_id: InstrumentId) -> &mut Kept {
        self.instruments.get_mut(&instrument_id).expect("the definition comes before anything else")
    }
}

impl MarketSink for Keeper {
    fn definition(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) {
        let kept = self.instruments.entry(instrument_id).or_default();
        let before = kept.definition.map_or(0, |before| before.revision);
        assert_eq!(definition.revision, before + 1, "revisions count from one");
        kept.definition = Some(*definition);
    }

    fn trade(&mut self, instrument_id: InstrumentId, trade: &Trade) {
        let kept = self.of(instrument_id);
        kept.trade_count += 1;
        kept.buy_count += u64::from(trade.aggressor == Side::Buy);
        kept.traded += i128::from(trade.quantity.0);
        kept.notional += trade.price.times(trade.quantity).0;
    }

    fn top(&mut self, instrument_id: InstrumentId, top: &TopOfBook) {
        let kept = self.of(instrument_id);
        kept.ticker = Some(*top);
        let best = (kept.bids.last_key_value(), kept.asks.first_key_value());
        kept.tops_agreeing += u64::from(
            best == (
                Some((&top.bid.price, &top.bid.quantity.0)),
                Some((&top.ask.price, &top.ask.quantity.0)),
            ),
        );
    }

    fn snapshot(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let kept = self.of(instrument_id);
        assert_ne!(
            kept.state.map(|change| change.state),
            Some(SyncState::Live),
            "a live book needs no snapshot"
        );
        kept.bids.clear();
        kept.asks.clear();
        kept.apply(update);
    }

    fn levels(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let kept = self.of(instrument_id);
        let state = kept.state.map(|change| change.state);
        assert!(matches!(state, Some(SyncState::Live | SyncState::Syncing)), "levels of a {state:?} book");
        kept.apply(update);
        if let Some(expected) = self.checkpoints.get(&update.update_id) {
            self.instruments[&instrument_id].assert_book(expected);
            self.checkpoints_met += 1;
        }
    }

    fn sync(&mut self, instrument_id: InstrumentId, change: &SyncChange) {
        self.of(instrument_id).state = Some(*change);
    }

    fn request(&mut self, _connection: u8, kind: RequestKind, delay: Nanos, bytes: &[u8]) {
        self.requests.push((kind, delay, String::from_utf8_lossy(bytes).into_owned()));
    }
}

impl Kept {
    fn apply(&mut self, update: Update<'_>) {
        self.update_id = update.update_id;
        for (side, levels) in [(&mut self.bids, update.bids), (&mut self.asks, update.asks)] {
            for Level { price, quantity } in levels {
                match quantity.0 {
                    0 => side.remove(price),
                    left => side.insert(*price, left),
                };
            }
        }
    }

    fn scales(&self) -> (u8, u8) {
        let definition = self.definition.expect("defined");
        (definition.price_scale, definition.quantity_scale)
    }

    fn text(&self, level: (&Price, &i64)) -> [String; 2] {
        let (price_scale, quantity_scale) = self.scales();
        [
            format_scaled(level.0.0.into(), price_scale).to_string(),
            format_scaled((*level.1).into(), quantity_scale).to_string(),
        ]
    }

    /// Compares the book with one of `EXPECTED.json`.
    pub fn assert_book(&self, expected: &Value) {
        let best = |level: Option<(&Price, &i64)>| serde_json::json!(level.map(|level| self.text(level)));
        assert_eq!(best(self.bids.last_key_value()), expected["bid"], "best bid");
        assert_eq!(best(self.asks.first_key_value()), expected["ask"], "best ask");
        assert_eq!(serde_json::json!(self.bids.len()), expected["bid_levels"], "bid levels");
        assert_eq!(serde_json::json!(self.asks.len()), expected["ask_levels"], "ask levels");
        assert_eq!(
            serde_json::json!(self.top20_crc32()),
            expected["top20_crc32"],
            "twenty best levels of each side"
        );
    }

    /// Compares the trades with those of `EXPECTED.json`.
    pub fn assert_trades(&self, expected: &Value) {
        let (price_scale, quantity_scale) = self.scales();
        let notional = format_scaled(self.notional, price_scale + quantity_scale).to_string();
        assert_eq!(serde_json::json!(self.trade_count), expected["count"]);
        assert_eq!(serde_json::json!(self.buy_count), expected["aggressor_buy"]);
        assert_eq!(
            serde_json::json!(format_scaled(self.traded, quantity_scale).to_string()),
            expected["quantity"]
        );
        assert_eq!(serde_json::json!(notional), expected["notional"]);
    }

    fn top20_crc32(&self) -> u32 {
        let side = |levels: &mut dyn Iterator<Item = (&Price, &i64)>| {
            levels.take(20).map(|level| self.text(level).join(":")).collect::<Vec<_>>().join("|")
        };
        let text = [side(&mut self.bids.iter().rev()), side(&mut self.asks.iter())].join("#");
        crc32(text.as_bytes())
    }
}

/// CRC-32 as zlib has it, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// The folder of captures, if this machine has one.
pub fn captures() -> Option<PathBuf> {
    let folder = std::env::var_os("FULMAR_CAPTURES").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: FULMAR_CAPTURES names no folder of captures");
    }
    folder
}

/// What an independent program made of a capture.
pub fn expected(folder: &Path, name: &str) -> Value {
    let text = std::fs::read(folder.join("EXPECTED.json")).expect("the captures come with EXPECTED.json");
    let all: Value = serde_json::from_slice(&text).expect("EXPECTED.json is JSON");
    all[name].clone()
}

/// The instruments of a capture, from its header.
pub fn instruments_of(folder: &Path, name: &str) -> Vec<String> {
    let header = lines(folder, name).next().expect("a capture has a header");
    let names = header["instruments"].as_array().expect("the header names instruments");
    names.iter().map(|name| name.as_str().expect("a text").to_owned()).collect()
}

/// Feeds a whole capture through `session`.
pub fn play(folder: &Path, name: &str, session: &mut dyn MarketSession, sink: &mut Keeper) {
    let mut now = UnixNanos(0);
    session.on_start(now, sink);
    for line in lines(folder, name) {
        let text = |key: &str| line[key].as_str().unwrap_or_default();
        let (source, bytes) = match text("t") {
            "recv" => (FrameSource::Message, text("data").to_owned()),
            "http" => (FrameSource::Http, format!("{}\n{}", path_of(text("url")), text("body"))),
            "connect" => (FrameSource::Opened, text("url").to_owned()),
            "disconnect" => (FrameSource::Closed, text("reason").to_owned()),
            _ => continue,
        };
        let at = UnixNanos(line["at"].as_u64().expect("every line has its moment"));
        now = now.max(at);
        let mut bytes = bytes.into_bytes();
        let status =
            line["status"].as_u64().map_or(0, |status| u16::try_from(status).expect("an HTTP status"));
        let frame = InboundFrame { source, connection: 0, status, received_at: at, bytes: &mut bytes };
        session.on_frame(now, frame, sink);
        if session.due_at().is_some_and(|due_at| due_at <= now) {
            session.on_time(now, sink);
        }
    }
}

fn path_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or("", |at| &url[host + at..])
}

fn lines(folder: &Path, name: &str) -> impl Iterator<Item = Value> + use<> {
    let file = std::fs::File::open(folder.join(format!("{name}.capture.zst"))).expect("the capture is there");
    let reader = BufReader::new(zstd::Decoder::new(file).expect("a zstd file"));
    reader.lines().map(|line| serde_json::from_str(&line.expect("a line")).expect("a JSON line"))
}
