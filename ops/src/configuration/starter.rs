//! The files of `config/`, within the program, so that it can run and write them where no checkout is.

/// What `fulmar demo` runs.
pub const DEMO: &str = include_str!("../../../config/demo.toml");
/// Live market data, simulated fills; what `fulmar init` starts with.
pub const PAPER: &str = include_str!("../../../config/paper.toml");
/// Limits to lay over another configuration.
pub const RISK: &str = include_str!("../../../config/risk.toml");
/// Cores and the actors on them.
pub const PLACEMENT: &str = include_str!("../../../config/placement.toml");
