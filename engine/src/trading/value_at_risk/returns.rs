//! Windows of returns: by how much the mark of each instrument changed from one even time to the next.
//!
//! A mark that is missing makes a missing return, as does one that was taken late: a return of zero would say that
//! nothing moved, and one over another time than the interval that more did.

use fulmar_bus::record::{InstrumentId, Nanos, UnixNanos};

use crate::trading::account::ScaledPrice;
use crate::trading::limits::{RETURN_CELLS_MAX, SAMPLE_LATENESS_PARTS};

/// How returns are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnPlan {
    /// From one even time to the next: moments that are whole intervals from 1970.
    pub interval: Nanos,
    /// How many are kept; the oldest goes first.
    pub count_max: usize,
}

/// The last returns of each instrument, all at the same times.
///
/// ```
/// use fulmar_bus::record::{InstrumentId, Nanos, Price, UnixNanos};
/// use fulmar_engine::trading::account::ScaledPrice;
/// use fulmar_engine::trading::value_at_risk::{ReturnPlan, Returns};
/// let mut returns = Returns::new(2, ReturnPlan { interval: Nanos::from_secs(10), count_max: 4 });
/// let mark = |price| Some(ScaledPrice { price: Price(price), scale: 0 });
/// returns.sample(UnixNanos::from_millis(20_000), &[mark(100), mark(80)]);
/// returns.sample(UnixNanos::from_millis(30_000), &[mark(101), None]);
/// returns.sample(UnixNanos::from_millis(40_000), &[mark(101), mark(80)]);
/// let of = |row, instrument| returns.at(row, InstrumentId(instrument));
/// assert_eq!((of(0, 0), of(1, 0)), (Some(0.01), Some(0.0)));
/// assert_eq!((of(0, 1), of(1, 1)), (None, None), "neither to a mark that is missing, nor from it");
/// ```
#[derive(Clone, Debug)]
pub struct Returns {
    plan: ReturnPlan,
    instrument_count: usize,
    /// A ring of rows, each with a cell for each instrument.
    cells: Vec<Option<f64>>,
    row_count: usize,
    /// The row that is written next.
    next_row: usize,
    /// By instrument: its mark at the last even time.
    last: Vec<Option<f64>>,
    /// The last even time.
    sampled_at: Option<UnixNanos>,
}

impl Returns {
    /// Nothing is known of so many instruments.
    ///
    /// # Panics
    /// Where the plan has no interval or keeps nothing, or more than [`RETURN_CELLS_MAX`] in all.
    pub fn new(instrument_count: usize, plan: ReturnPlan) -> Self {
        assert!(plan.interval > Nanos(0) && plan.count_max > 0, "{plan:?} keeps nothing");
        let cell_count = instrument_count * plan.count_max;
        assert!(cell_count <= RETURN_CELLS_MAX, "{cell_count} returns are too many");
        Returns {
            plan,
            instrument_count,
            cells: vec![None; cell_count],
            row_count: 0,
            next_row: 0,
            last: vec![None; instrument_count],
            sampled_at: None,
        }
    }

    /// The time from one mark to the next.
    pub fn interval(&self) -> Nanos {
        self.plan.interval
    }

    /// When marks are to be taken next.
    pub fn due_at(&self) -> UnixNanos {
        self.sampled_at.map_or(UnixNanos(0), |at| at + self.plan.interval)
    }

    /// Takes the marks of an even time, by instrument, if one has come since the last; `None` where a market is not
    /// believed. Even times that were missed are intervals without a return.
    ///
    /// # Panics
    /// Where there is not one place for each instrument.
    pub fn sample(&mut self, now: UnixNanos, marks: &[Option<ScaledPrice>]) {
        assert_eq!(marks.len(), self.instrument_count, "a place for each instrument");
        let even = now.floor_to(self.plan.interval);
        let is_late = now.since(even).0 > self.plan.interval.0 / SAMPLE_LATENESS_PARTS;
        let mark_of = |instrument: usize| marks[instrument].filter(|_| !is_late).and_then(value);
        let Some(before) = self.sampled_at else {
            self.sampled_at = Some(even);
            self.last.iter_mut().enumerate().for_each(|(instrument, last)| *last = mark_of(instrument));
            return;
        };
        if even <= before {
            return;
        }
        self.sampled_at = Some(even);
        let missed = even.since(before).0 / self.plan.interval.0 - 1;
        let missed = usize::try_from(missed).unwrap_or(usize::MAX).min(self.plan.count_max);
        for _ in 0..missed {
            self.push(|_| None);
        }
        self.push(mark_of);
    }

    /// An instrument is another from now on: what was known of it is not of this one.
    pub fn forget(&mut self, instrument_id: InstrumentId) {
        let instrument = instrument_id.index();
        self.last[instrument] = None;
        self.cells.iter_mut().skip(instrument).step_by(self.instrument_count).for_each(|cell| *cell = None);
    }

    /// How many intervals passed that are kept, those without a return too.
    pub fn row_count(&self) -> usize {
        self.row_count
    }

    /// The return of an instrument in an interval, such as 0.01 for one percent up. A row is one interval for all
    /// instruments; rows are not in the order of time once the window is full.
    pub fn at(&self, row: usize, instrument_id: InstrumentId) -> Option<f64> {
        self.cells[row * self.instrument_count + instrument_id.index()]
    }

    /// True where an instrument has returns, and all of them are zero.
    pub fn stands_still(&self, instrument_id: InstrumentId) -> bool {
        let mut known = (0..self.row_count).filter_map(|row| self.at(row, instrument_id)).peekable();
        known.peek().is_some() && known.all(|change| change == 0.0)
    }

    /// One row more, from the last marks to these.
    fn push(&mut self, mark_of: impl Fn(usize) -> Option<f64>) {
        let row = self.next_row * self.instrument_count;
        let cells = &mut self.cells[row..row + self.instrument_count];
        for (instrument, (cell, last)) in cells.iter_mut().zip(&mut self.last).enumerate() {
            let before = std::mem::replace(last, mark_of(instrument));
            *cell = last.zip(before).map(|(mark, before)| (mark - before) / before);
        }
        self.next_row = (self.next_row + 1) % self.plan.count_max;
        self.row_count = (self.row_count + 1).min(self.plan.count_max);
    }
}

/// A mark as a ratio can be made of it; `None` where it is not above zero.
#[expect(clippy::cast_precision_loss, reason = "of a ratio of prices, 15 digits are enough")]
fn value(mark: ScaledPrice) -> Option<f64> {
    let power = 10_i64.checked_pow(mark.scale.into())?;
    (mark.price.0 > 0).then(|| mark.price.0 as f64 / power as f64)
}
