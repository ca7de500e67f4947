"""How a node writes values into JSON (fc, `variant.cpp`, `json.cpp`)."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_LARGEST_NUMBER = 0xFFFF_FFFF


def number(value: int) -> int | str:
    """Return an integer as a node writes it: a string beyond 32 bits, since JavaScript rounds."""
    return value if abs(value) <= _LARGEST_NUMBER else str(value)


def pretty_amount(amount: int, precision: int, symbol: str) -> str:
    """Return an amount as error messages name it: "20 BTS", "0.00001 BTS"."""
    whole, rest = divmod(abs(amount), 10**precision)
    decimals = f".{rest:0{precision}d}" if rest else ""
    return f"{'-' if amount < 0 else ''}{whole}{decimals} {symbol}"
