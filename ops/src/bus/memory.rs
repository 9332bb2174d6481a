//! The memory that one process shares with its port, made anew for each: nothing of it was ever another's.

use std::task::Waker;

use fulmar_bus::attach::{CursorPage, cursor_page_word_count};
use fulmar_bus::channel::{Ring, RingShape, create};
use fulmar_bus::record::ChannelId;
use fulmar_bus::segment::{Access, BootId, Segment, SegmentBuilder, SegmentError, SegmentOptions};
use fulmar_engine::actors::Line;

use super::shadow::Shadow;

/// The ring of commands: room for what a process may want while the engine is at something else.
const COMMANDS: RingShape = RingShape { slot_count: 1 << 12, gate_count: 1 };
/// The ring of events: room for the reports of all orders that a strategy may have, several of each.
const EVENTS: RingShape = RingShape { slot_count: 1 << 14, gate_count: 1 };
/// The ring of turns: there is one at a time.
const TURNS: RingShape = RingShape { slot_count: 1 << 10, gate_count: 0 };
/// What their records call themselves: these rings are no channels of the run.
const OUTSIDE: ChannelId = ChannelId(u16::MAX - 1);

/// What is made for one process.
pub struct Made {
    /// What stands on the channels that it reads, and its events; it may read them.
    pub events: Segment,
    /// Its commands; it writes them.
    pub commands: Segment,
    /// How far it came; it writes that.
    pub cursor: Segment,
    /// For each channel of which something stands, in their order, where it is to be read on.
    pub places: Vec<u64>,
    /// The engine's ends of it.
    pub line: Line,
}

/// How the engine's ends of it are to be.
pub struct Ends {
    /// Wakes the process.
    pub waker: Waker,
    /// The market data that it may sleep through.
    pub markets: Vec<Ring>,
    /// Commands that it may give in a second.
    pub commands_max: u32,
    /// It has its turns in step with the engine.
    pub is_in_step: bool,
}

/// Makes the memory of a process that reads these channels.
///
/// # Errors
/// [`SegmentError`] where the system has no such memory.
pub fn make<'s>(
    (boot_id, options): (BootId, SegmentOptions),
    channels: impl IntoIterator<Item = (&'s str, &'s Shadow)>,
    ends: Ends,
) -> Result<Made, SegmentError> {
    let segment = |name, access| SegmentBuilder::new(name, boot_id, access, options);
    let mut told = segment("events", Access::Read)?;
    let mut places = Vec::new();
    for (name, shadow) in channels {
        places.push(shadow.write(told.add(name, shadow.word_count())?));
    }
    let (events, event_ring) = create(told.add("events", EVENTS.word_count())?, EVENTS, OUTSIDE);
    let mut own = segment("commands", Access::Write)?;
    let (_, command_ring) = create(own.add("commands", COMMANDS.word_count())?, COMMANDS, OUTSIDE);
    let mut cursor = segment("cursor", Access::Write)?;
    let page = CursorPage::new(cursor.add("cursor", cursor_page_word_count())?);
    let Ends { waker, markets, commands_max, is_in_step } = ends;
    let mut line = Line::new(&command_ring, (events, &event_ring), (page, waker), markets, commands_max);
    if is_in_step {
        let (turns, _) = create(told.add("turns", TURNS.word_count())?, TURNS, OUTSIDE);
        line = line.in_step(turns);
    }
    Ok(Made { events: told.seal()?, commands: own.seal()?, cursor: cursor.seal()?, places, line })
}
