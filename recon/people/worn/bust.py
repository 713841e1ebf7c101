"""Neck and shoulders as seen from inside the chest: places by azimuth and by length down from the foot of the neck.

The lattice lies on the default model's bust, goes on below it as a chest would, and is carried to a drawn head of any
model, so that what is cut on it fits where a model ends at the neck too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, gaussian_filter1d, grey_dilation
from scipy.spatial import KDTree
from torch import Tensor
from torch.nn.functional import embedding_bag

from recon.faces import load
from recon.faces.model import REGIONS, FaceModel
from recon.geometry.closest_points import closest_points
from recon.geometry.occlusion import ambient_occlusion
from recon.people.worn.clearance import template_places
from recon.people.worn.solids import unit

MIDDLE_MM = np.array([0.0, -195.0, -100.0])  # of the chest, on the template
COLUMNS = 96
_TURN = np.arange(COLUMNS) * 2 * np.pi / COLUMNS
AZIMUTH = _TURN - 0.5 * np.sin(_TURN)  # 0 ahead, a quarter turn is the left; closest in front, where the cut is
POLAR = np.radians(np.arange(12.0, 150.0, 1.0))
STEP_MM = 5.0
ALONG_MM = np.arange(-60.0, 270.0, STEP_MM)  # down from the foot of the neck; negative on the neck
FOOT_MM = (-172.0, -134.0, -122.0)  # heights of the neck's foot on the template: in front, beside, behind
STICKING_MM = 1.0  # less than that, the stuff takes up
SKIN_MM = 4.0  # so near to a model's skin the lattice lies on it
EDGES = cast(Any, ("nearest", "wrap"))


@dataclass(frozen=True)
class Spots:
    """Places on a bust, (..., 3) or (...) float32 as the fields of `Bust`."""

    place: np.ndarray
    outward: np.ndarray
    hollow: np.ndarray
    openness: np.ndarray

    def lifted(self, lift: np.ndarray | float) -> np.ndarray:
        """(..., 3) mm, `lift` (...) mm off the skin."""
        return self.place + self.outward * np.asarray(lift, np.float32)[..., None]


@dataclass(frozen=True)
class Bust:
    """The lattice on a drawn head.

    Attributes:
        cells: (rows * COLUMNS, 8) float32, rows as ALONG_MM: place (3) mm in the head's frame; outward (3), unit, away
            from the skin; hollow, mm that cloth stands off there; openness, share of the sky that is seen, [0, 1].
        reach: (COLUMNS,) mm down to where the model has skin.
    """

    cells: Tensor
    reach: np.ndarray

    def at(self, along: np.ndarray, azimuth: np.ndarray) -> Spots:
        """Bilinear, so far (...) down and around; rows are clamped, columns go around."""
        along, azimuth = np.broadcast_arrays(along, azimuth)
        row = np.clip((along.ravel() - ALONG_MM[0]) / STEP_MM, 0, len(ALONG_MM) - 1.001)
        turn = azimuth.ravel() % (2 * np.pi)
        column = np.interp(turn, np.append(AZIMUTH, 2 * np.pi), np.arange(COLUMNS + 1.0))
        i, j = row.astype(int), column.astype(int)
        down, right = row - i, column - j
        upper, j, after = i * COLUMNS, j % COLUMNS, (j + 1) % COLUMNS
        corners = np.stack([upper + j, upper + after, upper + COLUMNS + j, upper + COLUMNS + after], 1)
        weights = np.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right], 1)
        shares = torch.from_numpy(weights.astype(np.float32))
        found = embedding_bag(torch.from_numpy(corners), self.cells, per_sample_weights=shares, mode="sum").numpy()
        found = found.reshape(*along.shape, 8)
        return Spots(found[..., :3], found[..., 3:6], found[..., 6], found[..., 7])


def bust_of(model: FaceModel, vertices: Tensor) -> Bust:
    """The lattice on a drawn head, vertices (n, 3) float32 mm."""
    shape, ride = template_bust(), ride_of(model)
    place = embedding_bag(ride.corners, vertices, per_sample_weights=ride.weights, mode="sum") + ride.beyond
    cells = torch.cat([place, shape.cells[:, 3:]], 1)
    grid = place.numpy().reshape(len(ALONG_MM), COLUMNS, 3)
    taut = gaussian_filter(grid, (2.0, 2.5, 0), mode=cast(Any, ("nearest", "wrap", "nearest"))) - grid
    stands_off = (torch.from_numpy(taut).view(-1, 3) * cells[:, 3:6]).sum(1)
    cells[:, 6] = torch.maximum(cells[:, 6], stands_off)
    return Bust(cells, ride.reach)


@dataclass(frozen=True)
class Ride:
    """How the lattice rides on a model: corners and weights (cells, 3) of the nearest points of its skin, `beyond`
    (cells, 3) mm from there where there is no skin, reach as in `Bust`."""

    corners: Tensor
    weights: Tensor
    beyond: Tensor
    reach: np.ndarray


@lru_cache(maxsize=4)
def ride_of(model: FaceModel) -> Ride:
    place = template_bust().cells[:, :3].double().numpy()
    own = template_places(model).double().numpy()
    triangles = bust_triangles(model)
    found = closest_points(place, own, triangles)
    beyond = place - found.point
    off = np.linalg.norm(beyond, axis=1).reshape(len(ALONG_MM), COLUMNS)
    past = np.maximum.accumulate(off * (ALONG_MM > 0)[:, None] > SKIN_MM, 0)
    reach = np.where(past.any(0), ALONG_MM[np.argmax(past, 0)], ALONG_MM[-1]) - STEP_MM
    share = np.clip((off - SKIN_MM / 2) / SKIN_MM, 0, 1) * past  # on skin the model's own surface counts
    corners, weights = torch.from_numpy(triangles[found.triangle]), torch.from_numpy(found.barycentric).float()
    return Ride(corners, weights, torch.from_numpy(beyond * share.reshape(-1, 1)).float(), reach)


def bust_triangles(model: FaceModel) -> np.ndarray:
    """(f, 3) int64 triangles of neck and clothes."""
    labels = torch.tensor([REGIONS.index(name) for name in ("neck", "clothes")])
    triangles = model.triangles.long()
    return triangles[torch.isin(model.region.long()[triangles], labels).all(1)].numpy()


@lru_cache(maxsize=4)
def bust_places(model: FaceModel) -> tuple[Tensor, np.ndarray, np.ndarray, np.ndarray]:
    """A model's vertices (m,) int64 of neck and clothes, where each is: along (m,) mm and azimuth (m,), and `outward`
    (m, 3) there."""
    ids = np.unique(bust_triangles(model))
    cells = template_bust().cells.numpy()
    nearest = KDTree(cells[:, :3]).query(template_places(model).numpy()[ids])[1]
    return torch.from_numpy(ids), ALONG_MM[nearest // COLUMNS], AZIMUTH[nearest % COLUMNS], cells[nearest, 3:6]


@lru_cache(maxsize=1)
def template_bust() -> Bust:
    """The lattice on the default model's mean."""
    model = load("default")
    mean, triangles = model.mean.double().numpy(), bust_triangles(model)
    away = mean - MIDDLE_MM
    radius = np.linalg.norm(away, axis=1)
    polar, azimuth = np.meshgrid(POLAR, AZIMUTH, indexing="ij")
    ray = np.stack([np.sin(polar) * np.sin(azimuth), np.cos(polar), np.sin(polar) * np.cos(azimuth)], -1)
    seen = closest_points(ray.reshape(-1, 3), away / np.maximum(radius, 1e-6)[:, None], triangles)
    corners = triangles[seen.triangle]
    reach = (seen.barycentric * radius[corners]).sum(-1).reshape(polar.shape)
    hit = seen.distance.reshape(polar.shape) < 2e-3
    openness = ambient_occlusion(model.mean, model.triangles).double().numpy()
    sky = (seen.barycentric * openness[corners]).sum(-1).reshape(polar.shape)
    places = ray * reach[..., None] + MIDDLE_MM
    columns = [meridian(places[:, k], hit[:, k], sky[:, k], AZIMUTH[k]) for k in range(COLUMNS)]
    place, sky, ends = (np.stack(values, -1) for values in zip(*columns, strict=True))
    place, sky = np.moveaxis(place, 1, 2), gaussian_filter(sky, 1.0, mode=EDGES)
    past = np.clip((ALONG_MM[:, None] - gaussian_filter1d(ends, 1.0, mode="wrap")) / 20.0, 0, 1)[..., None]
    place = place + (gaussian_filter1d(place, 2.0, axis=1, mode="wrap") - place) * past  # the rim is ragged
    smooth = gaussian_filter(place, (2.5, 2.0, 0), mode=cast(Any, ("nearest", "wrap", "nearest")))
    down, around = np.gradient(smooth, axis=0), np.roll(smooth, -1, 1) - np.roll(smooth, 1, 1)
    outward = unit(np.cross(down, around))
    hollow = np.maximum(((smooth - place) * outward).sum(-1), 0)
    hollow = np.maximum(hollow, sticking_out(mean[np.unique(triangles)], place, outward))
    cells = np.concatenate([place, outward, hollow[..., None], sky[..., None]], -1).reshape(-1, 8)
    return Bust(torch.from_numpy(cells).float(), np.full(COLUMNS, ALONG_MM[-1]))


def sticking_out(points: np.ndarray, place: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """(rows, COLUMNS) mm that points (m, 3) of the bust, such as the ends of its arms, stand out over the lattice."""
    nearest = KDTree(place.reshape(-1, 3)).query(points)[1]
    height = ((points - place.reshape(-1, 3)[nearest]) * outward.reshape(-1, 3)[nearest]).sum(1)
    most = np.zeros(place.shape[:2])
    np.maximum.at(most.reshape(-1), nearest, np.where(height > STICKING_MM, height + STICKING_MM, 0.0))
    return gaussian_filter(grey_dilation(most, (5, 5), mode=EDGES), 1.0, mode=EDGES)


def meridian(
    path: np.ndarray, hit: np.ndarray, sky: np.ndarray, azimuth: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Places (rows, 3) and openness (rows,) at ALONG_MM down a path (m, 3) whose points are on the bust where `hit`
    (m,), and mm down to where that ends."""
    path, sky = path[hit], sky[hit]
    front, side, back = FOOT_MM
    foot = side + (front - side if np.cos(azimuth) > 0 else back - side) * np.cos(azimuth) ** 2
    length = np.append(0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
    highest = np.argmin(path[:, 1] > foot)
    length = length - length[highest]
    last = length < length[-1] - 8.0
    path, sky, length = path[last], sky[last], length[last]
    end = length[-1]
    heading = unit(path[-1] - path[np.searchsorted(length, length[-1] - 25.0)])
    t = np.arange(5.0, 330.0, 10.0)  # on downward, ever steeper
    steep = unit(heading + np.minimum(t / 60.0, 3.0)[:, None] * np.array([0.0, -1.0, 0.0]))
    path = np.concatenate([path, path[-1] + np.cumsum(steep * 10.0, 0)])
    length = np.append(length, length[-1] + np.cumsum(np.full(len(t), 10.0)))
    sky = np.append(sky, np.full(len(t), sky[-1]))
    places = np.stack([np.interp(ALONG_MM, length, values) for values in path.T], 1)
    return places, np.interp(ALONG_MM, length, sky), float(end)
