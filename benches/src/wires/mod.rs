//! What else two processes on two cores can exchange records over, in the rows of `bus`: a ring that does no more than
//! copy, iceoryx2, a Unix socket, TCP on loopback. Each carries records of 64 bytes, one at a time or as a stream, by
//! the same code and within the same slices as the engine's own ring; each waits as that does, and none of them sleeps.

mod copy_ring;
mod iceoryx;
mod sockets;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use fulmar::bench::far::{Far, Wire, answer, one_way, throughput};
use fulmar::bench::measure::{CROSSING_BATCH, Rig, pin};
use fulmar::bench::report::{Report, Row, Samples};

use copy_ring::CopyRing;
use iceoryx::Iceoryx;
use sockets::{Packets, Stream};

/// What is measured beside the engine's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// The least that a ring of records has to do.
    CopyRing,
    /// iceoryx2, publish and subscribe.
    Iceoryx2,
    /// A Unix socket that keeps records apart.
    UnixSocket,
    /// TCP on loopback.
    Tcp,
}

/// A wire between two processes, found at a place that both know.
trait Laid: Wire + Sized {
    /// The side that measures: makes what the other one finds at `place`, then has it started.
    fn near(place: &Path, start: impl FnOnce() -> anyhow::Result<Far>) -> anyhow::Result<(Self, Far)>;

    /// The other side.
    fn far(place: &Path) -> anyhow::Result<Self>;
}

/// Adds the rows of all of them to a report of `bus`, and how the engine's own compares. Nothing on one core.
pub fn add(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let Some(core) = rig.cores.answering else { return Ok(()) };
    for peer in Peer::value_variants() {
        let rows = match peer {
            Peer::CopyRing => rows::<CopyRing>(rig, *peer, core),
            Peer::Iceoryx2 => rows::<Iceoryx>(rig, *peer, core),
            Peer::UnixSocket => rows::<Packets>(rig, *peer, core),
            Peer::Tcp => rows::<Stream>(rig, *peer, core),
        };
        report.rows.extend(rows.with_context(|| name(*peer))?);
    }
    let ratio_of = |name: &str| report.rows.iter().find(|row| row.name == name)?.ratio;
    let quotient = |name: &str, of: &str| Some(ratio_of(name)? / ratio_of(of)?);
    let told = [
        ("one way, to iceoryx2", quotient("bus.one_way", "bus.one_way/iceoryx2")),
        ("records a second, to the copying ring", quotient("bus.throughput/copy-ring", "bus.throughput")),
    ];
    for (what, quotient) in told {
        report
            .notes
            .extend(quotient.map(|quotient| format!("bus, {what}, each by its limit: {quotient:.2}")));
    }
    Ok(())
}

fn rows<W: Laid>(rig: &Rig, peer: Peer, core: usize) -> anyhow::Result<Vec<Row>> {
    // Memory that is no file on a disk, where the system has it.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?;
    let place = folder.path().join("wire");
    let (name, core) = (name(peer), core.to_string());
    let arguments = ["bus", "--far", &name, "--core", &core, "--client"].map(OsStr::new);
    let start = || Far::start(arguments.into_iter().chain([place.as_os_str()]));
    let (mut near, mut far) = W::near(&place, start)?;
    let mut limit = Samples::new(CROSSING_BATCH);
    let row = |what: &str| format!("bus.{what}/{name}");
    let one_way = one_way(rig, &row("one_way"), (rig.share(6), &mut limit), (&mut near, &mut far));
    let throughput = throughput(rig, &row("throughput"), (rig.share(6), &mut limit), (&mut near, &mut far));
    far.end()?;
    Ok(one_way.into_iter().chain(throughput).collect())
}

/// The other process of a peer.
pub fn client(peer: Peer, place: &Path, core: Option<usize>) -> anyhow::Result<()> {
    pin(core);
    match peer {
        Peer::CopyRing => answer(&mut CopyRing::far(place)?),
        Peer::Iceoryx2 => answer(&mut Iceoryx::far(place)?),
        Peer::UnixSocket => answer(&mut Packets::far(place)?),
        Peer::Tcp => answer(&mut Stream::far(place)?),
    }
}

/// As the command line and the rows call it.
fn name(peer: Peer) -> String {
    peer.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The two directions of a wire, each by a file of its own.
fn directions(place: &Path) -> [PathBuf; 2] {
    ["there", "back"].map(|direction| place.with_extension(direction))
}
