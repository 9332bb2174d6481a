//! The rows as people read them, and what they say of how flat the costs are.

use std::fmt;

use fulmar::bench::report::Machine;
use serde::Serialize;

use super::measure::Measured;

/// All rows, and where they were measured.
#[derive(Debug, Serialize)]
pub struct Table {
    /// One venue, with ever more symbols.
    pub by_symbols: Vec<Measured>,
    /// Each venue by itself, with its share of the symbols.
    pub alone: Vec<Measured>,
    /// Several venues, with as many symbols in all: every venue of the build last.
    pub together: Vec<Measured>,
    /// Where it ran.
    pub machine: Machine,
}

impl Table {
    fn rows(&self) -> impl Iterator<Item = &Measured> {
        self.by_symbols.iter().chain(&self.alone).chain(&self.together)
    }

    /// What a frame costs with the most symbols at one venue, to what it costs with one symbol there.
    fn symbols_ratio(&self) -> Option<f64> {
        Some(float(self.by_symbols.last()?.process_ns) / float(self.by_symbols.first()?.process_ns))
    }

    /// What a frame costs with all venues at once, to the mean of what it costs with each of them alone.
    fn venues_ratio(&self) -> Option<f64> {
        let sum: u64 = self.alone.iter().map(|row| row.process_ns).sum();
        let mean = float(sum) / float(u64::try_from(self.alone.len()).ok()?);
        Some(float(self.together.last()?.process_ns) / mean)
    }

    /// What a further symbol takes, between the last two rows of one venue.
    fn symbol_bytes(&self) -> Option<u64> {
        let [.., few, many] = &*self.by_symbols else { return None };
        let more = u64::try_from(many.symbols - few.symbols).ok()?;
        Some(many.memory_bytes.saturating_sub(few.memory_bytes) / more)
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a frame have fewer bits than a float holds")]
fn float(value: u64) -> f64 {
    value as f64
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows().map(|row| row.name.len()).max().unwrap_or_default();
        write!(out, "{:width$}", "ns a frame")?;
        HEADS.iter().try_for_each(|head| write!(out, "  {head:>10}"))?;
        for row in self.rows() {
            write!(out, "\n{:width$}", row.name)?;
            cells(row).iter().try_for_each(|cell| write!(out, "  {cell:>10}"))?;
        }
        write!(out, "\n\n{}", self.machine)?;
        if let Some(ratio) = self.symbols_ratio() {
            write!(out, "\nthe most symbols at one venue to one: {ratio:.2} times a frame's cost")?;
        }
        if let Some(ratio) = self.venues_ratio() {
            write!(out, "\nall venues at once to each alone: {ratio:.2} times a frame's cost")?;
        }
        if let Some(bytes) = self.symbol_bytes() {
            write!(out, "\na further symbol takes {} KiB", bytes >> 10)?;
        }
        Ok(())
    }
}

const HEADS: [&str; 12] = [
    "frames",
    "process",
    "io",
    "engine",
    "pass p50",
    "p99",
    "decode p50",
    "p99",
    "book p50",
    "p99",
    "MiB",
    "lost",
];

fn cells(row: &Measured) -> [u64; 12] {
    let ([pass, pass_99], [decode, decode_99], [book, book_99]) = (row.pass_ns, row.decode_ns, row.book_ns);
    let [process, io, engine] = [row.process_ns, row.io_ns, row.engine_ns];
    let memory = row.memory_bytes >> 20;
    [row.frames, process, io, engine, pass, pass_99, decode, decode_99, book, book_99, memory, row.lost]
}
