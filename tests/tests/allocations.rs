//! Between a frame's bytes and an order's bytes nothing is allocated, once every book has had its first snapshot:
//! feed, book, bars, strategy, risk gate and the gateway of a venue that wants its requests signed, with the venue's
//! answers coming back; in the signals of a pair; in the books of an account; and on paper, with a strategy that keeps
//! the whole book, on generated frames and on recorded ones.
//!
//! The allocator of this program counts what this thread asks for, while it is told to. A program has one allocator,
//! and the crate `fulmar` brings another, so that nothing of it is used here.
#![expect(
    unsafe_code,
    reason = "an allocator is an unsafe contract; this one hands everything to the system's"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fulmar_adapters::binance::Credentials;
use fulmar_adapters::session::{InstrumentConfig, MarketData, Protocol, VenueSettings, each_symbol_named};
use fulmar_adapters::transport::capture::{CaptureLine, CaptureReader, target_of};
use fulmar_adapters::venues;
use fulmar_bus::record::{
    AccountId, ContractKind, ContractSize, FrameSource, InstrumentDefinition, InstrumentId, Level, Nanos,
    Price, Quantity, RequestKind, Side, StrategyId, Text, TopOfBook, TopSource, UnixNanos,
};
use fulmar_engine::contract::{
    BookDepth, BookUpdate, Context, Event, InboundFrame, MarketSession, NewOrder, Seal, Strategy,
};
use fulmar_engine::market::{Consolidated, FeeRate, Signals};
use fulmar_engine::runtime::counters;
use fulmar_engine::simulation::paper::PaperFees;
use fulmar_engine::trading::account::{
    Account, AccountPlan, AccountPosition, Amount, Conversions, CostMethod, Fee, FeeSchedule, ScaledPrice,
};
use fulmar_engine::trading::order::Fill;
use fulmar_engine::trading::risk::{GuardSettings, RiskSettings};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    EnginePlan, Home, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, StrategyPlan, VenuePlan,
};
use fulmar_strategies::{Parameters, quoter};
use fulmar_tests::captures::folder;
use fulmar_tests::desk::{API_KEY, Desk};
use fulmar_tests::market;
use fulmar_tests::stage::Stage;

/// Hands on to the system's allocator, and counts.
struct Counting;

thread_local! {
    static COUNT: Cell<Option<u64>> = const { Cell::new(None) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator as it came, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get().map(|count| count + 1)));
        // SAFETY: the caller keeps the contract of `alloc`, which is the same one.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and the block came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What `work` allocates on this thread; growing a block counts, since it asks for another.
fn allocations(work: impl FnOnce()) -> u64 {
    COUNT.set(Some(0));
    work();
    COUNT.take().expect("it was set above")
}

/// Buys, sells and waits in turn, again and again, at every so many changes of the best prices. It looks into the whole
/// book at each update of it.
struct Restless {
    quotes_between: u64,
    quote_count: u64,
    /// Levels seen, so that looking is not for nothing.
    level_count: Arc<AtomicU64>,
}

impl Strategy for Restless {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        self.quote_count += 1;
        if !quote.is_two_sided() || !self.quote_count.is_multiple_of(self.quotes_between) {
            return;
        }
        let order = match self.quote_count / self.quotes_between % 3 {
            0 => NewOrder::limit(Side::Buy, quote.ask.price, Quantity(100_000)),
            1 => NewOrder::limit(Side::Sell, quote.bid.price, Quantity(100_000)),
            _ => NewOrder::limit(Side::Buy, Price(quote.bid.price.0 - 1_000_000), Quantity(100_000)),
        };
        context.cancel_all(quote.instrument_id);
        // What is not handed to the gate is counted by the view.
        let _ = context.submit(quote.instrument_id, order);
    }

    fn on_book(&mut self, context: &mut Context<'_>, update: Event<'_, BookUpdate<'_>>) {
        let book = context.instrument(update.instrument_id).and_then(|instrument| instrument.book());
        let seen = book.map_or(0, |book| book.levels(Side::Buy).chain(book.levels(Side::Sell)).count());
        self.level_count.fetch_add(seen as u64, Ordering::Relaxed);
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| {}), 0);
    let mut grown = Vec::with_capacity(1);
    let count = allocations(|| grown.extend([1, 2, 3]));
    assert_eq!((count, grown.len()), (1, 3));
}

#[test]
fn trading_on_generated_frames_allocates_nothing() {
    let level_count = Arc::new(AtomicU64::new(0));
    let mut stage =
        Stage::build(plan("binance-spot", &[market::SYMBOL.to_owned()], 1, Arc::clone(&level_count)));
    stage.player.start(stage.now);
    stage.answer(&market::definition());
    stage.opened();
    stage.message(&market::depth((101, 103), &[("60999.00", "1.5")], &[]));
    stage.answer(&market::snapshot(102, &[("60990.00", "1.0")], &[("61010.00", "2.0")]));

    let mut frames = Frames { update_id: 103, trade_id: 0 };
    (0..64).for_each(|_| frames.next_round().iter().for_each(|frame| stage.message(frame)));
    for round in 0..512 {
        // The frames are the venue's: what making them costs is not the engine's.
        let round_frames = frames.next_round();
        stage.now = stage.now + Nanos::from_millis(30);
        let count = allocations(|| round_frames.iter().for_each(|frame| stage.message(frame)));
        assert_eq!(count, 0, "round {round}");
    }
    let records = stage.assembly.digests().record_count();
    let seats = stage.player.stop(stage.now);
    assert!(level_count.load(Ordering::Relaxed) > 512 * 4, "the strategy must have seen the book all along");
    assert!(records > 512 * 8, "{records} records: the strategy must have traded all along");
    for counter in ["decode_errors", "lost_records", "orphan_reports", "malformed_records", "not_submitted"] {
        assert_eq!(counters(&seats).get(counter), None, "{counter}");
    }
}

#[test]
fn the_signals_of_a_pair_allocate_nothing() {
    let ids = [InstrumentId(0), InstrumentId(1), InstrumentId(2)];
    let mut pair = Consolidated::new(&ids.map(|id| (id, 2, 5)));
    let mut signals = Signals::new(&[Some(FeeRate::from_bps(1)); 3]);
    let level = |price| Level { price: Price(price), quantity: Quantity(1) };
    let (mut told_count, mut arbitrage_count, mut leader_count) = (0, 0, 0);
    let count = allocations(|| {
        for round in 0..4_096_u64 {
            let place = usize::try_from(round % 3).expect("one of three");
            let bid = 6_000_000 + i64::try_from(round * round % 4_001).expect("a small number");
            let at = UnixNanos::from_millis(round);
            let top = TopOfBook::new(level(bid), level(bid + 1), round, at, TopSource::Book);
            pair.on_top(ids[place], (round % 500 != 0).then_some(&top));
            told_count += u32::from(signals.on_top(&pair, place, at).is_some());
            arbitrage_count += u32::from(!signals.told().arbitrage.is_none());
            leader_count += u32::from(!signals.told().lead_lag.is_none());
        }
    });
    assert_eq!(count, 0);
    let counts = [told_count, arbitrage_count, leader_count];
    assert!(
        counts.iter().all(|count| *count > 1_000),
        "{counts:?}: there must have been all of it all along"
    );
}

#[test]
fn the_books_of_an_account_allocate_nothing() {
    let id = InstrumentId(0);
    let inferred = InstrumentDefinition::inferred(("lake", "BTCUSD"), ContractKind::InversePerpetual, (1, 0));
    let asset = |name| Text::<16>::new(name).expect("it is short");
    let (base, quote, contract_size) = (asset("BTC"), asset("USD"), ContractSize::ONE);
    let definition = InstrumentDefinition { base, quote, contract_size, ..inferred };
    let (account_id, fees) = (AccountId(0), FeeSchedule::default());
    let mut account =
        Account::new(AccountPlan { account_id, method: CostMethod::Fifo, fees, instrument_count: 1 });
    account.define(id, &definition).expect("it can be held");
    let conversions = Conversions::new(asset("BTC"));
    let (mut worth, mut closed_count) = (Amount::ZERO, 0);
    let count = allocations(|| {
        for round in 0..10_000_i64 {
            let side = if round % 1_000 < 600 { Side::Buy } else { Side::Sell };
            let (quantity, price) = (Quantity(1 + round % 7), Price(600_000 + round * round % 9_973));
            let strategy_id = StrategyId(0);
            let fill = Fill { instrument_id: id, strategy_id, account_id, side, quantity, price };
            let traded = account.apply_fill(&fill).expect("it fits");
            closed_count += u32::from(traded.earned != Amount::ZERO);
            account.apply_fee(&fill, Fee::Stated(asset("BNB"), Amount::ZERO)).expect("it fits");
            account.mark(id, ScaledPrice { price, scale: 1 }).expect("it is defined");
            worth = account.equity(&conversions).expect("all is known").total;
        }
    });
    assert_eq!(count, 0);
    let merged_count = account.position(id).map(AccountPosition::merged_count);
    assert!(worth != Amount::ZERO && closed_count > 1_000, "{worth}, {closed_count}");
    assert!(merged_count > Some(1_000), "{merged_count:?}: it must have been full");
}

#[test]
fn sealing_what_leaves_allocates_nothing() {
    let order = br#"{"id":"p1","method":"order.place","params":{"apiKey":"","price":"60000.01","symbol":"BTCUSDT","timestamp":1723161253937,"signature":""}}"#;
    let mut credentials = Credentials::new(API_KEY, "a-secret").expect("both are words");
    let mut sealed = Vec::with_capacity(1_024);
    let count = allocations(|| {
        for _ in 0..1_000 {
            sealed.clear();
            credentials.seal(RequestKind::Send, order, &mut sealed);
        }
    });
    assert_eq!(count, 0);
    assert!(sealed.len() > order.len() + 64, "it is signed: {}", sealed.escape_ascii());
}

#[test]
fn trading_at_a_venue_allocates_nothing() {
    let pairs = [("quantity", "0.01"), ("half_spread_ticks", "2"), ("requote_ticks", "1")];
    let quoter = || quoter::ENTRY.strategy(&Parameters::from_pairs(pairs)).expect("its parameters are right");
    trades_without_allocating(Desk::open(quoter(), 7));
    trades_without_allocating(Desk::of_futures(quoter(), 7));
}

/// Lets a desk trade, and counts.
fn trades_without_allocating(mut desk: Desk) {
    let trades = |desk: &mut Desk| {
        desk.venues[0].truth(API_KEY, desk.now).map_or((0, 0), |truth| (truth.orders_received, truth.fills))
    };
    (0..2_000).for_each(|_| desk.pass(Nanos::from_millis(1), |engine| engine()));
    let (orders_before, fills_before) = trades(&mut desk);
    for step in 0..10_000 {
        let mut count = 0;
        desk.pass(Nanos::from_millis(1), |engine| count += allocations(engine));
        assert_eq!(count, 0, "step {step}");
    }
    let (orders, fills) = trades(&mut desk);
    assert!(
        orders > orders_before + 20 && fills > fills_before,
        "{orders} orders and {fills} fills: it must trade all along"
    );
}

#[test]
fn recorded_frames_of_every_venue_allocate_nothing() {
    let Some(folder) = folder("allocations::recorded_frames") else { return };
    let files = std::fs::read_dir(&folder).expect("the folder of captures");
    let paths = files.map(|file| file.expect("a file").path());
    let captures: Vec<PathBuf> =
        paths.filter(|path| path.to_string_lossy().ends_with(".capture.zst")).collect();
    assert!(!captures.is_empty(), "FULMAR_CAPTURES has no captures");
    for path in captures {
        let mut played = Played::default();
        let (venue, symbols) = header(&path);
        let mut stage = Stage::build(plan(&venue, &symbols, 32, Arc::default()));
        played.play(&path, &mut stage);
        if played.frames < SHORT_CAPTURE_FRAMES {
            // What a short one warmed up is used in a second round, which its snapshots begin anew.
            (played.is_warm, played.books_awaited) = (true, symbols.len());
            stage.frame(FrameSource::Closed, 0, b"the round is over");
            played.play(&path, &mut stage);
        }
        let Played { counted, allocated, .. } = played;
        let name = path.display();
        assert!(counted > 40, "{name}: {counted} frames");
        assert!(
            allocated.is_empty(),
            "{name}: {} frames allocated, such as {:?}",
            allocated.len(),
            allocated[0]
        );
    }
}

/// Frames behind the snapshot that may still find a buffer too short.
const WARM_UP_FRAMES: u64 = 1_000;
/// A capture of fewer frames is played twice.
const SHORT_CAPTURE_FRAMES: u64 = 20_000;

/// A capture under way.
#[derive(Default)]
struct Played {
    frames: u64,
    has_book: bool,
    is_warm: bool,
    /// Snapshots of the round that are still to come: before them, its numbers are no continuation.
    books_awaited: usize,
    counted: u64,
    /// Frames that allocated, and how often.
    allocated: Vec<(String, u64)>,
}

impl Played {
    fn play(&mut self, path: &Path, stage: &mut Stage) {
        let mut reader = CaptureReader::open(path).expect("a capture");
        while let Some(line) = reader.next_line().expect("a whole capture") {
            stage.now = stage.now.max(line.at());
            match &line {
                CaptureLine::Http { url, body, status, .. } => {
                    let answer = format!("{}\n{body}", target_of(url));
                    stage.frame(FrameSource::Http, *status, answer.as_bytes());
                    self.took_book(url.contains("/depth?"));
                }
                CaptureLine::Connect { url, .. } => stage.frame(FrameSource::Opened, 0, url.as_bytes()),
                CaptureLine::Recv { data, .. } => self.message(data, stage),
                _ => {}
            }
        }
    }

    fn took_book(&mut self, is_book: bool) {
        self.has_book |= is_book;
        self.books_awaited = self.books_awaited.saturating_sub(usize::from(is_book));
    }

    fn message(&mut self, text: &str, stage: &mut Stage) {
        let is_snapshot = text.contains("snapshot") && !text.contains("publicTrade");
        self.frames += 1;
        self.took_book(is_snapshot);
        self.is_warm |= self.has_book && self.frames > WARM_UP_FRAMES;
        if !self.is_warm || self.books_awaited > 0 || is_snapshot {
            return stage.message(text);
        }
        self.counted += 1;
        let count = allocations(|| stage.message(text));
        if count > 0 {
            self.allocated.push((text.chars().take(200).collect(), count));
        }
    }
}

/// The venue and the symbols of a capture: those that its header names, or all that its frames do.
fn header(path: &Path) -> (String, Vec<String>) {
    let mut reader = CaptureReader::open(path).expect("a capture");
    let (mut venue, mut symbols) = (String::new(), Vec::new());
    while let Some(line) = reader.next_line().expect("a whole capture") {
        match &line {
            CaptureLine::Header { venue: named, instruments, .. } => {
                venue = named.clone().into_owned();
                symbols = instruments.iter().map(ToString::to_string).collect();
                if !symbols.is_empty() {
                    return (venue, symbols);
                }
            }
            CaptureLine::Recv { data, .. } => {
                let protocol = protocol(&venue);
                let mut bytes = data.as_bytes().to_vec();
                let source = FrameSource::Message;
                let received_at = line.at();
                let frame = InboundFrame { source, connection: 0, status: 0, received_at, bytes: &mut bytes };
                each_symbol_named(&*protocol, frame, &mut |symbol| symbols.push(symbol.to_owned()));
            }
            _ => {}
        }
    }
    symbols.sort();
    symbols.dedup();
    (venue, symbols)
}

fn protocol(venue: &str) -> Box<dyn Protocol> {
    let entry = venues::venue(venue).expect("a venue of this build");
    (entry.protocol)(&VenueSettings::default())
}

/// Frames of a market that goes up and down.
struct Frames {
    update_id: u64,
    trade_id: u64,
}

impl Frames {
    /// An update of the book, a trade and a ticker, each of which moves the best price.
    fn next_round(&mut self) -> [String; 3] {
        self.update_id += 1;
        self.trade_id += 1;
        let step = self.trade_id % 7;
        let (bid, ask) = (format!("60999.{step}0"), format!("61000.{step}0"));
        let old = format!("61000.{}0", (self.trade_id - 1) % 7);
        let old_bid = format!("60999.{}0", (self.trade_id - 1) % 7);
        let asks = if step == 0 {
            [(old.as_str(), "0"), (ask.as_str(), "2.5")]
        } else {
            [(&*ask, "2.5"), (&*old, "0")]
        };
        let depth = market::depth(
            (self.update_id, self.update_id),
            &[(old_bid.as_str(), "0"), (bid.as_str(), "1.25")],
            &asks,
        );
        let trade = market::trade(self.trade_id, &ask, "0.5");
        let ticker = market::ticker(self.update_id, (&bid, "1.5"), (&ask, "2.25"));
        [depth, trade, ticker]
    }
}

/// The translator of `venue` for these instruments.
fn session(venue: &str, symbols: &[String], ids: &[InstrumentId]) -> Box<dyn MarketSession> {
    let named = symbols.iter().zip(ids).map(|(symbol, id)| InstrumentConfig::new(symbol, *id));
    Box::new(MarketData::new(protocol(venue), &named.collect::<Vec<_>>()))
}

/// An engine of these instruments, with one strategy that trades them on paper.
fn plan(venue: &str, symbols: &[String], quotes_between: u64, level_count: Arc<AtomicU64>) -> EnginePlan {
    let ids: Vec<InstrumentId> = (0..).map(InstrumentId).take(symbols.len()).collect();
    let session = session(venue, symbols, &ids);
    let risk = RiskSettings {
        order_quantity_max: "10".to_owned(),
        order_notional_max: "100000".to_owned(),
        position_max: "1000".to_owned(),
        open_orders_max: 64,
        messages_per_second: 1_000_000,
        stale_after: Nanos::from_secs(3600),
        guards: GuardSettings::default(),
    };
    let name = |symbol: &String| format!("{venue}:{symbol}");
    EnginePlan {
        instruments: symbols
            .iter()
            .map(|symbol| InstrumentPlan::new(name(symbol), Some(risk.clone())))
            .collect(),
        pairs: symbols
            .iter()
            .zip(&ids)
            .map(|(symbol, id)| PairPlan {
                name: name(symbol),
                instruments: vec![*id],
                taker_fees: Vec::new(),
            })
            .collect(),
        strategies: vec![StrategyPlan {
            name: "restless".to_owned(),
            home: Home::Engine(Box::new(Restless { quotes_between, quote_count: 0, level_count })),
            instruments: ids.clone(),
            book: BookDepth::Full,
        }],
        venues: vec![VenuePlan { session, instruments: ids }],
        bar_intervals: vec![Nanos::from_secs(1), Nanos::from_secs(60)],
        treasury: TreasuryPlan::default(),
        orders: OrderRoute::Paper { account_id: AccountId(0), fees: PaperFees::default() },
        rings: RingSizes::default(),
        epoch: 1,
        held: KeptOrders::default(),
        journal_directory: None,
    }
}
