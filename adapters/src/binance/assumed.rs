//! What is assumed of the venue's futures, and can be stated otherwise. Of spot its documentation says all that is
//! used.

use super::limits::{FUTURES_SNAPSHOT_WEIGHT, FUTURES_STREAMS, FUTURES_WEIGHT_PER_MINUTE};
use crate::session::{AssumedValue, Assumption};

/// Of USD-margined futures: the division of paths was announced for them in March 2026, and of `aggTrade` and the mark
/// price it says that they go to `/market`. Of `trade`, which is not subscribed to, it says nothing; recordings of it
/// are read all the same.
pub const USD_MARGINED: [Assumption; 6] = futures("/public", "/market", "/private");

/// Of coin-margined futures: the announcement does not name them, so they are assumed to keep one path.
pub const COIN_MARGINED: [Assumption; 6] = futures("", "", "");

/// In the order in which [`super::BinanceConfig`] takes them.
const fn futures(
    book_path: &'static str,
    trade_path: &'static str,
    user_path: &'static str,
) -> [Assumption; 6] {
    [
        Assumption {
            name: "book_path",
            value: AssumedValue::Path(book_path),
            doc: "Path before `/stream` of the connection that carries books and best prices; \"\" is none. Assumed: as \
                  announced for USD-margined futures in March 2026, and none for coin-margined ones. Where it is wrong \
                  the connection is refused, or says nothing and is replaced again and again; no book becomes live.",
        },
        Assumption {
            name: "trade_path",
            value: AssumedValue::Path(trade_path),
            doc: "As `book_path`, of the connection that carries trades, mark prices and bars; where the two are alike, \
                  one connection carries all. Where it is wrong there are books, and no trade ever comes.",
        },
        Assumption {
            name: "streams_per_connection",
            value: AssumedValue::Count { default: FUTURES_STREAMS, least: 20, most: 1_024 },
            doc: "Streams of one connection. The documentation says 1024 at one place and 200 at others; assumed: the \
                  less. Where it is fewer still, the venue closes the connection or refuses the subscription, which \
                  is counted.",
        },
        Assumption {
            name: "snapshot_weight",
            value: AssumedValue::Count { default: FUTURES_SNAPSHOT_WEIGHT, least: 1, most: 50 },
            doc: "What a snapshot of 1000 levels costs of the weight limit. Where it is more, the venue answers 429 once \
                  many books are asked for, and nothing is asked of it for as long as it says.",
        },
        Assumption {
            name: "weight_per_minute",
            value: AssumedValue::Count { default: FUTURES_WEIGHT_PER_MINUTE, least: 240, most: 100_000 },
            doc: "Weight that the venue allows a minute and address, as its `exchangeInfo` said in 2021; 7/12 of it are \
                  used in the long run. Where it is less, it answers 429, and nothing is asked of it for as long as it \
                  says.",
        },
        Assumption {
            name: "user_path",
            value: AssumedValue::Path(user_path),
            doc: "As `book_path`, before `/ws/` of the connection that carries what is told of an account. Where it is \
                  wrong no login is ever done, and no order leaves.",
        },
    ]
}
