//! The shape of what is printed, and that every bench measures something when it is given little time.

use fulmar_adapters::venues::VENUES;
use fulmar_bus::record::Nanos;
use serde_json::Value;

use super::frames::Frames;
use super::limits::DEPTH_BYTES;
use super::measure::{Cores, Rig, median};
use super::report::{Figures, Row, Samples};
use super::run;
use crate::commands::BenchName;

/// Enough for a few slices, and for a test.
const LITTLE: Nanos = Nanos::from_millis(40);

const PERCENTILES: [&str; 6] = ["min", "p50", "p90", "p99", "p999", "max"];

fn rig() -> Rig {
    Rig { budget: LITTLE, ..Rig::new(false) }
}

/// Runs a bench, and looks at all that must hold of every report. Rows that cross cores are there where a second core
/// is.
fn check(name: BenchName, told: &str, rows: &[&str]) {
    let rig = rig();
    let report = run(name, &rig).expect("this build has the bench");
    let value = serde_json::to_value(&report).expect("a report is plain data");
    assert_eq!(value["bench"], told);
    for key in ["cpu", "allowed_cpus", "used_cpus", "kernel", "clock_source", "governor", "profile"] {
        assert!(value["machine"].get(key).is_some(), "the machine says its {key}");
    }
    let printed = value["rows"].as_array().expect("rows are a list");
    let has_second_core = rig.cores.answering.is_some();
    for row in rows.iter().filter(|row| has_second_core || !crosses(row)) {
        assert!(printed.iter().any(|printed| printed["name"] == *row), "{row} is missing");
        assert!(report.text().contains(row));
    }
    printed.iter().for_each(check_row);
    let says_why = report.notes.iter().any(|note| note.contains("only one core is allowed"));
    assert_eq!(says_why, !has_second_core);
}

fn crosses(row: &str) -> bool {
    row.starts_with("limit.") || (row.starts_with("hop.") && row != "hop.same_thread")
}

fn check_row(row: &Value) {
    if row["unit"] == "records/s" {
        assert!(row["value"].as_f64().is_some_and(|value| value > 0.0), "{row}");
    } else {
        assert_eq!(row["unit"], "ns");
        assert!(row["count"].as_u64().is_some_and(|count| count > 0), "{row}");
        assert!(row["batch"].as_u64().is_some_and(|batch| batch > 1), "{row}");
        let values = PERCENTILES.map(|key| row[key].as_f64().expect("percentiles are numbers"));
        assert!(values.is_sorted() && values[0] > 0.0, "{row}");
    }
    let name = row["name"].as_str().expect("a name is text");
    assert_eq!(row.get("ratio").is_some(), name.starts_with("hop.") && crosses(name), "{name}");
}

#[test]
fn a_hop_is_measured_over_both_kinds_of_ring() {
    let rows =
        ["limit.cache_line", "hop.one_way", "hop.one_way.broadcast", "hop.throughput", "hop.same_thread"];
    check(BenchName::Hop, "hop", &rows);
}

#[test]
fn every_message_is_decoded_beside_its_reference() {
    let rows = [
        "limit.cache_line",
        "decode.binance_spot_depth",
        "decode.binance_spot_depth/simd-json",
        "decode.binance_spot_trade",
        "decode.binance_spot_book_ticker",
        "decode.binance_usdm_depth",
        "decode.bybit_linear_depth",
        "decode.bybit_linear_depth/simd-json",
        "decode.binance_usdm_trade",
        "decode.binance_usdm_book_ticker",
        "decode.binance_usdm_book_ticker/simd-json",
    ];
    check(BenchName::Decode, "decode", &rows);
}

#[test]
fn books_of_three_shapes_are_updated() {
    let rows = ["limit.cache_line", "book.update", "book.update.touch", "book.update.deep"];
    check(BenchName::Book, "book", &rows);
}

#[test]
fn the_gate_approves_and_denies() {
    check(BenchName::Risk, "risk", &["limit.cache_line", "risk.gate", "risk.gate.denied"]);
}

#[test]
fn every_tick_leads_to_an_order() {
    let rows = ["limit.cache_line", "tick_to_order", "tick_to_order.depth"];
    check(BenchName::TickToOrder, "tick-to-order", &rows);
}

#[test]
fn one_core_leaves_out_what_crosses_and_says_why() {
    let rig = rig();
    let first = rig.cores.allowed.iter().take(1).copied().collect::<Vec<_>>();
    let cores = Cores { measuring: first.first().copied(), answering: None, allowed: first };
    let report = run(BenchName::Hop, &Rig { cores, ..rig }).expect("this build has the bench");
    let names: Vec<&str> = report.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["hop.same_thread"]);
    assert!(report.text().contains("only one core is allowed"));
}

#[test]
fn a_row_tells_percentiles_of_means_in_nanoseconds() {
    let mut samples = Samples::new(10);
    (1..=1_000).for_each(|total_ns| samples.add(total_ns));
    let Row { figures, .. } = samples.row("x");
    let Figures::Latency { count, min, p50, p90, p99, p999, max, batch } = figures else {
        panic!("samples are latencies")
    };
    assert_eq!((count, batch), (1_000, 10));
    let expected = [0.1, 50.0, 90.0, 99.0, 99.9, 100.0];
    for (told, expected) in [min, p50, p90, p99, p999, max].into_iter().zip(expected) {
        assert!((told - expected).abs() <= expected / 500.0, "{told} for {expected}");
    }
}

#[test]
fn a_row_is_flat_and_a_ratio_stands_only_where_there_is_one() {
    let mut samples = Samples::new(2);
    samples.add(2);
    let text = serde_json::to_string(&samples.row("x")).expect("a row is plain data");
    assert!(text.starts_with(r#"{"name":"x","unit":"ns","count":1,"min":1.0,"p50":1.0,"#), "{text}");
    assert!(text.ends_with(r#""max":1.0,"batch":2}"#), "{text}");
    let text = serde_json::to_string(&samples.row("x").with_ratio(1.234)).expect("a row is plain data");
    assert!(text.ends_with(r#""batch":2,"ratio":1.23}"#), "{text}");
}

#[test]
fn a_ratio_below_one_is_explained_and_no_other() {
    let rig = rig();
    for (ratio, is_explained) in [(0.99, true), (1.0, false), (1.4, false)] {
        let mut samples = Samples::new(2);
        samples.add(2);
        let rows = vec![samples.row("hop.throughput").with_ratio(ratio)];
        let report = rig.report("hop", Some(samples), rows);
        let notes = report.notes.iter().filter(|note| note.contains("a ratio below 1")).count();
        assert_eq!(notes, usize::from(is_explained), "{ratio}: {:?}", report.notes);
    }
}

#[test]
fn a_median_is_the_middle_one() {
    assert_eq!(median(&mut [3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
    assert_eq!(median(&mut []).to_bits(), 0.0_f64.to_bits());
}

#[test]
fn depth_frames_have_the_size_asked_for_where_levels_make_one_and_never_repeat() {
    for entry in &VENUES {
        let mut frames = Frames::new(entry);
        let texts: Vec<String> = (0..500).map(|_| frames.depth(DEPTH_BYTES).to_owned()).collect();
        let mean_bytes = texts.iter().map(String::len).sum::<usize>() / texts.len();
        let is_as_asked = mean_bytes.abs_diff(DEPTH_BYTES) <= 80 || (entry.sample)().is_level_by_level();
        assert!(is_as_asked, "{} has {mean_bytes} bytes", entry.name);
        assert!(texts.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
