//! The demo: everything that the program does, offline, with books that must balance at the end.

use std::process::Command;

use serde_json::Value;

use super::configuration::text;
use super::program::{Program, machine, replay, rounds};

/// Every key of the report that others build on.
const KEYS: [&str; 34] = [
    "/mode",
    "/seconds",
    "/frames",
    "/records",
    "/lost",
    "/orders/submitted",
    "/orders/denied",
    "/orders/accepted",
    "/orders/filled",
    "/orders/canceled",
    "/orders/rejected",
    "/orders/unknown",
    "/position",
    "/pnl",
    "/venue_truth/position",
    "/venue_truth/pnl",
    "/latency_ns/tick_to_order/count",
    "/latency_ns/tick_to_order/p50",
    "/latency_ns/tick_to_order/p90",
    "/latency_ns/tick_to_order/p99",
    "/latency_ns/tick_to_order/p999",
    "/latency_ns/tick_to_order/max",
    "/latency_ns/report_to_order/count",
    "/latency_ns/tick_to_cancel/count",
    "/latency_ns/report_to_cancel/count",
    "/latency_ns/hops/decode/p50",
    "/latency_ns/hops/book/p50",
    "/latency_ns/hops/strategy/p50",
    "/latency_ns/hops/risk/p50",
    "/latency_ns/hops/encode/p50",
    "/latency_ns/hops/decode/count",
    "/latency_ns/hops/encode/p999",
    "/latency_ns/hops/encode/max",
    "/output_hash",
];

#[test]
fn the_demo_trades_over_sockets_agrees_with_the_venue_and_replays_to_its_hash() {
    let _machine = machine();
    let directory = tempfile::tempdir().expect("a directory");
    // A market so busy that both sides trade within the time, on a slow machine too.
    let busy = ["--events-per-second", "20000", "--seed", "7"];
    let demo = ["demo", "--seconds", "4", "--format", "json", "--journal", text(directory.path())];
    let mut command = Command::new(env!("CARGO_BIN_EXE_fulmar"));
    // Nothing leaves the machine, so nothing of it is needed: no key, no certificate.
    command.env_clear().env("SSL_CERT_FILE", "/nowhere").env("SSL_CERT_DIR", "/nowhere");
    let report = Program::start(command.args(demo).args(busy)).end().report();

    for key in KEYS {
        assert!(report.pointer(key).is_some_and(|value| !value.is_null()), "{key} is missing: {report:#}");
    }
    let count = |key: &str| {
        report.pointer(key).and_then(Value::as_u64).unwrap_or_else(|| panic!("{key}: {report:#}"))
    };
    for nothing in ["/lost", "/decode_errors", "/orders/unknown", "/venue_truth/open_orders"] {
        assert_eq!(count(nothing), 0, "{nothing}: {report:#}");
    }
    assert!(count("/fills/buy") > 0 && count("/fills/sell") > 0, "one side never traded: {report:#}");
    assert_eq!(count("/fills/buy") + count("/fills/sell"), count("/venue_truth/fills"), "{report:#}");
    assert_eq!(report["position"], report["venue_truth"]["position"], "{report:#}");
    assert_eq!(report["pnl"], report["venue_truth"]["pnl"], "{report:#}");
    // So many events make more orders than the venue takes: what is over its limits never leaves.
    let unsent = report.pointer("/counters/rejected_before_sending").and_then(Value::as_u64).unwrap_or(0);
    assert_eq!(count("/orders/submitted"), count("/venue_truth/orders_received") + unsent, "{report:#}");
    let ended = ["/orders/filled", "/orders/canceled", "/orders/rejected"].map(count);
    assert_eq!(ended.iter().sum::<u64>(), count("/orders/submitted"), "an order has no end: {report:#}");
    assert!(count("/latency_ns/tick_to_order/p50") > 0, "{report:#}");
    assert!(count("/latency_ns/hops/decode/count") > count("/latency_ns/tick_to_order/count"), "{report:#}");
    let ways = ["tick_to_order", "report_to_order", "tick_to_cancel", "report_to_cancel"];
    let left: u64 = ways.iter().map(|way| count(&format!("/latency_ns/{way}/count"))).sum();
    assert_eq!(left, count("/latency_ns/hops/encode/count"), "each order and cancel of a way has its bytes");

    let played = replay(directory.path());
    assert_eq!(played["tail"], "closed", "{played:#}");
    assert_eq!(played["output_hash"], report["output_hash"], "{played:#}");
    assert_eq!(played["records"], report["records"], "{played:#}");
}

#[test]
fn a_demo_of_minutes_stays_within_the_limits_of_its_venue() {
    let _machine = machine();
    let seconds = if rounds(0, 1) == 1 { "95" } else { "5" };
    let report = Program::fulmar(&["demo", "--seconds", seconds, "--format", "json"]).end().report();
    assert_eq!(report["orders"]["submitted"], report["venue_truth"]["orders_received"], "{report:#}");
    assert_eq!(report["orders"]["unknown"], 0, "{report:#}");
    assert_eq!(report["counters"]["rejected_before_sending"], Value::Null, "{report:#}");
}

/// A second quoter on the instrument of the first, which quotes wider.
const SECOND_QUOTER: &str = r#"
[[strategy]]
name = "wide-quoter"
kind = "quoter"
instruments = ["binance-spot:BTCUSDT"]
parameters = { quantity = "0.02", half_spread_ticks = 3, requote_ticks = 2 }
"#;

#[test]
fn two_quoters_on_one_instrument_hold_together_what_the_venue_says() {
    let _machine = machine();
    let directory = tempfile::tempdir().expect("a directory");
    let second = directory.path().join("second.toml");
    std::fs::write(&second, SECOND_QUOTER).expect("the folder takes a file");
    let busy = ["--events-per-second", "20000", "--seed", "7"];
    let demo = ["demo", "--seconds", "4", "--format", "json", "--config", text(&second)];
    let report = Program::fulmar(&[&demo[..], &busy[..]].concat()).end().report();
    assert!(report["fills"]["sell"].as_u64().is_some_and(|fills| fills > 0), "{report:#}");
    assert_eq!(report["position"], report["venue_truth"]["position"], "{report:#}");
    assert_eq!(report["pnl"], report["venue_truth"]["pnl"], "{report:#}");
}
