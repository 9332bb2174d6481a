//! Every limit of the transport, each with its reason. What an operator may want otherwise is a field of
//! [`TransportLimits`]; what nobody should is a constant.

use std::time::Duration;

use fulmar_bus::record::{Nanos, UnixNanos};

/// How often something may happen: so many times in any stretch of time this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many times; at least one.
    pub count_max: u32,
    /// In any stretch of time this long.
    pub window: Duration,
}

/// The limits of one venue's link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportLimits {
    /// Of each WebSocket connection.
    pub connection: ConnectionLimits,
    /// Of opening connections anew.
    pub reconnect: ReconnectLimits,
    /// Of HTTP requests.
    pub rest: RestLimits,
    /// Of a venue that refuses us.
    pub refusal: RefusalLimits,
}

/// The limits of a WebSocket connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Name, TCP, TLS and handshake together must be done within this.
    pub connect_timeout: Duration,
    /// A connection on which nothing came for this long is asked whether it lives.
    pub ping_after: Duration,
    /// A connection on which nothing came for this long, not even the answer to a ping, is dead. Longer than
    /// `ping_after`.
    pub idle_timeout: Duration,
    /// A message that the socket did not take within this means that the venue stopped reading.
    pub send_timeout: Duration,
    /// The longest message, and the longest frame of one. The largest known snapshots are some 6 MB.
    pub message_bytes_max: usize,
    /// Messages that we send. Binance spot closes at more than 5 a second, our pings and pongs counted.
    pub messages: RateLimit,
    /// Messages that wait for their turn under `messages`; more are dropped and told.
    pub send_queue_messages: usize,
}

/// The limits of opening a connection anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconnectLimits {
    /// The shortest delay. The first is drawn from this to twice this; the span's end doubles with each failure.
    pub backoff_min: Duration,
    /// The span never ends beyond this; a budget that is used up makes a delay longer still.
    pub backoff_max: Duration,
    /// A connection that lived for this long was healthy: the next delay is drawn from the first span again.
    pub healthy_after: Duration,
    /// Attempts at one moment, of all connections to a host: venues count by address. It spreads a start as well.
    pub attempts_at_once: RateLimit,
    /// Attempts over a short time, of all connections to a host. Venues ban an address at some 300 in 5 minutes.
    pub attempts_short: RateLimit,
    /// Attempts over a long time, of one connection: one that never holds leaves the others their turns.
    pub attempts_long: RateLimit,
}

/// The limits of HTTP requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestLimits {
    /// Requests that we send.
    pub requests: RateLimit,
    /// A request without a whole answer after this has failed.
    pub timeout: Duration,
    /// The longest body of an answer.
    pub body_bytes_max: usize,
    /// Requests that may be under way at once.
    pub in_flight_max: usize,
    /// Requests that wait for their turn; more are dropped and told.
    pub queue_requests: usize,
}

/// How long to keep still where a venue refuses us and does not say for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalLimits {
    /// At the least, whatever it says: a zero is a time rounded down, and no reason to knock again at once.
    pub shortest: Duration,
    /// After a 429: limits are counted by the minute at most.
    pub too_much: Duration,
    /// After a 403 or 418: Bybit's and Cloudflare's last ten minutes.
    pub shut_out: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        ConnectionLimits {
            connect_timeout: Duration::from_secs(10),
            ping_after: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(20),
            send_timeout: Duration::from_secs(5),
            message_bytes_max: 64 * 1024 * 1024,
            messages: RateLimit { count_max: 4, window: Duration::from_secs(1) },
            send_queue_messages: 1024,
        }
    }
}

impl Default for ReconnectLimits {
    fn default() -> Self {
        ReconnectLimits {
            backoff_min: Duration::from_millis(250),
            backoff_max: Duration::from_secs(30),
            healthy_after: Duration::from_secs(60),
            attempts_at_once: RateLimit { count_max: 3, window: CONNECT_WINDOW },
            attempts_short: RateLimit { count_max: 12, window: Duration::from_secs(60) },
            attempts_long: RateLimit { count_max: 180, window: Duration::from_secs(3600) },
        }
    }
}

impl Default for RestLimits {
    fn default() -> Self {
        RestLimits {
            requests: RateLimit { count_max: 120, window: Duration::from_secs(60) },
            timeout: Duration::from_secs(10),
            body_bytes_max: 64 * 1024 * 1024,
            in_flight_max: 4,
            queue_requests: 256,
        }
    }
}

impl Default for RefusalLimits {
    fn default() -> Self {
        RefusalLimits {
            shortest: Duration::from_secs(5),
            too_much: Duration::from_secs(60),
            shut_out: Duration::from_secs(600),
        }
    }
}

/// The longest line of a capture: the largest message, every byte of it escaped, and room for the rest.
pub const CAPTURE_LINE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The earliest moment that a line of a capture can name, the year 2000: no venue of ours is older.
pub const CAPTURE_AT_MIN: UnixNanos = UnixNanos(946_684_800_000_000_000);
/// The latest moment that a line of a capture can name, the year 2200: far from where 64 bits end, so that whoever
/// plays it can add to it.
pub const CAPTURE_AT_MAX: UnixNanos = UnixNanos(7_258_118_400_000_000_000);
/// A killed recorder loses this much at most, by the clock of its frames.
pub const CAPTURE_FLUSH_INTERVAL: Nanos = Nanos::from_secs(1);
/// A killed recorder loses this much at most, in bytes before compression.
pub const CAPTURE_FLUSH_BYTES: usize = 1024 * 1024;
/// zstd's own default: higher levels save a tenth of the file and cost several times the work.
pub const CAPTURE_LEVEL: i32 = 3;

/// Entries that wait for the recorder's thread: a second of the busiest venues.
pub const TAP_QUEUE_ENTRIES: usize = 16 * 1024;
/// Bytes that wait for the recorder's thread: a few of the largest snapshots.
pub const TAP_QUEUE_BYTES: usize = 256 * 1024 * 1024;
/// The recorder's thread flushes after this long without an entry, so that a quiet venue is on disk as well.
pub const TAP_FLUSH_AFTER: Duration = Duration::from_millis(500);

/// The window of limits that venues state a second. It is longer, since attempts reach a venue later than they leave
/// us, some by the lookup of a name more than others: two windows of ours must not meet in one of theirs.
pub const CONNECT_WINDOW: Duration = Duration::from_millis(1_250);
/// A connection tells anew that it waits where its turn comes this much later than it told.
pub const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Messages that a connection takes before it lets others run: a full read buffer holds hundreds, and an order that
/// waits to be sent must not wait for all of them.
pub const MESSAGES_A_TURN: u32 = 16;
/// Requests that a link takes before it lets its connections run; far below what one of them queues.
pub const REQUESTS_A_TURN: u32 = 32;
/// Bytes of a sealed request that are set aside: the longest that is written, with a key and a signature in it.
pub const SEALED_BYTES: usize = 4096;
/// Requests that wait for their moment (`not_before_at`); more are dropped and told.
pub const DELAYED_REQUESTS_MAX: usize = 4096;
/// How often a frame yields to other tasks before it sleeps for the ring to drain: a reader that runs needs
/// microseconds.
pub const FULL_RING_YIELDS: u32 = 64;
/// How long a frame sleeps at a time for the ring to drain: the finest step of the runtime's timers.
pub const FULL_RING_SLEEP: Duration = Duration::from_millis(1);
/// Bytes that may wait in a socket's buffer beyond one message; a message is flushed before the next is taken.
pub const WRITE_BUFFER_BYTES_MAX: usize = 1024 * 1024;
/// How long a closing handshake may take; the connection is gone either way.
pub const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a link that was told to stop may take to close its connections, before it drops them.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest that a venue may make us keep still: longer bans than Binance's three days are not known.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(4 * 24 * 3600);
