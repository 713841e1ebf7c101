"""What every target is, and the image that each of them gives."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from recon.synthesis.record import Record


class Target(Protocol):
    """`target(record)`: the tensors of one sample, without the batch's dimension, `rgb` (3, S, S) among them.

    It commutes with `recon.synthesis.placement.placed`: a moved record gives the moved target.

    Attributes:
        size: px, the side of the record that it wants. fields: the fields of `Record` that it reads.
    """

    @property
    def size(self) -> int: ...

    @property
    def fields(self) -> tuple[str, ...]: ...

    def __call__(self, record: Record) -> dict[str, Tensor]: ...


def image_of(record: Record) -> Tensor:
    """(3, S, S) float [0, 1]: the record's `rgb`."""
    return torch.from_numpy(np.moveaxis(record.rgb, -1, 0).copy()).float() / 255
