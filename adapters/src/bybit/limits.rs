//! Every limit of the Bybit adapter, each with its source or reason. "Documentation" is
//! `github.com/bybit-exchange/docs`, `docs/v5`.

use fulmar_bus::record::Nanos;

use crate::session::limits::VenueLimits;
use crate::session::{Assumed, Assumption, messages_per_second};

/// The depths of book that there are, the deepest first (documentation of the public stream of books; 500 was replaced
/// by 1000 and stands in older recordings).
pub const DEPTHS: &[u32] = &[1_000, 200, 50];

/// Levels of one side of one message: the deepest book, and as much again for the day that it deepens.
pub const LEVELS_MAX: usize = 2_000;

/// Bytes of a message: 1,024 trades of some 200 bytes are the longest.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of an HTTP answer: a list of all linear instruments has 1.5 MB.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Topics in one subscription: what spot takes (documentation, ws/connect).
pub const TOPICS_PER_MESSAGE: usize = 10;

/// Characters of all topics of one connection: 21,000 (documentation, ws/connect); some stay free.
pub const TOPIC_BYTES_MAX: usize = 20_000;

/// Messages to the venue on one connection in a second. Assumed, since it states no limit: that ten are taken. Where
/// they are not, subscriptions are refused or the connection is closed; both are counted.
pub const MESSAGES_PER_SECOND: Assumption = messages_per_second(
    10,
    "Messages to the venue on one connection in a second. It states no limit; assumed: ten are taken. Where they are not, \
     subscriptions are refused or the connection is closed; both are counted.",
);

/// Between two requests for the definitions of all instruments: the stream does not say what became of one. Assumed to
/// be often enough: changes are announced days before.
pub const DEFINITIONS_INTERVAL: Nanos = Nanos::from_secs(300);

/// Messages of one connection in a second beside these: what the transport itself sends.
pub const MESSAGES_BESIDE: u32 = 2;

/// Attempts to connect in a minute: 500 in five minutes and address (documentation, rate-limit), shared by all that
/// runs here.
pub const CONNECTS_PER_MINUTE: u32 = 30;

/// Attempts to connect in a second. It states none but those in five minutes; assumed, as the strictest venue that
/// states one.
pub const CONNECTS_PER_SECOND: u32 = 3;

/// Between two HTTP requests in the long run: 600 in five seconds and address, past which the address is shut out for
/// ten minutes (documentation, rate-limit). A tenth of that is plenty.
pub const REQUEST_INTERVAL: Nanos = Nanos::from_millis(100);

/// HTTP requests that may be made at once.
pub const REQUEST_BURST: u32 = 50;

/// A connection that carries books and says nothing for this long is replaced. The venue repeats the best level each
/// three seconds where nothing changes (documentation of the public stream of books), so three of these were missed.
pub const BOOK_IDLE_MAX: Nanos = Nanos::from_secs(10);

/// How often the venue is to be told that we are still there (documentation, ws/connect).
pub const PING_INTERVAL: Nanos = Nanos::from_secs(20);

/// Digits behind the point of quantities on spot. Its definitions state the step of orders alone, and books hold finer
/// quantities from before it was made coarser.
pub const SPOT_QUANTITY_DIGITS: u8 = 8;

/// What a session keeps to.
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
        weight_burst: REQUEST_BURST,
        definitions_weight: 1,
        book_idle_max: BOOK_IDLE_MAX,
        ping: Some((r#"{"op":"ping"}"#, PING_INTERVAL)),
    }
}
