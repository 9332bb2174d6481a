"""Strategies in Python, each in a process of its own, attached to a running Fulmar engine.

    import fulmar
    from fulmar import Context, Quote, Side

    class BuyOnce(fulmar.Strategy):
        def on_quote(self, context: Context, quote: Quote) -> None:
            instrument = quote.instrument_id
            if context.position_quantity(instrument) == 0 and context.open_order_count(instrument) == 0:
                quantity = context.quantity(instrument, "0.01")
                context.submit(instrument, fulmar.limit_order(Side.BUY, quote.bid.price, quantity))

    fulmar.run(BuyOnce(), name="outside")

Prices and quantities are integers: 61837.63 of an instrument whose price scale is 2 is 6183763. The scales stand in its
`Definition`. Every order passes the engine's risk gate. When the process goes, the engine does with its orders what its
configuration says.
"""

from .abi import (
    ABI_VERSION,
    COMMISSION_SCALE,
    FUNDING_SCALE,
    NO_INSTRUMENT,
    Arbitrage,
    Bar,
    BookUpdate,
    Check,
    Consolidated,
    ContractKind,
    ContractSize,
    CrossVenue,
    Definition,
    Denial,
    Execution,
    Funding,
    HeldOrder,
    HeldStage,
    Intent,
    LeadLag,
    Level,
    Liquidity,
    Listing,
    MarkPrice,
    MidSpread,
    NewOrder,
    Order,
    OrderId,
    OrderStatus,
    OrderType,
    Position,
    Quote,
    Report,
    Result,
    Side,
    Status,
    Strategy,
    SyncState,
    TimeInForce,
    Timer,
    TopSource,
    Trade,
    TriggerBy,
    Wait,
)
from .context import Context
from .error import FulmarError, NotSubmitted
from .numbers import format_number, parse_number
from .orders import (
    limit_if_touched_order,
    limit_order,
    market_if_touched_order,
    market_order,
    stop_limit_order,
    stop_order,
    trailing_stop_order,
)
from .session import Event, Session, parameters, run

__all__ = [
    "ABI_VERSION",
    "COMMISSION_SCALE",
    "FUNDING_SCALE",
    "NO_INSTRUMENT",
    "Arbitrage",
    "Bar",
    "BookUpdate",
    "Check",
    "Consolidated",
    "Context",
    "ContractKind",
    "ContractSize",
    "CrossVenue",
    "Definition",
    "Denial",
    "Event",
    "Execution",
    "FulmarError",
    "Funding",
    "HeldOrder",
    "HeldStage",
    "Intent",
    "LeadLag",
    "Level",
    "Liquidity",
    "Listing",
    "MarkPrice",
    "MidSpread",
    "NewOrder",
    "NotSubmitted",
    "Order",
    "OrderId",
    "OrderStatus",
    "OrderType",
    "Position",
    "Quote",
    "Report",
    "Result",
    "Session",
    "Side",
    "Status",
    "Strategy",
    "SyncState",
    "TimeInForce",
    "Timer",
    "TopSource",
    "Trade",
    "TriggerBy",
    "Wait",
    "format_number",
    "limit_if_touched_order",
    "limit_order",
    "market_if_touched_order",
    "market_order",
    "parameters",
    "parse_number",
    "run",
    "stop_limit_order",
    "stop_order",
    "trailing_stop_order",
]
