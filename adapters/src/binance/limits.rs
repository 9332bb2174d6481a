//! Every limit of the Binance adapter, each with its source or reason. "Spot documentation" is
//! `github.com/binance/binance-spot-api-docs`, "futures documentation" `developers.binance.com/docs/derivatives`.

use fulmar_bus::record::Nanos;

use super::config::BinanceConfig;
use crate::session::limits::{SYMBOL_BYTES_MAX, VenueLimits};

/// What a session of this configuration keeps to.
pub fn of(config: &BinanceConfig) -> VenueLimits {
    VenueLimits {
        message_bytes_max: MESSAGE_BYTES_MAX,
        answer_bytes_max: ANSWER_BYTES_MAX,
        levels_max: LEVELS_MAX,
        message_interval: MESSAGE_INTERVAL,
        messages_per_second: MESSAGES_PER_SECOND,
        connects_per_second: CONNECTS_PER_SECOND,
        connects_per_minute: CONNECTS_PER_MINUTE,
        weight_interval: weight_interval(config.weight_per_minute),
        weight_burst: weight_burst(config.weight_per_minute),
        definitions_weight: config.product.definitions_weight(),
        book_idle_max: config.book_idle_max,
        ping: None,
    }
}

/// Levels of one side of one message: what the largest snapshot has (spot documentation, `limit=5000`).
pub const LEVELS_MAX: usize = 5_000;

/// Levels asked for in a snapshot of a spot book: all that there are to have.
pub const SPOT_SNAPSHOT_LEVELS: u32 = 5_000;

/// Levels asked for in a snapshot of a futures book: all that there are to have.
pub const FUTURES_SNAPSHOT_LEVELS: u32 = 1_000;

/// Bytes of a message: four times what two full sides of levels take.
pub const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes of an HTTP answer: the definitions of all spot symbols took 1.9 MB in 2021, and are several times that now.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Streams of one connection of spot (spot documentation).
pub const SPOT_STREAMS: u32 = 1_024;

/// Streams of one connection of futures. Assumed: their documentation says 1,024 at one place and 200 at others, of
/// which the less is right by either. `streams_per_connection` of `[venue.assumed]` states it otherwise.
pub const FUTURES_STREAMS: u32 = 200;

/// Bytes of a URL with its streams in it; beyond, streams are subscribed by messages. Proxies cut at 8 KiB.
pub const URL_BYTES_MAX: usize = 4_096;

/// Streams in one subscription message: their text stays below one record's payload.
pub const STREAMS_PER_MESSAGE: usize = 50;

/// Time between two messages to the venue: 5 a second on spot, pings and pongs included (spot documentation); two are
/// left to the transport.
pub const MESSAGE_INTERVAL: Nanos = Nanos::from_millis(334);

/// Messages of one connection in a second, of the five that spot allows.
pub const MESSAGES_PER_SECOND: u32 = 4;

/// Attempts to connect in a minute: 300 in five minutes and address (spot documentation), shared by all that runs here.
pub const CONNECTS_PER_MINUTE: u32 = 30;

/// Attempts to connect in a second. It states none but those in five minutes; assumed, as the strictest venue that
/// states one.
pub const CONNECTS_PER_SECOND: u32 = 3;

/// Symbols in one request for definitions: their text stays below one record's payload.
pub const SYMBOLS_PER_REQUEST: usize = 60;

/// Weight of a spot snapshot of 5,000 levels (spot documentation).
pub const SPOT_SNAPSHOT_WEIGHT: u32 = 250;

/// Weight of a request for spot definitions (spot documentation).
pub const SPOT_DEFINITIONS_WEIGHT: u64 = 20;

/// Weight of a futures snapshot of 1,000 levels. Assumed, since it was not read in their documentation: where it is
/// more, the venue answers 429 once many books are asked for; `snapshot_weight` of `[venue.assumed]` states it.
pub const FUTURES_SNAPSHOT_WEIGHT: u32 = 20;

/// Weight of a request for futures definitions (futures documentation).
pub const FUTURES_DEFINITIONS_WEIGHT: u64 = 1;

/// Spot weight a minute and address (spot documentation).
pub const SPOT_WEIGHT_PER_MINUTE: u32 = 6_000;

/// Futures weight a minute and address. Assumed from the venue's own `exchangeInfo` as it was in 2021: where it is
/// less, the venue answers 429; `weight_per_minute` of `[venue.assumed]` states it.
pub const FUTURES_WEIGHT_PER_MINUTE: u32 = 2_400;

/// Between two requests of weight one in the long run: 7/12 of what is allowed, and more at once after a quiet time,
/// leave the rest to other programs.
pub const fn weight_interval(per_minute: u32) -> Nanos {
    Nanos(60_000_000_000 * 12 / (7 * per_minute as u64))
}

/// Weight that may be used at once: a third of what is allowed in a minute, eight snapshots of spot, forty of futures.
pub const fn weight_burst(per_minute: u32) -> u32 {
    per_minute / 3
}

/// How long to stay away after HTTP 429 where the answer does not say until when: limits are counted by the minute.
pub const REFUSED_WAIT: Nanos = Nanos::from_secs(60);

/// How long to stay away after HTTP 418 where the answer does not say until when: the shortest ban.
pub const BANNED_WAIT: Nanos = Nanos::from_secs(120);

/// The longest stay away that is believed: the longest ban.
pub const BANNED_WAIT_MAX: Nanos = Nanos::from_secs(3 * 24 * 60 * 60);

/// A connection that carries books and says nothing for this long is replaced, and its books are not believed: unless
/// the configuration says otherwise. The venue promises no rate: it sends depth each 100 ms where a book changed, best
/// prices at each change, and pings each 20 s on spot and 3 min on futures, too seldom to go by. So this is assumed
/// from recordings: the longest silence of a connection was 0.2 s (BTCUSDT, spot, 11 min), 0.4 s (BTCUSDT, futures, 6
/// min) and 1.3 s (two of the quietest spot symbols of 2021, 30 s).
pub const BOOK_IDLE_MAX: Nanos = Nanos::from_secs(5);

const _: () = assert!(SYMBOLS_PER_REQUEST * (SYMBOL_BYTES_MAX + 9) < fulmar_bus::record::Request::BYTES_MAX);
const _: () = assert!(STREAMS_PER_MESSAGE * (SYMBOL_BYTES_MAX + 20) < fulmar_bus::record::Request::BYTES_MAX);
const _: () = assert!(
    weight_burst(SPOT_WEIGHT_PER_MINUTE) as u64 + 60_000_000_000 / weight_interval(SPOT_WEIGHT_PER_MINUTE).0
        < SPOT_WEIGHT_PER_MINUTE as u64
);

/// Open orders of one account: what the venue allows on one symbol (200) on five of them.
pub const ORDERS_MAX: usize = 1_024;

/// How long the answer to an order or a cancel may take before its fate counts as not known. Ten times the slowest
/// ordinary answer; the venue itself gives up after ten seconds.
pub const ANSWER_MAX: Nanos = Nanos::from_secs(2);

/// Between two requests for the definitions of all instruments: the streams do not say what became of one. Assumed to
/// be often enough: changes are announced days before. The list of the futures is megabytes, and reading it takes
/// milliseconds.
pub const DEFINITIONS_INTERVAL: Nanos = Nanos::from_secs(600);

/// How long after an order was sent the venue can no longer take it, so that "does not exist" is the truth: the receive
/// window, the venue's own ten seconds, and five for clocks that differ.
pub const SETTLED_AFTER: Nanos = Nanos::from_secs(20);

/// The receive window that requests state (the venue's default; spot documentation).
pub const RECEIVE_WINDOW_MS: u64 = 5_000;

/// What the requests of order entry cost of the weight limit.
#[derive(Clone, Copy, Debug)]
pub struct OrderWeights {
    /// The venue's clock.
    pub clock: u64,
    /// A login, and a subscription to an account's stream.
    pub login: u64,
    /// An order, a cancel, a replacement.
    pub order: u64,
    /// A change of an order.
    pub change: u64,
    /// Where an order stands.
    pub status: u64,
    /// The trades of an order.
    pub order_trades: u64,
    /// What the account has.
    pub balances: u64,
    /// What the account holds.
    pub positions: u64,
    /// The open orders of a symbol.
    pub open_orders: u64,
    /// The trades of a symbol.
    pub trades: u64,
    /// The dead-man timer of a symbol.
    pub countdown: u64,
}

/// Of spot (spot documentation).
pub const SPOT_WEIGHTS: OrderWeights = OrderWeights {
    clock: 1,
    login: 2,
    order: 1,
    change: 4,
    status: 4,
    order_trades: 5,
    balances: 20,
    positions: 0,
    open_orders: 6,
    trades: 20,
    countdown: 0,
};

/// Of USD-margined futures (futures documentation; an order costs none, and is counted as one all the same).
pub const USD_MARGINED_WEIGHTS: OrderWeights = OrderWeights {
    clock: 1,
    login: 2,
    order: 1,
    change: 1,
    status: 1,
    order_trades: 5,
    balances: 5,
    positions: 5,
    open_orders: 1,
    trades: 5,
    countdown: 10,
};

/// How long the venue waits for a word of ours before it cancels all orders of a symbol: longer than a reconnection and
/// its login take, and the shortest that the futures documentation gives as an example is as long again.
pub const COUNTDOWN: Nanos = Nanos::from_secs(60);

/// Between two such words: two may be lost.
pub const COUNTDOWN_INTERVAL: Nanos = Nanos::from_secs(20);

/// Between two words that keep a listen key alive: it ends an hour after the last (futures documentation).
pub const LISTEN_KEY_INTERVAL: Nanos = Nanos::from_secs(30 * 60);

/// Weight that orders leave to cancels and queries, as one of how many parts of what may be used at once.
pub const CANCEL_RESERVE_SHARE: u64 = 4;

/// How long no new order leaves after the venue said that there were too many, or that it is overloaded or about to
/// restart: its shortest count of orders is of ten seconds.
pub const ORDERS_HELD: Nanos = Nanos::from_secs(10);

/// Orders that ended whose numbers are kept, so that a late word on one is not taken for somebody else's order.
pub const ENDED_ORDERS: usize = 1_024;

/// Orders of somebody else that are followed: a quarter of all, the rest is for our own.
pub const FOREIGN_ORDERS_MAX: usize = 256;

/// Assets of an account that are told: more than the venue lists quote and base currencies of what is traded here.
pub const BALANCES_MAX: usize = 1_024;

/// Between two questions for the venue's clock: a clock that is 100 millionths wrong is 18 ms off by then, far below
/// the second that the venue lets moments lie ahead.
pub const CLOCK_INTERVAL: Nanos = Nanos::from_secs(180);

/// One of how many parts two clocks drift apart at most: 100 millionths, twice what an ordinary quartz does.
pub const CLOCK_DRIFT_PER: u64 = 10_000;

/// Between two reconciliations, where nothing asks for one sooner: what was missed is found within a minute.
pub const RECONCILE_INTERVAL: Nanos = Nanos::from_secs(60);

/// How long the answer to a question of a reconciliation may take.
pub const RECONCILE_ANSWER_MAX: Nanos = Nanos::from_secs(10);

/// Between an answer that does not say and the next question.
pub const RECONCILE_RETRY: Nanos = Nanos::from_secs(5);

/// One of how many parts of the weight limit reconciliations may use.
pub const RECONCILE_SHARE: u64 = 4;

/// Trades in one answer, the most that there can be (spot documentation).
pub const TRADES_ANSWER: u64 = 1_000;

/// How often an order is asked for before somebody is told that it does not settle: with the waits between, about a
/// minute. It is asked for as long as it lives.
pub const QUICK_QUERIES: u32 = 8;

/// The longest wait between two queries of one order: 8 of some 3,500 weight a minute. Where very many orders are asked
/// for, the weight spaces them further.
pub const QUERY_WAIT_MAX: Nanos = Nanos::from_secs(30);

/// Between a login that was refused and the next connection.
pub const LOGIN_WAIT: Nanos = Nanos::from_secs(10);

/// Bytes of one request: its longest has eleven parameters of at most 64 bytes.
pub const REQUEST_BYTES_MAX: usize = 2_048;

const _: () = assert!(REQUEST_BYTES_MAX <= fulmar_bus::record::Request::BYTES_MAX);
