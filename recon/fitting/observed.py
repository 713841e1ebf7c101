"""What an image's maps say of a face, as the fit takes it: pixels and their points of the model, edges of openings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from scipy.spatial import KDTree

from recon.faces.model import REGIONS, FaceModel
from recon.faces.openings import LOWER_LIP, UPPER_LIP, lid_edges
from recon.faces.parsing import CLASSES
from recon.geometry.closest_points import closest_points

MOST_MATCHES = 1500
FAR_MM = 3.0  # a pixel whose canonical place is further off the face than this lies
RIM_SHARE = 0.008  # of the image's side: maps are soft along the mask's outline
MOUTH = ("mouth_inside", "teeth")
FEWEST_PX = 200


@dataclass(frozen=True)
class Opening:
    """A hole of the face between two edges of the model, as the image shows it.

    Attributes:
        upper, lower: ids of the vertices along its edges.
        inside: (S, S) bool, its pixels; none: it is shut.
    """

    upper: np.ndarray
    lower: np.ndarray
    inside: np.ndarray


@dataclass(frozen=True)
class Observed:
    """One image's face; m matches.

    Attributes:
        size_px: the square image's side.
        corners: (m, 3) int64 vertex ids and weights: (m, 3), barycentric: the model's point that a pixel shows.
        pixels: (m, 2) float64, where, centres at +0.5.
        openings: mouth and eyes, where something says how far they are open.
        points: known points of the image: vertex ids, of which the mean is seen there, and the place (2,) px.
    """

    size_px: int
    corners: np.ndarray
    weights: np.ndarray
    pixels: np.ndarray
    openings: tuple[Opening, ...] = ()
    points: tuple[tuple[np.ndarray, np.ndarray], ...] = field(default=())


def observed_in(
    model: FaceModel, mask: np.ndarray, correspondence: np.ndarray, classes: np.ndarray | None = None
) -> Observed | None:
    """The matches of an image's maps, sub-sampled evenly; None where too little of a face is seen.

    Args:
        mask: (S, S) bool. correspondence: (S, S, 3). classes: (S, S) uint8 codes of CLASSES that a parser gave. Without
            them holes of the mask tell how far the mouth is open, and nothing tells it of the eyes.
    """
    size = len(mask)
    rim = max(1, round(RIM_SHARE * size))
    inside = cv2.erode(mask.astype(np.uint8), np.ones((2 * rim + 1,) * 2, np.uint8), borderValue=0) > 0
    row, column = np.nonzero(inside & np.isfinite(correspondence).all(-1))
    if len(row) < FEWEST_PX:
        return None
    step = max(1, len(row) // MOST_MATCHES)
    row, column = row[::step], column[::step]
    low, high = model.canonical_box_mm.double().numpy()
    vertices, triangles, tree = canonical_face(model)
    found = closest_points(low + correspondence[row, column] * (high - low), vertices, triangles, 4, tree)
    near = found.distance < FAR_MM
    if classes is not None:
        near &= agreeing(model, triangles[found.triangle], classes[row, column])
    if near.sum() < FEWEST_PX / 4:
        return None
    pixels = np.column_stack([column, row])[near] + 0.5
    openings = tuple(openings_in(model, mask, classes))
    return Observed(size, triangles[found.triangle[near]], found.barycentric[near], pixels, openings)


def agreeing(model: FaceModel, corners: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """(m,) bool: matches that the parser's classes (m,) do not gainsay about the mouth.

    A correspondence that takes teeth for lips would hold an open mouth shut.
    """
    lips = (model.region.numpy()[corners] == REGIONS.index("lips")).any(1)
    inside = np.isin(classes, [CLASSES.index(name) for name in MOUTH])
    return ~inside & (lips == (classes == CLASSES.index("lips")))


@lru_cache(maxsize=2)
def canonical_face(model: FaceModel) -> tuple[np.ndarray, np.ndarray, KDTree]:
    """The skin of the face region on the canonical face: vertices (n, 3) mm, triangles (f, 3), tree of their centroids.

    Without eyeballs: they turn, and a linear model does not.
    """
    low, high = model.canonical_box_mm.double().numpy()
    vertices = low + model.canonical.double().numpy() * (high - low)
    triangles = model.triangles.numpy().astype(np.int64)
    skin = model.face.numpy() & (model.region.numpy()[triangles] != REGIONS.index("eyes")).all(1)
    return vertices, triangles[skin], KDTree(vertices[triangles[skin]].mean(1))


def openings_in(model: FaceModel, mask: np.ndarray, classes: np.ndarray | None) -> Iterator[Opening]:
    """Mouth and eyes, of a parser's `classes`, or the mouth alone, of the mask's holes."""
    upper, lower = (model.landmarks.numpy()[list(ids)] for ids in (UPPER_LIP, LOWER_LIP))
    if classes is None:
        yield Opening(upper, lower, holes_of(mask))
        return
    yield Opening(upper, lower, np.isin(classes, [CLASSES.index(name) for name in MOUTH]))
    eyes = classes == CLASSES.index("eyes")
    for side in (0, 1):
        yield Opening(*lids(model, side), eyes)


@lru_cache(maxsize=4)
def lids(model: FaceModel, side: int) -> tuple[np.ndarray, np.ndarray]:
    """`lid_edges`, kept."""
    return lid_edges(model, side)


def holes_of(mask: np.ndarray) -> np.ndarray:
    """(S, S) bool: what is not in the mask and cut off from the image's border."""
    count, parts = cv2.connectedComponents(1 - np.pad(mask, 1).astype(np.uint8), connectivity=4)
    return (parts != parts[0, 0])[1:-1, 1:-1] & ~mask if count > 1 else np.zeros_like(mask)
