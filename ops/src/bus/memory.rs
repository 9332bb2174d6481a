//! What the memory of one boot is made of, and what one process shares with its port: made anew for each, nothing of it
//! was ever another's.

use std::task::Waker;

use fulmar_bus::attach::{CursorPage, cursor_page_word_count};
use fulmar_bus::channel::{Region, Ring, RingShape, create};
use fulmar_bus::record::ChannelId;
use fulmar_bus::segment::{Access, BootId, NamedBoot, Segment, SegmentBuilder, SegmentError, SegmentOptions};
use fulmar_engine::actors::Line;

use super::shadow::Shadow;
use crate::configuration::Backend;

/// The ring of commands: room for what a process may want while the engine is at something else.
const COMMANDS: RingShape = RingShape { slot_count: 1 << 12, gate_count: 1 };
/// The ring of events: room for the reports of all orders that a strategy may have, several of each.
const EVENTS: RingShape = RingShape { slot_count: 1 << 14, gate_count: 1 };
/// The ring of turns: there is one at a time.
const TURNS: RingShape = RingShape { slot_count: 1 << 10, gate_count: 0 };
/// What their records call themselves: these rings are no channels of the run.
const OUTSIDE: ChannelId = ChannelId(u16::MAX - 1);

/// Names of memory that was left behind which are told one by one.
const TOLD_NAMES_MAX: usize = 16;

/// What all memory of one boot is made of.
pub struct SharedMemory {
    /// The boot, as all of it states.
    pub boot_id: BootId,
    options: SegmentOptions,
    /// Where it has names, which go with this.
    names: Option<NamedBoot>,
}

impl SharedMemory {
    /// That of a boot. Where it is to have names, those that killed engines left are removed, and the log says so.
    ///
    /// # Errors
    /// [`SegmentError`] where the system has no place for names.
    pub fn begin(boot_id: BootId, backend: Backend, options: SegmentOptions) -> Result<Self, SegmentError> {
        let names = match backend {
            Backend::Memfd => None,
            Backend::Named => {
                let (names, removed) = NamedBoot::begin(boot_id)?;
                tracing::warn!(
                    "the bus has names, {names}-*: it trusts every process of this user not to write there"
                );
                removed_words(&removed).iter().for_each(|words| tracing::warn!("{words}"));
                Some(names)
            }
        };
        Ok(SharedMemory { boot_id, options, names })
    }

    /// Begins a segment, whose name no other one of this boot has.
    ///
    /// # Errors
    /// [`SegmentError`] where there is no such memory.
    pub fn segment(&self, name: &str, access: Access) -> Result<SegmentBuilder, SegmentError> {
        // Whoever may write to memory may give its pages back, and of huge ones there may be no other for us then.
        let huge_pages = self.options.huge_pages && access == Access::Read;
        let options = SegmentOptions { huge_pages, ..self.options };
        match &self.names {
            None => SegmentBuilder::new(name, self.boot_id, access, options),
            Some(names) => SegmentBuilder::named(names, name, access, options),
        }
    }

    /// Begins a segment for what one process is handed, reads at once and keeps: nobody has to find it, so it never has
    /// a name.
    ///
    /// # Errors
    /// As [`SharedMemory::segment`].
    pub fn snapshot(&self) -> Result<SegmentBuilder, SegmentError> {
        SegmentBuilder::new("snapshot", self.boot_id, Access::Read, self.options)
    }
}

/// What was removed, in words; nothing where nothing was.
fn removed_words(removed: &[String]) -> Option<String> {
    let told = &removed[..removed.len().min(TOLD_NAMES_MAX)];
    let more = match removed.len() - told.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (count, names) = (removed.len(), told.join(", "));
    (count > 0).then(|| {
        format!("removed {count} pieces of memory that engines left which were killed: {names}{more}")
    })
}

/// What is handed to one process. Where it has names, they go with this.
pub struct Segments {
    /// What stands on the channels that it reads, and its events; it may read them.
    pub events: Segment,
    /// Its commands; it writes them.
    pub commands: Segment,
    /// How far it came; it writes that.
    pub cursor: Segment,
}

/// What is made for one process.
pub struct Made {
    /// What it is handed.
    pub segments: Segments,
    /// For each channel of which something stands, in their order, where it is to be read on.
    pub places: Vec<u64>,
    /// The engine's ends of it.
    pub line: Line,
    /// The same memory once more.
    pub kept: Kept,
}

/// Handles on what the engine's ends of a line lie in, and on what wakes its process. Whoever lets the last one go
/// gives the memory back to the system, which takes a millisecond: that is not to be the core that has its orders
/// canceled.
#[derive(Clone)]
pub struct Kept {
    _memory: Vec<Region>,
    _waker: Waker,
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

/// Makes the memory of the process that attached as so manieth, and reads these channels.
///
/// # Errors
/// [`SegmentError`] where the system has no such memory.
pub fn make<'s>(
    (memory, number): (&SharedMemory, u64),
    channels: impl IntoIterator<Item = (&'s str, &'s Shadow)>,
    ends: Ends,
) -> Result<Made, SegmentError> {
    let segment = |name, access| memory.segment(&format!("{name}.{number}"), access);
    let mut told = segment("events", Access::Read)?;
    let mut places = Vec::new();
    for (name, shadow) in channels {
        places.push(shadow.write(told.add(name, shadow.word_count())?));
    }
    let (mut own, mut cursor) = (segment("commands", Access::Write)?, segment("cursor", Access::Write)?);
    let mut memory = vec![
        told.add("events", EVENTS.word_count())?,
        own.add("commands", COMMANDS.word_count())?,
        cursor.add("cursor", cursor_page_word_count())?,
    ];
    let (events, event_ring) = create(memory[0].clone(), EVENTS, OUTSIDE);
    let (_, command_ring) = create(memory[1].clone(), COMMANDS, OUTSIDE);
    let page = CursorPage::new(memory[2].clone());
    let Ends { waker, markets, commands_max, is_in_step } = ends;
    let kept_waker = waker.clone();
    let mut line = Line::new(&command_ring, (events, &event_ring), (page, waker), markets, commands_max);
    if is_in_step {
        let turns = told.add("turns", TURNS.word_count())?;
        memory.push(turns.clone());
        line = line.in_step(create(turns, TURNS, OUTSIDE).0);
    }
    let kept = Kept { _memory: memory, _waker: kept_waker };
    let segments = Segments { events: told.seal()?, commands: own.seal()?, cursor: cursor.seal()? };
    Ok(Made { segments, places, line, kept })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_removed_is_told_by_count_and_by_name_and_nothing_is_not() {
        assert_eq!(removed_words(&[]), None);
        let names: Vec<String> = (0..18).map(|number| format!("fulmar-0-{number}")).collect();
        let words = removed_words(&names[..2]).expect("something was");
        assert!(
            words.starts_with("removed 2 pieces") && words.ends_with("fulmar-0-0, fulmar-0-1"),
            "{words}"
        );
        let words = removed_words(&names).expect("something was");
        assert!(
            words.starts_with("removed 18 pieces") && words.ends_with("fulmar-0-15 and 2 more"),
            "{words}"
        );
    }
}
