//! The schema: every key of a configuration and of a placement file, once.
//!
//! A key added here is checked, told in the reference and reachable from the environment; it then needs its field in
//! [`super::meaning`], which a test insists on.

use super::schema::Kind::{
    Address, BasisPoints, Choice, Decimal, Instrument, Integer, Interval, Label, List, Map, Name, Path,
    PathOr, Pattern, Symbol, Tables, Variant, WordOr,
};
use super::schema::Need::{Default, Optional, Required};
use super::schema::{Key, Kind, Need, Scheme, Table};

/// The most levels of a side that a strategy may ask for: what the engine's books hold.
const BOOK_LEVELS_MAX: i64 = 65_536;

/// The document that `--config` names.
pub const CONFIGURATION: Table = Table {
    doc: "What `--config FILE` names. Several files are laid over one another, the later wins: tables are joined key \
          by key, `[[...]]` by `name`, and every other value is replaced.",
    keys: &[
        section("engine", &ENGINE),
        Key {
            name: "venue",
            kind: Tables(&VENUE, 1),
            need: Required,
            doc: "Where market data comes from and orders go to.",
        },
        Key {
            name: "pair",
            kind: Tables(&PAIR, 0),
            need: Default("[]"),
            doc: "What is one thing at several venues. An instrument that none names is a pair of its own.",
        },
        Key {
            name: "strategy",
            kind: Tables(&STRATEGY, 0),
            need: Default("[]"),
            doc: "What decides. Without one, the engine only listens.",
        },
        section("bars", &BARS),
        section("paper", &PAPER),
        section("risk", &RISK),
        section("journal", &JOURNAL),
        section("placement", &PLACEMENT),
        section("log", &LOG),
    ],
};

/// The document that `[placement] file` names.
pub const PLACEMENT_FILE: Table = Table {
    doc: "What `[placement] file` names: which core runs which actors, on one page.",
    keys: &[Key {
        name: "core",
        kind: Tables(&CORE, 1),
        need: Required,
        doc: "A thread of the engine, in the order in which the page is read.",
    }],
};

const ENGINE: Table = Table {
    doc: "Who this engine is.",
    keys: &[
        key("name", Name, Default("\"fulmar\""), "Names this engine in its journal, sockets and metrics."),
        key(
            "mode",
            Choice(&["paper", "live"]),
            Default("\"paper\""),
            "`paper` fills orders by simulation and sends none; `live` sends them to the venue.",
        ),
        key(
            "state_directory",
            Path,
            Default("\"state\""),
            "Where the engine keeps what must outlive it: boot counter, sockets, outbound orders.",
        ),
        key("tenant", Name, Default("\"default\""), "Whose engine it is; one engine serves one tenant."),
    ],
};

const VENUE: Table = Table {
    doc: "A venue and the instruments to follow there.",
    keys: &[
        key(
            "name",
            Choice(&["binance-spot", "binance-usdm"]),
            Required,
            "Which venue, and so which protocol.",
        ),
        key(
            "environment",
            Choice(&["production", "testnet"]),
            Default("\"production\""),
            "Which of the venue's worlds; it chooses the addresses that are not stated below.",
        ),
        key(
            "stream_url",
            Address(Scheme::WebSocket),
            Optional,
            "Market data, instead of the venue's own address.",
        ),
        key("rest_url", Address(Scheme::Http), Optional, "Requests, instead of the venue's own address."),
        key("order_url", Address(Scheme::WebSocket), Optional, "Orders, instead of the venue's own address."),
        key("instruments", List(&Symbol), Required, "The venue's symbols to follow."),
        key(
            "depth_interval",
            Choice(&["100ms", "250ms", "500ms", "1000ms"]),
            Default("\"100ms\""),
            "How often the venue sends changes of a book. binance-spot: 100ms, 1000ms; binance-usdm: 100ms, 250ms, \
             500ms.",
        ),
        section("reconnect", &RECONNECT),
        Key {
            name: "scale",
            kind: Map(&Symbol, &SCALE),
            need: Default("{}"),
            doc: "Decimal places of an instrument, where the venue's own definition cannot be had.",
        },
    ],
};

const RECONNECT: Table = Table {
    doc: "How hard to try when a connection is lost.",
    keys: &[
        key(
            "attempts_per_minute",
            Integer(1, 60),
            Default("12"),
            "The most attempts; venues ban who tries more.",
        ),
        key(
            "backoff_min_ms",
            Integer(10, 60_000),
            Default("250"),
            "The wait after the first failure; it doubles.",
        ),
        key(
            "backoff_max_ms",
            Integer(10, 600_000),
            Default("30000"),
            "The longest wait between two attempts.",
        ),
    ],
};

const SCALE: Table = Table {
    doc: "Decimal places on the wire of one instrument.",
    keys: &[
        key("price", Integer(0, 18), Required, "Decimal places of a price."),
        key("quantity", Integer(0, 18), Required, "Decimal places of a quantity."),
    ],
};

const PAPER: Table = Table {
    doc: "What a fill of paper trading costs, in the quote asset, rounded away from the trader. It is told in each \
          execution report and summed in the report of the run; profit and loss are told without it, as they are of a \
          venue's own commissions. What a venue takes hangs on the account, so none is guessed: without this, fills \
          cost nothing.",
    keys: &[
        key(
            "maker_bps",
            BasisPoints(true),
            Default("\"0\""),
            "Of the money of an order that waited in the book; below zero is a rebate.",
        ),
        key(
            "taker_bps",
            BasisPoints(false),
            Default("\"0\""),
            "Of the money of an order that came and took.",
        ),
    ],
};

const PAIR: Table = Table {
    doc: "What is one thing at several venues: the strategies that trade one of its instruments are told its best bid \
          and ask over all of them. An instrument that no pair names is a pair of its own.",
    keys: &[
        key("name", Label, Required, "Names it in placement and metrics; no two are alike."),
        key(
            "instruments",
            List(&Instrument),
            Required,
            "Its instruments, each in its venue's list and in no other pair. One whose base, quote or contract is not \
             that of the first that has all three is left out and told, never merged.",
        ),
    ],
};

const BARS: Table = Table {
    doc: "Bars of trades that strategies are told, for each instrument.",
    keys: &[key(
        "intervals",
        List(&Interval),
        Default("[\"1m\"]"),
        "Their lengths. Each divides a day evenly, so that every bar starts at the same moments of each day in UTC.",
    )],
};

const STRATEGY: Table = Table {
    doc: "A strategy and what it may see and trade.",
    keys: &[
        key("name", Name, Required, "Names it in orders, reports and metrics; no two are alike."),
        key(
            "kind",
            Choice(&["quoter", "ema_cross", "idle"]),
            Required,
            "Which of the built-in strategies it is.",
        ),
        key(
            "instruments",
            List(&Instrument),
            Required,
            "What it may see and trade; each is in its venue's list.",
        ),
        key(
            "book",
            WordOr(&["top", "full"], 1, BOOK_LEVELS_MAX),
            Default("\"top\""),
            "How much of their books it sees: best bid and ask, every level, or so many levels a side. More than the \
             top costs it an update of its own book for each change.",
        ),
        key(
            "parameters",
            Variant("kind", &[("quoter", &QUOTER), ("ema_cross", &EMA_CROSS), ("idle", &IDLE)]),
            Default("{}"),
            "What its kind takes.",
        ),
    ],
};

const QUOTER: Table = Table {
    doc: "Quotes both sides around the middle of the book and leans away from what it holds.",
    keys: &[
        key("quantity", Decimal, Required, "Size of each quote, in the base asset."),
        key("half_spread_ticks", Integer(1, 1_000_000), Default("5"), "Ticks from the middle to each quote."),
        key(
            "requote_ticks",
            Integer(1, 1_000_000),
            Default("2"),
            "The middle moves this far before quotes follow.",
        ),
        key(
            "skew_ticks",
            Integer(0, 1_000_000),
            Default("1"),
            "Ticks by which both quotes lean for each quote's worth that is held.",
        ),
    ],
};

const EMA_CROSS: Table = Table {
    doc: "Holds the side of the faster of two exponential averages of closes of bars.",
    keys: &[
        key("quantity", Decimal, Required, "What it holds on either side, in the base asset."),
        key(
            "interval",
            Interval,
            Default("\"1m\""),
            "Length of the bars that it follows; it is listed in `[bars]`.",
        ),
        key("fast_bars", Integer(1, 10_000), Default("12"), "Length of the faster average."),
        key(
            "slow_bars",
            Integer(2, 10_000),
            Default("26"),
            "Length of the slower average; longer than the faster.",
        ),
    ],
};

const IDLE: Table = Table { doc: "Sees everything and does nothing.", keys: &[] };

const ORDER_QUANTITY_MAX: Key =
    key("order_quantity_max", Decimal, Optional, "The largest order, in the base asset.");
const ORDER_NOTIONAL_MAX: Key = key(
    "order_notional_max",
    Decimal,
    Optional,
    "The largest order, as price times quantity in the quote asset.",
);
const POSITION_MAX: Key = key(
    "position_max",
    Decimal,
    Optional,
    "The most to hold, long or short, in the base asset, open orders included.",
);
const MESSAGES_PER_SECOND: Key = key(
    "messages_per_second",
    Integer(1, 10_000),
    Optional,
    "The most orders, changes and cancels to send in a second; cancels of the kill are never held back.",
);
const STALE_AFTER_MS: Key =
    key("stale_after_ms", Integer(1, 600_000), Optional, "Market data older than this allows no order.");
const OPEN_ORDERS_MAX: Key =
    key("open_orders_max", Integer(1, 10_000), Optional, "The most orders to have open.");

const RISK: Table = Table {
    doc: "What no strategy may exceed, for each instrument that has no line of its own. The three decimal limits have \
          no default: an instrument that a strategy trades must be given them, here or in its own table.",
    keys: &[
        ORDER_QUANTITY_MAX,
        ORDER_NOTIONAL_MAX,
        POSITION_MAX,
        Key { need: Default("20"), ..MESSAGES_PER_SECOND },
        Key { need: Default("2000"), ..STALE_AFTER_MS },
        Key { need: Default("16"), ..OPEN_ORDERS_MAX },
        Key {
            name: "instrument",
            kind: Map(&Instrument, &RISK_INSTRUMENT),
            need: Default("{}"),
            doc: "Limits of one instrument.",
        },
    ],
};

const RISK_INSTRUMENT: Table = Table {
    doc: "Limits of one instrument; what is left out here is as `[risk]` says.",
    keys: &[
        ORDER_QUANTITY_MAX,
        ORDER_NOTIONAL_MAX,
        POSITION_MAX,
        MESSAGES_PER_SECOND,
        STALE_AFTER_MS,
        OPEN_ORDERS_MAX,
    ],
};

const JOURNAL: Table = Table {
    doc: "The record of everything that the engine saw and did.",
    keys: &[
        key(
            "directory",
            Path,
            Optional,
            "Where to keep it; without one, and without `--journal`, none is kept.",
        ),
        key(
            "segment_bytes",
            Integer(1 << 20, 1 << 32),
            Default("67108864"),
            "Size of one file of it; a full one is closed, synced and followed by the next.",
        ),
        key(
            "on_failure",
            Choice(&["stop", "continue"]),
            Default("\"stop\""),
            "What a run does that can no longer keep it, on a full disk say: `stop` cancels all orders, sends no new one \
             and ends the run; `continue` trades on without a journal. Either way the run ends with exit code 1.",
        ),
    ],
};

const PLACEMENT: Table = Table {
    doc: "Which core runs what.",
    keys: &[key(
        "file",
        PathOr("auto"),
        Default("\"auto\""),
        "A placement file, or `auto`: chosen from the cores that this process may use.",
    )],
};

const LOG: Table = Table {
    doc: "What the program tells about itself, on standard error.",
    keys: &[
        key(
            "level",
            Choice(&["error", "warn", "info", "debug", "trace"]),
            Default("\"info\""),
            "How much to tell; the variable `FULMAR_LOG` (`info,fulmar=debug`) overrides it.",
        ),
        key(
            "format",
            Choice(&["text", "json"]),
            Default("\"text\""),
            "Lines for people, or JSON lines for programs.",
        ),
    ],
};

const CORE: Table = Table {
    doc: "One thread and the actors that take turns on it, in the order of their patterns.",
    keys: &[
        key("name", Name, Required, "Names the thread; no two are alike."),
        key("cpu", Integer(0, 1023), Optional, "The processor to pin it to; without it, the system chooses."),
        key(
            "wait",
            Choice(&["spin", "yield", "park"]),
            Default("\"park\""),
            "What it does without work: `spin` burns its processor and is the fastest, `yield` lets others run \
             between looks, `park` sleeps until woken.",
        ),
        key(
            "actors",
            List(&Pattern),
            Required,
            "The actors that it runs; a `*` at the end stands for any rest.",
        ),
    ],
};

const fn key(name: &'static str, kind: Kind, need: Need, doc: &'static str) -> Key {
    Key { name, kind, need, doc }
}

/// A table of its own that may be left out, since all that it needs has defaults.
const fn section(name: &'static str, table: &'static Table) -> Key {
    Key { name, kind: Kind::Table(table), need: Default("{}"), doc: table.doc }
}
