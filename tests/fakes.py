"""Reconstructors that tests make up: of maps, with what the interface asks for besides an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from recon.methods.base import FaceGeometry, FaceMaps, Reconstructor
from recon.methods.difference import maps_difference


class MapsReconstructor(Reconstructor):
    """Subclasses say `predict`; `size` is that of the bundled network."""

    config: Any = None
    size: int = 128  # type: ignore[assignment]

    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        return maps_difference(before, after, labels, outline)


def of_maps(mask: Tensor, position_mm: Tensor, correspondence: Tensor) -> FaceGeometry:
    """The answer that consists of these maps."""
    return FaceGeometry(FaceMaps(mask, position_mm, correspondence))
