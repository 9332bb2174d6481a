"""What can go wrong, as exceptions."""

from __future__ import annotations

from .abi import Result


class FulmarError(Exception):
    """Something was not done. `result` says what it came to, the text says it in words."""

    def __init__(self, result: Result, text: str) -> None:
        super().__init__(text)
        self.result = result


class NotSubmitted(FulmarError):
    """An order that was not even handed to the risk gate. What the gate refuses comes as `on_order_denied`."""
