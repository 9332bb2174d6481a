//! A key never leaves but to its venue. The real program trades live with a key that can be told from everything else,
//! against the simulated venue, and fails in every way that its user meets first; then all that it said and wrote is
//! searched for the key, its secret, and what they may have been turned into.

use std::net::SocketAddr;
use std::path::Path;

use super::configuration::{Desk, text};
use super::program::{Ended, Program, machine, replay, simulated_venue, simulated_venue_of};

/// What can be told from everything else.
pub const KEY: &str = "CanaryKeyAq7Zx0Wv5Rt2Yh8Jn4";
const SECRET: &str = "CanarySecretLm3Pb9Dc6Fs1Gk7Tw";

const VARIABLES: [(&str, &str); 5] = [
    ("FULMAR_KEY_BINANCE_SPOT", KEY),
    ("FULMAR_SECRET_BINANCE_SPOT", SECRET),
    ("FULMAR_KEY_BINANCE_USDM", KEY),
    ("FULMAR_SECRET_BINANCE_USDM", SECRET),
    ("FULMAR_LOG", "trace"),
];

/// A quoter that trades live on spot, at the venue that listens here.
fn desk(address: SocketAddr) -> Desk {
    desk_of(&[("binance-spot", address)])
}

/// The same at venues of these names.
pub fn desk_of(venues: &[(&str, SocketAddr)]) -> Desk {
    let desk = Desk::new(venues, "");
    let file = desk.file("fulmar.toml");
    let written = std::fs::read_to_string(&file).expect("it was written");
    // Futures have four connections at one address.
    let written = written.replace("attempts_per_minute = 3", "attempts_per_minute = 10");
    let mut live = written.replacen("[engine]\n", "[engine]\nmode = \"live\"\n", 1);
    for (_, address) in venues {
        let orders = format!("stream_url = \"ws://{address}\"\norder_url = \"ws://{address}\"\n");
        live = live.replacen(&format!("stream_url = \"ws://{address}\"\n"), &orders, 1);
    }
    std::fs::write(file, live).expect("the folder takes a file");
    desk
}

/// Nothing that the program said, and nothing that it wrote, holds the key.
fn is_clean(desk: &Desk, ended: &Ended) {
    let mut searched = vec![
        ("standard output".to_owned(), ended.output.clone().into_bytes()),
        ("standard error".to_owned(), ended.told.clone().into_bytes()),
    ];
    files(&desk.file(""), &mut searched);
    assert!(searched.len() > 2, "there is a configuration at the least");
    for canary in forms() {
        for (name, bytes) in &searched {
            let is_there = bytes.windows(canary.len()).any(|window| window == canary);
            assert!(!is_there, "{name} holds {}", String::from_utf8_lossy(&canary));
        }
    }
}

/// The key and its secret: as they are, and as a debugger, a URL or a careless encoder would show them.
fn forms() -> Vec<Vec<u8>> {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes();
    let numbers = |text: &str| {
        let numbers: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
        numbers.join(", ").into_bytes()
    };
    let reversed = |text: &str| text.bytes().rev().collect::<Vec<u8>>();
    [KEY, SECRET]
        .into_iter()
        .flat_map(|text| [text.as_bytes().to_vec(), hex(text), numbers(text), reversed(text)])
        .collect()
}

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
        }
    }
}

/// Runs it with a key.
pub fn run_live(desk: &Desk, more: &[&str]) -> Program {
    let arguments = desk.arguments(&[&["run", "--live"], more].concat());
    Program::fulmar_with(&arguments, &VARIABLES)
}

#[test]
fn a_key_trades_and_is_in_nothing_that_the_program_says_or_writes() {
    let _machine = machine();
    for venue in ["binance-spot", "binance-usdm"] {
        trades_unseen(venue);
    }
}

fn trades_unseen(venue_name: &str) {
    let (venue, address) = simulated_venue_of(&["--venue", venue_name]);
    let desk = desk_of(&[(venue_name, address)]);
    let journal = desk.file("journal");
    let ended = run_live(&desk, &["--seconds", "3", "--journal", text(&journal)]).end();
    let report = ended.report();
    venue.end();
    let orders = |name: &str| report["orders"][name].as_u64().unwrap_or_else(|| panic!("{name}: {report:#}"));
    assert_ne!(orders("accepted"), 0, "it traded, so the venue took its key: {report:#}");
    assert_eq!((&report["mode"], report["open_orders"].as_u64()), (&"live".into(), Some(0)), "{report:#}");
    for said in [
        format!("LIVE: orders go to {venue_name}, with REAL money"),
        "may trade, may not withdraw".to_owned(),
        format!("{venue_name}:BTCUSDT, by quoter"),
        "an order: 0.05 at most, worth 5000 at most; a position: 0.25;".to_owned(),
    ] {
        assert!(ended.told.contains(&said), "{said}: {}", ended.told);
    }
    is_clean(&desk, &ended);
    let played = replay(&journal);
    assert_eq!(played["output_hash"], report["output_hash"], "a replay needs no key: {played:#}");
}

#[test]
fn a_key_that_may_withdraw_is_refused_before_anything_is_sent_with_it() {
    let _machine = machine();
    let (venue, address) = simulated_venue_of(&["--keys-may-withdraw"]);
    let desk = desk(address);
    let ended = run_live(&desk, &["--seconds", "3"]).end();
    assert_eq!(ended.status.code(), Some(5), "{}", ended.told);
    let said = "may withdraw, which a key that trades must not: make one at the venue that may not; nothing was sent";
    assert!(ended.told.contains(said), "{}", ended.told);
    assert!(venue.end().told.contains(" 0 orders"), "the venue heard of no order");
    is_clean(&desk, &ended);
}

#[test]
fn no_failure_tells_the_key() {
    let _machine = machine();
    // Nobody listens there any more.
    let (venue, address) = simulated_venue();
    venue.end();
    let gone = desk(address);
    let ended = run_live(&gone, &["--seconds", "1"]).end();
    assert_eq!(ended.status.code(), Some(4), "{}", ended.told);
    is_clean(&gone, &ended);

    // A key that is none: what is wrong is told, not what it is.
    let arguments = gone.arguments(&["run", "--live"]);
    let broken = format!("{SECRET} and a blank");
    let variables = [("FULMAR_KEY_BINANCE_SPOT", KEY), ("FULMAR_SECRET_BINANCE_SPOT", &*broken)];
    let ended = Program::fulmar_with(&arguments, &variables).end();
    assert_eq!(ended.status.code(), Some(5), "{}", ended.told);
    is_clean(&gone, &ended);

    // The venue dies while orders stand.
    let (venue, address) = simulated_venue();
    let left = desk(address);
    let journal = left.file("journal");
    let mut program = run_live(&left, &["--seconds", "4", "--journal", text(&journal)]);
    program.told_line(&["the book is live"]);
    drop(venue);
    let ended = program.end();
    assert!(ended.told.contains("binance-spot.orders"), "its link was told to be lost: {}", ended.told);
    is_clean(&left, &ended);
}

#[test]
#[should_panic = "holds CanarySecret"]
fn the_search_finds_a_secret_wherever_it_is_written() {
    let desk = Desk::new(&[], "");
    std::fs::create_dir(desk.file("deep")).expect("a folder takes a folder");
    std::fs::write(desk.file("deep/file"), format!("\0..{SECRET}\0")).expect("a folder takes a file");
    is_clean(&desk, &Program::fulmar(&["--version"]).end());
}
