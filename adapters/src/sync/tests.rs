//! Every market data fault that numbers can show, in virtual time.

use fulmar_bus::record::{
    Bar, Funding, InstrumentDefinition, InstrumentStatus, Level, MarkPrice, Nanos, Price, Quantity,
    RequestKind, TopOfBook, Trade,
};
use proptest::prelude::*;

use super::*;

/// What the sink was told, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Snapshot(u64),
    Levels(u64),
    Sync(SyncState, SyncReason),
}

#[derive(Default)]
struct Log {
    told: Vec<Told>,
    last: Option<SyncChange>,
}

impl MarketSink for Log {
    fn definition(&mut self, _: InstrumentId, _: &InstrumentDefinition) {}
    fn status(&mut self, _: InstrumentId, _: &InstrumentStatus) {}
    fn trade(&mut self, _: InstrumentId, _: &Trade) {}
    fn top(&mut self, _: InstrumentId, _: &TopOfBook) {}
    fn funding(&mut self, _: InstrumentId, _: &Funding) {}
    fn mark_price(&mut self, _: InstrumentId, _: &MarkPrice) {}
    fn bar(&mut self, _: InstrumentId, _: &Bar) {}
    fn request(&mut self, _: u8, _: RequestKind, _: Nanos, _: &[u8]) {}

    fn snapshot(&mut self, _: InstrumentId, update: Update<'_>) {
        self.told.push(Told::Snapshot(update.update_id));
    }

    fn levels(&mut self, _: InstrumentId, update: Update<'_>) {
        self.told.push(Told::Levels(update.update_id));
    }

    fn sync(&mut self, _: InstrumentId, change: &SyncChange) {
        self.told.push(Told::Sync(change.state, change.reason));
        self.last = Some(*change);
    }
}

/// A book with its log and a clock that is moved by hand.
struct Bench {
    sync: BookSync,
    log: Log,
    now: UnixNanos,
}

const SCALES: Scales = Scales { price: 0, quantity: 0 };
const LEVEL: Level = Level { price: Price(100), quantity: Quantity(1) };

impl Bench {
    fn new(rule: SyncRule) -> Self {
        let mut bench = Bench {
            sync: BookSync::new(InstrumentId(3), rule, None),
            log: Log::default(),
            now: UnixNanos(1_000),
        };
        bench.sync.start(SCALES, &mut bench.log);
        bench.log.told.clear();
        bench
    }

    fn live_at(rule: SyncRule, update_id: u64) -> Self {
        let mut bench = Bench::new(rule);
        bench.snapshot(update_id - 1);
        bench.update(update_id, update_id, update_id - 1);
        assert!(bench.sync.is_live());
        bench.log.told.clear();
        bench
    }

    fn update(&mut self, first: u64, last: u64, previous: u64) {
        let update = Update {
            update_id: last,
            venue_at: UnixNanos(0),
            bids: &[LEVEL],
            asks: &[LEVEL],
            is_proven: false,
        };
        self.sync.on_update(self.now, Span { first, last, previous, checksum: None }, update, &mut self.log);
    }

    fn range(&mut self, first: u64, last: u64) {
        self.update(first, last, 0);
    }

    fn snapshot(&mut self, update_id: u64) {
        let update =
            Update { update_id, venue_at: UnixNanos(0), bids: &[LEVEL], asks: &[], is_proven: false };
        self.sync.on_snapshot(self.now, update, &mut self.log);
    }

    /// What was told since the last call.
    fn told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.log.told)
    }

    fn counts(&self) -> (u32, u32) {
        let last = self.log.last.expect("something was told");
        (last.gap_count, last.resync_count)
    }
}

use Told::{Levels, Snapshot, Sync};

const LIVE: Told = Sync(SyncState::Live, SyncReason::Joined);

fn desynced(reason: SyncReason) -> Told {
    Sync(SyncState::Desynced, reason)
}

#[test]
fn a_snapshot_then_the_updates_that_waited_then_live() {
    let mut bench = Bench::new(SyncRule::Range);
    bench.range(90, 95);
    bench.range(96, 105);
    bench.range(106, 110);
    assert_eq!(bench.told(), [], "nothing is applied without a snapshot");
    bench.snapshot(100);
    assert_eq!(bench.told(), [Snapshot(100), Levels(105), Levels(110), LIVE]);
    bench.range(111, 112);
    assert_eq!(bench.told(), [Levels(112)]);
    assert_eq!(bench.counts(), (0, 0));
}

#[test]
fn a_snapshot_that_came_before_the_connection_is_joined_by_the_first_update() {
    let mut bench = Bench::new(SyncRule::Range);
    bench.snapshot(100);
    bench.sync.on_opened(bench.now, bench.now);
    bench.range(96, 100);
    assert_eq!(bench.told(), [Snapshot(100)], "an update that the snapshot holds proves nothing");
    bench.range(101, 102);
    assert_eq!(bench.told(), [Levels(102), LIVE]);
}

#[test]
fn a_gap_is_told_in_the_same_call_and_nothing_follows_until_a_snapshot() {
    for rule in [SyncRule::Range, SyncRule::Chain] {
        let mut bench = Bench::live_at(rule, 100);
        bench.update(103, 105, 102);
        assert_eq!(bench.told(), [desynced(SyncReason::Gap)]);
        assert_eq!(bench.sync.ask_at(), Some(bench.now), "a snapshot is wanted at once");
        bench.update(106, 107, 105);
        assert_eq!(bench.told(), []);
        bench.snapshot(106);
        let syncing = Sync(SyncState::Syncing, SyncReason::Gap);
        assert_eq!(bench.told(), [syncing, Snapshot(106), Levels(107), LIVE]);
        assert_eq!(bench.counts(), (1, 1));
        assert_eq!(bench.sync.ask_at(), None);
    }
}

#[test]
fn a_duplicate_is_dropped_and_counted() {
    for rule in [SyncRule::Range, SyncRule::Chain] {
        let mut bench = Bench::live_at(rule, 100);
        bench.update(100, 100, 99);
        bench.update(100, 100, 99);
        assert_eq!(bench.told(), []);
        assert_eq!(bench.sync.counters().updates_behind, 2);
        bench.update(101, 101, 100);
        assert_eq!(bench.told(), [Levels(101)]);
    }
}

#[test]
fn an_older_update_is_a_break_since_a_number_that_was_wrong_would_silence_the_book() {
    for rule in [SyncRule::Range, SyncRule::Chain] {
        let mut bench = Bench::live_at(rule, 100);
        bench.update(101, 9_001, 100);
        bench.told();
        bench.update(102, 102, 101);
        assert_eq!(bench.told(), [desynced(SyncReason::Gap)], "{rule:?}");
        bench.snapshot(101);
        let syncing = Sync(SyncState::Syncing, SyncReason::Gap);
        assert_eq!(bench.told(), [syncing, Snapshot(101), Levels(102), LIVE], "{rule:?}");
    }
}

#[test]
fn a_snapshot_that_the_stream_does_not_come_to_is_given_up() {
    for rule in [SyncRule::Range, SyncRule::Chain] {
        let mut bench = Bench::new(rule);
        bench.snapshot(9_000);
        bench.told();
        bench.update(100, 100, 99);
        assert_eq!(bench.told(), [], "it may still come to it");
        bench.now = bench.now + SNAPSHOT_ANSWER_MAX;
        bench.update(101, 101, 100);
        assert_eq!(bench.told(), [desynced(SyncReason::Gap)]);
        bench.snapshot(100);
        assert!(bench.sync.is_live(), "the update that showed it was kept");
    }
}

#[test]
fn what_waits_with_numbers_of_another_count_makes_room_for_the_present_one() {
    let mut bench = Bench::new(SyncRule::Range);
    bench.range(5_000, 5_001);
    for number in 1..u64::from(LATE_UPDATES_MAX) {
        bench.range(number, number);
    }
    bench.snapshot(3);
    assert!(!bench.sync.has_begun(), "what waits is of another count");
    bench.range(8, 8);
    bench.range(9, 9);
    bench.snapshot(8);
    assert!(bench.sync.is_live(), "the venue counts anew");
}

#[test]
fn an_update_that_repeats_what_is_known_and_goes_on_is_applied() {
    let mut bench = Bench::live_at(SyncRule::Range, 100);
    bench.range(95, 104);
    assert_eq!(bench.told(), [Levels(104)]);
}

#[test]
fn an_update_out_of_order_is_a_gap_and_the_late_one_is_dropped() {
    let mut bench = Bench::live_at(SyncRule::Chain, 100);
    bench.update(111, 120, 110);
    bench.update(101, 110, 100);
    assert_eq!(bench.told(), [desynced(SyncReason::Gap)]);
    assert_eq!(bench.sync.counters().updates_behind, 1);
    bench.snapshot(115);
    assert_eq!(bench.told()[1..], [Snapshot(115), Levels(120), LIVE]);
}

#[test]
fn a_snapshot_older_than_what_waits_is_refused_and_wanted_anew_later_each_time() {
    let mut bench = Bench::new(SyncRule::Range);
    bench.range(200, 210);
    let mut waits = Vec::new();
    for _ in 0..12 {
        bench.sync.on_asked(bench.now);
        bench.snapshot(150);
        assert_eq!(bench.told(), [], "nothing of it is applied");
        let ask_at = bench.sync.ask_at().expect("wanted anew");
        waits.push(ask_at.since(bench.now));
        bench.now = ask_at;
    }
    assert!(waits[0] > Nanos(0) && waits.iter().all(|wait| *wait <= limits::BACKOFF_MAX), "{waits:?}");
    assert!(waits[11] > Nanos(waits[0].0 * 50), "{waits:?}");
    assert_eq!(bench.sync.counters().snapshots_stale, 12);
    bench.snapshot(199);
    assert_eq!(bench.told(), [Snapshot(199), Levels(210), LIVE]);
}

#[test]
fn a_snapshot_that_the_first_update_shows_to_be_old_is_replaced() {
    let mut bench = Bench::new(SyncRule::Range);
    bench.snapshot(100);
    bench.range(150, 160);
    assert_eq!(bench.told(), [Snapshot(100)], "the book was never live, so this is no gap");
    assert_eq!(bench.sync.ask_at(), Some(bench.now));
    bench.snapshot(155);
    assert_eq!(bench.told(), [Snapshot(155), Levels(160), LIVE]);
    assert_eq!(bench.counts(), (0, 0));
}

#[test]
fn a_snapshot_during_live_is_not_used() {
    let mut bench = Bench::live_at(SyncRule::Range, 100);
    bench.snapshot(500);
    bench.range(101, 101);
    assert_eq!(bench.told(), [Levels(101)]);
    assert_eq!(bench.sync.counters().snapshots_unasked, 1);
}

#[test]
fn a_lost_connection_desyncs_and_the_next_snapshot_replaces_the_book() {
    let mut bench = Bench::live_at(SyncRule::Range, 100);
    bench.sync.on_closed(bench.now, SyncReason::Disconnected, &mut bench.log);
    assert_eq!(bench.told(), [desynced(SyncReason::Disconnected)]);
    assert_eq!(bench.sync.ask_at(), None, "nothing is asked for without a connection");
    bench.sync.on_opened(bench.now, bench.now);
    assert_eq!(bench.sync.ask_at(), Some(bench.now + limits::FIRST_UPDATE_WAIT));
    bench.range(200, 210);
    assert_eq!(bench.sync.ask_at(), Some(bench.now), "an update waits: a snapshot now is newer than it");
    bench.snapshot(205);
    let syncing = Sync(SyncState::Syncing, SyncReason::Disconnected);
    assert_eq!(bench.told(), [syncing, Snapshot(205), Levels(210), LIVE]);
    assert_eq!(bench.counts(), (0, 1));
}

#[test]
fn a_connection_lost_while_waiting_forgets_what_waited() {
    let mut bench = Bench::new(SyncRule::Range);
    bench.range(100, 110);
    bench.sync.on_closed(bench.now, SyncReason::Disconnected, &mut bench.log);
    bench.sync.on_opened(bench.now, bench.now);
    bench.range(121, 130);
    bench.snapshot(105);
    assert_eq!(bench.told(), [], "the updates between 110 and 121 were never seen");
    assert_eq!(bench.sync.counters().updates_dropped, 1);
}

#[test]
fn the_engines_doubt_desyncs_once() {
    for reason in [SyncReason::Crossed, SyncReason::Checksum, SyncReason::Lapped, SyncReason::DecodeError] {
        let mut bench = Bench::live_at(SyncRule::Range, 100);
        bench.sync.break_off(bench.now, reason, &mut bench.log);
        bench.sync.break_off(bench.now, reason, &mut bench.log);
        assert_eq!(bench.told(), [desynced(reason)]);
        assert_eq!(bench.counts(), (0, 1));
        assert_eq!(bench.sync.ask_at(), Some(bench.now));
    }
}

/// A flood of four times what is kept while a snapshot is on its way, ending with the update of this number.
fn flooded(rule: SyncRule) -> (Bench, u64) {
    let mut bench = Bench::new(rule);
    let last = 4 * limits::PENDING_UPDATES_MAX as u64;
    bench.sync.on_asked(bench.now);
    let answer_due_at = bench.sync.ask_at();
    for update_id in 1..=last {
        bench.update(update_id, update_id, update_id - 1);
    }
    assert_eq!(bench.told(), [], "it waits as before");
    assert_eq!(bench.sync.ask_at(), answer_due_at, "the snapshot that was asked for is still good");
    let kept = last - bench.sync.counters().updates_flooded;
    let (most, least) =
        (limits::PENDING_UPDATES_MAX, limits::PENDING_UPDATES_MAX - limits::PENDING_DROPS_MIN);
    assert!((least as u64..=most as u64).contains(&kept), "{kept} are kept");
    (bench, last)
}

#[test]
fn a_snapshot_that_arrives_late_makes_a_flooded_book_live() {
    for rule in [SyncRule::Range, SyncRule::Chain] {
        let (mut bench, last) = flooded(rule);
        bench.snapshot(last - 3);
        let after = bench.told();
        let applied: Vec<Told> = (last - 2..=last).map(Levels).collect();
        assert_eq!(after.first(), Some(&Snapshot(last - 3)));
        assert!(after.ends_with(&[&applied[..], &[LIVE]].concat()), "{after:?}");
        bench.update(last + 1, last + 1, last);
        assert_eq!(bench.told(), [Levels(last + 1)]);
        assert_eq!(bench.counts(), (0, 0));
    }
}

#[test]
fn a_snapshot_older_than_what_a_flood_dropped_is_refused() {
    for rule in [SyncRule::Range, SyncRule::Chain] {
        let (mut bench, last) = flooded(rule);
        let dropped = bench.sync.counters().updates_flooded;
        bench.snapshot(dropped - 1);
        assert_eq!(bench.told(), [], "an update between it and what waits is gone");
        assert_eq!(bench.sync.counters().snapshots_stale, 1);
        assert!(bench.sync.ask_at().expect("wanted anew").since(bench.now) <= limits::BACKOFF_MAX);
        bench.snapshot(dropped);
        assert_eq!(bench.told().len() as u64, 1 + (last - dropped) + 1, "snapshot, all that waits, live");
    }
}

#[test]
fn an_update_larger_than_all_the_room_is_missed_and_noticed() {
    let mut bench = Bench::new(SyncRule::Range);
    bench.range(1, 1);
    let levels = vec![LEVEL; limits::PENDING_LEVELS_MAX + 1];
    let update = Update { update_id: 2, venue_at: UnixNanos(0), bids: &levels, asks: &[], is_proven: false };
    bench.sync.on_update(
        bench.now,
        Span { first: 2, last: 2, previous: 1, checksum: None },
        update,
        &mut bench.log,
    );
    assert_eq!(bench.sync.counters().updates_flooded, 2);
    bench.snapshot(1);
    assert_eq!(bench.told(), [Snapshot(1)]);
    bench.range(3, 3);
    assert_eq!(bench.told(), [], "the second is missing");
    bench.snapshot(2);
    assert_eq!(bench.told(), [Snapshot(2), Levels(3), LIVE]);
}

#[test]
fn levels_make_room_as_updates_do_and_stay_with_their_own() {
    let mut bench = Bench::new(SyncRule::Range);
    let per_update = limits::PENDING_LEVELS_MAX / 40;
    for id in 1..=100_u64 {
        let level = |side: i64| Level { price: Price(side), quantity: Quantity(i64::try_from(id).unwrap()) };
        let (bids, asks) = (vec![level(1); per_update - 1], [level(2)]);
        let update =
            Update { update_id: id, venue_at: UnixNanos(id), bids: &bids, asks: &asks, is_proven: false };
        bench.sync.on_update(bench.now, Span::numbered(id), update, &mut bench.log);
    }
    let dropped = bench.sync.counters().updates_flooded;
    assert!((60..90).contains(&dropped), "{dropped}");
    let waiting = bench.sync.pending.len();
    assert_eq!(waiting as u64, 100 - dropped);
    for (index, id) in (0..waiting).zip(dropped + 1..) {
        let (_, update) = bench.sync.pending.update(index);
        assert_eq!((update.update_id, update.bids.len(), update.asks.len()), (id, per_update - 1, 1));
        let is_its_own = |level: &Level| level.quantity.0 == i64::try_from(id).unwrap();
        assert!(update.bids.iter().chain(update.asks).all(is_its_own), "{id}");
    }
}

#[test]
fn a_gap_among_updates_that_wait_drops_those_before_it() {
    let mut bench = Bench::new(SyncRule::Range);
    bench.range(100, 110);
    bench.range(121, 130);
    bench.snapshot(105);
    assert_eq!(bench.told(), [], "it would have joined the first, but not the second");
    bench.snapshot(125);
    assert_eq!(bench.told(), [Snapshot(125), Levels(130), LIVE]);
    assert_eq!(bench.counts(), (1, 0));
}

#[test]
fn an_answer_that_does_not_come_is_asked_for_again() {
    let mut bench = Bench::new(SyncRule::Range);
    bench.range(1, 2);
    bench.sync.on_asked(bench.now);
    let again_at = bench.sync.ask_at().expect("asked again");
    assert!(again_at >= bench.now + limits::SNAPSHOT_ANSWER_MAX);
    bench.range(3, 4);
    assert_eq!(bench.sync.ask_at(), Some(again_at), "further updates do not hurry it");
    bench.sync.on_snapshot_failed(bench.now);
    let wait = bench.sync.ask_at().expect("asked again").since(bench.now);
    assert!(wait > Nanos(0) && wait <= limits::BACKOFF_MIN);
}

#[test]
fn a_book_that_breaks_again_and_again_is_asked_for_ever_more_slowly_until_it_stands() {
    let mut bench = Bench::live_at(SyncRule::Range, 100);
    let mut waits = Vec::new();
    for last in 101..108 {
        bench.sync.break_off(bench.now, SyncReason::Crossed, &mut bench.log);
        let ask_at = bench.sync.ask_at().expect("wanted");
        waits.push(ask_at.since(bench.now));
        bench.now = ask_at;
        bench.sync.on_asked(bench.now);
        bench.range(last, last);
        bench.snapshot(last - 1);
        assert!(bench.sync.is_live());
    }
    assert!(waits[0] == Nanos(0) && waits[1] > Nanos(0) && waits[6] > Nanos(waits[1].0 * 8), "{waits:?}");
    bench.now = bench.now + limits::STABLE_MIN;
    bench.sync.break_off(bench.now, SyncReason::Crossed, &mut bench.log);
    assert_eq!(bench.sync.ask_at(), Some(bench.now));
}

#[test]
fn the_chains_boundary_case_is_harmless() {
    let mut bench = Bench::new(SyncRule::Chain);
    bench.update(90, 100, 80);
    bench.update(105, 120, 100);
    bench.snapshot(100);
    assert_eq!(bench.told(), [Snapshot(100), Levels(100), Levels(120), LIVE]);
}

#[test]
fn wider_scales_reach_what_waits() {
    struct Prices(Vec<i64>);
    impl MarketSink for Prices {
        fn definition(&mut self, _: InstrumentId, _: &InstrumentDefinition) {}
        fn status(&mut self, _: InstrumentId, _: &InstrumentStatus) {}
        fn trade(&mut self, _: InstrumentId, _: &Trade) {}
        fn top(&mut self, _: InstrumentId, _: &TopOfBook) {}
        fn funding(&mut self, _: InstrumentId, _: &Funding) {}
        fn mark_price(&mut self, _: InstrumentId, _: &MarkPrice) {}
        fn bar(&mut self, _: InstrumentId, _: &Bar) {}
        fn request(&mut self, _: u8, _: RequestKind, _: Nanos, _: &[u8]) {}
        fn snapshot(&mut self, _: InstrumentId, _: Update<'_>) {}
        fn levels(&mut self, _: InstrumentId, update: Update<'_>) {
            self.0.extend(update.bids.iter().flat_map(|level| [level.price.0, level.quantity.0]));
        }
        fn sync(&mut self, _: InstrumentId, _: &SyncChange) {}
    }
    let mut bench = Bench::new(SyncRule::Range);
    bench.range(1, 2);
    bench.sync.rescale(10, 100);
    let mut prices = Prices(Vec::new());
    let snapshot = Update { update_id: 1, venue_at: UnixNanos(0), bids: &[], asks: &[], is_proven: false };
    bench.sync.on_snapshot(bench.now, snapshot, &mut prices);
    assert_eq!(prices.0, [1_000, 100]);
    let mut bench = Bench::new(SyncRule::Range);
    bench.range(1, 2);
    bench.sync.rescale(i64::MAX, 1);
    assert_eq!(bench.sync.counters().updates_dropped, 1, "what does not fit is dropped, not wrapped");
}

proptest! {
    /// Whatever is lost, repeated, swapped or late: levels are told only after a snapshot, in order and without a hole,
    /// and once the faults end the book becomes live again.
    #[test]
    fn what_is_told_is_always_a_snapshot_and_everything_after_it(
        faults in prop::collection::vec(0_u8..8, 0..120),
        is_chain in any::<bool>(),
    ) {
        let rule = if is_chain { SyncRule::Chain } else { SyncRule::Range };
        let mut bench = Bench::new(rule);
        let (mut at, mut held) = (100, None);
        for fault in faults.into_iter().chain([6, 7, 7, 6, 7]) {
            let span = (at + 1, at + 3, at);
            at += 3;
            match fault {
                0 => {}
                1 => { bench.update(span.0, span.1, span.2); bench.update(span.0, span.1, span.2) }
                2 => held = Some(span),
                3 => bench.sync.on_closed(bench.now, SyncReason::Disconnected, &mut bench.log),
                4 => { bench.update(span.0, span.1, span.2); bench.snapshot(at.saturating_sub(30)) }
                5 => bench.sync.break_off(bench.now, SyncReason::Crossed, &mut bench.log),
                6 => { bench.update(span.0, span.1, span.2); bench.snapshot(at - 1) }
                _ => bench.update(span.0, span.1, span.2),
            }
            if let (Some((first, last, previous)), true) = (held, fault != 2) {
                bench.update(first, last, previous);
                held = None;
            }
        }
        prop_assert!(bench.sync.is_live());
        let mut book: Option<u64> = None;
        for told in bench.told() {
            match told {
                Snapshot(update_id) => book = Some(update_id),
                Levels(update_id) => {
                    let before = book.expect("levels follow a snapshot");
                    prop_assert!(update_id >= before && update_id <= before + 3, "{before} then {update_id}");
                    book = Some(update_id);
                }
                Sync(SyncState::Desynced, _) => book = None,
                Sync(..) => {}
            }
        }
    }
}
