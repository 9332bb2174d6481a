//! An engine on one thread whose frames and time come from the test.

use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{FrameSource, Kind, Record, UnixNanos};
use fulmar_engine::runtime::{Clock, FrameHead, FrameWriter, HopBoard, HopStamps, Player};
use fulmar_engine::wiring::{Assembly, EnginePlan, Surroundings, build};

/// When every stage begins.
pub const OPENS_AT: UnixNanos = UnixNanos(1_723_161_255_000_000_000);

/// An engine of one venue, its time and its frames.
pub struct Stage {
    /// What was built, without its actors and without the border with the IO.
    pub assembly: Assembly,
    /// The actors.
    pub player: Player,
    /// The time that they are told.
    pub now: UnixNanos,
    frames: FrameWriter,
}

impl Stage {
    /// Builds what `plan` says; nothing has happened yet.
    ///
    /// # Panics
    /// Where it cannot be built, or has no venue.
    pub fn build(plan: EnginePlan) -> Self {
        Self::with_stamps(plan, None)
    }

    /// As [`Stage::build`], with stamps, as an engine has them that runs live.
    ///
    /// # Panics
    /// As [`Stage::build`].
    pub fn stamped(plan: EnginePlan) -> (Self, HopBoard) {
        let (stamps, board) = HopStamps::new(Clock::new());
        (Self::with_stamps(plan, Some(stamps)), board)
    }

    fn with_stamps(plan: EnginePlan, stamps: Option<HopStamps>) -> Self {
        let nobody = Surroundings { bell_of: &|_| None, stamps };
        let mut assembly = build(plan, &nobody).expect("nothing is written to a file");
        let player = Player::new(std::mem::take(&mut assembly.seats));
        let frames = assembly.links.remove(0).frames;
        Stage { assembly, player, now: OPENS_AT, frames }
    }

    /// Reads the channel of this name from its next record on.
    ///
    /// # Panics
    /// Where the engine has no such channel.
    pub fn reader(&self, channel: &str) -> Reader {
        self.assembly.ring(channel).unwrap_or_else(|| panic!("there is no channel {channel}")).reader()
    }

    /// A connection is open.
    pub fn opened(&mut self) {
        self.frame(FrameSource::Opened, 0, b"");
    }

    /// The venue sends a message.
    pub fn message(&mut self, text: &str) {
        self.frame(FrameSource::Message, 0, text.as_bytes());
    }

    /// The venue answers a question.
    pub fn answer(&mut self, text: &str) {
        self.frame(FrameSource::Http, 200, text.as_bytes());
    }

    /// One frame reaches the engine, and everything that follows from it happens.
    pub fn frame(&mut self, source: FrameSource, status: u16, bytes: &[u8]) {
        self.player.advance(self.now);
        let head = FrameHead { source, connection: 0, status, received_at: self.now };
        let mut written_bytes = 0;
        loop {
            written_bytes =
                self.frames.write_part(head, bytes, written_bytes).expect("the feed drains in between");
            self.player.settle(self.now);
            if written_bytes == bytes.len() {
                break;
            }
        }
    }
}

/// Everything that a reader has not read.
///
/// # Panics
/// Where it was overtaken: a test's channels are long enough for what it does.
pub fn drain(reader: &mut Reader) -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        let mut record = Record::new();
        match reader.poll(&mut record) {
            Poll::Empty => return records,
            Poll::Record => records.push(record),
            Poll::Lapped { lost_count } => panic!("{lost_count} records were overwritten"),
        }
    }
}

/// What the records are about.
pub fn kinds(records: &[Record]) -> Vec<Kind> {
    records.iter().map(|record| record.header().kind().expect("what was published has a kind")).collect()
}
