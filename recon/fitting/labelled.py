"""A fitted face as a record: the photo's crop with labels that the exact rasteriser draws of the fitted mesh.

What hides the face in the photo is no part of the mesh: where the network's visible mask disagrees, `mask` and the
maps that belong to it are empty and `amodal_mask` and its maps are not. Beyond the face nothing was measured: places
and normals are NaN there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import NASION, REGIONS, FaceModel
from recon.faces.parsing import REGION_OF_CLASS
from recon.fitting.model_fit import Fit
from recon.geometry.cameras import Camera
from recon.render.labels import label_maps
from recon.render.scenery import scenery_of, seen_by
from recon.synthesis.labels import landmark_labels, map_labels
from recon.synthesis.quantize import snap_places
from recon.synthesis.record import Record

OF_FACE = ("skin", "lips", "brows", "eyes")  # regions whose pixels the mesh says better than a parser


@dataclass(frozen=True)
class Drawn:
    """The label maps of a fitted face, nothing hidden.

    Attributes:
        labels: fields of `Record`. vertices: (n, 3) float32 mm and origin: (3,), the nasion, camera frame.
    """

    labels: dict[str, np.ndarray]
    vertices: Tensor
    origin: Tensor
    camera: Camera


def posed(model: FaceModel, fit: Fit) -> Tensor:
    """(n, 3) float32 mm: the fitted mesh in the camera's frame."""
    shape = model.vertices(torch.from_numpy(fit.identity).float(), torch.from_numpy(fit.expression).float())
    return shape @ torch.from_numpy(fit.rotation).float().T + torch.from_numpy(fit.translation).float()


def drawn(model: FaceModel, fit: Fit, size: int) -> Drawn:
    """What the rasteriser sees of a fitted face at `size` pixels a side."""
    camera, vertices = fit.camera.scaled(size / fit.camera.size_px), posed(model, fit)
    scenery = scenery_of(model, vertices, (), torch.eye(3), torch.zeros(3))
    seen, origin = seen_by(camera, scenery, 1), vertices[model.landmarks[NASION]]
    places = vertices - origin
    maps = label_maps(model, scenery, seen.labelled, seen.points_px, places)
    labels = map_labels(maps, None, None) | landmark_labels(model, scenery, seen, places)
    return Drawn(labels, vertices, origin, camera)


def record_of(
    model: FaceModel,
    fit: Fit,
    face: Drawn,
    rgb: np.ndarray,
    visible: np.ndarray,
    classes: np.ndarray | None,
    number: int,
    scene: dict[str, Any],
) -> Record:
    """The record of a photo's crop.

    Args:
        rgb: (S, S, 3) uint8. visible: (S, S) bool, where nothing hides the face. classes: (S, S) uint8 of a parser, for
            `region` beyond the mesh; None: background there. number: the record's index. scene: what else is known.
    """
    labels = dict(face.labels)
    mask = labels["mask"] & visible
    opening = labels["region"].copy()
    inner = np.isin(opening, [REGIONS.index("mouth_inside"), REGIONS.index("teeth")]) & visible
    measured = mask | inner
    for name in ("position_mm", "normals", "fine_normals"):
        labels[name] = np.where(measured[..., None], labels[name], np.float32(np.nan))
    for name in ("correspondence", "uv"):
        labels[name] = np.where(mask[..., None], labels[name], np.float32(np.nan))
    beyond = np.zeros(mask.shape, np.uint8) if classes is None else REGION_OF_CLASS[classes]
    marks = labels["landmarks_px"]
    column, row = (np.clip(marks[:, axis].astype(int), 0, len(mask) - 1) for axis in (0, 1))
    hidden = labels["amodal_mask"] & ~visible
    labels |= {
        "mask": mask,
        "region": np.where(measured, opening, beyond),
        "landmarks_visible": labels["landmarks_visible"] & ~hidden[row, column],
    }
    return Record(
        seed=0,
        index=number,
        model=model.name,
        rgb=rgb,
        **labels,
        vertices_mm=snap_places((face.vertices - face.origin).numpy()),
        identity=fit.identity.astype(np.float32),
        expression=fit.expression.astype(np.float32),
        rotation=fit.rotation.astype(np.float32),
        translation_mm=fit.translation.astype(np.float32),
        focal_px=float(face.camera.focal_px),
        centre_px=np.array(face.camera.centre_px, np.float32),
        origin_mm=face.origin.numpy(),
        scene=json.dumps(scene, sort_keys=True),
    )
