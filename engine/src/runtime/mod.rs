//! How actors run: turns, cores, time.
//!
//! Read [`actor`] first, then [`port`] for what an actor holds in its hands, then [`core_loop`] for who calls it live
//! and [`player`] for who calls it in a replay.

pub mod actor;
pub mod clock;
pub mod core_loop;
pub mod digest;
pub mod door;
pub mod doorbell;
pub mod hops;
mod limits;
pub mod line_status;
pub mod link;
pub mod note;
pub mod placement;
pub mod player;
pub mod port;
pub mod refusal;
mod tally;
pub mod team;
pub mod wait;

pub use actor::{Actor, Work};
pub use clock::Clock;
pub use core_loop::{CoreError, CoreLoop, CoreStatus, FinishedCore, RunningCore, Seat, counters};
pub use digest::{Digest, DigestBoard};
pub use door::{Door, Doorway, door};
pub use doorbell::Doorbell;
pub use hops::{Arrival, Hop, HopBoard, HopLatencies, HopStamps, Stage, Start, Station, Way};
pub use line_status::{Ended, LineFigures, LineStatus};
pub use link::{FrameHead, FrameWriter, RequestReader};
pub use note::{NoteWriter, NotedTurn};
pub use placement::{CorePlan, Placement, PlacementError};
pub use player::Player;
pub use port::{Delivery, Inboxes, Lap, Origin, Outbox};
pub use refusal::{Refusal, Refusals};
pub use team::Team;
pub use wait::{Wait, give_way};
