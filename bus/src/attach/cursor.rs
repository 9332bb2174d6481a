//! The page on which an attached process says how far it came. The process writes it, the engine looks at it.
//!
//! Nothing on it is believed: a wrong number costs only the process that wrote it. The engine frees room for its events
//! by it, counts its lag, wakes it where it sleeps, and gives it up where it does not move.
//!
//! ```text
//!  word  0: the sequence of the last event that it read       16: a number that it changes as long as it lives
//!       32: one where it sleeps until it is woken             each alone on a pair of cache lines; 384 bytes
//! ```

use crate::channel::{
    Region, Words,
    sync::{Ordering, fence},
};

const CONSUMED_AT: usize = 0;
const BEAT_AT: usize = 16;
const ASLEEP_AT: usize = 32;
const WORD_COUNT: usize = 48;

/// Words that a [`CursorPage`] takes.
pub const fn cursor_page_word_count() -> usize {
    WORD_COUNT
}

/// One side's handle on the page.
///
/// ```
/// use fulmar_bus::attach::{CursorPage, cursor_page_word_count};
/// use fulmar_bus::channel::Region;
/// let memory = Region::heap(cursor_page_word_count());
/// let (client, engine) = (CursorPage::new(memory.clone()), CursorPage::new(memory));
/// client.set_consumed(7);
/// client.beat();
/// assert_eq!((engine.consumed(), engine.beats()), (7, 1));
/// client.fall_asleep();
/// assert!(engine.wakes() && !engine.wakes(), "whoever sees it asleep wakes it once");
/// ```
#[derive(Clone)]
pub struct CursorPage<W: Words = Region> {
    words: W,
}

impl<W: Words> CursorPage<W> {
    /// The page in `words`.
    ///
    /// # Panics
    /// Where they are too few.
    pub fn new(words: W) -> Self {
        assert!(words.word_count() >= WORD_COUNT, "a cursor page takes {WORD_COUNT} words");
        CursorPage { words }
    }

    /// The process has read every event up to this sequence.
    pub fn set_consumed(&self, sequence: u64) {
        // PAIRS WITH: the acquire load in `consumed`: what was read is not read again once its room is free.
        self.words.store(CONSUMED_AT, sequence, Ordering::Release);
    }

    /// The sequence that the process says it has read up to.
    pub fn consumed(&self) -> u64 {
        // PAIRS WITH: the release store in `set_consumed`.
        self.words.load(CONSUMED_AT, Ordering::Acquire)
    }

    /// The process lives.
    pub fn beat(&self) {
        self.words.store(BEAT_AT, self.beats().wrapping_add(1), Ordering::Relaxed);
    }

    /// A number that changes as long as the process lives.
    pub fn beats(&self) -> u64 {
        self.words.load(BEAT_AT, Ordering::Relaxed)
    }

    /// The process is about to sleep until it is woken. It must look once more for work after this.
    pub fn fall_asleep(&self) {
        self.words.store(ASLEEP_AT, 1, Ordering::Relaxed);
        // PAIRS WITH: the fence in `wakes`: either the engine sees the flag, or the process's last look sees what the
        // engine published before.
        fence(Ordering::SeqCst);
    }

    /// The process is awake.
    pub fn awake(&self) {
        self.words.store(ASLEEP_AT, 0, Ordering::Relaxed);
    }

    /// True where the process sleeps and is to be woken now: it is marked as awake.
    pub fn wakes(&self) -> bool {
        // PAIRS WITH: the fence in `fall_asleep`.
        fence(Ordering::SeqCst);
        let is_asleep = self.words.load(ASLEEP_AT, Ordering::Relaxed) != 0;
        if is_asleep {
            self.awake();
        }
        is_asleep
    }
}
