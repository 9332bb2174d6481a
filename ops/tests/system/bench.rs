//! Benches that need a process beside them: each prints all of its rows. What they say of a debug build says nothing.

use serde_json::Value;

use super::configuration::allowed_cpus;
use super::program::{Program, machine};

/// The rows of a bench.
fn rows(arguments: &[&str]) -> Vec<Value> {
    let report = Program::fulmar(&[&["bench"], arguments, &["--format", "json"]].concat()).end().report();
    report["rows"].as_array().expect("rows are a list").clone()
}

/// Such a row, whose figure is there.
fn figure(rows: &[Value], name: &str, figure: &str) -> f64 {
    let row =
        rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name} is missing: {rows:#?}"));
    row[figure].as_f64().unwrap_or_else(|| panic!("{name} has no {figure}: {row}"))
}

#[test]
fn each_death_of_a_strategy_is_followed_by_the_cancel_of_each_of_its_orders() {
    let _machine = machine();
    let rows = rows(&["kill", "--rounds", "2", "--milliseconds", "40"]);
    let [first, last] = ["kill.first_cancel", "kill.strategy_death"].map(|name| figure(&rows, name, "max"));
    assert_eq!(figure(&rows, "kill.strategy_death", "count").to_bits(), 2.0_f64.to_bits());
    assert!(0.0 < first && first < last, "the first of them leaves before the last: {rows:#?}");
}

#[test]
fn what_crosses_to_another_process_and_what_each_kind_of_client_costs_is_measured() {
    let _machine = machine();
    let rows = rows(&["bus", "--milliseconds", "40"]);
    if allowed_cpus().len() < 2 {
        return assert_eq!(rows, Vec::<Value>::new());
    }
    assert!(figure(&rows, "bus.throughput", "value") > 0.0, "{rows:#?}");
    for name in ["bus.one_way", "bus.publish", "bus.publish.reading", "bus.publish.killed"] {
        assert!(figure(&rows, name, "p50") > 0.0, "{rows:#?}");
    }
    for name in ["bus.publish.stopped", "bus.publish.never_reading"] {
        assert!(figure(&rows, name, "p99") > 0.0, "{rows:#?}");
    }
}
