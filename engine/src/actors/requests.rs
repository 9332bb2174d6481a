//! Bytes for a venue, on their way to the transport: what a feed asks and a gateway sends.

use fulmar_bus::record::{Flags, InstrumentId, Nanos, Request, RequestKind, UnixNanos};

use crate::runtime::{Origin, Outbox};

/// Publishes a request; false where the transport has not made room or the bytes are too many.
pub(super) fn send_request(
    requests: &mut Outbox,
    origin: Origin,
    (connection, kind, delay): (u8, RequestKind, Nanos),
    bytes: &[u8],
) -> bool {
    let Ok(byte_count) = u32::try_from(bytes.len()) else { return false };
    if bytes.len() > Request::BYTES_MAX {
        return false;
    }
    let not_before_at = if delay == Nanos(0) { UnixNanos(0) } else { origin.received_at + delay };
    let request = Request { tag: 0, not_before_at, byte_count, kind, connection, reserved: [0; 2] };
    requests.send_with_tail(origin, (InstrumentId::NONE, Flags::NONE), &request, bytes).is_ok()
}
