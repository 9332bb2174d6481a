//! The program as the shell sees it: exit codes, and what stands on which stream.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const VALID: &str = "[[venue]]\nname = \"binance-spot\"\ninstruments = [\"BTCUSDT\"]\n";

fn fulmar(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fulmar"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .output()
        .expect("the program was built with this test")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("the program writes UTF-8")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("the program writes UTF-8")
}

/// The call ends with this code, and with this on standard error.
fn check(directory: &Path, arguments: &[&str], code: i32, said: &str) {
    let output = fulmar(directory, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
    assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
}

#[test]
fn each_ending_has_its_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("valid.toml"), VALID).unwrap();
    std::fs::write(directory.path().join("wrong.toml"), "[engin]").unwrap();
    std::fs::write(directory.path().join("live.toml"), format!("[engine]\nmode = \"live\"\n{VALID}"))
        .unwrap();
    std::fs::write(directory.path().join("bytes.toml"), [0xff, 0xfe]).unwrap();
    std::fs::create_dir(directory.path().join("journal")).unwrap();
    let at = directory.path();
    check(at, &["check", "--config", "valid.toml"], 0, "");
    check(at, &["replay", "journal", "--threads", "2"], 2, "--threads and --speed are for captures");
    check(at, &["replay", "journal", "--speed", "1"], 2, "journal is a journal");
    check(at, &["--version"], 0, "");
    check(at, &["no-such-verb"], 2, "no-such-verb");
    check(at, &[], 2, "Start here");
    check(at, &["replay"], 2, "FILE");
    check(at, &["replay", "x", "--speed", "0"], 2, "a speed is a number");
    check(at, &["strategy", "new", "Bad Name"], 2, "no name for a strategy");
    let record = |symbol| ["record", "--venue", "binance-spot", "--out", "x", "--instruments", symbol];
    check(at, &record("BTC USDT"), 3, "\"BTC USDT\" does not fit");
    check(at, &record("BTC\u{7}"), 3, "\"BTC\\u{7}\" does not fit");
    check(at, &["run", "--seconds", "0"], 2, "at least 1");
    check(at, &["bench", "x"], 2, "possible values: hop, bus, decode, book, risk, tick-to-order, kill");
    check(at, &["check", "--config", "wrong.toml"], 3, "violations");
    check(at, &["check", "--config", "."], 3, ".: it is a directory");
    check(at, &["check", "--config", "bytes.toml"], 3, "bytes.toml: it is no UTF-8 text");
    check(at, &["simulated-venue", "--venue", "kraken"], 2, "binance-spot and binance-usdm can be simulated");
    check(
        at,
        &["simulated-venue", "--faults", "answer_lots=1%"],
        2,
        "there is no fault \"answer_lots\"; fulmar",
    );
    check(
        at,
        &["simulated-venue", "--faults", "valid.toml"],
        2,
        "in valid.toml; fulmar simulated-venue --help",
    );
    check(at, &["simulated-venue", "--faults", "bad-day"], 7, "there is no file bad-day, and it is no plan");
    check(at, &["run", "--config", "live.toml"], 5, "with REAL money: say so on the command line too");
    check(
        at,
        &["run", "--live", "--config", "live.toml"],
        5,
        "set FULMAR_KEY_BINANCE_SPOT and FULMAR_SECRET",
    );
    check(at, &["run", "--live", "--config", "valid.toml"], 5, "this configuration says mode = \"paper\"");
    check(at, &["check"], 7, "fulmar init");
    check(at, &["strategy", "new", "a", "--sdk", "/nowhere"], 7, "--sdk PATH");
}

#[test]
fn help_teaches_the_exit_codes_and_an_example() {
    let help = fulmar(Path::new("."), &["--help"]);
    assert!(!stdout(&help).contains("refused by risk"), "nothing here ends with it: {}", stdout(&help));
    for words in
        ["fulmar demo", "simulated-venue", "3  configuration invalid", "4  unreachable", "130  interrupted"]
    {
        assert!(stdout(&help).contains(words), "{words}\n{}", stdout(&help));
    }
}

/// What the program answers at `address`: the status and the body.
fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "{request} HTTP/1.1\r\nHost: venue\r\nConnection: close\r\n\r\n").expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn a_venue_has_the_bad_day_that_its_plan_says_and_tells_of_it() {
    let help = fulmar(Path::new("."), &["simulated-venue", "--help"]);
    for words in
        ["--faults all=0.2% --seed 42", "fill_held_back", "A cancel is refused as of", "binance-usdm"]
    {
        assert!(stdout(&help).contains(words), "{words}\n{}", stdout(&help));
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("bad.plan"), "overloaded=always # at once\nmost=2\n").unwrap();
    let mut venue = Command::new(env!("CARGO_BIN_EXE_fulmar"))
        .args(["simulated-venue", "--venue", "binance-usdm", "--port", "0", "--until-input-ends"])
        .args(["--faults", "bad.plan", "--format", "json"])
        .current_dir(directory.path())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built with this test");
    let mut line = String::new();
    BufReader::new(venue.stdout.as_mut().expect("it is piped")).read_line(&mut line).expect("it says where");
    let listening: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
    let address = listening["address"].as_str().expect("an address");
    assert!(ask(address, "GET /fapi/v1/time").contains("serverTime"));
    let order = "POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId=a";
    for expected in ["\"code\":-1008", "\"code\":-1008", "\"orderId\":"] {
        let answer = ask(address, order);
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
    assert!(ask(address, "GET /simulated/truth?account=").contains("\"faults\":{\"overloaded\":2}"));
    drop(venue.stdin.take());
    let ended = venue.wait_with_output().expect("it ends with its input");
    assert!(
        ended.status.success() && stderr(&ended).contains("as planned: overloaded 2"),
        "{}",
        stderr(&ended)
    );
}

#[test]
fn json_alone_stands_on_standard_output() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("wrong.toml"), format!("{VALID}rest_ulr = 1\n[log]\nlevel = 1\n"))
        .unwrap();
    let output = fulmar(directory.path(), &["check", "--config", "wrong.toml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(report["valid"], false);
    assert_eq!(report["violations"][0]["line"], 4);
    assert_eq!(report["violations"][0]["key"], "venue.binance-spot.rest_ulr");
    assert_eq!(report["violations"][1]["file"], "wrong.toml");
    assert_eq!(report["violations"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_environment_overrides_what_a_file_says() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("fulmar.toml"), VALID).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_fulmar"))
        .arg("check")
        .current_dir(directory.path())
        .env("FULMAR__ENGINE__MODE", "dreaming")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stdout(&output).starts_with("FULMAR__ENGINE__MODE: engine.mode: \"dreaming\""),
        "{}",
        stdout(&output)
    );
}

#[test]
fn what_init_writes_passes_check_and_is_not_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    check(at, &["init", "desk"], 0, "next: fulmar check --config desk/fulmar.toml");
    check(at, &["check", "--config", "desk/fulmar.toml", "--config", "desk/risk.toml"], 0, "");
    let placed = "desk/fulmar.toml";
    std::fs::write(at.join(placed), VALID).unwrap();
    let kept = "exists already, and nothing was written; take another name, or remove it";
    check(at, &["init", "desk"], 1, &format!("error: {placed} {kept}; --force overwrites it"));
    check(at, &["init", placed], 1, &format!("error: {placed} {kept}"));
    let record = ["record", "--venue", "binance-spot", "--instruments", "BTCUSDT", "--out", placed];
    check(at, &record, 1, &format!("error: {placed} {kept}"));
    assert_eq!(std::fs::read_to_string(at.join(placed)).unwrap(), VALID, "what was mine is still mine");
    check(at, &["init", "desk", "--force"], 0, "");
    assert_ne!(std::fs::read_to_string(at.join(placed)).unwrap(), VALID);
}

#[test]
fn a_new_strategy_is_a_project_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    check(directory.path(), &["strategy", "new", "--lang", "rust", "dip_buyer"], 0, "next: cd dip_buyer");
    let source = std::fs::read_to_string(directory.path().join("dip_buyer/src/lib.rs")).unwrap();
    assert!(source.contains("impl Strategy for DipBuyer") && source.contains("fn on_quote"), "{source}");
    let main = std::fs::read_to_string(directory.path().join("dip_buyer/src/main.rs")).unwrap();
    assert!(main.contains("fulmar::main_with(&[dip_buyer::ENTRY])"), "{main}");
    check(directory.path(), &["strategy", "new", "core"], 2, "a crate that comes with Rust has it");
    check(directory.path(), &["strategy", "new", "dip_buyer"], 1, "nothing was written");
}

#[test]
fn a_demo_needs_a_strategy() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("none.toml"), VALID).unwrap();
    check(directory.path(), &["demo", "--seconds", "1", "--config", "none.toml"], 3, "no [[strategy]]");
}

#[test]
fn completions_know_the_verbs() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = fulmar(Path::new("."), &["completions", shell]);
        assert!(output.status.success() && stdout(&output).contains("replay"), "{shell}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fulmar"))
        .args(["check", "--reference"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
}
