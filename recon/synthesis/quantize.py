"""16-bit codes for label maps: storing is exact because maps are snapped to this grid when they are rendered.

Code 0 is NaN in all of them, so that a background is never a value.
"""

from __future__ import annotations

import numpy as np

MM_STEPS = 128  # steps per millimetre: a power of two, so decoded millimetres are exact in float32
MM_ZERO = 32768  # the code of 0 mm
MM_LIMIT = 255.9  # mm: faces and heads lie within, ends of hair and clothes need not
LEVELS = 65534


def encode_mm(values: np.ndarray) -> np.ndarray:
    """float32 mm -> uint16, steps of 1/128 mm; NaN, and what lies beyond +-255.9 mm, has no code but 0."""
    return _codes(np.rint(_within_reach(values) * MM_STEPS), MM_ZERO)


def decode_mm(codes: np.ndarray) -> np.ndarray:
    """uint16 -> float32 mm; `encode_mm(decode_mm(c)) == c`."""
    return np.where(codes == 0, np.float32(np.nan), (codes.astype(np.float32) - MM_ZERO) / MM_STEPS)


def snap_mm(values: np.ndarray) -> np.ndarray:
    """The same as `decode_mm(encode_mm(values))`, sooner."""
    return snap_places(_within_reach(values))


def snap_places(values: np.ndarray) -> np.ndarray:
    """float32 mm of any size on the steps of `encode_mm`, for what is stored as it is."""
    return np.rint(values * MM_STEPS) / MM_STEPS


def encode_unit(values: np.ndarray) -> np.ndarray:
    """float32 in [0, 1] (clipped), NaN allowed -> uint16, steps of 1/65534."""
    return _codes(np.rint(np.clip(values, 0.0, 1.0) * np.float32(LEVELS)), 1)


def decode_unit(codes: np.ndarray) -> np.ndarray:
    """uint16 -> float32 in [0, 1]; `encode_unit(decode_unit(c)) == c`."""
    return np.where(codes == 0, np.float32(np.nan), (codes.astype(np.float32) - 1) / np.float32(LEVELS))


def snap_unit(values: np.ndarray) -> np.ndarray:
    """The same as `decode_unit(encode_unit(values))`, sooner."""
    return np.rint(np.clip(values, 0.0, 1.0) * np.float32(LEVELS)) / np.float32(LEVELS)


def encode_signed(values: np.ndarray) -> np.ndarray:
    """float32 in [-1, 1] (clipped), NaN allowed -> uint16, steps of 1/32767."""
    return encode_unit(values * np.float32(0.5) + np.float32(0.5))


def decode_signed(codes: np.ndarray) -> np.ndarray:
    """uint16 -> float32 in [-1, 1]; `encode_signed(decode_signed(c)) == c`."""
    return decode_unit(codes) * np.float32(2.0) - np.float32(1.0)


def snap_signed(values: np.ndarray) -> np.ndarray:
    """The same as `decode_signed(encode_signed(values))`, sooner."""
    return snap_unit(values * np.float32(0.5) + np.float32(0.5)) * np.float32(2.0) - np.float32(1.0)


def _within_reach(values: np.ndarray) -> np.ndarray:
    """NaN for millimetres that no code reaches: a place that is not stored is none, never a wrong one."""
    return np.where(np.abs(values) <= MM_LIMIT, values, np.float32(np.nan))


def _codes(steps: np.ndarray, first: int) -> np.ndarray:
    """Whole numbers of steps from `first` on, NaN as 0."""
    steps += first
    return np.fmax(steps, 0, out=steps).astype(np.uint16)
