//! One suite for all venues: what a feed may do wrong, and what a session must then do, row by row, in virtual time.
//!
//! A row is a function over [`Bench`], written once; a venue says by its `Sample` what its frames look like. A test is
//! named `conformance::VENUE::ROW`. The whole as a table, venue by row:
//!
//! ```text
//! cargo test -p fulmar-adapters --test venues -- --nocapture the_table
//! ```

pub mod bench;
mod connection;
mod content;
mod continuity;
mod engine;
mod instruments;
mod recovery;
mod requests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use fulmar_adapters::session::VenueEntry;
use fulmar_adapters::venues::{VENUES, venue};

/// What a row came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The session did what it must.
    Held,
    /// It cannot happen at this venue, for this reason.
    NotApplicable(&'static str),
}

/// A row: the fault, and what holds a session to its answer.
pub struct Row {
    name: &'static str,
    check: fn(&'static VenueEntry) -> Outcome,
}

/// Lists the rows, and makes a test of each for each venue.
macro_rules! suite {
    (rows { $($row:ident in $file:ident,)* } venues { $($module:ident = $name:literal,)* }) => {
        const ROWS: &[Row] = &[$(Row { name: stringify!($row), check: $file::$row },)*];
        const TESTED: &[&str] = &[$($name,)*];

        suite!(@venues [$($row in $file,)*] $($module = $name,)*);
    };
    (@venues $rows:tt $($module:ident = $name:literal,)*) => {
        $(suite!(@venue $rows $module = $name);)*
    };
    (@venue [$($row:ident in $file:ident,)*] $module:ident = $name:literal) => {
        mod $module {
            $(
                #[test]
                fn $row() {
                    super::held($name, super::$file::$row);
                }
            )*
        }
    };
}

suite! {
    rows {
        snapshot_then_stream in continuity,
        gap in continuity,
        duplicate in continuity,
        out_of_order in continuity,
        stale_snapshot in continuity,
        snapshot_after_reconnect_replaces in continuity,
        sequence_reset in continuity,
        bad_checksum in continuity,
        crossed_book in engine,
        zero_quantity_on_absent_level in content,
        empty_side in content,
        absurd_sizes in content,
        impossible_prices in content,
        numbers_that_are_none in content,
        numbers_too_precise in content,
        exponents in content,
        prices_far_off in content,
        unknown_words in content,
        unknown_messages_and_fields in content,
        unreadable_trade in content,
        recording_without_a_list in content,
        megabyte_snapshot in content,
        frames_too_long in content,
        truncated_frames in content,
        bytes_that_are_no_text in content,
        trades_once_and_in_order in content,
        best_prices in content,
        wrong_clock_of_the_venue in content,
        trade_dated_far_ahead in engine,
        definitions in instruments,
        tick_size_change in instruments,
        halt_and_back in instruments,
        delisting in instruments,
        mark_price in instruments,
        funding in instruments,
        bars in instruments,
        subscription_error in connection,
        maintenance_notice in connection,
        lost_connection in connection,
        silence in connection,
        pings in connection,
        snapshot_that_never_comes in requests,
        book_that_always_breaks in requests,
        reconnect_storm in requests,
        too_many_requests in requests,
        unreadable_frame in recovery,
        book_that_stands_still in recovery,
        signs_on_both_sides_of_an_update in recovery,
        number_far_ahead in recovery,
        snapshot_of_another_stream in recovery,
        reconnect_that_never_comes in recovery,
        opening_without_an_end in recovery,
        instrument_that_is_refused_later in recovery,
        instrument_that_comes_late in recovery,
        definition_after_the_book in recovery,
        definitions_are_asked_again in recovery,
    }
    venues {
        binance_spot = "binance-spot",
        binance_usdm = "binance-usdm",
        binance_coinm = "binance-coinm",
        coinbase = "coinbase",
        kraken = "kraken",
        kraken_futures = "kraken-futures",
        bybit_spot = "bybit-spot",
        bybit_linear = "bybit-linear",
        okx = "okx",
    }
}

#[expect(clippy::print_stdout, reason = "a row that does not apply says why")]
fn held(name: &str, check: fn(&'static VenueEntry) -> Outcome) {
    if let Outcome::NotApplicable(reason) = check(venue(name).expect("a venue of this build")) {
        println!("does not apply: {reason}");
    }
}

#[test]
fn every_venue_of_this_build_is_tested() {
    let built = VENUES.map(|entry| entry.name);
    assert_eq!(
        TESTED, built,
        "`venues` of `suite!` in this file names those of adapters/src/venues.rs, in its order"
    );
}

#[test]
fn the_table() {
    let width = ROWS.iter().map(|row| row.name.len()).max().unwrap_or_default();
    let mut failures = Vec::new();
    let mut reasons = Vec::new();
    for (place, entry) in VENUES.iter().enumerate() {
        println!("{:width$} {} {}", "", "|".repeat(place), entry.name);
    }
    for row in ROWS {
        let mut cells = String::new();
        for entry in &VENUES {
            let cell = match catch_unwind(AssertUnwindSafe(|| (row.check)(entry))) {
                Ok(Outcome::Held) => '+',
                Ok(Outcome::NotApplicable(reason)) => {
                    reasons.push(format!("{} at {}: {reason}", row.name, entry.name));
                    '.'
                }
                Err(_) => {
                    failures.push(format!("{} at {}", row.name, entry.name));
                    'X'
                }
            };
            cells.push(cell);
        }
        println!("{:width$} {cells}", row.name);
    }
    println!("\n+ holds, X fails, . does not apply:");
    reasons.iter().for_each(|reason| println!("  {reason}"));
    assert!(failures.is_empty(), "{failures:?}");
}
