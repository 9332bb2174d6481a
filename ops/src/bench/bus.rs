//! The bus: records that this process publishes and another one, attached as a strategy's process is, polls on another
//! core. It goes through the doors that attached strategies use: a socket, sealed segments, the rings in them.
//!
//! The other process is this program again. While it answers, the thread that measures the raw line on its core sleeps.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use fulmar_bus::attach::{ABI_MINOR, Connection, Handed, Hello, Link, Listener, Welcome, call};
use fulmar_bus::channel::{Reader, RingShape, Writer, create, open, open_writer};
use fulmar_bus::record::{ChannelId, Record, StrategyId, Text, Timer};
use fulmar_bus::segment::{Access, BootId, OpenSegment, Segment, SegmentBuilder, SegmentOptions};
use rustix::event::{EventfdFlags, eventfd};

use super::hop::{next, write};
use super::limits::{CROSSING_BATCH, SLICE_SAMPLES, STREAM_RECORDS};
use super::measure::{End, Rig, follow_rounds, lead_rounds, median, median_and_drain, pin, wait_until};
use super::report::{Figures, Report, Row, Samples};

/// Market data of one instrument, as an engine of few has it.
const MARKET: RingShape = RingShape { slot_count: 1 << 15, gate_count: 0 };
const COMMANDS: RingShape = RingShape { slot_count: 1 << 12, gate_count: 1 };
/// Records after which the reader of a stream says how far it came. The writer is never two of these ahead, so that a
/// ring without a gate loses nothing.
const BURST: u64 = 1 << 13;
/// How long the other process may take to attach.
const ATTACH_TIMEOUT: Duration = Duration::from_secs(10);

const ROUNDS: u64 = 1;
const STREAM: u64 = 2;
const END: u64 = 3;

/// Measures what crosses from this process to another.
///
/// # Errors
/// Where the system has no memory to share, or no second process.
pub fn run(rig: &Rig) -> anyhow::Result<Report> {
    let Some(core) = rig.cores.answering else { return Ok(rig.report("bus", None, Vec::new())) };
    let (mut near, client) = start(core)?;
    let mut limit = Samples::new(CROSSING_BATCH);
    let rows =
        [one_way(rig, &mut limit, &mut near, &client), throughput(rig, &mut limit, &mut near, &client)];
    client.end()?;
    Ok(rig.report("bus", Some(limit), rows.into_iter().flatten().collect()))
}

fn one_way(rig: &Rig, limit: &mut Samples, near: &mut Process, client: &Client) -> Option<Row> {
    let mut samples = Samples::new(CROSSING_BATCH);
    let mut slice = Vec::with_capacity(SLICE_SAMPLES);
    let lead = || {
        near.receive();
        lead_rounds(&rig.clock, near, &mut slice, SLICE_SAMPLES);
        median_and_drain(&mut slice, &mut samples)
    };
    let ratio = rig.slices(rig.share(2), limit, lead, || client.order(ROUNDS))?;
    Some(samples.row("bus.one_way").with_ratio(ratio))
}

#[expect(clippy::cast_precision_loss, reason = "a slice is a few thousand records and milliseconds")]
fn throughput(rig: &Rig, limit: &mut Samples, near: &mut Process, client: &Client) -> Option<Row> {
    let mut rates = Vec::new();
    let lead = || {
        near.receive();
        let before = rig.clock.ticks();
        for tag in 1..=STREAM_RECORDS {
            write(&mut near.record, tag);
            near.writer.publish(&mut near.record).expect("nobody has a gate");
            if tag % BURST == 0 && tag > BURST {
                near.receive();
            }
        }
        near.receive();
        let record_ns = rig.clock.ticks_to_ns(before, rig.clock.ticks()) as f64 / STREAM_RECORDS as f64;
        rates.push(1e9 / record_ns);
        record_ns
    };
    let ratio = rig.slices(rig.share(3), limit, lead, || client.order(STREAM))?;
    let figures = Figures::Rate { value: median(&mut rates).round() };
    let row = Row { name: "bus.throughput".to_owned(), unit: "records/s", figures, ratio: None };
    Some(row.with_ratio(ratio))
}

/// One side's ends: the engine's writes market data and reads commands, the other's the reverse.
struct Process {
    writer: Writer,
    reader: Reader,
    record: Record,
}

impl End for Process {
    fn send(&mut self) {
        write(&mut self.record, 0);
        self.writer.publish(&mut self.record).expect("one record at a time never fills a ring");
    }

    fn receive(&mut self) {
        wait_until(|| next(&mut self.reader, &mut self.record));
    }
}

/// The other process, seen from here.
struct Client {
    process: Child,
    wakes_client: OwnedFd,
    wakes_engine: OwnedFd,
    _connection: Connection,
    _market: Segment,
}

impl Client {
    /// Has it do something, and sleeps until it has done it.
    ///
    /// # Panics
    /// Where it is gone.
    fn order(&self, what: u64) {
        ring_bell(&self.wakes_client, what);
        wait_for_bell(&self.wakes_engine);
    }

    fn end(mut self) -> anyhow::Result<()> {
        ring_bell(&self.wakes_client, END);
        let status = self.process.wait().context("cannot see how the other process ended")?;
        anyhow::ensure!(status.success(), "the other process ended with {status}");
        Ok(())
    }
}

fn ring_bell(event: &OwnedFd, what: u64) {
    rustix::io::write(event, &what.to_ne_bytes()).expect("an event takes a small number");
}

fn wait_for_bell(event: &OwnedFd) -> u64 {
    let mut what = [0; 8];
    rustix::io::read(event, &mut what).expect("an event can be read");
    u64::from_ne_bytes(what)
}

/// Starts the other process on `core`, and lets it attach.
fn start(core: usize) -> anyhow::Result<(Process, Client)> {
    let folder = std::env::temp_dir().join(format!("fulmar-bench-{}", std::process::id()));
    let socket = folder.join("bus.sock");
    let mut listener = Listener::bind(&socket)?;
    let program = std::env::current_exe().context("cannot find this program")?;
    let process = Command::new(program)
        .args(["bench", "bus", "--core", &core.to_string(), "--client"])
        .arg(&socket)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context("cannot start the other process")?;
    let caller = wait_for_caller(&mut listener);
    drop(listener);
    // It is empty now.
    let _ = std::fs::remove_dir(&folder);
    let boot_id = BootId(u128::from(std::process::id()));
    let segment = |name, access| SegmentBuilder::new(name, boot_id, access, SegmentOptions::default());
    let mut market = segment("market", Access::Read)?;
    let (writer, _) = create(market.add("market", MARKET.word_count())?, MARKET, ChannelId(1));
    let mut commands = segment("commands", Access::Write)?;
    let (_, ring) = create(commands.add("commands", COMMANDS.word_count())?, COMMANDS, ChannelId(2));
    let reader = ring.gated_reader().context("the ring was just made")?;
    let (events, cursor) = (segment("events", Access::Read)?, segment("cursor", Access::Write)?);
    let (market, commands, events, cursor) =
        (market.seal()?, commands.seal()?, events.seal()?, cursor.seal()?);
    let [wakes_client, wakes_engine] =
        [eventfd(0, EventfdFlags::CLOEXEC)?, eventfd(0, EventfdFlags::CLOEXEC)?];
    let welcome = Welcome {
        boot_id,
        epoch: 1,
        strategy_id: StrategyId(0),
        abi_minor: ABI_MINOR,
        lock_step: false,
        order_counter: 0,
        is_successor: false,
        instrument_count: 0,
        instruments: Vec::new(),
        settings: Vec::new(),
    };
    let handed = Handed {
        market: market.fd(),
        commands: commands.fd(),
        events: events.fd(),
        cursor: cursor.fd(),
        wakes_client: wakes_client.as_fd(),
        wakes_engine: wakes_engine.as_fd(),
    };
    let connection = caller?.welcome(&welcome, handed)?;
    let client = Client { process, wakes_client, wakes_engine, _connection: connection, _market: market };
    Ok((Process { writer, reader, record: Record::new() }, client))
}

fn wait_for_caller(listener: &mut Listener) -> anyhow::Result<fulmar_bus::attach::Caller> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let seconds = i64::try_from(ATTACH_TIMEOUT.as_secs()).expect("it is short");
    let timeout = Timespec { tv_sec: seconds, tv_nsec: 0 };
    for _ in 0..2 {
        // A connection is one event, its hello another.
        let fd = listener.fd();
        poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&timeout))?;
        if let Some(caller) = listener.accept()? {
            return Ok(caller);
        }
    }
    anyhow::bail!("the other process did not attach")
}

/// The other process: attaches to the bench at `socket`, on `core`, and answers until it is told to end.
///
/// # Errors
/// Where it cannot attach.
pub fn client(socket: &Path, core: Option<usize>) -> anyhow::Result<()> {
    pin(core);
    let hello = Hello::new(Text::new("bench").expect("it is short"), [0; 32]);
    let attached = call(socket, &hello, ATTACH_TIMEOUT)?;
    let Handed { market, commands, wakes_client, wakes_engine, .. } = attached.handed;
    let _link: Link = attached.link;
    let market = OpenSegment::open(market, Access::Read)?;
    let commands = OpenSegment::open(commands, Access::Write)?;
    let part =
        |segment: &OpenSegment, name: &str| segment.part(name).context("the bench shares no such part");
    let mut far = Process {
        writer: open_writer(part(&commands, "commands")?)?.0,
        reader: open(part(&market, "market")?)?.reader(),
        record: Record::new(),
    };
    loop {
        match wait_for_bell(&wakes_client) {
            ROUNDS => {
                // That it is awake.
                far.send();
                follow_rounds(&mut far, SLICE_SAMPLES);
            }
            STREAM => {
                far.send();
                for tag in 1..=STREAM_RECORDS {
                    far.receive();
                    let read = far.record.read::<Timer>().map(|timer| timer.tag);
                    assert_eq!(read, Ok(tag), "records come in their order, and none is lost");
                    if tag % BURST == 0 {
                        far.send();
                    }
                }
            }
            _ => return Ok(()),
        }
        ring_bell(&wakes_engine, 1);
    }
}
