//! What a capture says of itself, judged before anything is built from it.
//!
//! A header that lists no instruments means all that the file has market data of: they are found by a pass over its
//! frames, which asks the venue's adapter what each is about. Listed or found, the instruments are put in one order, so
//! that two captures of the same frames come to the same records.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;
use fulmar_adapters::transport::capture::{CaptureLine, CaptureReader};
use fulmar_bus::record::UnixNanos;
use fulmar_engine::contract::InboundFrame;

use super::frame::Frame;
use crate::configuration::{INSTRUMENTS_MAX, judge_recording};
use crate::venues;

/// A header that can be played.
pub(super) struct Header {
    /// The venue's name.
    pub venue: String,
    /// The venue's symbols, in their alphabetical order.
    pub symbols: Vec<String>,
    /// When the recording began.
    pub recorded_at: UnixNanos,
}

/// Reads the header from `reader`, which stands at the start of the capture at `path`.
///
/// # Errors
/// What is wrong with it, with file, line and field.
pub(super) fn read(reader: &mut CaptureReader, path: &Path) -> anyhow::Result<Header> {
    let Some(CaptureLine::Header { venue, mut instruments, recorded_at, .. }) = reader.next_line()? else {
        bail!("{}:1: the file is empty; a capture begins with its header", path.display());
    };
    let venue = venue.into_owned();
    if instruments.is_empty() {
        instruments = symbols_in(path, &venue)?;
    }
    judge_recording(path, &venue, &instruments)?;
    instruments.sort_unstable();
    Ok(Header { venue, symbols: instruments, recorded_at })
}

/// The symbols that the frames of the capture have market data of.
fn symbols_in(path: &Path, venue: &str) -> anyhow::Result<Vec<String>> {
    let mut reader = CaptureReader::open(path)?;
    let mut symbols: BTreeSet<String> = BTreeSet::new();
    let mut http = Vec::new();
    let mut bytes = Vec::new();
    while let Some(line) = reader.next_line()?
        && symbols.len() <= INSTRUMENTS_MAX
    {
        let Some(frame) = Frame::of(&line, &mut http) else { continue };
        bytes.clear();
        bytes.extend_from_slice(frame.bytes);
        let Frame { source, connection, status, .. } = frame;
        let frame = InboundFrame { source, connection, status, received_at: line.at(), bytes: &mut bytes };
        venues::symbols_named(venue, frame, &mut |symbol| {
            if !symbols.contains(symbol) {
                symbols.insert(symbol.to_owned());
            }
        });
    }
    Ok(symbols.into_iter().collect())
}
