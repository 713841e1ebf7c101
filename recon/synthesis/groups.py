"""Groups of a trait with the shares that are wanted of them: what `balance` says, read and checked.

groups_of({"yaw_deg": {"-90:0": 1, "0:90": 3}, "glasses": {"none": 4, "other": 1}})
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from recon.errors import UserError, did_you_mean

NUMBERS = ("yaw_deg", "pitch_deg", "age", "melanin", "smile", "open_mouth")  # traits in ranges
WORDS = ("hair", "beard", "glasses", "headwear", "thing")
OTHER = "other"


@dataclass(frozen=True)
class Group:
    """Scenes alike in one trait. name: as it was given. share: wanted of all, in [0, 1]. low, high: the trait's range,
    half open; None for words. words: those meant; but not: those not meant, for OTHER."""

    name: str
    share: float
    range: tuple[float, float] | None = None
    others: tuple[str, ...] | None = None

    def holds(self, value: float | str) -> bool:
        """Whether a trait of this value is of the group; NaN is of none."""
        if self.range is not None:
            return self.range[0] <= float(value) < self.range[1]
        return value == self.name if self.others is None else value not in self.others


def groups_of(balance: Mapping[str, Mapping[str, float]]) -> dict[str, list[Group]]:
    """trait -> its groups, their shares adding up to 1.

    Raises UserError where a trait or a range is not known, or a share makes no sense.
    """
    found = {}
    for trait, shares in balance.items():
        if trait not in NUMBERS + WORDS:
            raise UserError(f"balance knows no trait '{trait}'{did_you_mean(trait, NUMBERS + WORDS)}")
        total = sum(shares.values())
        if not shares or not all(0 <= share < math.inf for share in shares.values()) or not 0 < total < math.inf:
            raise UserError(f"balance.{trait} needs groups with shares of 0 or more, one of them above 0")
        named = tuple(name for name in shares if name != OTHER)
        if not named:
            raise UserError(
                f"balance.{trait} has no group but '{OTHER}': name those that it is beside, such as none: 0"
            )
        found[trait] = [
            Group(name, share / total, _range(trait, name))
            if trait in NUMBERS
            else Group(name, share / total, others=named if name == OTHER else None)
            for name, share in shares.items()
        ]
    return found


def _range(trait: str, name: str) -> tuple[float, float]:
    try:
        low, high = map(float, name.split(":"))
    except ValueError:
        low, high = 0.0, 0.0
    if not low < high:
        raise UserError(f"balance.{trait} has a group '{name}': write a range as low:high, such as \"0:30\"")
    return low, high
