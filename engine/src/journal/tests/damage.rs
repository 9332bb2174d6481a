//! Journals that were cut, damaged or mixed up: whatever is read is right, and whatever is wrong is told.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use fulmar_bus::channel::{Region, RingShape, create_checked};
use fulmar_bus::record::ChannelId;

use super::super::segment::{EntryKind, entry_bytes, parse_entry, push_entry, segment_path};
use super::*;

/// Where the entries of tests' segments begin: after the header and two bytes of manifest, padded.
const ENTRIES_AT: usize = 232;

/// Start and end of each entry of a segment.
fn entries(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = ENTRIES_AT;
    while let Ok(Some(entry)) = parse_entry(&bytes[at..]) {
        found.push((at, at + entry.entry_bytes));
        at += entry.entry_bytes;
    }
    found
}

/// A journal of two segments that was not ended, as it lies in `dir`, and how many records each holds.
fn two_segments(dir: &Path) -> (u64, u64) {
    let mut writer = unsynced_writer(dir, LIMITS);
    let mut count = 0;
    while !segment_path(dir, 2).exists() {
        count = writer.append(&record(count + 1)).expect("it has room");
    }
    for _ in 0..6 {
        count = writer.append(&record(count + 1)).expect("it has room");
    }
    writer.flush().expect("the disk takes it");
    let first = entries(&fs::read(segment_path(dir, 1)).expect("it is there")).len() as u64;
    assert!(first > 5 && count - first > 5 && !segment_path(dir, 3).exists());
    (first, count - first)
}

/// `dir` must be refused as damaged, in words that hold each of `words`.
fn check_damaged(dir: &Path, words: &[&str]) {
    let error = read_all(dir).expect_err("it is damaged");
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    let text = error.to_string();
    assert!(words.iter().all(|word| text.contains(word)), "{text:?} lacks one of {words:?}");
}

/// The journal must hold exactly the whole entries of `image`, its last segment, which `original` was turned into.
fn check_image(dir: &Path, first: u64, original: &[u8], image: &[u8]) {
    let path = segment_path(dir, 2);
    fs::write(&path, image).expect("it is written");
    if image.get(..ENTRIES_AT) != original.get(..ENTRIES_AT) {
        return check_damaged(dir, &["journal-000002.seg", "byte 0", "expected the header of segment 2"]);
    }
    let whole: Vec<_> = entries(original)
        .into_iter()
        .take_while(|(start, end)| image.get(*start..*end) == original.get(*start..*end))
        .collect();
    let end = whole.last().map_or(ENTRIES_AT, |(_, end)| *end);
    let content = read_all(dir).unwrap_or_else(|error| panic!("{} bytes: {error}", image.len()));
    assert!(content.records == records(first + whole.len() as u64), "{} bytes", image.len());
    let dropped = image[end..].iter().rposition(|byte| *byte != 0).map(|last| last as u64 + 1);
    let tail = dropped.map_or(Tail::Open, |dropped_bytes| Tail::Torn { dropped_bytes });
    assert_eq!(content.tail, tail, "{} bytes", image.len());
}

#[test]
fn every_prefix_of_a_journal_yields_exactly_its_whole_entries() {
    let dir = tempfile::tempdir().expect("a directory");
    let (first, _) = two_segments(dir.path());
    let original = fs::read(segment_path(dir.path(), 2)).expect("it is there");
    let used = entries(&original).last().expect("it has entries").1;
    for length in 0..=used + 64 {
        check_image(dir.path(), first, &original, &original[..length]);
    }
}

#[test]
fn every_prefix_followed_by_the_preallocated_zeros_yields_exactly_its_whole_entries() {
    let dir = tempfile::tempdir().expect("a directory");
    let (first, _) = two_segments(dir.path());
    let original = fs::read(segment_path(dir.path(), 2)).expect("it is there");
    let used = entries(&original).last().expect("it has entries").1;
    let mut image = original.clone();
    image[ENTRIES_AT..].fill(0);
    for length in ENTRIES_AT..used {
        check_image(dir.path(), first, &original, &image);
        image[length] = original[length];
    }
}

/// Flips every bit of every segment, one at a time. Each flip must be refused, or end the journal at the last of its
/// `count` records or after it, torn; a wrong record, or silence, is never the answer.
fn check_every_flip(dir: &Path, count: u64) {
    let expected = records(count);
    let mut torn = 0;
    let mut refused = 0;
    for number in (1..).take_while(|number| segment_path(dir, *number).exists()) {
        let path = segment_path(dir, number);
        let original = fs::read(&path).expect("it is there");
        let file = fs::File::options().write(true).open(&path).expect("it is there");
        for (at, byte) in original.iter().enumerate() {
            for bit in 0..8 {
                file.write_all_at(&[byte ^ 1 << bit], at as u64).expect("it is written");
                match read_all(dir) {
                    Err(JournalError::Damaged { .. } | JournalError::NewerFormat { .. }) => refused += 1,
                    Err(error) => panic!("segment {number}, byte {at}, bit {bit}: {error}"),
                    Ok(content) => {
                        assert!(
                            matches!(content.tail, Tail::Torn { .. }),
                            "{number} {at} {bit}: {content:?}"
                        );
                        assert!(content.records.len() + 1 >= expected.len(), "{number} {at} {bit}");
                        assert!(expected.starts_with(&content.records), "{number} {at} {bit}");
                        assert_eq!(content.summary, None);
                        torn += 1;
                    }
                }
            }
            file.write_all_at(&[*byte], at as u64).expect("it is written");
        }
    }
    assert!(torn > 100 && refused > 1000, "{torn} torn, {refused} refused");
}

/// Small enough that every bit of two segments is soon flipped.
const SMALL: JournalLimits =
    JournalLimits { segment_bytes: (ENTRIES_AT + RECORD_ENTRY_BYTES_MAX) as u64, ..LIMITS };

#[test]
fn every_flipped_bit_of_an_open_journal_is_detected() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut writer = unsynced_writer(dir.path(), SMALL);
    let mut count = 0;
    while !segment_path(dir.path(), 2).exists() || count % 4 != 0 {
        count = writer.append(&record(count + 1)).expect("it has room");
    }
    writer.flush().expect("the disk takes it");
    check_every_flip(dir.path(), count);
}

#[test]
fn every_flipped_bit_of_a_closed_journal_is_detected() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut writer = unsynced_writer(dir.path(), SMALL);
    for sequence in 1..=5 {
        writer.append(&record(sequence)).expect("it has room");
    }
    writer.finish(b"eleven byte").expect("the disk takes it");
    check_every_flip(dir.path(), 5);
}

#[test]
fn a_broken_entry_before_a_whole_one_is_refused_with_file_byte_and_expectation() {
    let dir = tempfile::tempdir().expect("a directory");
    let (first, second) = two_segments(dir.path());
    let path = segment_path(dir.path(), 2);
    let original = fs::read(&path).expect("it is there");
    let (start, end) = entries(&original)[2];
    let mut image = original.clone();
    image[start..end].fill(0);
    fs::write(&path, &image).expect("it is written");
    let (byte, entry) = (format!("at byte {start}"), format!("expected entry {}", first + 3));
    check_damaged(dir.path(), &["journal-000002.seg", &byte, &entry, "a later entry"]);

    // With nothing behind it, its front part is a torn tail; anything but its front part is not.
    image[end..].fill(0);
    image[start..end - 8].copy_from_slice(&original[start..end - 8]);
    fs::write(&path, &image).expect("it is written");
    let content = read_all(dir.path()).expect("it opens");
    assert!(content.records == records(first + 2) && second > 3);
    assert!(
        matches!(content.tail, Tail::Torn { dropped_bytes } if dropped_bytes <= (end - start - 8) as u64)
    );
    image[end + 8] = 1;
    fs::write(&path, &image).expect("it is written");
    check_damaged(dir.path(), &["journal-000002.seg", &byte, &entry]);
    image[start..end].fill(0);
    fs::write(&path, &image).expect("it is written");
    check_damaged(dir.path(), &["journal-000002.seg", &byte, &entry, "found zeros"]);
}

#[test]
fn damage_at_the_end_of_a_segment_before_the_last_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    two_segments(dir.path());
    let path = segment_path(dir.path(), 1);
    let original = fs::read(&path).expect("it is there");
    let (start, end) = *entries(&original).last().expect("it has entries");
    let byte = format!("at byte {start}");

    fs::write(&path, &original[..end - 8]).expect("it is written");
    check_damaged(dir.path(), &["journal-000001.seg", &byte, "bytes of an entry of"]);
    fs::write(&path, &original[..start]).expect("it is written");
    check_damaged(dir.path(), &["journal-000001.seg", &byte, "the segment's end, and segment 2 from entry"]);
    let mut image = original.clone();
    image[start..].fill(0);
    fs::write(&path, &image).expect("it is written");
    check_damaged(dir.path(), &["journal-000001.seg", &byte, "the segment's end, and segment 2 from entry"]);
    let mut image = original.clone();
    image[end..].fill(7);
    fs::write(&path, &image).expect("it is written");
    check_damaged(dir.path(), &["journal-000001.seg", &format!("at byte {end}")]);
}

#[test]
fn missing_swapped_and_foreign_segments_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    write_closed(dir.path(), 100, b"");
    let paths: Vec<_> = (1..=3).map(|number| segment_path(dir.path(), number)).collect();
    let away = dir.path().join("away");

    fs::rename(&paths[1], &away).expect("it is there");
    check_damaged(dir.path(), &["journal-000002.seg", "expected segment 2", "no such file"]);
    fs::copy(&paths[0], &paths[1]).expect("it is there");
    check_damaged(dir.path(), &["journal-000002.seg", "expected the header of segment 2"]);

    let other = tempfile::tempdir().expect("a directory");
    let disk = Box::new(TestDisk::new(other.path(), Arc::new(Faults::default())));
    let foreign = JournalHeader { boot_id: [9; 16], ..header(b"{}") };
    let mut writer = JournalWriter::create_on(disk, other.path(), foreign, LIMITS).expect("a new journal");
    for sequence in 1..=100 {
        writer.append(&record(sequence)).expect("it has room");
    }
    fs::copy(segment_path(other.path(), 2), &paths[1]).expect("it is there");
    check_damaged(dir.path(), &["journal-000002.seg", "a segment of another journal"]);

    fs::rename(&away, &paths[1]).expect("it is there");
    assert!(read_all(dir.path()).expect("it is sound").records == records(100));
}

/// Kind, sequence and body of an entry.
type Forged<'a> = (EntryKind, u64, &'a [u8]);

/// Puts `entries` behind the header of a journal that had none.
fn forge(dir: &Path, entries: &[Forged]) {
    write_open(dir, 0);
    let mut bytes = fs::read(segment_path(dir, 1)).expect("it is there");
    bytes.truncate(ENTRIES_AT);
    for (kind, sequence, body) in entries {
        push_entry(&mut bytes, *kind, *sequence, body);
    }
    fs::write(segment_path(dir, 1), &bytes).expect("it is written");
}

#[test]
fn sound_entries_in_a_wrong_place_are_refused() {
    let small = record_of(1, 1);
    let (kind, body) = (EntryKind::Record, small.bytes());
    let second = format!("at byte {}", ENTRIES_AT + entry_bytes(56));
    let cases: [(&[Forged], &[&str]); 6] = [
        (&[(kind, 1, body), (kind, 3, body)], &["expected entry 2", "found entry 3", &second]),
        (&[(kind, 1, body), (kind, 1, body)], &["expected entry 2", "found entry 1", &second]),
        (&[(kind, 2, body)], &["expected entry 1", "found entry 2", "at byte 232"]),
        (&[(kind, 1, &body[..48])], &["expected entry 1", "an entry of 48 bytes that are no record"]),
        (&[(kind, 1, &[3; 56])], &["an entry of 56 bytes that are no record"]),
        (&[(EntryKind::Closing, 1, b""), (kind, 2, body)], &["the closing entry, and bytes after it"]),
    ];
    for (entries, words) in cases {
        let dir = tempfile::tempdir().expect("a directory");
        forge(dir.path(), entries);
        check_damaged(dir.path(), words);
    }
}

#[test]
fn a_segment_after_the_closing_entry_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    two_segments(dir.path());
    let path = segment_path(dir.path(), 1);
    let mut bytes = fs::read(&path).expect("it is there");
    let entries = entries(&bytes);
    bytes.truncate(entries.last().expect("it has entries").1);
    push_entry(&mut bytes, EntryKind::Closing, entries.len() as u64 + 1, b"");
    fs::write(&path, &bytes).expect("it is written");
    check_damaged(dir.path(), &["journal-000001.seg", "the closing entry, and another segment after it"]);
}

#[test]
fn a_segment_that_never_got_its_name_is_no_part_of_the_journal() {
    let dir = tempfile::tempdir().expect("a directory");
    let (first, second) = two_segments(dir.path());
    fs::write(dir.path().join("journal-000003.new"), b"FULM").expect("it is written");
    assert!(read_all(dir.path()).expect("it opens").records == records(first + second));
}

/// The ring of a run that was killed after it published so many of the tests' records.
fn killed_ring(dir: &Path, count: u64) -> PathBuf {
    let path = ring_path(dir, "frames.a.market");
    fs::create_dir(path.parent().expect("it is in a folder")).expect("a new directory");
    let shape = RingShape { slot_count: 256, gate_count: 1 };
    let region = Region::map_file(&path, shape.checked_word_count()).expect("a mapping");
    let (mut writer, _) = create_checked(region, shape, ChannelId(9));
    for sequence in 1..=count {
        writer.publish(&mut record(sequence)).expect("nobody is in the way");
    }
    path
}

/// What is recovered of the one ring of `dir`, as bytes.
fn recover(dir: &Path) -> Result<(u64, Vec<Vec<u8>>), JournalError> {
    let channels = recover_ahead(dir, |_| 0)?;
    let [ahead] = channels.as_slice() else { panic!("one channel, not {}", channels.len()) };
    Ok((ahead.lost_count, ahead.records.iter().map(|record| record.bytes().to_vec()).collect()))
}

#[test]
fn a_flipped_bit_in_any_word_of_a_ring_is_told_or_changes_nothing_that_is_recovered() {
    const SEED: u64 = 0x0F11_9BED;
    for count in [20, 500] {
        let dir = tempfile::tempdir().expect("a directory");
        let path = killed_ring(dir.path(), count);
        let sound = recover(dir.path()).expect("nothing is damaged");
        assert_eq!(sound.0 + sound.1.len() as u64, count);
        let bytes = fs::read(&path).expect("it is there");
        let file = fs::File::options().write(true).open(&path).expect("it is there");
        let mut told = 0;
        for (at, word) in (0u64..).step_by(8).zip(bytes.as_chunks::<8>().0) {
            let flipped = u64::from_le_bytes(*word) ^ 1 << (mix(SEED ^ at) % 64);
            file.write_all_at(&flipped.to_le_bytes(), at).expect("it is written");
            match recover(dir.path()) {
                Ok(found) => assert!(found == sound, "byte {at}, seed {SEED:#x}: other records"),
                Err(error) => {
                    let text = error.to_string();
                    assert!(
                        text.starts_with(&path.display().to_string()),
                        "byte {at}, seed {SEED:#x}: {text}"
                    );
                    told += 1;
                }
            }
            file.write_all_at(word, at).expect("it is written");
        }
        assert!(recover(dir.path()).expect("it is sound again") == sound);
        // The words of all records and their stamps, a check for each record, the header and its check.
        let slots = sound.1.iter().map(|bytes| bytes.len() / 56).sum::<usize>();
        let least = slots * 8 + sound.1.len() + 8;
        assert!(told >= least, "{told} of at least {least} were told, seed {SEED:#x}");
    }
}
