//! The bytes on the disk are those that the front page draws; a change of them is a new format version.

use std::fs;

use super::super::segment::segment_path;
use super::*;

fn small_journal(dir: &Path) -> Vec<u8> {
    let mut writer = unsynced_writer(dir, LIMITS);
    let mut bytes: Vec<u8> = (0..56).collect();
    bytes[2] = 1;
    let mut record = Record::new();
    record.copy_from(&bytes).expect("one slot");
    writer.append(&record).expect("it has room");
    writer.finish(b"bye").expect("the disk takes it");
    fs::read(segment_path(dir, 1)).expect("it is there")
}

#[test]
fn the_bytes_of_version_one_stay() {
    let dir = tempfile::tempdir().expect("a directory");
    let bytes = small_journal(dir.path());

    let mut expected = Vec::new();
    expected.extend_from_slice(b"FULMARJ1");
    expected.extend_from_slice(&[1, 0, 0, 0]);
    expected.extend_from_slice(&HEADER_CRC32.to_le_bytes());
    expected.extend_from_slice(&232u32.to_le_bytes());
    expected.extend_from_slice(&2u32.to_le_bytes());
    expected.extend_from_slice(&[1, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend_from_slice(&1_723_161_253_937_085_768u64.to_le_bytes());
    expected.extend_from_slice(b"sixteen bytes id");
    expected.extend_from_slice(&[0xC0; 32]);
    expected.extend_from_slice(b"desk");
    expected.resize(160, 0);
    expected.extend_from_slice(b"fulmar 0.1.0");
    expected.resize(224, 0);
    expected.extend_from_slice(b"{}\0\0\0\0\0\0");
    expected.extend_from_slice(&[56, 0, 0, 0]);
    expected.extend_from_slice(&RECORD_CRC32.to_le_bytes());
    expected.extend_from_slice(&1u64.to_le_bytes());
    expected.extend((0..56u8).map(|byte| if byte == 2 { 1 } else { byte }));
    expected.extend_from_slice(&[3, 0, 0, 1]);
    expected.extend_from_slice(&CLOSING_CRC32.to_le_bytes());
    expected.extend_from_slice(&2u64.to_le_bytes());
    expected.extend_from_slice(b"bye\0\0\0\0\0");
    assert_eq!(bytes, expected);
}

/// Computed by zlib, not by the code under test.
const HEADER_CRC32: u32 = 0x42C4_2932;
const RECORD_CRC32: u32 = 0xCEF2_6342;
const CLOSING_CRC32: u32 = 0x137D_94B0;

#[test]
fn a_newer_format_is_refused_in_words() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bytes = small_journal(dir.path());
    bytes[8] = 2;
    let path = segment_path(dir.path(), 1);
    fs::write(&path, &bytes).expect("it is written");
    let error = JournalReader::open(dir.path()).expect_err("it is newer");
    let expected = format!("{} has format version 2, this build reads up to 1", path.display());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_is_no_segment_is_refused_in_words() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = segment_path(dir.path(), 1);
    for (bytes, words) in [
        (&b""[..], "found an incomplete header: 0 of 224 bytes"),
        (&b"FULMARJ1"[..], "found an incomplete header: 8 of 224 bytes"),
        (&[b'x'; 300][..], "found another magic"),
    ] {
        fs::write(&path, bytes).expect("it is written");
        let error = JournalReader::open(dir.path()).expect_err("it is no segment").to_string();
        assert!(error.ends_with(words), "{error}");
    }
}
