//! The limits of `[risk]`, each once: for all instruments, where some have a default, and for one, where what is left
//! out is as for all.

use super::super::schema::Kind::{Choice, Decimal, Instrument, Integer, Map};
use super::super::schema::Need::Optional;
use super::super::schema::{Key, Table, default, key};

/// A limit, and what it is where nobody states it.
type Limit = (Key, Option<&'static str>);

fn limits() -> impl Iterator<Item = Limit> {
    sizes().into_iter().chain(against_the_market()).chain(against_others()).chain(of_fills())
}

/// How large, how many, how often.
fn sizes() -> Vec<Limit> {
    vec![
        (key("order_quantity_max", Decimal, Optional, "The largest order, in the base asset."), None),
        (
            key(
                "order_notional_max",
                Decimal,
                Optional,
                "The largest order, as price times quantity in the quote asset.",
            ),
            None,
        ),
        (
            key(
                "position_max",
                Decimal,
                Optional,
                "The most to hold, long or short, in the base asset, open orders included.",
            ),
            None,
        ),
        (
            key(
                "messages_per_second",
                Integer(1, 10_000),
                Optional,
                "The most orders to send in a second, changes and cancels counted among them; a cancel is never held back.",
            ),
            Some("20"),
        ),
        (
            key(
                "stale_after_ms",
                Integer(1, 600_000),
                Optional,
                "Market data older than this allows no order.",
            ),
            Some("2000"),
        ),
        (key("open_orders_max", Integer(1, 10_000), Optional, "The most orders to have open."), Some("16")),
    ]
}

/// How an order relates to the market and to what is held.
fn against_the_market() -> Vec<Limit> {
    vec![
        (
            key(
                "open_notional_max",
                Decimal,
                Optional,
                "The most that all open orders may be worth at their prices, in the quote asset.",
            ),
            None,
        ),
        (
            key(
                "price_collar_bps",
                Integer(1, 1_000_000),
                Optional,
                "How far the price of an order may lie from the middle of the market, in hundredths of a percent of it.",
            ),
            Some("1000"),
        ),
        (
            key(
                "market_order_spread_max_bps",
                Integer(1, 1_000_000),
                Optional,
                "The widest spread that a market order may meet, in hundredths of a percent of the middle.",
            ),
            Some("200"),
        ),
        (
            key(
                "market_order_touch_max",
                Integer(1, 1_000_000),
                Optional,
                "How often a market order may be what stands at the best price that it meets.",
            ),
            None,
        ),
        (
            key("short", Choice(vec!["allow", "deny"]), Optional, "Whether more may be sold than is held."),
            Some("\"allow\""),
        ),
    ]
}

/// How it relates to the orders before it, and to what became of them.
fn against_others() -> Vec<Limit> {
    vec![
        (
            key(
                "self_trade",
                Choice(vec!["allow", "deny"]),
                Optional,
                "Whether an order may meet one of ours, of whichever strategy; the newer one is refused.",
            ),
            Some("\"deny\""),
        ),
        (
            key(
                "duplicate_window_ms",
                Integer(1, 600_000),
                Optional,
                "How long the same order of the same strategy is taken for a mistake.",
            ),
            None,
        ),
        (
            key(
                "orders_per_trade_max",
                Integer(1, 1_000_000),
                Optional,
                "How many orders may be sent for each trade, after the first hundred.",
            ),
            None,
        ),
        (
            key(
                "rejects_max",
                Integer(1, 10_000),
                Optional,
                "Rejections by the venue in ten seconds after which no order passes until there are fewer.",
            ),
            Some("50"),
        ),
        (
            key(
                "unknown_orders_max",
                Integer(0, 10_000),
                Optional,
                "Orders of which nobody knows what became that may stand before no further one passes.",
            ),
            Some("3"),
        ),
        (
            key(
                "unknown_age_max_ms",
                Integer(1, 3_600_000),
                Optional,
                "How long there may be such an order before no further one passes.",
            ),
            Some("30000"),
        ),
    ]
}

/// What its fills may look like.
fn of_fills() -> Vec<Limit> {
    vec![
        (
            key(
                "fill_band_bps",
                Integer(1, 1_000_000),
                Optional,
                "How far a fill may lie from the middle of the market, in hundredths of a percent of it, before nothing \
                 that adds passes until it is enabled.",
            ),
            Some("2000"),
        ),
        (
            key(
                "executions_max",
                Integer(1, 1_000_000),
                Optional,
                "Fills in ten seconds after which nothing that adds passes until it is enabled.",
            ),
            None,
        ),
    ]
}

/// `[risk]`.
pub(super) fn everywhere() -> Table {
    let with_default = |(key, text): Limit| match text {
        Some(text) => Key { need: default(text), ..key },
        None => key,
    };
    let mut keys: Vec<Key> = limits().map(with_default).collect();
    keys.push(Key {
        name: "instrument",
        kind: Map(&Instrument, of_instrument()),
        need: default("{}"),
        doc: "Limits of one instrument.",
    });
    keys.extend(super::scopes::keys());
    Table {
        doc: "What no strategy may exceed, for each instrument that has no line of its own. The three decimal limits have \
          no default: an instrument that a strategy trades must be given them, here or in its own table. What a limit \
          refuses, and by which code, stands in `docs/risk.md`.",
        keys,
    }
}

fn of_instrument() -> Table {
    Table {
        doc: "Limits of one instrument; what is left out here is as `[risk]` says.",
        keys: limits().map(|(key, _)| key).collect(),
    }
}
