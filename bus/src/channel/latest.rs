//! The newest value alone, for those who ask for a state and not for its history.
//!
//! A seqlock with two places: the writer fills the one that the newest value is not in, then says so. A read is
//! disturbed only where a whole write ends in it, and a writer that stops halfway leaves the value before.
//!
//! ```text
//!  word 0            8                    8 + stride
//!       +------------+--------------------+--------------------+
//!       | version    | values of even     | values of odd      |
//!       |            | versions           | versions           |
//!       +------------+--------------------+--------------------+
//! ```

use super::{
    Region, Words,
    limits::LATEST_TRIES_MAX,
    sync::{Ordering, fence},
};

/// Words of a cache line.
const LINE_WORDS: usize = 8;
const VERSION_AT: usize = 0;

/// Words that the newest value of `value_words` words takes.
pub const fn latest_word_count(value_words: usize) -> usize {
    LINE_WORDS + 2 * value_words.next_multiple_of(LINE_WORDS)
}

/// Lays a place for the newest value of `value_words` words over `words`; nothing is written yet.
///
/// ```
/// use fulmar_bus::channel::{Region, latest, latest_word_count};
/// let (mut writer, reader) = latest(Region::heap(latest_word_count(2)), 2);
/// let mut value = [0; 2];
/// assert_eq!(reader.read(&mut value), None);
/// writer.write(&[3, 4]);
/// writer.write(&[5, 6]);
/// assert_eq!((reader.read(&mut value), value), (Some(2), [5, 6]));
/// ```
///
/// # Panics
/// Where `words` are fewer than [`latest_word_count`] says.
pub fn latest<W: Words + Clone>(words: W, value_words: usize) -> (LatestWriter<W>, LatestReader<W>) {
    assert!(words.word_count() >= latest_word_count(value_words), "the memory is too small for the value");
    // PAIRS WITH: the acquire load of the version in `LatestReader::read`.
    words.store(VERSION_AT, 0, Ordering::Release);
    let place = Place { words, value_words };
    (LatestWriter { place: place.clone(), version: 0 }, LatestReader { place })
}

/// The one who writes.
/// Made, with its first reader, by [`latest`]. It waits for nobody and cannot fail.
pub struct LatestWriter<W = Region> {
    place: Place<W>,
    version: u64,
}

impl<W: Words> LatestWriter<W> {
    /// Replaces the value.
    ///
    /// # Panics
    /// Where it has not the length that the place was made for.
    #[inline]
    pub fn write(&mut self, value: &[u64]) {
        let Place { words, value_words } = &self.place;
        assert!(value.len() == *value_words, "a value of another length was written");
        // PAIRS WITH: the acquire fence in `LatestReader::read`: whoever reads one of the words stored below sees that
        // the version which it was reading is not the newest any more.
        fence(Ordering::Release);
        self.version += 1;
        words.store_relaxed(self.place.value_at(self.version), value);
        // PAIRS WITH: the acquire load in `LatestReader::read`.
        words.store(VERSION_AT, self.version, Ordering::Release);
    }
}

/// One who reads.
/// Made by [`latest`]; a clone is one more reader.
#[derive(Clone)]
pub struct LatestReader<W = Region> {
    place: Place<W>,
}

impl<W: Words> LatestReader<W> {
    /// Copies the newest value to `value` and gives its version, counted from one. `None` where nothing was written
    /// yet, or writes came too fast to read between them; `value` is unspecified then.
    ///
    /// # Panics
    /// Where `value` has not the length that the place was made for.
    #[inline]
    pub fn read(&self, value: &mut [u64]) -> Option<u64> {
        let Place { words, value_words } = &self.place;
        assert!(value.len() == *value_words, "a value of another length was read");
        for _ in 0..LATEST_TRIES_MAX {
            // PAIRS WITH: the release store in `LatestWriter::write`.
            let version = words.load(VERSION_AT, Ordering::Acquire);
            if version == 0 {
                return None;
            }
            words.load_relaxed(self.place.value_at(version), value);
            // PAIRS WITH: the release fence in `LatestWriter::write`.
            fence(Ordering::Acquire);
            if words.load(VERSION_AT, Ordering::Relaxed) == version {
                return Some(version);
            }
        }
        None
    }
}

#[derive(Clone)]
struct Place<W> {
    words: W,
    value_words: usize,
}

impl<W> Place<W> {
    /// The first word of the value of `version`.
    const fn value_at(&self, version: u64) -> usize {
        let stride = self.value_words.next_multiple_of(LINE_WORDS);
        if version.is_multiple_of(2) { LINE_WORDS } else { LINE_WORDS + stride }
    }
}
