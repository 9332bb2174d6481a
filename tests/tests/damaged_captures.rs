//! Recorded frames, cut short and with bytes changed: each ends in a counted error, none in a panic, and no book that
//! says it is live is a wrong book.

use std::collections::BTreeMap;
use std::path::Path;

use fulmar::venues;
use fulmar_adapters::binance::{Binance, BinanceConfig, Product};
use fulmar_adapters::session::{InstrumentConfig, MarketData};
use fulmar_adapters::transport::capture::{CaptureLine, CaptureReader, target_of};
use fulmar_bus::record::{
    Bar, FrameSource, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Level, MarkPrice, Nanos,
    RequestKind, SyncChange, SyncState, TopOfBook, Trade, UnixNanos,
};
use fulmar_engine::contract::{InboundFrame, MarketSession, MarketSink, Update};
use fulmar_engine::market::decimal::format_scaled;
use fulmar_tests::captures::folder;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const CAPTURES: [(Product, &str); 4] = [
    (Product::Spot, "binance-spot_nkn_blz_2021-10-12"),
    (Product::Spot, "binance-spot_btcusdt_2024-08-08"),
    (Product::UsdMargined, "binance-usdm_sushi_akro_2021-07-22"),
    (Product::UsdMargined, "binance-usdm_btcusdt_2024-08-08"),
];

const SEED: u64 = 0x0DA_3A6E;
/// Of each capture, so many frames: enough for thousands of damages, short enough for every change.
const FRAMES_MAX: usize = 6_000;
/// Between two lengths at which a frame is cut; one in so many frames is cut on its way to a book.
const CUT_STEP: usize = 37;
/// Lengths at which one frame of many is cut: a whole book has thousands of pairs that are all alike.
const CUTS_MAX: usize = 64;
/// Bytes up to which a frame is cut at every length. Each length is read from its beginning, so the work grows with the
/// square: of what is longer, the middle is cut at some lengths alone.
const EVERY_CUT_BYTES: usize = 4_096;
/// Bytes at the end of a longer frame that are cut at every length: the largest answer has 1.9 MB.
const END_CUT_BYTES: usize = 64;
/// Digits behind the point that hold every number of these captures, so that no definition changes under way.
const SCALE: u8 = 8;

/// Of each capture and each kind of frame (by its stream, or by the path of an answer), the first frame of each size
/// class: those whose lengths begin with the same power of two. Each is cut at every length up to [`EVERY_CUT_BYTES`],
/// in its last [`END_CUT_BYTES`], and at up to [`CUTS_MAX`] lengths between.
#[test]
fn a_frame_of_each_kind_and_size_that_is_cut_at_any_length_is_counted_and_tells_nothing() {
    let Some(folder) = folder("damaged_captures::every_length") else { return };
    for (product, name) in CAPTURES {
        let capture = Capture::read(&folder, product, name);
        let mut session = capture.session();
        let mut classes = BTreeMap::new();
        for frame in &capture.frames {
            classes.entry((frame.kind(), frame.bytes.len().ilog2())).or_insert(frame);
        }
        let mut cut_count = 0;
        for frame in classes.values() {
            let length = frame.bytes.len();
            let is_near_an_end = |cut: usize| cut < EVERY_CUT_BYTES || cut + END_CUT_BYTES > length;
            let is_between = |cut: usize| cut.is_multiple_of(CUT_STEP.max(length / CUTS_MAX));
            for cut in (1..length).filter(|cut| is_near_an_end(*cut) || is_between(*cut)) {
                session.assert_useless(frame, cut, name);
                cut_count += 1;
            }
        }
        println!("{name}: {} frames of a kind and size, cut {cut_count} times", classes.len());
        assert!(classes.len() >= 4, "{name} has kinds and sizes");
    }
}

#[test]
fn a_frame_that_is_cut_short_is_counted_and_tells_nothing() {
    let Some(folder) = folder("damaged_captures::cut_short") else { return };
    for (product, name) in CAPTURES {
        let capture = Capture::read(&folder, product, name);
        let mut session = capture.session();
        for frame in capture.frames.iter().step_by(101) {
            let step = CUT_STEP.max(frame.bytes.len() / CUTS_MAX);
            for cut in (1..frame.bytes.len()).step_by(step) {
                session.assert_useless(frame, cut, name);
            }
        }
    }
}

#[test]
fn no_changed_byte_makes_a_session_panic() {
    let Some(folder) = folder("damaged_captures::changed_byte") else { return };
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    for (product, name) in CAPTURES {
        let capture = Capture::read(&folder, product, name);
        let mut session = capture.session();
        for frame in &capture.frames {
            let mut bytes = frame.bytes.clone();
            for _ in 0..random.random_range(1..4) {
                let place = random.random_range(0..bytes.len());
                bytes[place] ^= 1 << random.random_range(0..8);
            }
            session.feed(frame, &bytes);
        }
        let counters = session.session.counters();
        assert!(counters.decode_error_count() > 0, "{name}, seed {SEED:#x}: damage that nobody noticed");
    }
}

#[test]
fn a_book_that_says_it_is_live_is_the_book_that_an_undamaged_stream_gives() {
    let Some(folder) = folder("damaged_captures::live_books") else { return };
    let mut random = ChaCha8Rng::seed_from_u64(SEED + 1);
    for (product, name) in CAPTURES {
        let capture = Capture::read(&folder, product, name);
        let (mut whole, mut damaged) = (capture.session(), capture.session());
        let mut cut_count = 0;
        // Scales stand as they are configured: a definition that is cut would make two books of two scales.
        let frames =
            capture.frames.iter().filter(|frame| !frame.bytes.starts_with(b"/") || frame.is_snapshot());
        for (number, frame) in frames.enumerate() {
            whole.feed(frame, &frame.bytes);
            let is_cut = random.random_range(0..CUT_STEP) == 0;
            let end = if is_cut { random.random_range(0..frame.bytes.len()) } else { frame.bytes.len() };
            damaged.feed(frame, &frame.bytes[..end]);
            cut_count += usize::from(is_cut);
            damaged.answer_from(&whole, frame.at);
            let place = format!("{name}, frame {number}, seed {SEED:#x}");
            damaged.sink.assert_no_lie(&whole.sink, &place);
        }
        let Keeper { break_count, return_count, .. } = damaged.sink;
        println!("{name}: {cut_count} cut, {break_count} live books given up, {return_count} come back");
        assert!(cut_count > 0 && break_count > 0, "{name}: damage that no book noticed");
        assert!(return_count > 0, "{name}: no book came back");
    }
}

/// The frames of a capture, in their order.
struct Capture {
    product: Product,
    symbols: Vec<String>,
    frames: Vec<Frame>,
}

struct Frame {
    source: FrameSource,
    status: u16,
    at: UnixNanos,
    bytes: Vec<u8>,
}

impl Frame {
    fn is_snapshot(&self) -> bool {
        self.source == FrameSource::Http && self.bytes.windows(7).take(32).any(|window| window == b"/depth?")
    }
}

impl Frame {
    /// What kind of frame it is: its stream without the symbol, or the path that it answers.
    fn kind(&self) -> String {
        let head = String::from_utf8_lossy(&self.bytes[..self.bytes.len().min(120)]).into_owned();
        let stream = head.split_once('@').and_then(|(_, rest)| rest.split('"').next());
        let path = head.split(['?', '\n']).next().filter(|path| path.starts_with('/'));
        path.or(stream).unwrap_or("another").to_owned()
    }
}

impl Capture {
    fn read(folder: &Path, product: Product, name: &str) -> Self {
        let mut reader = CaptureReader::open(&folder.join(format!("{name}.capture.zst"))).expect("a capture");
        let (mut symbols, mut frames) = (Vec::new(), Vec::new());
        while frames.len() < FRAMES_MAX
            && let Some(line) = reader.next_line().expect("a whole capture")
        {
            let at = line.at();
            match line {
                CaptureLine::Header { instruments, .. } => symbols = instruments,
                CaptureLine::Recv { data, .. } => {
                    let bytes = data.into_owned().into_bytes();
                    frames.push(Frame { source: FrameSource::Message, status: 0, at, bytes });
                }
                CaptureLine::Http { url, body, status, .. } => {
                    let bytes = format!("{}\n{body}", target_of(&url)).into_bytes();
                    frames.push(Frame { source: FrameSource::Http, status, at, bytes });
                }
                CaptureLine::Connect { .. } | CaptureLine::Disconnect { .. } | CaptureLine::Send { .. } => {}
            }
        }
        Capture { product, symbols, frames }
    }

    /// A session of the capture's instruments that has started and has its connections.
    fn session(&self) -> Session {
        let mut config = BinanceConfig::production(self.product);
        config.instruments = self
            .symbols
            .iter()
            .enumerate()
            .map(|(index, symbol)| InstrumentConfig {
                price_scale: Some(SCALE),
                quantity_scale: Some(SCALE),
                ..InstrumentConfig::new(symbol, venues::instrument_id(index))
            })
            .collect();
        let mut session = Session {
            session: Binance::market_data(&config),
            sink: Keeper::default(),
            symbols: self.symbols.clone(),
        };
        session.session.on_start(self.frames[0].at, &mut session.sink);
        session
    }
}

/// A session, and what it told.
struct Session {
    session: MarketData,
    sink: Keeper,
    symbols: Vec<String>,
}

impl Session {
    /// The frame, cut to so many bytes, is counted and tells nothing.
    fn assert_useless(&mut self, frame: &Frame, cut: usize, name: &str) {
        let (told, errors) = (self.sink.told_count, self.unusable_count());
        self.feed(frame, &frame.bytes[..cut]);
        let text = || String::from_utf8_lossy(&frame.bytes[..cut]).into_owned();
        assert_eq!(self.sink.told_count, told, "{name} was told something by {}", text());
        assert_eq!(self.unusable_count(), errors + 1, "{name} did not count {}", text());
    }

    fn feed(&mut self, frame: &Frame, bytes: &[u8]) {
        self.give(frame.source, frame.status, frame.at, bytes);
        if self.session.due_at().is_some_and(|due_at| due_at <= frame.at) {
            self.session.on_time(frame.at, &mut self.sink);
        }
    }

    fn give(&mut self, source: FrameSource, status: u16, at: UnixNanos, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let frame = InboundFrame { source, connection: 0, status, received_at: at, bytes: &mut bytes };
        self.session.on_frame(at, frame, &mut self.sink);
    }

    /// Frames that were of no use, each of which must be counted as something.
    fn unusable_count(&self) -> u64 {
        let counters = self.session.counters();
        counters.decode_error_count() + counters.ignored_frames + counters.venue_refusals
    }

    /// Answers what the session asks for with the books of another.
    fn answer_from(&mut self, whole: &Session, at: UnixNanos) {
        for path in std::mem::take(&mut self.sink.asked) {
            let Some((_, query)) = path.split_once("/depth?symbol=") else { continue };
            let symbol = query.split('&').next().unwrap_or_default();
            let index = self.symbols.iter().position(|known| known == symbol).expect("a symbol of ours");
            let Some(book) = whole.sink.books.get(&venues::instrument_id(index)) else { continue };
            if book.state == Some(SyncState::Live) {
                let answer = format!("{path}\n{}", book.snapshot());
                self.give(FrameSource::Http, 200, at, answer.as_bytes());
            }
        }
    }
}

/// Books as plain maps, and what the session asked for.
#[derive(Default)]
struct Keeper {
    books: BTreeMap<InstrumentId, Kept>,
    asked: Vec<String>,
    /// Trades, tops, snapshots and levels.
    told_count: u64,
    /// Live books that were given up, and live books after that.
    break_count: u64,
    return_count: u64,
}

#[derive(Default)]
struct Kept {
    state: Option<SyncState>,
    update_id: u64,
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Keeper {
    fn of(&mut self, instrument_id: InstrumentId) -> &mut Kept {
        self.books.entry(instrument_id).or_default()
    }

    /// Where both say live and name the same state of the book, it must be the same book.
    fn assert_no_lie(&self, whole: &Keeper, place: &str) {
        for (id, book) in self.books.iter().filter(|(_, book)| book.state == Some(SyncState::Live)) {
            let truth = &whole.books[id];
            assert!(book.update_id <= truth.update_id, "{place}: an update that never was");
            if book.update_id == truth.update_id {
                assert!(
                    book.bids == truth.bids && book.asks == truth.asks,
                    "{place}: a wrong book says it is live"
                );
            }
        }
    }
}

impl MarketSink for Keeper {
    fn definition(&mut self, _: InstrumentId, _: &InstrumentDefinition) {}

    fn status(&mut self, _: InstrumentId, _: &InstrumentStatus) {}

    fn trade(&mut self, _: InstrumentId, _: &Trade) {
        self.told_count += 1;
    }

    fn top(&mut self, _: InstrumentId, _: &TopOfBook) {
        self.told_count += 1;
    }

    fn funding(&mut self, _: InstrumentId, _: &Funding) {}

    fn mark_price(&mut self, _: InstrumentId, _: &MarkPrice) {}

    fn bar(&mut self, _: InstrumentId, _: &Bar) {}

    fn snapshot(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let book = self.of(instrument_id);
        (book.bids, book.asks) = (BTreeMap::new(), BTreeMap::new());
        self.levels(instrument_id, update);
    }

    fn levels(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        self.told_count += 1;
        self.of(instrument_id).apply(update);
    }

    fn sync(&mut self, instrument_id: InstrumentId, change: &SyncChange) {
        let before = self.of(instrument_id).state.replace(change.state);
        let (was_live, is_live) = (before == Some(SyncState::Live), change.state == SyncState::Live);
        self.break_count += u64::from(was_live && !is_live);
        self.return_count += u64::from(is_live && !was_live && self.break_count > 0);
    }

    fn request(&mut self, _: u8, kind: RequestKind, _: Nanos, bytes: &[u8]) {
        if kind == RequestKind::HttpGet {
            self.asked.push(String::from_utf8_lossy(bytes).into_owned());
        }
    }
}

impl Kept {
    fn apply(&mut self, update: Update<'_>) {
        self.update_id = update.update_id;
        for (side, levels) in [(&mut self.bids, update.bids), (&mut self.asks, update.asks)] {
            for Level { price, quantity } in levels {
                match quantity.0 {
                    0 => side.remove(&price.0),
                    left => side.insert(price.0, left),
                };
            }
        }
    }

    /// The whole book as the venue would answer it.
    fn snapshot(&self) -> String {
        let text = |number: i64| format_scaled(number.into(), SCALE).as_str().to_owned();
        let pairs = |side: &mut dyn Iterator<Item = (&i64, &i64)>| {
            let pairs =
                side.map(|(price, quantity)| format!("[\"{}\",\"{}\"]", text(*price), text(*quantity)));
            pairs.collect::<Vec<_>>().join(",")
        };
        let (bids, asks) = (pairs(&mut self.bids.iter().rev()), pairs(&mut self.asks.iter()));
        format!("{{\"lastUpdateId\":{},\"bids\":[{bids}],\"asks\":[{asks}]}}", self.update_id)
    }
}
