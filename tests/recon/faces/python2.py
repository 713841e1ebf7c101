"""Pickles as Python 2 wrote them with chumpy and scipy of the time: what published face models are."""

from __future__ import annotations

import pickle
import sys
import types
from typing import Any

import numpy as np
from scipy import sparse


class Ch:
    """chumpy's wrapper, as far as a pickle shows it."""

    def __init__(self, x: np.ndarray) -> None:
        self.x, self._dirty_vars, self._itr = x, set(), None


class csc_matrix:
    """scipy's matrix of that time, as far as a pickle shows it."""

    def __init__(self, matrix: np.ndarray) -> None:
        stored = sparse.csc_matrix(matrix)
        self.data, self.indices, self.indptr, self._shape = stored.data, stored.indices, stored.indptr, stored.shape


Ch.__module__, csc_matrix.__module__ = "chumpy.ch", "scipy.sparse.csc"
STAND_INS = {"chumpy.ch": Ch, "scipy.sparse.csc": csc_matrix}


def dumped(content: Any, protocol: int = 2) -> bytes:
    """The bytes of Python 2's pickle of `content`, whose arrays may be `Ch` and whose matrices `csc_matrix`."""
    before = {name: sys.modules.get(name) for name in ("chumpy", *STAND_INS)}
    try:
        sys.modules["chumpy"] = types.ModuleType("chumpy")
        for name, kind in STAND_INS.items():
            module = types.ModuleType(name)
            setattr(module, kind.__name__, kind)
            sys.modules[name] = module
        return pickle.dumps(content, protocol)
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
