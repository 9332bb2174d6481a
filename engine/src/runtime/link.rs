//! The engine's border with whoever does the IO: frames come in through a [`FrameWriter`], requests go out through a
//! [`RequestReader`]. Both ends are plain rings with a doorbell; nothing here knows a socket or an async runtime.

use fulmar_bus::channel::{Full, Poll, Reader, Writer};
use fulmar_bus::record::{
    ChannelId, Flags, Frame, FrameSource, Heading, InstrumentId, Malformed, Record, RecordId, Request,
    UnixNanos,
};

use super::doorbell::Doorbell;

/// What is known of a frame besides its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Where it came from.
    pub source: FrameSource,
    /// Which connection of the venue.
    pub connection: u8,
    /// The HTTP status of an answer, zero elsewhere.
    pub status: u16,
    /// When its last byte reached this machine.
    pub received_at: UnixNanos,
}

/// Puts frames into the engine, part by part.
#[derive(Debug)]
pub struct FrameWriter {
    writer: Writer,
    record: Record,
    bell: Option<Doorbell>,
}

impl FrameWriter {
    /// Writes to `writer` and rings `bell`, if the reading core may sleep.
    pub fn new(writer: Writer, bell: Option<Doorbell>) -> Self {
        FrameWriter { writer, record: Record::new(), bell }
    }

    /// Writes the next part of a frame of `bytes`, from `offset_bytes` on, and returns how many bytes of it are written
    /// then. Call it until that is all of them; a frame without bytes takes one call.
    ///
    /// # Errors
    /// [`Full`] where the feed has not yet drained enough; nothing is written, try again later.
    pub fn write_part(&mut self, head: FrameHead, bytes: &[u8], offset_bytes: usize) -> Result<usize, Full> {
        let end_bytes = bytes.len().min(offset_bytes + Frame::BYTES_MAX);
        let part = &bytes[offset_bytes..end_bytes];
        let frame = Frame {
            byte_count: frame_size(part.len()),
            total_bytes: frame_size(bytes.len()),
            offset_bytes: frame_size(offset_bytes),
            status: head.status,
            source: head.source,
            connection: head.connection,
            tag: 0,
        };
        let heading = Heading {
            instrument_id: InstrumentId::NONE,
            cause: RecordId::NONE,
            received_at: head.received_at,
            flags: if end_bytes == bytes.len() { Flags::LAST } else { Flags::NONE },
        };
        self.record.write_with_tail(heading, &frame, part);
        self.writer.publish(&mut self.record)?;
        if let Some(bell) = &self.bell {
            bell.ring();
        }
        Ok(end_bytes)
    }
}

impl FrameWriter {
    /// Publishes a frame part as it was recorded, for a replay. Gives the id that it got.
    ///
    /// # Errors
    /// As [`FrameWriter::write_part`].
    pub fn repeat(&mut self, recorded: &Record) -> Result<RecordId, Full> {
        self.record.clone_from(recorded);
        self.writer.publish(&mut self.record)
    }

    /// The channel that the frames go to.
    pub fn channel(&self) -> ChannelId {
        self.writer.channel()
    }
}

/// Takes the requests that the engine wants to go out.
#[derive(Debug)]
pub struct RequestReader {
    reader: Reader,
    record: Record,
    bell: Doorbell,
    lost_count: u64,
}

impl RequestReader {
    /// Reads from `reader`; whoever publishes there rings `bell`.
    pub fn new(reader: Reader, bell: Doorbell) -> Self {
        RequestReader { reader, record: Record::new(), bell, lost_count: 0 }
    }

    /// The next request and its bytes, or `None` where there is none now.
    ///
    /// # Errors
    /// [`Malformed`] where the record is no request, which is a bug of its writer.
    pub fn poll(&mut self) -> Result<Option<(&Request, &[u8])>, Malformed> {
        loop {
            match self.reader.poll(&mut self.record) {
                Poll::Empty => return Ok(None),
                Poll::Lapped { lost_count } => self.lost_count += lost_count,
                Poll::Record => return Request::read(&self.record).map(Some),
            }
        }
    }

    /// The bell to wait at while there is nothing to take.
    pub fn bell(&self) -> &Doorbell {
        &self.bell
    }

    /// Requests that were overwritten before they were taken; zero on a gated channel.
    pub fn lost_count(&self) -> u64 {
        self.lost_count
    }
}

/// A length as a frame states it.
fn frame_size(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("the transport's frame limit is far below 4 GiB")
}
