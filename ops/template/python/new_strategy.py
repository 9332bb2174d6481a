"""The strategy new_strategy: it buys when the best ask has fallen far enough below the highest bid that it saw, and
sells what it bought after as large a rise.

Change it until it is yours. What it decides may depend on its own memory and on what it is told alone: no clock, no
random numbers, and no float for a price or a quantity.
"""

from __future__ import annotations

import sys
from typing import Optional

import fulmar
from fulmar import Context, Quote, Report, Result, Side, TimeInForce


class NewStrategy(fulmar.Strategy):
    """It trades one instrument."""

    def __init__(self, quantity: str = "0.01", swing_ticks: str = "2") -> None:
        self.quantity = quantity
        self.swing_ticks = int(swing_ticks)
        # The highest bid while it holds nothing, the lowest ask while it holds something.
        self.turn: Optional[int] = None

    def on_quote(self, context: Context, quote: Quote) -> None:
        """The best bid or ask changed. What is submitted here meets the risk gate; what the gate refuses comes back as
        `on_order_denied`.
        """
        instrument = quote.instrument_id
        definition = context.definition(instrument)
        size = context.quantity(instrument, self.quantity)
        if definition is None or size is None or context.open_order_count(instrument) > 0:
            return
        if quote.bid.quantity == 0 or quote.ask.quantity == 0:
            return
        bid, ask = quote.bid.price, quote.ask.price
        held = context.position_quantity(instrument)
        if held > 0:
            self.turn = ask if self.turn is None else min(self.turn, ask)
            swing, order = bid - self.turn, fulmar.limit_order(Side.SELL, bid, held)
        else:
            self.turn = bid if self.turn is None else max(self.turn, bid)
            swing, order = self.turn - ask, fulmar.limit_order(Side.BUY, ask, size)
        if swing >= self.swing_ticks * max(definition.tick, 1):
            # What of it does not trade at once is canceled by the venue.
            order.time_in_force = TimeInForce.IOC
            try:
                context.submit(instrument, order)
            except fulmar.NotSubmitted as reason:
                print(reason)
            # The next swing is measured from here, whatever becomes of this order.
            self.turn = None

    def on_order_filled(self, context: Context, report: Report) -> None:
        """Some or all of an order of its own traded."""
        definition = context.definition(report.instrument_id)
        if definition is not None:
            quantity = fulmar.format_number(report.last_qty, definition.quantity_scale)
            price = fulmar.format_number(report.last_px, definition.price_scale)
            print("bought" if report.side is Side.BUY else "sold", quantity, "at", price, flush=True)


if __name__ == "__main__":
    try:
        # What `fulmar strategy run --set NAME=VALUE` says. Name and socket come from the environment too.
        end = fulmar.run(NewStrategy(**fulmar.parameters()))
    except fulmar.FulmarError as error:
        sys.exit(str(error))
    print(end.name.lower().replace("_", " "))
    sys.exit(4 if end is Result.ENGINE_GONE else 0)
