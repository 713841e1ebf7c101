"""VRN's measure on views of scans (Jackson et al. 2017, section 4): what its two protocols share.

Each scan is rendered from known poses in drawn lights. The error is the mean distance of the scan's points within 90 mm
of its nose tip, seen or not, from the found mesh's, paired by closest points, over the outer interocular distance in
3D. Places are those in the image: nothing is aligned but depth's unknown shift, by the mean of the pairs. The mean face
at the true pose is scored beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.spatial import KDTree

from recon.evaluate.answers import in_image, mesh_of, settled_depth
from recon.evaluate.metrics.depth import fit_scale_and_shift
from recon.evaluate.metrics.nme import closest_pairs, nme
from recon.evaluate.networks import predict_images
from recon.evaluate.results import Measure
from recon.evaluate.self_grade import GradedHead
from recon.evaluate.sitting import NOSE_REACH_MM, Light, Placed, Sitting, eyes_apart
from recon.methods.base import Ambiguity, Reconstructor
from recon.synthesis.pose import head_rotation

MEASURES = {
    "nme": Measure("network", "% of the outer interocular distance"),
    "nme_aligned": Measure("rigidly aligned", "%"),
    "mean_face": Measure("mean face at the true pose", "%"),
    "mean_face_aligned": Measure("rigidly aligned mean face", "%"),
}
NOT_FOUND = 100.0  # per cent, the error of a view in which no face is found
AMBIENT, DIRECTED, TINT = (0.35, 0.6), (0.5, 0.9), 0.15  # of drawn lights; colours differ by up to so much
CURVE_PERCENT = 20.0


@dataclass(frozen=True)
class Shown:
    """One view: rgb (S, S, 3) uint8; true (k, 3) and mean (m, 3) places in the image; eyes_px, the 3D unit."""

    yaw_deg: float
    pitch_deg: float
    rgb: np.ndarray
    true: np.ndarray
    mean: np.ndarray
    eyes_px: float


def show(
    sitting: Sitting, poses: Sequence[tuple[float, float]], points: int, rng: np.random.Generator
) -> Iterator[Shown]:
    """Views of a scan at (yaw, pitch) degrees, each in a light of its own. points: of the scan, at most."""
    at_rest = sitting.at_rest
    near = np.flatnonzero(np.linalg.norm(at_rest.vertices - at_rest.nose, axis=1) < NOSE_REACH_MM)
    near = near[:: -(-len(near) // points)]
    face = np.unique(sitting.model.triangles.numpy()[sitting.model.face.numpy()])
    for yaw_deg, pitch_deg in poses:
        placed = sitting.placed(head_rotation(yaw_deg, pitch_deg, 0.0).astype(np.float64))
        rgb = sitting.picture(placed, drawn_light(rng))
        places, mean, eyes_px = _in_image(sitting, placed, near, face)
        yield Shown(yaw_deg, pitch_deg, rgb, places, mean, eyes_px)


def drawn_light(rng: np.random.Generator) -> Light:
    """From the front half, of any side, a little coloured."""
    toward = rng.normal(size=3) * (1.0, 0.6, 0.0) + (0.0, 0.2, 0.8)
    red, green, blue = (rng.uniform(*DIRECTED) * (1 + TINT * rng.uniform(-1, 1, 3))).tolist()
    x, y, z = toward.tolist()
    return Light((x, y, z), float(rng.uniform(*AMBIENT)), (red, green, blue))


def score(network: Reconstructor, shown: Sequence[Shown]) -> list[dict[str, Any]]:
    """Yaw, pitch, whether a face was found and the measures of MEASURES of each view."""
    geometry = predict_images(network, np.stack([view.rgb for view in shown]))
    values = []
    for i, view in enumerate(shown):
        mesh = mesh_of(geometry, i)
        own = (NOT_FOUND, NOT_FOUND)
        if mesh is not None:
            own = errors(mesh.in_image[mesh.face], view.true, view.eyes_px, geometry.ambiguity)
        yardstick = errors(view.mean, view.true, view.eyes_px, "scale")
        values.append(
            {
                "yaw_deg": view.yaw_deg,
                "pitch_deg": view.pitch_deg,
                "found": mesh is not None,
                **dict(zip(MEASURES, (*own, *yardstick), strict=True)),
            }
        )
    return values


def errors(found: np.ndarray, true: np.ndarray, unit: float, ambiguity: Ambiguity) -> tuple[float, float]:
    """Per cent of the unit, as they lie and rigidly aligned; places in the image (m, 3) and (k, 3) without pairs."""
    laid = laid_in_depth(found, true, ambiguity)
    which, aligned = closest_pairs(laid, true, unit)
    paired = laid[which]
    as_lies = nme(settled_depth(paired, true, "scale"), true, unit)
    return 100 * as_lies, 100 * nme(aligned(paired), true, unit)


def laid_in_depth(found: np.ndarray, true: np.ndarray, ambiguity: Ambiguity) -> np.ndarray:
    """`found` with the shift of depth that its method can't know, and the scale where it is "affine".

    Of the pairs that are nearest in the image, by RANSAC or the median: good enough to begin with.
    """
    nearest = np.asarray(KDTree(found[:, :2]).query(true[:, :2])[1])
    if ambiguity == "affine":
        scale, shift = fit_scale_and_shift(found[nearest, 2], true[:, 2])
    else:
        scale, shift = 1.0, float(np.median(true[:, 2] - found[nearest, 2]))
    return np.column_stack([found[:, :2], scale * found[:, 2] + shift])


def graded_figure(head: GradedHead) -> float:
    """The figure, on a head seen from the front by parallel rays."""
    return errors(head.found, head.true[head.some], eyes_apart(head.true[head.landmarks]), "scale")[0]


def _in_image(
    sitting: Sitting, placed: Placed, near: np.ndarray, face: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """The scan's near points, the mean face's, and how far apart the eyes are, all in one scale."""
    parts = [placed.vertices[near], placed.mean[face], placed.landmarks[[36, 45]]]
    together = np.concatenate(parts)
    pixels = sitting.camera.project(torch.from_numpy(together)).numpy()
    places = in_image(together, pixels)
    true, mean, eyes = np.split(places, np.cumsum([len(part) for part in parts])[:-1])
    return true, mean, float(np.linalg.norm(eyes[1] - eyes[0]))
