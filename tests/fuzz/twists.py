"""Arrays that are whole and yet are not what a reader takes: of another shape, another kind, or of no numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Rng = np.random.Generator
KINDS = ("f2", "f4", "f8", "i1", "u1", "i4", "u4", "i8", "?", "c8", "U3", "S2")
SPOILERS = (np.nan, np.inf, -np.inf, -1.0, 0.0, 1e300, 2.0**31, 2.0**63)


def twisted(array: np.ndarray, rng: Rng) -> np.ndarray:
    """The array with its numbers, its kind or its shape changed."""
    what = int(rng.integers(4))
    if what == 0 and array.size and array.dtype.kind in "fiu":
        spoilt = array.copy()
        value = SPOILERS[int(rng.integers(len(SPOILERS)))]
        with np.errstate(all="ignore"):
            spoilt.flat[int(rng.integers(array.size))] = np.array(value).astype(array.dtype)
        return spoilt
    if what == 1:
        with np.errstate(all="ignore"):
            return _cast(array, KINDS[int(rng.integers(len(KINDS)))])
    shapes = [array[None], array.reshape(-1), array[..., None], array.T, np.empty((0, 3), array.dtype)]
    if array.ndim:
        axis = int(rng.integers(array.ndim))
        side = array.shape[axis]
        shapes += [array[(*[slice(None)] * axis, slice(n))] for n in (0, 1, max(side - 1, 0)) if n <= side]
        shapes += [np.concatenate([array, array], axis)]
    return shapes[int(rng.integers(len(shapes)))]


def _cast(array: np.ndarray, kind: str) -> np.ndarray:
    try:
        return array.astype(kind)
    except (ValueError, TypeError, OverflowError):  # words as numbers
        return np.zeros(array.shape, kind)


def misfit(content: Mapping[str, Any], rng: Rng) -> dict[str, Any]:
    """The arrays with one of them twisted, left out or in another's place."""
    changed = dict(content)
    names = sorted(name for name, value in content.items() if isinstance(value, np.ndarray))
    name, what = names[int(rng.integers(len(names)))], rng.random()
    if what < 0.2:
        del changed[name]
    elif what < 0.3:
        changed[name] = content[names[int(rng.integers(len(names)))]]
    else:
        changed[name] = twisted(changed[name], rng)
    return changed
