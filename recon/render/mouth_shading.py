# pyright: reportGeneralTypeIssues=false
"""Pose a drawn mouth for the kernel that shades it."""

from __future__ import annotations

import warp as wp
from torch import Tensor

from recon.faces.model import FaceModel
from recon.faces.openings import lip_edges
from recon.people.appearance import Appearance
from recon.people.mouth.paint import Mouth, MouthLook
from recon.people.mouth.teeth import Teeth


def mouth_look(
    model: FaceModel,
    teeth: Teeth,
    shape: Tensor,
    rotation: Tensor,
    translation: Tensor,
    appearance: Appearance,
    mouth: Mouth | None,
) -> MouthLook:
    """Pose a head's mouth; shape: (n, 3) mm in the head's frame; rotation, translation: to the camera's."""
    look = MouthLook()
    if mouth is None:
        return look
    look.on = 1
    look.place = wp.from_torch(teeth.place, dtype=wp.vec4)
    look.lips = wp.from_numpy(lip_edges(shape, model.landmarks), dtype=wp.float32, device=str(shape.device))
    look.head = wp.mat33(*rotation.T.flatten().tolist())
    look.origin = wp.vec3(*translation.tolist())
    look.painted, look.front_mm, look.teeth = float(teeth.painted), teeth.front_mm, appearance.teeth
    for name in ("uneven", "tilt", "yellow", "gap", "crown_mm", "gums", "tongue", "depth_mm"):
        setattr(look, name, getattr(mouth, name))
    look.offset = wp.vec3(*mouth.offset)
    return look
