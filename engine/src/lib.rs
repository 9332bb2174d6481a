//! What the engine thinks: turns, books, orders, risk, journal, simulation.
//!
//! Read [`runtime`] for how an actor runs, [`market`] and [`trading`] for what it knows, [`actors`] for who does what.
//! This room opens no socket, names no venue, awaits nothing, and reads a clock in `runtime::clock` alone.

pub mod actors;
pub mod contract;
pub mod journal;
pub mod market;
pub mod runtime;
pub mod simulation;
pub mod trading;
pub mod wiring;
