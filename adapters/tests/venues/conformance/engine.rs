//! Rows that need the engine behind the session: a book that stays crossed, trades that are dated wrongly.

use fulmar_adapters::session::sample::SampleFrame;
use fulmar_adapters::session::{InstrumentConfig, MarketData, VenueEntry, VenueSettings};
use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{
    Bar, ConsolidatedTop, Flags, FrameSource, InstrumentId, Nanos, Record, SyncChange, SyncReason, SyncState,
    TopOfBook, Trade, UnixNanos,
};
use fulmar_engine::runtime::{FrameHead, FrameWriter, Player};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    EnginePlan, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, Surroundings, VenuePlan, build,
};

use super::Outcome::{self, Held};
use crate::flow::Flow;

/// A book whose best bid is not below its best ask is never told as one to trade at, and synced anew where it stays so.
pub fn crossed_book(entry: &'static VenueEntry) -> Outcome {
    let mut stage = Stage::new(entry);
    let snapshot = stage.flow.snapshot(0);
    let update = stage.flow.update(0, &[("98.0", "7.00000000")], &[]);
    stage.give(&snapshot);
    stage.give(&update);
    assert!(stage.tops().iter().all(TopOfBook::is_two_sided), "best prices are told");

    let crossing = stage.flow.update(0, &[("100.7", "1.00000000")], &[]);
    stage.give(&crossing);
    stage.pass(Nanos::from_millis(1_500));
    assert_eq!(stage.tops(), [], "nothing is told of a crossed book");
    assert_eq!(stage.changes(), [], "which may be for a moment");

    let later = stage.flow.update(0, &[("97.0", "1.00000000")], &[]);
    stage.give(&later);
    stage.pass(Nanos::from_millis(1_000));
    assert_eq!(stage.changes(), [(SyncState::Desynced, SyncReason::Crossed)], "and not for longer");
    assert_eq!(stage.tops(), []);
    Held
}

/// Best prices far off the last good ones are told as suspect and have no part in what is best over venues, until the
/// market has stayed there.
pub fn jump_is_suspect(entry: &'static VenueEntry) {
    let mut stage = Stage::new(entry);
    let snapshot = stage.flow.snapshot(0);
    let update = stage.flow.update(0, &[("98.0", "7.00000000")], &[]);
    stage.give(&snapshot);
    stage.give(&update);
    let (suspects, consolidated) = stage.judged();
    assert_eq!((suspects.last(), consolidated.last()), (Some(&false), Some(&true)), "the first is believed");
    for price in ["900.1", "100.8"] {
        // The asks give way to one far off, which then gives way to one where they were.
        let [_, asks] = stage.flow.book(0).clone();
        let mut frames = vec![stage.flow.update(0, &[], &[(price, "2.50000000")])];
        for (price, _) in asks {
            frames.push(stage.flow.change(0, &[], &[(price, "0".to_owned())]));
        }
        for frame in &frames {
            stage.give(frame);
        }
        let (suspects, consolidated) = stage.judged();
        assert_eq!(suspects.last(), Some(&true), "{price}");
        assert_eq!(consolidated.last(), Some(&false), "{price}: nothing of it is best");

        for (after_ms, quantity, is_suspect) in [(1_000, "2.40000000", true), (1_000, "2.30000000", false)] {
            stage.pass(Nanos::from_millis(after_ms));
            let update = stage.flow.update(0, &[], &[(price, quantity)]);
            stage.give(&update);
            let (suspects, consolidated) = stage.judged();
            assert_eq!(suspects, [is_suspect], "{price} after {after_ms} ms");
            assert_eq!(consolidated.last(), (!is_suspect).then_some(&true), "{price}");
        }
    }
    assert_eq!(stage.changes(), [], "the book was the venue's all the time");
}

/// A trade that the venue dates centuries ahead is told as it came, and costs the bars of all others nothing.
pub fn trade_dated_far_ahead(entry: &'static VenueEntry) -> Outcome {
    let mut stage = Stage::new(entry);
    let snapshot = stage.flow.snapshot(0);
    stage.give(&snapshot);
    let today_ms = stage.flow.at_ms();
    stage.flow.set_clock(7_258_118_400_000);
    let ahead = stage.flow.trade(0, "100.6", "1.00000000", true);
    stage.feed(FrameSource::Message, ahead.as_bytes());
    stage.flow.set_clock(today_ms);
    for quantity in ["2.00000000", "3.00000000"] {
        let trade = stage.flow.trade(0, "100.6", quantity, true);
        stage.feed(FrameSource::Message, trade.as_bytes());
    }
    let told = drain(&mut stage.market);
    assert_eq!(told.iter().filter(|record| record.read::<Trade>().is_ok()).count(), 3, "each is told");
    stage.pass(Nanos::from_secs(120));
    let bars: Vec<Bar> =
        drain(&mut stage.aggregate).iter().filter_map(|record| record.read::<Bar>().ok().copied()).collect();
    let [bar] = bars[..] else { panic!("one bar: {bars:?}") };
    assert_eq!((bar.trade_count, bar.start_at), (2, UnixNanos::from_millis(today_ms - today_ms % 60_000)));
    Held
}

/// An engine of one instrument, and its venue's side of the wire.
struct Stage {
    player: Player,
    frames: FrameWriter,
    market: Reader,
    book: Reader,
    aggregate: Reader,
    flow: Flow,
    now: UnixNanos,
}

impl Stage {
    fn new(entry: &VenueEntry) -> Self {
        let flow = Flow::new((entry.sample)());
        let (id, name) = (InstrumentId(0), format!("{}:{}", entry.name, flow.symbols[0]));
        let instruments = [InstrumentConfig::new(flow.symbols[0], id)];
        let session = MarketData::new((entry.protocol)(&VenueSettings::default()), &instruments);
        let plan = EnginePlan {
            instruments: vec![InstrumentPlan::new(name.clone(), None)],
            venues: vec![VenuePlan { session: Box::new(session), instruments: vec![id] }],
            pairs: vec![PairPlan { name: name.clone(), instruments: vec![id], taker_fees: Vec::new() }],
            bar_intervals: vec![Nanos::from_secs(60)],
            strategies: Vec::new(),
            treasury: TreasuryPlan::default(),
            orders: OrderRoute::None,
            rings: RingSizes::default(),
            epoch: 1,
            held: KeptOrders::default(),
            journal_directory: None,
        };
        let nobody = Surroundings { bell_of: &|_| None, stamps: None };
        let mut assembly = build(plan, &nobody).expect("rings on the heap");
        let reader = |stream: &str| assembly.ring(&format!("{stream}.{name}")).expect("its channel").reader();
        let (market, book, aggregate) = (reader("market"), reader("book"), reader("aggregate"));
        let frames = assembly.links.pop().expect("a venue has one link").frames;
        let now = UnixNanos::from_millis(1_786_310_816_516);
        let mut player = Player::new(assembly.seats);
        player.start(now);
        let mut stage = Stage { player, frames, market, book, aggregate, flow, now };
        stage.feed(FrameSource::Opened, b"wss://");
        if let Some(definitions) = stage.flow.sample.definitions(&stage.flow.symbols) {
            stage.give(&definitions);
        }
        stage
    }

    fn give(&mut self, frame: &SampleFrame) {
        match frame {
            SampleFrame::Message(text) => self.feed(FrameSource::Message, text.as_bytes()),
            SampleFrame::Answer(path, body) => {
                self.feed(FrameSource::Http, format!("{path}\n{body}").as_bytes());
            }
        }
    }

    fn feed(&mut self, source: FrameSource, bytes: &[u8]) {
        let status = if source == FrameSource::Http { 200 } else { 0 };
        let head = FrameHead { source, connection: 0, status, received_at: self.now };
        let end = self.frames.write_part(head, bytes, 0).expect("the ring has room");
        assert_eq!(end, bytes.len(), "for all of it");
        self.player.settle(self.now);
    }

    fn pass(&mut self, duration: Nanos) {
        self.now = self.now + duration;
        self.player.advance(self.now);
        self.player.settle(self.now);
    }

    /// The best prices told since the last call.
    fn tops(&mut self) -> Vec<TopOfBook> {
        let records = drain(&mut self.book);
        records.iter().filter_map(|record| record.read::<TopOfBook>().ok().copied()).collect()
    }

    /// Of the best prices told since the last call whether they were suspect, and of what was told as best over venues
    /// whether it holds any price.
    fn judged(&mut self) -> (Vec<bool>, Vec<bool>) {
        let tops = drain(&mut self.book);
        let tops = tops.iter().filter(|record| record.read::<TopOfBook>().is_ok());
        let consolidated = drain(&mut self.aggregate);
        let best = consolidated.iter().filter_map(|record| record.read::<ConsolidatedTop>().ok());
        (
            tops.map(|record| record.header().flags.contains(Flags::SUSPECT)).collect(),
            best.map(|best| best.live_count > 0).collect(),
        )
    }

    /// What the session told of the book's state since the last call.
    fn changes(&mut self) -> Vec<(SyncState, SyncReason)> {
        let records = drain(&mut self.market);
        let changes = records.iter().filter_map(|record| record.read::<SyncChange>().ok());
        let changes = changes.map(|change| (change.state, change.reason));
        changes.filter(|(state, _)| *state == SyncState::Desynced).collect()
    }
}

fn drain(reader: &mut Reader) -> Vec<Record> {
    let (mut record, mut records) = (Record::new(), Vec::new());
    loop {
        match reader.poll(&mut record) {
            Poll::Record => records.push(record.clone()),
            Poll::Empty => return records,
            Poll::Lapped { .. } => panic!("the ring has room for all of a test"),
        }
    }
}
