"""Fields of a dataclass that say more than a type and a default: a range, a place on the command line."""

from __future__ import annotations

import dataclasses
from typing import Any

Range = tuple[float | None, float | None]
OPEN: Range = (None, None)


def bounded(default: Any = dataclasses.MISSING, low: float | None = None, high: float | None = None) -> Any:
    """A dataclass field with a range, both ends included; None: open. Every reader of a configuration holds it, of each
    number of a tuple or of a dict too, and of None where the type allows it.

        smile: float = bounded(0.4, 0, 1)
    """
    return dataclasses.field(default=default, metadata={"range": (low, high)})


def positional(name: str, default: Any = dataclasses.MISSING) -> Any:
    """A field that a command line gives without `--`: its only one. name: stands for it in the help."""
    return dataclasses.field(default=default, metadata={"positional": name})


def range_of(field: dataclasses.Field) -> Range:
    """What `bounded` said of the field."""
    return field.metadata.get("range", OPEN)


def range_text(limits: Range) -> str:
    """`from 0 to 1`, `at least 0`, `at most 1`; empty where both ends are open."""
    low, high = limits
    if low is not None and high is not None:
        return f"from {low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return "" if high is None else f"at most {high:g}"


def out_of_range(value: Any, limits: Range) -> str | None:
    """What the number, or each of a tuple's, must be and is not; None for everything else. No float may be NaN."""
    low, high = limits
    if isinstance(value, dict):
        return next((said for part in value.values() if (said := out_of_range(part, limits))), None)
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            continue
        if number != number or (low is not None and number < low) or (high is not None and number > high):
            return f"{range_text(limits) or 'a number'}, not {number}"
    return None
