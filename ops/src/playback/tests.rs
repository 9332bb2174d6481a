//! Captures that are wrong end in words, not in a panic; those that leave something out end as if they had said it.

use std::path::Path;

use fulmar_adapters::transport::capture::{CaptureLine, CaptureWriter};
use fulmar_bus::record::{Nanos, UnixNanos};

use super::capture::{Played, play};

const OPENS_AT: UnixNanos = UnixNanos(1_723_161_255_000_000_000);

/// Plays a capture of these instruments and lines.
fn played(instruments: &[&str], lines: &[CaptureLine<'_>]) -> anyhow::Result<Played> {
    played_on(0, instruments, lines)
}

fn played_on(threads: usize, instruments: &[&str], lines: &[CaptureLine<'_>]) -> anyhow::Result<Played> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.capture.zst");
    write(&path, instruments, lines);
    play(&path, threads, None)
}

fn write(path: &Path, instruments: &[&str], lines: &[CaptureLine<'_>]) {
    let instruments: Vec<String> = instruments.iter().map(ToString::to_string).collect();
    let mut writer = CaptureWriter::create(path, "binance-spot", &instruments, OPENS_AT).unwrap();
    lines.iter().for_each(|line| writer.write(line).unwrap());
    writer.finish().unwrap();
}

fn at(offset: Nanos) -> UnixNanos {
    OPENS_AT + offset
}

fn opened() -> CaptureLine<'static> {
    CaptureLine::Connect { at: OPENS_AT, conn: 1, url: "wss://stream.example/stream".into() }
}

fn snapshot(symbol: &str) -> CaptureLine<'static> {
    let url = format!("https://api.example/api/v3/depth?symbol={symbol}&limit=5000");
    let body = r#"{"lastUpdateId":10,"bids":[["100.0","1.5"]],"asks":[["100.5","2.0"]]}"#;
    CaptureLine::Http { at: OPENS_AT, url: url.into(), status: 200, body: body.into() }
}

fn update(symbol: &str, offset: Nanos) -> CaptureLine<'static> {
    let data = format!(
        r#"{{"e":"depthUpdate","E":1723161255100,"s":"{symbol}","U":11,"u":12,"b":[["100.1","3.0"]],"a":[]}}"#
    );
    CaptureLine::Recv { at: at(offset), conn: 1, data: data.into() }
}

/// The refusal of a capture with this header names its file, its first line and the field.
fn refuses(instruments: &[&str], field: &str, words: &str) {
    let error = played(instruments, &[]).expect_err("it cannot be played").to_string();
    assert!(error.contains(&format!("x.capture.zst:1: {field}: ")) && error.contains(words), "{error}");
}

#[test]
fn a_header_that_no_configuration_could_hold_is_refused_with_what_would_be_right() {
    let many: Vec<String> = (0..3_000).map(|number| format!("A{number}USDT")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    refuses(&["BTCUSDT", "BTCUSDT"], "instruments", "\"BTCUSDT\" is listed twice; list it once");
    refuses(&[&"A".repeat(66)], "instruments", "it takes the venue's symbol");
    refuses(&["BTCUSDT", ""], "instruments", "\"\" does not fit; it takes the venue's symbol");
    refuses(&["btcusdt"], "instruments", "write \"BTCUSDT\"");
    refuses(&many, "instruments", "3000 are listed; it takes");
    refuses(&[], "instruments", "nothing is listed");
}

#[test]
fn a_venue_that_this_build_does_not_know_is_refused_with_those_that_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("y.capture.zst");
    CaptureWriter::create(&path, "binance-sopt", &["BTCUSDT".to_owned()], OPENS_AT)
        .unwrap()
        .finish()
        .unwrap();
    let error = play(&path, 0, None).expect_err("there is no such venue").to_string();
    assert!(
        error.contains("y.capture.zst:1: venue: ") && error.contains("did you mean \"binance-spot\"?"),
        "{error}"
    );
}

#[test]
fn a_moment_that_cannot_be_is_refused_with_its_line() {
    let line = CaptureLine::Recv { at: UnixNanos(u64::MAX), conn: 1, data: "{}".into() };
    let error = played(&["BTCUSDT"], &[opened(), line])
        .expect_err("64 bits of nanoseconds are no moment")
        .to_string();
    assert!(error.contains("x.capture.zst:3: at: 18446744073709551615 is no moment"), "{error}");
}

#[test]
fn a_year_without_a_line_is_played_at_once_and_on_threads_the_same() {
    let year = Nanos::from_secs(365 * 24 * 60 * 60);
    let lines = [opened(), snapshot("BTCUSDT"), update("BTCUSDT", year)];
    let results = [0, 1, 2].map(|threads| {
        let played = played_on(threads, &["BTCUSDT"], &lines).expect("it can be played");
        (played.records, played.output_hash)
    });
    assert!(results.iter().all(|result| *result == results[0]), "{results:x?}");
    assert!(
        results[0].0 < 10_000,
        "an hour of a feed's timers, not a year of them: {} records",
        results[0].0
    );
}

#[test]
fn a_header_that_lists_nothing_means_all_that_the_frames_are_about() {
    let lines = [
        opened(),
        snapshot("ETHUSDT"),
        snapshot("BTCUSDT"),
        update("ETHUSDT", Nanos(1)),
        update("BTCUSDT", Nanos(2)),
    ];
    let reports = [&["BTCUSDT", "ETHUSDT"][..], &["ETHUSDT", "BTCUSDT"], &[]].map(|instruments| {
        let played = played(instruments, &lines).expect("it can be played");
        let instruments = serde_json::to_value(&played.report.instruments).unwrap();
        (instruments, played.records, played.output_hash)
    });
    assert_eq!(reports[0].0["ETHUSDT"]["book"]["bid"], serde_json::json!(["100.1", "3"]));
    assert_eq!(reports[1], reports[0], "the order of a header's list means nothing");
    assert_eq!(reports[2], reports[0]);
}
