//! Sockets, HTTP and captures: the IO of every venue.
//!
//! A [`VenueLink`] stands between the engine's two rings and one venue: it keeps the WebSocket connections open,
//! carries requests out and gives every frame, byte for byte and in order, to the engine. [`capture`] keeps frames and
//! gives them back. Links are evented (tokio) and run on a thread of their own, see [`spawn_io_thread`].
//!
//! Nothing here knows a venue, looks into a frame, or decides anything about trading.

pub mod capture;
pub mod limits;

mod address;
mod ask;
mod budget;
mod connection;
mod frames;
mod hub;
mod link;
mod rate;
mod reconnect;
mod refusal;
mod requests;
mod rest;
mod router;
mod runtime;
mod status;
mod tap;
mod tls;
mod websocket;

#[cfg(test)]
mod tests;

pub use address::AddressError;
pub use ask::{AskError, ask_once};
pub use budget::ConnectBudgets;
pub use hub::Clock;
pub use limits::{ConnectionLimits, RateLimit, ReconnectLimits, RestLimits, TransportLimits};
pub use link::{LinkEnds, LinkPlan, PlanError, VenueLink};
pub use requests::Requests;
pub use runtime::{IoThread, spawn_io_thread};
pub use status::{LinkCounters, LinkEvent, LinkReport, LinkStatus, StatusSender, status_channel};
pub use tap::{Recorder, Recording, Tap, start_recorder};
