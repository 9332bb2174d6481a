//! The limits that hold over more than one instrument: `[risk.engine]`, `[risk.venue.NAME]`, `[risk.strategy.NAME]`,
//! and what their amounts are counted in.

use super::super::schema::Kind::{self, Choice, Decimal, Integer, Interval, Label, Map, Name};
use super::super::schema::Need::Optional;
use super::super::schema::{Key, Table, default, key};

/// What `[risk]` says of money and scopes.
pub(super) fn keys() -> Vec<Key> {
    vec![
        key(
            "currency",
            Label,
            Optional,
            "What the limits of engine, venues and strategies are counted in, such as \"USDT\". What a market of the run \
             against it does not price, and [risk.worth] neither, allows no order where such a limit is stated.",
        ),
        key(
            "cost_method",
            Choice(vec!["average", "fifo"]),
            default("\"average\""),
            "What a closing trade closes, in the books of the account: an equal share of all, or what was opened first.",
        ),
        Key {
            name: "engine",
            kind: Kind::Table(of_strategies("Limits of all strategies together.")),
            need: default("{}"),
            doc: "Limits of all strategies together: of the account, since an engine trades for one.",
        },
        Key {
            name: "venue",
            kind: Map(&Name, Table { doc: "Limits of one venue.", keys: at_stake() }),
            need: default("{}"),
            doc: "Limits of what is at stake at one venue.",
        },
        Key {
            name: "strategy",
            kind: Map(&Name, of_strategies("Limits of one strategy.")),
            need: default("{}"),
            doc: "Limits of one strategy.",
        },
        Key {
            name: "worth",
            kind: Map(&Label, Table { doc: "What one of an asset is worth.", keys: vec![price()] }),
            need: default("{}"),
            doc: "What assets are worth that no market of the run prices, such as one that fees are paid in.",
        },
    ]
}

fn price() -> Key {
    key(
        "price",
        Decimal,
        super::super::schema::Need::Required,
        "So much of the currency for one of the asset.",
    )
}

fn at_stake() -> Vec<Key> {
    vec![
        key(
            "exposure_max",
            Decimal,
            Optional,
            "The most that may be at stake: what each strategy could come to hold of each instrument, long or short, at \
             the middle of its market.",
        ),
        key("open_orders_max", Integer(1, 100_000), Optional, "The most orders to have open."),
    ]
}

fn of_strategies(doc: &'static str) -> Table {
    let losses = [
        key(
            "daily_loss_max",
            Decimal,
            Optional,
            "The most to lose in a day (UTC); beyond it only what reduces passes until the day is over.",
        ),
        key(
            "drawdown_max",
            Decimal,
            Optional,
            "The most to lose since the best moment of the run; beyond it only what reduces passes.",
        ),
        key(
            "pnl_jump_max",
            Decimal,
            Optional,
            "The furthest that what was earned may move within a tenth of a second; beyond it only what reduces passes.",
        ),
        key(
            "flatten_percent",
            Integer(100, 10_000),
            default("120"),
            "At so many percent of a daily loss or drawdown that may be, all that is held is closed at the market.",
        ),
    ];
    Table { doc, keys: at_stake().into_iter().chain(losses).chain(value_at_risk()).collect() }
}

fn value_at_risk() -> Vec<Key> {
    vec![
        key(
            "var_max",
            Decimal,
            Optional,
            "The largest value at risk. An estimator computes it once a second by how the marks of the last three hours \
             moved, and what may be at stake by it; until it knows enough, which takes a quarter of an hour, and where it \
             does not, only what reduces passes.",
        ),
        key(
            "var_confidence_percent",
            Decimal,
            default("\"99\""),
            "How seldom more is lost: \"99\" for one time in a hundred. Above 50 and at most 99.9 where it is historical.",
        ),
        key("var_horizon", Interval, default("\"1h\""), "Over how long value at risk is told."),
        key(
            "var_method",
            Choice(vec!["historical", "parametric"]),
            default("\"historical\""),
            "A quantile of what was seen, or the normal law with the covariance that was seen.",
        ),
    ]
}
