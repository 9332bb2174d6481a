//! What a channel runs over: numbered 64-bit atomic words.

use super::sync::Ordering;

/// Memory as atomic words. A clone is another handle on the same words.
///
/// Implemented by [`super::Region`], and in tests over the atomics of a model checker.
///
/// ```
/// use std::sync::atomic::Ordering;
/// use fulmar_bus::channel::{Region, Words};
///
/// /// How many words hold something, in whatever memory they lie.
/// fn used_count(words: &impl Words) -> usize {
///     (0..words.word_count()).filter(|index| words.load(*index, Ordering::Relaxed) != 0).count()
/// }
///
/// let region = Region::heap(16);
/// region.store_relaxed(4, &[1, 2, 3]);
/// assert_eq!(used_count(&region), 3);
/// ```
pub trait Words {
    /// How many words there are.
    fn word_count(&self) -> usize;

    /// The word at `index`.
    ///
    /// # Panics
    /// Where `index` is not below the word count, as do the others.
    fn load(&self, index: usize, order: Ordering) -> u64;

    /// Puts `value` at `index`.
    fn store(&self, index: usize, value: u64, order: Ordering);

    /// Puts `new` at `index` if `current` is there, with acquire and release ordering; says whether it did.
    fn compare_exchange(&self, index: usize, current: u64, new: u64) -> bool;

    /// Copies the words from `index` on to `out`, each a relaxed load.
    #[inline]
    fn load_relaxed(&self, index: usize, out: &mut [u64]) {
        for (offset, word) in out.iter_mut().enumerate() {
            *word = self.load(index + offset, Ordering::Relaxed);
        }
    }

    /// Copies `values` to the words from `index` on, each a relaxed store.
    #[inline]
    fn store_relaxed(&self, index: usize, values: &[u64]) {
        for (offset, value) in values.iter().enumerate() {
            self.store(index + offset, *value, Ordering::Relaxed);
        }
    }
}
