"""Orders as a strategy asks for them, one function a type. What else is to hold is set on what they give:

    order = fulmar.limit_order(Side.BUY, quote.bid.price, 10)
    order.post_only = True
"""

from __future__ import annotations

from typing import cast

from .abi import NewOrder, Side
from .library import library


def limit_order(side: Side, price: int, quantity: int) -> NewOrder:
    """At `price` or better, until it is canceled."""
    return cast(NewOrder, library().fulmar_limit_order(side, price, quantity))


def market_order(side: Side, quantity: int) -> NewOrder:
    """At any price, now."""
    return cast(NewOrder, library().fulmar_market_order(side, quantity))


def stop_order(side: Side, trigger: int, quantity: int) -> NewOrder:
    """A market order once the market has gone against its trigger. It ends a loss. The engine holds it until then."""
    return cast(NewOrder, library().fulmar_stop_order(side, trigger, quantity))


def stop_limit_order(side: Side, trigger: int, price: int, quantity: int) -> NewOrder:
    """As a stop order, and at `price` or better from then on."""
    return cast(NewOrder, library().fulmar_stop_limit_order(side, trigger, price, quantity))


def trailing_stop_order(side: Side, offset: int, quantity: int) -> NewOrder:
    """A stop order whose trigger follows the market at `offset`, and never steps back."""
    return cast(NewOrder, library().fulmar_trailing_stop_order(side, offset, quantity))


def market_if_touched_order(side: Side, trigger: int, quantity: int) -> NewOrder:
    """A market order once the market has come to `trigger`."""
    return cast(NewOrder, library().fulmar_market_if_touched_order(side, trigger, quantity))


def limit_if_touched_order(side: Side, trigger: int, price: int, quantity: int) -> NewOrder:
    """As a market order if touched, and at `price` or better from then on."""
    return cast(NewOrder, library().fulmar_limit_if_touched_order(side, trigger, price, quantity))
