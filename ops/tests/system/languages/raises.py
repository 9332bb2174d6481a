"""A strategy with a mistake in it."""

import fulmar
from fulmar import Context, Quote


class Mistaken(fulmar.Strategy):
    def on_quote(self, context: Context, quote: Quote) -> None:
        raise ValueError("no such thing")


fulmar.run(Mistaken())
