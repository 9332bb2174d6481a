//! How much is at stake, by scope: what each strategy could come to hold of each instrument, valued in one currency,
//! and the sums over the engine, each venue and each strategy.
//!
//! A cell is the most that a strategy would hold, long or short, if all of its open orders on one side filled. Sums are
//! of cells, so a long here and a short there do not cancel: what is at stake is never told too small. A cell whose
//! worth is not known makes the sums that it is in unknown.

use crate::trading::account::Amount;

/// A sum of cells, some of which may not be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    known: i128,
    unknown_count: u32,
}

impl Sum {
    fn replace(&mut self, before: Option<Amount>, after: Option<Amount>) {
        self.known = self.known.saturating_sub(before.unwrap_or_default().0);
        self.known = self.known.saturating_add(after.unwrap_or_default().0);
        self.unknown_count -= u32::from(before.is_none());
        self.unknown_count += u32::from(after.is_none());
    }

    fn total(self) -> Option<Amount> {
        (self.unknown_count == 0).then_some(Amount(self.known))
    }
}

/// What is at stake, by scope.
///
/// ```
/// use fulmar_engine::trading::account::Amount;
/// use fulmar_engine::trading::risk::Exposures;
/// // Two strategies; three instruments, of which the last is of the second venue.
/// let mut exposures = Exposures::new(2, &[0, 0, 1]);
/// exposures.set(0, 2, Some(Amount(70)));
/// exposures.set(1, 0, Some(Amount(5)));
/// assert_eq!(exposures.of_engine(), Some(Amount(75)));
/// assert_eq!((exposures.of_venue(1), exposures.of_strategy(1)), (Some(Amount(70)), Some(Amount(5))));
/// exposures.set(1, 0, None);
/// assert_eq!((exposures.of_engine(), exposures.of_venue(1)), (None, Some(Amount(70))));
/// ```
#[derive(Clone, Debug)]
pub struct Exposures {
    /// By instrument.
    venue_of: Vec<usize>,
    /// By strategy, then by instrument.
    cells: Vec<Option<Amount>>,
    engine: Sum,
    venues: Vec<Sum>,
    strategies: Vec<Sum>,
}

impl Exposures {
    /// Nothing is at stake. `venue_of` says for each instrument which venue it is of, venues counted from zero.
    pub fn new(strategy_count: usize, venue_of: &[usize]) -> Self {
        let venue_count = venue_of.iter().max().map_or(0, |last| last + 1);
        Exposures {
            venue_of: venue_of.to_vec(),
            cells: vec![Some(Amount::ZERO); strategy_count * venue_of.len()],
            engine: Sum::default(),
            venues: vec![Sum::default(); venue_count],
            strategies: vec![Sum::default(); strategy_count],
        }
    }

    /// What a strategy has at stake in an instrument is this from now on; `None` where it is not known.
    pub fn set(&mut self, strategy: usize, instrument: usize, worth: Option<Amount>) {
        let cell = &mut self.cells[strategy * self.venue_of.len() + instrument];
        let before = std::mem::replace(cell, worth);
        let sums =
            [&mut self.engine, &mut self.venues[self.venue_of[instrument]], &mut self.strategies[strategy]];
        sums.into_iter().for_each(|sum| sum.replace(before, worth));
    }

    /// All of it; `None` where some of it is not known, as in the next two.
    pub fn of_engine(&self) -> Option<Amount> {
        self.engine.total()
    }

    /// All that is at stake at a venue.
    pub fn of_venue(&self, venue: usize) -> Option<Amount> {
        self.venues[venue].total()
    }

    /// All that a strategy has at stake.
    pub fn of_strategy(&self, strategy: usize) -> Option<Amount> {
        self.strategies[strategy].total()
    }

    /// Which venue an instrument is of.
    pub fn venue_of(&self, instrument: usize) -> usize {
        self.venue_of[instrument]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(crate::trading::seeded(500))]

        #[test]
        fn every_sum_is_that_of_its_cells(
            changes in prop::collection::vec((0_usize..3, 0_usize..4, prop::option::of(0_i128..1_000)), 0..60),
        ) {
            const VENUES: [usize; 4] = [0, 1, 0, 2];
            let mut exposures = Exposures::new(3, &VENUES);
            let mut cells = [[Some(Amount::ZERO); 4]; 3];
            for (strategy, instrument, worth) in changes {
                exposures.set(strategy, instrument, worth.map(Amount));
                cells[strategy][instrument] = worth.map(Amount);
                let sum = |is_in: &dyn Fn(usize, usize) -> bool| {
                    let all = (0..3).flat_map(|s| (0..4).map(move |i| (s, i))).filter(|(s, i)| is_in(*s, *i));
                    all.map(|(s, i)| cells[s][i].map(|worth| worth.0)).sum::<Option<i128>>().map(Amount)
                };
                prop_assert_eq!(exposures.of_engine(), sum(&|_, _| true));
                for venue in 0..3 {
                    prop_assert_eq!(exposures.of_venue(venue), sum(&|_, i| VENUES[i] == venue));
                }
                for strategy in 0..3 {
                    prop_assert_eq!(exposures.of_strategy(strategy), sum(&|s, _| s == strategy));
                }
            }
        }
    }
}
