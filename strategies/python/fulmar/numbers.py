"""Numbers as texts and back, without a float in between."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, InvalidOperation

from .abi import Result
from .error import FulmarError


def format_number(mantissa: int, scale: int) -> str:
    """A number with `scale` digits behind the point: `format_number(6183763, 2)` is `"61837.63"`."""
    digits = str(abs(mantissa)).rjust(scale + 1, "0")
    whole, fraction = digits[: len(digits) - scale], digits[len(digits) - scale :].rstrip("0")
    sign = "-" if mantissa < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def parse_number(text: str, scale: int) -> int:
    """The number in `text` at `scale`: `parse_number("61837.63", 2)` is `6183763`. Nothing is rounded."""
    try:
        exact = Decimal(text).scaleb(scale)
    except InvalidOperation:
        raise FulmarError(Result.ARGUMENT, f"{text!r} is no number") from None
    whole = exact.to_integral_value(rounding=ROUND_DOWN) if exact.is_finite() else None
    if whole is None or whole != exact:
        raise FulmarError(Result.ARGUMENT, f"{text!r} has no place at scale {scale}")
    return int(whole)
