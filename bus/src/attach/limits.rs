//! Every limit of this module.

use std::time::Duration;

/// Callers that connected and did not say hello yet. One more, and the one that is silent for longest is let go.
pub(super) const PENDING_MAX: usize = 16;
/// Connections that the system keeps for us until we take them.
pub(super) const BACKLOG: i32 = 64;
/// Instruments that one client can be told of: as many as the parts of a segment.
pub(super) const INSTRUMENTS_MAX: usize = crate::segment::PARTS_MAX;
/// Bytes of settings that a client is given.
pub(super) const SETTINGS_BYTES_MAX: usize = 16 * 1024;
/// File descriptors that come with one packet, at most: those of a welcome.
pub(super) const FILES_MAX: usize = 6;
/// Bytes of the words that a refusal carries; what is longer is cut.
pub(super) const WORDS_BYTES: usize = 232;
/// How often a call that a signal interrupted is made again.
pub(super) const INTERRUPTS_MAX: usize = 16;
/// The shortest wait that the system does not take for waiting without end.
pub(super) const TIMEOUT_MIN: Duration = Duration::from_millis(1);
/// Rings of a bell that are heard at once; more than an end keeps with the system's usual limits.
pub(super) const RINGS_MAX: usize = 1024;
