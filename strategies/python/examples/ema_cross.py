"""Holds the side of the faster of two averages of closes of bars: long where it is above the slower one, short where
it is below. It trades at the market, once a bar at most, and never while an order of its own is open.

It is the built-in `ema_cross` in Python, wish for wish; a test holds the two to the same hash. In the checkout:

    cargo build --release
    target/release/fulmar strategy run strategies/python/examples/ema_cross.py --name outside --set quantity=0.01
"""

from __future__ import annotations

import sys
from typing import Optional

import fulmar
from fulmar import Bar, Context, Result, Side

FRACTION_BITS = 32
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Average:
    """An exponential moving average: each sample moves it by 2 / (length + 1) of the difference."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.sample_count = 0
        self.value = 0  # a price with FRACTION_BITS more binary digits

    def add(self, price: int) -> None:
        sample = price << FRACTION_BITS
        if self.sample_count == 0:
            self.value = sample
        else:
            moved = (sample - self.value) * 2
            # Towards zero, as the other languages divide; `//` goes down.
            step = abs(moved) // (self.length + 1)
            self.value += step if moved >= 0 else -step
        self.sample_count += 1

    @property
    def is_ready(self) -> bool:
        return self.sample_count >= self.length


class EmaCross(fulmar.Strategy):
    def __init__(self, quantity: str, interval: str = "1m", fast_bars: str = "12", slow_bars: str = "26") -> None:
        self.quantity = quantity
        self.interval_ns = int(interval[:-1]) * SECONDS[interval[-1]] * 1_000_000_000
        self.fast_bars, self.slow_bars = int(fast_bars), int(slow_bars)
        self.averages: dict[int, tuple[Average, Average]] = {}

    def on_start(self, context: Context) -> None:
        for instrument_id in context.instruments:
            self.averages[instrument_id] = (Average(self.fast_bars), Average(self.slow_bars))

    def on_bar(self, context: Context, bar: Bar) -> None:
        if bar.interval != self.interval_ns or bar.instrument_id not in self.averages:
            return
        fast, slow = self.averages[bar.instrument_id]
        fast.add(bar.close)
        slow.add(bar.close)
        side = self.side(fast, slow)
        if side is not None:
            self.hold(context, bar.instrument_id, side)

    @staticmethod
    def side(fast: Average, slow: Average) -> Optional[Side]:
        """The side that the faster average is on; None while they are equal, or too young."""
        if not slow.is_ready or fast.value == slow.value:
            return None
        return Side.BUY if fast.value > slow.value else Side.SELL

    def hold(self, context: Context, instrument_id: int, side: Side) -> None:
        """Trades what is held into what is to be held, unless an order is still open."""
        size = context.quantity(instrument_id, self.quantity)
        if size is None or context.open_order_count(instrument_id) > 0:
            return
        wanted = size if side is Side.BUY else -size
        change = wanted - context.position_quantity(instrument_id)
        if change == 0:
            return
        try:
            order = fulmar.market_order(Side.BUY if change > 0 else Side.SELL, abs(change))
            context.submit(instrument_id, order)
        except fulmar.NotSubmitted:
            pass  # It is tried again at the next bar.


if __name__ == "__main__":
    try:
        end = fulmar.run(EmaCross(**fulmar.parameters()))
    except fulmar.FulmarError as error:
        sys.exit(str(error))
    sys.exit(4 if end is Result.ENGINE_GONE else 0)
