"""Where a drawn head's skin is, for things that must lie on it and not in it: height fields and taut strings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.geometry.rasterize import nearest_distance

CELL_MM = 1.25
FAR_MM = 5000.0  # of the eye from the head: parallel rays, and float32 still tells 0.001 mm
NOWHERE_MM = -1000.0  # height where there is no skin
EAR_RINGS = 2
INSIDE = ("mouth_inside", "teeth", "clothes")


@dataclass(frozen=True)
class HeightField:
    """Height (rows, columns) mm of a surface over a plane, at low + (k + 1/2) * CELL_MM; NOWHERE_MM where none is."""

    low: tuple[float, float]
    height: np.ndarray

    def at(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Bilinear height at places (...) mm; the border is repeated."""
        rows, columns = self.height.shape
        column = np.clip((u - self.low[0]) / CELL_MM - 0.5, 0, columns - 1.001)
        row = np.clip((v - self.low[1]) / CELL_MM - 0.5, 0, rows - 1.001)
        i, j = row.astype(int), column.astype(int)
        right, down = column - j, row - i
        above = self.height[i, j] * (1 - right) + self.height[i, j + 1] * right
        below = self.height[i + 1, j] * (1 - right) + self.height[i + 1, j + 1] * right
        return above * (1 - down) + below * down


def template_places(model: FaceModel) -> Tensor:
    """(n, 3) mm: every vertex's place on the default model."""
    low, high = model.canonical_box_mm
    return model.canonical * (high - low) + low


@lru_cache(maxsize=16)
def triangles_within(
    model: FaceModel, low: tuple[float, float, float], high: tuple[float, float, float], without: tuple[str, ...]
) -> Tensor:
    """(f, 3) int32 triangles whose centre on the template lies in a box and that are not of the named regions."""
    centre = template_places(model)[model.triangles.long()].mean(1)
    labels = torch.tensor([REGIONS.index(name) for name in without])
    keep = (centre > centre.new_tensor(low)).all(1) & (centre < centre.new_tensor(high)).all(1)
    keep &= ~torch.isin(model.region.long()[model.triangles.long()], labels).any(1)
    if "ears" in without:
        keep &= ~ears_of(model)[model.triangles.long()].any(1)
    return model.triangles[keep].contiguous()


@lru_cache(maxsize=16)
def patch_within(
    model: FaceModel, low: tuple[float, float, float], high: tuple[float, float, float], without: tuple[str, ...]
) -> tuple[Tensor, Tensor]:
    """The same triangles over their own vertices alone: ids of those (k,) int64, triangles (f, 3) int32 into them."""
    used, triangles = torch.unique(triangles_within(model, low, high, without), return_inverse=True)
    return used.long(), triangles.int().contiguous()


@lru_cache(maxsize=4)
def ears_of(model: FaceModel) -> Tensor:
    """(n,) bool: the ears and what is close around them; labels carried over from another model are a little off."""
    near = model.region == REGIONS.index("ears")
    triangles = model.triangles.long()
    for _ in range(EAR_RINGS):
        near = near.index_put((triangles[near[triangles].any(1)],), torch.tensor(True))
    return near


def front_field(model: FaceModel, vertices: Tensor, bottom: float = -135.0, top: float = 80.0) -> HeightField:
    """z of a drawn face (vertices (n, 3) mm) over (x, y), for a band of heights on the template."""
    used, triangles = patch_within(model, (-80.0, bottom, -50.0), (80.0, top, 60.0), (*INSIDE, "neck"))
    return height_field(vertices[used], triangles, (0, 1, 2), 1.0, (-95.0, bottom - 15.0), (95.0, top + 15.0))


def side_field(model: FaceModel, vertices: Tensor, side: float, bottom: float = -50.0) -> HeightField:
    """side * x of a drawn head over (z, y) as without ears, from `bottom` on the template up; side +1: its left."""
    low, high = (5.0, bottom, -128.0), (200.0, 30.0, 25.0)
    if side < 0:
        low, high = (-200.0, *low[1:]), (-5.0, *high[1:])
    used, triangles = patch_within(model, low, high, (*INSIDE, "ears", "eyes", "background"))
    field = height_field(vertices[used], triangles, (2, 1, 0), side, (-135.0, bottom - 10.0), (40.0, 45.0))
    return HeightField(field.low, bridged(field.height))


def bridged(height: np.ndarray) -> np.ndarray:
    """Holes (an ear was there) filled along the rows, linearly between their ends."""
    columns = np.arange(height.shape[1])[None]
    seen = height > NOWHERE_MM
    before = np.maximum.accumulate(np.where(seen, columns, -1), 1)
    after = np.minimum.accumulate(np.where(seen, columns, columns.size)[:, ::-1], 1)[:, ::-1]
    hole = ~seen & (before >= 0) & (after < columns.size)
    i, j = np.nonzero(hole)
    left, right = before[i, j], after[i, j]
    filled = height.copy()
    filled[i, j] = height[i, left] + (height[i, right] - height[i, left]) * (j - left) / (right - left)
    return filled


def height_field(
    vertices: Tensor,
    triangles: Tensor,
    axes: tuple[int, int, int],
    sign: float,
    low: tuple[float, float],
    high: tuple[float, float],
) -> HeightField:
    """The outermost sign * vertices[:, axes[2]] over the plane of the first two axes, between two of its corners."""
    columns, rows = (round((high[k] - low[k]) / CELL_MM) for k in (0, 1))
    scale = vertices.new_tensor([1 / CELL_MM, 1 / CELL_MM, -sign])
    shift = vertices.new_tensor([-low[0] / CELL_MM, -low[1] / CELL_MM, FAR_MM])
    places = vertices[:, list(axes)] * scale + shift
    height = FAR_MM - nearest_distance(places, triangles, rows, columns).numpy()
    return HeightField(low, np.where(np.isfinite(height), height, NOWHERE_MM))


def taut(places: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """A string pulled over posts: the upper concave envelope (m,) of heights at increasing places, both (m,)."""
    kept: list[int] = []
    x, y = places.tolist(), heights.tolist()
    for k in range(len(x)):
        while len(kept) > 1:
            i, j = kept[-2], kept[-1]
            if (y[j] - y[i]) * (x[k] - x[i]) > (y[k] - y[i]) * (x[j] - x[i]):
                break
            kept.pop()
        kept.append(k)
    return np.interp(places, places[kept], heights[kept])
