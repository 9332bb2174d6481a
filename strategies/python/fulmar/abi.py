"""What Fulmar's library for other languages knows: its values, structs and functions.

Written by strategies/c/tests/bindings from the sources. Do not change it here.
"""

# ruff: noqa: E501
from __future__ import annotations

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context

ABI_VERSION = 1
"""Says which library this module is for."""

NO_INSTRUMENT = 0xFFFF_FFFF
"""The id of no instrument, in an event that concerns none."""

COMMISSION_SCALE = 18
"""Digits behind the point of every fee."""

FUNDING_SCALE = 12
"""Digits behind the point of every funding rate."""


class Record(Structure):
    """Something that is known. Two of them are equal where all that they tell is."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(self) is type(other) and bytes(self) == bytes(other)

    def __hash__(self) -> int:
        return hash(bytes(self))

    def __repr__(self) -> str:
        names = [field[0].lstrip("_") for field in self._fields_]
        told = [f"{name}={getattr(self, name)!r}" for name in names if name != "reserved"]
        return f"{type(self).__name__}({', '.join(told)})"


class Happened(Record):
    """Something that happened, as a callback is given it."""

    instrument_id: int
    """The instrument that it happened to, or `NO_INSTRUMENT`."""

    received_at: int
    """When that reached this machine, in nanoseconds since 1970."""

    is_suspect: bool
    """Of a quote: it lies further from the last good one than the configured band, and may be wrong."""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _levels(levels: Any, count: int) -> list[Level]:
    return [Level.from_buffer_copy(levels[index]) for index in range(count)]


class Result(IntEnum):
    """What a call came to. Zero: it did what it says. Above zero: the session is over. Below zero:
    nothing was done.
    """

    OK = 0
    """It did what it says."""

    STOPPED = 1
    """The session is over: somebody called fulmar_stop."""

    ENGINE_GONE = 2
    """The session is over: the engine is gone, or sent the process away."""

    PLAYED = 3
    """The session is over: the engine came to the end of the journal that it plays."""

    REPLACED = 4
    """The session is over: another process took the place of this one, and has its orders and what
    it held.
    """

    UNKNOWN = -1
    """What is asked for is not known, or not now."""

    ARGUMENT = -2
    """An argument is NULL, not one of the values that it can have, or does not fit the others."""

    BUSY = -3
    """Not here: a turn is running already, in this thread or in another."""

    NOT_TRADED = -4
    """The strategy does not trade that instrument."""

    ORDERS_FULL = -5
    """As many of its orders are unsettled as it may have."""

    QUANTITY = -6
    """The quantity is not above zero."""

    PARENT = -7
    """The order that it is to wait for is not known, or was wanted before the engine was killed."""

    NOTHING = -8
    """There is nothing to cancel or to change, or no room for the wish now."""

    ABI = -9
    """The program was compiled with another fulmar.h than this library."""

    REFUSED = -10
    """The engine refused, and said why."""

    UNREACHABLE = -11
    """No engine that takes strategies is there."""

    PANIC = -12
    """Something here is broken: the session is over, and does nothing any more."""

    BROKEN = -13
    """What the engine shares is not what an engine shares: the session is over."""


class Wait(IntEnum):
    """How a session waits for something to happen."""

    DEFAULT = 0
    """As the environment says (FULMAR_WAIT is spin, yield or sleep); where it says nothing, as the
    last.
    """

    SPIN = 1
    """Looks without a pause. It takes a whole core, and is the fastest."""

    YIELD = 2
    """Looks, and lets others run."""

    SLEEP = 3
    """Looks for some microseconds, then sleeps until the engine wakes it."""


class Side(IntEnum):
    """Which side of the market."""

    BUY = 1
    """Buyers: the bid side, and an order to buy."""

    SELL = 2
    """Sellers: the ask side, and an order to sell."""


class TopSource(IntEnum):
    """How a `Quote` is known."""

    TICKER = 1
    """The venue's own ticker of best bid and ask."""

    BOOK = 2
    """Our book, proven live."""


class SyncState(IntEnum):
    """How far a book can be believed."""

    SYNCING = 1
    """No snapshot yet, or one is being joined to the stream."""

    LIVE = 2
    """Proven: a snapshot, and every update since, in order."""

    DESYNCED = 3
    """Continuity broke; nothing is applied until a new snapshot."""


class ContractKind(IntEnum):
    """What kind of thing an instrument is."""

    SPOT = 1
    """The asset itself."""

    LINEAR_PERPETUAL = 2
    """A perpetual future settled in the quote currency."""

    INVERSE_PERPETUAL = 3
    """A perpetual future settled in the base currency."""

    LINEAR_FUTURE = 4
    """A dated future settled in the quote currency."""

    INVERSE_FUTURE = 5
    """A dated future settled in the base currency."""


class Listing(IntEnum):
    """Whether a venue knows an instrument, and trades it now; part of an `Status`."""

    LISTED = 1
    """It does both, as far as it says."""

    UNLISTED = 2
    """It does not know it: misspelled, delisted, or not listed yet."""

    HALTED = 3
    """It knows it and does not trade it now: maintenance, cancels alone, an auction."""


class OrderType(IntEnum):
    """How an order meets the market."""

    MARKET = 1
    """At any price, now."""

    LIMIT = 2
    """At its price or better."""

    STOP = 3
    """A market order once the market has gone against its trigger price: above it for a buyer,
    below it for a seller.
    """

    STOP_LIMIT = 4
    """A limit order once the market has gone against its trigger price."""

    TRAILING_STOP = 5
    """A stop whose trigger price follows the market at its trailing offset, and never steps back."""

    MARKET_IF_TOUCHED = 6
    """A market order once the market has come to its trigger price: below it for a buyer, above it
    for a seller.
    """

    LIMIT_IF_TOUCHED = 7
    """A limit order once the market has come to its trigger price."""


class TriggerBy(IntEnum):
    """Which price of the market triggers an order."""

    LAST = 0
    """That of the last trade."""

    BID_ASK = 1
    """The best price that the order could trade at: the ask for a buyer, the bid for a seller."""

    MARK = 2
    """The venue's mark price."""

    INDEX = 3
    """The venue's index price."""


class TimeInForce(IntEnum):
    """How long an order stands."""

    GTC = 1
    """Until it is canceled."""

    IOC = 2
    """What can be done now; the rest is canceled."""

    FOK = 3
    """All of it now, or nothing."""

    GTD = 4
    """Until the moment that it names."""

    DAY = 5
    """Until the end of the trading day; where venues never close, of the day in UTC."""


class OrderStatus(IntEnum):
    """Where an order stands."""

    INITIALIZED = 1
    """Made, not yet judged."""

    DENIED = 2
    """Refused by our gate; never left."""

    SUBMITTED = 3
    """Sent, not yet answered."""

    ACCEPTED = 4
    """Stands at the venue."""

    REJECTED = 5
    """Refused by the venue."""

    PENDING_CANCEL = 6
    """A cancel is on its way."""

    PARTIALLY_FILLED = 7
    """Stands, in part filled."""

    FILLED = 8
    """Done: all of it traded."""

    CANCELED = 9
    """Done: the rest was canceled."""

    EXPIRED = 10
    """Done: the venue ended it."""

    UNKNOWN = 11
    """Sent, and nobody knows. Not a rejection: its exposure counts in full until a query settles
    it.
    """

    PENDING_UPDATE = 12
    """A change of it is on its way."""

    TRIGGERED = 13
    """Its trigger price was met: it stands as the order that it was to become."""


class Execution(IntEnum):
    """What a report tells."""

    SUBMITTED = 1
    """The order left this process."""

    ACCEPTED = 2
    """The venue has it."""

    REJECTED = 3
    """The venue refused it."""

    TRADE = 4
    """Some of it traded; the `last_*` fields say how much."""

    CANCELED = 5
    """The rest of it was canceled."""

    EXPIRED = 6
    """The venue ended it."""

    CANCEL_REJECTED = 7
    """The venue refused to cancel it; the order stands as it stood."""

    UNKNOWN = 8
    """Nobody knows what became of it."""

    UPDATED = 9
    """The venue changed it; price and quantity say what it is now."""

    UPDATE_REJECTED = 10
    """The venue refused to change it; the order stands as it stood."""

    TRIGGERED = 11
    """Its trigger price was met."""


class Liquidity(IntEnum):
    """Who waited and who came."""

    NONE = 0
    """No trade, or the venue does not say."""

    MAKER = 1
    """Our order stood in the book."""

    TAKER = 2
    """Our order took from the book."""


class HeldStage(IntEnum):
    """How far a held order is on its way to the venue."""

    WAITING = 1
    """In the engine: its trigger is not met, or its turn did not come."""

    FIRED = 2
    """In the engine: its trigger was met, or its turn came."""

    STANDING = 3
    """Sent, or about to be: it may be at the venue."""

    AWAITED = 4
    """Sent, and not held before: others wait for it."""

    ENDED = 5
    """Done; what it traded still counts for its alternatives."""

    GONE = 6
    """Nobody depends on it any more."""


class Check(IntEnum):
    """A check of the gate. Its number is `code` and its bit in `codes`."""

    KILL_SWITCH = 1
    """The kill is latched."""

    STALE_MARKET_DATA = 2
    """The book is not live, is crossed, or is older than it may be."""

    MAX_ORDER_QTY = 3
    """The quantity is above our limit or the instrument's."""

    MAX_ORDER_NOTIONAL = 4
    """The notional is above our limit, or there is no price to know it by."""

    TICK_LOT_PRECISION = 5
    """Price or quantity is no whole number of steps, or a price is missing or not asked for."""

    MIN_QTY = 6
    """The quantity is below the instrument's least, or not above zero."""

    MIN_NOTIONAL = 7
    """The notional is below the instrument's least, or there is no price to know it by."""

    MAX_POSITION = 8
    """Position and open orders together could pass the limit."""

    MAX_OPEN_ORDERS = 9
    """One order more than may be open."""

    MAX_MSG_RATE = 10
    """No message is left in this window."""

    INTENT_RING_FULL = 11
    """The strategy's ring of intents has no room. The host refuses so, not the gate."""

    UNKNOWN_INSTRUMENT = 12
    """No rules and limits are known for the instrument."""

    REDUCE_ONLY = 13
    """The order says that it only reduces the position, and could do more."""

    INSTRUMENT_HALTED = 14
    """The venue does not trade the instrument now, or does not know it. Measured by the number of
    the listing.
    """

    PRICE_COLLAR = 15
    """The price lies too far from the market, or the market is not known."""

    MARKET_ORDER_PROTECTION = 16
    """A market order would meet too wide a spread, or want much more than stands there."""

    MAX_OPEN_NOTIONAL = 17
    """Open orders and this one together are worth more than they may be."""

    DUPLICATE_ORDER = 18
    """The same order of the same strategy passed a moment ago."""

    SELF_TRADE = 19
    """It would trade with an order of ours, whichever strategy's."""

    NOT_PERMITTED = 20
    """The strategy may not trade the instrument."""

    SHORT_NOT_ALLOWED = 21
    """It would sell what is not held."""

    ORDER_TO_TRADE_RATIO = 22
    """Too many orders for the trades that came of them."""

    UNKNOWN_ORDER_STATE = 23
    """Too many orders, or one for too long, of which nobody knows what became."""

    REJECT_STORM = 24
    """The venue rejected too many orders of late."""

    NOT_SUPPORTED = 25
    """No way is known to have such an order carried out, or to value what its instrument's
    quantities are.
    """

    MAX_DAILY_LOSS = 26
    """More was lost today than may be."""

    MAX_DRAWDOWN = 27
    """More was lost since the best moment than may be."""

    FILL_PRICE_SANITY = 28
    """A fill lay too far from the market; until somebody has looked at it."""

    PNL_JUMP = 29
    """What was earned jumped further than it may; until somebody has looked at it."""

    REPEATED_EXECUTION = 30
    """Too many fills in a short time; until somebody has looked at it."""

    MAX_EXPOSURE = 31
    """The engine, the venue or the strategy would have more at stake than it may."""

    INSUFFICIENT_BALANCE = 32
    """What the order pays with is not there."""

    MAX_VAR = 33
    """More would be at stake than value at risk allows, or nobody says what it allows."""

    PARENT_CHILD_OVERRUN = 34
    """It is more than the order that it follows has traded and its alternatives left."""

    DISPLAY_QTY = 35
    """It would show a part of itself that cannot be. The limit is the display quantity that could;
    zero where none is.
    """


class Error(Record):
    """What went wrong, for a program and for a person."""

    _fields_ = [
        ("_result", c_int32),
        ("_text", c_char * 508),
    ]

    @property
    def result(self) -> Result:
        """What it came to."""
        return Result(self._result)

    @property
    def text(self) -> str:
        """The same in words, which end in a zero."""
        return _text(self._text)


class Options(Record):
    """How to attach. What is zero is left to the environment, in which `fulmar strategy run` says
    all of it.
    """

    _fields_ = [
        ("abi_version", c_uint32),
        ("wait", c_uint8),
        ("take_over", c_uint8),
        ("_reserved", c_uint8 * 2),
        ("name", c_char_p),
        ("socket", c_char_p),
    ]

    abi_version: int
    """FULMAR_ABI_VERSION, as the program was compiled with."""

    wait: int
    """How to wait: a fulmar_wait."""

    take_over: int
    """One to take the place of the process that is attached under the name, if one is: its orders
    and what it holds are this one's from then on, and nothing is canceled. Zero where
    FULMAR_TAKE_OVER says, which is 1 or is not set.
    """

    name: bytes | None
    """The name that the engine's configuration gives the strategy; NULL for FULMAR_STRATEGY."""

    socket: bytes | None
    """Where the engine's bus listens; NULL for FULMAR_SOCKET, and where that is not set for
    state/bus/bus.sock.
    """


class Wide(Record):
    """A 128-bit integer as two aligned 64-bit halves, so that a record needs no 16-byte alignment."""

    _fields_ = [
        ("low", c_uint64),
        ("high", c_uint64),
    ]

    low: int

    high: int

    @property
    def value(self) -> int:
        """The number itself, with its sign."""
        value = self.high << 64 | self.low
        return value - (1 << 128) if value >> 127 else value


class OrderId(Record):
    """An order's name at every venue and in every record, unique over all boots of one engine.

    Its text form is 25 alphanumerics, which every venue takes: `F`, then boot epoch, strategy
    and counter in hexadecimal. Clients give a tag, never an id.
    """

    _fields_ = [
        ("epoch", c_uint32),
        ("strategy_id", c_uint16),
        ("_reserved", c_uint8 * 2),
        ("counter", c_uint64),
    ]

    epoch: int
    """The boot that made it, from a counter that outlives the process."""

    strategy_id: int
    """The strategy that it belongs to."""

    counter: int
    """Counts the orders of that strategy in that boot, from one; below 2^36. The twelve bits above
    number a slice.
    """


class Event(Record):
    """What something happened to, and when that reached this machine."""

    _fields_ = [
        ("received_at", c_uint64),
        ("instrument_id", c_uint32),
        ("_is_suspect", c_uint8),
        ("_reserved", c_uint8 * 3),
    ]

    received_at: int
    """When the bytes that led to it reached this machine, in nanoseconds since 1970."""

    instrument_id: int
    """The instrument, or FULMAR_NO_INSTRUMENT."""

    @property
    def is_suspect(self) -> bool:
        """One of a quote that lies further from the last good one than the configured band: it may
        be wrong.
        """
        return bool(self._is_suspect)


class Level(Record):
    """One price level: the quantity that stands there now, zero where none is left."""

    _fields_ = [
        ("price", c_int64),
        ("quantity", c_int64),
    ]

    price: int
    """Price, at the instrument's price scale."""

    quantity: int
    """Absolute quantity, at the instrument's quantity scale."""


class Trade(Happened):
    """A trade at the venue."""

    _fields_ = [
        ("price", c_int64),
        ("quantity", c_int64),
        ("trade_id", c_uint64),
        ("venue_at", c_uint64),
        ("_aggressor", c_uint8),
        ("_reserved", c_uint8 * 7),
    ]

    price: int
    """Price, at the instrument's price scale; above zero."""

    quantity: int
    """Quantity, at the instrument's quantity scale; above zero."""

    trade_id: int
    """The venue's number of the trade, or a 64-bit hash of its text."""

    venue_at: int
    """When the venue says that it happened."""

    @property
    def aggressor(self) -> Side:
        """Who crossed the spread."""
        return Side(self._aggressor)


class Quote(Happened):
    """Best bid and ask. A side that is empty has price and quantity zero."""

    _fields_ = [
        ("bid", Level),
        ("ask", Level),
        ("update_id", c_uint64),
        ("venue_at", c_uint64),
        ("_source", c_uint8),
        ("_reserved", c_uint8 * 7),
    ]

    bid: Level
    """Best bid, at the instrument's scales, as the ask."""

    ask: Level
    """Best ask."""

    update_id: int
    """The venue's number of the book state that it belongs to."""

    venue_at: int
    """When the venue says that it held, zero where it does not say."""

    @property
    def source(self) -> TopSource:
        """How it is known."""
        return TopSource(self._source)


class BookUpdate(Happened):
    """Levels of a book that changed, each with the quantity that stands there now, zero where none
    is left.
    """

    _fields_ = [
        ("_bids", POINTER(Level)),
        ("_asks", POINTER(Level)),
        ("bid_count", c_uint32),
        ("ask_count", c_uint32),
        ("update_id", c_uint64),
        ("venue_at", c_uint64),
    ]

    @property
    def bids(self) -> list[Level]:
        """Bids; they stay for the callback."""
        return _levels(self._bids, self.bid_count)

    @property
    def asks(self) -> list[Level]:
        """Asks."""
        return _levels(self._asks, self.ask_count)

    bid_count: int
    """How many bids."""

    ask_count: int
    """How many asks."""

    update_id: int
    """The venue's number of the state of the book that holds once they are applied."""

    venue_at: int
    """When the venue says that it happened."""


class Bar(Happened):
    """A bar of the trades of one interval, aligned to UTC: made here, or by the venue. What a venue
    does not say of its bar is zero.
    """

    _fields_ = [
        ("open", c_int64),
        ("high", c_int64),
        ("low", c_int64),
        ("close", c_int64),
        ("volume", c_int64),
        ("_notional", Wide),
        ("start_at", c_uint64),
        ("interval", c_uint64),
        ("trade_count", c_uint64),
    ]

    open: int
    """Price of the first trade, at the instrument's price scale, as the three below."""

    high: int
    """Highest price."""

    low: int
    """Lowest price."""

    close: int
    """Price of the last trade."""

    volume: int
    """Sum of quantities, at the instrument's quantity scale."""

    @property
    def notional(self) -> int:
        """Sum of price times quantity, a notional."""
        return int(self._notional.value)

    start_at: int
    """Start of the interval; it ends before `start_at + interval`."""

    interval: int
    """Length of the interval."""

    trade_count: int
    """Trades in it; at least one in a bar made here, since an interval without a trade has none."""


class Consolidated(Happened):
    """Best bid and ask of one pair over several venues, at the scales stated here."""

    _fields_ = [
        ("bid", Level),
        ("ask", Level),
        ("bid_instrument_id", c_uint32),
        ("ask_instrument_id", c_uint32),
        ("price_scale", c_uint8),
        ("quantity_scale", c_uint8),
        ("live_count", c_uint16),
        ("_is_left_out", c_uint8),
        ("_reserved", c_uint8 * 3),
    ]

    bid: Level
    """Best bid of all; zero where no venue has one."""

    ask: Level
    """Best ask of all; zero where no venue has one."""

    bid_instrument_id: int
    """Where the best bid stands."""

    ask_instrument_id: int
    """Where the best ask stands."""

    price_scale: int
    """Scale of both prices: the widest of the pair's instruments."""

    quantity_scale: int
    """Scale of both quantities: the widest of the pair's instruments."""

    live_count: int
    """Venues whose book is live."""

    @property
    def is_left_out(self) -> bool:
        """One where the instrument that this is told of is unlike its pair and left out: nothing
        stands here then, and the pair goes on without it.
        """
        return bool(self._is_left_out)


class MidSpread(Record):
    """The highest and the lowest middle of best bid and ask, over the venues that have both. Nobody
    trades at these.
    """

    _fields_ = [
        ("high", c_int64),
        ("low", c_int64),
        ("high_instrument_id", c_uint32),
        ("low_instrument_id", c_uint32),
    ]

    high: int
    """The highest middle, rounded down."""

    low: int
    """The lowest middle, rounded down."""

    high_instrument_id: int
    """Where the highest is; of several, the earliest in the pair's list, as for the lowest."""

    low_instrument_id: int
    """Where the lowest is; where all are equal, the same instrument."""


class Arbitrage(Record):
    """The best of buying at one venue's ask and selling at another's bid, once both have taken
    their fee of a taker.
    """

    _fields_ = [
        ("profit", c_int64),
        ("quantity", c_int64),
        ("buy_instrument_id", c_uint32),
        ("sell_instrument_id", c_uint32),
    ]

    profit: int
    """What one unit of the base brings, rounded down; above zero, or there is none."""

    quantity: int
    """How much of it can be had: the smaller of the two levels."""

    buy_instrument_id: int
    """Where to buy."""

    sell_instrument_id: int
    """Where to sell."""


class LeadLag(Record):
    """Which venue's middle moved first, of the two between which it was the clearest of late: a
    count of what was seen here, not a forecast. It says nothing of causes, and its lag holds the
    ways from both venues to this machine.
    """

    _fields_ = [
        ("lag", c_uint64),
        ("leader_instrument_id", c_uint32),
        ("follower_instrument_id", c_uint32),
        ("follow_count", c_uint32),
        ("leader_share", c_uint32),
    ]

    lag: int
    """How long the follower took on average, where it followed."""

    leader_instrument_id: int
    """Who moved first."""

    follower_instrument_id: int
    """Who followed."""

    follow_count: int
    """Moves of one that the other followed, whichever was first, that are still counted."""

    leader_share: int
    """The part of them in which the leader was first, in 1/10,000, rounded down; at least half."""


class CrossVenue(Happened):
    """high: Price(6_183_763), low: Price(6_183_751), high_instrument_id: InstrumentId(4),
    low_instrument_id: InstrumentId(7), }; assert_eq!(signals.mids.spread(), Some(Price(12)),
    "0.12, since prices have scale 2"); assert!(signals.arbitrage.is_none() &&
    signals.lead_lag.is_none());
    """

    _fields_ = [
        ("mids", MidSpread),
        ("arbitrage", Arbitrage),
        ("lead_lag", LeadLag),
        ("price_scale", c_uint8),
        ("quantity_scale", c_uint8),
        ("_reserved", c_uint8 * 6),
    ]

    mids: MidSpread
    """How far apart the venues value it."""

    arbitrage: Arbitrage
    """What buying at one venue and selling at another would bring."""

    lead_lag: LeadLag
    """Which venue moves first."""

    price_scale: int
    """Scale of every price: the widest of the pair's instruments."""

    quantity_scale: int
    """Scale of the quantity: the widest of the pair's instruments."""


class Funding(Happened):
    """What is paid between those who are long and those who are short of a perpetual future, as the
    venue says it now: its forecast of the next payment, until that is made.
    """

    _fields_ = [
        ("rate", c_int64),
        ("interval", c_uint64),
        ("next_at", c_uint64),
        ("venue_at", c_uint64),
    ]

    rate: int
    """What is paid for one interval."""

    interval: int
    """From one payment to the next, zero where the venue does not say."""

    next_at: int
    """When the next payment is due, zero where the venue does not say."""

    venue_at: int
    """When the venue says that it held, zero where it does not say."""


class MarkPrice(Happened):
    """The price at which the venue values positions, and liquidates them; and the price of what
    lies beneath the instrument. Both are computed by the venue, so that no tick binds them: they
    stand at the scale stated here, which may be finer than the instrument's.
    """

    _fields_ = [
        ("mark", c_int64),
        ("index", c_int64),
        ("venue_at", c_uint64),
        ("price_scale", c_uint8),
        ("_reserved", c_uint8 * 7),
    ]

    mark: int
    """What positions are valued at."""

    index: int
    """The price of what lies beneath, over several markets; zero where the venue does not tell it
    here.
    """

    venue_at: int
    """When the venue says that both held, zero where it does not say."""

    price_scale: int
    """Decimal digits behind the point of both."""


class ContractSize(Record):
    """How much one unit of quantity is: so much of the base asset, or where the contract is inverse
    so much of the quote currency. A contract of bitcoin may be 0.01 of it at one venue and all
    of it at another, at the same price.

    It is kept without the zeros behind its last digit, so that equal sizes are equal values.
    """

    _fields_ = [
        ("mantissa", c_int64),
        ("scale", c_uint8),
        ("_reserved", c_uint8 * 7),
    ]

    mantissa: int

    scale: int


class Definition(Record):

    _fields_ = [
        ("_venue", c_char * 24),
        ("_symbol", c_char * 32),
        ("_base", c_char * 16),
        ("_quote", c_char * 16),
        ("tick", c_int64),
        ("lot", c_int64),
        ("quantity_min", c_int64),
        ("quantity_max", c_int64),
        ("_notional_min", Wide),
        ("revision", c_uint32),
        ("price_scale", c_uint8),
        ("quantity_scale", c_uint8),
        ("_contract", c_uint8),
        ("_is_inferred", c_uint8),
        ("contract_size", ContractSize),
        ("iceberg_parts_max", c_uint64),
    ]

    @property
    def venue(self) -> str:
        """The venue's name, such as `binance-spot`."""
        return _text(self._venue)

    @property
    def symbol(self) -> str:
        """The venue's symbol, such as `BTCUSDT`."""
        return _text(self._symbol)

    @property
    def base(self) -> str:
        """Base currency, empty where it is not known."""
        return _text(self._base)

    @property
    def quote(self) -> str:
        """Quote currency, empty where it is not known."""
        return _text(self._quote)

    tick: int
    """Smallest step of an order's price, at the price scale; zero where it is not known."""

    lot: int
    """Smallest step of an order's quantity, at the quantity scale; zero where it is not known."""

    quantity_min: int
    """Smallest order quantity, at the quantity scale; zero where there is none."""

    quantity_max: int
    """Largest order quantity, at the quantity scale; zero where there is none."""

    @property
    def notional_min(self) -> int:
        """Smallest order notional, a notional; zero where there is none."""
        return int(self._notional_min.value)

    revision: int
    """Counts the definitions of this instrument in this boot, from one."""

    price_scale: int
    """Decimal digits behind the point of every price."""

    quantity_scale: int
    """Decimal digits behind the point of every quantity."""

    @property
    def contract(self) -> ContractKind:
        """What kind of thing it is."""
        return ContractKind(self._contract)

    @property
    def is_inferred(self) -> bool:
        """One where no definition of the venue stands behind this, only the digits seen."""
        return bool(self._is_inferred)

    contract_size: ContractSize
    """How much one unit of quantity is."""

    iceberg_parts_max: int
    """Of how many parts an order that shows one of them at a time may be; zero where the venue has
    no such orders, or nobody said.
    """


class Status(Happened):
    """What a venue says of whether it knows an instrument and trades it now. Told where it does
    not, and where it does again; in between no order of the instrument passes.
    """

    _fields_ = [
        ("_text", c_char * 96),
        ("_listing", c_uint8),
        ("_reserved", c_uint8 * 7),
    ]

    @property
    def text(self) -> str:
        """The venue's own words, as far as they fit."""
        return _text(self._text)

    @property
    def listing(self) -> Listing:
        """From now on."""
        return Listing(self._listing)


class Timer(Happened):
    """A timer of an actor fired."""

    _fields_ = [
        ("tag", c_uint64),
        ("due_at", c_uint64),
    ]

    tag: int
    """What the actor called it."""

    due_at: int
    """When it was to fire."""


class Terms(Record):
    """What an order is to be from now on: all of it, changed or not."""

    _fields_ = [
        ("price", c_int64),
        ("trigger_price", c_int64),
        ("quantity", c_int64),
    ]

    price: int
    """As `price`."""

    trigger_price: int
    """As `trigger_price`."""

    quantity: int
    """As `quantity`: what traded already is part of it."""


class Intent(Record):
    """A strategy wants an order. It gives a tag of its own; the engine gives the id."""

    _fields_ = [
        ("client_order_id", OrderId),
        ("tag", c_uint64),
        ("price", c_int64),
        ("quantity", c_int64),
        ("_side", c_uint8),
        ("_order_type", c_uint8),
        ("_time_in_force", c_uint8),
        ("post_only", c_uint8),
        ("reduce_only", c_uint8),
        ("_trigger_by", c_uint8),
        ("strategy_id", c_uint16),
        ("account_id", c_uint16),
        ("_reserved", c_uint8 * 2),
        ("alternatives", c_uint32),
        ("trigger_price", c_int64),
        ("trailing_offset", c_int64),
        ("display_qty", c_int64),
        ("expire_at", c_uint64),
        ("after_counter", c_uint64),
    ]

    client_order_id: OrderId
    """The id that the order will have at the venue."""

    tag: int
    """What the strategy calls it; comes back in every report."""

    price: int
    """Limit price, at the instrument's price scale, as the other prices; zero where it has none."""

    quantity: int
    """How much, at the instrument's quantity scale; above zero."""

    @property
    def side(self) -> Side:
        """Buy or sell."""
        return Side(self._side)

    @property
    def order_type(self) -> OrderType:
        """How it meets the market."""
        return OrderType(self._order_type)

    @property
    def time_in_force(self) -> TimeInForce:
        """How long it stands."""
        return TimeInForce(self._time_in_force)

    post_only: int
    """One where it must not take: it rests or is rejected."""

    reduce_only: int
    """One where it may only bring the position nearer to zero."""

    @property
    def trigger_by(self) -> TriggerBy:
        """Which price triggers it, where it waits for a trigger."""
        return TriggerBy(self._trigger_by)

    strategy_id: int
    """Whose it is."""

    account_id: int
    """For which account."""

    alternatives: int
    """Orders of one strategy with the same number here are alternatives: what one of them trades is
    taken from the others, and the end of one ends them. Zero for an order by itself.
    """

    trigger_price: int
    """Where it is triggered; zero where it waits for no trigger. A trailing one begins here, or
    where this is zero at its offset from the market.
    """

    trailing_offset: int
    """How far behind the market a trailing trigger stays; zero elsewhere."""

    display_qty: int
    """The most that the book shows of it; zero where it shows all."""

    expire_at: int
    """When an order of `TimeInForce.GTD` ends; zero elsewhere."""

    after_counter: int
    """The counter of the same strategy's order that it waits for: it is sent as that one trades,
    and never before. Zero where it waits for none.
    """


class HeldOrder(Happened):
    """All that is known of an order that the engine holds, or that held ones depend on, as of now.
    Each is the newest word on its order and stands for all before it. Names and scales are in
    it, because ids are of one boot alone.
    """

    _fields_ = [
        ("intent", Intent),
        ("submitted_at", c_uint64),
        ("wanted_qty", c_int64),
        ("traded_qty", c_int64),
        ("parent_traded_qty", c_int64),
        ("slice_qty", c_int64),
        ("slice_from", c_int64),
        ("contract_size", ContractSize),
        ("_strategy", c_char * 32),
        ("_instrument", c_char * 64),
        ("_stage", c_uint8),
        ("price_scale", c_uint8),
        ("quantity_scale", c_uint8),
        ("_is_parent_done", c_uint8),
        ("_gave_way", c_uint8),
        ("_is_stopped", c_uint8),
        ("slice_count", c_uint16),
    ]

    intent: Intent
    """The order on its present terms; of one that fired, what it became."""

    submitted_at: int
    """When it was wanted."""

    wanted_qty: int
    """What the strategy wants of it: it is what its alternatives, and the order that it waits for,
    leave of that.
    """

    traded_qty: int
    """How much of it traded."""

    parent_traded_qty: int
    """How much of the order that it waits for traded."""

    slice_qty: int
    """How much of it its slice at the venue was sent with; zero where none is there."""

    slice_from: int
    """How much of it had traded when that slice was sent."""

    contract_size: ContractSize
    """How much a unit of quantity is."""

    @property
    def strategy(self) -> str:
        """The name of its strategy."""
        return _text(self._strategy)

    @property
    def instrument(self) -> str:
        """The durable name of its instrument, `venue:symbol`."""
        return _text(self._instrument)

    @property
    def stage(self) -> HeldStage:
        """How far it is on its way."""
        return HeldStage(self._stage)

    price_scale: int
    """Decimal digits of its prices."""

    quantity_scale: int
    """Decimal digits of its quantities."""

    @property
    def is_parent_done(self) -> bool:
        """One where the order that it waits for is done."""
        return bool(self._is_parent_done)

    @property
    def gave_way(self) -> bool:
        """One where it was canceled for the sake of an alternative, which ends nobody."""
        return bool(self._gave_way)

    @property
    def is_stopped(self) -> bool:
        """One where no further slice of it is to leave."""
        return bool(self._is_stopped)

    slice_count: int
    """How many slices of it left; zero where it leaves as a whole."""


class Report(Happened):
    """ExecutionType::Trade => report.last_px.times(report.last_qty), _ => Notional(0), };
    assert_eq!(spent, Notional(300)); assert_eq!((report.leaves_qty,
    report.status.is_terminal()), (Quantity(2), false));
    """

    _fields_ = [
        ("client_order_id", OrderId),
        ("tag", c_uint64),
        ("venue_order_id", c_uint64),
        ("trade_id", c_uint64),
        ("last_qty", c_int64),
        ("last_px", c_int64),
        ("cumulative_qty", c_int64),
        ("leaves_qty", c_int64),
        ("_commission", Wide),
        ("_commission_asset", c_char * 8),
        ("venue_at", c_uint64),
        ("price", c_int64),
        ("_status", c_uint8),
        ("_execution", c_uint8),
        ("_liquidity_side", c_uint8),
        ("_side", c_uint8),
        ("reason", c_int32),
        ("strategy_id", c_uint16),
        ("account_id", c_uint16),
        ("revision", c_uint16),
        ("_is_emulated", c_uint8),
        ("_reserved", c_uint8 * 1),
        ("quantity", c_int64),
    ]

    client_order_id: OrderId
    """The order."""

    tag: int
    """What the strategy calls it; filled in by the engine, zero from the venue."""

    venue_order_id: int
    """The venue's number of the order, zero where it has not told one."""

    trade_id: int
    """The venue's number of the trade, zero where this is none."""

    last_qty: int
    """How much traded just now, at the instrument's quantity scale, as the other quantities."""

    last_px: int
    """At which price, at the instrument's price scale. Of an order that the engine holds, which
    trades nothing, where its trigger stands now, zero where it has none.
    """

    cumulative_qty: int
    """How much of the order traded so far."""

    leaves_qty: int
    """How much of it still stands; zero once it is done."""

    @property
    def commission(self) -> int:
        """The venue's fee for this trade, above zero where we pay, in `commission_asset`: at
        `COMMISSION_SCALE`, whatever the instrument's scales, since it may be of another asset.
        """
        return int(self._commission.value)

    @property
    def commission_asset(self) -> str:
        """The currency of the fee."""
        return _text(self._commission_asset)

    venue_at: int
    """When the venue says that it happened."""

    price: int
    """The order's price, as the venue has it."""

    @property
    def status(self) -> OrderStatus:
        """Where the order stands now."""
        return OrderStatus(self._status)

    @property
    def execution(self) -> Execution:
        """What this report tells."""
        return Execution(self._execution)

    @property
    def liquidity_side(self) -> Liquidity:
        """Maker or taker, in a trade."""
        return Liquidity(self._liquidity_side)

    @property
    def side(self) -> Side:
        """Buy or sell."""
        return Side(self._side)

    reason: int
    """Why it was rejected, or not changed or canceled: the engine's name for it where it has one,
    else the venue's error number. Zero where nothing was.
    """

    strategy_id: int
    """Whose order it is."""

    account_id: int
    """For which account."""

    revision: int
    """Of an answer to a change: which, as `revision`. Zero where the venue changed it unasked."""

    @property
    def is_emulated(self) -> bool:
        """One where the order waits in the engine for its trigger or its turn, since the venue has
        no such order.
        """
        return bool(self._is_emulated)

    quantity: int
    """The order's quantity, as the venue has it; zero where it does not say."""


class Denial(Happened):
    """The risk gate refused an intent. The order never left."""

    _fields_ = [
        ("client_order_id", OrderId),
        ("tag", c_uint64),
        ("codes", c_uint64),
        ("limit", c_int64),
        ("value", c_int64),
        ("code", c_uint16),
        ("strategy_id", c_uint16),
        ("account_id", c_uint16),
        ("_reserved", c_uint8 * 2),
    ]

    client_order_id: OrderId
    """The id that the order would have had."""

    tag: int
    """What the strategy calls it."""

    codes: int
    """Every check that refused it: bit `n` is the check whose code is `n`."""

    limit: int
    """The limit of the first check that refused, in that check's unit."""

    value: int
    """What the intent would have made of it."""

    code: int
    """The first check that refused it, in the gate's order."""

    strategy_id: int
    """Whose intent it was."""

    account_id: int
    """For which account."""


class Position(Happened):

    _fields_ = [
        ("quantity", c_int64),
        ("avg_px", c_int64),
        ("_realized", Wide),
        ("_cost", Wide),
        ("bought_qty", c_int64),
        ("sold_qty", c_int64),
        ("strategy_id", c_uint16),
        ("account_id", c_uint16),
        ("_reserved", c_uint8 * 4),
    ]

    quantity: int
    """At the instrument's quantity scale, as the sums below; above zero is long."""

    avg_px: int
    """Average price of what is open, at the instrument's price scale, rounded toward zero; zero
    where nothing is.
    """

    @property
    def realized(self) -> int:
        """What closing trades earned, fees apart, a notional."""
        return int(self._realized.value)

    @property
    def cost(self) -> int:
        """What the open quantity cost, signed as the quantity is, a notional."""
        return int(self._cost.value)

    bought_qty: int
    """Sum of bought quantities."""

    sold_qty: int
    """Sum of sold quantities."""

    strategy_id: int
    """Whose it is."""

    account_id: int
    """In which account."""


class NewOrder(Record):
    """An order as a strategy asks for it. Make one with a function of its type and change what else
    is to hold; what is zero says nothing.
    """

    _fields_ = [
        ("price", c_int64),
        ("quantity", c_int64),
        ("trigger_price", c_int64),
        ("trailing_offset", c_int64),
        ("display_qty", c_int64),
        ("expire_at", c_uint64),
        ("tag", c_uint64),
        ("after", OrderId),
        ("side", c_uint8),
        ("order_type", c_uint8),
        ("time_in_force", c_uint8),
        ("trigger_by", c_uint8),
        ("post_only", c_uint8),
        ("reduce_only", c_uint8),
        ("_reserved", c_uint8 * 2),
    ]

    price: int
    """Limit price, at the instrument's price scale, of an order that has one."""

    quantity: int
    """How much, at the instrument's quantity scale."""

    trigger_price: int
    """The price that it waits for, of an order that waits for one."""

    trailing_offset: int
    """How far the trigger of a trailing stop stays behind the market."""

    display_qty: int
    """The most of it that the book shows at one time; zero for all."""

    expire_at: int
    """The last moment at which it may stand, with FULMAR_TIME_IN_FORCE_GTD."""

    tag: int
    """What the strategy calls it; comes back in every report."""

    after: OrderId
    """The order that it waits for; zero where it waits for none."""

    side: int
    """Buy or sell: a fulmar_side."""

    order_type: int
    """A fulmar_order_type."""

    time_in_force: int
    """A fulmar_time_in_force; zero for until canceled, of a market order for at once or never."""

    trigger_by: int
    """Which price triggers it: a fulmar_trigger_by."""

    post_only: int
    """One where it may take nothing: it rests, or is rejected."""

    reduce_only: int
    """One where it may only bring the position nearer to zero."""


class Order(Record):
    """An order of the strategy's own, as it is known."""

    _fields_ = [
        ("id", OrderId),
        ("tag", c_uint64),
        ("price", c_int64),
        ("trigger_price", c_int64),
        ("quantity", c_int64),
        ("traded_qty", c_int64),
        ("leaves_qty", c_int64),
        ("submitted_at", c_uint64),
        ("instrument_id", c_uint32),
        ("_side", c_uint8),
        ("_order_type", c_uint8),
        ("_status", c_uint8),
        ("_is_cancel_wanted", c_uint8),
    ]

    id: OrderId
    """The name that the engine knows it by."""

    tag: int
    """What the strategy calls it."""

    price: int
    """Its price, zero of a market order."""

    trigger_price: int
    """Its trigger price, zero where it has none."""

    quantity: int
    """How much was wanted."""

    traded_qty: int
    """How much of it traded."""

    leaves_qty: int
    """How much of it still stands."""

    submitted_at: int
    """When it was wanted."""

    instrument_id: int
    """Its instrument."""

    @property
    def side(self) -> Side:
        """Buy or sell."""
        return Side(self._side)

    @property
    def order_type(self) -> OrderType:
        """Of which type it is."""
        return OrderType(self._order_type)

    @property
    def status(self) -> OrderStatus:
        """Where it stands."""
        return OrderStatus(self._status)

    @property
    def is_cancel_wanted(self) -> bool:
        """One where its cancel is on its way."""
        return bool(self._is_cancel_wanted)


class Strategy:
    """A strategy: what it does when something happens. A callback that is not written does nothing.

    What it decides may depend on what it is told and on its own memory alone: no clock, no random numbers. Its time is
    `context.now`. What a callback is given may be kept.
    """

    def on_start(self, context: Context) -> None:
        """Before anything else. Definitions and books are not known yet."""

    def on_stop(self, context: Context) -> None:
        """After everything else. Its orders are canceled by the engine."""

    def on_book(self, context: Context, update: BookUpdate) -> None:
        """Levels of the book changed: the view's book has them already. Called for a strategy that
        asked for more than the top, while the book is live; a long update comes in parts.
        """

    def on_trade(self, context: Context, trade: Trade) -> None:
        """Somebody traded."""

    def on_quote(self, context: Context, quote: Quote) -> None:
        """The best bid or ask of one instrument at its venue changed, or what is known of them: the
        view's top is this one already. Its source says how it is known. What is best over
        several venues never comes here. One that jumped beyond the configured band comes as
        well, and `is_suspect` says so: the gate does not judge by it, and denies orders once the
        last good top is too old. It comes again, suspect no more, when the market stays there.
        """

    def on_consolidated(self, context: Context, top: Consolidated) -> None:
        """The best bid or ask over all venues of a pair changed: the view's consolidated top is
        this one already. Its prices and quantities are at the scales that it states, not at each
        instrument's, so that it is no quote. The event's instrument is the one whose change led
        to it, which need not be one that the strategy trades.
        """

    def on_cross_venue(self, context: Context, signals: CrossVenue) -> None:
        """What the venues of a pair say of each other changed: how far apart they value it, what an
        arbitrage would bring after fees, which of them moves first. The view's signals are these
        already. They are at the scales that they state; the event's instrument is as in
        `on_consolidated`, which comes first where both changed. Told of pairs of two venues or
        more.
        """

    def on_bar(self, context: Context, bar: Bar) -> None:
        """A bar is complete, made by the engine of the venue's trades."""

    def on_venue_bar(self, context: Context, bar: Bar) -> None:
        """The venue closed a bar of its own making. It may differ from the engine's, which is made
        of the trades that came here; what the venue does not say of it is zero. Told by venues
        of which bars are asked.
        """

    def on_funding(self, context: Context, funding: Funding) -> None:
        """The venue said what holding a derivative costs: the view's funding is this already.
        Venues say it again and again, changed or not, and some only where it changed.
        """

    def on_mark_price(self, context: Context, mark_price: MarkPrice) -> None:
        """The venue said what it values a derivative at: the view's mark price is this already. Its
        prices are at the scale that it states, not at the instrument's, and no order can be
        placed by them as they are.
        """

    def on_status(self, context: Context, status: Status) -> None:
        """The venue does not trade an instrument now, or does not know it, or does again: the
        view's status is this already. Until it is listed again the gate denies every order of
        it, and cancels pass. Never called for an instrument that the venue always traded.
        """

    def on_timer(self, context: Context, timer: Timer) -> None:
        """A timer that it set is due."""

    def on_order_restored(self, context: Context, order: HeldOrder) -> None:
        """An order of its own, wanted before the engine was killed, is held again, or may be at the
        venue still: the view's order stands already. It has the id that it had, and no new order
        can wait for it.
        """

    def on_order_accepted(self, context: Context, report: Report) -> None:
        """An order of its own stands at the venue; or the engine holds it until its trigger or its
        turn, where the report says `is_emulated`. Of one that was held it comes twice.
        """

    def on_order_cancel_rejected(self, context: Context, report: Report) -> None:
        """An order of its own was not canceled, and stands as before unless something else is told:
        the venue refused, or there was no room for the cancel. Wanting it again at once would be
        refused at once.
        """

    def on_order_updated(self, context: Context, report: Report) -> None:
        """An order of its own is another now: the view's order has its new terms already. The venue
        did it because it was asked to, or by itself; or, where the report says `is_emulated`, a
        held order's trigger followed the market, or its alternatives and the order that it waits
        for left another quantity.
        """

    def on_order_update_rejected(self, context: Context, report: Report) -> None:
        """An order of its own was not changed, and stands as before unless something else is told:
        our gate refused (`reason` is the number of its check), the venue did, or there was no
        room.
        """

    def on_order_triggered(self, context: Context, report: Report) -> None:
        """The trigger price of an order of its own was met, or its turn came: the view's order is
        what it was to become already. One that was held leaves once nothing stands in its way
        and the gate has judged it again; a denial then comes as `on_order_denied`.
        """

    def on_order_filled(self, context: Context, report: Report) -> None:
        """Some or all of an order of its own traded."""

    def on_order_canceled(self, context: Context, report: Report) -> None:
        """What was left of an order of its own was canceled, or the venue ended it."""

    def on_order_denied(self, context: Context, denial: Denial) -> None:
        """Our gate refused an order of its own, at once or when one that was held was to leave; it
        never left.
        """

    def on_order_rejected(self, context: Context, report: Report) -> None:
        """The venue refused an order of its own."""

    def on_position_changed(self, context: Context, position: Position) -> None:
        """What it holds changed."""


_ON_SESSION = CFUNCTYPE(None, c_void_p, c_void_p)


def _on(payload: Any) -> Any:
    return CFUNCTYPE(None, c_void_p, c_void_p, POINTER(Event), POINTER(payload))


class Callbacks(Structure):
    """The table that the library calls."""

    _fields_ = [
        ("on_start", _ON_SESSION),
        ("on_stop", _ON_SESSION),
        ("on_book", _on(BookUpdate)),
        ("on_trade", _on(Trade)),
        ("on_quote", _on(Quote)),
        ("on_consolidated", _on(Consolidated)),
        ("on_cross_venue", _on(CrossVenue)),
        ("on_bar", _on(Bar)),
        ("on_venue_bar", _on(Bar)),
        ("on_funding", _on(Funding)),
        ("on_mark_price", _on(MarkPrice)),
        ("on_status", _on(Status)),
        ("on_timer", _on(Timer)),
        ("on_order_restored", _on(HeldOrder)),
        ("on_order_accepted", _on(Report)),
        ("on_order_cancel_rejected", _on(Report)),
        ("on_order_updated", _on(Report)),
        ("on_order_update_rejected", _on(Report)),
        ("on_order_triggered", _on(Report)),
        ("on_order_filled", _on(Report)),
        ("on_order_canceled", _on(Report)),
        ("on_order_denied", _on(Denial)),
        ("on_order_rejected", _on(Report)),
        ("on_position_changed", _on(Position)),
    ]


PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "fulmar_abi_version": (c_uint32, []),
    "fulmar_attach": (c_void_p, [POINTER(Options), POINTER(Callbacks), c_void_p, POINTER(Error)]),
    "fulmar_run": (c_int32, [c_void_p, POINTER(Error)]),
    "fulmar_turn": (c_int32, [c_void_p, POINTER(Error)]),
    "fulmar_stop": (None, [c_void_p]),
    "fulmar_detach": (c_int32, [c_void_p]),
    "fulmar_session_context": (c_void_p, [c_void_p]),
    "fulmar_parameter": (c_int32, [c_char_p, c_char_p, c_size_t]),
    "fulmar_now": (c_uint64, [c_void_p]),
    "fulmar_instruments": (c_uint32, [c_void_p, POINTER(c_uint32), c_uint32]),
    "fulmar_instrument": (c_int32, [c_void_p, c_char_p, POINTER(c_uint32)]),
    "fulmar_instrument_definition": (c_int32, [c_void_p, c_uint32, POINTER(Definition)]),
    "fulmar_top": (c_int32, [c_void_p, c_uint32, POINTER(Quote)]),
    "fulmar_two_sided_top": (c_int32, [c_void_p, c_uint32, POINTER(Quote)]),
    "fulmar_sync": (c_uint8, [c_void_p, c_uint32]),
    "fulmar_levels": (c_uint32, [c_void_p, c_uint32, c_uint8, POINTER(Level), c_uint32]),
    "fulmar_consolidated_top": (c_int32, [c_void_p, c_uint32, POINTER(Consolidated)]),
    "fulmar_cross_venue_signals": (c_int32, [c_void_p, c_uint32, POINTER(CrossVenue)]),
    "fulmar_instrument_status": (c_int32, [c_void_p, c_uint32, POINTER(Status)]),
    "fulmar_instrument_funding": (c_int32, [c_void_p, c_uint32, POINTER(Funding)]),
    "fulmar_instrument_mark_price": (c_int32, [c_void_p, c_uint32, POINTER(MarkPrice)]),
    "fulmar_instrument_position": (c_int32, [c_void_p, c_uint32, POINTER(Position)]),
    "fulmar_position_quantity": (c_int64, [c_void_p, c_uint32]),
    "fulmar_limit_order": (NewOrder, [c_uint8, c_int64, c_int64]),
    "fulmar_market_order": (NewOrder, [c_uint8, c_int64]),
    "fulmar_stop_order": (NewOrder, [c_uint8, c_int64, c_int64]),
    "fulmar_stop_limit_order": (NewOrder, [c_uint8, c_int64, c_int64, c_int64]),
    "fulmar_trailing_stop_order": (NewOrder, [c_uint8, c_int64, c_int64]),
    "fulmar_market_if_touched_order": (NewOrder, [c_uint8, c_int64, c_int64]),
    "fulmar_limit_if_touched_order": (NewOrder, [c_uint8, c_int64, c_int64, c_int64]),
    "fulmar_submit": (c_int32, [c_void_p, c_uint32, POINTER(NewOrder), POINTER(OrderId)]),
    "fulmar_submit_alternatives": (c_int32, [c_void_p, c_uint32, POINTER(NewOrder), c_uint32, POINTER(OrderId)]),
    "fulmar_submit_bracket": (c_int32, [c_void_p, c_uint32, POINTER(NewOrder), c_uint32, POINTER(OrderId)]),
    "fulmar_cancel": (c_int32, [c_void_p, OrderId]),
    "fulmar_cancel_all": (c_uint32, [c_void_p, c_uint32]),
    "fulmar_modify": (c_int32, [c_void_p, OrderId, POINTER(Terms)]),
    "fulmar_set_timer": (c_int32, [c_void_p, c_uint64, c_uint64]),
    "fulmar_find_order": (c_int32, [c_void_p, OrderId, POINTER(Order)]),
    "fulmar_open_orders": (c_uint32, [c_void_p, c_uint32, POINTER(Order), c_uint32]),
    "fulmar_open_order_count": (c_uint32, [c_void_p, c_uint32]),
    "fulmar_format": (c_int32, [c_int64, c_uint8, c_char_p, c_size_t]),
    "fulmar_format_wide": (c_int32, [Wide, c_uint8, c_char_p, c_size_t]),
    "fulmar_parse": (c_int32, [c_char_p, c_uint8, POINTER(c_int64)]),
    "fulmar_quantity": (c_int32, [c_void_p, c_uint32, c_char_p, POINTER(c_int64)]),
    "fulmar_price": (c_int32, [c_void_p, c_uint32, c_char_p, POINTER(c_int64)]),
    "fulmar_order_id_text": (c_int32, [OrderId, c_char_p, c_size_t]),
    "fulmar_result_text": (c_char_p, [c_int32]),
}
