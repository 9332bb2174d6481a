//! Recorded frames of Kraken Spot, through the session, against what an independent program made of them.

use std::collections::BTreeMap;

use fulmar_bus::record::{InstrumentId, SyncReason, SyncState};
use fulmar_engine::contract::MarketSession as _;

use crate::player::{Capture, check_capture};

#[test]
fn every_checksum_of_two_minutes_is_right() {
    check_capture("kraken", "kraken_btcusd_2026-07-19", &[(1, 8, 1)]);
    let Some(capture) = Capture::open("kraken_btcusd_2026-07-19") else { return };
    let mut session = capture.session("kraken");
    capture.play(&mut session);
    let mut counters = BTreeMap::new();
    session.tell_counters(&mut |name, count| *counters.entry(name).or_insert(0) += count);
    assert_eq!((counters["checksums_right"], counters["checksums_wrong"]), (1_254, 0));
}

#[test]
fn a_message_that_is_missing_is_noticed_by_the_next_checksum() {
    let Some(capture) = Capture::open("kraken_btcusd_gap_2026-07-20") else { return };
    let mut session = capture.session("kraken");
    let keeper = capture.play(&mut session);
    let mut counters = BTreeMap::new();
    session.tell_counters(&mut |name, count| *counters.entry(name).or_insert(0) += count);
    assert_eq!((counters["checksums_right"], counters["checksums_wrong"]), (41, 1));
    let state = keeper.instruments[&InstrumentId(0)].state.expect("a state");
    assert_eq!((state.state, state.reason), (SyncState::Desynced, SyncReason::Checksum));
    assert!(counters["updates_unfounded"] > 0, "nothing that follows is applied");
    assert_eq!(session.counters().decode_error_count(), 0);
}
