//! The smallest strategy: it sees everything and does nothing. For measuring what the engine costs without one.

use crate::sdk::Strategy;

/// Does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idle;

impl Strategy for Idle {}
