"""Fine detail as settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recon.configuration import bounded


@dataclass(frozen=True)
class DetailConfig:
    """How detail is added.

    method        "shading": one solve in which mu is darkness of depth and shading of slope by the estimated light;
                  "dark_is_deep": the same without the slope; "equation_12", "equation_13": the paper's single step, of
                  the nearest pixels' grey values as they are stored: `limit_mm` and `contrast` are not used
    edge_mm       the mesh is subdivided until its median seen edge is about this long, or a pixel of the photo
    dt_mm2        time of the heat filter (equation 9), in mm^2: waves longer than 2 pi sqrt(dt) are mostly left out
    gamma_mm      depth of one unit of log intensity (equation 11); in the paper's step, of grey from black to white
    eta           weight of the data against the fairing (equation 14)
    fairing_mm    relief shorter than about this is smoothed
    limit_mm      displacements approach this, however strong the photo's contrast
    contrast      mu is cut at this: beyond it hair, nostrils or highlights speak, not relief
    """

    method: Literal["shading", "dark_is_deep", "equation_12", "equation_13"] = "shading"
    edge_mm: float = bounded(0.5, 0.05, 20)
    dt_mm2: float = bounded(2.0, 1e-3, 1000)
    gamma_mm: float = bounded(3.0, 0, 100)
    eta: float = bounded(0.2, 1e-6, 1e6)
    fairing_mm: float = bounded(0.4, 1e-3, 50)
    limit_mm: float = bounded(1.0, 1e-3, 50)
    contrast: float = bounded(0.3, 1e-3, 10)
