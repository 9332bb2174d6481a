//! From a frame in the hand to the order that the risk gate approved because of it, on one thread.
//!
//! The engine is the one that trades on paper, wired as a run wires it and played by the runtime's own player: feed,
//! book, aggregator, strategy, risk gate. The clock stops at a probe behind the gate, before the order goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use fulmar_adapters::binance::Product;
use fulmar_bus::record::{
    AccountId, ClientOrderId, FrameSource, InstrumentId, Kind, Nanos, Price, Quantity, Side, TopOfBook,
    UnixNanos,
};
use fulmar_engine::contract::{BookDepth, Context, Event, NewOrder, Strategy};
use fulmar_engine::runtime::{
    Actor, Clock, Delivery, FrameHead, FrameWriter, HopBoard, HopStamps, Inboxes, Player, Seat, Work,
};
use fulmar_engine::simulation::paper::PaperFees;
use fulmar_engine::trading::risk::RiskSettings;
use fulmar_engine::wiring::{
    EnginePlan, InstrumentPlan, OrderRoute, PairPlan, RingSizes, StrategyPlan, Surroundings, VenuePlan, build,
};

use super::frames::{Frames, SYMBOL};
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
/// Time of the engine between two ticks.
const STEP: Nanos = Nanos::from_millis(1);
const START: UnixNanos = UnixNanos(1_723_161_255_000_000_000);
/// How far below the best bid the strategy quotes, as a part of its price: it is never filled.
const AWAY: i64 = 50;

/// Measures a tick of the top of the book, and one of the whole book.
///
/// # Errors
/// Where the engine cannot be wired.
pub fn run(rig: &Rig) -> anyhow::Result<Report> {
    let limit = rig.limit(rig.share(8));
    let rows = vec![
        row(rig, "tick_to_order", |frames| frames.book_ticker())?,
        row(rig, "tick_to_order.depth", |frames| frames.depth(DEPTH_BYTES))?,
    ];
    let mut report = rig.report("tick-to-order", limit, rows);
    report.notes.push(format!(
        "from the frame in the hand to the approved order: feed, book, aggregator, strategy and risk gate on one \
         thread, hop stamps on; a sample is the mean of {BATCH} ticks, each timed by itself; a depth frame has about \
         {DEPTH_BYTES} bytes"
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
    approved_ticks: Arc<AtomicU64>,
    hops: HopBoard,
    now: UnixNanos,
}

impl Stage {
    fn set(clock: Clock) -> anyhow::Result<Self> {
        let (stamps, hops) = HopStamps::new(clock.clone());
        let surroundings = Surroundings { bell_of: &|_| None, stamps: Some(stamps) };
        let mut assembly = build(plan()?, &surroundings)?;
        let approved_ticks = Arc::new(AtomicU64::new(0));
        let mut inboxes = Inboxes::new();
        inboxes.add(assembly.ring("approved").context("a paper engine has a risk gate")?.reader());
        let probe = Probe { inboxes, clock: clock.clone(), approved_ticks: Arc::clone(&approved_ticks) };
        let gateway = assembly.seats.pop().context("a paper engine has a gateway")?;
        assembly.seats.push(Seat { number: u16::MAX, rank: gateway.rank, actor: Box::new(probe) });
        assembly.seats.push(gateway);
        let writer = assembly.links.pop().context("a venue has a link")?.frames;
        let mut player = Player::new(assembly.seats);
        player.start(START);
        let frames = Frames::new(Product::Spot);
        let mut stage = Stage { clock, player, writer, frames, approved_ticks, hops, now: START };
        stage.synchronize();
        Ok(stage)
    }

    /// Brings the book to life: definition, connection, an update to keep, the snapshot, the update that follows.
    fn synchronize(&mut self) {
        let definition = self.frames.definition().to_owned();
        self.take(FrameSource::Opened, b"");
        self.take(FrameSource::Http, definition.as_bytes());
        let kept = self.frames.depth(DEPTH_BYTES).to_owned();
        self.take(FrameSource::Message, kept.as_bytes());
        let snapshot = self.frames.snapshot(LEVELS).to_owned();
        self.take(FrameSource::Http, snapshot.as_bytes());
        let following = self.frames.depth(DEPTH_BYTES).to_owned();
        self.take(FrameSource::Message, following.as_bytes());
    }

    /// Plays the next frame; gives the nanoseconds until its order was approved.
    ///
    /// # Panics
    /// Where no order came of it: there would be nothing to tell.
    fn tick(&mut self, frame: fn(&mut Frames) -> &str) -> u64 {
        self.now = self.now + STEP;
        self.player.advance(self.now);
        let head = head(FrameSource::Message, self.now);
        let bytes = frame(&mut self.frames).as_bytes();
        self.approved_ticks.store(0, Ordering::Relaxed);
        let before = self.clock.ticks();
        let written = self.writer.write_part(head, bytes, 0);
        self.player.settle(self.now);
        assert_eq!(written, Ok(bytes.len()), "a frame is one record");
        let approved_ticks = self.approved_ticks.load(Ordering::Relaxed);
        // As a run does: stamps are added up aside.
        self.hops.latencies();
        assert!(approved_ticks > 0, "no order came of {}", bytes.escape_ascii());
        self.clock.ticks_to_ns(before, approved_ticks)
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

fn head(source: FrameSource, received_at: UnixNanos) -> FrameHead {
    let status = if source == FrameSource::Http { 200 } else { 0 };
    FrameHead { source, connection: 0, status, received_at }
}

/// Stamps the moment at which an order came out of the risk gate. It is no actor of an engine: it reads a clock.
struct Probe {
    inboxes: Inboxes,
    clock: Clock,
    approved_ticks: Arc<AtomicU64>,
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
                && record.header().kind() == Some(Kind::Order)
            {
                self.approved_ticks.store(self.clock.ticks(), Ordering::Relaxed);
            }
        }
        work
    }
}

/// Quotes anew at each change of the top: an order far below the market, and the one before it canceled.
#[derive(Default)]
struct Requoter {
    standing: Option<ClientOrderId>,
}

impl Strategy for Requoter {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        let Some(rules) = context.instrument(quote.instrument_id).and_then(|view| view.rules()) else {
            return;
        };
        let step = rules.price_step();
        let price = Price((quote.bid.price.0 - quote.bid.price.0 / AWAY) / step * step);
        let quantity = Quantity(100 * rules.quantity_step());
        let order = NewOrder::limit(Side::Buy, price, quantity).post_only();
        if let Ok(placed) = context.submit(quote.instrument_id, order)
            && let Some(previous) = self.standing.replace(placed)
        {
            context.cancel(previous);
        }
    }
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
    };
    let strategy = StrategyPlan {
        name: "requoter".to_owned(),
        strategy: Box::new(Requoter::default()),
        instruments: vec![instrument_id],
        book: BookDepth::Top,
    };
    Ok(EnginePlan {
        instruments: vec![InstrumentPlan { name: name.clone(), risk: Some(risk) }],
        venues: vec![VenuePlan {
            session: venues::capture_session(venue, &[(SYMBOL, instrument_id)])?,
            instruments: vec![instrument_id],
        }],
        pairs: vec![PairPlan { name, instruments: vec![instrument_id] }],
        bar_intervals: vec![Nanos::from_secs(60)],
        strategies: vec![strategy],
        orders: OrderRoute::Paper { account_id: AccountId(1), fees: PaperFees::default() },
        rings: RingSizes::default(),
        epoch: 1,
        journal_directory: None,
    })
}
