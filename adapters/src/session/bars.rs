//! What a venue calls the bars of its own making, where it does not write intervals as we do.

use fulmar_bus::record::Nanos;
use fulmar_engine::market::interval;

/// Intervals as we write them, each with the venue's own word.
pub struct BarNames<const N: usize>(pub [(&'static str, &'static str); N]);

impl<const N: usize> BarNames<N> {
    /// The intervals as we write them: what [`VenueEntry::bars`](super::VenueEntry::bars) tells.
    pub const fn ours(&self) -> [&'static str; N] {
        let mut ours = [""; N];
        let mut place = 0;
        while place < N {
            ours[place] = self.0[place].0;
            place += 1;
        }
        ours
    }

    /// The venue's word for an interval of ours.
    pub fn name(&self, bar: &str) -> Option<&'static str> {
        self.0.iter().find(|(ours, _)| *ours == bar).map(|(_, name)| *name)
    }

    /// How long a bar lasts that the venue calls so.
    pub fn interval(&self, name: &str) -> Option<Nanos> {
        self.0.iter().find(|(_, theirs)| *theirs == name).and_then(|(ours, _)| interval::parse(ours))
    }
}
