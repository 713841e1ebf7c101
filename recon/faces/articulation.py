"""Joints of a head: linear blend skinning, as SMPL (Loper et al. 2015, section 3) and FLAME (Li et al. 2017) do it.

A head has five: the root, neck, jaw and both eyes. A pose is an axis-angle a joint, in the frame of its parent, in
radians: about +x the jaw opens and a head nods forward.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

JOINTS = ("root", "neck", "jaw", "left_eye", "right_eye")
ROOT, NECK, JAW, LEFT_EYE, RIGHT_EYE = range(5)
PARENTS = (-1, ROOT, NECK, NECK, NECK)
SMALL_RAD = 1e-8


@dataclass(frozen=True, eq=False)
class Articulation:
    """How a mesh of n vertices follows j joints.

    Attributes:
        regressor: (j, n) float32, and offset_mm: (j, 3): a joint's place is `regressor @ shape + offset_mm`.
        weights: (n, j) float32, from 0 to 1; a vertex's sum to 1.
        correctives: (9 (j - 1), n, 3) float32 mm, what the entries of R - I of the joints but the root add, row by row.
        turned_by: (e, j, 3) float32 rad, the axis-angle that an expression's coefficient of one adds; None: none does.
        parents: of each joint, parents first; -1 for the root.
    """

    regressor: Tensor
    offset_mm: Tensor
    weights: Tensor
    correctives: Tensor | None = None
    turned_by: Tensor | None = None
    parents: tuple[int, ...] = PARENTS

    def joints(self, shape: Tensor) -> Tensor:
        """(..., j, 3) mm: the joints of shapes (..., n, 3)."""
        return self.regressor @ shape + self.offset_mm

    def posed(self, shape: Tensor, rotations: Tensor) -> Tensor:
        """(..., n, 3) mm: shapes at rest (..., n, 3) with their joints turned by rotations (..., j, 3, 3)."""
        joints = self.joints(shape)
        if self.correctives is not None:
            off = (rotations[..., 1:, :, :] - torch.eye(3, dtype=rotations.dtype, device=rotations.device)).flatten(-3)
            shape = shape + torch.tensordot(off, self.correctives, 1)
        turns, moves = [rotations[..., 0, :, :]], [joints[..., 0, :]]  # of each joint's frame, and its place
        for joint, parent in enumerate(self.parents[1:], start=1):
            bone = joints[..., joint, :] - joints[..., parent, :]
            moves.append((turns[parent] @ bone[..., None])[..., 0] + moves[parent])
            turns.append(turns[parent] @ rotations[..., joint, :, :])
        turn, move = torch.stack(turns, -3), torch.stack(moves, -2)
        shift = move - (turn @ joints[..., None])[..., 0]
        blend_turn = torch.einsum("nj,...jab->...nab", self.weights, turn)
        return (blend_turn @ shape[..., None])[..., 0] + self.weights @ shift


def rotation_matrices(axis_angle: Tensor) -> Tensor:
    """(..., 3, 3): Rodrigues' formula for axis-angles (..., 3) rad; differentiable at rest too."""
    angle = (axis_angle.square().sum(-1, keepdim=True) + SMALL_RAD**2).sqrt()
    x, y, z = (axis_angle / angle).unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    sine, cosine = angle.sin()[..., None], angle.cos()[..., None]
    return (
        torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device) + sine * cross + (1 - cosine) * (cross @ cross)
    )
