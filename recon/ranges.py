"""Ranges that many settings share, for `recon.configuration.bounded`: `seed: int = bounded(0, *SEEDS)`."""

from __future__ import annotations

from recon.errors import UserError

SHARE = (0, 1)  # shares and probabilities
SEEDS = (0, 10**18)  # within 64 bits, with room for what is added to tell held-out records from training's
COUNT = (1, 10**9)
PROCESSES = (0, 256)
PIXELS = (16, 4096)  # of an image's side
WIDTH = (1, 8192)  # channels of a layer
WEIGHT = (0, 10**6)
DECAY = (0, 0.999999)  # of an average: at 1 it would never move from where it began


def refuse_beyond(option: str, value: float, low: float, high: float) -> None:
    """Raise a UserError where an option of a command lies beyond its range, or is no number."""
    if not low <= value <= high:
        raise UserError(f"--{option} must be from {low:g} to {high:g}, not {value}")
