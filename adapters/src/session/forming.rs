//! The session's half about bars of a venue that tells how they form, and never that one is closed.
//!
//! One is closed once the next has begun. What such a venue tells on subscription are bars of the past, the forming one
//! last: the first time they are no news, after a break they are what was missed.

use fulmar_bus::record::{Bar, InstrumentId};
use fulmar_engine::contract::MarketSink;

/// The forming bars of one instrument, one of each length.
#[derive(Default)]
pub(super) struct FormingBars {
    bars: Vec<Forming>,
}

struct Forming {
    bar: Bar,
    /// It was told as it formed, and not only among those of the past.
    is_watched: bool,
}

impl FormingBars {
    /// Takes a bar as it is now. One that is later than the one before it, and as long, closes that, which is told.
    pub(super) fn take(&mut self, id: InstrumentId, bar: &Bar, is_past: bool, sink: &mut dyn MarketSink) {
        let Some(forming) = self.bars.iter_mut().find(|forming| forming.bar.interval == bar.interval) else {
            self.bars.push(Forming { bar: *bar, is_watched: !is_past });
            return;
        };
        if bar.start_at < forming.bar.start_at {
            return;
        }
        if bar.start_at > forming.bar.start_at && forming.is_watched {
            sink.bar(id, &forming.bar);
        }
        forming.bar = *bar;
        forming.is_watched |= !is_past;
    }

    /// Forgets them: the scales of the instrument changed.
    pub(super) fn clear(&mut self) {
        self.bars.clear();
    }
}
