//! A session against any frames: it does not panic, and tells nothing that its sink may not be told.

use fulmar_adapters::session::{InstrumentConfig, MarketData, VenueEntry, VenueSettings};
use fulmar_bus::record::{FrameSource, InstrumentId, UnixNanos};
use fulmar_engine::contract::{InboundFrame, MarketSession as _};

use super::strict::StrictSink;

/// What the byte before a frame says of it, counted from [`FIRST_SOURCE`]; any byte is one of them.
pub const SOURCES: [(FrameSource, u16); 9] = [
    (FrameSource::Opened, 0),
    (FrameSource::Closed, 0),
    (FrameSource::Http, 429),
    (FrameSource::Http, 200),
    (FrameSource::Http, 400),
    (FrameSource::Message, 0),
    (FrameSource::Message, 0),
    (FrameSource::Message, 0),
    (FrameSource::Message, 0),
];

/// The byte of the first source, by which examples can be written by hand: `c` opened, `d` closed, `e` too many
/// requests, `f` an answer, `g` a refused request, `h` a message. None is the zero that splits frames.
pub const FIRST_SOURCE: u8 = b'c';

const _: () =
    assert!((FIRST_SOURCE as usize).is_multiple_of(SOURCES.len()), "a byte is a source by its remainder");

/// Feeds a session of `entry` the frames of `data`, which are split by zero bytes, each with its source before it.
pub fn survives(entry: &VenueEntry, data: &[u8]) {
    let symbols = (entry.sample)().symbols();
    let instruments: Vec<InstrumentConfig> =
        symbols.iter().zip(0..).map(|(symbol, id)| InstrumentConfig::new(symbol, InstrumentId(id))).collect();
    let mut session = MarketData::new((entry.protocol)(&VenueSettings::default()), &instruments);
    let mut sink = StrictSink::default();
    session.on_start(UnixNanos(0), &mut sink);
    for (frame, second) in data.split(|byte| *byte == 0).zip(1..) {
        let Some((source, bytes)) = frame.split_first() else {
            continue;
        };
        let (source, status) = SOURCES[usize::from(*source) % SOURCES.len()];
        let (now, mut bytes) = (UnixNanos::from_millis(second * 1_000), bytes.to_vec());
        let frame = InboundFrame { source, connection: 0, status, received_at: now, bytes: &mut bytes };
        session.on_frame(now, frame, &mut sink);
        session.on_time(now, &mut sink);
    }
}
