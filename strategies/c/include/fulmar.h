/*
 * fulmar.h: a strategy in a process of its own, attached to a running Fulmar engine.
 *
 * A strategy is a table of callbacks. It sees the market, its orders and what it holds through a context, and asks for
 * orders there; every one of them passes the engine's risk gate. What it decides depends on what it is told and on its
 * own memory alone: its only time is fulmar_now.
 *
 *     static void on_quote(void *user, fulmar_context *context, const fulmar_event *event, const fulmar_quote *quote)
 *     {
 *         fulmar_new_order order = fulmar_limit_order(FULMAR_SIDE_BUY, quote->bid.price, 10);
 *         order.post_only = 1;
 *         fulmar_submit(context, event->instrument_id, &order, NULL);
 *     }
 *
 *     int main(void)
 *     {
 *         const fulmar_options options = {.abi_version = FULMAR_ABI_VERSION, .name = "outside"};
 *         const fulmar_callbacks callbacks = {.on_quote = on_quote};
 *         fulmar_error error;
 *         fulmar_session *session = fulmar_attach(&options, &callbacks, NULL, &error);
 *         if (session == NULL) {
 *             fprintf(stderr, "%s\n", error.text);
 *             return 1;
 *         }
 *         fulmar_run(session, &error);
 *         fulmar_detach(session);
 *     }
 *
 * Numbers are integers. A price of 61837.63 of an instrument whose price scale is 2 is 6183763; the scales stand in its
 * fulmar_definition. Money is as wide as it needs to be (fulmar_wide), at the sum of both scales. Moments are
 * nanoseconds since 1970. A text of a fixed length is filled up with zeros, and has none where it is full: print it
 * with "%.*s". What is called reserved is zero.
 *
 * A context is good within a callback, and between two turns on any thread that is alone with the session. Pointers
 * that a callback is given are good until it returns. NULL is refused wherever it has no meaning; an answer that is not
 * wanted may go to NULL. Nothing here sets errno, prints, or leaves by a jump.
 *
 * Written by strategies/c/tests/bindings from the sources. Do not change it here.
 */
#ifndef FULMAR_H
#define FULMAR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Says which header a program was compiled with. */
#define FULMAR_ABI_VERSION 1
/* The id of no instrument, in an event that concerns none. */
#define FULMAR_NO_INSTRUMENT UINT32_MAX
/* Digits behind the point of every fee. */
#define FULMAR_COMMISSION_SCALE 18
/* Digits behind the point of every funding rate. */
#define FULMAR_FUNDING_SCALE 12
/* Room for any text that this library writes of a number or of an order's id. */
#define FULMAR_TEXT_BYTES 80

/* A strategy that is attached. */
typedef struct fulmar_session fulmar_session;
/* What a strategy sees, and the doors for what it wants. */
typedef struct fulmar_context fulmar_context;

/* -------------------------------------------------------------------------------------------------------- */
/* Values.                                                                                                  */
/* -------------------------------------------------------------------------------------------------------- */

/* What a call came to. Zero: it did what it says. Above zero: the session is over. Below zero: nothing was
 * done. */
typedef enum fulmar_result {
    /* It did what it says. */
    FULMAR_RESULT_OK = 0,
    /* The session is over: somebody called fulmar_stop. */
    FULMAR_RESULT_STOPPED = 1,
    /* The session is over: the engine is gone, or sent the process away. */
    FULMAR_RESULT_ENGINE_GONE = 2,
    /* The session is over: the engine came to the end of the journal that it plays. */
    FULMAR_RESULT_PLAYED = 3,
    /* The session is over: another process took the place of this one, and has its orders and what it
     * held. */
    FULMAR_RESULT_REPLACED = 4,
    /* What is asked for is not known, or not now. */
    FULMAR_RESULT_UNKNOWN = -1,
    /* An argument is NULL, not one of the values that it can have, or does not fit the others. */
    FULMAR_RESULT_ARGUMENT = -2,
    /* Not here: a turn is running already, in this thread or in another. */
    FULMAR_RESULT_BUSY = -3,
    /* The strategy does not trade that instrument. */
    FULMAR_RESULT_NOT_TRADED = -4,
    /* As many of its orders are unsettled as it may have. */
    FULMAR_RESULT_ORDERS_FULL = -5,
    /* The quantity is not above zero. */
    FULMAR_RESULT_QUANTITY = -6,
    /* The order that it is to wait for is not known, or was wanted before the engine was killed. */
    FULMAR_RESULT_PARENT = -7,
    /* There is nothing to cancel or to change, or no room for the wish now. */
    FULMAR_RESULT_NOTHING = -8,
    /* The program was compiled with another fulmar.h than this library. */
    FULMAR_RESULT_ABI = -9,
    /* The engine refused, and said why. */
    FULMAR_RESULT_REFUSED = -10,
    /* No engine that takes strategies is there. */
    FULMAR_RESULT_UNREACHABLE = -11,
    /* Something here is broken: the session is over, and does nothing any more. */
    FULMAR_RESULT_PANIC = -12,
    /* What the engine shares is not what an engine shares: the session is over. */
    FULMAR_RESULT_BROKEN = -13,
} fulmar_result;

/* How a session waits for something to happen. */
typedef enum fulmar_wait {
    /* As the environment says (FULMAR_WAIT is spin, yield or sleep); where it says nothing, as the last. */
    FULMAR_WAIT_DEFAULT = 0,
    /* Looks without a pause. It takes a whole core, and is the fastest. */
    FULMAR_WAIT_SPIN = 1,
    /* Looks, and lets others run. */
    FULMAR_WAIT_YIELD = 2,
    /* Looks for some microseconds, then sleeps until the engine wakes it. */
    FULMAR_WAIT_SLEEP = 3,
} fulmar_wait;

/* Which side of the market. */
typedef enum fulmar_side {
    /* Buyers: the bid side, and an order to buy. */
    FULMAR_SIDE_BUY = 1,
    /* Sellers: the ask side, and an order to sell. */
    FULMAR_SIDE_SELL = 2,
} fulmar_side;

/* How a `fulmar_quote` is known. */
typedef enum fulmar_top_source {
    /* The venue's own ticker of best bid and ask. */
    FULMAR_TOP_SOURCE_TICKER = 1,
    /* Our book, proven live. */
    FULMAR_TOP_SOURCE_BOOK = 2,
} fulmar_top_source;

/* How far a book can be believed. */
typedef enum fulmar_sync_state {
    /* No snapshot yet, or one is being joined to the stream. */
    FULMAR_SYNC_STATE_SYNCING = 1,
    /* Proven: a snapshot, and every update since, in order. */
    FULMAR_SYNC_STATE_LIVE = 2,
    /* Continuity broke; nothing is applied until a new snapshot. */
    FULMAR_SYNC_STATE_DESYNCED = 3,
} fulmar_sync_state;

/* What kind of thing an instrument is. */
typedef enum fulmar_contract_kind {
    /* The asset itself. */
    FULMAR_CONTRACT_KIND_SPOT = 1,
    /* A perpetual future settled in the quote currency. */
    FULMAR_CONTRACT_KIND_LINEAR_PERPETUAL = 2,
    /* A perpetual future settled in the base currency. */
    FULMAR_CONTRACT_KIND_INVERSE_PERPETUAL = 3,
    /* A dated future settled in the quote currency. */
    FULMAR_CONTRACT_KIND_LINEAR_FUTURE = 4,
    /* A dated future settled in the base currency. */
    FULMAR_CONTRACT_KIND_INVERSE_FUTURE = 5,
} fulmar_contract_kind;

/* Whether a venue knows an instrument, and trades it now; part of an `fulmar_status`. */
typedef enum fulmar_listing {
    /* It does both, as far as it says. */
    FULMAR_LISTING_LISTED = 1,
    /* It does not know it: misspelled, delisted, or not listed yet. */
    FULMAR_LISTING_UNLISTED = 2,
    /* It knows it and does not trade it now: maintenance, cancels alone, an auction. */
    FULMAR_LISTING_HALTED = 3,
} fulmar_listing;

/* How an order meets the market. */
typedef enum fulmar_order_type {
    /* At any price, now. */
    FULMAR_ORDER_TYPE_MARKET = 1,
    /* At its price or better. */
    FULMAR_ORDER_TYPE_LIMIT = 2,
    /* A market order once the market has gone against its trigger price: above it for a buyer, below it
     * for a seller. */
    FULMAR_ORDER_TYPE_STOP = 3,
    /* A limit order once the market has gone against its trigger price. */
    FULMAR_ORDER_TYPE_STOP_LIMIT = 4,
    /* A stop whose trigger price follows the market at its trailing offset, and never steps back. */
    FULMAR_ORDER_TYPE_TRAILING_STOP = 5,
    /* A market order once the market has come to its trigger price: below it for a buyer, above it for a
     * seller. */
    FULMAR_ORDER_TYPE_MARKET_IF_TOUCHED = 6,
    /* A limit order once the market has come to its trigger price. */
    FULMAR_ORDER_TYPE_LIMIT_IF_TOUCHED = 7,
} fulmar_order_type;

/* Which price of the market triggers an order. */
typedef enum fulmar_trigger_by {
    /* That of the last trade. */
    FULMAR_TRIGGER_BY_LAST = 0,
    /* The best price that the order could trade at: the ask for a buyer, the bid for a seller. */
    FULMAR_TRIGGER_BY_BID_ASK = 1,
    /* The venue's mark price. */
    FULMAR_TRIGGER_BY_MARK = 2,
    /* The venue's index price. */
    FULMAR_TRIGGER_BY_INDEX = 3,
} fulmar_trigger_by;

/* How long an order stands. */
typedef enum fulmar_time_in_force {
    /* Until it is canceled. */
    FULMAR_TIME_IN_FORCE_GTC = 1,
    /* What can be done now; the rest is canceled. */
    FULMAR_TIME_IN_FORCE_IOC = 2,
    /* All of it now, or nothing. */
    FULMAR_TIME_IN_FORCE_FOK = 3,
    /* Until the moment that it names. */
    FULMAR_TIME_IN_FORCE_GTD = 4,
    /* Until the end of the trading day; where venues never close, of the day in UTC. */
    FULMAR_TIME_IN_FORCE_DAY = 5,
} fulmar_time_in_force;

/* Where an order stands. */
typedef enum fulmar_order_status {
    /* Made, not yet judged. */
    FULMAR_ORDER_STATUS_INITIALIZED = 1,
    /* Refused by our gate; never left. */
    FULMAR_ORDER_STATUS_DENIED = 2,
    /* Sent, not yet answered. */
    FULMAR_ORDER_STATUS_SUBMITTED = 3,
    /* Stands at the venue. */
    FULMAR_ORDER_STATUS_ACCEPTED = 4,
    /* Refused by the venue. */
    FULMAR_ORDER_STATUS_REJECTED = 5,
    /* A cancel is on its way. */
    FULMAR_ORDER_STATUS_PENDING_CANCEL = 6,
    /* Stands, in part filled. */
    FULMAR_ORDER_STATUS_PARTIALLY_FILLED = 7,
    /* Done: all of it traded. */
    FULMAR_ORDER_STATUS_FILLED = 8,
    /* Done: the rest was canceled. */
    FULMAR_ORDER_STATUS_CANCELED = 9,
    /* Done: the venue ended it. */
    FULMAR_ORDER_STATUS_EXPIRED = 10,
    /* Sent, and nobody knows. Not a rejection: its exposure counts in full until a query settles it. */
    FULMAR_ORDER_STATUS_UNKNOWN = 11,
    /* A change of it is on its way. */
    FULMAR_ORDER_STATUS_PENDING_UPDATE = 12,
    /* Its trigger price was met: it stands as the order that it was to become. */
    FULMAR_ORDER_STATUS_TRIGGERED = 13,
} fulmar_order_status;

/* What a report tells. */
typedef enum fulmar_execution {
    /* The order left this process. */
    FULMAR_EXECUTION_SUBMITTED = 1,
    /* The venue has it. */
    FULMAR_EXECUTION_ACCEPTED = 2,
    /* The venue refused it. */
    FULMAR_EXECUTION_REJECTED = 3,
    /* Some of it traded; the `last_*` fields say how much. */
    FULMAR_EXECUTION_TRADE = 4,
    /* The rest of it was canceled. */
    FULMAR_EXECUTION_CANCELED = 5,
    /* The venue ended it. */
    FULMAR_EXECUTION_EXPIRED = 6,
    /* The venue refused to cancel it; the order stands as it stood. */
    FULMAR_EXECUTION_CANCEL_REJECTED = 7,
    /* Nobody knows what became of it. */
    FULMAR_EXECUTION_UNKNOWN = 8,
    /* The venue changed it; price and quantity say what it is now. */
    FULMAR_EXECUTION_UPDATED = 9,
    /* The venue refused to change it; the order stands as it stood. */
    FULMAR_EXECUTION_UPDATE_REJECTED = 10,
    /* Its trigger price was met. */
    FULMAR_EXECUTION_TRIGGERED = 11,
} fulmar_execution;

/* Who waited and who came. */
typedef enum fulmar_liquidity {
    /* No trade, or the venue does not say. */
    FULMAR_LIQUIDITY_NONE = 0,
    /* Our order stood in the book. */
    FULMAR_LIQUIDITY_MAKER = 1,
    /* Our order took from the book. */
    FULMAR_LIQUIDITY_TAKER = 2,
} fulmar_liquidity;

/* How far a held order is on its way to the venue. */
typedef enum fulmar_held_stage {
    /* In the engine: its trigger is not met, or its turn did not come. */
    FULMAR_HELD_STAGE_WAITING = 1,
    /* In the engine: its trigger was met, or its turn came. */
    FULMAR_HELD_STAGE_FIRED = 2,
    /* Sent, or about to be: it may be at the venue. */
    FULMAR_HELD_STAGE_STANDING = 3,
    /* Sent, and not held before: others wait for it. */
    FULMAR_HELD_STAGE_AWAITED = 4,
    /* Done; what it traded still counts for its alternatives. */
    FULMAR_HELD_STAGE_ENDED = 5,
    /* Nobody depends on it any more. */
    FULMAR_HELD_STAGE_GONE = 6,
} fulmar_held_stage;

/* A check of the gate. Its number is `code` and its bit in `codes`. */
typedef enum fulmar_check {
    /* The kill is latched. */
    FULMAR_CHECK_KILL_SWITCH = 1,
    /* The book is not live, is crossed, or is older than it may be. */
    FULMAR_CHECK_STALE_MARKET_DATA = 2,
    /* The quantity is above our limit or the instrument's. */
    FULMAR_CHECK_MAX_ORDER_QTY = 3,
    /* The notional is above our limit, or there is no price to know it by. */
    FULMAR_CHECK_MAX_ORDER_NOTIONAL = 4,
    /* Price or quantity is no whole number of steps, or a price is missing or not asked for. */
    FULMAR_CHECK_TICK_LOT_PRECISION = 5,
    /* The quantity is below the instrument's least, or not above zero. */
    FULMAR_CHECK_MIN_QTY = 6,
    /* The notional is below the instrument's least, or there is no price to know it by. */
    FULMAR_CHECK_MIN_NOTIONAL = 7,
    /* Position and open orders together could pass the limit. */
    FULMAR_CHECK_MAX_POSITION = 8,
    /* One order more than may be open. */
    FULMAR_CHECK_MAX_OPEN_ORDERS = 9,
    /* No message is left in this window. */
    FULMAR_CHECK_MAX_MSG_RATE = 10,
    /* The strategy's ring of intents has no room. The host refuses so, not the gate. */
    FULMAR_CHECK_INTENT_RING_FULL = 11,
    /* No rules and limits are known for the instrument. */
    FULMAR_CHECK_UNKNOWN_INSTRUMENT = 12,
    /* The order says that it only reduces the position, and could do more. */
    FULMAR_CHECK_REDUCE_ONLY = 13,
    /* The venue does not trade the instrument now, or does not know it. Measured by the number of the
     * listing. */
    FULMAR_CHECK_INSTRUMENT_HALTED = 14,
    /* The price lies too far from the market, or the market is not known. */
    FULMAR_CHECK_PRICE_COLLAR = 15,
    /* A market order would meet too wide a spread, or want much more than stands there. */
    FULMAR_CHECK_MARKET_ORDER_PROTECTION = 16,
    /* Open orders and this one together are worth more than they may be. */
    FULMAR_CHECK_MAX_OPEN_NOTIONAL = 17,
    /* The same order of the same strategy passed a moment ago. */
    FULMAR_CHECK_DUPLICATE_ORDER = 18,
    /* It would trade with an order of ours, whichever strategy's. */
    FULMAR_CHECK_SELF_TRADE = 19,
    /* The strategy may not trade the instrument. */
    FULMAR_CHECK_NOT_PERMITTED = 20,
    /* It would sell what is not held. */
    FULMAR_CHECK_SHORT_NOT_ALLOWED = 21,
    /* Too many orders for the trades that came of them. */
    FULMAR_CHECK_ORDER_TO_TRADE_RATIO = 22,
    /* Too many orders, or one for too long, of which nobody knows what became. */
    FULMAR_CHECK_UNKNOWN_ORDER_STATE = 23,
    /* The venue rejected too many orders of late. */
    FULMAR_CHECK_REJECT_STORM = 24,
    /* No way is known to have such an order carried out, or to value what its instrument's quantities are. */
    FULMAR_CHECK_NOT_SUPPORTED = 25,
    /* More was lost today than may be. */
    FULMAR_CHECK_MAX_DAILY_LOSS = 26,
    /* More was lost since the best moment than may be. */
    FULMAR_CHECK_MAX_DRAWDOWN = 27,
    /* A fill lay too far from the market; until somebody has looked at it. */
    FULMAR_CHECK_FILL_PRICE_SANITY = 28,
    /* What was earned jumped further than it may; until somebody has looked at it. */
    FULMAR_CHECK_PNL_JUMP = 29,
    /* Too many fills in a short time; until somebody has looked at it. */
    FULMAR_CHECK_REPEATED_EXECUTION = 30,
    /* The engine, the venue or the strategy would have more at stake than it may. */
    FULMAR_CHECK_MAX_EXPOSURE = 31,
    /* What the order pays with is not there. */
    FULMAR_CHECK_INSUFFICIENT_BALANCE = 32,
    /* More would be at stake than value at risk allows, or nobody says what it allows. */
    FULMAR_CHECK_MAX_VAR = 33,
    /* It is more than the order that it follows has traded and its alternatives left. */
    FULMAR_CHECK_PARENT_CHILD_OVERRUN = 34,
    /* It would show a part of itself that cannot be. The limit is the display quantity that could; zero
     * where none is. */
    FULMAR_CHECK_DISPLAY_QTY = 35,
} fulmar_check;

/* -------------------------------------------------------------------------------------------------------- */
/* What happens, and what is wanted.                                                                        */
/* -------------------------------------------------------------------------------------------------------- */

/* What went wrong, for a program and for a person. */
typedef struct fulmar_error {
    /* What it came to. A `fulmar_result`. */
    fulmar_result result;
    /* The same in words, which end in a zero. */
    char text[508];
} fulmar_error;

/* How to attach. What is zero is left to the environment, in which `fulmar strategy run` says all of it. */
typedef struct fulmar_options {
    /* FULMAR_ABI_VERSION, as the program was compiled with. */
    uint32_t abi_version;
    /* How to wait: a fulmar_wait. */
    uint8_t wait;
    /* One to take the place of the process that is attached under the name, if one is: its orders and what
     * it holds are this one's from then on, and nothing is canceled. Zero where FULMAR_TAKE_OVER says,
     * which is 1 or is not set. */
    uint8_t take_over;
    /* Zero. */
    uint8_t reserved[2];
    /* The name that the engine's configuration gives the strategy; NULL for FULMAR_STRATEGY. */
    const char *name;
    /* Where the engine's bus listens; NULL for FULMAR_SOCKET, and where that is not set for
     * state/bus/bus.sock. */
    const char *socket;
} fulmar_options;

/* A 128-bit integer as two aligned 64-bit halves, so that a record needs no 16-byte alignment. */
typedef struct fulmar_wide {
    uint64_t low;
    uint64_t high;
} fulmar_wide;

/* An order's name at every venue and in every record, unique over all boots of one engine.
 *
 * Its text form is 25 alphanumerics, which every venue takes: `F`, then boot epoch, strategy and counter
 * in hexadecimal. Clients give a tag, never an id. */
typedef struct fulmar_order_id {
    /* The boot that made it, from a counter that outlives the process. */
    uint32_t epoch;
    /* The strategy that it belongs to. */
    uint16_t strategy_id;
    /* Zero. */
    uint8_t reserved[2];
    /* Counts the orders of that strategy in that boot, from one; below 2^36. The twelve bits above number
     * a slice. */
    uint64_t counter;
} fulmar_order_id;

/* What something happened to, and when that reached this machine. */
typedef struct fulmar_event {
    /* When the bytes that led to it reached this machine, in nanoseconds since 1970. */
    uint64_t received_at;
    /* The instrument, or FULMAR_NO_INSTRUMENT. */
    uint32_t instrument_id;
    /* One of a quote that lies further from the last good one than the configured band: it may be wrong. */
    uint8_t is_suspect;
    /* Zero. */
    uint8_t reserved[3];
} fulmar_event;

/* One price level: the quantity that stands there now, zero where none is left. */
typedef struct fulmar_level {
    /* Price, at the instrument's price scale. */
    int64_t price;
    /* Absolute quantity, at the instrument's quantity scale. */
    int64_t quantity;
} fulmar_level;

/* A trade at the venue. */
typedef struct fulmar_trade {
    /* Price, at the instrument's price scale; above zero. */
    int64_t price;
    /* Quantity, at the instrument's quantity scale; above zero. */
    int64_t quantity;
    /* The venue's number of the trade, or a 64-bit hash of its text. */
    uint64_t trade_id;
    /* When the venue says that it happened. */
    uint64_t venue_at;
    /* Who crossed the spread. A `fulmar_side`. */
    uint8_t aggressor;
    /* Zero. */
    uint8_t reserved[7];
} fulmar_trade;

/* Best bid and ask. A side that is empty has price and quantity zero. */
typedef struct fulmar_quote {
    /* Best bid, at the instrument's scales, as the ask. */
    fulmar_level bid;
    /* Best ask. */
    fulmar_level ask;
    /* The venue's number of the book state that it belongs to. */
    uint64_t update_id;
    /* When the venue says that it held, zero where it does not say. */
    uint64_t venue_at;
    /* How it is known. A `fulmar_top_source`. */
    uint8_t source;
    /* Zero. */
    uint8_t reserved[7];
} fulmar_quote;

/* Levels of a book that changed, each with the quantity that stands there now, zero where none is left. */
typedef struct fulmar_book_update {
    /* Bids; they stay for the callback. */
    const fulmar_level *bids;
    /* Asks. */
    const fulmar_level *asks;
    /* How many bids. */
    uint32_t bid_count;
    /* How many asks. */
    uint32_t ask_count;
    /* The venue's number of the state of the book that holds once they are applied. */
    uint64_t update_id;
    /* When the venue says that it happened. */
    uint64_t venue_at;
} fulmar_book_update;

/* A bar of the trades of one interval, aligned to UTC: made here, or by the venue. What a venue does not
 * say of its bar is zero. */
typedef struct fulmar_bar {
    /* Price of the first trade, at the instrument's price scale, as the three below. */
    int64_t open;
    /* Highest price. */
    int64_t high;
    /* Lowest price. */
    int64_t low;
    /* Price of the last trade. */
    int64_t close;
    /* Sum of quantities, at the instrument's quantity scale. */
    int64_t volume;
    /* Sum of price times quantity, a notional. */
    fulmar_wide notional;
    /* Start of the interval; it ends before `start_at + interval`. */
    uint64_t start_at;
    /* Length of the interval. */
    uint64_t interval;
    /* Trades in it; at least one in a bar made here, since an interval without a trade has none. */
    uint64_t trade_count;
} fulmar_bar;

/* Best bid and ask of one pair over several venues, at the scales stated here. */
typedef struct fulmar_consolidated {
    /* Best bid of all; zero where no venue has one. */
    fulmar_level bid;
    /* Best ask of all; zero where no venue has one. */
    fulmar_level ask;
    /* Where the best bid stands. */
    uint32_t bid_instrument_id;
    /* Where the best ask stands. */
    uint32_t ask_instrument_id;
    /* Scale of both prices: the widest of the pair's instruments. */
    uint8_t price_scale;
    /* Scale of both quantities: the widest of the pair's instruments. */
    uint8_t quantity_scale;
    /* Venues whose book is live. */
    uint16_t live_count;
    /* One where the instrument that this is told of is unlike its pair and left out: nothing stands here
     * then, and the pair goes on without it. */
    uint8_t is_left_out;
    /* Zero. */
    uint8_t reserved[3];
} fulmar_consolidated;

/* The highest and the lowest middle of best bid and ask, over the venues that have both. Nobody trades at
 * these. */
typedef struct fulmar_mid_spread {
    /* The highest middle, rounded down. */
    int64_t high;
    /* The lowest middle, rounded down. */
    int64_t low;
    /* Where the highest is; of several, the earliest in the pair's list, as for the lowest. */
    uint32_t high_instrument_id;
    /* Where the lowest is; where all are equal, the same instrument. */
    uint32_t low_instrument_id;
} fulmar_mid_spread;

/* The best of buying at one venue's ask and selling at another's bid, once both have taken their fee of a
 * taker. */
typedef struct fulmar_arbitrage {
    /* What one unit of the base brings, rounded down; above zero, or there is none. */
    int64_t profit;
    /* How much of it can be had: the smaller of the two levels. */
    int64_t quantity;
    /* Where to buy. */
    uint32_t buy_instrument_id;
    /* Where to sell. */
    uint32_t sell_instrument_id;
} fulmar_arbitrage;

/* Which venue's middle moved first, of the two between which it was the clearest of late: a count of what
 * was seen here, not a forecast. It says nothing of causes, and its lag holds the ways from both venues to
 * this machine. */
typedef struct fulmar_lead_lag {
    /* How long the follower took on average, where it followed. */
    uint64_t lag;
    /* Who moved first. */
    uint32_t leader_instrument_id;
    /* Who followed. */
    uint32_t follower_instrument_id;
    /* Moves of one that the other followed, whichever was first, that are still counted. */
    uint32_t follow_count;
    /* The part of them in which the leader was first, in 1/10,000, rounded down; at least half. */
    uint32_t leader_share;
} fulmar_lead_lag;

/* high: Price(6_183_763), low: Price(6_183_751), high_instrument_id: InstrumentId(4), low_instrument_id:
 * InstrumentId(7), }; assert_eq!(signals.mids.spread(), Some(Price(12)), "0.12, since prices have scale
 * 2"); assert!(signals.arbitrage.is_none() && signals.lead_lag.is_none()); */
typedef struct fulmar_cross_venue {
    /* How far apart the venues value it. */
    fulmar_mid_spread mids;
    /* What buying at one venue and selling at another would bring. */
    fulmar_arbitrage arbitrage;
    /* Which venue moves first. */
    fulmar_lead_lag lead_lag;
    /* Scale of every price: the widest of the pair's instruments. */
    uint8_t price_scale;
    /* Scale of the quantity: the widest of the pair's instruments. */
    uint8_t quantity_scale;
    /* Zero. */
    uint8_t reserved[6];
} fulmar_cross_venue;

/* What is paid between those who are long and those who are short of a perpetual future, as the venue says
 * it now: its forecast of the next payment, until that is made. */
typedef struct fulmar_funding {
    /* What is paid for one interval. */
    int64_t rate;
    /* From one payment to the next, zero where the venue does not say. */
    uint64_t interval;
    /* When the next payment is due, zero where the venue does not say. */
    uint64_t next_at;
    /* When the venue says that it held, zero where it does not say. */
    uint64_t venue_at;
} fulmar_funding;

/* The price at which the venue values positions, and liquidates them; and the price of what lies beneath
 * the instrument. Both are computed by the venue, so that no tick binds them: they stand at the scale
 * stated here, which may be finer than the instrument's. */
typedef struct fulmar_mark_price {
    /* What positions are valued at. */
    int64_t mark;
    /* The price of what lies beneath, over several markets; zero where the venue does not tell it here. */
    int64_t index;
    /* When the venue says that both held, zero where it does not say. */
    uint64_t venue_at;
    /* Decimal digits behind the point of both. */
    uint8_t price_scale;
    /* Zero. */
    uint8_t reserved[7];
} fulmar_mark_price;

/* How much one unit of quantity is: so much of the base asset, or where the contract is inverse so much of
 * the quote currency. A contract of bitcoin may be 0.01 of it at one venue and all of it at another, at
 * the same price.
 *
 * It is kept without the zeros behind its last digit, so that equal sizes are equal values. */
typedef struct fulmar_contract_size {
    int64_t mantissa;
    uint8_t scale;
    /* Zero. */
    uint8_t reserved[7];
} fulmar_contract_size;

typedef struct fulmar_definition {
    /* The venue's name, such as `binance-spot`. */
    char venue[24];
    /* The venue's symbol, such as `BTCUSDT`. */
    char symbol[32];
    /* Base currency, empty where it is not known. */
    char base[16];
    /* Quote currency, empty where it is not known. */
    char quote[16];
    /* Smallest step of an order's price, at the price scale; zero where it is not known. */
    int64_t tick;
    /* Smallest step of an order's quantity, at the quantity scale; zero where it is not known. */
    int64_t lot;
    /* Smallest order quantity, at the quantity scale; zero where there is none. */
    int64_t quantity_min;
    /* Largest order quantity, at the quantity scale; zero where there is none. */
    int64_t quantity_max;
    /* Smallest order notional, a notional; zero where there is none. */
    fulmar_wide notional_min;
    /* Counts the definitions of this instrument in this boot, from one. */
    uint32_t revision;
    /* Decimal digits behind the point of every price. */
    uint8_t price_scale;
    /* Decimal digits behind the point of every quantity. */
    uint8_t quantity_scale;
    /* What kind of thing it is. A `fulmar_contract_kind`. */
    uint8_t contract;
    /* One where no definition of the venue stands behind this, only the digits seen. */
    uint8_t is_inferred;
    /* How much one unit of quantity is. */
    fulmar_contract_size contract_size;
    /* Of how many parts an order that shows one of them at a time may be; zero where the venue has no such
     * orders, or nobody said. */
    uint64_t iceberg_parts_max;
} fulmar_definition;

/* What a venue says of whether it knows an instrument and trades it now. Told where it does not, and where
 * it does again; in between no order of the instrument passes. */
typedef struct fulmar_status {
    /* The venue's own words, as far as they fit. */
    char text[96];
    /* From now on. A `fulmar_listing`. */
    uint8_t listing;
    /* Zero. */
    uint8_t reserved[7];
} fulmar_status;

/* A timer of an actor fired. */
typedef struct fulmar_timer {
    /* What the actor called it. */
    uint64_t tag;
    /* When it was to fire. */
    uint64_t due_at;
} fulmar_timer;

/* What an order is to be from now on: all of it, changed or not. */
typedef struct fulmar_terms {
    /* As `price`. */
    int64_t price;
    /* As `trigger_price`. */
    int64_t trigger_price;
    /* As `quantity`: what traded already is part of it. */
    int64_t quantity;
} fulmar_terms;

/* A strategy wants an order. It gives a tag of its own; the engine gives the id. */
typedef struct fulmar_intent {
    /* The id that the order will have at the venue. */
    fulmar_order_id client_order_id;
    /* What the strategy calls it; comes back in every report. */
    uint64_t tag;
    /* Limit price, at the instrument's price scale, as the other prices; zero where it has none. */
    int64_t price;
    /* How much, at the instrument's quantity scale; above zero. */
    int64_t quantity;
    /* Buy or sell. A `fulmar_side`. */
    uint8_t side;
    /* How it meets the market. A `fulmar_order_type`. */
    uint8_t order_type;
    /* How long it stands. A `fulmar_time_in_force`. */
    uint8_t time_in_force;
    /* One where it must not take: it rests or is rejected. */
    uint8_t post_only;
    /* One where it may only bring the position nearer to zero. */
    uint8_t reduce_only;
    /* Which price triggers it, where it waits for a trigger. A `fulmar_trigger_by`. */
    uint8_t trigger_by;
    /* Whose it is. */
    uint16_t strategy_id;
    /* For which account. */
    uint16_t account_id;
    /* Zero. */
    uint8_t reserved[2];
    /* Orders of one strategy with the same number here are alternatives: what one of them trades is taken
     * from the others, and the end of one ends them. Zero for an order by itself. */
    uint32_t alternatives;
    /* Where it is triggered; zero where it waits for no trigger. A trailing one begins here, or where this
     * is zero at its offset from the market. */
    int64_t trigger_price;
    /* How far behind the market a trailing trigger stays; zero elsewhere. */
    int64_t trailing_offset;
    /* The most that the book shows of it; zero where it shows all. */
    int64_t display_qty;
    /* When an order of `FULMAR_TIME_IN_FORCE_GTD` ends; zero elsewhere. */
    uint64_t expire_at;
    /* The counter of the same strategy's order that it waits for: it is sent as that one trades, and never
     * before. Zero where it waits for none. */
    uint64_t after_counter;
} fulmar_intent;

/* All that is known of an order that the engine holds, or that held ones depend on, as of now. Each is the
 * newest word on its order and stands for all before it. Names and scales are in it, because ids are of
 * one boot alone. */
typedef struct fulmar_held_order {
    /* The order on its present terms; of one that fired, what it became. */
    fulmar_intent intent;
    /* When it was wanted. */
    uint64_t submitted_at;
    /* What the strategy wants of it: it is what its alternatives, and the order that it waits for, leave
     * of that. */
    int64_t wanted_qty;
    /* How much of it traded. */
    int64_t traded_qty;
    /* How much of the order that it waits for traded. */
    int64_t parent_traded_qty;
    /* How much of it its slice at the venue was sent with; zero where none is there. */
    int64_t slice_qty;
    /* How much of it had traded when that slice was sent. */
    int64_t slice_from;
    /* How much a unit of quantity is. */
    fulmar_contract_size contract_size;
    /* The name of its strategy. */
    char strategy[32];
    /* The durable name of its instrument, `venue:symbol`. */
    char instrument[64];
    /* How far it is on its way. A `fulmar_held_stage`. */
    uint8_t stage;
    /* Decimal digits of its prices. */
    uint8_t price_scale;
    /* Decimal digits of its quantities. */
    uint8_t quantity_scale;
    /* One where the order that it waits for is done. */
    uint8_t is_parent_done;
    /* One where it was canceled for the sake of an alternative, which ends nobody. */
    uint8_t gave_way;
    /* One where no further slice of it is to leave. */
    uint8_t is_stopped;
    /* How many slices of it left; zero where it leaves as a whole. */
    uint16_t slice_count;
} fulmar_held_order;

/* ExecutionType::Trade => report.last_px.times(report.last_qty), _ => Notional(0), }; assert_eq!(spent,
 * Notional(300)); assert_eq!((report.leaves_qty, report.status.is_terminal()), (Quantity(2), false)); */
typedef struct fulmar_report {
    /* The order. */
    fulmar_order_id client_order_id;
    /* What the strategy calls it; filled in by the engine, zero from the venue. */
    uint64_t tag;
    /* The venue's number of the order, zero where it has not told one. */
    uint64_t venue_order_id;
    /* The venue's number of the trade, zero where this is none. */
    uint64_t trade_id;
    /* How much traded just now, at the instrument's quantity scale, as the other quantities. */
    int64_t last_qty;
    /* At which price, at the instrument's price scale. Of an order that the engine holds, which trades
     * nothing, where its trigger stands now, zero where it has none. */
    int64_t last_px;
    /* How much of the order traded so far. */
    int64_t cumulative_qty;
    /* How much of it still stands; zero once it is done. */
    int64_t leaves_qty;
    /* The venue's fee for this trade, above zero where we pay, in `commission_asset`: at
     * `FULMAR_COMMISSION_SCALE`, whatever the instrument's scales, since it may be of another asset. */
    fulmar_wide commission;
    /* The currency of the fee. */
    char commission_asset[8];
    /* When the venue says that it happened. */
    uint64_t venue_at;
    /* The order's price, as the venue has it. */
    int64_t price;
    /* Where the order stands now. A `fulmar_order_status`. */
    uint8_t status;
    /* What this report tells. A `fulmar_execution`. */
    uint8_t execution;
    /* Maker or taker, in a trade. A `fulmar_liquidity`. */
    uint8_t liquidity_side;
    /* Buy or sell. A `fulmar_side`. */
    uint8_t side;
    /* Why it was rejected, or not changed or canceled: the engine's name for it where it has one, else the
     * venue's error number. Zero where nothing was. */
    int32_t reason;
    /* Whose order it is. */
    uint16_t strategy_id;
    /* For which account. */
    uint16_t account_id;
    /* Of an answer to a change: which, as `revision`. Zero where the venue changed it unasked. */
    uint16_t revision;
    /* One where the order waits in the engine for its trigger or its turn, since the venue has no such
     * order. */
    uint8_t is_emulated;
    /* Zero. */
    uint8_t reserved[1];
    /* The order's quantity, as the venue has it; zero where it does not say. */
    int64_t quantity;
} fulmar_report;

/* The risk gate refused an intent. The order never left. */
typedef struct fulmar_denial {
    /* The id that the order would have had. */
    fulmar_order_id client_order_id;
    /* What the strategy calls it. */
    uint64_t tag;
    /* Every check that refused it: bit `n` is the check whose code is `n`. */
    uint64_t codes;
    /* The limit of the first check that refused, in that check's unit. */
    int64_t limit;
    /* What the intent would have made of it. */
    int64_t value;
    /* The first check that refused it, in the gate's order. */
    uint16_t code;
    /* Whose intent it was. */
    uint16_t strategy_id;
    /* For which account. */
    uint16_t account_id;
    /* Always zero. */
    uint8_t reserved[2];
} fulmar_denial;

typedef struct fulmar_position {
    /* At the instrument's quantity scale, as the sums below; above zero is long. */
    int64_t quantity;
    /* Average price of what is open, at the instrument's price scale, rounded toward zero; zero where
     * nothing is. */
    int64_t avg_px;
    /* What closing trades earned, fees apart, a notional. */
    fulmar_wide realized;
    /* What the open quantity cost, signed as the quantity is, a notional. */
    fulmar_wide cost;
    /* Sum of bought quantities. */
    int64_t bought_qty;
    /* Sum of sold quantities. */
    int64_t sold_qty;
    /* Whose it is. */
    uint16_t strategy_id;
    /* In which account. */
    uint16_t account_id;
    /* Always zero. */
    uint8_t reserved[4];
} fulmar_position;

/* An order as a strategy asks for it. Make one with a function of its type and change what else is to
 * hold; what is zero says nothing. */
typedef struct fulmar_new_order {
    /* Limit price, at the instrument's price scale, of an order that has one. */
    int64_t price;
    /* How much, at the instrument's quantity scale. */
    int64_t quantity;
    /* The price that it waits for, of an order that waits for one. */
    int64_t trigger_price;
    /* How far the trigger of a trailing stop stays behind the market. */
    int64_t trailing_offset;
    /* The most of it that the book shows at one time; zero for all. */
    int64_t display_qty;
    /* The last moment at which it may stand, with FULMAR_TIME_IN_FORCE_GTD. */
    uint64_t expire_at;
    /* What the strategy calls it; comes back in every report. */
    uint64_t tag;
    /* The order that it waits for; zero where it waits for none. */
    fulmar_order_id after;
    /* Buy or sell: a fulmar_side. */
    uint8_t side;
    /* A fulmar_order_type. */
    uint8_t order_type;
    /* A fulmar_time_in_force; zero for until canceled, of a market order for at once or never. */
    uint8_t time_in_force;
    /* Which price triggers it: a fulmar_trigger_by. */
    uint8_t trigger_by;
    /* One where it may take nothing: it rests, or is rejected. */
    uint8_t post_only;
    /* One where it may only bring the position nearer to zero. */
    uint8_t reduce_only;
    /* Zero. */
    uint8_t reserved[2];
} fulmar_new_order;

/* An order of the strategy's own, as it is known. */
typedef struct fulmar_order {
    /* The name that the engine knows it by. */
    fulmar_order_id id;
    /* What the strategy calls it. */
    uint64_t tag;
    /* Its price, zero of a market order. */
    int64_t price;
    /* Its trigger price, zero where it has none. */
    int64_t trigger_price;
    /* How much was wanted. */
    int64_t quantity;
    /* How much of it traded. */
    int64_t traded_qty;
    /* How much of it still stands. */
    int64_t leaves_qty;
    /* When it was wanted. */
    uint64_t submitted_at;
    /* Its instrument. */
    uint32_t instrument_id;
    /* Buy or sell. A `fulmar_side`. */
    uint8_t side;
    /* Of which type it is. A `fulmar_order_type`. */
    uint8_t order_type;
    /* Where it stands. A `fulmar_order_status`. */
    uint8_t status;
    /* One where its cancel is on its way. */
    uint8_t is_cancel_wanted;
} fulmar_order;

/* -------------------------------------------------------------------------------------------------------- */
/* Callbacks, each on the thread that runs the session. A callback returns; it does not jump out.           */
/* -------------------------------------------------------------------------------------------------------- */

/* What a strategy does when something happens. Each may be NULL, and then nothing is done. */
typedef struct fulmar_callbacks {
    /* Before anything else. Definitions and books are not known yet. */
    void (*on_start)(void *user, fulmar_context *context);
    /* After everything else. Its orders are canceled by the engine. */
    void (*on_stop)(void *user, fulmar_context *context);
    /* Levels of the book changed: the view's book has them already. Called for a strategy that asked for
     * more than the top, while the book is live; a long update comes in parts. */
    void (*on_book)(void *user, fulmar_context *context, const fulmar_event *event,
                    const fulmar_book_update *update);
    /* Somebody traded. */
    void (*on_trade)(void *user, fulmar_context *context, const fulmar_event *event,
                     const fulmar_trade *trade);
    /* The best bid or ask of one instrument at its venue changed, or what is known of them: the view's top
     * is this one already. Its source says how it is known. What is best over several venues never comes
     * here. One that jumped beyond the configured band comes as well, and `is_suspect` says so: the gate
     * does not judge by it, and denies orders once the last good top is too old. It comes again, suspect
     * no more, when the market stays there. */
    void (*on_quote)(void *user, fulmar_context *context, const fulmar_event *event,
                     const fulmar_quote *quote);
    /* The best bid or ask over all venues of a pair changed: the view's consolidated top is this one
     * already. Its prices and quantities are at the scales that it states, not at each instrument's, so
     * that it is no quote. The event's instrument is the one whose change led to it, which need not be one
     * that the strategy trades. */
    void (*on_consolidated)(void *user, fulmar_context *context, const fulmar_event *event,
                            const fulmar_consolidated *top);
    /* What the venues of a pair say of each other changed: how far apart they value it, what an arbitrage
     * would bring after fees, which of them moves first. The view's signals are these already. They are at
     * the scales that they state; the event's instrument is as in `on_consolidated`, which comes first
     * where both changed. Told of pairs of two venues or more. */
    void (*on_cross_venue)(void *user, fulmar_context *context, const fulmar_event *event,
                           const fulmar_cross_venue *signals);
    /* A bar is complete, made by the engine of the venue's trades. */
    void (*on_bar)(void *user, fulmar_context *context, const fulmar_event *event, const fulmar_bar *bar);
    /* The venue closed a bar of its own making. It may differ from the engine's, which is made of the
     * trades that came here; what the venue does not say of it is zero. Told by venues of which bars are
     * asked. */
    void (*on_venue_bar)(void *user, fulmar_context *context, const fulmar_event *event,
                         const fulmar_bar *bar);
    /* The venue said what holding a derivative costs: the view's funding is this already. Venues say it
     * again and again, changed or not, and some only where it changed. */
    void (*on_funding)(void *user, fulmar_context *context, const fulmar_event *event,
                       const fulmar_funding *funding);
    /* The venue said what it values a derivative at: the view's mark price is this already. Its prices are
     * at the scale that it states, not at the instrument's, and no order can be placed by them as they
     * are. */
    void (*on_mark_price)(void *user, fulmar_context *context, const fulmar_event *event,
                          const fulmar_mark_price *mark_price);
    /* The venue does not trade an instrument now, or does not know it, or does again: the view's status is
     * this already. Until it is listed again the gate denies every order of it, and cancels pass. Never
     * called for an instrument that the venue always traded. */
    void (*on_status)(void *user, fulmar_context *context, const fulmar_event *event,
                      const fulmar_status *status);
    /* A timer that it set is due. */
    void (*on_timer)(void *user, fulmar_context *context, const fulmar_event *event,
                     const fulmar_timer *timer);
    /* An order of its own, wanted before the engine was killed, is held again, or may be at the venue
     * still: the view's order stands already. It has the id that it had, and no new order can wait for it. */
    void (*on_order_restored)(void *user, fulmar_context *context, const fulmar_event *event,
                              const fulmar_held_order *order);
    /* An order of its own stands at the venue; or the engine holds it until its trigger or its turn, where
     * the report says `is_emulated`. Of one that was held it comes twice. */
    void (*on_order_accepted)(void *user, fulmar_context *context, const fulmar_event *event,
                              const fulmar_report *report);
    /* An order of its own was not canceled, and stands as before unless something else is told: the venue
     * refused, or there was no room for the cancel. Wanting it again at once would be refused at once. */
    void (*on_order_cancel_rejected)(void *user, fulmar_context *context, const fulmar_event *event,
                                     const fulmar_report *report);
    /* An order of its own is another now: the view's order has its new terms already. The venue did it
     * because it was asked to, or by itself; or, where the report says `is_emulated`, a held order's
     * trigger followed the market, or its alternatives and the order that it waits for left another
     * quantity. */
    void (*on_order_updated)(void *user, fulmar_context *context, const fulmar_event *event,
                             const fulmar_report *report);
    /* An order of its own was not changed, and stands as before unless something else is told: our gate
     * refused (`reason` is the number of its check), the venue did, or there was no room. */
    void (*on_order_update_rejected)(void *user, fulmar_context *context, const fulmar_event *event,
                                     const fulmar_report *report);
    /* The trigger price of an order of its own was met, or its turn came: the view's order is what it was
     * to become already. One that was held leaves once nothing stands in its way and the gate has judged
     * it again; a denial then comes as `on_order_denied`. */
    void (*on_order_triggered)(void *user, fulmar_context *context, const fulmar_event *event,
                               const fulmar_report *report);
    /* Some or all of an order of its own traded. */
    void (*on_order_filled)(void *user, fulmar_context *context, const fulmar_event *event,
                            const fulmar_report *report);
    /* What was left of an order of its own was canceled, or the venue ended it. */
    void (*on_order_canceled)(void *user, fulmar_context *context, const fulmar_event *event,
                              const fulmar_report *report);
    /* Our gate refused an order of its own, at once or when one that was held was to leave; it never left. */
    void (*on_order_denied)(void *user, fulmar_context *context, const fulmar_event *event,
                            const fulmar_denial *denial);
    /* The venue refused an order of its own. */
    void (*on_order_rejected)(void *user, fulmar_context *context, const fulmar_event *event,
                              const fulmar_report *report);
    /* What it holds changed. */
    void (*on_position_changed)(void *user, fulmar_context *context, const fulmar_event *event,
                                const fulmar_position *position);
} fulmar_callbacks;

/* -------------------------------------------------------------------------------------------------------- */
/* A session from its attachment to its end.                                                                */
/* -------------------------------------------------------------------------------------------------------- */

/* The version that this library was built with: FULMAR_ABI_VERSION of its header. */
uint32_t fulmar_abi_version(void);

/* Attaches a strategy to a running engine. `user` comes back in every callback. Callbacks are copied, and
 * are called by `fulmar_run`, `fulmar_turn` and `fulmar_detach`, on the thread that calls those. NULL
 * where it failed; then `error` says why. */
fulmar_session *fulmar_attach(const fulmar_options *options, const fulmar_callbacks *callbacks, void *user,
                              fulmar_error *error);

/* Gives the strategy its turns until the session is over, and gives why: FULMAR_RESULT_STOPPED,
 * FULMAR_RESULT_ENGINE_GONE, FULMAR_RESULT_PLAYED or FULMAR_RESULT_REPLACED, after `on_stop`. Below zero
 * where it could not. `error` says it in words, the engine's own where it sent the process away. */
fulmar_result fulmar_run(fulmar_session *session, fulmar_error *error);

/* One turn, for a loop of one's own: takes what came, calls back for each, and where nothing came waits,
 * for a twentieth of a second at the most. FULMAR_RESULT_OK as long as the session goes on; else as
 * `fulmar_run`. */
fulmar_result fulmar_turn(fulmar_session *session, fulmar_error *error);

/* Ends the session soon: the turn that runs is the last. From any thread, from a callback, and from a
 * signal handler. */
void fulmar_stop(fulmar_session *session);

/* Detaches: `on_stop`, where that was not called yet, and the session is freed. What becomes of the
 * strategy's orders the engine's configuration says (`on_disconnect`). Not from a callback, and not while
 * another thread is in `fulmar_run` or `fulmar_turn`: FULMAR_RESULT_BUSY then, and the session stays. NULL
 * is nothing to detach. */
fulmar_result fulmar_detach(fulmar_session *session);

/* The session's context, for what a program of one's own loop does between two turns. */
fulmar_context *fulmar_session_context(fulmar_session *session);

/* A parameter of the strategy by its name, out of FULMAR_PARAMETERS, where `fulmar strategy run` puts what
 * `--set` says. FULMAR_RESULT_UNKNOWN where nobody stated it, FULMAR_RESULT_ARGUMENT where it does not fit
 * `capacity` bytes with a zero behind it, or where FULMAR_PARAMETERS is no JSON object of texts. */
fulmar_result fulmar_parameter(const char *name, char *text, size_t capacity);

/* -------------------------------------------------------------------------------------------------------- */
/* What a strategy sees. Ids are those of the session; what is copied out is of the moment of the call.     */
/* -------------------------------------------------------------------------------------------------------- */

/* The turn's moment, in nanoseconds since 1970: the only time that a strategy decides by. Zero where it is
 * called wrongly, as while another thread is in a turn. */
uint64_t fulmar_now(fulmar_context *context);

/* The ids of the strategy's instruments: writes as many as there is room for, and gives how many there
 * are. */
uint32_t fulmar_instruments(fulmar_context *context, uint32_t *instrument_ids, uint32_t capacity);

/* The id of an instrument by its durable name, such as `binance-spot:BTCUSDT`. It holds for this session
 * alone. */
fulmar_result fulmar_instrument(fulmar_context *context, const char *name, uint32_t *instrument_id);

/* What an instrument is: its names, its scales, and what its venue asks of orders. Unknown until the venue
 * said it. */
fulmar_result fulmar_instrument_definition(fulmar_context *context, uint32_t instrument_id,
                                           fulmar_definition *definition);

/* The best bid and ask; unknown while the book is not live. */
fulmar_result fulmar_top(fulmar_context *context, uint32_t instrument_id, fulmar_quote *top);

/* The best bid and ask where one can trade by them: both sides stand, do not cross, and are not suspect. */
fulmar_result fulmar_two_sided_top(fulmar_context *context, uint32_t instrument_id, fulmar_quote *top);

/* How far the book can be believed: a fulmar_sync_state. Zero where the instrument is not the strategy's. */
uint8_t fulmar_sync(fulmar_context *context, uint32_t instrument_id);

/* Levels of one side of the book (a fulmar_side), best first: writes as many as there is room for, and
 * gives how many there are of those that the engine's configuration lets the strategy see. None while the
 * book is not live, and none for a strategy that sees the best prices alone. */
uint32_t fulmar_levels(fulmar_context *context, uint32_t instrument_id, uint8_t side, fulmar_level *levels,
                       uint32_t capacity);

/* What is best over all venues of the instrument's pair. */
fulmar_result fulmar_consolidated_top(fulmar_context *context, uint32_t instrument_id,
                                      fulmar_consolidated *top);

/* What the venues of the instrument's pair say of each other. */
fulmar_result fulmar_cross_venue_signals(fulmar_context *context, uint32_t instrument_id,
                                         fulmar_cross_venue *signals);

/* What the venue said last of whether it trades the instrument; unknown where it never said that it does
 * not. */
fulmar_result fulmar_instrument_status(fulmar_context *context, uint32_t instrument_id,
                                       fulmar_status *status);

/* What holding the instrument costs, as the venue said it last. */
fulmar_result fulmar_instrument_funding(fulmar_context *context, uint32_t instrument_id,
                                        fulmar_funding *funding);

/* What the venue values the instrument at, as it said it last. */
fulmar_result fulmar_instrument_mark_price(fulmar_context *context, uint32_t instrument_id,
                                           fulmar_mark_price *mark_price);

/* What the strategy holds of an instrument; unknown before its first fill. */
fulmar_result fulmar_instrument_position(fulmar_context *context, uint32_t instrument_id,
                                         fulmar_position *position);

/* How much the strategy holds of an instrument, at its quantity scale, below zero where it is short. */
int64_t fulmar_position_quantity(fulmar_context *context, uint32_t instrument_id);

/* -------------------------------------------------------------------------------------------------------- */
/* What a strategy wants. Everything passes the risk gate; what became of it comes in callbacks.            */
/* -------------------------------------------------------------------------------------------------------- */

/* At `price` or better, until it is canceled. */
fulmar_new_order fulmar_limit_order(uint8_t side, int64_t price, int64_t quantity);

/* At any price, now. */
fulmar_new_order fulmar_market_order(uint8_t side, int64_t quantity);

/* A market order once the market has gone against its trigger: to `trigger` or above for a buyer, to it or
 * below for a seller. It ends a loss. The engine holds it until then, as all orders that wait. */
fulmar_new_order fulmar_stop_order(uint8_t side, int64_t trigger, int64_t quantity);

/* As a stop order, and at `price` or better from then on. */
fulmar_new_order fulmar_stop_limit_order(uint8_t side, int64_t trigger, int64_t price, int64_t quantity);

/* A stop order whose trigger follows the market at `offset`, and never steps back. */
fulmar_new_order fulmar_trailing_stop_order(uint8_t side, int64_t offset, int64_t quantity);

/* A market order once the market has come to `trigger`: there or below for a buyer, there or above for a
 * seller. */
fulmar_new_order fulmar_market_if_touched_order(uint8_t side, int64_t trigger, int64_t quantity);

/* As a market order if touched, and at `price` or better from then on. */
fulmar_new_order fulmar_limit_if_touched_order(uint8_t side, int64_t trigger, int64_t price,
                                               int64_t quantity);

/* Wants an order, and gives its id. From now on it counts as open until something else is heard; what the
 * gate refuses comes as `on_order_denied`. */
fulmar_result fulmar_submit(fulmar_context *context, uint32_t instrument_id, const fulmar_new_order *order,
                            fulmar_order_id *order_id);

/* Wants two to four alternatives: orders of which no more trades than of one. What one trades is taken
 * from the others, and the end of one ends them. Where one of them cannot be wanted, none is. `order_ids`
 * has `count` places. */
fulmar_result fulmar_submit_alternatives(fulmar_context *context, uint32_t instrument_id,
                                         const fulmar_new_order *orders, uint32_t count,
                                         fulmar_order_id *order_ids);

/* Wants a bracket: an order to enter, which is the first of `orders`, and behind it one to four
 * alternatives to exit, which are held until it has traded, and for as much as that did. `order_ids` has
 * `count` places. */
fulmar_result fulmar_submit_bracket(fulmar_context *context, uint32_t instrument_id,
                                    const fulmar_new_order *orders, uint32_t count,
                                    fulmar_order_id *order_ids);

/* Wants an order canceled. FULMAR_RESULT_OK where a cancel is on its way. */
fulmar_result fulmar_cancel(fulmar_context *context, fulmar_order_id order_id);

/* Wants all open orders of an instrument canceled that the strategy has, and gives how many cancels were
 * sent. */
uint32_t fulmar_cancel_all(fulmar_context *context, uint32_t instrument_id);

/* Wants an order changed to these terms, all of them. FULMAR_RESULT_OK where the change is on its way. */
fulmar_result fulmar_modify(fulmar_context *context, fulmar_order_id order_id, const fulmar_terms *terms);

/* Wants `on_timer` with `tag`, once, at `due_at` or as soon after it as there is a turn. */
fulmar_result fulmar_set_timer(fulmar_context *context, uint64_t tag, uint64_t due_at);

/* An order of the strategy's own, as long as it is known. */
fulmar_result fulmar_find_order(fulmar_context *context, fulmar_order_id order_id, fulmar_order *order);

/* The strategy's orders of an instrument that did not end: writes as many as there is room for, and gives
 * how many there are. */
uint32_t fulmar_open_orders(fulmar_context *context, uint32_t instrument_id, fulmar_order *orders,
                            uint32_t capacity);

/* How many orders of an instrument may still trade, as far as the strategy has heard. */
uint32_t fulmar_open_order_count(fulmar_context *context, uint32_t instrument_id);

/* -------------------------------------------------------------------------------------------------------- */
/* Numbers as texts and back, without a float in between.                                                   */
/* -------------------------------------------------------------------------------------------------------- */

/* Writes a number with `scale` digits behind the point, such as 6183763 at scale 2 as `61837.63`, without
 * zeros at its end. FULMAR_TEXT_BYTES are enough. */
fulmar_result fulmar_format(int64_t mantissa, uint8_t scale, char *text, size_t capacity);

/* Writes a wide number, such as a notional, whose scale is the sum of those of the price and of the
 * quantity. FULMAR_TEXT_BYTES are enough. */
fulmar_result fulmar_format_wide(fulmar_wide number, uint8_t scale, char *text, size_t capacity);

/* Reads a number such as `-61837.63` at `scale`; FULMAR_RESULT_ARGUMENT where it is none, or has more
 * digits than that. */
fulmar_result fulmar_parse(const char *text, uint8_t scale, int64_t *mantissa);

/* A quantity such as `0.01` at the instrument's scale, cut to whole lots: never more than was asked.
 * Unknown until the instrument's definition is. */
fulmar_result fulmar_quantity(fulmar_context *context, uint32_t instrument_id, const char *text,
                              int64_t *quantity);

/* A price such as `61837.63` at the instrument's scale. It need not lie on a tick. Unknown until the
 * instrument's definition is. */
fulmar_result fulmar_price(fulmar_context *context, uint32_t instrument_id, const char *text, int64_t *price);

/* The text that an order is known by at venues and in logs. FULMAR_TEXT_BYTES are enough. */
fulmar_result fulmar_order_id_text(fulmar_order_id order_id, char *text, size_t capacity);

/* -------------------------------------------------------------------------------------------------------- */
/* Results in words.                                                                                        */
/* -------------------------------------------------------------------------------------------------------- */

/* A result in words, in English. They stay for ever. */
const char *fulmar_result_text(int32_t result);

#ifdef __cplusplus
}
#endif

#endif
