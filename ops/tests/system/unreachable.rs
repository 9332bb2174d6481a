//! A venue that is not there: told in one line, tried within the budget, no obstacle to a clean end, and an exit code
//! of its own. A recording of it, or of an instrument that it does not have, is none, and says so.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;

use rustix::process::Signal;

use super::configuration::{Desk, text};
use super::program::{Ended, Program, machine, simulated_venue};

/// As the configuration of these tests says.
const ATTEMPTS_PER_MINUTE: usize = 3;

#[test]
fn an_unreachable_venue_is_told_in_one_line_and_tried_within_the_budget_until_an_interrupt() {
    check(Signal::INT, "SIGINT");
}

#[test]
fn a_termination_ends_the_wait_for_an_unreachable_venue_too() {
    check(Signal::TERM, "SIGTERM");
}

#[test]
fn a_machine_without_certificates_asks_over_https_all_the_same() {
    let _machine = machine();
    let address = closed_port();
    let desk = Desk::new(&[("binance-spot", address)], "");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fulmar"));
    command.args(desk.arguments(&["run"])).env_clear();
    command.env("FULMAR__VENUE__BINANCE_SPOT__REST_URL", format!("https://{address}"));
    // Where programs that read the system's certificates look for them.
    command.env("SSL_CERT_FILE", "/nowhere").env("SSL_CERT_DIR", "/nowhere");
    let mut run = Program::start(&mut command);
    let line = run.told_line(&["cannot reach", &format!("https://{address}")]);
    assert!(line.contains("(connection refused); attempt 1, next in "), "{line}");
    run.signal(Signal::INT);
    run.end().report_with(4);
}

#[test]
fn a_recording_of_an_unreachable_venue_says_so_and_leaves_no_file() {
    let (ended, has_file) = record(closed_port(), "BTCUSDT", |_| {});
    ended.report_with(4);
    assert!(ended.told.contains("error: no connection to a venue ever opened"), "{}", ended.told);
    assert!(ended.told.contains("today.capture.zst is removed"), "{}", ended.told);
    assert!(!has_file, "a file without a frame is no recording");
}

#[test]
fn a_recording_without_a_live_book_fails_and_says_which() {
    let (venue, address) = simulated_venue();
    // The simulated venue has no such instrument.
    let (ended, has_file) = record(address, "NOTHING", |_| {});
    ended.report_with(1);
    assert!(ended.told.contains("error: the book of NOTHING was never live"), "{}", ended.told);
    assert!(has_file, "what came is kept");
    venue.end();
}

#[test]
fn a_recording_that_is_interrupted_before_its_first_book_ends_as_interrupted() {
    let (venue, address) = simulated_venue();
    let (ended, _) = record(address, "NOTHING", |record| {
        record.told_line(&["connected to ws://"]);
        record.signal(Signal::INT);
    });
    ended.report_with(130);
    venue.end();
}

#[test]
fn a_recording_of_a_live_book_ends_well() {
    let (venue, address) = simulated_venue();
    let (ended, has_file) = record(address, "BTCUSDT", |_| {});
    let report = ended.report();
    assert!(report["lines"].as_u64().is_some_and(|lines| lines > 0), "{report:#}");
    assert!(has_file);
    venue.end();
}

/// Records two seconds of a venue, and says whether there is a file then.
fn record(venue: SocketAddr, instrument: &str, then: impl FnOnce(&mut Program)) -> (Ended, bool) {
    let _machine = machine();
    let folder = tempfile::tempdir().expect("a folder");
    let (configuration, out) = (folder.path().join("record.toml"), folder.path().join("today.capture.zst"));
    let venue = format!(
        "[[venue]]\nname = \"binance-spot\"\ninstruments = [\"{instrument}\"]\n\
         stream_url = \"ws://{venue}\"\nrest_url = \"http://{venue}\"\n"
    );
    std::fs::write(&configuration, venue).expect("the folder takes a file");
    let what = ["record", "--venue", "binance-spot", "--instruments", instrument, "--out", text(&out)];
    let how = ["--seconds", "2", "--format", "json", "--config", text(&configuration)];
    let mut record = Program::fulmar(&[&what[..], &how].concat());
    then(&mut record);
    (record.end(), out.exists())
}

fn check(signal: Signal, name: &str) {
    let _machine = machine();
    let address = closed_port();
    let desk = Desk::new(&[("binance-spot", address)], "");
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    let line = run.told_line(&["cannot connect"]);
    for words in ["binance-spot", &format!("ws://{address}"), "refused", "attempt 1"] {
        assert!(line.contains(words), "{words} is missing: {line}");
    }
    run.told_line(&["budget of attempts is used up", &address.to_string()]);
    run.signal(signal);
    let ended = run.end();
    let report = ended.report_with(4);
    assert!(ended.told.contains("error: no connection to a venue ever opened"), "{}", ended.told);
    assert_eq!(ended.told.matches("cannot connect").count(), ATTEMPTS_PER_MINUTE, "{}", ended.told);
    assert_eq!(report["ended_by"], name, "{report:#}");
    assert_eq!(report["instruments"][0]["state"], "syncing", "{report:#}");
    assert_eq!(report["lost"], 0, "{report:#}");
    assert_eq!(report["frames"], 0, "what transport says of itself is no frame of the venue: {report:#}");
}

/// A port of loopback that nobody listens on: it was free a moment ago.
fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("it is bound")
}
