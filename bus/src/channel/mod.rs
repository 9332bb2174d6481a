//! Lock-free channels: one kind of ring for every way between two actors, over any memory.
//!
//! [`create`] lays a ring over [`Words`] (a [`Region`] of heap or of a mapped file; a model checker's atomics in a
//! test) and gives its one [`Writer`] and the [`Ring`] that makes [`Reader`]s. Which memory it is changes who owns
//! the words, never the type that an actor holds. Nothing here allocates after construction, waits, or reads a clock.
//!
//! ```
//! use fulmar_bus::channel::{Poll, Region, RingShape, create};
//! use fulmar_bus::record::*;
//!
//! let shape = RingShape { slot_count: 1024, gate_count: 1 };
//! let (mut writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(7));
//! let mut reader = ring.gated_reader().expect("the one gate is free");
//!
//! let heading = Heading {
//!     instrument_id: InstrumentId(4),
//!     cause: RecordId::NONE,
//!     received_at: UnixNanos(9),
//!     flags: Flags::NONE,
//! };
//! let mut record = Record::new();
//! record.write(heading, &Timer { tag: 1, due_at: UnixNanos(8) });
//! assert_eq!(writer.publish(&mut record), Ok(RecordId::new(ChannelId(7), 1)));
//!
//! assert_eq!(reader.poll(&mut record), Poll::Record);
//! assert_eq!(record.read::<Timer>().map(|timer| timer.tag), Ok(1));
//! assert_eq!(reader.poll(&mut record), Poll::Empty);
//! ```
//!
//! # Words
//!
//! - *sequence*: the place of a record on its channel, counted from one. It is part of the record's id.
//! - *position*: the place of a slot on its channel, counted from zero and never reset. A record that starts at
//!   position `p` and takes `n` slots lies in `p..p + n`.
//! - *slot*: a cache line of the ring: its stamp and seven words of a record. Position `p` lives in slot
//!   `p % slot_count`.
//! - *stamp*: the first word of a slot: `(position + 1) << 3 | state`. State 0 is *being written*, 3 is *complete, and
//!   the head of a record*, 5 is *complete, and the continuation of one*. A zeroed slot has the stamp of no position.
//! - *check*: a word made of all words of a record and its position, in a ring whose memory outlives the process.
//! - *cursor*: the position that the writer, or a gated reader, comes to next.
//! - *gate*: the cursor of a reader that must not lose a record. The writer passes no gate by more than the ring: it
//!   gives [`Full`] back, and the record stays with the caller. A reader without a gate never holds the writer up.
//! - *lap*: the writer overwrote what a reader without a gate had not read. The reader is told how many records it
//!   lost, exactly, and goes on about half a ring behind the writer.
//!
//! # Bytes
//!
//! ```text
//!  word      0        8        16       24
//!       0    +-----------------+-----------------+
//!            | magic, version, slots, gates,     |  128 bytes: what the ring is; written once
//!            | channel, longest record, checks?, |
//!            | check of the header               |
//!      16    +-----------------------------------+
//!            | cursor of the writer              |  128 bytes: the writer's alone
//!      32    +-----------------------------------+
//!            | gate 0: 0, or 1 + cursor          |  128 bytes for each gate: its reader's alone
//!            | ...                               |
//!      32    +--------+--------+--------+--------+
//! + 16*gates | slot 0                   | slot 1 ...  64 bytes each
//!            +--------+-----------------+
//!              slot:  | stamp | 7 words of the record |
//!
//! 32 + 16*gates + 8*slots: check 0, check 1, ...        8 bytes each, where the ring has checks: that of the record
//!                                                       whose head is in the slot of this number
//! ```
//!
//! # Why no read is torn
//!
//! A record is written in three steps, with fences between: every slot of it is stamped *being written*; its words
//! are stored; every slot is stamped *complete*, the head last. A reader that sees the head complete sees all words
//! of the record, or newer ones. It copies them and looks at the stamps again: whoever read a newer word also sees
//! that the slot was stamped anew, and takes the copy for a lap. All words are atomics, so a torn copy is a thing that
//! is noticed, never undefined behaviour. What a hostile writer puts into shared memory can cost a reader records; it
//! cannot make it panic, loop or read outside the ring.
//!
//! # What a writer that is gone leaves
//!
//! Its stores stand up to some point in their order. So the last record is whole where its head is complete, at the
//! cursor or one record behind it, and was visible to nobody where it is not; [`Ring::remains`] reads what is there. In
//! a ring made by [`create_checked`] it notices every change within one word of a published record, its stamps, its
//! check and the header: a check is stored before the head is complete, by a writer alone, and no reader on the way of
//! a tick looks at it. A changed stamp is none that can stand there. A changed cursor, or word of a slot that holds no
//! published record, is noticed too, or changes nothing of what is read.

mod check;
mod latest;
mod layout;
mod limits;
mod reader;
mod region;
mod remains;
mod ring;
pub(crate) mod sync;
mod words;
mod writer;

pub use latest::{LatestReader, LatestWriter, latest, latest_word_count};
#[cfg(not(loom))]
pub(crate) use layout::RING_LAYOUT;
pub use layout::RingShape;
pub use limits::{GATES_MAX, SLOTS_MAX};
pub use reader::{Poll, Reader};
pub use region::{Access, Region};
pub use remains::{Damaged, Remains};
pub use ring::{OpenError, Ring, create, create_checked, create_for_records_up_to, open, open_writer};
pub use words::Words;
pub use writer::{Full, Writer};
