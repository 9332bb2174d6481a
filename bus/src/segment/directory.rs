//! What stands at the start of a segment: which build made it, in which boot, and where its parts lie. Written once by
//! its creator; read once by those who open it, who believe nothing. The byte map is drawn in [`super`].

use std::{ops::Range, sync::atomic::Ordering};

use zerocopy::{FromBytes as _, IntoBytes as _};

use super::{
    SegmentError, layout_hash,
    limits::{NAME_BYTES, PARTS_MAX, SEGMENT_WORDS_MAX},
};
use crate::{channel::Words, record::Text};

/// Which boot of an engine made a segment: a random number, so that memory of an earlier boot is never taken for that
/// of this one.
///
/// ```
/// use fulmar_bus::segment::BootId;
/// assert_eq!(BootId(0xF1A).to_string(), "00000000000000000000000000000f1a");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BootId(pub u128);

impl std::fmt::Display for BootId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

/// A part: its name, and which words of the segment it is.
pub(super) type Part = (Text<NAME_BYTES>, Range<usize>);

/// Where the words of the parts lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind the directory.
    Here = 0,
    /// Each part in memory of its own, which has a name: see [`super::NamedBoot`].
    Named = 1,
}

/// What the first word holds; in another byte order it is another number.
const MAGIC: u64 = u64::from_be_bytes(*b"FULMSEGM");
/// Raised by any change of the byte map.
pub(super) const VERSION: u64 = 1;

const MAGIC_AT: usize = 0;
const VERSION_AT: usize = 1;
const LAYOUT_HASH_AT: usize = 2;
const BOOT_ID_AT: usize = 3;
const PART_COUNT_AT: usize = 5;
const WORD_COUNT_AT: usize = 6;
const PLACE_AT: usize = 7;
const NAME_AT: usize = 8;
const HEADER_WORDS: usize = NAME_AT + NAME_WORDS;

const NAME_WORDS: usize = NAME_BYTES / 8;
const FIRST_AT: usize = NAME_WORDS;
const COUNT_AT: usize = NAME_WORDS + 1;
const PART_WORDS: usize = NAME_WORDS + 2;

/// Words of the header and the directory, used or not.
pub(super) const DIRECTORY_WORDS: usize = HEADER_WORDS + PARTS_MAX * PART_WORDS;

/// What the layout hash is made of, beside records and rings.
pub(super) const LAYOUT: [u64; 4] = [MAGIC, VERSION, HEADER_WORDS as u64, PART_WORDS as u64];

/// What the start of a segment says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directory {
    /// What the segment is called.
    pub name: Text<NAME_BYTES>,
    pub boot_id: BootId,
    pub place: Place,
    /// Words of the whole segment.
    pub word_count: usize,
    pub parts: Vec<Part>,
}

impl Directory {
    /// Writes it to the start of `words`, the magic last.
    pub(super) fn write(&self, words: &impl Words) {
        for (index, (name, range)) in self.parts.iter().enumerate() {
            let mut entry = [0; PART_WORDS];
            entry[..NAME_WORDS].as_mut_bytes().copy_from_slice(name.as_bytes());
            entry[FIRST_AT] = range.start as u64;
            entry[COUNT_AT] = range.len() as u64;
            words.store_relaxed(part_at(index), &entry);
        }
        let mut header = [0; HEADER_WORDS];
        header[VERSION_AT] = VERSION;
        header[LAYOUT_HASH_AT] = layout_hash();
        header[BOOT_ID_AT..PART_COUNT_AT].as_mut_bytes().copy_from_slice(self.boot_id.0.as_bytes());
        header[PART_COUNT_AT] = self.parts.len() as u64;
        header[WORD_COUNT_AT] = self.word_count as u64;
        header[PLACE_AT] = self.place as u64;
        header[NAME_AT..].as_mut_bytes().copy_from_slice(self.name.as_bytes());
        words.store_relaxed(VERSION_AT, &header[VERSION_AT..]);
        // PAIRS WITH: the acquire load in `read`; whoever sees the magic sees all of the directory.
        words.store(MAGIC_AT, MAGIC, Ordering::Release);
    }

    /// Reads it from the start of `words`, which are a whole segment, or the directory alone where `place` is another.
    ///
    /// # Errors
    /// Says why they are none that this build can use.
    pub(super) fn read(words: &impl Words, place: Place) -> Result<Directory, SegmentError> {
        let found = words.word_count();
        // PAIRS WITH: the release store in `write`.
        if found < DIRECTORY_WORDS || words.load(MAGIC_AT, Ordering::Acquire) != MAGIC {
            return Err(SegmentError::NoSegment);
        }
        let mut header = [0; HEADER_WORDS];
        words.load_relaxed(MAGIC_AT, &mut header);
        if header[VERSION_AT] != VERSION {
            return Err(SegmentError::Version { found: header[VERSION_AT] });
        }
        if header[LAYOUT_HASH_AT] != layout_hash() {
            return Err(SegmentError::LayoutHash { found: header[LAYOUT_HASH_AT] });
        }
        let word_count = usize::try_from(header[WORD_COUNT_AT]).unwrap_or(usize::MAX);
        let part_count = usize::try_from(header[PART_COUNT_AT]).unwrap_or(usize::MAX);
        let is_whole = word_count == found || place == Place::Named;
        let is_there = header[PLACE_AT] == place as u64;
        let is_small = word_count <= SEGMENT_WORDS_MAX && part_count <= PARTS_MAX;
        let name = read_name(&header[NAME_AT..]).filter(|_| is_whole && is_there && is_small);
        let name = name.ok_or(SegmentError::Directory)?;
        let boot_id = u128::read_from_bytes(header[BOOT_ID_AT..PART_COUNT_AT].as_bytes());
        let boot_id = BootId(boot_id.map_err(|_| SegmentError::Directory)?);
        let mut parts: Vec<Part> = Vec::with_capacity(part_count);
        for index in 0..part_count {
            let part = read_part(words, index).ok_or(SegmentError::Directory)?;
            let end_before = parts.last().map_or(DIRECTORY_WORDS, |(_, range)| range.end);
            let is_named_twice = parts.iter().any(|(name, _)| *name == part.0);
            if part.1.start < end_before || part.1.end > word_count || is_named_twice {
                return Err(SegmentError::Directory);
            }
            parts.push(part);
        }
        Ok(Directory { name, boot_id, place, word_count, parts })
    }
}

/// The word of the entry of a part.
const fn part_at(index: usize) -> usize {
    HEADER_WORDS + index * PART_WORDS
}

/// What an entry says, where that can be.
fn read_part(words: &impl Words, index: usize) -> Option<Part> {
    let mut entry = [0; PART_WORDS];
    words.load_relaxed(part_at(index), &mut entry);
    let name = read_name(&entry[..NAME_WORDS])?;
    let first = usize::try_from(entry[FIRST_AT]).ok()?;
    let count = usize::try_from(entry[COUNT_AT]).ok()?;
    (count > 0).then_some((name, first..first.checked_add(count)?))
}

/// A name that is text all through and padded with zeros, or it would not be equal to the one that somebody asks for.
fn read_name(words: &[u64]) -> Option<Text<NAME_BYTES>> {
    let name = Text::<NAME_BYTES>::read_from_bytes(words.as_bytes()).ok()?;
    (Text::new(name.as_str()) == Some(name) && !name.as_str().is_empty()).then_some(name)
}

#[cfg(test)]
mod tests;
