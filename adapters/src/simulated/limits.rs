//! What the simulated venue is bounded by: its own queues, and the rules of the venue that it stands for.

use std::time::Duration;

use fulmar_bus::record::Nanos;

/// Commands that wait for the venue. A connection that sends more waits with its next read.
pub const COMMANDS_MAX: usize = 4_096;
/// Commands taken before the flow gets its turn.
pub const COMMANDS_BATCH: usize = 64;
/// Frames that wait for one connection: some seconds of a busy market. A client that lets more gather is cut off.
pub const OUTBOX_FRAMES: usize = 8_192;
/// Frames written before one flush.
pub const FLUSH_FRAMES: usize = 256;
/// Connections at once; a demo has three.
pub const CONNECTIONS_MAX: usize = 256;
/// API keys that the venue opens an account for.
pub const ACCOUNTS_MAX: usize = 64;
/// Bytes of one message from a client.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Ended orders of one market that can still be queried; the oldest is forgotten first.
pub const ENDED_ORDERS_MAX: usize = 1 << 16;
/// Orders that were received and can still be compared, refused ones among them; the oldest is forgotten first.
pub const RECEIPTS_MAX: usize = 1 << 17;
/// Trades of one account in one symbol that can still be asked for; the oldest is forgotten first.
pub const ACCOUNT_TRADES_MAX: usize = 1 << 16;
/// Flow events between two looks at the commands; what is due stays due.
pub const FLOW_BATCH: usize = 1_024;
/// Later than this the flow leaves out what it missed instead of catching up: the machine slept.
pub const FLOW_LATE_MAX: Duration = Duration::from_secs(2);
/// How long one write may take before the client counts as gone.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long connections may take to end once the venue stops.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// How long who is joined to the offline venue takes to make a connection anew that the venue ended.
pub const RECONNECT_AFTER: Nanos = Nanos::from_millis(100);

/// Messages that a stream connection may send in one second: pings, pongs and requests.
pub const STREAM_MESSAGES_PER_SECOND: u32 = 5;
/// Streams of one connection.
pub const STREAMS_MAX: usize = 1_024;
/// Time between two pings of the venue.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long the venue waits for a pong.
pub const PONG_TIMEOUT: Duration = Duration::from_secs(60);
/// Trades, or orders, in one answer where the request does not say.
pub const ROWS_ANSWER: usize = 500;
/// Trades, or orders, in one answer.
pub const ROWS_ANSWER_MAX: usize = 1_000;
/// Parts of an order of spot that is shown one at a time, as the real venue has it for most symbols.
pub const ICEBERG_PARTS_MAX: i64 = 10;
/// Open orders of one account in one symbol.
pub const ACCOUNT_ORDERS_MAX: usize = 200;
/// Milliseconds that a request may be old where it does not say.
pub const RECEIVE_WINDOW_MS: u64 = 5_000;
/// Milliseconds that a request may ask for.
pub const RECEIVE_WINDOW_MS_MAX: u64 = 60_000;
/// Milliseconds that a request's clock may be ahead.
pub const AHEAD_MS_MAX: u64 = 1_000;

/// How many times its margin an account of futures may hold where it does not say.
pub const LEVERAGE: u32 = 20;
/// How many times at the most.
pub const LEVERAGE_MAX: u32 = 125;
/// Time between two mark prices.
pub const MARK_PRICE_INTERVAL: Nanos = Nanos::from_secs(1);
/// How long a listen key is good for.
pub const LISTEN_KEY_AGE: Nanos = Nanos::from_secs(60 * 60);
