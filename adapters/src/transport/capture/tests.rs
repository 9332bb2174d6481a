//! A capture gives back what was put in, whatever the text; damaged files are told with file and line.

use std::io::Write;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::transport::limits::{CAPTURE_AT_MAX, CAPTURE_AT_MIN};

/// A moment of 2024.
fn at(offset_ns: u64) -> UnixNanos {
    UnixNanos(1_723_161_253_900_000_000 + offset_ns)
}

/// Every line of a capture as its own copy.
fn read_all(path: &Path) -> Result<(Vec<CaptureLine<'static>>, bool), CaptureError> {
    let mut reader = CaptureReader::open(path)?;
    let mut lines = Vec::new();
    while let Some(line) = reader.next_line()? {
        lines.push(owned(&line));
    }
    Ok((lines, reader.is_truncated()))
}

fn owned(line: &CaptureLine<'_>) -> CaptureLine<'static> {
    let text = |text: &Cow<'_, str>| Cow::Owned(text.clone().into_owned());
    match line {
        CaptureLine::Header { format, venue, instruments, recorded_at } => CaptureLine::Header {
            format: text(format),
            venue: text(venue),
            instruments: instruments.clone(),
            recorded_at: *recorded_at,
        },
        CaptureLine::Http { at, url, status, body } => {
            CaptureLine::Http { at: *at, url: text(url), status: *status, body: text(body) }
        }
        CaptureLine::Connect { at, conn, url } => {
            CaptureLine::Connect { at: *at, conn: *conn, url: text(url) }
        }
        CaptureLine::Send { at, conn, data } => CaptureLine::Send { at: *at, conn: *conn, data: text(data) },
        CaptureLine::Recv { at, conn, data } => CaptureLine::Recv { at: *at, conn: *conn, data: text(data) },
        CaptureLine::Disconnect { at, conn, reason } => {
            CaptureLine::Disconnect { at: *at, conn: *conn, reason: text(reason) }
        }
    }
}

/// Reads a capture made of this very text.
fn read_text(text: &str) -> Result<(Vec<CaptureLine<'static>>, bool), CaptureError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.capture.zst");
    std::fs::write(&path, zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
    read_all(&path)
}

const HEADER: &str = r#"{"t":"header","format":"capture/1","venue":"binance-spot","instruments":[],"recorded_at":1723161253900000007}"#;

fn any_line() -> impl Strategy<Value = CaptureLine<'static>> {
    // Quotes, backslashes and control characters far more often than chance has them.
    let text = || r#"(["\\/{}:,a-z0-9]|\PC|[\x00-\x1f]){0,60}"#.prop_map(Cow::Owned);
    let at = || (CAPTURE_AT_MIN.0..=CAPTURE_AT_MAX.0).prop_map(UnixNanos);
    prop_oneof![
        (at(), text(), any::<u16>(), text()).prop_map(|(at, url, status, body)| CaptureLine::Http {
            at,
            url,
            status,
            body
        }),
        (at(), any::<u8>(), text()).prop_map(|(at, conn, url)| CaptureLine::Connect { at, conn, url }),
        (at(), any::<u8>(), text()).prop_map(|(at, conn, data)| CaptureLine::Send { at, conn, data }),
        (at(), any::<u8>(), text()).prop_map(|(at, conn, data)| CaptureLine::Recv { at, conn, data }),
        (at(), any::<u8>(), text()).prop_map(|(at, conn, reason)| CaptureLine::Disconnect {
            at,
            conn,
            reason
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_capture_gives_back_the_lines_that_were_written(lines in prop::collection::vec(any_line(), 0..20)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("written.capture.zst");
        let mut writer =
            CaptureWriter::create(&path, "okx", &["BTC-USDT".to_owned()], at(7)).unwrap();
        for line in &lines {
            writer.write(line).unwrap();
        }
        writer.finish().unwrap();
        let (read, is_truncated) = read_all(&path).unwrap();
        prop_assert!(!is_truncated);
        prop_assert_eq!(&read[1..], &lines[..]);
    }

    #[test]
    fn the_fast_unescape_agrees_with_the_full_parser(text in r#"(["\\/{}:,a-z0-9]|\PC|[\x00-\x1f]){0,80}"#) {
        let escaped = serde_json::to_string(&text).unwrap();
        let mut unescaped = Vec::new();
        match unescape::unescape(&escaped.as_bytes()[1..], &mut unescaped) {
            Some(taken_bytes) => {
                prop_assert_eq!(taken_bytes, escaped.len() - 1);
                prop_assert_eq!(unescaped, text.as_bytes());
            }
            None => prop_assert!(escaped.contains("\\u"), "only numeric escapes may be left to the full parser"),
        }
    }

    #[test]
    fn no_damage_to_a_line_makes_the_reader_panic(at in 0..60usize, byte in any::<u8>()) {
        let line = br#"{"t":"recv","at":1723161253900000012,"conn":1,"data":"{\"a\":\"\\n\"}"}"#;
        let mut damaged = line.to_vec();
        let at = at % line.len();
        damaged[at] = byte;
        damaged.truncate(line.len() - at / 2);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged.capture.zst");
        let text = [HEADER.as_bytes(), b"\n", &damaged, b"\n"].concat();
        std::fs::write(&path, zstd::encode_all(&text[..], 1).unwrap()).unwrap();
        drop(read_all(&path));
    }
}

#[test]
fn a_line_of_unusual_layout_means_the_same() {
    let usual = read_text(&format!(
        "{HEADER}\n{}\n",
        r#"{"t":"recv","at":1723161253900000009,"conn":1,"data":"a\"b"}"#
    ))
    .unwrap();
    let unusual = read_text(&format!(
        "{HEADER}\n{}\n",
        r#"{ "data":"a\u0022b","conn":1, "at":1723161253900000009,"t":"recv" }"#
    ))
    .unwrap();
    assert_eq!(usual, unusual);
}

#[test]
fn a_bad_line_is_told_with_its_file_and_number() {
    for bad in [
        "{}",
        "",
        r#"{"t":"recv","at":-9,"conn":1,"data":""}"#,
        r#"{"t":"recv","at":1723161253900000009,"conn":1,"data":""#,
    ] {
        let error = read_text(&format!("{HEADER}\n{bad}\n")).unwrap_err();
        assert!(error.to_string().contains("text.capture.zst:2: "), "{bad:?} gave {error}");
    }
}

#[test]
fn a_moment_that_cannot_be_is_a_bad_line() {
    for at in [0, 7, CAPTURE_AT_MIN.0 - 1, CAPTURE_AT_MAX.0 + 1, u64::MAX] {
        let usual = format!(r#"{{"t":"recv","at":{at},"conn":1,"data":""}}"#);
        let unusual = format!(r#"{{"t":"http","at":{at},"url":"https://x/y","status":200,"body":""}}"#);
        for bad in [usual, unusual] {
            let error = read_text(&format!("{HEADER}\n{bad}\n")).unwrap_err().to_string();
            assert!(
                error.contains("text.capture.zst:2: at: ") && error.contains("(the year 2000)"),
                "{error}"
            );
        }
        let header = HEADER.replace("1723161253900000007", &at.to_string());
        let error = read_text(&(header + "\n")).unwrap_err().to_string();
        assert!(error.contains("text.capture.zst:1: recorded_at: "), "{error}");
    }
}

#[test]
fn the_header_comes_first_and_once() {
    let second = read_text(&format!("{HEADER}\n{HEADER}\n")).unwrap_err();
    assert!(second.to_string().ends_with(":2: a second header; one file is one capture"), "{second}");
    let none = read_text("{\"t\":\"connect\",\"at\":1,\"conn\":1,\"url\":\"wss://x\"}\n").unwrap_err();
    assert!(
        none.to_string().ends_with(":1: the first line is no header; a capture begins with one"),
        "{none}"
    );
    let other = read_text(&HEADER.replace("capture/1", "capture/9")).map(|(lines, _)| lines.len());
    assert_eq!(other.unwrap(), 0, "a line without its line feed is the cut end of a truncated file");
    let other = read_text(&(HEADER.replace("capture/1", "capture/9") + "\n")).unwrap_err();
    assert!(other.to_string().contains("capture/9"), "{other}");
}

#[test]
fn a_recorder_that_died_leaves_every_flushed_line_readable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.capture.zst");
    let mut writer = CaptureWriter::create(&path, "okx", &[], at(7)).unwrap();
    let line = CaptureLine::Recv { at: at(8), conn: 1, data: "before".into() };
    writer.write(&line).unwrap();
    writer.flush().unwrap();
    let lost = CaptureLine::Recv { at: at(9), conn: 1, data: "after".into() };
    writer.write(&lost).unwrap();
    std::mem::forget(writer);
    let (read, is_truncated) = read_all(&path).unwrap();
    assert_eq!(read[1..], [line]);
    assert!(is_truncated);
}

#[test]
fn damaged_compression_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.capture.zst");
    std::fs::File::create(&path).unwrap().write_all(b"this was never compressed").unwrap();
    assert!(matches!(read_all(&path), Err(CaptureError::Read { line_number: 0, .. })));
}

#[test]
fn a_capture_that_exists_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.capture.zst");
    std::fs::write(&path, b"precious").unwrap();
    assert!(matches!(CaptureWriter::create(&path, "okx", &[], at(7)), Err(CaptureError::Create { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
}
