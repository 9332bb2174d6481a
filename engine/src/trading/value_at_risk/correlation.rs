//! How instruments move together: the matrix of correlations, each of the intervals in which both have a return.

use fulmar_bus::record::InstrumentId;

use super::{Returns, count_of};
use crate::trading::limits::RETURNS_MIN;

/// The whole of a correlation, in parts per million.
const WHOLE_PPM: i32 = 1_000_000;

/// A matrix of correlations in parts per million, rounded up, so that no hedge seems better than it is. `None` where
/// two have too few returns in common, or one of them stands still.
///
/// ```
/// use fulmar_bus::record::{InstrumentId, Nanos, Price, UnixNanos};
/// use fulmar_engine::trading::account::ScaledPrice;
/// use fulmar_engine::trading::value_at_risk::{Correlations, ReturnPlan, Returns};
/// let mut returns = Returns::new(3, ReturnPlan { interval: Nanos::from_secs(1), count_max: 60 });
/// let mark = |price| Some(ScaledPrice { price: Price(price), scale: 0 });
/// for second in 0..60_u64 {
///     let up = [100, 101][second as usize % 2];
///     returns.sample(UnixNanos(second * 1_000_000_000), &[mark(up), mark(20 * up), mark(10_100 - 100 * (up - 100))]);
/// }
/// let ids = [InstrumentId(0), InstrumentId(1), InstrumentId(2)];
/// let correlations = Correlations::of(&returns, &ids);
/// assert_eq!(correlations.between(0, 1), Some(1_000_000));
/// assert!(correlations.between(0, 2).is_some_and(|ppm| ppm < -999_000));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correlations {
    instruments: Vec<InstrumentId>,
    cells: Vec<Option<i32>>,
}

impl Correlations {
    /// Those of these instruments, in this order.
    pub fn of(returns: &Returns, instruments: &[InstrumentId]) -> Self {
        let count = instruments.len();
        let mut cells = vec![None; count * count];
        let (mut one, mut other) =
            (Vec::with_capacity(returns.row_count()), Vec::with_capacity(returns.row_count()));
        for row in 0..count {
            for column in 0..=row {
                one.clear();
                other.clear();
                for interval in 0..returns.row_count() {
                    let both =
                        returns.at(interval, instruments[row]).zip(returns.at(interval, instruments[column]));
                    one.extend(both.map(|both| both.0));
                    other.extend(both.map(|both| both.1));
                }
                let found = if row == column {
                    correlation(&one, &other).map(|_| WHOLE_PPM)
                } else {
                    correlation(&one, &other).map(rounded_up)
                };
                (cells[row * count + column], cells[column * count + row]) = (found, found);
            }
        }
        Correlations { instruments: instruments.to_vec(), cells }
    }

    /// Whose they are.
    pub fn instruments(&self) -> &[InstrumentId] {
        &self.instruments
    }

    /// That of two of them, by their places in [`Correlations::instruments`].
    pub fn between(&self, row: usize, column: usize) -> Option<i32> {
        self.cells[row * self.instruments.len() + column]
    }
}

/// Pearson's.
fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    if one.len() < RETURNS_MIN {
        return None;
    }
    let mean = |sample: &[f64]| sample.iter().sum::<f64>() / count_of(sample);
    let (mean_one, mean_other) = (mean(one), mean(other));
    let (mut together, mut squares_one, mut squares_other) = (0.0, 0.0, 0.0);
    for (one, other) in one.iter().zip(other) {
        let (one, other) = (one - mean_one, other - mean_other);
        together += one * other;
        squares_one += one * one;
        squares_other += other * other;
    }
    let moved = squares_one.sqrt() * squares_other.sqrt();
    (moved > 0.0).then(|| together / moved)
}

fn rounded_up(correlation: f64) -> i32 {
    let ppm = (correlation * f64::from(WHOLE_PPM)).ceil().clamp(-f64::from(WHOLE_PPM), f64::from(WHOLE_PPM));
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most a million")]
    let ppm = ppm as i32;
    ppm
}
