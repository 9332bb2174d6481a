//! One row: venues on loopback, the program that follows them, and what the system says of it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use fulmar_adapters::session::VenueEntry;
use fulmar_tests::loopback::{Loopback, Plan};
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use serde_json::Value;

/// Set in the environment of the process that is measured.
pub const IS_MEASURED: &str = "FULMAR_BENCH_IS_MEASURED";

/// What the markets follow from.
const SEED: u64 = 0x00f0_11a2;
/// How long frames come before anything is counted, in seconds: the first snapshots are behind then.
const WARM_UP_SECONDS: u32 = 1;

/// What a row came to.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// What was measured.
    pub name: String,
    /// Venues that were followed.
    pub venues: usize,
    /// Symbols of all of them.
    pub symbols: usize,
    /// Frames that were counted.
    pub frames: u64,
    /// Of each frame, the time on a processor: of the whole process.
    pub process_ns: u64,
    /// The same of its network thread.
    pub io_ns: u64,
    /// The same of its core loop: feed, books, aggregators.
    pub engine_ns: u64,
    /// A pass of the core loop that had work, half of all, and 99 of 100.
    pub pass_ns: [u64; 2],
    /// From taking a frame to what it says, half of all records, and 99 of 100.
    pub decode_ns: [u64; 2],
    /// From there to the best prices that follow from it, as above.
    pub book_ns: [u64; 2],
    /// The most memory that the process had.
    pub memory_bytes: u64,
    /// Records that somebody missed.
    pub lost: u64,
}

/// Processor time of a process's threads, in nanoseconds.
#[derive(Clone, Copy, Default)]
struct Times {
    process: u64,
    io: u64,
    engine: u64,
}

/// Follows so many symbols of each of these venues at a rate of frames a second, for so many seconds.
///
/// # Errors
/// Where the program does not follow them all, or the system does not say what it took.
pub fn row(
    name: String,
    venues: &[(&'static VenueEntry, usize)],
    (rate, seconds): (u32, u32),
) -> anyhow::Result<Measured> {
    let loopback = Loopback::start(venues, Plan { seed: SEED, frames_per_second: rate });
    let symbols = venues.iter().map(|(_, count)| count).sum();
    let folder = tempfile::tempdir()?;
    let mut child = Running(start(folder.path(), &loopback)?);
    wait_for_books(&mut child.0, symbols).with_context(|| name.clone())?;
    let pid = child.0.id();
    wait_for_frames(&loopback, u64::from(rate * WARM_UP_SECONDS));
    let (sent, began) = (loopback.frames_sent(), Times::of(pid)?);
    wait_for_frames(&loopback, u64::from(rate * seconds));
    let (frames, ended) = (loopback.frames_sent() - sent, Times::of(pid)?);
    let memory_bytes = peak_bytes(pid)?;
    let report = child.stop()?;
    judge(&report, symbols).with_context(|| format!("{name}: {report:#}"))?;
    let per_frame = |of: fn(&Times) -> u64| (of(&ended) - of(&began)) / frames;
    Ok(Measured {
        name,
        venues: venues.len(),
        symbols,
        frames,
        process_ns: per_frame(|times| times.process),
        io_ns: per_frame(|times| times.io),
        engine_ns: per_frame(|times| times.engine),
        pass_ns: quantiles(&report["cores"][0]["duty_cycle_ns"]),
        decode_ns: quantiles(&report["latency_ns"]["hops"]["decode"]),
        book_ns: quantiles(&report["latency_ns"]["hops"]["book"]),
        memory_bytes,
        lost: report["lost"].as_u64().context("the report says what was lost")?,
    })
}

/// The program, which does not outlive the row.
struct Running(Child);

impl Running {
    fn stop(mut self) -> anyhow::Result<Value> {
        kill_process(Pid::from_child(&self.0), Signal::INT)?;
        let mut report = String::new();
        self.0.stdout.take().context("it is piped")?.read_to_string(&mut report)?;
        ensure!(self.0.wait()?.success(), "the run failed: {report}");
        Ok(serde_json::from_str(&report)?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(folder: &Path, loopback: &Loopback) -> anyhow::Result<Child> {
    let state = folder.join("state");
    let head = format!("[engine]\nmode = \"paper\"\nstate_directory = \"{}\"\n", state.display());
    let placement = "[placement]\nfile = \"placement.toml\"\n";
    let core = "[[core]]\nname = \"engine\"\nwait = \"park\"\nactors = [\"*\"]\n";
    let configuration = folder.join("fulmar.toml");
    std::fs::write(&configuration, [&head, &*loopback.configuration(), placement].concat())?;
    std::fs::write(folder.join("placement.toml"), core)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.env_clear().env(IS_MEASURED, "1");
    command.args(["run", "--format", "json", "--config"]).arg(configuration);
    Ok(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
}

/// Reads the log until it says that every book is live. A thread takes the rest, which nobody needs.
fn wait_for_books(child: &mut Child, symbols: usize) -> anyhow::Result<()> {
    let mut lines = BufReader::new(child.stderr.take().context("it is piped")?).lines();
    let (mut live, mut told) = (BTreeSet::new(), Vec::new());
    while live.len() < symbols {
        let Some(line) = lines.next() else { bail!("it ended: {told:#?}") };
        let line = line?;
        // A book may break once at the start, where the venue says what the instrument is after it sent its book.
        if let Some((name, _)) = line.split_once(": the book is live") {
            live.insert(name.rsplit(' ').next().map(str::to_owned));
        }
        told.push(line);
    }
    std::thread::spawn(move || lines.for_each(drop));
    Ok(())
}

/// Waits until so many more were sent: the venues' pace is the clock of a row.
fn wait_for_frames(loopback: &Loopback, more: u64) {
    let enough = loopback.frames_sent() + more;
    while loopback.frames_sent() < enough {
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
}

/// A figure of a run that lost something, or whose books broke, would be a lie.
fn judge(report: &Value, symbols: usize) -> anyhow::Result<()> {
    let instruments = report["instruments"].as_array().context("the report lists instruments")?;
    ensure!(instruments.len() == symbols, "an instrument is missing");
    for instrument in instruments {
        ensure!(instrument["state"] == "live", "a book is not live: {instrument}");
        ensure!(instrument["gaps"] == 0, "a book broke: {instrument}");
    }
    ensure!(report["decode_errors"] == 0, "a frame could not be read");
    Ok(())
}

fn quantiles(latency: &Value) -> [u64; 2] {
    ["p50", "p99"].map(|quantile| latency[quantile].as_u64().unwrap_or_default())
}

impl Times {
    fn of(process: u32) -> anyhow::Result<Self> {
        let mut times = Times::default();
        for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
            let task = task?.path();
            // A thread may end between two looks; those that work do not.
            let Ok(name) = std::fs::read_to_string(task.join("comm")) else { continue };
            let Ok(times_of_task) = std::fs::read_to_string(task.join("schedstat")) else { continue };
            let on_cpu = times_of_task.split(' ').next().unwrap_or_default().parse::<u64>()?;
            times.process += on_cpu;
            match name.trim() {
                "io" => times.io += on_cpu,
                "engine" => times.engine += on_cpu,
                _ => {}
            }
        }
        ensure!(times.io > 0 && times.engine > 0, "the system does not say what its threads took");
        Ok(times)
    }
}

/// The most memory that a process has had so far.
fn peak_bytes(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the system tells it")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}
