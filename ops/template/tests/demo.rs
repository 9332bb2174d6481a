//! A strategy of one's own as its owner runs it: a program beside `fulmar` that trades in the demo, replays its
//! journal, and knows its own parameters.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn program(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_new_strategy"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .output()
        .expect("the program was built with this test")
}

fn report(directory: &Path, arguments: &[&str]) -> Value {
    let output = program(directory, arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

/// A folder with the configuration that is handed out.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("demo.toml"), include_str!("../demo.toml")).expect("it takes a file");
    folder
}

#[test]
fn it_trades_in_the_demo_and_its_journal_replays_to_the_same_hash() {
    let folder = project();
    let at = folder.path();
    let busy = ["--seconds", "4", "--events-per-second", "20000", "--journal", "journal", "--format", "json"];
    let demo = report(at, &[&["demo", "--config", "demo.toml"], &busy[..]].concat());
    for side in ["/fills/buy", "/fills/sell"] {
        assert!(demo.pointer(side).and_then(Value::as_u64) > Some(0), "{side}: {demo:#}");
    }
    assert_eq!(demo["position"], demo["venue_truth"]["position"], "{demo:#}");
    let replay = report(at, &["replay", "journal", "--format", "json"]);
    assert_eq!(replay["journals"][0]["output_hash"], demo["output_hash"], "{replay:#}");
}

#[test]
fn its_configuration_is_checked_and_its_parameters_are_in_the_reference() {
    let folder = project();
    let at = folder.path();
    assert_eq!(report(at, &["check", "--config", "demo.toml", "--format", "json"])["valid"], true);
    let wrong = include_str!("../demo.toml").replace("swing_ticks", "swing_tick");
    std::fs::write(at.join("wrong.toml"), wrong).expect("it takes a file");
    let told = program(at, &["check", "--config", "wrong.toml"]);
    let text = String::from_utf8_lossy(&told.stdout);
    assert_eq!(told.status.code(), Some(3), "{text}");
    assert!(text.contains("wrong.toml:23:") && text.contains("did you mean `swing_ticks`?"), "{text}");
    let reference = program(at, &["check", "--reference"]);
    let reference = String::from_utf8_lossy(&reference.stdout);
    assert!(reference.contains("where kind = \"new_strategy\"") && reference.contains("`swing_ticks`"));
}
