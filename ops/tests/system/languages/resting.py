"""Bids far below the market, once, and says when the bid stands."""

import fulmar
from fulmar import Context, Quote, Report, Side


class Resting(fulmar.Strategy):
    has_bid = False

    def on_quote(self, context: Context, quote: Quote) -> None:
        definition = context.definition(quote.instrument_id)
        quantity = context.quantity(quote.instrument_id, "0.01")
        if self.has_bid or quote.bid.quantity == 0 or definition is None or quantity is None:
            return
        order = fulmar.limit_order(Side.BUY, quote.bid.price - 1_000 * definition.tick, quantity)
        order.post_only = True
        context.submit(quote.instrument_id, order)
        self.has_bid = True

    def on_order_accepted(self, context: Context, report: Report) -> None:
        print("accepted", flush=True)


fulmar.run(Resting())
