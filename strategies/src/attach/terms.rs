//! What an engine tells a process that attached beside who it is: what its strategy may see, and from where on. It
//! comes as JSON in the settings of the welcome.

use fulmar_engine::contract::BookDepth;
use serde::{Deserialize, Serialize};

/// The terms of one attached process.
///
/// ```
/// use fulmar_engine::contract::BookDepth;
/// use fulmar_strategies::attach::{Place, Terms};
/// let (places, pairs) = (vec![Place { book: 310, market: 1_200 }], Vec::new());
/// let terms = Terms { levels_shown: Some(10), engine_sleeps: false, places, pairs };
/// assert_eq!(Terms::read(&terms.text()).expect("they were just written"), terms);
/// assert_eq!(terms.book(), BookDepth::Levels(10));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Levels of a side that it is shown; `None` for best prices alone, the largest number for all.
    pub levels_shown: Option<usize>,
    /// Whether the engine's core may sleep, so that it has to be woken for a command.
    pub engine_sleeps: bool,
    /// Where the channels of its instruments are read on, in the order of the welcome. What was told before and still
    /// stands is in the segment of its events, in parts of the channels' names.
    pub places: Vec<Place>,
    /// The pairs that any of its instruments is in.
    pub pairs: Vec<Pair>,
}

/// The sequences behind which the channels of an instrument are read on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Of its best prices.
    pub book: u64,
    /// Of its market data.
    pub market: u64,
}

/// A pair that a strategy hears of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// The engine's numbers of its instruments.
    pub members: Vec<u32>,
    /// The sequence behind which its channel is read on.
    pub place: u64,
}

impl Terms {
    /// As they are sent.
    pub fn text(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("names and numbers are always JSON")
    }

    /// The terms that were sent as `text`.
    ///
    /// # Errors
    /// Where this build cannot read them.
    pub fn read(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }

    /// How much of its books the strategy sees.
    pub fn book(&self) -> BookDepth {
        match self.levels_shown {
            None => BookDepth::Top,
            Some(usize::MAX) => BookDepth::Full,
            Some(levels) => BookDepth::Levels(levels),
        }
    }
}
