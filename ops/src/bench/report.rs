//! What a bench prints: rows of percentiles or rates, and the machine that they were taken on.

use std::fmt::Write as _;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::limits::SAMPLE_NS_MAX;
pub use super::machine::Machine;
use super::measure::median;

/// A bench's whole answer.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Which bench.
    pub bench: &'static str,
    /// Where it ran.
    pub machine: Machine,
    /// What it measured.
    pub rows: Vec<Row>,
    /// What a reader must know to judge the rows.
    pub notes: Vec<String>,
}

/// One line of it.
#[derive(Debug, Serialize)]
pub struct Row {
    /// What was measured; names stay.
    pub name: String,
    /// The unit of every number in it.
    pub unit: &'static str,
    /// The numbers.
    #[serde(flatten)]
    pub figures: Figures,
    /// Of what crosses cores: the median over slices of its median to that of the raw cache line beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
}

/// The numbers of a row.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Figures {
    /// Latencies.
    Latency {
        /// Samples.
        count: u64,
        /// The least.
        min: f64,
        /// Half of the samples are no greater.
        p50: f64,
        /// Nine in ten.
        p90: f64,
        /// Ninety-nine in a hundred.
        p99: f64,
        /// All but one in a thousand.
        p999: f64,
        /// The greatest.
        max: f64,
        /// Operations that make one sample, which is their mean.
        batch: u32,
    },
    /// A rate.
    Rate {
        /// The median over slices.
        value: f64,
    },
}

/// Samples of one row. Each is the mean of a batch, since a clock costs as much as what is measured.
#[derive(Debug)]
pub struct Samples {
    picoseconds: Histogram<u64>,
    batch: u32,
}

impl Samples {
    /// None yet; each will be the mean of `batch` operations.
    pub fn new(batch: u32) -> Self {
        let picoseconds = Histogram::new_with_bounds(1, SAMPLE_NS_MAX * 1_000, 3);
        Samples { picoseconds: picoseconds.expect("the bounds are those of a histogram"), batch }
    }

    /// Operations that make one sample.
    pub fn batch(&self) -> u32 {
        self.batch
    }

    /// Adds the sample of a batch that took `total_ns`.
    pub fn add(&mut self, total_ns: u64) {
        let picoseconds = total_ns.saturating_mul(1_000) / u64::from(self.batch);
        self.picoseconds.saturating_record(picoseconds.max(1));
    }

    /// The row of these samples.
    pub fn row(&self, name: impl Into<String>) -> Row {
        let at = |quantile| nanoseconds(self.picoseconds.value_at_quantile(quantile));
        let figures = Figures::Latency {
            count: self.picoseconds.len(),
            min: nanoseconds(self.picoseconds.min()),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: nanoseconds(self.picoseconds.max()),
            batch: self.batch,
        };
        Row { name: name.into(), unit: "ns", figures, ratio: None }
    }
}

impl Row {
    /// Every figure the median of those of several runs of the same, their samples counted together.
    ///
    /// # Panics
    /// Where there are none, or one is of a rate.
    pub fn median_of(runs: &[Row]) -> Row {
        let figures: Vec<[f64; 6]> =
            runs.iter().map(|run| run.latencies().expect("a run is of latencies")).collect();
        let [min, p50, p90, p99, p999, max] = std::array::from_fn(|place| {
            median(&mut figures.iter().map(|run| run[place]).collect::<Vec<_>>())
        });
        let counted = |run: &Row| match run.figures {
            Figures::Latency { count, batch, .. } => (count, batch),
            Figures::Rate { .. } => (0, 0),
        };
        let (count, batch) = (runs.iter().map(|run| counted(run).0).sum(), counted(&runs[0]).1);
        let figures = Figures::Latency { count, min, p50, p90, p99, p999, max, batch };
        Row { name: runs[0].name.clone(), unit: runs[0].unit, figures, ratio: None }
    }

    /// What half and what 99 of 100 of its samples are, as parts of the same of `other`, in words.
    ///
    /// # Panics
    /// Where one of them is a rate.
    pub fn beside(&self, other: &Row) -> String {
        let of = |row: &Row| row.latencies().expect("they are latencies");
        let ([_, p50, _, p99, ..], [_, other_p50, _, other_p99, ..]) = (of(self), of(other));
        let (p50, p99) = (p50 / other_p50, p99 / other_p99);
        format!("{} to {}: p50 {p50:.2}, p99 {p99:.2}", self.name, other.name)
    }

    fn latencies(&self) -> Option<[f64; 6]> {
        match self.figures {
            Figures::Latency { min, p50, p90, p99, p999, max, .. } => Some([min, p50, p90, p99, p999, max]),
            Figures::Rate { .. } => None,
        }
    }

    /// The same row with its ratio to the raw cache line.
    pub fn with_ratio(self, ratio: f64) -> Row {
        Row { ratio: Some((ratio * 100.0).round() / 100.0), ..self }
    }
}

impl Report {
    /// The report for people: an aligned table, the machine under it, then the notes.
    pub fn text(&self) -> String {
        let heads = ["", "unit", "count", "min", "p50", "p90", "p99", "p99.9", "max", "rate", "to limit"];
        let mut lines = vec![heads.map(str::to_owned)];
        lines.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| lines.iter().map(|cells| cells[column].len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        let mut text = String::new();
        for cells in &lines {
            let mut line = format!("{:<1$}  {2:<3$}", cells[0], widths[0], cells[1], widths[1]);
            for (cell, width) in cells.iter().zip(&widths).skip(2) {
                let _ = write!(line, "  {cell:>width$}");
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        let _ = write!(text, "\n{}", self.machine);
        for note in &self.notes {
            let _ = write!(text, "\n{note}");
        }
        text
    }
}

impl Row {
    fn cells(&self) -> [String; 11] {
        let ns = |value: f64| if value < 1_000.0 { format!("{value:.1}") } else { format!("{value:.0}") };
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let (count, [min, p50, p90, p99, p999, max], rate) = match self.figures {
            Figures::Latency { count, min, p50, p90, p99, p999, max, .. } => {
                (count.to_string(), [min, p50, p90, p99, p999, max].map(ns), String::new())
            }
            Figures::Rate { value } => (String::new(), Default::default(), format!("{value:.0}")),
        };
        [self.name.clone(), self.unit.to_owned(), count, min, p50, p90, p99, p999, max, rate, ratio]
    }
}

/// Picoseconds as nanoseconds with two decimals, which is more than a virtual machine can mean.
#[expect(clippy::cast_precision_loss, reason = "a minute in picoseconds has fewer bits than a float holds")]
fn nanoseconds(picoseconds: u64) -> f64 {
    (picoseconds as f64 / 10.0).round() / 100.0
}
