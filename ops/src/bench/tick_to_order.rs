//! From a frame in the hand to the bytes of the order that it caused, signed and ready to leave, on one thread.
//!
//! The engine is one that trades at a venue, wired as a run wires it and played by the runtime's own player: feed,
//! book, aggregator, strategy, risk gate, gateway. The simulated venue answers, without sockets and outside what is
//! measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use fulmar_adapters::binance::{BinanceConfig, BinanceOrderEntry, Credentials, KeyKind, Product, SPOT};
use fulmar_adapters::simulated::{self, OfflineVenue, SimulatedVenueConfig};
use fulmar_adapters::transport::{LinkEnds, Requests};
use fulmar_bus::record::{
    AccountId, ExecutionReport, FrameSource, InstrumentId, Nanos, Price, Quantity, Request, Side, TopOfBook,
    UnixNanos,
};
use fulmar_engine::contract::{BookDepth, Context, Event, NewOrder, Seal, Strategy};
use fulmar_engine::runtime::{
    Actor, Clock, Delivery, FrameHead, FrameWriter, HopStamps, Inboxes, Player, Seat, Work,
};
use fulmar_engine::trading::risk::{GuardSettings, RiskSettings};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    EnginePlan, GatewayPlan, Home, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, StrategyPlan,
    Surroundings, VenuePlan, build,
};

use super::frames::Frames;
use super::limits::DEPTH_BYTES;
use super::measure::Rig;
use super::report::{Report, Row, Samples};
use crate::venues;

/// Ticks that make one sample.
const BATCH: u32 = 8;
/// Ticks before the first sample.
const WARM_TICKS: u32 = 2_000;
/// Levels a side that the book begins with.
const LEVELS: i64 = 1_000;
/// Time of the engine between two ticks: the venue's limits have room for an order and its cancel in it.
const STEP: Nanos = Nanos::from_millis(50);
/// Ticks after which the connection begins anew: a session holds the stream of a book for dead where best prices change
/// for ten seconds and it does not.
const TICKS_PER_CONNECTION: u64 = 100;
const START: UnixNanos = UnixNanos(1_723_161_255_000_000_000);
/// Who orders, and what its requests are signed with.
const KEY: &str = "bench";
const SECRET: &str = "a-secret-of-sixty-four-bytes--which-is-what-the-venue-s-own-have";
/// The channel of the order's bytes.
const OUTBOUND: &str = "requests.binance-spot.orders";
/// How far below the best bid the strategy quotes, as a part of its price: it is never filled.
const AWAY: i64 = 50;

/// Measures a tick of the top of the book, and one of the whole book.
///
/// # Errors
/// Where the engine cannot be wired.
pub fn run(rig: &Rig) -> anyhow::Result<Report> {
    let limit = rig.limit(rig.share(8));
    let rows = vec![
        row(rig, "tick_to_order", |frames| frames.book_ticker().expect("the venue sends them"))?,
        row(rig, "tick_to_order.depth", |frames| frames.depth(DEPTH_BYTES))?,
    ];
    let mut report = rig.report("tick-to-order", limit, rows);
    report.notes.push(format!(
        "from the frame in the hand to the order's signed bytes: feed, book, aggregator, strategy, risk gate and \
         gateway on one thread, hop stamps on; a sample is the mean of {BATCH} ticks, each timed by itself; a depth \
         frame has about {DEPTH_BYTES} bytes"
    ));
    Ok(report)
}

fn row(rig: &Rig, name: &str, frame: fn(&mut Frames) -> &str) -> anyhow::Result<Row> {
    let mut stage = Stage::set(rig.clock.clone())?;
    for _ in 0..WARM_TICKS {
        stage.tick(frame);
    }
    let mut samples = Samples::new(BATCH);
    let began = rig.clock.ticks();
    while rig.clock.ticks_to_ns(began, rig.clock.ticks()) < rig.share(3).0 {
        samples.add((0..BATCH).map(|_| stage.tick(frame)).sum());
    }
    Ok(samples.row(name))
}

/// An engine whose book is live, and who feeds it.
struct Stage {
    clock: Clock,
    player: Player,
    writer: FrameWriter,
    frames: Frames,
    venue: OfflineVenue,
    ordered_ticks: Arc<AtomicU64>,
    now: UnixNanos,
    tick_count: u64,
}

impl Stage {
    fn set(clock: Clock) -> anyhow::Result<Self> {
        let (stamps, _) = HopStamps::new(clock.clone());
        let surroundings = Surroundings { bell_of: &|_| None, stamps: Some(stamps) };
        let mut assembly = build(plan()?, &surroundings)?;
        let ordered_ticks = Arc::new(AtomicU64::new(0));
        let mut inboxes = Inboxes::new();
        inboxes
            .add(assembly.ring(OUTBOUND).context("an engine that trades has an outbound channel")?.reader());
        let probe = Probe {
            inboxes,
            clock: clock.clone(),
            ordered_ticks: Arc::clone(&ordered_ticks),
            credentials: credentials(),
            sealed: Vec::with_capacity(4_096),
        };
        let rank = assembly.seats.last().context("an engine has actors")?.rank;
        assembly.seats.push(Seat { number: u16::MAX, rank, actor: Box::new(probe) });
        let orders = assembly.links.pop().context("an engine that trades has a link for orders")?;
        let mut config = SimulatedVenueConfig { events_per_second: 0, ..SimulatedVenueConfig::new(START) };
        config.credentials =
            vec![simulated::Credentials { api_key: KEY.to_owned(), secret: SECRET.to_owned() }];
        (config.orders_per_10_seconds, config.orders_per_day) = (u32::MAX, u32::MAX);
        let mut venue = OfflineVenue::new(config, Nanos(0));
        let ends = LinkEnds {
            frames: orders.frames,
            requests: Requests::new(orders.requests, Some(Box::new(credentials()))),
        };
        venue.join(orders.connections, ends, START);
        let writer = assembly.links.pop().context("a venue has a link")?.frames;
        let mut player = Player::new(assembly.seats);
        player.start(START);
        let frames = Frames::new(&SPOT);
        let mut stage =
            Stage { clock, player, writer, frames, venue, ordered_ticks, now: START, tick_count: 0 };
        stage.answer();
        stage.synchronize();
        // The gateway asks what stands before an order leaves.
        stage.answer();
        Ok(stage)
    }

    /// Brings the book to life: definition, connection, an update to keep, the snapshot, the update that follows.
    fn synchronize(&mut self) {
        self.take(FrameSource::Opened, b"");
        self.take(FrameSource::Http, DEFINITION.as_bytes());
        let kept = self.frames.depth(DEPTH_BYTES).to_owned();
        self.take(FrameSource::Message, kept.as_bytes());
        let snapshot = self.frames.snapshot(LEVELS).to_owned();
        self.take(FrameSource::Http, snapshot.as_bytes());
        let following = self.frames.depth(DEPTH_BYTES).to_owned();
        self.take(FrameSource::Message, following.as_bytes());
    }

    /// Plays the next frame; gives the nanoseconds until its order was bytes.
    ///
    /// # Panics
    /// Where no order came of it: there would be nothing to tell.
    fn tick(&mut self, frame: fn(&mut Frames) -> &str) -> u64 {
        self.tick_count += 1;
        if self.tick_count.is_multiple_of(TICKS_PER_CONNECTION) {
            self.take(FrameSource::Closed, b"");
            self.synchronize();
            self.answer();
            self.now = self.now + STEP;
        }
        self.now = self.now + STEP;
        self.player.advance(self.now);
        let head = head(FrameSource::Message, self.now);
        let bytes = frame(&mut self.frames).as_bytes();
        self.ordered_ticks.store(0, Ordering::Relaxed);
        let before = self.clock.ticks();
        let written = self.writer.write_part(head, bytes, 0);
        self.player.settle(self.now);
        assert_eq!(written, Ok(bytes.len()), "a frame is one record");
        let ordered_ticks = self.ordered_ticks.load(Ordering::Relaxed);
        assert!(ordered_ticks > 0, "no order came of {}", bytes.escape_ascii());
        self.answer();
        self.clock.ticks_to_ns(before, ordered_ticks)
    }

    /// The venue answers until nobody has anything to say.
    fn answer(&mut self) {
        let mut has_arrived = true;
        while has_arrived {
            has_arrived = false;
            self.venue.serve(self.now);
            while self.venue.deliver(self.now) {
                self.player.settle(self.now);
                has_arrived = true;
            }
        }
    }

    fn take(&mut self, source: FrameSource, bytes: &[u8]) {
        self.now = self.now + STEP;
        let mut written = 0;
        loop {
            let end = self.writer.write_part(head(source, self.now), bytes, written);
            written = end.expect("the ring of frames holds a snapshot");
            if written == bytes.len() {
                break;
            }
        }
        self.player.settle(self.now);
    }
}

/// The answer that defines the symbol.
const DEFINITION: &str = concat!(
    "/api/v3/exchangeInfo?symbols=x\n",
    r#"{"symbols":[{"symbol":"BTCUSDT","baseAsset":"BTC","baseAssetPrecision":8,"quoteAsset":"USDT","#,
    r#""quotePrecision":8,"filters":["#,
    r#"{"filterType":"PRICE_FILTER","maxPrice":"1000000.00000000","tickSize":"0.01000000"},"#,
    r#"{"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000.0","stepSize":"0.00001000"},"#,
    r#"{"filterType":"NOTIONAL","minNotional":"5.00000000"}]}]}"#,
);
/// The symbol that is traded.
const SYMBOL: &str = "BTCUSDT";

fn head(source: FrameSource, received_at: UnixNanos) -> FrameHead {
    let status = if source == FrameSource::Http { 200 } else { 0 };
    FrameHead { source, connection: 0, status, received_at }
}

/// Stamps the moment at which an order's bytes are sealed, as the transport seals them when it takes them from the
/// outbound channel. It is no actor of an engine: it reads a clock.
struct Probe {
    inboxes: Inboxes,
    clock: Clock,
    ordered_ticks: Arc<AtomicU64>,
    credentials: Credentials,
    sealed: Vec<u8>,
}

impl Actor for Probe {
    fn name(&self) -> &str {
        "probe"
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn work(&mut self, _: UnixNanos) -> Work {
        let mut work = Work::NONE;
        while let Some((_, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            if let Delivery::Record(record) = delivery
                && let Ok((request, bytes)) = Request::read(record)
            {
                self.sealed.clear();
                self.credentials.seal(request.kind, bytes, &mut self.sealed);
                std::hint::black_box(&self.sealed);
                self.ordered_ticks.store(self.clock.ticks(), Ordering::Relaxed);
            }
        }
        work
    }
}

/// At each change of the top, an order far below the market; canceled when the venue has it.
struct Requoter;

impl Strategy for Requoter {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        let Some(rules) = context.instrument(quote.instrument_id).and_then(|view| view.rules()) else {
            return;
        };
        let step = rules.price_step();
        let price = Price((quote.bid.price.0 - quote.bid.price.0 / AWAY) / step * step);
        let quantity = Quantity(100 * rules.quantity_step());
        // What is not submitted brings no order, which the measurement notices.
        let _ = context.submit(quote.instrument_id, NewOrder::limit(Side::Buy, price, quantity).post_only());
    }

    fn on_order_accepted(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        context.cancel(report.client_order_id);
    }
}

fn credentials() -> Credentials {
    Credentials::new(KEY, SECRET).expect("both are words")
}

fn plan() -> anyhow::Result<EnginePlan> {
    let (venue, instrument_id) = (Product::Spot.venue(), InstrumentId(0));
    let name = format!("{venue}:{SYMBOL}");
    let risk = RiskSettings {
        order_quantity_max: "1".to_owned(),
        order_notional_max: "100000".to_owned(),
        position_max: "10".to_owned(),
        open_orders_max: 100,
        messages_per_second: 1_000_000,
        stale_after: Nanos::from_secs(5),
        guards: GuardSettings::default(),
    };
    let strategy = StrategyPlan {
        name: "requoter".to_owned(),
        home: Home::Engine(Box::new(Requoter)),
        instruments: vec![instrument_id],
        book: BookDepth::Top,
    };
    let orders = BinanceOrderEntry::new(&BinanceConfig::production(Product::Spot), KeyKind::Hmac);
    Ok(EnginePlan {
        instruments: vec![InstrumentPlan::new(name.clone(), Some(risk))],
        venues: vec![VenuePlan {
            session: venues::capture_session(venue, &[(SYMBOL, instrument_id)])?,
            instruments: vec![instrument_id],
        }],
        pairs: vec![PairPlan { name, instruments: vec![instrument_id], taker_fees: Vec::new() }],
        bar_intervals: vec![Nanos::from_secs(60)],
        strategies: vec![strategy],
        treasury: TreasuryPlan::default(),
        orders: OrderRoute::Venues(vec![GatewayPlan { session: Box::new(orders), account_id: AccountId(1) }]),
        rings: RingSizes::default(),
        epoch: 1,
        held: KeptOrders::default(),
        journal_directory: None,
    })
}
