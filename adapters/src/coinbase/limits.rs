//! Every limit of the Coinbase adapter, each with its source or reason. "Documentation" is `docs.cdp.coinbase.com`,
//! `coinbase-app/advanced-trade-apis`.

use fulmar_bus::record::{Nanos, Request};

use crate::session::limits::{SYMBOL_BYTES_MAX, VenueLimits};
use crate::session::{Assumed, AssumedValue, Assumption};

/// Levels of one side of one message. Books are whole, and the deepest seen had 27,239 asks (BTC-USD, August 2026).
pub const LEVELS_MAX: usize = 65_536;

/// Bytes of a message: two full sides of levels of 125 bytes, and half of that more. The snapshot of 46,013 levels had
/// 5.1 MB.
pub const MESSAGE_BYTES_MAX: usize = 24 * 1024 * 1024;

/// Bytes of an HTTP answer: the list of all 920 products had 1.1 MB (August 2026).
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Products of one connection. The venue states no limit. Fewer would lose fewer books by a hole, but take more
/// connections, and these share the messages of [`MESSAGE_INTERVAL`]: some thirty in five seconds, five a connection.
/// Assumed: that a connection is dropped that does not subscribe within five seconds, which is documented of the
/// venue's other interface, Exchange. Where that is wrong nothing happens; where the time is shorter, connections close
/// before they subscribed, again and again, which is told in the log and counted in `connect_attempts`.
pub const PRODUCTS_PER_CONNECTION: Assumption = Assumption {
    name: "products_per_connection",
    value: AssumedValue::Count { default: 64, least: 1, most: 512 },
    doc: "Products of one connection. Assumed: that any number may be, and that a connection which does not subscribe \
          within five seconds is dropped. Raise it where connections of many products are closed before all have \
          subscribed: fewer connections share the eight messages a second of an address.",
};

/// Bytes of a subscription that may be product ids: the rest of a request is its frame.
pub const PRODUCT_BYTES_MAX: usize = 2_000;

/// Products in one request for definitions: their text stays below one record's payload.
pub const PRODUCTS_PER_REQUEST: usize = 40;

/// Between two messages to the venue: eight a second and address without a key (documentation,
/// websocket/websocket-rate-limits), of all connections together; one is left to others.
pub const MESSAGE_INTERVAL: Nanos = Nanos::from_millis(150);

/// Messages of one connection in one second: what [`MESSAGE_INTERVAL`] lets pass.
pub const MESSAGES_PER_SECOND: u32 = 7;

/// Attempts to connect in a minute: eight a second and address (documentation, websocket/websocket-rate-limits), shared
/// by all that runs here.
pub const CONNECTS_PER_MINUTE: u32 = 60;

/// Attempts to connect in a second, by address (documentation, websocket/websocket-rate-limits).
pub const CONNECTS_PER_SECOND: u32 = 8;

/// HTTP requests in a second, in the long run. Assumed: ten a second and address on public paths, from clients of
/// others; the documentation states none for these. Half of it is left to others. Where it is too many the venue says
/// so (429), and nothing is asked of it for a minute.
pub const REQUESTS_PER_SECOND: Assumption = Assumption {
    name: "requests_per_second",
    value: AssumedValue::Count { default: 5, least: 1, most: 30 },
    doc: "HTTP requests in a second, in the long run. Assumed: the venue takes ten of an address, of which half are left \
          to other programs. Where it is too many it answers 429, and nothing is asked of it for a minute.",
};

/// HTTP requests that may be made at once.
pub const REQUEST_BURST: u32 = 5;

/// Between two requests for definitions. Whether a product is traded, and the funding of a perpetual, stand in these
/// alone.
pub const DEFINITIONS_INTERVAL: Nanos = Nanos::from_secs(60);

/// A connection that carries books and says nothing for this long is replaced. The venue sends a heartbeat each second
/// (documentation, websocket/websocket-channels), so four of these were missed.
pub const BOOK_IDLE_MAX: Nanos = Nanos::from_secs(5);

/// Digits behind the point of quantities on spot. Its definitions state the step of orders alone, and books may hold
/// finer quantities from before it was made coarser.
pub const SPOT_QUANTITY_DIGITS: u8 = 8;

const _: () = assert!(PRODUCTS_PER_REQUEST * (SYMBOL_BYTES_MAX + 13) < Request::BYTES_MAX);
const _: () = assert!(PRODUCT_BYTES_MAX + 64 < Request::BYTES_MAX);

/// What a session keeps to.
pub fn of(assumed: &Assumed) -> VenueLimits {
    let requests_per_second = u64::from(REQUESTS_PER_SECOND.count(assumed));
    VenueLimits {
        message_bytes_max: MESSAGE_BYTES_MAX,
        answer_bytes_max: ANSWER_BYTES_MAX,
        levels_max: LEVELS_MAX,
        message_interval: MESSAGE_INTERVAL,
        messages_per_second: MESSAGES_PER_SECOND,
        connects_per_second: CONNECTS_PER_SECOND,
        connects_per_minute: CONNECTS_PER_MINUTE,
        weight_interval: Nanos(1_000_000_000 / requests_per_second),
        weight_burst: REQUEST_BURST,
        definitions_weight: 1,
        book_idle_max: BOOK_IDLE_MAX,
        ping: None,
    }
}
