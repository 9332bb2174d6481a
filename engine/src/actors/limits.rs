//! Every limit of the actors, on one page.

use fulmar_bus::record::Nanos;

use crate::trading::{ORDER_INSTRUMENTS_MAX, RETURN_CELLS_MAX};

/// Levels that a side of a book holds; the farthest beyond it are dropped and counted. The deepest venue shows 46,000.
pub const BOOK_LEVELS_MAX: usize = 65_536;
/// How long a book may stay crossed before it is synced anew. Venues cross for an instant between two messages.
pub const CROSSED_NS_MAX: u64 = 2_000_000_000;
/// How often a top that does not change is told again. Shorter than any age at which an order would be refused.
pub const TOP_REPEAT_NS: u64 = 250_000_000;
/// How long the gate waits before it tries again to cancel what may stand no more and still does.
pub const CANCEL_RETRY_NS: u64 = 100_000_000;
/// How long the gate waits for one request to have ended all orders of an instrument before it cancels by name what
/// still stands. Longer than a gateway waits for its answer, which then cancels by name itself; shorter than the end of
/// a run waits for all.
pub const SWEEP_ANSWER_NS: u64 = 3_000_000_000;
/// How long the gate waits before it tries again to close what a scope that has lost too much still holds.
pub const CLOSE_RETRY_NS: u64 = 1_000_000_000;
/// How long what the venue says of the account may differ from our books before it is no report on its way.
pub const DIFFERENCE_GRACE: Nanos = Nanos::from_secs(10);
/// How long a venue's mark price values positions before the middle of the market does again. Venues tell it every
/// three seconds at most.
pub const MARK_PRICE_AGE_MAX: Nanos = Nanos::from_secs(10);
/// How often operators are told how every scope stands, while anything moves.
pub const SCOPES_INTERVAL: Nanos = Nanos::from_secs(1);
/// How often value at risk is estimated.
pub const ESTIMATE_INTERVAL_NS: u64 = 1_000_000_000;
/// How long an estimate is good: two may be late before the gate lets nothing pass that adds.
pub const ESTIMATE_GOOD_FOR_NS: u64 = 3 * ESTIMATE_INTERVAL_NS;
/// From one mark to the next that a return is made of. Shorter, and the bounce between bid and ask is most of it;
/// longer, and it takes a morning until enough is known.
pub const RETURN_INTERVAL_NS: u64 = 10_000_000_000;
/// Returns of each instrument that value at risk is estimated by: those of three hours.
pub const RETURN_COUNT_MAX: usize = 1_080;
/// How old a top may be that a mark is made of: it is told again more often than this as long as it holds.
pub const TOP_AGE_MAX_NS: u64 = 2_000_000_000;
/// How long a bar waits, beyond its end, for trades that are still on their way.
pub const BAR_GRACE_NS: u64 = 2_000_000_000;
/// How far a venue may date a trade after we received it: clocks differ by seconds, and one that is a minute ahead is
/// wrong.
pub const VENUE_AHEAD_MAX_NS: u64 = 60_000_000_000;
/// Orders that may be unsettled at one time, over all strategies.
pub const ORDERS_MAX: usize = 4_096;
/// Trades of orders that nobody knew that are known again where they are told once more, which is within seconds: more
/// than a venue tells in one answer.
pub const STRAY_TRADES_MAX: usize = 1_024;
/// Slots of the channel that held orders are kept on. All of them are written again before the last word on any is
/// overwritten: after a quarter of it, and then at the most twice what all of them take.
pub const HELD_SLOTS: usize = 1 << 16;
/// How long what is written may wait for the disk: the group commit.
pub const JOURNAL_SYNC_NS: u64 = 10_000_000;
/// Orders of one strategy that may be unsettled at one time.
pub const STRATEGY_ORDERS_MAX: usize = 1_024;
/// Timers that one strategy may have set at one time; further ones are refused and counted.
pub const STRATEGY_TIMERS_MAX: usize = 256;
/// Commands of one attached process that are taken in one turn: as many as any inbox gives.
pub const COMMANDS_PER_TURN_MAX: usize = 64;
/// Events of an attached process whose room is freed in one turn: it says when, and may say all at once.
pub const EVENTS_FREED_PER_TURN_MAX: u64 = 1_024;
/// The time in which wishes of an attached process that make no sense are counted together.
pub const MISUSE_WINDOW: Nanos = Nanos::from_secs(60);
/// How often an attached process is woken at the most: a wake takes a microsecond of the engine's.
pub const WAKE_INTERVAL: Nanos = Nanos(20_000);
/// How often the recorder looks for what there is to keep.
pub const JOURNAL_LOOK_NS: u64 = 1_000_000;

const _: () = assert!(
    RETURN_INTERVAL_NS.is_multiple_of(ESTIMATE_INTERVAL_NS),
    "a mark is taken when an estimate is made"
);
const _: () =
    assert!(RETURN_COUNT_MAX * ORDER_INSTRUMENTS_MAX <= RETURN_CELLS_MAX, "any engine's returns are kept");
const _: () = assert!(TOP_REPEAT_NS < TOP_AGE_MAX_NS, "a top that holds does not grow too old");
