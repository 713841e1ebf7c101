"""A record's mesh in the image's own unit, in which UV position maps and volumes are told."""

from __future__ import annotations

import numpy as np

from recon.errors import UserError
from recon.faces import load
from recon.faces.model import FaceModel
from recon.synthesis.record import Record

CAMERA = ("vertices_mm", "origin_mm", "focal_px", "centre_px")
"""The fields of a record that `vertices_px` reads."""


def vertices_px(record: Record) -> np.ndarray:
    """(n, 3) float64 px: where the camera sees each vertex, u rightward and v downward, pixel centres at +0.5; and its
    depth, toward the viewer, 0 at the nasion, in pixels of the nasion's distance: z_mm * focal_px / distance_mm.

    So near the face all three axes have one scale, and a similarity of the image moves all three alike.
    """
    relative = record.vertices_mm.astype(np.float64)
    place = relative + record.origin_mm
    u = record.centre_px[0] - record.focal_px * place[:, 0] / place[:, 2]
    v = record.centre_px[1] + record.focal_px * place[:, 1] / place[:, 2]
    return np.column_stack([u, v, relative[:, 2] * (record.focal_px / -float(record.origin_mm[2]))])


def model_of(record: Record, name: str) -> FaceModel:
    """The face model `name`, such as "default" or "ict:DIR", whose mesh the record holds.

    Raises:
        UserError: the record shows another model.
    """
    model = load(name)
    if record.model != model.name or len(record.vertices_mm) != len(model.mean):
        raise UserError(
            f"a record of the face model '{record.model}' can't be learnt as one of '{name}': name its model"
        )
    return model
