//! The channels of an engine: made in order, named by producer and stream, each with its one writing end.

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};

use fulmar_bus::channel::{Reader, Region, Ring, RingShape, Writer, create, create_checked};
use fulmar_bus::record::ChannelId;
use fulmar_bus::segment::SegmentBuilder;

use crate::journal::ring_path;
use crate::runtime::{Digest, DigestBoard, Inboxes, Outbox};

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

impl ChannelRole {
    /// Outputs count in the output hash, and are made again by a replay.
    pub const fn is_output(self) -> bool {
        !matches!(self, ChannelRole::Input | ChannelRole::Note)
    }

    /// Outputs that a journal keeps for those who read it: the life of every order.
    pub const fn is_kept_output(self) -> bool {
        matches!(self, ChannelRole::Order | ChannelRole::Outbound)
    }

    /// What everybody may read who attaches: market data, and nothing of orders.
    pub const fn is_broadcast(self) -> bool {
        matches!(self, ChannelRole::Market | ChannelRole::Book)
    }

    /// With a journal, such a channel lies in a file of its directory: what is published there survives the process
    /// before the recorder has copied it. It is what a replay needs, and the orders that may be live at a venue.
    pub const fn is_written_ahead(self) -> bool {
        matches!(self, ChannelRole::Input | ChannelRole::Note | ChannelRole::Outbound)
    }
}

/// The id of a ring that is no channel of the run.
const KEPT: ChannelId = ChannelId(u16::MAX);

/// A channel, to be found by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelName {
    /// Producer and stream, such as `book.binance-spot:BTCUSDT`.
    pub name: String,
    /// What it is for.
    pub role: ChannelRole,
}

/// A channel under construction.
pub(super) struct Channel {
    ring: Ring,
    writer: Cell<Option<Writer>>,
    digest: Cell<Option<Digest>>,
}

/// All channels made so far.
#[derive(Default)]
pub(super) struct Channels {
    /// The journal's, where there is one.
    directory: Option<PathBuf>,
    /// Where market data lies that other processes read, where any do.
    shared: Option<SegmentBuilder>,
    names: Vec<ChannelName>,
    rings: Vec<Ring>,
    bytes: u64,
    digests: DigestBoard,
}

impl Channels {
    /// None yet. With a journal's `directory`, channels that are written ahead lie in files there; with `shared`
    /// memory, what is broadcast lies there.
    pub(super) fn new(directory: Option<PathBuf>, shared: Option<SegmentBuilder>) -> Self {
        Channels { directory, shared, ..Channels::default() }
    }

    /// The shared memory, with all that lies in it.
    pub(super) fn take_shared(&mut self) -> Option<SegmentBuilder> {
        self.shared.take()
    }

    /// A channel of so many slots and gates.
    pub(super) fn make(
        &mut self,
        name: &str,
        role: ChannelRole,
        slot_count: usize,
        gate_count: usize,
    ) -> io::Result<Channel> {
        let id = ChannelId(u16::try_from(self.names.len()).expect("a plan has far fewer channels than 2^16"));
        // One gate more than asked for: the recorder's.
        let shape = RingShape { slot_count, gate_count: gate_count + 1 };
        let ((writer, ring), word_count) = match &self.directory {
            Some(directory) if role.is_written_ahead() => {
                let word_count = shape.checked_word_count();
                let file = Region::map_file(&ring_path(directory, name), word_count)?;
                (create_checked(file, shape, id), word_count)
            }
            _ => {
                let word_count = shape.word_count();
                let memory = match &mut self.shared {
                    Some(shared) if role.is_broadcast() => {
                        shared.add(name, word_count).map_err(io::Error::other)?
                    }
                    _ => Region::heap(word_count),
                };
                (create(memory, shape, id), word_count)
            }
        };
        self.bytes += (word_count * size_of::<u64>()) as u64;
        let digest = role.is_output().then(|| self.digests.add(name));
        self.names.push(ChannelName { name: name.to_owned(), role });
        self.rings.push(ring.clone());
        Ok(Channel { ring, writer: Cell::new(Some(writer)), digest: Cell::new(digest) })
    }

    /// The writing end of a ring in the file at `path`, for what is to outlive the process. It is none of the run's
    /// channels: nobody reads it here, it counts in no hash, and a replay does not make it.
    pub(super) fn keep_at(&mut self, path: &Path, slot_count: usize) -> io::Result<Outbox> {
        let shape = RingShape { slot_count, gate_count: 0 };
        let word_count = shape.checked_word_count();
        let (writer, _) = create_checked(Region::map_file(path, word_count)?, shape, KEPT);
        self.bytes += (word_count * size_of::<u64>()) as u64;
        Ok(Outbox::new(writer, None))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ChannelName, &Ring)> {
        self.names.iter().zip(&self.rings)
    }

    /// Memory that all of them take.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn digests(&self) -> &DigestBoard {
        &self.digests
    }
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

    /// The writing end for the actor that drains `inboxes`, which may find the channel full.
    ///
    /// # Panics
    /// As [`Channel::writer`].
    pub(super) fn gated_outbox(&self, inboxes: &Inboxes) -> Outbox {
        let mut outbox = self.outbox();
        outbox.tell_refusals(inboxes.refusals());
        outbox
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
