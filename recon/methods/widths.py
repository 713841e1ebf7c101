"""How many channels a level of a network may have."""

from __future__ import annotations

from collections.abc import Sequence

from recon.errors import UserError

GROUP = 16  # channels of a group


def refuse_widths(widths: Sequence[int], group_size: int | None = None) -> None:
    """Raise a UserError where there are no levels, or one's channels don't divide into groups of about that size."""
    if not widths:
        raise UserError("widths is empty: give the channels of one level or more")
    for width in widths:
        if group_size and width % max(1, width // group_size):
            raise UserError(f"widths: {width} channels don't divide into groups: give a multiple of {group_size}")
