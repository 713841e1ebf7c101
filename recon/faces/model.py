"""The one interface behind which every morphable face model sits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BODY_REGIONS = (
    "background",
    "skin",
    "lips",
    "brows",
    "eyes",
    "mouth_inside",
    "teeth",
    "ears",
    "scalp",
    "neck",
    "clothes",
)
PART_REGIONS = ("hair", "facial_hair", "glasses", "headwear", "object")
REGIONS = BODY_REGIONS + PART_REGIONS
"""What pixels show: a face model's own vertices have the first, what is laid over a head the others."""

NASION = 27  # landmark whose vertex is the origin of position and depth maps


@dataclass(frozen=True)
class Eyeball:
    """A rigid eyeball: its vertices turn about their centre instead of moving linearly.

    Attributes:
        vertices: (k,) int64 vertex ids.
        out, into, up, down: indices of the four look units in `FaceModel.expression_names`.
        outward: sign of x that is away from the nose, +1 for the model's left eye.
    """

    vertices: Tensor
    out: int
    into: int
    up: int
    down: int
    outward: float


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: what is computed for a model is kept with it
class FaceModel:
    """A linear face with labels; places in millimetres, x to the model's left, y up, z forward.

    Attributes:
        name: short name stored with every record.
        mean: (n, 3) float32, origin midway between the eyeballs.
        identity_basis: (k, n, 3) float32, mm for one standard deviation.
        expression_basis: (e, n, 3) float32, mm for a fully active unit.
        expression_names: e names.
        triangles: (f, 3) int32, counter-clockwise seen from outside.
        uv: (n, 2) float32 in [0, 1] on the face, NaN elsewhere.
        landmarks: (68,) int64 vertex ids, Multi-PIE order.
        region: (n,) uint8 index into REGIONS.
        face: (f,) bool, triangles of the one face region: forehead to chin, ear to ear, fronts of the eyeballs.
        canonical: (n, 3) float32, places in the default model's box, [0, 1] on the face region.
        canonical_box_mm: (2, 3) float32, low and high corner of that box.
        eyeballs: rigid eyeballs, empty where the model moves its eyes linearly.
    """

    name: str
    mean: Tensor
    identity_basis: Tensor
    expression_basis: Tensor
    expression_names: tuple[str, ...]
    triangles: Tensor
    uv: Tensor
    landmarks: Tensor
    region: Tensor
    face: Tensor
    canonical: Tensor
    canonical_box_mm: Tensor
    eyeballs: tuple[Eyeball, ...] = ()

    def vertices(self, identity: Tensor, expression: Tensor) -> Tensor:
        """Shape of one person with one expression.

        Args:
            identity: (k,) float32, standard deviations.
            expression: (e,) float32, activations, usually in [0, 1].

        Returns:
            (n, 3) float32 mm.
        """
        shape = self.mean + torch.tensordot(identity, self.identity_basis, 1)
        moved = shape + torch.tensordot(expression, self.expression_basis, 1)
        for eye in self.eyeballs:
            ball = shape[eye.vertices]
            centre = ball.mean(0)
            turn = gaze_rotation(eye, expression)
            moved = moved.index_copy(0, eye.vertices, (ball - centre) @ turn.T + centre)
        return moved


def gaze_rotation(eye: Eyeball, expression: Tensor) -> Tensor:
    """(3, 3) rotation of an eyeball; a fully active look unit turns it by 30 degrees (25 up or down)."""
    yaw = torch.deg2rad(30.0 * (expression[eye.out] - expression[eye.into])) * eye.outward
    pitch = torch.deg2rad(25.0 * (expression[eye.down] - expression[eye.up]))
    zero, one = torch.zeros_like(yaw), torch.ones_like(yaw)
    about_y = torch.stack([yaw.cos(), zero, yaw.sin(), zero, one, zero, -yaw.sin(), zero, yaw.cos()]).view(3, 3)
    about_x = torch.stack([one, zero, zero, zero, pitch.cos(), -pitch.sin(), zero, pitch.sin(), pitch.cos()]).view(3, 3)
    return about_y @ about_x
