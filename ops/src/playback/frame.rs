//! A line of a capture as the frame that the engine got.

use fulmar_adapters::transport::capture::{CaptureLine, target_of};
use fulmar_bus::record::FrameSource;

/// What came from outside.
pub(super) struct Frame<'a> {
    /// What it is.
    pub source: FrameSource,
    /// On which connection: a capture counts them from one, the engine from zero.
    pub connection: u8,
    /// The status of an HTTP answer, zero elsewhere.
    pub status: u16,
    /// Its bytes, as a session takes them.
    pub bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame that `line` is, if it is one; the bytes of an HTTP answer are put together in `http`.
    pub fn of(line: &'a CaptureLine<'_>, http: &'a mut Vec<u8>) -> Option<Self> {
        let (source, conn, status, bytes) = match line {
            CaptureLine::Recv { data, conn, .. } => (FrameSource::Message, *conn, 0, data.as_bytes()),
            CaptureLine::Http { url, status, body, .. } => {
                http.clear();
                http.extend_from_slice(target_of(url).as_bytes());
                http.push(b'\n');
                http.extend_from_slice(body.as_bytes());
                (FrameSource::Http, 1, *status, http.as_slice())
            }
            CaptureLine::Connect { url, conn, .. } => (FrameSource::Opened, *conn, 0, url.as_bytes()),
            CaptureLine::Disconnect { reason, conn, .. } => {
                (FrameSource::Closed, *conn, 0, reason.as_bytes())
            }
            CaptureLine::Header { .. } | CaptureLine::Send { .. } => return None,
        };
        Some(Frame { source, connection: conn.saturating_sub(1), status, bytes })
    }

    /// True for what the venue sent, which reports count, and false for news of a connection.
    pub fn is_of_venue(&self) -> bool {
        matches!(self.source, FrameSource::Message | FrameSource::Http)
    }
}
