//! The bus: records that this process publishes and another one, attached as a strategy's process is, polls on another
//! core. It goes through the doors that attached strategies use: a socket, sealed segments, the rings in them.
//!
//! Beside what crosses stands what a client costs who publishes: nothing, since no client has a gate on market data.
//! The rows `bus.publish` are of one ring with nobody at it, a client that reads, and one that was killed, stopped, or
//! never reads; they take turns, several times, and each figure is the median of its runs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use fulmar_bus::attach::{ABI_MINOR, Bell, Caller, Connection, Handed, Hello, Link, Listener, Welcome, call};
use fulmar_bus::channel::{Poll, Reader, RingShape, Writer, create, open, open_writer};
use fulmar_bus::record::{ChannelId, Nanos, Record, StrategyId, Text, Timer};
use fulmar_bus::segment::{Access, BootId, OpenSegment, Segment, SegmentBuilder, SegmentOptions};

use super::far::{Far, Order, Wire, answer, one_way, throughput};
use super::hop::write;
use super::limits::{CROSSING_BATCH, PUBLISH_BATCH, PUBLISH_RUNS};
use super::measure::{End, Rig, pin, wait_until};
use super::report::{Report, Row, Samples};

/// Market data of one instrument, as an engine of few has it.
const MARKET: RingShape = RingShape { slot_count: 1 << 15, gate_count: 0 };
const COMMANDS: RingShape = RingShape { slot_count: 1 << 12, gate_count: 1 };
/// How long the other process may take to attach.
const ATTACH_TIMEOUT: Duration = Duration::from_secs(10);

/// Measures what crosses from this process to another, and what the other costs.
///
/// # Errors
/// Where the system has no memory to share, or no second process.
pub fn run(rig: &Rig) -> anyhow::Result<Report> {
    let Some(core) = rig.cores.answering else { return Ok(rig.report("bus", None, Vec::new())) };
    let (mut host, mut limit) = (Host::new()?, Samples::new(CROSSING_BATCH));
    let mut rows = crossing(rig, (&mut host, core), &mut limit)?;
    let published = publish(rig, &mut host, core)?;
    let notes: Vec<String> = published.iter().skip(1).map(|row| row.beside(&published[0])).collect();
    rows.extend(published);
    let mut report = rig.report("bus", Some(limit), rows);
    report.notes.extend(notes);
    Ok(report)
}

fn crossing(rig: &Rig, (host, core): (&mut Host, usize), limit: &mut Samples) -> anyhow::Result<Vec<Row>> {
    let Client { mut far, mut commands, _connection } = host.attach(core)?;
    let mut near = Side { writer: &mut host.writer, reader: &mut commands, record: Record::new() };
    let one_way = one_way(rig, "bus.one_way", (rig.share(3), limit), (&mut near, &mut far));
    let throughput = throughput(rig, "bus.throughput", (rig.share(4), limit), (&mut near, &mut far));
    far.end()?;
    Ok(one_way.into_iter().chain(throughput).collect())
}

/// What a publish costs with each kind of guest, in turns; nobody first.
fn publish(rig: &Rig, host: &mut Host, core: usize) -> anyhow::Result<Vec<Row>> {
    let budget = Nanos(rig.share(3).0 / (PUBLISH_RUNS * GUESTS.len()) as u64);
    let mut runs = GUESTS.map(|_| Vec::new());
    for _ in 0..PUBLISH_RUNS {
        for ((name, guest), rows) in GUESTS.iter().zip(&mut runs) {
            let _client = guest.map(|guest| host.invite(guest, core)).transpose()?;
            let mut record = Record::new();
            let samples = rig.repeat(budget, PUBLISH_BATCH, || {
                write(&mut record, 0);
                host.writer.publish(&mut record).expect("nobody has a gate");
            });
            rows.push(samples.row(*name));
        }
    }
    Ok(runs.iter().map(|rows| Row::median_of(rows)).collect())
}

/// Who may be attached while something is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guest {
    /// Reads as fast as it can.
    Reading,
    /// Read, and was killed.
    Killed,
    /// Read, and was stopped by a signal.
    Stopped,
    /// Has mapped all of it, and sleeps.
    NeverReading,
}

const GUESTS: [(&str, Option<Guest>); 5] = [
    ("bus.publish", None),
    ("bus.publish.reading", Some(Guest::Reading)),
    ("bus.publish.killed", Some(Guest::Killed)),
    ("bus.publish.stopped", Some(Guest::Stopped)),
    ("bus.publish.never_reading", Some(Guest::NeverReading)),
];

/// One side's ends: the engine's writes market data and reads commands, the other's the reverse.
struct Side<'a> {
    writer: &'a mut Writer,
    reader: &'a mut Reader,
    record: Record,
}

impl Wire for Side<'_> {
    fn send_numbered(&mut self, number: u64) {
        write(&mut self.record, number);
        self.writer.publish(&mut self.record).expect("what is under way never fills a ring");
    }

    fn receive_numbered(&mut self) -> u64 {
        // Whoever counts sees by the number that records were lost.
        wait_until(|| self.reader.poll(&mut self.record) == Poll::Record);
        self.record.read::<Timer>().expect("no other record is sent").tag
    }
}

impl End for Side<'_> {
    fn send(&mut self) {
        self.send_numbered(0);
    }

    fn receive(&mut self) {
        self.receive_numbered();
    }
}

/// The engine's side: who listens, and publishes market data.
struct Host {
    listener: Listener,
    boot_id: BootId,
    market: Segment,
    writer: Writer,
    _folder: Folder,
}

/// The folder of the socket, which is empty again when it goes.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// A client, as the host has it.
struct Client {
    far: Far,
    commands: Reader,
    _connection: Connection,
}

impl Host {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("fulmar-bench-{}", std::process::id()));
        let listener = Listener::bind(&folder.join("bus.sock"))?;
        let boot_id = BootId(u128::from(std::process::id()));
        let mut market = segment(boot_id, "market", Access::Read)?;
        let (writer, _) = create(market.add("market", MARKET.word_count())?, MARKET, ChannelId(1));
        Ok(Host { listener, boot_id, market: market.seal()?, writer, _folder: Folder(folder) })
    }

    /// Starts the other process on `core`, and lets it attach.
    fn attach(&mut self, core: usize) -> anyhow::Result<Client> {
        let core = core.to_string();
        let arguments = ["bench", "bus", "--core", &core, "--client"].map(OsStr::new);
        let far = Far::start(arguments.into_iter().chain([self.listener.path().as_os_str()]))?;
        let caller = self.caller()?;
        let mut commands = segment(self.boot_id, "commands", Access::Write)?;
        let (_, ring) = create(commands.add("commands", COMMANDS.word_count())?, COMMANDS, ChannelId(2));
        let reader = ring.gated_reader().context("the ring was just made")?;
        let (events, cursor) =
            (segment(self.boot_id, "events", Access::Read)?, segment(self.boot_id, "cursor", Access::Write)?);
        let (commands, events, cursor) = (commands.seal()?, events.seal()?, cursor.seal()?);
        let ((_, wakes_client), (_, wakes_engine)) = (Bell::pair()?, Bell::pair()?);
        let handed = Handed {
            market: self.market.fd(),
            commands: commands.fd(),
            events: events.fd(),
            cursor: cursor.fd(),
            wakes_client: wakes_client.fd(),
            wakes_engine: wakes_engine.fd(),
        };
        let connection = caller.welcome(&welcome(self.boot_id), handed)?;
        Ok(Client { far, commands: reader, _connection: connection })
    }

    fn caller(&mut self) -> anyhow::Result<Caller> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let seconds = i64::try_from(ATTACH_TIMEOUT.as_secs()).expect("it is short");
        let timeout = Timespec { tv_sec: seconds, tv_nsec: 0 };
        for _ in 0..2 {
            // A connection is one event, its hello another.
            let fd = self.listener.fd();
            poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&timeout))?;
            if let Some(caller) = self.listener.accept()? {
                return Ok(caller);
            }
        }
        anyhow::bail!("the other process did not attach")
    }

    /// A client that has become what is wanted.
    fn invite(&mut self, guest: Guest, core: usize) -> anyhow::Result<Client> {
        let mut client = self.attach(core)?;
        if guest == Guest::NeverReading {
            return Ok(client);
        }
        client.far.tell(Order::Read);
        Side { writer: &mut self.writer, reader: &mut client.commands, record: Record::new() }.receive();
        match guest {
            Guest::Killed => client.far.kill().and_then(|()| client.far.bury())?,
            Guest::Stopped => client.far.stop()?,
            Guest::Reading | Guest::NeverReading => {}
        }
        Ok(client)
    }
}

fn segment(boot_id: BootId, name: &str, access: Access) -> anyhow::Result<SegmentBuilder> {
    Ok(SegmentBuilder::new(name, boot_id, access, SegmentOptions::default())?)
}

fn welcome(boot_id: BootId) -> Welcome {
    Welcome {
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
    }
}

/// The other process: attaches to the bench at `socket`, on `core`, and does what it is told.
///
/// # Errors
/// Where it cannot attach.
pub fn client(socket: &Path, core: Option<usize>) -> anyhow::Result<()> {
    pin(core);
    let hello = Hello::new(Text::new("bench").expect("it is short"), [0; 32]);
    let attached = call(socket, &hello, ATTACH_TIMEOUT)?;
    let Handed { market, commands, .. } = attached.handed;
    let _link: Link = attached.link;
    let market = OpenSegment::open(market, Access::Read)?;
    let commands = OpenSegment::open(commands, Access::Write)?;
    let part =
        |segment: &OpenSegment, name: &str| segment.part(name).context("the bench shares no such part");
    let (mut writer, _) = open_writer(part(&commands, "commands")?)?;
    let mut reader = open(part(&market, "market")?)?.reader();
    answer(&mut Side { writer: &mut writer, reader: &mut reader, record: Record::new() })
}
