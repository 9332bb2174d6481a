//! Every limit of the Kraken Futures adapter, each with its source or reason. "Documentation" is
//! `docs.kraken.com/exchange`, its part on derivatives.

use fulmar_bus::record::Nanos;

use crate::session::limits::{SYMBOL_BYTES_MAX, VenueLimits};
use crate::session::{Assumed, AssumedValue, Assumption};

/// Levels of one side of one message: books are sent whole, and the deepest seen had 347.
pub const LEVELS_MAX: usize = 10_000;

/// Bytes of a message: four times what two full sides of levels take.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of an HTTP answer: the definitions of some 400 instruments with their margins have about one MB.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Instruments of one connection. The venue states no limit; assumed, so that one connection's loss takes no more.
pub const INSTRUMENTS_PER_CONNECTION: usize = 100;

/// Bytes of a subscription that may be symbols: the rest of a request is its frame.
pub const SYMBOLS_BYTES_MAX: usize = 3_000;

/// Between two messages to the venue on one connection: it takes 100 a second (documentation,
/// guides/futures/ratelimits), of which this is a tenth.
pub const MESSAGE_INTERVAL: Nanos = Nanos::from_millis(100);

/// Messages of one connection in one second, pings included: as [`MESSAGE_INTERVAL`].
pub const MESSAGES_PER_SECOND: u32 = 12;

/// Attempts to connect in a minute. It takes 100 connections at a time (documentation, guides/futures/ratelimits) and
/// states no rate; assumed as on spot.
pub const CONNECTS_PER_MINUTE: u32 = 10;

/// Attempts to connect in a second. It states none; assumed as on spot.
pub const CONNECTS_PER_SECOND: u32 = 1;

/// Between two HTTP requests in the long run. Public ones count against no budget (documentation,
/// guides/futures/ratelimits); assumed, since each is answered with all instruments.
pub const REQUEST_INTERVAL: Nanos = Nanos::from_secs(1);

/// How often definitions are asked for again. What they say of steps and lots seldom changes, and each answer has all
/// instruments of the venue; assumed.
pub const DEFINITIONS_INTERVAL: Nanos = Nanos::from_secs(600);

/// HTTP requests that may be made at once.
pub const REQUEST_BURST: u32 = 5;

/// A connection that carries books and says nothing for this long is replaced. The venue's heartbeat comes at
/// intervals that the documentation does not state (futures-websocket/heartbeat), and tickers each second where
/// something changes; assumed.
pub const BOOK_IDLE_MAX: Nanos = Nanos::from_secs(15);

/// What keeps a connection open. The documentation wants a ping each 60 seconds (guides/futures/websockets) and names
/// no message: `{"event":"ping"}` is answered with an alert, bad message. So a request is made that changes nothing.
/// Assumed: that it counts as one. Where it does not, connections close each minute, which the log tells and
/// `connect_attempts` counts, and each book comes anew.
pub const PING: &str = super::streams::HEARTBEAT;

/// How often it is said, in seconds: twice in the time that the venue is assumed to wait, as above.
pub const PING_SECONDS: Assumption = Assumption {
    name: "ping_seconds",
    value: AssumedValue::Count { default: 30, least: 5, most: 60 },
    doc: "Seconds between two requests that keep a connection open. Assumed: the venue waits a minute, and any request \
          counts. Where it does not, connections close each minute, and each book comes anew.",
};

/// From one payment of funding to the next, in seconds, which the stream does not say. Nothing here reckons with it.
pub const FUNDING_SECONDS: Assumption = Assumption {
    name: "funding_seconds",
    value: AssumedValue::Count { default: 3_600, least: 60, most: 86_400 },
    doc: "Seconds from one payment of funding to the next. Assumed of every perpetual: an hour, as the contract \
          specifications say and recordings of 2026 show. Where it is another, the moment of the next payment, which \
          is the venue's own, shows it.",
};

const _: () = assert!(SYMBOLS_BYTES_MAX + 200 + SYMBOL_BYTES_MAX < fulmar_bus::record::Request::BYTES_MAX);

/// What a session keeps to.
pub fn of(assumed: &Assumed) -> VenueLimits {
    VenueLimits {
        message_bytes_max: MESSAGE_BYTES_MAX,
        answer_bytes_max: ANSWER_BYTES_MAX,
        levels_max: LEVELS_MAX,
        message_interval: MESSAGE_INTERVAL,
        messages_per_second: MESSAGES_PER_SECOND,
        connects_per_second: CONNECTS_PER_SECOND,
        connects_per_minute: CONNECTS_PER_MINUTE,
        weight_interval: REQUEST_INTERVAL,
        weight_burst: REQUEST_BURST,
        definitions_weight: 1,
        book_idle_max: BOOK_IDLE_MAX,
        ping: Some((PING, Nanos::from_secs(PING_SECONDS.count(assumed).into()))),
    }
}
