//! Frames are longer than records: this puts the parts of one together again.

use fulmar_bus::record::{Frame, FrameSource, Record};

use crate::contract::InboundFrame;

/// Room that is there from the start, so that common frames never allocate.
const START_BYTES: usize = 256 * 1024;

/// The frame at hand. Its room grows with the largest frame seen (a snapshot) and then stays.
#[derive(Debug)]
pub struct FrameAssembly {
    bytes: Vec<u8>,
    from_venue_count: u64,
    malformed_count: u64,
}

impl Default for FrameAssembly {
    fn default() -> Self {
        FrameAssembly { bytes: Vec::with_capacity(START_BYTES), from_venue_count: 0, malformed_count: 0 }
    }
}

impl FrameAssembly {
    /// Takes the next part; gives the frame once it is whole. A part that does not continue what is at hand is dropped
    /// and counted.
    pub(super) fn add(&mut self, record: &Record) -> Option<InboundFrame<'_>> {
        let received_at = record.header().received_at;
        let (source, connection, status) = self.take(record)?;
        let is_from_venue = match source {
            FrameSource::Message => true,
            // Without a status, transport says that no answer came.
            FrameSource::Http => status != 0,
            FrameSource::Opened | FrameSource::Closed => false,
        };
        self.from_venue_count += u64::from(is_from_venue);
        Some(InboundFrame { source, connection, status, received_at, bytes: &mut self.bytes })
    }

    /// Source, connection and status of the frame once it is whole.
    fn take(&mut self, record: &Record) -> Option<(FrameSource, u8, u16)> {
        let Ok((frame, part)) = Frame::read(record) else {
            self.malformed_count += 1;
            return None;
        };
        if frame.offset_bytes == 0 {
            self.bytes.clear();
        }
        if self.bytes.len() != frame.offset_bytes as usize {
            self.malformed_count += 1;
            return None;
        }
        self.bytes.extend_from_slice(part);
        frame.is_last().then_some((frame.source, frame.connection, frame.status))
    }

    /// Forgets the parts at hand: the rest of their frame is lost.
    pub(super) fn drop_partial(&mut self) {
        self.bytes.clear();
    }

    /// Whole frames that the venue sent; the others are transport's news of its connections.
    pub fn from_venue_count(&self) -> u64 {
        self.from_venue_count
    }

    /// Parts that belonged to no frame at hand.
    pub fn malformed_count(&self) -> u64 {
        self.malformed_count
    }
}
