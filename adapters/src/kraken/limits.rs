//! Every limit of the Kraken Spot adapter, each with its source or reason. "Documentation" is
//! `docs.kraken.com/exchange`.

use fulmar_bus::record::Nanos;

use crate::session::limits::{SYMBOL_BYTES_MAX, VenueLimits};
use crate::session::{Assumed, Assumption, messages_per_second};

/// The depths of book that there are, the deepest first (documentation, spot-websocket-v2/book).
pub const DEPTHS: &[u32] = &[1_000, 500, 100, 25, 10];

/// Levels of one side of one message: the deepest book, and as much again for the day that it deepens.
pub const LEVELS_MAX: usize = 2_000;

/// Bytes of a message: the definitions of all pairs are the longest, some 1,500 of 400 bytes beside as many assets.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes of an HTTP answer. None is asked for.
pub const ANSWER_BYTES_MAX: usize = 1024;

/// Instruments of one connection. The venue states no limit; assumed, so that one connection's loss takes no more, and
/// its subscriptions leave within some seconds.
pub const INSTRUMENTS_PER_CONNECTION: usize = 100;

/// Bytes of a subscription that may be symbols: the rest of a request is its frame.
pub const SYMBOLS_BYTES_MAX: usize = 3_000;

/// Symbols in one subscription. The venue answers each by itself; assumed, so that these are no burst.
pub const SYMBOLS_PER_MESSAGE: usize = 50;

/// Messages to the venue on one connection in a second. Its limit is not stated and varies with its load
/// (documentation, general/ratelimits). Assumed: that this is always below it. Where it is not, the venue refuses a
/// subscription ("Exceeded msg rate"), which is counted.
pub const MESSAGES_PER_SECOND: Assumption = messages_per_second(
    5,
    "Messages to the venue on one connection in a second. Its limit is not stated and varies with its load; assumed: this \
     is always below it. Where it is not, the venue refuses subscriptions (\"Exceeded msg rate\"), which is counted.",
);

/// Messages of one connection in a second beside these: what the transport itself sends.
pub const MESSAGES_BESIDE: u32 = 1;

/// Attempts to connect in a minute, shared by all that runs here. Assumed: some 150 in ten minutes and address, past
/// which Cloudflare, before the venue, shuts the address out for ten minutes; so say others. Where it is fewer,
/// connections are refused with HTTP 403 or 429, the log says so, and `[venue.reconnect] attempts_per_minute` lowers
/// it.
pub const CONNECTS_PER_MINUTE: u32 = 10;

/// Attempts to connect in a second. It states none but those in ten minutes, which are so few that one is assumed.
pub const CONNECTS_PER_SECOND: u32 = 1;

/// Between two HTTP requests. None is made. Assumed: that one a second is taken.
pub const REQUEST_INTERVAL: Nanos = Nanos::from_secs(1);

/// A connection that carries books and says nothing for this long is replaced. The venue sends a heartbeat about each
/// second where nothing else comes (documentation, spot-websocket-v2/heartbeat; 120 in a recording of two minutes), so
/// several of these were missed.
pub const BOOK_IDLE_MAX: Nanos = Nanos::from_secs(5);

const _: () = assert!(SYMBOLS_BYTES_MAX + 200 + SYMBOL_BYTES_MAX < fulmar_bus::record::Request::BYTES_MAX);

/// What a session keeps to. Assumed: the venue needs no ping. It is said to close a connection without traffic after
/// some sixty seconds, and its heartbeat is traffic. Where it waits for ours, connections close each minute, which the
/// log tells and `connect_attempts` counts, and each book comes anew.
pub fn of(assumed: &Assumed) -> VenueLimits {
    let messages_per_second = MESSAGES_PER_SECOND.count(assumed);
    VenueLimits {
        message_bytes_max: MESSAGE_BYTES_MAX,
        answer_bytes_max: ANSWER_BYTES_MAX,
        levels_max: LEVELS_MAX,
        message_interval: Nanos(1_000_000_000 / u64::from(messages_per_second)),
        messages_per_second: messages_per_second + MESSAGES_BESIDE,
        connects_per_second: CONNECTS_PER_SECOND,
        connects_per_minute: CONNECTS_PER_MINUTE,
        weight_interval: REQUEST_INTERVAL,
        weight_burst: 1,
        definitions_weight: 1,
        book_idle_max: BOOK_IDLE_MAX,
        ping: None,
    }
}
