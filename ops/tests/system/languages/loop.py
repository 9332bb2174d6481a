"""A loop over what happens: bids far below the market, cancels that, changes nothing else, and ends."""

import fulmar
from fulmar import Side

with fulmar.Session() as session:
    context = session.context
    assert [context.instrument("binance-spot:BTCUSDT")] == context.instruments
    order_id = None
    for event in session.events():
        if event.kind == "quote" and order_id is None:
            instrument = event.what.instrument_id
            assert context.top(instrument) is not None
            definition, quantity = context.definition(instrument), context.quantity(instrument, "0.01")
            if definition is None or event.what.bid.quantity == 0:
                continue
            price = event.what.bid.price - 1_000 * definition.tick
            order = fulmar.limit_order(Side.BUY, price, quantity)
            order_id = context.submit(instrument, order)
            assert context.order(order_id).price == order.price
        elif event.kind == "order_accepted":
            assert event.what.client_order_id == order_id
            print("accepted", flush=True)
            assert context.cancel(order_id)
        elif event.kind == "order_canceled":
            assert context.open_orders(event.what.instrument_id) == []
            print("canceled", flush=True)
            session.stop()
