//! What an engine tells a process that attached, once: who it is here, and what it may see. It lies as JSON in a part of
//! the memory that the process may read, its length in the first word.

use std::sync::atomic::Ordering;

use fulmar_bus::channel::{Region, Words};
use fulmar_engine::contract::BookDepth;
use serde::{Deserialize, Serialize};

/// The name of the part that terms lie in.
pub const PART: &str = "terms";

/// The longest terms, in bytes: some thousand instruments.
const BYTES_MAX: usize = 1 << 20;

/// The terms of one attached process.
///
/// ```
/// use fulmar_bus::channel::Region;
/// use fulmar_strategies::attach::Terms;
/// let terms = Terms {
///     strategy: "outside".into(),
///     strategy_id: 2,
///     epoch: 7,
///     counter: 0,
///     instruments: vec![(4, "binance-spot:BTCUSDT".into())],
///     pairs: vec![("BTC".into(), vec![4, 5])],
///     levels_shown: None,
///     places: vec![("market.binance-spot:BTCUSDT".into(), 1_200)],
/// };
/// let memory = Region::heap(terms.word_count());
/// terms.write(&memory);
/// assert_eq!(Terms::read(&memory).expect("they were just written"), terms);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The strategy's name.
    pub strategy: String,
    /// Its number in this boot.
    pub strategy_id: u16,
    /// The boot, as order ids name it.
    pub epoch: u32,
    /// The number of the last order that it wanted in this boot: those of another process before it.
    pub counter: u64,
    /// The instruments that it sees and may trade: the engine's number of each, and its durable name.
    pub instruments: Vec<(u32, String)>,
    /// The pairs that any of these is in: the name of each, and its members.
    pub pairs: Vec<(String, Vec<u32>)>,
    /// Levels of a side that it is shown; `None` for best prices alone, the largest number for all.
    pub levels_shown: Option<usize>,
    /// For each channel that it reads, by name, the sequence behind which it reads on. What was told before and still
    /// stands is in the memory that comes with these terms, in a part of the same name.
    pub places: Vec<(String, u64)>,
}

/// Why memory holds no terms.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// It is too short for what it says that it holds.
    #[error("the engine's terms are cut off")]
    CutOff,
    /// What it holds says nothing to this build.
    #[error("the engine's terms cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl Terms {
    /// How much of its books the strategy sees.
    pub fn book(&self) -> BookDepth {
        match self.levels_shown {
            None => BookDepth::Top,
            Some(usize::MAX) => BookDepth::Full,
            Some(levels) => BookDepth::Levels(levels),
        }
    }

    /// Words of memory that they take.
    pub fn word_count(&self) -> usize {
        1 + self.text().len().div_ceil(8)
    }

    /// Puts them into memory of so many words.
    pub fn write(&self, memory: &Region) {
        let text = self.text();
        let mut words = vec![text.len() as u64];
        words.extend(text.as_bytes().chunks(8).map(|bytes| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        }));
        memory.store_relaxed(0, &words);
    }

    /// The terms in `memory`.
    ///
    /// # Errors
    /// [`TermsError`] where there are none.
    pub fn read(memory: &Region) -> Result<Self, TermsError> {
        let length = usize::try_from(memory.load(0, Ordering::Relaxed)).unwrap_or(usize::MAX);
        let word_count = length.min(BYTES_MAX).div_ceil(8);
        if length > BYTES_MAX || memory.word_count() < 1 + word_count {
            return Err(TermsError::CutOff);
        }
        let mut words = vec![0; word_count];
        memory.load_relaxed(1, &mut words);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).take(length).collect();
        Ok(serde_json::from_slice(&bytes)?)
    }

    fn text(&self) -> String {
        serde_json::to_string(self).expect("names and numbers are always JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_holds_no_terms_is_refused_in_words() {
        let memory = Region::heap(4);
        assert!(matches!(Terms::read(&memory), Err(TermsError::Unreadable(_))), "it holds nothing");
        memory.store(0, 25, Ordering::Relaxed);
        assert!(matches!(Terms::read(&memory), Err(TermsError::CutOff)));
        memory.store(0, u64::MAX, Ordering::Relaxed);
        assert!(matches!(Terms::read(&memory), Err(TermsError::CutOff)));
    }
}
