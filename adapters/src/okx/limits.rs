//! Every limit of the OKX adapter, each with its source or reason. "Documentation" is `www.okx.com/docs-v5`.

use fulmar_bus::record::Nanos;

use crate::session::limits::VenueLimits;
use crate::session::{Assumed, Assumption, messages_per_second};

/// Levels of one side of one message: the book has 400 (documentation, order book channel), of which all may go and as
/// many come in one update; as much again for the day that it deepens.
pub const LEVELS_MAX: usize = 1_600;

/// Bytes of a message. The longest is the first of the `instruments` channel, which tells every instrument of a market:
/// a thousand of 1,200 bytes each on spot.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of an HTTP answer: as many instruments as [`MESSAGE_BYTES_MAX`] has room for, several times.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Books of one connection. The documentation advises less than 30 deep books.
pub const BOOKS_PER_CONNECTION: usize = 25;

/// Instruments of one connection that carries bars: each takes a subscription of its own.
pub const BARS_PER_CONNECTION: usize = 80;

/// Bytes of the arguments of one subscription: what one record has room for, less than the 64 KiB that the venue takes
/// (documentation, subscribe).
pub const ARGUMENT_BYTES_MAX: usize = 2_800;

/// Subscriptions, unsubscriptions and logins of one connection in an hour (documentation, connection limits).
pub const REQUESTS_PER_HOUR: u64 = 480;

/// Between two messages to the venue on one connection in the long run, pings included, which the venue does not count.
pub const MESSAGE_INTERVAL: Nanos = Nanos::from_secs(7);

/// Messages of one connection that may leave at once: the subscriptions of all its instruments, and then its books once
/// again.
pub const MESSAGE_BURST: u32 = 100;

/// Messages of one connection in one second. Assumed, since the venue states no limit of so short a time: that ten are
/// taken. Where they are not, it refuses subscriptions or closes the connection; both are counted.
pub const MESSAGES_PER_SECOND: Assumption = messages_per_second(
    10,
    "Messages to the venue on one connection in a second. It states no limit of so short a time; assumed: ten are taken. \
     Where they are not, it refuses subscriptions or closes the connection; both are counted.",
);

/// Attempts to connect in a minute: three a second and address (documentation, connection limits), shared by all that
/// runs here.
pub const CONNECTS_PER_MINUTE: u32 = 60;

/// Attempts to connect in a second, by address (documentation, connection limits).
pub const CONNECTS_PER_SECOND: u32 = 3;

/// Between two HTTP requests in the long run: lists of instruments may be asked for 20 times in two seconds, by address
/// and market (documentation, get instruments). A twentieth of that is plenty.
pub const REQUEST_INTERVAL: Nanos = Nanos::from_secs(2);

/// HTTP requests that may be made at once: each market twice.
pub const REQUEST_BURST: u32 = 6;

/// How often the venue is to be told that we are still there: it closes a connection that was silent for 30 seconds
/// (documentation, connect).
pub const PING_INTERVAL: Nanos = Nanos::from_secs(20);

/// A connection that says nothing for this long is replaced. It answers a ping at once; so one answer is late by ten
/// seconds. Assumed: that a quiet book says about each minute that nothing changed, naming itself as the one before it,
/// which nothing here waits for; one that numbers it otherwise breaks its book with a gap. `book_idle_max_ms` states it
/// otherwise.
pub const BOOK_IDLE_MAX: Nanos = Nanos::from_secs(30);

/// What a session keeps to.
pub fn of(assumed: &Assumed) -> VenueLimits {
    VenueLimits {
        message_bytes_max: MESSAGE_BYTES_MAX,
        answer_bytes_max: ANSWER_BYTES_MAX,
        levels_max: LEVELS_MAX,
        message_interval: MESSAGE_INTERVAL,
        messages_per_second: MESSAGES_PER_SECOND.count(assumed),
        connects_per_second: CONNECTS_PER_SECOND,
        connects_per_minute: CONNECTS_PER_MINUTE,
        weight_interval: REQUEST_INTERVAL,
        weight_burst: REQUEST_BURST,
        definitions_weight: 1,
        book_idle_max: BOOK_IDLE_MAX,
        ping: Some(("ping", PING_INTERVAL)),
    }
}

const HOUR: Nanos = Nanos::from_secs(3_600);
const _: () = assert!(
    MESSAGE_BURST as u64 + HOUR.0 / MESSAGE_INTERVAL.0 - HOUR.0 / PING_INTERVAL.0 <= REQUESTS_PER_HOUR,
    "even in its first hour a connection asks for no more than the venue allows"
);
const _: () = assert!(ARGUMENT_BYTES_MAX + 64 <= fulmar_bus::record::Request::BYTES_MAX);
const _: () = assert!(BARS_PER_CONNECTION < MESSAGE_BURST as usize);
const _: () =
    assert!(BOOKS_PER_CONNECTION * 3 + 5 < MESSAGE_BURST as usize, "subscribed to, and asked for once again");
