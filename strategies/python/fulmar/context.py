"""What a strategy sees, and the doors for what it wants. It decides nothing, and copies all that it gives."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, Optional, TypeVar

from .abi import (
    Consolidated,
    CrossVenue,
    Definition,
    Funding,
    Level,
    MarkPrice,
    NewOrder,
    Order,
    OrderId,
    Position,
    Quote,
    Result,
    Side,
    Status,
    SyncState,
    Terms,
)
from .error import FulmarError, NotSubmitted
from .library import check, library

T = TypeVar("T", bound=ctypes.Structure)

#: What is not known is no error: it comes as None.
_NOTHING_KNOWN = (Result.UNKNOWN,)


class Context:
    """The moment, as a strategy sees it: within a callback, or between two turns of a `Session`."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._library = library()

    @property
    def now(self) -> int:
        """The turn's moment, in nanoseconds since 1970: the only time that a strategy decides by."""
        return int(self._library.fulmar_now(self._context))

    @property
    def instruments(self) -> list[int]:
        """The ids of the strategy's instruments."""
        count = self._library.fulmar_instruments(self._context, None, 0)
        ids = (ctypes.c_uint32 * count)()
        self._library.fulmar_instruments(self._context, ids, count)
        return list(ids)

    def instrument(self, name: str) -> int:
        """The id of an instrument by its durable name, such as `binance-spot:BTCUSDT`."""
        found = ctypes.c_uint32()
        check(self._library.fulmar_instrument(self._context, name.encode(), ctypes.byref(found)))
        return found.value

    def definition(self, instrument_id: int) -> Optional[Definition]:
        """What an instrument is: names, scales, what its venue asks of orders. None until the venue said it."""
        return self._seen(self._library.fulmar_instrument_definition, instrument_id, Definition())

    def top(self, instrument_id: int) -> Optional[Quote]:
        """The best bid and ask; None while the book is not live."""
        return self._seen(self._library.fulmar_top, instrument_id, Quote())

    def two_sided_top(self, instrument_id: int) -> Optional[Quote]:
        """The best bid and ask where one can trade by them: both sides stand, do not cross, and are not suspect."""
        return self._seen(self._library.fulmar_two_sided_top, instrument_id, Quote())

    def sync(self, instrument_id: int) -> SyncState:
        """How far the book can be believed."""
        state = self._library.fulmar_sync(self._context, instrument_id)
        if state == 0:
            check(Result.NOT_TRADED)
        return SyncState(state)

    def levels(self, instrument_id: int, side: Side, count: int = 1000) -> list[Level]:
        """At most `count` levels of one side of the book, best first; none while it is not live."""
        levels = (Level * count)()
        there = self._library.fulmar_levels(self._context, instrument_id, side, levels, count)
        return [Level.from_buffer_copy(level) for level in levels[: min(there, count)]]

    def consolidated(self, instrument_id: int) -> Optional[Consolidated]:
        """What is best over all venues of the instrument's pair."""
        return self._seen(self._library.fulmar_consolidated_top, instrument_id, Consolidated())

    def cross_venue(self, instrument_id: int) -> Optional[CrossVenue]:
        """What the venues of the instrument's pair say of each other."""
        return self._seen(self._library.fulmar_cross_venue_signals, instrument_id, CrossVenue())

    def status(self, instrument_id: int) -> Optional[Status]:
        """Whether the venue trades the instrument; None where it never said that it does not."""
        return self._seen(self._library.fulmar_instrument_status, instrument_id, Status())

    def funding(self, instrument_id: int) -> Optional[Funding]:
        """What holding the instrument costs, as the venue said it last."""
        return self._seen(self._library.fulmar_instrument_funding, instrument_id, Funding())

    def mark_price(self, instrument_id: int) -> Optional[MarkPrice]:
        """What the venue values the instrument at, as it said it last."""
        return self._seen(self._library.fulmar_instrument_mark_price, instrument_id, MarkPrice())

    def position(self, instrument_id: int) -> Optional[Position]:
        """What the strategy holds of an instrument; None before its first fill."""
        return self._seen(self._library.fulmar_instrument_position, instrument_id, Position())

    def position_quantity(self, instrument_id: int) -> int:
        """How much the strategy holds, at the instrument's quantity scale, below zero where it is short."""
        return int(self._library.fulmar_position_quantity(self._context, instrument_id))

    def quantity(self, instrument_id: int, text: str) -> Optional[int]:
        """A quantity such as "0.01" at the instrument's scale, cut to whole lots; None until its definition is known."""
        return self._number(self._library.fulmar_quantity, instrument_id, text)

    def price(self, instrument_id: int, text: str) -> Optional[int]:
        """A price such as "61837.63" at the instrument's scale; None until its definition is known."""
        return self._number(self._library.fulmar_price, instrument_id, text)

    def submit(self, instrument_id: int, order: NewOrder) -> OrderId:
        """Wants an order. From now on it counts as open until something else is heard."""
        order_id = OrderId()
        result = self._library.fulmar_submit(self._context, instrument_id, order, ctypes.byref(order_id))
        self._submitted(result)
        return order_id

    def submit_alternatives(self, instrument_id: int, orders: Sequence[NewOrder]) -> list[OrderId]:
        """Wants two to four orders of which no more trades than of one; all of them or none."""
        return self._group(self._library.fulmar_submit_alternatives, instrument_id, orders)

    def submit_bracket(
        self, instrument_id: int, entry: NewOrder, exits: Sequence[NewOrder]
    ) -> tuple[OrderId, list[OrderId]]:
        """Wants an order to enter, and one to four alternatives to exit, held until it has traded."""
        ids = self._group(self._library.fulmar_submit_bracket, instrument_id, [entry, *exits])
        return ids[0], ids[1:]

    def cancel(self, order_id: OrderId) -> bool:
        """Wants an order canceled; True where a cancel is on its way."""
        return self._wished(self._library.fulmar_cancel(self._context, order_id))

    def cancel_all(self, instrument_id: int) -> int:
        """Wants all its own open orders of an instrument canceled; gives how many cancels were sent."""
        return int(self._library.fulmar_cancel_all(self._context, instrument_id))

    def modify(self, order_id: OrderId, price: int, quantity: int, trigger_price: int = 0) -> bool:
        """Wants an order changed to these terms, all of them; True where the change is on its way."""
        terms = Terms(price=price, trigger_price=trigger_price, quantity=quantity)
        return self._wished(self._library.fulmar_modify(self._context, order_id, terms))

    def set_timer(self, tag: int, due_at: int) -> None:
        """Wants `on_timer` with `tag`, once, at `due_at` or as soon after it as there is a turn."""
        check(self._library.fulmar_set_timer(self._context, tag, due_at))

    def order(self, order_id: OrderId) -> Optional[Order]:
        """An order of its own, as long as it is known."""
        order = Order()
        return _known(self._library.fulmar_find_order(self._context, order_id, ctypes.byref(order)), order)

    def open_orders(self, instrument_id: int) -> list[Order]:
        """Its own orders of an instrument that did not end."""
        count = self._library.fulmar_open_orders(self._context, instrument_id, None, 0)
        orders = (Order * count)()
        self._library.fulmar_open_orders(self._context, instrument_id, orders, count)
        return [Order.from_buffer_copy(order) for order in orders]

    def open_order_count(self, instrument_id: int) -> int:
        """How many orders of an instrument may still trade, as far as the strategy has heard."""
        return int(self._library.fulmar_open_order_count(self._context, instrument_id))

    def _seen(self, function: Any, instrument_id: int, out: T) -> Optional[T]:
        return _known(function(self._context, instrument_id, ctypes.byref(out)), out)

    def _number(self, function: Any, instrument_id: int, text: str) -> Optional[int]:
        number = ctypes.c_int64()
        result = function(self._context, instrument_id, text.encode(), ctypes.byref(number))
        known = _known(result, number)
        return None if known is None else known.value

    def _group(self, function: Any, instrument_id: int, orders: Sequence[NewOrder]) -> list[OrderId]:
        count = len(orders)
        ids = (OrderId * count)()
        self._submitted(function(self._context, instrument_id, (NewOrder * count)(*orders), count, ids))
        return [OrderId.from_buffer_copy(order_id) for order_id in ids]

    def _submitted(self, result: int) -> None:
        try:
            check(result)
        except FulmarError as error:
            raise NotSubmitted(error.result, str(error)) from None

    def _wished(self, result: int) -> bool:
        if result != Result.NOTHING:
            check(result)
        return result == Result.OK


Known = TypeVar("Known")


def _known(result: int, out: Known) -> Optional[Known]:
    if result in _NOTHING_KNOWN:
        return None
    check(result)
    return out
