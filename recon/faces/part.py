"""A face model cut down to some of its vertices, and on another device: what a loss renders costs no more than that."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor

from recon.faces.articulation import Articulation
from recon.faces.model import FaceModel
from recon.faces.surface_landmarks import SurfaceLandmarks


def part_of(model: FaceModel, kept: Tensor) -> FaceModel:
    """The model of the vertices in `kept` (n,) bool and of those that any of them depends on: the eyeballs', the
    landmarks and what the joints are told by. Shapes, expressions and poses move them as in the whole model."""
    kept = kept.clone()
    kept[model.landmarks] = True
    kept[model.over_brows] = True
    joints, marks = model.articulation, model.surface_landmarks
    for eye in model.eyeballs:
        kept[eye.vertices] = True
    if joints is not None:
        kept |= (joints.regressor != 0).any(0)
    for corners in () if marks is None else (marks.corners, marks.outline_corners):
        if corners is not None:
            kept[corners] = True
    number = kept.cumsum(0) - 1
    inside = kept[model.triangles.long()].all(1)
    return replace(
        model,
        mean=model.mean[kept],
        identity_basis=model.identity_basis[:, kept].contiguous(),
        expression_basis=model.expression_basis[:, kept].contiguous(),
        triangles=number[model.triangles[inside].long()].int(),
        uv=model.uv[kept],
        landmarks=number[model.landmarks],
        region=model.region[kept],
        face=model.face[inside],
        canonical=model.canonical[kept],
        eyeballs=tuple(replace(eye, vertices=number[eye.vertices]) for eye in model.eyeballs),
        articulation=None if joints is None else _joints(joints, kept),
        surface_landmarks=None if marks is None else _marks(marks, number),
        brow_ridge=None if model.brow_ridge is None else number[model.brow_ridge],
    )


def _joints(joints: Articulation, kept: Tensor) -> Articulation:
    correctives = None if joints.correctives is None else joints.correctives[:, kept].contiguous()
    return replace(joints, regressor=joints.regressor[:, kept], weights=joints.weights[kept], correctives=correctives)


def _marks(marks: SurfaceLandmarks, number: Tensor) -> SurfaceLandmarks:
    outline = None if marks.outline_corners is None else number[marks.outline_corners]
    return replace(marks, corners=number[marks.corners], outline_corners=outline)


def on_device(value: Any, device: torch.device) -> Any:
    """A dataclass of tensors, such as a face model with all that it holds, on a device."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, tuple):
        return tuple(on_device(one, device) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: on_device(getattr(value, one.name), device) for one in fields(value)})
    return value
