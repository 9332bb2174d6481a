//! Rows about the order of things: gaps, repetitions, snapshots that replace.

use fulmar_adapters::session::VenueEntry;
use fulmar_adapters::session::sample::SampleFrame;
use fulmar_adapters::sync::SyncRule;
use fulmar_bus::record::{Nanos, SyncReason, SyncState};
use fulmar_engine::contract::MarketSession as _;

use super::Outcome::{self, Held, NotApplicable};
use super::bench::{Bench, IDS};

/// A snapshot and the stream become one book, level by level.
pub fn snapshot_then_stream(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    bench.assert_books();
    for step in 0..50_u32 {
        let (price, quantity) = (format!("{}.5", 90 + step % 7), format!("{}.00000000", step % 3));
        let update = bench.flow.update(0, &[(&price, &quantity)], &[("100.6", &quantity)]);
        bench.give(&update);
        bench.assert_book(0);
    }
    assert_eq!(bench.state(0), SyncState::Live);
    assert_eq!(bench.session.counters().decode_error_count(), 0);
    Held
}

/// An update is missing: the book is not believed in the same step, nothing of it is told, and it comes back whole.
pub fn gap(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let before = bench.keeper.instruments[&IDS[0]].bids.clone();
    let _lost = bench.flow.update(0, &[("100.5", "9.00000000")], &[]);
    let next = bench.flow.update(0, &[("100.4", "8.00000000")], &[]);
    bench.give(&next);
    assert_eq!(bench.state(0), SyncState::Desynced, "in the same step");
    assert!(matches!(bench.reason(0), SyncReason::Gap | SyncReason::Checksum), "{:?}", bench.reason(0));
    let later = bench.flow.update(0, &[("100.3", "8.00000000")], &[]);
    bench.give(&later);
    assert_eq!(bench.keeper.instruments[&IDS[0]].bids, before, "nothing is applied after the gap");
    bench.pass(Nanos::from_secs(1));
    assert!(!bench.keeper.requests.is_empty(), "the book is asked for");
    bench.recover();
    Held
}

/// The same update twice changes nothing, and is counted where it has a number to be known by.
pub fn duplicate(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let update = bench.flow.update(0, &[("100.5", "9.00000000")], &[]);
    bench.give(&update);
    bench.give(&update);
    assert_eq!(bench.state(0), SyncState::Live);
    assert_eq!(bench.keeper.instruments[&IDS[0]].state.expect("a state").gap_count, 0);
    let counted = bench.counter("updates_behind") + bench.counter("frames_repeated");
    let is_known_by_checksum =
        bench.flow.sample.rule() == SyncRule::Ordered && bench.flow.sample.proof().is_some();
    assert_eq!(counted, u64::from(!is_known_by_checksum));
    bench.assert_books();
    let next = bench.flow.update(0, &[("100.5", "8.00000000")], &[]);
    bench.give(&next);
    assert_eq!(bench.state(0), SyncState::Live, "and the stream goes on");
    bench.assert_books();
    Held
}

/// Two updates in the wrong order: a connection keeps its order, so that one was missed.
pub fn out_of_order(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let first = bench.flow.update(0, &[("100.4", "9.00000000")], &[]);
    let second = bench.flow.update(0, &[("100.5", "8.00000000")], &[]);
    bench.give(&second);
    assert_eq!(bench.state(0), SyncState::Desynced);
    bench.give(&first);
    assert_ne!(bench.state(0), SyncState::Live);
    bench.recover();
    Held
}

/// A snapshot that is older than what waits for it is refused, and asked for anew.
pub fn stale_snapshot(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::new(entry);
    if bench.flow.sample.rule().is_streamed() {
        return NotApplicable("snapshots stand in their place in the stream");
    }
    let stale = bench.flow.snapshot(0);
    let _missed = bench.flow.update(0, &[("100.5", "9.00000000")], &[]);
    let waits = bench.flow.update(0, &[("100.4", "9.00000000")], &[]);
    bench.give(&waits);
    bench.give(&stale);
    assert_eq!(bench.state(0), SyncState::Syncing, "refused");
    assert!(bench.keeper.instruments[&IDS[0]].bids.is_empty(), "nothing of it is told");
    let fresh = bench.flow.snapshot(0);
    bench.give(&fresh);
    let next = bench.flow.update(0, &[("100.3", "9.00000000")], &[]);
    bench.give(&next);
    assert_eq!(bench.state(0), SyncState::Live);
    bench.assert_book(0);
    Held
}

/// What came before a reconnect is gone: the new snapshot replaces, and never merges.
pub fn snapshot_after_reconnect_replaces(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    bench.close();
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Desynced; 2]);
    for index in 0..IDS.len() {
        let level = |price: &str| (price.to_owned(), "1.50000000".to_owned());
        bench.flow.replace(index, vec![level("50.1")], vec![level("50.2"), level("51.0")]);
    }
    bench.open();
    bench.sync(0);
    bench.sync(1);
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
    bench.assert_books();
    Held
}

/// The venue begins to count anew, and sends the book: it is that from then on.
pub fn sequence_reset(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    if !bench.flow.sample.rule().is_streamed() {
        return NotApplicable("the venue never sends a book unasked");
    }
    let level = |price: &str| (price.to_owned(), "1.50000000".to_owned());
    bench.flow.replace(0, vec![level("50.1")], vec![level("50.2")]);
    bench.flow.restart(0);
    let reset = bench.flow.snapshot(0);
    bench.give(&reset);
    assert_eq!(bench.state(0), SyncState::Live);
    assert_eq!(bench.keeper.instruments[&IDS[0]].state.expect("a state").resync_count, 1, "and it is told");
    let next = bench.flow.update(0, &[("50.0", "2.00000000")], &[]);
    bench.give(&next);
    assert_eq!(bench.state(0), SyncState::Live);
    bench.assert_books();
    Held
}

/// The venue's checksum is not our book's: nothing of the update is told, and the book comes anew.
pub fn bad_checksum(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    if bench.flow.sample.proof().is_none() {
        return NotApplicable("the venue sends none");
    }
    if bench.counter("checksums_right") == 0 {
        return NotApplicable("the venue sends none any more; its older messages have tests of their own");
    }
    let update = bench.flow.update(0, &[("100.5", "9.00000000")], &[]);
    let SampleFrame::Message(text) = &update else { panic!("an update is a message") };
    let before = bench.keeper.instruments[&IDS[0]].bids.clone();
    bench.message(wrong_checksum(text).as_bytes());
    assert_eq!((bench.state(0), bench.reason(0)), (SyncState::Desynced, SyncReason::Checksum));
    assert_eq!(bench.keeper.instruments[&IDS[0]].bids, before, "nothing of it is told");
    assert_eq!(bench.state(1), SyncState::Live);
    bench.recover();
    Held
}

/// The text with another digit in the checksum.
fn wrong_checksum(text: &str) -> String {
    let key = text.find("\"checksum\":").expect("it has a checksum") + "\"checksum\":".len();
    let digit = key + text[key..].find(|sign: char| sign.is_ascii_digit()).expect("a number");
    let other = if &text[digit..=digit] == "1" { "2" } else { "1" };
    format!("{}{other}{}", &text[..digit], &text[digit + 1..])
}
