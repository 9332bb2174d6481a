//! Plays a capture through the engine: frame by frame, each frame's effects settled before the next, under the
//! capture's own time.
//!
//! Without strategies: feed, books and aggregators alone. On one thread, or with the actors spread over several core
//! threads that keep the ranks together; both give the same hash.

use std::path::Path;

use anyhow::Context;
use fulmar_adapters::transport::capture::{CaptureLine, CaptureReader};
use fulmar_bus::record::{InstrumentId, Nanos, UnixNanos};
use fulmar_engine::runtime::{Clock, FrameHead, FrameWriter, Player, Seat, Team, counters};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    Assembly, EnginePlan, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, Surroundings,
    VenuePlan, build,
};

use super::frame::Frame;
use super::header::{self, Header};
use super::report::{CaptureReport, InstrumentReport};
use super::told::Told;
use crate::venues;
use crate::window::Picture;

/// One minute: the bars that a replay makes.
const BAR_INTERVAL: Nanos = Nanos::from_secs(60);

/// What playing one capture gave.
#[derive(Debug)]
pub struct Played {
    /// What is told of it.
    pub report: CaptureReport,
    /// Records that the engine published.
    pub records: u64,
    /// The hash of them.
    pub output_hash: u64,
    /// How long reading and unpacking took.
    pub reading_ns: u64,
}

/// Who runs the actors.
enum Runner {
    Here(Player),
    Cores(Team),
}

/// Plays the capture at `path`; with `core_threads` above zero, on so many threads.
///
/// # Errors
/// What is wrong with the file, with its line where one is.
pub fn play(path: &Path, core_threads: usize, speed: Option<f64>) -> anyhow::Result<Played> {
    let clock = Clock::new();
    let mut reader = CaptureReader::open(path)?;
    let mut stage = Stage::set(&mut reader, path, core_threads)?;
    let mut pace = speed.map(|factor| super::pace::Pace::new(clock.clone(), factor));
    let mut reading_ns = 0;
    loop {
        let started = clock.ticks();
        let line = reader.next_line();
        reading_ns += clock.ticks_to_ns(started, clock.ticks());
        let Some(line) = line? else { break };
        if let Some(pace) = &mut pace {
            pace.wait_for(line.at());
        }
        stage.play(&line);
    }
    let is_truncated = reader.is_truncated();
    stage.finish(path, is_truncated, reading_ns)
}

/// The engine, set up for one capture.
struct Stage {
    venue: String,
    runner: Runner,
    frames: FrameWriter,
    instruments: Vec<(Picture, Told)>,
    assembly: Assembly,
    now: UnixNanos,
    frame_count: u64,
    http: Vec<u8>,
}

impl Stage {
    fn set(reader: &mut CaptureReader, path: &Path, core_threads: usize) -> anyhow::Result<Self> {
        let Header { venue, symbols, recorded_at: now } = header::read(reader, path)?;
        let plan = plan(&venue, &symbols).with_context(|| path.display().to_string())?;
        let nobody = Surroundings { bell_of: &|_| None, stamps: None };
        let mut assembly = build(plan, &nobody)?;
        let instruments = symbols.iter().map(|symbol| {
            let reader = |stream: &str| {
                let ring = assembly.ring(&format!("{stream}.{venue}:{symbol}"));
                ring.expect("every instrument has its channels").reader()
            };
            (Picture::new(symbol, reader("market")), Told::new(reader("book")))
        });
        let instruments = instruments.collect();
        let frames = assembly.links.pop().expect("a venue has one link").frames;
        let runner = Runner::start(std::mem::take(&mut assembly.seats), core_threads, now)?;
        let http = Vec::new();
        Ok(Stage { venue, runner, frames, instruments, assembly, now, frame_count: 0, http })
    }

    /// Plays one line and lets its effects settle.
    fn play(&mut self, line: &CaptureLine<'_>) {
        self.now = self.now.max(line.at());
        self.runner.advance(self.now);
        let mut http = std::mem::take(&mut self.http);
        if let Some(frame) = Frame::of(line, &mut http) {
            self.frame(&frame);
        }
        self.http = http;
        look(&mut self.instruments);
    }

    fn frame(&mut self, frame: &Frame<'_>) {
        self.frame_count += u64::from(frame.is_of_venue());
        let Frame { source, connection, status, bytes } = *frame;
        let head = FrameHead { source, connection, status, received_at: self.now };
        let mut written = 0;
        loop {
            match self.frames.write_part(head, bytes, written) {
                Ok(end) if end == bytes.len() => break,
                Ok(end) => written = end,
                // The feed takes the parts that are there; then there is room for more.
                Err(_) => self.runner.settle(self.now),
            }
        }
        self.runner.settle(self.now);
    }

    fn finish(mut self, path: &Path, truncated: bool, reading_ns: u64) -> anyhow::Result<Played> {
        let seats = self.runner.stop(self.now)?;
        look(&mut self.instruments);
        let instruments = self
            .instruments
            .iter()
            .map(|(picture, told)| (picture.symbol.clone(), InstrumentReport::of(picture, told)))
            .collect();
        let counters = counters(&seats);
        let counted = |name| counters.get(name).copied().unwrap_or_default();
        let report = CaptureReport {
            file: path.display().to_string(),
            venue: self.venue,
            frames: self.frame_count,
            decode_errors: counted("decode_errors"),
            ignored_frames: counted("ignored_frames"),
            truncated,
            counters,
            instruments,
        };
        let digests = self.assembly.digests();
        let (records, output_hash) = (digests.record_count(), digests.output_hash());
        Ok(Played { report, records, output_hash, reading_ns })
    }
}

/// Takes in what has settled.
fn look(instruments: &mut [(Picture, Told)]) {
    for (picture, told) in instruments {
        picture.look();
        told.compare(picture);
    }
}

impl Runner {
    fn start(seats: Vec<Seat>, core_threads: usize, now: UnixNanos) -> anyhow::Result<Self> {
        if core_threads == 0 {
            let mut player = Player::new(seats);
            player.start(now);
            return Ok(Runner::Here(player));
        }
        let mut groups: Vec<Vec<Seat>> = (0..core_threads).map(|_| Vec::new()).collect();
        for (index, seat) in seats.into_iter().enumerate() {
            groups[index % core_threads].push(seat);
        }
        Ok(Runner::Cores(Team::start(groups, now)?))
    }

    fn settle(&mut self, now: UnixNanos) {
        match self {
            Runner::Here(player) => player.settle(now),
            Runner::Cores(team) => team.settle(now),
        };
    }

    /// Fires the timers that are due until `now`.
    fn advance(&mut self, now: UnixNanos) {
        match self {
            Runner::Here(player) => player.advance(now),
            Runner::Cores(team) => team.advance(now),
        }
    }

    fn stop(self, now: UnixNanos) -> anyhow::Result<Vec<Seat>> {
        Ok(match self {
            Runner::Here(player) => player.stop(now),
            Runner::Cores(team) => team.stop(now)?,
        })
    }
}

/// An engine for the market data of a capture's instruments.
fn plan(venue: &str, symbols: &[String]) -> anyhow::Result<EnginePlan> {
    let ids: Vec<InstrumentId> = (0..symbols.len()).map(venues::instrument_id).collect();
    let named = symbols.iter().map(String::as_str).zip(ids.iter().copied()).collect::<Vec<_>>();
    let session = venues::capture_session(venue, &named)?;
    let instruments =
        symbols.iter().map(|symbol| InstrumentPlan::new(format!("{venue}:{symbol}"), None)).collect();
    let pairs = named.iter().map(|(symbol, id)| PairPlan {
        name: format!("{venue}:{symbol}"),
        instruments: vec![*id],
        taker_fees: Vec::new(),
    });
    Ok(EnginePlan {
        instruments,
        pairs: pairs.collect(),
        venues: vec![VenuePlan { session, instruments: ids }],
        bar_intervals: vec![BAR_INTERVAL],
        strategies: Vec::new(),
        treasury: TreasuryPlan::default(),
        orders: OrderRoute::None,
        rings: RingSizes::for_instruments(symbols.len()),
        epoch: 0,
        held: KeptOrders::default(),
        journal_directory: None,
    })
}
