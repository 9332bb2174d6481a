//! The memory that one process shares with its port, made anew for each: nothing of it was ever another's.

use std::collections::BTreeMap;
use std::task::Waker;

use fulmar_bus::attach::{CursorPage, cursor_page_word_count};
use fulmar_bus::channel::{Ring, RingShape, create};
use fulmar_bus::record::ChannelId;
use fulmar_bus::segment::{Access, BootId, Segment, SegmentBuilder, SegmentError, SegmentOptions};
use fulmar_engine::actors::Line;
use fulmar_strategies::attach::{TERMS_PART, Terms};

use super::shadow::Shadow;

/// The ring of commands: room for what a process may want while the engine is at something else.
const COMMANDS: RingShape = RingShape { slot_count: 1 << 12, gate_count: 1 };
/// The ring of events: room for the reports of all orders that a strategy may have, several of each.
const EVENTS: RingShape = RingShape { slot_count: 1 << 14, gate_count: 1 };
/// What their records call themselves: these rings are no channels of the run.
const OUTSIDE: ChannelId = ChannelId(u16::MAX - 1);

/// What is made for one process.
pub struct Made {
    /// What the process may read: its terms, what stands, its events.
    pub told: Segment,
    /// What the process writes: its commands, and how far it came.
    pub own: Segment,
    /// The engine's ends of both.
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
}

/// Makes the memory of a process: `shadows` say what stands on each channel that it reads, by name.
///
/// # Errors
/// [`SegmentError`] where the system has no such memory.
pub fn make(
    (boot_id, options): (BootId, SegmentOptions),
    mut terms: Terms,
    shadows: &BTreeMap<String, Shadow>,
    ends: Ends,
) -> Result<Made, SegmentError> {
    let mut told = SegmentBuilder::new("told", boot_id, Access::Read, options)?;
    for (name, shadow) in shadows {
        let place = shadow.write(told.add(name, shadow.word_count())?);
        terms.places.push((name.clone(), place));
    }
    terms.write(&told.add(TERMS_PART, terms.word_count())?);
    let (events, event_ring) = create(told.add("events", EVENTS.word_count())?, EVENTS, OUTSIDE);
    let mut own = SegmentBuilder::new("own", boot_id, Access::Write, options)?;
    let (_, command_ring) = create(own.add("commands", COMMANDS.word_count())?, COMMANDS, OUTSIDE);
    let page = CursorPage::new(own.add("page", cursor_page_word_count())?);
    let Ends { waker, markets, commands_max } = ends;
    let line = Line::new(&command_ring, (events, &event_ring), (page, waker), markets, commands_max);
    Ok(Made { told: told.seal()?, own: own.seal()?, line })
}
