//! The channels of an engine: made in order, named by producer and stream, each with its one writing end.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use fulmar_bus::channel::{Reader, Region, Ring, RingShape, Words, Writer, create};
use fulmar_bus::record::ChannelId;

use crate::runtime::{Digest, DigestBoard, Outbox};

/// What a channel is for; decides whether a journal keeps it and whether it counts in the output hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChannelRole {
    /// What comes from outside: frames and control. Not an output.
    Input,
    /// What a core loop did. Not an output.
    Note,
    /// What the venue tells, decoded.
    Market,
    /// What books and aggregators make of it.
    Book,
    /// Intents, approvals, reports.
    Order,
    /// What a feed asks of its venue.
    Request,
    /// Orders as bytes.
    Outbound,
}

/// A channel, to be found by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelName {
    /// Producer and stream, such as `book.binance-spot:BTCUSDT`.
    pub name: String,
    /// What it is for.
    pub role: ChannelRole,
}

/// Words of a page of memory, of the smallest size that there is.
const PAGE_WORDS: usize = 4096 / 8;

/// A channel under construction.
pub(super) struct Channel {
    ring: Ring,
    writer: Cell<Option<Writer>>,
    digest: Cell<Option<Digest>>,
}

/// All channels made so far.
#[derive(Default)]
pub(super) struct Channels {
    names: Vec<ChannelName>,
    rings: Vec<Ring>,
    digests: DigestBoard,
}

/// The shape of a ring of so many slots and gates. One gate more than asked for is kept for the recorder.
pub(super) const fn shape(slot_count: usize, gate_count: usize) -> RingShape {
    RingShape { slot_count, gate_count: gate_count + 1 }
}

impl Channels {
    /// A channel on the heap.
    pub(super) fn make(
        &mut self,
        name: &str,
        role: ChannelRole,
        slot_count: usize,
        gate_count: usize,
    ) -> Channel {
        let region = Region::heap(shape(slot_count, gate_count).word_count());
        self.make_in(region, name, role, (slot_count, gate_count))
    }

    /// A channel in `region`.
    pub(super) fn make_in(
        &mut self,
        region: Region,
        name: &str,
        role: ChannelRole,
        (slot_count, gate_count): (usize, usize),
    ) -> Channel {
        let id = ChannelId(u16::try_from(self.names.len()).expect("a plan has far fewer channels than 2^16"));
        prefault(&region);
        let (writer, ring) = create(region, shape(slot_count, gate_count), id);
        let is_output = !matches!(role, ChannelRole::Input | ChannelRole::Note);
        let digest = is_output.then(|| self.digests.add(name));
        self.names.push(ChannelName { name: name.to_owned(), role });
        self.rings.push(ring.clone());
        Channel { ring, writer: Cell::new(Some(writer)), digest: Cell::new(digest) }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ChannelName, &Ring)> {
        self.names.iter().zip(&self.rings)
    }

    pub(super) fn digests(&self) -> &DigestBoard {
        &self.digests
    }
}

/// Touches every page, so that the first lap of a ring meets no page fault.
fn prefault(region: &Region) {
    (0..region.word_count()).step_by(PAGE_WORDS).for_each(|index| region.store(index, 0, Ordering::Relaxed));
}

impl Channel {
    /// The writing end, without a digest: for inputs, whose writer is not an actor.
    ///
    /// # Panics
    /// The second time: a channel has one writer.
    pub(super) fn writer(&self) -> Writer {
        self.writer.take().expect("a channel has one writer")
    }

    /// The writing end for an actor.
    ///
    /// # Panics
    /// As [`Channel::writer`].
    pub(super) fn outbox(&self) -> Outbox {
        Outbox::new(self.writer(), self.digest.take())
    }

    /// A reading end that the writer never waits for.
    pub(super) fn reader(&self) -> Reader {
        self.ring.reader()
    }

    /// A reading end that loses nothing.
    ///
    /// # Panics
    /// Where more are asked for than the channel was made for.
    pub(super) fn gated(&self) -> Reader {
        self.ring.gated_reader().expect("a channel is made with the gates that its readers need")
    }
}
