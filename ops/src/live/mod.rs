//! A running engine: what it is made from, its threads, and how it comes to an end.
//!
//! [`Launch`] is everything that a run is made from; it goes into the journal as it is, so that a replay is made from
//! the same. [`LiveEngine`] starts the cores, the recorder and the IO, and stops them again in the order in which
//! nothing is lost: orders canceled, cores, recorder, IO.

mod account;
mod engine;
mod epoch;
mod halt;
mod held;
pub mod journal;
mod jumps;
mod launch;
mod memory;
mod orders;
mod pairs;
mod places;
mod report;
mod standing;
mod stop;
mod threads;
mod watch;

pub use account::{AccountBoard, BalanceText};
pub use engine::{LiveEngine, LiveError, Seals, Stopped};
pub use epoch::{Boot, next_boot};
pub use halt::Halt;
pub use held::Held;
pub use journal::Summary;
pub use launch::{Launch, Route, order_venues};
pub use memory::{Memory, VenueMemory};
pub use orders::{Denials, Holding, OrderBoard, OrderCounts};
pub use report::{Latency, LatencyReport, text_of};
pub use standing::Standing;
pub use stop::Signals;
pub use threads::CoreReport;
pub use watch::{End, Show, Silent, Watch};
