//! A quoter trades for a while at the simulated venue, without sockets and without a clock: its account agrees with the
//! venue's, and the same seed gives the same run.

use fulmar_bus::record::{Kind, Nanos, Position, SyncChange, SyncState};
use fulmar_engine::market::decimal::format_scaled;
use fulmar_engine::runtime::counters;
use fulmar_strategies::{Parameters, quoter};
use fulmar_tests::desk::{API_KEY, Desk};
use fulmar_tests::stage::drain;

/// Steps of a run: five seconds.
const STEPS: u32 = 5_000;
const STEP: Nanos = Nanos::from_millis(1);

/// What came of a run.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    output_hash: u64,
    record_count: u64,
    fills: u64,
    position: String,
}

/// Trades with this seed, and checks what must hold whatever it is.
fn trade(seed: u64) -> Outcome {
    let pairs = [("quantity", "0.01"), ("half_spread_ticks", "2"), ("requote_ticks", "1")];
    let quoter = quoter::ENTRY.strategy(&Parameters::from_pairs(pairs)).expect("its parameters are right");
    let mut desk = Desk::open(quoter, seed);
    let mut reports = desk.assembly.ring("reports.trader").expect("a strategy has reports").reader();
    let mut books = desk.assembly.ring("book.binance-spot:BTCUSDT").expect("there is a book").reader();
    let (mut position, mut was_live) = (None, false);
    for _ in 0..STEPS {
        desk.pass(STEP, |engine| engine());
        for record in drain(&mut reports) {
            if let Ok(held) = record.read::<Position>() {
                position = Some(*held);
            }
        }
        for record in drain(&mut books) {
            if record.header().kind() == Some(Kind::SyncChange) {
                let state = record.read::<SyncChange>().expect("of that kind").state;
                assert!(
                    state == SyncState::Live || !was_live,
                    "seed {seed}: the book was live and is {state:?}"
                );
                was_live |= state == SyncState::Live;
            }
        }
    }
    assert!(was_live, "seed {seed}: the book never became live");
    let truth = desk.venues[0].truth(API_KEY, desk.now).expect("the account is there");
    let position = position.map_or(0, |held| held.quantity.0);
    let position = format_scaled(i128::from(position), 8).to_string();
    assert_eq!(position, truth.position, "seed {seed}");
    let seats = desk.player.stop(desk.now);
    for counter in ["decode_errors", "lost_records", "orphan_reports", "malformed_records", "not_submitted"] {
        assert_eq!(counters(&seats).get(counter), None, "seed {seed}: {counter}");
    }
    let digests = desk.assembly.digests();
    let (output_hash, record_count) = (digests.output_hash(), digests.record_count());
    Outcome { output_hash, record_count, fills: truth.fills, position }
}

#[test]
fn the_account_agrees_with_the_venue_and_a_seed_is_a_run() {
    let mut fills = 0;
    for seed in 1..=4 {
        let outcome = trade(seed);
        assert_eq!(outcome, trade(seed), "seed {seed}");
        assert!(outcome.record_count > 1_000, "seed {seed}: {outcome:?}");
        fills += outcome.fills;
    }
    assert!(fills > 0, "nothing was ever filled");
}
