//! The smallest strategy: it sees everything and does nothing. For measuring what the engine costs without one.

use crate::entry::StrategyEntry;
use crate::sdk::Strategy;

/// What a configuration knows of it.
pub const ENTRY: StrategyEntry = StrategyEntry {
    kind: "idle",
    doc: "Sees everything and does nothing.",
    parameters: &[],
    is_trading: false,
    make: |_| Ok(Box::new(Idle)),
};

/// Does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idle;

impl Strategy for Idle {}
