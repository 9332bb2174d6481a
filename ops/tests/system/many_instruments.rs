//! An engine of as many instruments as a configuration can list at two venues: it starts, within the memory that
//! `check` tells.

use std::fmt::Write as _;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use super::program::{Program, machine};

/// What a machine that follows hundreds of instruments surely has.
const MEMORY_BYTES_MAX: u64 = 1 << 30;

#[test]
fn five_hundred_instruments_start_within_the_memory_that_check_tells() {
    let _machine = machine();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("many.toml");
    std::fs::write(&file, configuration(&folder.path().join("state").display().to_string())).expect("a file");
    let file = file.to_str().expect("a path of this test is text");
    let told = told_memory(file);
    let start_bytes = told["start_bytes"].as_u64().expect("check tells it");
    assert!(start_bytes < MEMORY_BYTES_MAX && told["full_bytes"].as_u64() > Some(start_bytes), "{told}");

    let mut run = Program::fulmar(&["run", "--config", file, "--format", "json"]);
    // The links are the last that is started.
    run.told_line(&["cannot connect"]);
    let taken_bytes = peak_bytes(run.pid().as_raw_nonzero().get());
    run.signal(Signal::INT);
    run.end().report_with(4);
    assert!(taken_bytes < MEMORY_BYTES_MAX, "{} MiB", taken_bytes >> 20);
    let is_near = (start_bytes * 3 / 4..start_bytes * 5 / 4).contains(&taken_bytes);
    assert!(is_near, "check told {} MiB, the run took {} MiB", start_bytes >> 20, taken_bytes >> 20);
}

/// 256 instruments at each of two venues that are not there.
fn configuration(state: &str) -> String {
    let mut text = format!("[engine]\nmode = \"paper\"\nstate_directory = \"{state}\"\n");
    let symbols: Vec<String> = (0..256).map(|number| format!("\"A{number}USDT\"")).collect();
    for venue in ["binance-spot", "binance-usdm"] {
        // Nobody listens on the first port.
        let address = "127.0.0.1:1";
        writeln!(
            text,
            "[[venue]]\nname = \"{venue}\"\nstream_url = \"ws://{address}\"\nrest_url = \"http://{address}\"\n\
             instruments = [{}]",
            symbols.join(", ")
        )
        .expect("a String takes all text");
    }
    text
}

fn told_memory(file: &str) -> Value {
    let check = Command::new(env!("CARGO_BIN_EXE_fulmar"))
        .args(["check", "--config", file, "--format", "json"])
        .env_clear()
        .output()
        .expect("the program was built with this test");
    let report: Value = serde_json::from_slice(&check.stdout).expect("one JSON document");
    assert_eq!(report["valid"], true, "{report:#}");
    report["memory"].clone()
}

/// The most memory that a process has had so far.
fn peak_bytes(process: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it is running");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the system tells it");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kibibytes << 10
}
