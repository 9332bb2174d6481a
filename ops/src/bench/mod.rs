//! The latency harness behind `fulmar bench`, and behind the benches crate, which sets peers beside the same rows.
//!
//! Read [`measure`] first: what a sample is, and how a figure that crosses cores is held against the raw cache line of
//! the same moment. Then there is a file a bench. All inputs are made here from one seed; nothing is read from a disk
//! or a network. What is measured is the engine's own code, through the doors that live trading uses.

pub mod book;
pub mod bus;
pub mod decode;
pub mod far;
mod frames;
pub mod hop;
pub mod kill;
mod limits;
mod machine;
pub mod measure;
pub mod report;
pub mod risk;
#[cfg(test)]
mod tests;
pub mod tick_to_order;

use crate::commands::BenchName;
use measure::Rig;
use report::Report;

/// Runs one bench, on a thread of its own that is pinned to the rig's core; but for one that is of a whole engine,
/// which has its own cores.
///
/// # Errors
/// Where the engine under test cannot be set up.
pub fn run(name: BenchName, rig: &Rig) -> anyhow::Result<Report> {
    if name == BenchName::Kill {
        return kill::run(rig);
    }
    rig.on_core(|| match name {
        BenchName::Hop => Ok(hop::run(rig)),
        BenchName::Bus => bus::run(rig),
        BenchName::Decode => Ok(decode::run(rig)),
        BenchName::Book => Ok(book::run(rig)),
        BenchName::Risk => Ok(risk::run(rig)),
        BenchName::TickToOrder => tick_to_order::run(rig),
        BenchName::Kill => unreachable!("it is run above"),
    })
}
