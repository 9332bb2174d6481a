//! What stands of one instrument, written down for a process that lost records of it.

use std::collections::BTreeMap;

use fulmar_bus::attach::Answer;
use fulmar_bus::record::InstrumentId;
use fulmar_bus::segment::{Segment, SegmentError};

use super::berth::Berth;
use super::memory::SharedMemory;
use super::shadow::Shadow;

/// Snapshots that one process may have while it is attached. Each is memory for as long as it keeps it.
pub const SNAPSHOTS_MAX: u32 = 1_000;

/// The answer to a process in `berth` that asks for an instrument, and the memory that goes with it.
pub fn answer(
    memory: &SharedMemory,
    (berth, shadows): (&Berth, &BTreeMap<String, Shadow>),
    instrument_id: InstrumentId,
    snapshots_left: u32,
) -> (Answer, Option<Segment>) {
    let no = |words: &str| (Answer::NoSnapshot { instrument_id, words: words.to_owned() }, None);
    let Some((_, name)) = berth.instruments.iter().find(|(id, _)| *id == instrument_id) else {
        return no("it is none of its instruments");
    };
    if snapshots_left == 0 {
        return no("it had too many: attach again for it");
    }
    let shadow = |stream: &str| {
        let name = format!("{stream}.{name}");
        shadows.get(&name).map(|shadow| (name, shadow))
    };
    let (Some(market), Some(book)) = (shadow("market"), shadow("book")) else {
        return no("the engine kept nothing of it");
    };
    match write(memory, [market, book]) {
        Ok(([market_sequence, book_sequence], segment)) => {
            (Answer::Snapshot { instrument_id, market_sequence, book_sequence }, Some(segment))
        }
        Err(error) => no(&format!("there is no memory for it: {error}")),
    }
}

/// Writes shadows into a segment, and gives the places in their channels that they hold at.
fn write(
    memory: &SharedMemory,
    shadows: [(String, &Shadow); 2],
) -> Result<([u64; 2], Segment), SegmentError> {
    let mut segment = memory.snapshot()?;
    let mut places = [0; 2];
    for (place, (name, shadow)) in places.iter_mut().zip(shadows) {
        *place = shadow.write(segment.add(&name, shadow.word_count())?);
    }
    Ok((places, segment.seal()?))
}
