"""The one interface behind which every morphable face model sits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from recon.faces.articulation import Articulation, rotation_matrices
from recon.faces.surface_landmarks import SurfaceLandmarks

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

LOOKS = ("Out", "In", "Up", "Down")  # units of the gaze, eyeLookOutLeft and so on
BROW_MARKS = slice(17, 27)  # landmarks of both brows, from right to left
NASION = 27  # landmark whose vertex is the origin of position and depth maps


@dataclass(frozen=True)
class Eyeball:
    """A rigid eyeball: its vertices turn about their centre instead of moving linearly.

    Attributes:
        vertices: (k,) int64 vertex ids.
        out, into, up, down: places in an expression (e,) of the four units that turn it.
        outward: sign of x that is away from the nose, +1 for the model's left eye.
        joint: the joint of the model's articulation that turns it, where one does.
    """

    vertices: Tensor
    out: int
    into: int
    up: int
    down: int
    outward: float
    joint: int | None = None

    @classmethod
    def named(
        cls, vertices: Tensor, side: Literal["Left", "Right"], names: Sequence[str], joint: int | None = None
    ) -> Eyeball | None:
        """The eyeball that the look units of a side turn; None where `names` (e,), a unit a column, lack some of them.

        Args:
            vertices: (k,) int64 vertex ids.
            side: the model's own.
            joint: see the class.
        """
        units = [f"eyeLook{way}{side}" for way in LOOKS]
        if not set(units) <= set(names):
            return None
        return cls(vertices, *map(names.index, units), outward=1.0 if side == "Left" else -1.0, joint=joint)


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: what is computed for a model is kept with it
class FaceModel:
    """A linear face with labels; places in millimetres, x to the model's left, y up, z forward.

    Attributes:
        name: short name stored with every record.
        mean: (n, 3) float32, origin midway between the eyeballs.
        identity_basis: (k, n, 3) float32, mm for one standard deviation.
        expression_basis: (e, n, 3) float32, mm for a coefficient of one.
        expression_names: u facial action units that an expression is told in, spelt as jawOpen and mouthSmileLeft are.
            Without `expression_units` each is a coefficient of its own: u = e.
        triangles: (f, 3) int32, counter-clockwise seen from outside.
        uv: (n, 2) float32 in [0, 1] on the face, NaN elsewhere.
        landmarks: (68,) int64 vertex ids, Multi-PIE order.
        region: (n,) uint8 index into REGIONS.
        face: (f,) bool, triangles of the one face region: forehead to chin, ear to ear, fronts of the eyeballs.
        canonical: (n, 3) float32, places in the default model's box, [0, 1] on the face region.
        canonical_box_mm: (2, 3) float32, low and high corner of that box.
        eyeballs: rigid eyeballs, empty where the model moves its eyes linearly.
        expression_units: (u, e) float32, the coefficients of each unit fully active, for a model whose coefficients
            mean nothing one by one, such as principal components.
        articulation: the joints that a pose turns; None where the model has none.
        surface_landmarks: the 68 landmarks between vertices, where the model is published with such.
        brow_ridge: (10,) int64 vertex ids over the brows, as landmarks 17 to 26 run; None where these lie there.
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
    expression_units: Tensor | None = None
    articulation: Articulation | None = None
    surface_landmarks: SurfaceLandmarks | None = None
    brow_ridge: Tensor | None = None

    @property
    def over_brows(self) -> Tensor:
        """(10,) vertex ids over the brows, from which drawn brows hang."""
        return self.landmarks[BROW_MARKS] if self.brow_ridge is None else self.brow_ridge

    def vertices(self, identity: Tensor, expression: Tensor, pose: Tensor | None = None) -> Tensor:
        """Shape of one person with one expression.

        Args:
            identity: (k,) float32, standard deviations.
            expression: (e,) float32; where each is a unit's, usually in [0, 1].
            pose: (j, 3) float32 rad, axis-angles of the articulation's joints beside what the expression turns.

        Returns:
            (n, 3) float32 mm.
        Raises:
            ValueError: a pose of a model that has no joints.
        """
        shape = self.mean + torch.tensordot(identity, self.identity_basis, 1)
        moved = shape + torch.tensordot(expression, self.expression_basis, 1)
        for eye in self.eyeballs:
            if eye.joint is not None:
                continue
            ball = shape[eye.vertices]
            centre = ball.mean(0)
            turn = gaze_rotation(eye, expression)
            moved = moved.index_copy(0, eye.vertices, (ball - centre) @ turn.T + centre)
        turns = self._turns(expression, pose)
        return moved if turns is None or self.articulation is None else self.articulation.posed(moved, turns)

    def _turns(self, expression: Tensor, pose: Tensor | None) -> Tensor | None:
        """(j, 3, 3) the rotations of the joints; None where nothing turns one."""
        joints = self.articulation
        if joints is None:
            if pose is not None:
                raise ValueError(f"the face model '{self.name}' has no joints that a pose could turn")
            return None
        turning = [eye for eye in self.eyeballs if eye.joint is not None]
        if pose is None and joints.turned_by is None and not turning:
            return None
        vectors = joints.offset_mm.new_zeros(len(joints.parents), 3) if pose is None else pose
        if joints.turned_by is not None:
            vectors = vectors + torch.tensordot(expression, joints.turned_by, 1)
        turns = rotation_matrices(vectors)
        for eye in turning:
            turned = turns[eye.joint] @ gaze_rotation(eye, expression)
            turns = turns.index_copy(0, torch.tensor([eye.joint], device=turns.device), turned[None])
        return turns

    @property
    def textured(self) -> Tensor:
        """(f,) bool: the triangles of the face that have uv at all corners."""
        return self.face & ~self.uv[self.triangles.long()].isnan().any(2).any(1)

    def activations(self, expression: Tensor | np.ndarray) -> dict[str, float]:
        """How far each facial action unit is active in an expression (e,), 1 fully; those at rest are left out.

        Of coefficients that no units make exactly, the nearest that some do (least squares).
        """
        amounts = torch.as_tensor(expression)
        if self.expression_units is not None:
            amounts = amounts @ torch.linalg.pinv(self.expression_units)
        return {name: amount for name, amount in zip(self.expression_names, amounts.tolist(), strict=True) if amount}

    def coefficients(self, activations: Mapping[str, float]) -> Tensor:
        """The expression (e,) float32 in which these units are active and the others at rest.

        Raises:
            KeyError: the model has no unit of such a name.
        """
        place = {name: k for k, name in enumerate(self.expression_names)}
        amounts = torch.zeros(len(place), dtype=torch.float64)
        for name, amount in activations.items():
            amounts[place[name]] = float(amount)
        amounts = amounts.float()
        return amounts if self.expression_units is None else amounts @ self.expression_units


def gaze_rotation(eye: Eyeball, expression: Tensor) -> Tensor:
    """(3, 3) rotation of an eyeball; a fully active look unit turns it by 30 degrees (25 up or down)."""
    yaw = torch.deg2rad(30.0 * (expression[eye.out] - expression[eye.into])) * eye.outward
    pitch = torch.deg2rad(25.0 * (expression[eye.down] - expression[eye.up]))
    zero, one = torch.zeros_like(yaw), torch.ones_like(yaw)
    about_y = torch.stack([yaw.cos(), zero, yaw.sin(), zero, one, zero, -yaw.sin(), zero, yaw.cos()]).view(3, 3)
    about_x = torch.stack([one, zero, zero, zero, pitch.cos(), -pitch.sin(), zero, pitch.sin(), pitch.cos()]).view(3, 3)
    return about_y @ about_x
