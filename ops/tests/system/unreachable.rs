//! A venue that is not there: told in one line, tried within the budget, and no obstacle to a clean end.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;

use rustix::process::Signal;

use super::configuration::Desk;
use super::program::{Program, machine};

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
    run.told_line(&["no answer from", &format!("https://{address}"), "refused"]);
    run.signal(Signal::INT);
    run.end().report();
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
    run.told_line(&["budget of connection attempts", &address.to_string()]);
    run.signal(signal);
    let ended = run.end();
    let report = ended.report();
    assert_eq!(ended.told.matches("cannot connect").count(), ATTEMPTS_PER_MINUTE, "{}", ended.told);
    assert_eq!(report["ended_by"], name, "{report:#}");
    assert_eq!(report["instruments"][0]["state"], "syncing", "{report:#}");
    assert_eq!(report["lost"], 0, "{report:#}");
}

/// A port of loopback that nobody listens on: it was free a moment ago.
fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("it is bound")
}
