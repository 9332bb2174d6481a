//! The schema: every key of a configuration and of a placement file, once.
//!
//! A key added here is checked, told in the reference and reachable from the environment; it then needs its field in
//! [`super::meaning`], which a test insists on. What a strategy takes stands in its entry, and becomes keys in
//! [`super::strategies`].

mod assumed;
mod placement_file;
mod risk;
mod scopes;

pub use placement_file::placement_file;

use fulmar_strategies::Registry;

use super::schema::Kind::{
    Address, BasisPoints, Choice, Instrument, Integer, Interval, Label, List, Map, Name, Path, PathOr,
    Symbol, Tables,
};
use super::schema::Need::{Optional, Required};
use super::schema::{Key, Kind, Scheme, Table, default, key};
use super::strategies;
use crate::venues;

/// The document that `--config` names, in a program with these strategies.
pub fn configuration(registry: &Registry) -> Table {
    Table {
        doc: "What `--config FILE` names. Several files are laid over one another, the later wins: tables are joined key \
          by key, `[[...]]` by `name`, and every other value is replaced.",
        keys: vec![
            section("engine", engine()),
            Key {
                name: "venue",
                kind: Tables(venue(), 1),
                need: Required,
                doc: "Where market data comes from and orders go to.",
            },
            Key {
                name: "pair",
                kind: Tables(pair(), 0),
                need: default("[]"),
                doc: "What is one thing at several venues. An instrument that none names is a pair of its own.",
            },
            Key {
                name: "strategy",
                kind: Tables(strategies::table(registry), 0),
                need: default("[]"),
                doc: "What decides. Without one, the engine only listens.",
            },
            section("bars", bars()),
            section("paper", paper()),
            section("risk", risk::everywhere()),
            section("journal", journal()),
            section("bus", bus()),
            section("placement", placement()),
            section("log", log()),
        ],
    }
}

fn engine() -> Table {
    Table {
        doc: "Who this engine is.",
        keys: vec![
            key(
                "name",
                Name,
                default("\"fulmar\""),
                "Names this engine in its journal, sockets and metrics.",
            ),
            key(
                "mode",
                Choice(vec!["paper", "live"]),
                default("\"paper\""),
                "`paper` fills orders by simulation and sends none; `live` sends them to the venue.",
            ),
            key(
                "state_directory",
                Path,
                default("\"state\""),
                "Where the engine keeps what must outlive it: boot counter, sockets, outbound orders.",
            ),
            key("tenant", Name, default("\"default\""), "Whose engine it is; one engine serves one tenant."),
        ],
    }
}

fn venue() -> Table {
    let mut keys = vec![
        key("name", Choice(venues::NAMES.to_vec()), Required, "Which venue, and so which protocol."),
        key(
            "environment",
            Choice(venues::ENVIRONMENTS.to_vec()),
            default("\"production\""),
            "Which of the venue's worlds; it chooses the addresses that are not stated below. coinbase and kraken \
                 have no testnet.",
        ),
        key(
            "stream_url",
            Address(Scheme::WebSocket),
            Optional,
            "Market data, instead of the venue's own address.",
        ),
        key("rest_url", Address(Scheme::Http), Optional, "Requests, instead of the venue's own address."),
        key("order_url", Address(Scheme::WebSocket), Optional, "Orders, instead of the venue's own address."),
    ];
    keys.extend(followed());
    keys.extend([
            key(
                "taker_fee_bps",
                BasisPoints(false),
                Optional,
                "What it takes of the money of an order that takes, for the arbitrage of its pairs. It hangs on the \
                 account, so none is guessed: without it, its instruments have no part in an arbitrage.",
            ),
            jump_max_bps(),
            section("key", signing_key()),
            section("reconnect", reconnect()),
            key(
                "assumed",
                assumed::by_venue(),
                default("{}"),
                "What is assumed of the venue, and is otherwise.",
            ),
            key(
                "scale",
                Map(&Symbol, scale()),
                default("{}"),
                "Decimal places of an instrument, where the venue's own definition cannot be had.",
            ),
    ]);
    Table { doc: "A venue and the instruments to follow there.", keys }
}

/// What is followed at a venue, and how.
fn followed() -> [Key; 5] {
    [
        key("instruments", List(&Symbol), Required, "The venue's symbols to follow."),
        key(
            "depth",
            Integer(1, 5_000),
            Optional,
            "Levels of a side of the books to subscribe to, where the venue has a choice; its deepest where it is \
                 not stated.",
        ),
        key(
            "depth_interval",
            Choice(vec!["100ms", "250ms", "500ms", "1000ms"]),
            Optional,
            "How often the venue sends changes of a book, where it has a choice; its fastest where it is not \
                 stated. binance-spot: 100ms, 1000ms; binance-usdm, binance-coinm: 100ms, 250ms, 500ms.",
        ),
        key(
            "bars",
            List(&Interval),
            Optional,
            "Bars of the venue's own making to follow beside those that are made here from trades. A strategy hears \
                 them as `on_venue_bar`.",
        ),
        key(
            "book_idle_max_ms",
            Integer(500, 600_000),
            Optional,
            "How long a connection that carries books may say nothing before they are given up and it is \
                 replaced; each venue has its own where it is not stated (5000 at Binance). Raise it for instruments \
                 that are quiet for longer: venues promise no rate.",
        ),
    ]
}

fn jump_max_bps() -> Key {
    key(
        "jump_max_bps",
        Integer(1, 1_000_000),
        default("1000"),
        "How far best prices may lie from the last good ones, in hundredths of a percent. Those beyond are suspect until \
         the market has stayed there for two seconds: orders are judged by the last good ones, and denied with \
         `STALE_MARKET_DATA` once those are too old.",
    )
}

fn signing_key() -> Table {
    Table {
        doc: "Where the API key is that orders are sent with, in `mode = \"live\"` alone: never here, since a configuration \
              is shown to others. docs/live.md says how to make one.",
        keys: vec![
            key(
                "from",
                Choice(vec!["environment", "file", "systemd"]),
                default("\"environment\""),
                "`environment`: `FULMAR_KEY_BINANCE_SPOT` and `FULMAR_SECRET_BINANCE_SPOT`, and alike for other \
                 venues. `file`: the file `path`, which nobody else may read. `systemd`: the credential of the venue's \
                 name that a unit's `LoadCredential=` hands over.",
            ),
            key(
                "path",
                Path,
                Optional,
                "The file: the API key on its first line, behind it the secret, or the PEM file of an Ed25519 key.",
            ),
        ],
    }
}

fn reconnect() -> Table {
    Table {
        doc: "How hard to try when a connection is lost.",
        keys: vec![
            key(
                "attempts_per_minute",
                Integer(1, 60),
                default("60"),
                "The most attempts to connect, of all connections together, since venues count by address and ban who \
                 tries more. Where the venue takes fewer, that holds: 10 at Kraken, 30 at Binance and Bybit. A second \
                 takes no more than the venue does, either; that is no setting.",
            ),
            key(
                "backoff_min_ms",
                Integer(10, 60_000),
                default("250"),
                "The shortest wait after a failure. Each is drawn between this and a longest that doubles with each \
                 failure, from twice this on; so that programs that lost a venue together do not come back together.",
            ),
            key(
                "backoff_max_ms",
                Integer(10, 600_000),
                default("30000"),
                "Where that doubling ends. A budget that is used up makes a wait longer still.",
            ),
        ],
    }
}

fn scale() -> Table {
    Table {
        doc: "Decimal places on the wire of one instrument.",
        keys: vec![
            key("price", Integer(0, 18), Required, "Decimal places of a price."),
            key("quantity", Integer(0, 18), Required, "Decimal places of a quantity."),
        ],
    }
}

fn paper() -> Table {
    Table {
        doc: "What a fill of paper trading costs, in the quote asset, rounded away from the trader. It is told in each \
          execution report and summed in the report of the run; profit and loss are told without it, as they are of a \
          venue's own commissions. What a venue takes hangs on the account, so none is guessed: without this, fills \
          cost nothing.",
        keys: vec![
            key(
                "maker_bps",
                BasisPoints(true),
                default("\"0\""),
                "Of the money of an order that waited in the book; below zero is a rebate.",
            ),
            key(
                "taker_bps",
                BasisPoints(false),
                default("\"0\""),
                "Of the money of an order that came and took.",
            ),
        ],
    }
}

fn pair() -> Table {
    Table {
        doc: "What is one thing at several venues: the strategies that trade one of its instruments are told its best bid \
          and ask over all of them, and what those say of each other: how far apart they value it, what an arbitrage \
          would bring after fees, which of them moves first. An instrument that no pair names is a pair of its own.",
        keys: vec![
            key("name", Label, Required, "Names it in placement and metrics; no two are alike."),
            key(
                "instruments",
                List(&Instrument),
                Required,
                "Its instruments, each in its venue's list and in no other pair. One whose base, quote, contract or size \
             of a contract is not that of the first that has all four is left out and told, never merged; `check` notes \
             it where venue and symbols say so.",
            ),
        ],
    }
}

fn bars() -> Table {
    Table {
        doc: "Bars of trades that strategies are told, for each instrument.",
        keys: vec![key(
            "intervals",
            List(&Interval),
            default("[\"1m\"]"),
            "Their lengths. Each divides a day evenly, so that every bar starts at the same moments of each day in UTC.",
        )],
    }
}

fn journal() -> Table {
    Table {
        doc: "The record of everything that the engine saw and did.",
        keys: vec![
            key(
                "directory",
                Path,
                Optional,
                "Where to keep it; without one, and without `--journal`, none is kept.",
            ),
            key(
                "segment_bytes",
                Integer(1 << 20, 1 << 32),
                default("67108864"),
                "Size of one file of it; a full one is closed, synced and followed by the next.",
            ),
            key(
                "on_failure",
                Choice(vec!["stop", "continue"]),
                default("\"stop\""),
                "What a run does that can no longer keep it, on a full disk say: `stop` cancels all orders, sends no \
                 new one and ends the run; `continue` trades on without a journal. Either way the run ends with exit \
                 code 1.",
            ),
        ],
    }
}

fn bus() -> Table {
    Table {
        doc: "The memory that strategies of the kind `attached` share with the engine. They find the engine by \
              `bus/bus.sock` in its state directory.",
        keys: vec![
            key(
                "backend",
                Choice(vec!["memfd", "named"]),
                default("\"memfd\""),
                "`memfd` shares sealed memory without a name, so that no client can ever write market data. `named` is \
                 for where the processes of one user find it by name: it lies in `/dev/shm`, and every one of them can \
                 write it, and is trusted not to.",
            ),
            key(
                "pages",
                Choice(vec!["normal", "huge"]),
                default("\"normal\""),
                "`huge` takes pages of 2 MiB, of which the system must have enough set aside; memory with names has none.",
            ),
            key(
                "lock",
                Choice(vec!["no", "yes"]),
                default("\"no\""),
                "`yes` keeps all of it in memory, as far as the process may lock it.",
            ),
        ],
    }
}

fn placement() -> Table {
    Table {
        doc: "Which core runs what.",
        keys: vec![key(
            "file",
            PathOr("auto"),
            default("\"auto\""),
            "A placement file, or `auto`: chosen from the cores that this process may use.",
        )],
    }
}

fn log() -> Table {
    Table {
        doc: "What the program tells about itself, on standard error.",
        keys: vec![
            key(
                "level",
                Choice(vec!["error", "warn", "info", "debug", "trace"]),
                default("\"info\""),
                "How much to tell; the variable `FULMAR_LOG` (`info,fulmar=debug`) overrides it.",
            ),
            key(
                "format",
                Choice(vec!["text", "json"]),
                default("\"text\""),
                "Lines for people, or JSON lines for programs.",
            ),
        ],
    }
}

/// A table of its own that may be left out, since all that it needs has defaults.
fn section(name: &'static str, table: Table) -> Key {
    let doc = table.doc;
    Key { name, kind: Kind::Table(table), need: default("{}"), doc }
}
