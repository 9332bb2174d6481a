//! The book of one instrument: what it believes, and when it stops.

use fulmar_bus::record::{
    BookLevels, InstrumentDefinition, InstrumentStatus, Listing, Nanos, SnapshotBegin, SnapshotEnd,
    SyncChange, SyncReason, SyncState,
};
use zerocopy::IntoBytes;

use super::*;
use crate::actors::BookBuilder;
use crate::actors::limits::CROSSED_NS_MAX;
use crate::market::JumpGuard;
use crate::market::limits::{JUMP_REFERENCE_KEPT, JUMP_STAYS};
use crate::runtime::Inboxes;

/// Slots of the market channel, small enough to be lapped.
const MARKET_SLOTS: usize = 128;

/// A book, the feed's end of its channels, and what it told.
struct Stage {
    actor: BookBuilder,
    market: Outbox,
    book: Reader,
    resync: Reader,
    now: UnixNanos,
    update_id: u64,
}

impl Stage {
    /// A book that was told what its instrument is.
    fn new() -> Self {
        let (market, market_ring) = channel(1, MARKET_SLOTS);
        let (book, book_ring) = channel(2, ROOMY);
        let (resync, resync_ring) = channel(3, ROOMY);
        let mut inboxes = Inboxes::new();
        inboxes.add(market_ring.reader());
        let (book_reader, resync_reader) = (book_ring.reader(), gated(&resync_ring));
        let actor =
            BookBuilder::new("scripted:AAABBB", (INSTRUMENT, JumpGuard::new(1_000)), inboxes, book, resync);
        let mut stage =
            Stage { actor, market, book: book_reader, resync: resync_reader, now: OPENS_AT, update_id: 0 };
        send(&mut stage.market, stage.now, &definition());
        stage.turn();
        assert_eq!(drain_all::<InstrumentDefinition>(&mut stage.book).len(), 1);
        stage
    }

    /// One that is live with 100.00 bid and 101.00 asked.
    fn live() -> Self {
        let mut stage = Stage::new();
        stage.snapshot();
        stage.tell(SyncState::Live, SyncReason::Joined);
        assert_eq!(stage.tops(), [(100, 101)]);
        stage
    }

    fn turn(&mut self) -> Work {
        turn(&mut self.actor, self.now)
    }

    fn levels(&mut self, bids: &[Level], asks: &[Level], flags: Flags) {
        self.update_id += 1;
        let count = |levels: &[Level]| u32::try_from(levels.len()).expect("a few levels");
        let (bid_count, ask_count) = (count(bids), count(asks));
        let update = BookLevels { update_id: self.update_id, venue_at: UnixNanos(0), bid_count, ask_count };
        let levels = [bids, asks].concat();
        let origin = Origin::time(self.now);
        let sent =
            self.market.send_with_tail(origin, (INSTRUMENT, flags), &update, levels.as_slice().as_bytes());
        sent.expect("market data is read without gates");
    }

    /// The whole book, as a feed tells it, but for whether it can be believed.
    fn snapshot(&mut self) {
        let (update_id, venue_at) = (self.update_id + 1, UnixNanos(0));
        let begin = SnapshotBegin { update_id, venue_at, bid_count: 2, ask_count: 1 };
        send(&mut self.market, self.now, &begin);
        let flags = Flags(Flags::SNAPSHOT.0 | Flags::LAST.0);
        self.levels(&[level(100, 5), level(99, 5)], &[level(101, 5)], flags);
        send(&mut self.market, self.now, &SnapshotEnd { update_id, venue_at });
    }

    fn tell(&mut self, state: SyncState, reason: SyncReason) {
        send(&mut self.market, self.now, &SyncChange::new(state, reason, self.update_id, 0, 0));
        self.turn();
    }

    /// Best prices that were told and not yet looked at.
    fn tops(&mut self) -> Vec<(i64, i64)> {
        let tops = drain_all::<TopOfBook>(&mut self.book);
        tops.iter().map(|top| (top.bid.price.0, top.ask.price.0)).collect()
    }

    /// The bid is crossed with the ask by an update that reaches this machine so long after the start.
    fn cross_at(&mut self, after: Nanos) -> Vec<(SyncState, SyncReason)> {
        self.now = OPENS_AT + after;
        self.levels(&[level(102, 5)], &[], Flags::LAST);
        self.turn();
        self.changes()
    }

    fn changes(&mut self) -> Vec<(SyncState, SyncReason)> {
        let records = drain(&mut self.book);
        assert_eq!(all::<TopOfBook>(&records), [], "a crossed book is not published");
        all::<SyncChange>(&records).iter().map(|change| (change.state, change.reason)).collect()
    }

    /// The only bid and the only ask are these from now on; gives the best prices told, and whether they are suspect.
    fn jump(&mut self, bid: i64, ask: i64) -> Vec<(i64, i64, bool)> {
        self.update_id += 1;
        let (update_id, venue_at) = (self.update_id, UnixNanos(0));
        send(&mut self.market, self.now, &SnapshotBegin { update_id, venue_at, bid_count: 1, ask_count: 1 });
        self.levels(&[level(bid, 5)], &[level(ask, 5)], Flags::LAST);
        self.turn();
        let records = drain(&mut self.book);
        let tops = records.iter().filter_map(|record| Some((record.header().flags, record.read().ok()?)));
        tops.map(|(flags, top): (_, &TopOfBook)| {
            (top.bid.price.0, top.ask.price.0, flags.contains(Flags::SUSPECT))
        })
        .collect()
    }

    /// Everything that it asked its feed for.
    fn wishes(&mut self) -> Vec<SyncReason> {
        drain_all::<SyncChange>(&mut self.resync).iter().map(|wish| wish.reason).collect()
    }
}

#[test]
fn nothing_is_published_until_the_feed_says_that_the_snapshot_has_joined() {
    let mut stage = Stage::new();
    stage.snapshot();
    stage.levels(&[level(100, 6)], &[], Flags::LAST);
    assert!(stage.turn().is_some());
    assert_eq!(stage.tops(), []);
    stage.tell(SyncState::Live, SyncReason::Joined);
    assert_eq!(stage.tops(), [(100, 101)]);
    stage.levels(&[level(100, 0)], &[], Flags::LAST);
    stage.turn();
    assert_eq!(stage.tops(), [(99, 101)]);
}

#[test]
fn what_the_venue_says_of_trading_an_instrument_is_passed_on_and_its_book_goes_on() {
    let mut stage = Stage::live();
    let halted = InstrumentStatus::new(Listing::Halted, "cancel only");
    send(&mut stage.market, stage.now, &halted);
    stage.turn();
    assert_eq!(drain_all::<InstrumentStatus>(&mut stage.book), [halted]);
    stage.levels(&[level(100, 0)], &[], Flags::LAST);
    stage.turn();
    assert_eq!(stage.tops(), [(99, 101)]);
}

#[test]
fn an_update_of_several_records_is_published_once_with_its_last() {
    let mut stage = Stage::live();
    stage.levels(&[level(100, 0)], &[], Flags::NONE);
    stage.turn();
    assert_eq!(stage.tops(), []);
    stage.levels(&[level(98, 5)], &[level(100, 5)], Flags::LAST);
    stage.turn();
    assert_eq!(stage.tops(), [(99, 100)]);
}

#[test]
fn a_lap_desyncs_and_nothing_but_a_whole_snapshot_is_believed_after_it() {
    let mut stage = Stage::live();
    for quantity in 1..=200 {
        stage.levels(&[level(100, quantity)], &[], Flags::LAST);
    }
    stage.turn();
    assert_eq!(stage.changes(), [(SyncState::Desynced, SyncReason::Lapped)]);
    assert_eq!(stage.wishes(), [SyncReason::Lapped], "the feed is asked to sync anew");
    assert!(counter(&stage.actor, "lost_records") > 0);

    while stage.turn().is_some() {}
    stage.tell(SyncState::Live, SyncReason::Joined);
    assert_eq!(stage.changes(), [], "the feed's book is live; this one has missed some of it");

    stage.snapshot();
    stage.turn();
    assert_eq!(stage.tops(), []);
    stage.tell(SyncState::Live, SyncReason::Joined);
    assert_eq!(stage.tops(), [(100, 101)]);
}

#[test]
fn a_snapshot_whose_beginning_was_overtaken_is_no_snapshot() {
    let mut stage = Stage::live();
    stage.snapshot();
    for price in 1..=200 {
        stage.levels(&[level(price, 1)], &[], Flags::SNAPSHOT);
    }
    send(&mut stage.market, OPENS_AT, &SnapshotEnd { update_id: stage.update_id, venue_at: UnixNanos(0) });
    while stage.turn().is_some() {}
    stage.tell(SyncState::Live, SyncReason::Joined);
    assert_eq!(stage.changes(), [(SyncState::Desynced, SyncReason::Lapped)]);
}

#[test]
fn a_book_that_is_crossed_for_longer_than_two_seconds_desyncs() {
    let mut stage = Stage::live();
    assert_eq!(stage.cross_at(Nanos(0)), []);
    assert_eq!(stage.cross_at(Nanos(CROSSED_NS_MAX)), [], "so long a venue may take between two messages");
    assert_eq!(stage.cross_at(Nanos(CROSSED_NS_MAX + 1)), [(SyncState::Desynced, SyncReason::Crossed)]);
    assert_eq!(stage.wishes(), [SyncReason::Crossed]);
    assert_eq!(counter(&stage.actor, "crossed"), 3);
}

#[test]
fn a_crossed_book_desyncs_also_where_nothing_more_comes() {
    let mut stage = Stage::live();
    assert_eq!(stage.cross_at(Nanos(0)), []);
    assert_eq!(stage.actor.due_at(), Some(OPENS_AT + Nanos(CROSSED_NS_MAX + 1)));
    stage.now = OPENS_AT + Nanos(CROSSED_NS_MAX + 1);
    assert!(stage.turn().is_some());
    assert_eq!(stage.changes(), [(SyncState::Desynced, SyncReason::Crossed)]);
    assert_eq!((stage.wishes(), stage.actor.due_at()), (vec![SyncReason::Crossed], None));
}

#[test]
fn a_book_that_uncrosses_in_between_stays_live() {
    let mut stage = Stage::live();
    assert_eq!(stage.cross_at(Nanos(0)), []);
    stage.levels(&[level(102, 0)], &[], Flags::LAST);
    stage.turn();
    // The same prices as before: no news, and not yet time to repeat them.
    assert_eq!(stage.tops(), []);
    assert_eq!(stage.cross_at(Nanos(CROSSED_NS_MAX + 1)), []);
    assert_eq!(stage.wishes(), []);
}

#[test]
fn what_the_feed_desynced_is_emptied_and_told_in_the_same_turn() {
    let mut stage = Stage::live();
    stage.tell(SyncState::Desynced, SyncReason::Gap);
    assert_eq!(stage.changes(), [(SyncState::Desynced, SyncReason::Gap)]);
    assert_eq!(stage.wishes(), [], "the feed knows");
    let applied = stage.update_id;
    stage.levels(&[level(100, 9)], &[], Flags::LAST);
    stage.turn();
    assert_eq!(stage.tops(), []);
    send(&mut stage.market, stage.now, &InstrumentDefinition { tick: Price(5), ..definition() });
    stage.turn();
    let changes = drain_all::<SyncChange>(&mut stage.book);
    assert_eq!(changes.iter().map(|change| change.update_id).collect::<Vec<_>>(), [applied]);
}

#[test]
fn a_wider_scale_keeps_the_book_and_another_tick_does_not() {
    let mut stage = Stage::live();
    send(&mut stage.market, stage.now, &wider_definition());
    stage.levels(&[], &[], Flags::LAST);
    stage.turn();
    let tops = drain_all::<TopOfBook>(&mut stage.book);
    assert_eq!(tops.iter().map(|top| top.bid).collect::<Vec<_>>(), [level(100, 50)]);

    send(&mut stage.market, stage.now, &InstrumentDefinition { tick: Price(5), ..wider_definition() });
    stage.turn();
    assert_eq!(stage.changes(), [(SyncState::Desynced, SyncReason::Redefined)]);
    assert_eq!(stage.wishes(), [SyncReason::Redefined]);
}

#[test]
fn a_top_beyond_the_band_is_published_as_suspect_and_one_at_its_edge_is_not() {
    // From a middle of 10,050 with a band of a tenth.
    for (middle, is_suspect) in
        [(11_054, false), (11_055, false), (11_056, true), (9_045, false), (9_044, true)]
    {
        let mut stage = Stage::live();
        stage.tell(SyncState::Desynced, SyncReason::Gap);
        stage.now = stage.now + Nanos(JUMP_REFERENCE_KEPT.0 + 1);
        stage.tell(SyncState::Live, SyncReason::Joined);
        drain(&mut stage.book);
        assert_eq!(stage.jump(10_049, 10_051), [(10_049, 10_051, false)], "after so long a break");
        assert_eq!(stage.jump(middle - 1, middle + 1), [(middle - 1, middle + 1, is_suspect)]);
        assert_eq!(counter(&stage.actor, "suspect_tops"), u64::from(is_suspect));
    }
}

#[test]
fn a_suspect_top_is_told_anew_once_the_market_has_stayed_there() {
    let mut stage = Stage::live();
    assert_eq!(stage.jump(200, 202), [(200, 202, true)]);
    stage.now = OPENS_AT + Nanos(JUMP_STAYS.0 - 1);
    assert_eq!(stage.jump(200, 202), [(200, 202, true)], "repeated as any quiet top");
    stage.now = OPENS_AT + JUMP_STAYS;
    assert_eq!(stage.jump(200, 202), [(200, 202, false)], "no price changed, and it is news all the same");
    assert_eq!(stage.jump(100, 101), [(100, 101, true)]);
    assert_eq!(stage.jump(200, 202), [(200, 202, false)]);
}

#[test]
fn a_snapshot_after_a_short_break_is_held_against_the_top_before_it() {
    let mut stage = Stage::live();
    stage.tell(SyncState::Desynced, SyncReason::Gap);
    assert_eq!(stage.changes(), [(SyncState::Desynced, SyncReason::Gap)]);
    stage.tell(SyncState::Syncing, SyncReason::Gap);
    assert_eq!(stage.jump(200, 202), [], "not yet live");
    stage.now = OPENS_AT + JUMP_REFERENCE_KEPT;
    stage.tell(SyncState::Live, SyncReason::Joined);
    let flags: Vec<bool> = drain(&mut stage.book)
        .iter()
        .filter(|record| record.read::<TopOfBook>().is_ok())
        .map(|record| record.header().flags.contains(Flags::SUSPECT))
        .collect();
    assert_eq!(flags, [true]);
}

#[test]
fn a_ticker_beyond_the_band_is_suspect_too() {
    let mut stage = Stage::live();
    let ticker = |bid, ask, update_id| {
        TopOfBook::new(level(bid, 5), level(ask, 5), update_id, UnixNanos(0), TopSource::Ticker)
    };
    for (place, (bid, ask, suspect_count)) in [(105, 106, 0), (1_000, 1_010, 1)].into_iter().enumerate() {
        let update_id = stage.update_id + 1 + place as u64;
        send(&mut stage.market, OPENS_AT, &ticker(bid, ask, update_id));
        stage.turn();
        assert_eq!(stage.tops(), [(bid, ask)]);
        assert_eq!(counter(&stage.actor, "suspect_tops"), suspect_count);
    }
}
