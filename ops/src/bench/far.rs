//! The other process of a bench: this program again, on the core that answers.
//!
//! What it is to do it is told over its standard input, a byte an order, and it says a byte over its standard output
//! when it has done that. So whoever waits for it sleeps, and leaves it the core. What is measured goes over a
//! [`Wire`].

use std::ffi::OsStr;
use std::io::{Read as _, Write as _, stdin};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

pub use super::limits::BURST;
use super::limits::{CROSSING_BATCH, SLICE_SAMPLES, STREAM_RECORDS};
use super::measure::{End, Rig, follow_rounds, lead_rounds, median, median_and_drain};
use super::report::{Figures, Row, Samples};
use crate::output;

/// One side of what two processes exchange records over.
pub trait Wire: End {
    /// Sends a record of this number; waits where there is no room.
    fn send_numbered(&mut self, number: u64);
    /// Waits for a record, and gives its number.
    fn receive_numbered(&mut self) -> u64;
}

/// The other process, seen from the one that measures. It does not outlive this.
pub struct Far {
    process: Child,
}

/// What it is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Order {
    /// To answer each record of a slice with another.
    Rounds = 1,
    /// To take a stream, and to say how far it came.
    Stream = 2,
    /// To read for ever.
    Read = 3,
}

impl Far {
    /// Starts this program with these arguments.
    ///
    /// # Errors
    /// Where the system has no second process.
    pub fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        Ok(Far { process: command.spawn().context("cannot start the other process")? })
    }

    /// Has it do something, and sleeps until it has done it.
    ///
    /// # Panics
    /// Where it is gone.
    pub fn order(&mut self, order: Order) {
        self.tell(order);
        self.process.stdout.as_mut().expect("it is piped").read_exact(&mut [0]).expect("it answers");
    }

    /// Has it do something that has no end.
    ///
    /// # Panics
    /// Where it is gone.
    pub fn tell(&mut self, order: Order) {
        let orders = self.process.stdin.as_mut().expect("it is piped");
        orders.write_all(&[order as u8]).and_then(|()| orders.flush()).expect("it listens");
    }

    /// Kills it, and returns once the signal is sent: it may live a moment longer.
    ///
    /// # Errors
    /// Where it is gone already.
    pub fn kill(&self) -> anyhow::Result<()> {
        Ok(kill_process(self.pid(), Signal::KILL)?)
    }

    /// Stops it, and returns once it stands still.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn stop(&self) -> anyhow::Result<()> {
        kill_process(self.pid(), Signal::STOP)?;
        waitpid(Some(self.pid()), WaitOptions::UNTRACED)?.context("the other process was not stopped")?;
        Ok(())
    }

    /// Waits for its end, which comes with that of its orders.
    ///
    /// # Errors
    /// Where it failed.
    pub fn end(mut self) -> anyhow::Result<()> {
        drop(self.process.stdin.take());
        let status = self.process.wait().context("cannot see how the other process ended")?;
        ensure!(status.success(), "the other process ended with {status}");
        Ok(())
    }

    /// Waits until it, which was killed, is no more.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn bury(&mut self) -> anyhow::Result<()> {
        self.process.wait().context("cannot see how the other process ended").map(drop)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        // Both fail where it has ended, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The other process's side: does what it is told until there are no more orders.
///
/// # Errors
/// Where it is told what it cannot do, or nobody hears it.
pub fn answer(far: &mut impl Wire) -> anyhow::Result<()> {
    let mut order = [0];
    while stdin().read(&mut order)? > 0 {
        // That it is awake.
        far.send();
        match order[0] {
            order if order == Order::Rounds as u8 => follow_rounds(far, SLICE_SAMPLES),
            order if order == Order::Stream as u8 => {
                for number in 1..=STREAM_RECORDS {
                    assert_eq!(
                        far.receive_numbered(),
                        number,
                        "records come in their order, and none is lost"
                    );
                    if number % BURST == 0 {
                        far.send();
                    }
                }
            }
            order if order == Order::Read as u8 => loop {
                far.receive();
            },
            unknown => bail!("no order has the number {unknown}"),
        }
        output::bytes(&[1])?;
    }
    Ok(())
}

/// One way of a ping-pong with the other process, and its ratio to the raw cache line, whose samples go to `limit` as
/// long as the budget lasts. `None` on one core.
pub fn one_way(
    rig: &Rig,
    name: &str,
    (budget, limit): (fulmar_bus::record::Nanos, &mut Samples),
    (near, far): (&mut impl Wire, &mut Far),
) -> Option<Row> {
    let mut samples = Samples::new(CROSSING_BATCH);
    let mut slice = Vec::with_capacity(SLICE_SAMPLES);
    let lead = || {
        near.receive();
        lead_rounds(&rig.clock, near, &mut slice, SLICE_SAMPLES);
        median_and_drain(&mut slice, &mut samples)
    };
    let ratio = rig.slices(budget, limit, lead, || far.order(Order::Rounds))?;
    Some(samples.row(name).with_ratio(ratio))
}

/// Records streamed one way, as fast as none is lost: whoever sends is never two bursts ahead of what the other side
/// said that it read. Its ratio holds the time of one record against the raw cache line. `None` on one core.
#[expect(clippy::cast_precision_loss, reason = "a slice is a few thousand records and milliseconds")]
pub fn throughput(
    rig: &Rig,
    name: &str,
    (budget, limit): (fulmar_bus::record::Nanos, &mut Samples),
    (near, far): (&mut impl Wire, &mut Far),
) -> Option<Row> {
    let mut rates = Vec::new();
    let lead = || {
        near.receive();
        let before = rig.clock.ticks();
        for number in 1..=STREAM_RECORDS {
            near.send_numbered(number);
            if number % BURST == 0 && number > BURST {
                near.receive();
            }
        }
        near.receive();
        let record_ns = rig.clock.ticks_to_ns(before, rig.clock.ticks()) as f64 / STREAM_RECORDS as f64;
        rates.push(1e9 / record_ns);
        record_ns
    };
    let ratio = rig.slices(budget, limit, lead, || far.order(Order::Stream))?;
    let figures = Figures::Rate { value: median(&mut rates).round() };
    let row = Row { name: name.to_owned(), unit: "records/s", figures, ratio: None };
    Some(row.with_ratio(ratio))
}
