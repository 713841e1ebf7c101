"""Where a face is in an image, from the maps of a network: its pose, its scale, its eyes. All in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recon.faces.model import FaceModel
from recon.geometry.similarity import Similarity, fit_similarity

LEFT_EYE, RIGHT_EYE = range(36, 42), range(42, 48)  # of the 68, as seen in the image
NEAR_MM = 6.0  # a place is read off the surface within about this distance on the canonical face
FEWEST_PX = 200


@dataclass(frozen=True)
class Seen:
    """The pixels of a face, p of them, a little inside of its mask, where maps are soft.

    Attributes:
        inside: (S, S) bool, which pixels.
        places: (p, 3) mm on the default model, from the correspondence.
        spots: (p, 3) mm in space; x and y as their pixels say, for where a pixel is in the image we know better.
        pixels: (p, 2) right and down, centres at +0.5.
        px_per_mm: the scale that positions and pixels agree on.
        pose: the similarity that brings the default model's places onto the spots.
    """

    inside: np.ndarray
    places: np.ndarray
    spots: np.ndarray
    pixels: np.ndarray
    px_per_mm: float
    pose: Similarity


def canonical_mm(model: FaceModel) -> np.ndarray:
    """(n, 3) float64 mm: the places of a model's vertices on the default model."""
    low, high = model.canonical_box_mm.double().numpy()
    return low + model.canonical.double().numpy() * (high - low)


def seen_face(mask: np.ndarray, position_mm: np.ndarray, correspondence: np.ndarray, box_mm: np.ndarray) -> Seen | None:
    """None where too little of a face is seen.

    Args:
        mask: (S, S) bool. position_mm, correspondence: (3, S, S), as `FaceGeometry` has them.
        box_mm: (2, 3) low and high corner of the canonical box.
    """
    inside = mask & _moved_in(mask)
    if inside.sum() < FEWEST_PX:
        return None
    low, high = np.asarray(box_mm, np.float64)
    places = low + correspondence[:, inside].T.astype(np.float64) * (high - low)
    pixels = np.argwhere(inside)[:, ::-1] + 0.5
    spots, px_per_mm = _on_the_rays(position_mm[:, inside].T.astype(np.float64), pixels)
    return Seen(inside, places, spots, pixels, px_per_mm, fit_similarity(places, spots))


def eyes_in(seen: Seen, goals_mm: np.ndarray) -> tuple[np.ndarray, float]:
    """The image place (2,) px between the eyeballs and the eye distance in px that a frontal view would show.

    goals_mm: (2, 3) the middles of the two eyes on the default model; NaN where they are not seen.
    """
    eyes = read_off(seen.places, np.column_stack([seen.spots, seen.pixels]), goals_mm)
    apart = float(np.linalg.norm(eyes[1, :3] - eyes[0, :3]))
    # The lids lie before the eyeballs' centres.
    before = seen.pose.scale * (seen.pose.rotation @ goals_mm.mean(0))
    return eyes[:, 3:].mean(0) - seen.px_per_mm * before[:2] * (1, -1), seen.px_per_mm * apart


def eyes_by_pose(seen: Seen, goals_mm: np.ndarray) -> tuple[np.ndarray, float]:
    """As `eyes_in`, by the pose of the whole face: rougher, and known also where glasses or hair hide the eyes."""
    left, right = seen.pose(goals_mm)
    centre = seen.pixels.mean(0)
    middle = centre + seen.px_per_mm * ((left + right) / 2)[:2] * (1, -1)
    return middle, seen.px_per_mm * float(np.linalg.norm(right - left))


def read_off(places: np.ndarray, values: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """Values (p, c) known at canonical places (p, 3) mm, read at goals (k, 3) by local linear fits: (k, c).

    NaN where the image does not show the surroundings of a goal.
    """
    found = np.full((len(goals), values.shape[1]), np.nan)
    for row, goal in enumerate(goals):
        away = places - goal
        near = (distance := (away**2).sum(1)) < (3 * NEAR_MM) ** 2
        if near.sum() < 8 or distance.min() > NEAR_MM**2:
            continue
        weight = np.exp(-0.5 * distance[near] / NEAR_MM**2)
        design = np.column_stack([np.ones(near.sum()), away[near] / NEAR_MM])
        moments = design.T @ (weight[:, None] * design)
        moments[1:, 1:] += 1e-2 * weight.sum() * np.eye(3)  # the surface says nothing of what lies across it
        found[row] = np.linalg.solve(moments, design.T @ (weight[:, None] * values[near]))[0]
    return found


def _moved_in(mask: np.ndarray) -> np.ndarray:
    """Pixels whose four neighbours are in the mask too."""
    padded = np.pad(mask, 1)
    return padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]


def _on_the_rays(spots: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """Positions (p, 3) mm with x and y as their pixels (p, 2) say, and the pixels per mm that the two agree on."""
    flat, seen = (spots - spots.mean(0))[:, :2] * (1, -1), pixels - pixels.mean(0)
    px_per_mm = float((flat * seen).sum() / (flat**2).sum())
    return np.column_stack([seen * (1, -1) / px_per_mm, spots[:, 2]]), px_per_mm
