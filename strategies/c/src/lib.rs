//! The library by which a strategy in C, or in any language that can call C, attaches to an engine.
//!
//! It adds no behaviour: behind it is the host that Rust strategies have, so that the same records lead to the same
//! callbacks and the same wishes in every language. It never lets a panic cross into C, and believes no argument.
//!
//! ```text
//!  C            fulmar_attach ------> session ----> fulmar_run, fulmar_turn, fulmar_stop, fulmar_detach
//!               callbacks <--- bridge (a Strategy) <--- the host's turn
//!                  |
//!                  +--> fulmar_top, fulmar_submit, ... ----> context, lent for the callback, or taken between turns
//! ```
//!
//! Functions take references where C has pointers that may be NULL, so that the compiler makes us look. Pointers that
//! are more than one value, a text or an array, are read in `memory`. The header, and what Python knows of all this,
//! are written by `tests/bindings.rs` from the sources of this crate and of the records.

pub mod callbacks;
pub mod context;
pub mod memory;
pub mod numbers;
pub mod orders;
pub mod outcome;
pub mod session;
pub mod view;

pub use callbacks::{BookUpdate, Callbacks, Event};
pub use context::Context;
pub use orders::{NewOrder, Order};
pub use outcome::{Error, Outcome};
pub use session::{Options, Session, Wait};
