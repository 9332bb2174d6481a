//! Captures: frames of a venue, kept byte for byte with the moment of their receipt, to be played again.
//!
//! A capture is a zstd stream of lines, each one JSON object; the first is the header:
//!
//! ```text
//! {"t":"header","format":"capture/1","venue":"binance-spot","instruments":["BTCUSDT"],"recorded_at":1723161253900000000}
//! {"t":"connect","at":1723161253937085768,"conn":1,"url":"wss://stream.example"}
//! {"t":"recv","at":1723161253938000000,"conn":1,"data":"{\"e\":\"trade\"}"}
//! ```
//!
//! Frames in a capture are text: bytes that are not UTF-8 cannot be kept, and the recorder says so. Nothing here looks
//! into a frame. Moments lie between the years 2000 and 2200; a line that names another is told as a bad one.

mod reader;
mod unescape;
mod writer;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

use fulmar_bus::record::UnixNanos;
use serde::{Deserialize, Serialize};

pub use reader::CaptureReader;
pub use writer::CaptureWriter;

/// What the header of a capture calls this format.
pub const FORMAT: &str = "capture/1";

/// One line of a capture. Text is as the venue or we wrote it, with the JSON of the capture itself undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub enum CaptureLine<'a> {
    /// The first line: what the capture holds.
    Header {
        /// Always [`FORMAT`].
        #[serde(borrow)]
        format: Cow<'a, str>,
        /// The venue's name, such as `binance-spot`.
        venue: Cow<'a, str>,
        /// The instruments that were asked for; none means all.
        instruments: Vec<String>,
        /// When the recording began.
        #[serde(with = "unix_nanos")]
        recorded_at: UnixNanos,
    },
    /// The answer to an HTTP GET.
    Http {
        /// When the last byte of it came.
        #[serde(with = "unix_nanos")]
        at: UnixNanos,
        /// The whole URL that was asked for.
        #[serde(borrow)]
        url: Cow<'a, str>,
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Cow<'a, str>,
    },
    /// A connection opened.
    Connect {
        /// When.
        #[serde(with = "unix_nanos")]
        at: UnixNanos,
        /// Which connection, counted from one.
        conn: u8,
        /// Its URL.
        #[serde(borrow)]
        url: Cow<'a, str>,
    },
    /// A message that we sent.
    Send {
        /// When.
        #[serde(with = "unix_nanos")]
        at: UnixNanos,
        /// On which connection, counted from one.
        conn: u8,
        /// The message.
        #[serde(borrow)]
        data: Cow<'a, str>,
    },
    /// A message that came.
    Recv {
        /// When.
        #[serde(with = "unix_nanos")]
        at: UnixNanos,
        /// On which connection, counted from one.
        conn: u8,
        /// The message.
        #[serde(borrow)]
        data: Cow<'a, str>,
    },
    /// A connection closed.
    Disconnect {
        /// When.
        #[serde(with = "unix_nanos")]
        at: UnixNanos,
        /// Which connection, counted from one.
        conn: u8,
        /// Why.
        #[serde(borrow)]
        reason: Cow<'a, str>,
    },
}

impl CaptureLine<'_> {
    /// When it happened; for the header, when the recording began.
    pub fn at(&self) -> UnixNanos {
        match self {
            CaptureLine::Header { recorded_at: at, .. }
            | CaptureLine::Http { at, .. }
            | CaptureLine::Connect { at, .. }
            | CaptureLine::Send { at, .. }
            | CaptureLine::Recv { at, .. }
            | CaptureLine::Disconnect { at, .. } => *at,
        }
    }
}

/// The path and query of `url`: what a session asked for, and what stands before the body of an HTTP frame.
///
/// ```
/// use fulmar_adapters::transport::capture::target_of;
/// assert_eq!(target_of("https://api.example/v3/depth?limit=5"), "/v3/depth?limit=5");
/// assert_eq!(target_of("https://api.example"), "/");
/// ```
pub fn target_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    after_scheme.find('/').map_or("/", |start| &after_scheme[start..])
}

/// Why a capture cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The file cannot be opened.
    #[error("cannot open capture {}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be made; one that exists is never overwritten.
    #[error("cannot create capture {}", path.display())]
    Create {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read on, such as where its compression is damaged.
    #[error("cannot read capture {} after line {line_number}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The last line that was read.
        line_number: u64,
        /// Why.
        source: io::Error,
    },
    /// A line is not what the format says.
    #[error("{}:{line_number}: {problem}", path.display())]
    BadLine {
        /// Which file.
        path: PathBuf,
        /// Which line, counted from one.
        line_number: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The file cannot be written on.
    #[error("cannot write capture {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Moments as the plain integers that they are in a capture.
mod unix_nanos {
    use fulmar_bus::record::UnixNanos;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &UnixNanos, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(at.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixNanos, D::Error> {
        u64::deserialize(deserializer).map(UnixNanos)
    }
}
