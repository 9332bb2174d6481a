//! The simulated venue without a wire: what is said to it, it hears at once, and what it says is at hand at once. A
//! wire, and what goes wrong on it, is a test's.

use fulmar_adapters::simulated::OfflineVenue;
use fulmar_adapters::transport::{LinkEnds, Requests};
use fulmar_bus::channel::{Poll, Reader, Region, RingShape, Writer, create};
use fulmar_bus::record::{
    ChannelId, Flags, Frame, FrameSource, Heading, InstrumentId, Record, RecordId, Request, RequestKind,
    UnixNanos,
};
use fulmar_engine::contract::Connection;
use fulmar_engine::runtime::{Doorbell, FrameWriter, RequestReader};

/// What the venue says of a key that is right for trading; the simulated one knows no such question.
const PERMISSIONS: &str = r#"{"enableWithdrawals":false,"enableSpotAndMarginTrading":true}"#;

/// Both ends of what is said to the venue.
pub struct VenueEnd {
    requests: Writer,
    frames: Reader,
    record: Record,
}

/// Something that the venue said, or that its connection did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What it is.
    pub source: FrameSource,
    /// Its words.
    pub bytes: Vec<u8>,
}

impl VenueEnd {
    /// Joins the venue, by rings of its own.
    ///
    /// # Panics
    /// Never: the rings are new.
    pub fn join(connections: Vec<Connection>, venue: &mut OfflineVenue, now: UnixNanos) -> Self {
        const SHAPE: RingShape = RingShape { slot_count: 1 << 9, gate_count: 1 };
        let ring = |id| create(Region::heap(SHAPE.word_count()), SHAPE, ChannelId(id));
        let ((requests, to_venue), (frames, from_venue)) = (ring(0), ring(1));
        let reader = RequestReader::new(to_venue.gated_reader().expect("it has a gate"), Doorbell::new());
        let ends = LinkEnds { frames: FrameWriter::new(frames, None), requests: Requests::plain(reader) };
        venue.join(connections, ends, now);
        let frames = from_venue.gated_reader().expect("it has a gate");
        VenueEnd { requests, frames, record: Record::new() }
    }

    /// Says something to the venue, and gives what it says then.
    ///
    /// # Panics
    /// Where it is longer than a record.
    pub fn say(
        &mut self,
        kind: RequestKind,
        text: &str,
        venue: &mut OfflineVenue,
        now: UnixNanos,
    ) -> Vec<Said> {
        let byte_count = u32::try_from(text.len()).expect("a request is short");
        let request =
            Request { tag: 0, not_before_at: now, byte_count, kind, connection: 0, reserved: [0; 2] };
        let (instrument_id, cause, flags) = (InstrumentId::NONE, RecordId::NONE, Flags::NONE);
        let heading = Heading { instrument_id, cause, received_at: now, flags };
        self.record.write_with_tail(heading, &request, text.as_bytes());
        self.requests.publish(&mut self.record).expect("the venue takes each request");
        self.hear(venue, now)
    }

    /// Lets the venue go on until now, and gives what it says.
    ///
    /// # Panics
    /// Where the venue writes what is no frame.
    pub fn hear(&mut self, venue: &mut OfflineVenue, now: UnixNanos) -> Vec<Said> {
        venue.serve(now);
        let (mut heard, mut begun) = (Vec::new(), Vec::new());
        while venue.deliver(now) {
            self.take(&mut begun, &mut heard);
        }
        heard
    }

    fn take(&mut self, bytes: &mut Vec<u8>, heard: &mut Vec<Said>) {
        while self.frames.poll(&mut self.record) == Poll::Record {
            let (frame, part) = Frame::read(&self.record).expect("the venue writes frames");
            bytes.extend_from_slice(part);
            if frame.is_last() {
                heard.push(Said { source: frame.source, bytes: std::mem::take(bytes) });
            }
        }
    }
}

/// The answer by HTTP to the question what the key may do: all that trading needs, and no more.
pub fn permissions(target: &str) -> Vec<u8> {
    format!("{target}\n{PERMISSIONS}").into_bytes()
}
