"""What DECA's encoder tells of an image: six kinds of codes."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache

import torch
from torch import Tensor

from recon.faces import load
from recon.faces.articulation import JAW, Articulation
from recon.faces.model import FaceModel
from recon.methods.deca.config import DecaConfig
from recon.render.differentiable.light import HARMONICS

CAMERA, LIGHT, TURN = 3, 3 * HARMONICS, 3
BY_POSE = ("jawOpen", "jawLeft", "jawRight")  # units that the jaw's rotation stands for
UNSEEN = ("tongueOut",)


@dataclass(frozen=True)
class Codes:
    """Of B images: shape (B, k) and texture (B, t), standard deviations; expression (B, e), coefficients of the face
    model's columns `expression_columns`; pose (B, 6) rad, axis-angles of head and jaw, or (B, 3) of a model without
    joints; camera (B, 3), see `recon.render.differentiable.camera`; light (B, 27), nine times r, g, b."""

    shape: Tensor
    texture: Tensor
    expression: Tensor
    pose: Tensor
    camera: Tensor
    light: Tensor

    @property
    def jaw(self) -> Tensor:
        """(B, 3) rad; (B, 0) of a model without joints."""
        return self.pose[:, TURN:]

    def rows(self, which: Tensor) -> Codes:
        """Those of images `which` (m,), int64."""
        return Codes(**{one.name: getattr(self, one.name)[which] for one in fields(self)})

    def with_shape_of(self, which: Tensor) -> Codes:
        """Each image's codes with the shape of image `which` (B,) int64."""
        return replace(self, shape=self.shape[which])


@lru_cache(maxsize=8)
def expression_columns(model: FaceModel) -> tuple[int, ...]:
    """The model's expression coefficients that codes tell: without those that turn a joint, the eyes or the tongue."""
    left_out = {column for eye in model.eyeballs for column in (eye.out, eye.into, eye.up, eye.down)}
    joints = model.articulation
    if joints is not None and joints.turned_by is not None:
        left_out |= set(joints.turned_by.flatten(1).any(1).nonzero()[:, 0].tolist())
    if model.expression_units is None:
        names = UNSEEN if joints is None else UNSEEN + BY_POSE
        left_out |= {column for column, name in enumerate(model.expression_names) if name in names}
    return tuple(column for column in range(len(model.expression_basis)) if column not in left_out)


def with_expressions(config: DecaConfig, codes: Codes, expression: Tensor) -> Codes:
    """Codes with other coefficients (B, e) of all of the model's expressions, whose units may turn the jaw; images
    where these are NaN keep their own."""
    model, known = load(config.model), expression.isfinite().all(1, keepdim=True)
    columns = list(expression_columns(model))[: codes.expression.shape[1]]
    told = replace(codes, expression=torch.where(known, expression[:, columns], codes.expression))
    joints = model.articulation
    if joints is None or joints.turned_by is None or not codes.jaw.shape[1]:
        return told
    jaw = expression @ joints.turned_by[:, JAW].to(expression)
    return replace(told, pose=torch.cat([codes.pose[:, :TURN], torch.where(known, jaw, codes.jaw)], 1))


def counts(config: DecaConfig, textures: int) -> dict[str, int]:
    """How many codes there are of each kind, in their order; textures: modes of the texture space."""
    model = load(config.model)
    return {
        "shape": min(config.shape, len(model.identity_basis)),
        "texture": min(config.texture, textures),
        "expression": min(config.expression, len(expression_columns(model))),
        "pose": TURN * (1 + isinstance(model.articulation, Articulation)),
        "camera": CAMERA,
        "light": LIGHT,
    }


def split(values: Tensor, counts: dict[str, int]) -> Codes:
    """(B, sum of counts) -> the codes."""
    return Codes(**dict(zip(counts, torch.split(values, list(counts.values()), 1), strict=True)))
