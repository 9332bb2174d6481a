//! Plays recorded captures through a session, and compares what comes out with what an independent program computed.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use fulmar_adapters::session::{InstrumentConfig, MarketData, VenueSettings};
use fulmar_adapters::venues;
use fulmar_bus::record::{FrameSource, InstrumentId, Price, SyncState, UnixNanos};
use fulmar_engine::contract::{InboundFrame, MarketSession};
use fulmar_engine::market::decimal::format_scaled;
use serde_json::Value;

use crate::keeper::{Keeper, Kept};

/// A recorded capture, and what is expected of it.
pub struct Capture {
    path: PathBuf,
    expected: Value,
    /// Its instruments, by their symbol.
    pub symbols: Vec<String>,
}

/// Plays a capture of `venue` through its session, if this machine has it; of each of its instruments, its scales and
/// whether these were inferred must be as said.
pub fn check_capture(venue: &str, name: &str, scales: &[(u8, u8, u8)]) -> Option<Keeper> {
    let capture = Capture::open(name)?;
    let keeper = capture.check(&mut capture.session(venue));
    let definitions = keeper.instruments.values().map(|kept| kept.definition.expect("a definition"));
    let known = definitions.map(|known| (known.price_scale, known.quantity_scale, known.is_inferred));
    assert_eq!(known.collect::<Vec<_>>(), scales);
    Some(keeper)
}

impl Capture {
    /// The capture of this name, if this machine has any.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub fn open(name: &str) -> Option<Self> {
        let Some(folder) = std::env::var_os("FULMAR_CAPTURES").map(PathBuf::from) else {
            eprintln!("SKIPPED {name}: FULMAR_CAPTURES names no folder of captures");
            return None;
        };
        let expected = std::fs::read(folder.join("EXPECTED.json")).expect("captures come with EXPECTED.json");
        let expected: Value = serde_json::from_slice(&expected).expect("EXPECTED.json is JSON");
        let path = folder.join(format!("{name}.capture.zst"));
        let header = lines(&path).next().expect("a capture has a header");
        let expected = expected[name].clone();
        let named = header["instruments"].as_array().expect("the header names instruments");
        let mut symbols: Vec<String> =
            named.iter().map(|symbol| symbol.as_str().expect("a symbol").to_owned()).collect();
        if symbols.is_empty() {
            // The header leaves it to the frames.
            symbols = expected.as_object().expect("instruments").keys().cloned().collect();
        }
        Some(Capture { path, expected, symbols })
    }

    /// A session of its instruments, whose ids are their places in [`Capture::symbols`].
    pub fn session(&self, venue: &str) -> MarketData {
        let symbols = self.symbols.iter().zip(0..);
        let instruments: Vec<InstrumentConfig> =
            symbols.map(|(symbol, id)| InstrumentConfig::new(symbol, InstrumentId(id))).collect();
        let entry = venues::venue(venue).expect("a venue of this build");
        MarketData::new((entry.protocol)(&VenueSettings::default()), &instruments)
    }

    /// Plays it through `session` and returns what that told.
    pub fn play(&self, session: &mut dyn MarketSession) -> Keeper {
        let mut keeper = Keeper::default();
        play(&self.path, session, &mut keeper);
        keeper
    }

    /// Plays it through `session`, whose instruments have their place in [`Capture::symbols`] as their id, and checks
    /// that every book is live and as expected, at the end and at each checkpoint, and every trade counted. Returns
    /// what the session told, for more.
    pub fn check(&self, session: &mut dyn MarketSession) -> Keeper {
        let checkpoints = self.checkpoints();
        let met = Rc::new(Cell::new(0));
        let (expected_count, watched) = (checkpoints.len(), Rc::clone(&met));
        let watch = move |kept: &Kept| {
            if let Some(expected) = checkpoints.get(&kept.update_id) {
                kept.assert_book(expected);
                watched.set(watched.get() + 1);
            }
        };
        let mut keeper = Keeper { watch: Some(Box::new(watch)), ..Keeper::default() };
        play(&self.path, session, &mut keeper);

        assert_eq!(session.counters().decode_error_count(), 0, "{:?}", session.counters());
        assert_eq!(met.get(), expected_count, "checkpoints met");
        for (symbol, id) in self.symbols.iter().zip(0..) {
            let kept = &keeper.instruments[&InstrumentId(id)];
            let state = kept.state.expect("a state");
            assert_eq!(
                (state.state, state.gap_count, state.resync_count),
                (SyncState::Live, 0, 0),
                "{symbol}"
            );
            kept.assert_book(&self.expected[symbol]["book"]);
            if !self.expected[symbol]["trades"].is_null() {
                kept.assert_trades(&self.expected[symbol]["trades"]);
            }
        }
        keeper
    }

    /// Its messages, as the venue sent them.
    pub fn messages(&self) -> impl Iterator<Item = String> {
        let messages = lines(&self.path).filter(|line| line["t"] == "recv");
        messages.map(|line| line["data"].as_str().expect("a message").to_owned())
    }

    /// Books that are expected on the way, by the number of the update that makes them.
    fn checkpoints(&self) -> BTreeMap<u64, Value> {
        let instruments = self.expected.as_object().expect("instruments").values();
        let checkpoints = instruments.filter_map(|instrument| instrument["checkpoints"].as_array()).flatten();
        let number_of = |checkpoint: &Value| {
            let label = checkpoint[0].as_str().expect("a label");
            label.rsplit_once("u=").expect("its number").1.trim_end_matches(')').parse().expect("a number")
        };
        checkpoints.map(|checkpoint| (number_of(checkpoint), checkpoint[1].clone())).collect()
    }
}

/// Feeds a whole capture through `session`.
fn play(path: &Path, session: &mut dyn MarketSession, sink: &mut Keeper) {
    let mut now = UnixNanos(0);
    session.on_start(now, sink);
    for line in lines(path) {
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

fn lines(path: &Path) -> impl Iterator<Item = Value> + use<> {
    let file = std::fs::File::open(path).expect("the capture is there");
    let reader = BufReader::new(zstd::Decoder::new(file).expect("a zstd file"));
    reader.lines().map(|line| serde_json::from_str(&line.expect("a line")).expect("a JSON line"))
}

impl Kept {
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
    fn assert_book(&self, expected: &Value) {
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
    fn assert_trades(&self, expected: &Value) {
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
