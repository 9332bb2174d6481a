//! Compares what a replay publishes with what the run kept of it, record by record, so that a run that was killed is
//! checked as far as its journal goes, and one that differs says where it begins to.
//!
//! It compares bytes and nothing else: what the run did is right by definition.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{bail, ensure};
use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{ChannelId, Record};
use fulmar_engine::wiring::Assembly;

/// Bytes of records that may wait for those that they are to be compared with.
const WAITING_BYTES_MAX: usize = 1 << 30;

/// Every output channel that a journal keeps some of.
pub(super) struct OutputCheck {
    lines: BTreeMap<ChannelId, Line>,
    record: Record,
    waiting_bytes: usize,
    compared_count: u64,
    difference: Option<String>,
}

struct Line {
    name: String,
    reader: Reader,
    /// As the run kept them, and not yet made again.
    kept: VecDeque<Vec<u8>>,
    /// Made again, and not yet met in the journal.
    made: VecDeque<Vec<u8>>,
}

impl OutputCheck {
    /// Of the outputs of `assembly` that a journal keeps; call it before anything is published.
    pub fn of(assembly: &Assembly) -> Self {
        let kept = assembly.channels().filter(|(channel, _)| channel.role.is_kept_output());
        let line = |name: &str, reader: Reader| Line {
            name: name.to_owned(),
            reader,
            kept: VecDeque::new(),
            made: VecDeque::new(),
        };
        let lines =
            kept.map(|(channel, ring)| (ring.channel(), line(&channel.name, ring.reader()))).collect();
        OutputCheck { lines, record: Record::new(), waiting_bytes: 0, compared_count: 0, difference: None }
    }

    /// Takes an output as the run kept it.
    pub fn expect(&mut self, kept: &Record) -> anyhow::Result<()> {
        let Some(line) = self.lines.get_mut(&kept.header().id.channel()) else { return Ok(()) };
        line.kept.push_back(kept.bytes().to_vec());
        self.waiting_bytes += kept.bytes().len();
        ensure!(self.waiting_bytes < WAITING_BYTES_MAX, "{} of the run are not made again", line.name);
        Ok(())
    }

    /// Compares what the replay has published since with what the run kept.
    ///
    /// # Errors
    /// Where it cannot, because the replay's own ring was too small.
    pub fn compare(&mut self) -> anyhow::Result<()> {
        for line in self.lines.values_mut() {
            loop {
                match line.reader.poll(&mut self.record) {
                    Poll::Record => line.made.push_back(self.record.bytes().to_vec()),
                    Poll::Empty => break,
                    Poll::Lapped { .. } => {
                        bail!("one turn published more on {} than its ring holds", line.name)
                    }
                }
            }
            while !line.kept.is_empty()
                && let Some(made) = line.made.pop_front()
            {
                let kept = line.kept.pop_front().unwrap_or_default();
                self.waiting_bytes -= kept.len();
                self.compared_count += 1;
                if kept != made && self.difference.is_none() {
                    let sequence = line.reader.sequence() - line.made.len() as u64;
                    self.difference = Some(format!("record {sequence} of {}", line.name));
                }
            }
        }
        Ok(())
    }

    /// The first record that differs, in the order in which they were found.
    pub fn difference(&self) -> Option<&str> {
        self.difference.as_deref()
    }

    /// Records that the run and the replay both made.
    pub fn compared_count(&self) -> u64 {
        self.compared_count
    }

    /// Records that the run published and the replay did not make: the kill came before their turn was noted.
    pub fn ahead_count(&self) -> u64 {
        self.lines.values().map(|line| line.kept.len() as u64).sum()
    }
}
