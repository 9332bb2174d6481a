//! One frame, both decoders of its venue: what the fast one takes, the reference reads the same.

use std::cell::RefCell;

use fulmar_adapters::decode::Scales;
use fulmar_adapters::session::{Decoded, InstrumentConfig, Protocol, Symbols, VenueEntry, read_message};
use fulmar_adapters::venues::VENUES;
use fulmar_bus::record::InstrumentId;

/// The scales that numbers are read at.
pub const SCALES: Scales = Scales { price: 2, quantity: 8 };

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both decoders took it and read the same.
    Taken,
    /// The fast one left it to the reference, which took it.
    TakenSlowly,
    /// Both refused it.
    Refused,
}

/// Both decoders of one venue, with memory that is used again.
pub struct Judge {
    protocol: Box<dyn Protocol>,
    symbols: Symbols,
    fast: Decoded,
    slow: Decoded,
}

impl Judge {
    /// The decoders of `entry`, whose two symbols are defined.
    pub fn new(entry: &VenueEntry) -> Self {
        let sample = (entry.sample)();
        let instrument = |(index, symbol): (u32, &str)| InstrumentConfig::new(symbol, InstrumentId(index));
        let mut symbols = Symbols::new(&(0..).zip(sample.symbols()).map(instrument).collect::<Vec<_>>());
        (0..symbols.count()).for_each(|index| symbols.set_scales(index, SCALES, true));
        Judge { protocol: sample, symbols, fast: Decoded::default(), slow: Decoded::default() }
    }

    /// Runs both decoders.
    ///
    /// # Panics
    /// Where they disagree.
    pub fn check(&mut self, frame: &[u8]) -> Verdict {
        self.fast.clear();
        let fast = self.protocol.decode(frame, &self.symbols, &mut self.fast);
        let slow = read_message(&*self.protocol, &mut frame.to_vec(), &self.symbols, &mut self.slow);
        match (fast, slow) {
            (Some(()), slow) => {
                // The fast decoder has no use for what the frame is about.
                self.slow.subject = self.fast.subject;
                let what = || format!("{} {}", self.protocol.venue(), frame.escape_ascii());
                assert_eq!((slow, &self.fast), (Ok(()), &self.slow), "{}", what());
                Verdict::Taken
            }
            (None, Ok(())) => Verdict::TakenSlowly,
            (None, Err(_)) => Verdict::Refused,
        }
    }
}

/// Has the judge of a venue look, made once: a fuzzer calls this as often as it can.
pub fn with(entry: &'static VenueEntry, look: impl FnOnce(&mut Judge)) {
    thread_local! {
        static JUDGES: RefCell<Vec<Judge>> = RefCell::new(VENUES.iter().map(Judge::new).collect());
    }
    let place = VENUES.iter().position(|other| other.name == entry.name).expect("a venue of this build");
    JUDGES.with_borrow_mut(|judges| look(&mut judges[place]));
}
