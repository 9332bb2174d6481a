//! The whole program as its user runs it: processes, sockets on loopback, signals, files. No network is needed.
//!
//! `FULMAR_CAMPAIGN=full` repeats what timing can change as often as trust in it needs. Start reading with `demo`.

mod attached;
mod bench;
mod bus_limits;
mod canary;
mod configuration;
mod demo;
mod every_venue;
mod futures_venue;
mod growth;
mod halt;
mod in_step;
mod kill;
mod languages;
mod live;
mod lost_journal;
mod many_instruments;
mod placement;
mod program;
mod shape;
mod shutdown;
mod two_venues;
mod unreachable;
