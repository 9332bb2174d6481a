//! Every limit of the transport, each with its reason. What an operator may want otherwise is a field of
//! [`TransportLimits`]; what nobody should is a constant.

use std::time::Duration;

use fulmar_bus::record::Nanos;

/// The longest line of a capture: the largest message, every byte of it escaped, and room for the rest.
pub const CAPTURE_LINE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// A killed recorder loses this much at most, by the clock of its frames.
pub const CAPTURE_FLUSH_INTERVAL: Nanos = Nanos::from_secs(1);
/// A killed recorder loses this much at most, in bytes before compression.
pub const CAPTURE_FLUSH_BYTES: usize = 1024 * 1024;
/// zstd's own default: higher levels save a tenth of the file and cost several times the work.
pub const CAPTURE_LEVEL: i32 = 3;
