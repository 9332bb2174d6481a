//! What is counted, by ways of records that a test names; how long it took is the clock's.

use fulmar_bus::record::ChannelId;

use super::*;

const FRAMES: u16 = 0;
const MARKET: u16 = 1;
const BOOK: u16 = 2;
const INTENTS: u16 = 3;
const APPROVED: u16 = 4;
const ACCOUNT: u16 = 5;
const REPORTS: u16 = 6;
const CONTROL: u16 = 7;

fn id(channel: u16, sequence: u64) -> RecordId {
    RecordId::new(ChannelId(channel), sequence)
}

/// An engine as far as it stamps.
struct Engine {
    stamps: HopStamps,
    feed: Station,
    book: Station,
    strategy: Station,
    risk: Station,
    gateway: Station,
    told: Station,
}

fn engine() -> (Engine, HopBoard) {
    let (stamps, board) = HopStamps::new(Clock::new());
    let [feed, book, strategy, risk] =
        [Hop::Decode, Hop::Book, Hop::Strategy, Hop::Risk].map(|hop| stamps.station(Stage::Hop(hop)));
    let [gateway, told] = [Stage::Leave, Stage::Report].map(|stage| stamps.station(stage));
    (Engine { stamps, feed, book, strategy, risk, gateway, told }, board)
}

/// How often each way, and each hop, has been counted.
fn counts(board: &HopBoard) -> ([u64; 4], [u64; 5]) {
    let latencies = board.latencies();
    let hops = latencies.hops.each_ref().map(Histogram::len);
    assert_eq!(latencies.lost_count, 0);
    (latencies.ways.each_ref().map(Histogram::len), hops)
}

impl Engine {
    /// A tick comes to the book: frame, market and book record of this sequence.
    fn tick(&self, sequence: u64) -> RecordId {
        self.stamps.begin(Start::Tick, id(FRAMES, sequence));
        self.feed.follow(id(FRAMES, sequence), id(MARKET, sequence));
        self.book.follow(id(MARKET, sequence), id(BOOK, sequence));
        id(BOOK, sequence)
    }

    /// What the strategy read becomes an intent and passes the gate.
    fn decide(&self, via: RecordId, sequence: u64) -> RecordId {
        self.strategy.follow(via, id(INTENTS, sequence));
        self.risk.follow(id(INTENTS, sequence), id(APPROVED, sequence));
        id(APPROVED, sequence)
    }

    fn of(&self, id: RecordId) -> Stamps {
        self.stamps.of(id)
    }
}

#[test]
fn every_tick_has_its_hops_to_the_book_whether_or_not_an_order_comes_of_it() {
    let (engine, board) = engine();
    for sequence in 1..=10 {
        engine.tick(sequence);
    }
    assert_eq!(counts(&board), ([0; 4], [10, 10, 0, 0, 0]));
}

#[test]
fn an_update_that_changes_no_top_has_passed_the_book_too() {
    let (engine, board) = engine();
    engine.stamps.begin(Start::Tick, id(FRAMES, 1));
    engine.feed.follow(id(FRAMES, 1), id(MARKET, 1));
    engine.book.pass(id(MARKET, 1));
    assert_eq!(counts(&board), ([0; 4], [1, 1, 0, 0, 0]));
}

#[test]
fn orders_and_cancels_of_ticks_and_reports_are_four_ways() {
    let (engine, board) = engine();
    let top = engine.tick(1);
    engine.gateway.end(Arrival::Order, engine.decide(top, 1));
    engine.gateway.end(Arrival::Cancel, engine.decide(top, 2));
    assert_eq!(counts(&board), ([1, 0, 1, 0], [1, 1, 2, 2, 2]));
    engine.stamps.begin(Start::Report, id(ACCOUNT, 1));
    engine.told.follow(id(ACCOUNT, 1), id(REPORTS, 1));
    engine.gateway.end(Arrival::Order, engine.decide(id(REPORTS, 1), 3));
    engine.gateway.end(Arrival::Cancel, engine.decide(id(REPORTS, 1), 4));
    assert_eq!(counts(&board), ([1, 1, 1, 1], [1, 1, 4, 4, 4]));
}

#[test]
fn of_two_orders_of_one_tick_the_first_takes_nothing_of_the_second() {
    let (engine, _) = engine();
    let top = engine.tick(1);
    let first = engine.decide(top, 1);
    let before = engine.of(first);
    let second = engine.decide(top, 2);
    assert_eq!(engine.of(first), before, "another order of the same tick left its stamps alone");
    assert_eq!(engine.of(second).taken_ticks, before.taken_ticks, "both are of one tick");
    assert!(engine.of(second).last_ticks >= before.last_ticks);
}

#[test]
fn hops_of_a_way_add_up_to_it() {
    let (engine, _) = engine();
    let top = engine.tick(1);
    let approved = engine.of(engine.decide(top, 1));
    let path = [id(FRAMES, 1), id(MARKET, 1), top, id(INTENTS, 1)].map(|id| engine.of(id).last_ticks);
    assert!(path.is_sorted() && path[3] <= approved.last_ticks, "{path:?}");
    assert_eq!((path[0], approved.passed), (approved.taken_ticks, Some(Hop::Risk)));
}

#[test]
fn a_report_that_answers_an_order_begins_a_way_and_one_from_the_account_goes_on() {
    let (engine, _) = engine();
    let approved = engine.decide(engine.tick(1), 1);
    engine.told.follow(approved, id(REPORTS, 1));
    let answer = engine.of(id(REPORTS, 1));
    assert_eq!((answer.start, answer.passed), (Start::Report, None));
    assert!(answer.taken_ticks >= engine.of(approved).last_ticks, "it begins when it is told");
    engine.told.follow(id(REPORTS, 1), id(REPORTS, 2));
    assert_eq!(engine.of(id(REPORTS, 2)), answer, "the gate tells it on");
}

#[test]
fn what_time_or_an_operator_caused_is_on_no_way() {
    let (engine, board) = engine();
    engine.gateway.end(Arrival::Order, engine.decide(RecordId::NONE, 1));
    engine.stamps.station(Stage::Aside).follow(RecordId::NONE, id(CONTROL, 1));
    engine.risk.follow(id(CONTROL, 1), id(APPROVED, 2));
    engine.gateway.end(Arrival::Cancel, id(APPROVED, 2));
    assert_eq!(counts(&board), ([0; 4], [0; 5]));
}

#[test]
fn what_no_strategy_wanted_passes_the_gate_without_a_hop() {
    let (engine, board) = engine();
    let definition = engine.tick(1);
    engine.risk.follow(definition, id(APPROVED, 1));
    engine.gateway.end(Arrival::Cancel, id(APPROVED, 1));
    assert_eq!(counts(&board), ([0; 4], [1, 1, 0, 0, 0]));
}

#[test]
fn at_a_paper_venue_a_way_ends_without_an_encode() {
    let (engine, board) = engine();
    let paper = engine.stamps.station(Stage::Arrive);
    paper.end(Arrival::Order, engine.decide(engine.tick(1), 1));
    assert_eq!(counts(&board), ([1, 0, 0, 0], [1, 1, 1, 1, 0]));
}

#[test]
fn a_row_that_was_taken_over_gives_nothing_and_is_counted_once() {
    let (engine, board) = engine();
    let top = engine.tick(1);
    let pairs = HOP_PAIRS as u64;
    engine.tick(1 + pairs);
    engine.gateway.end(Arrival::Order, engine.decide(top, 1));
    assert_eq!(counts(&board).0, [1, 0, 0, 0], "one other record on its pair leaves its row alone");
    engine.tick(1 + 2 * pairs);
    engine.tick(1 + 3 * pairs);
    engine.gateway.end(Arrival::Order, engine.decide(top, 2));
    let latencies = board.latencies();
    assert_eq!(latencies.ways.each_ref().map(Histogram::len), [1, 0, 0, 0]);
    assert_eq!(latencies.lost_count, 1, "what follows from it knows that it is on no way");
}
