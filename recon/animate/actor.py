"""A person as a mesh that any expression moves: shape, texture and relief of a photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from recon.detail.config import DetailConfig
from recon.detail.relief import Detail, add_detail
from recon.faces.articulation import JAW
from recon.faces.model import REGIONS, FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.surfaces import vertex_normals
from recon.reconstruction.face_part import face_part
from recon.reconstruction.texture import colours_at, texture_of

INSIDE_SHADE = 0.3  # of the colour of the lips' edge, which the lining of the mouth takes
TEXTURE_PX = 1024
LEAST_EDGE_MM = 0.9  # of the fine mesh, about: a target holds every vertex

Relief = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(expression (e,), jaw (3,) rad) -> (m,) mm along the normals of the fine mesh."""


@dataclass(frozen=True)
class Pose:
    """What moves: expression (e,), the model's coefficients; jaw (3,) rad, axis-angle; rotation (3, 3) of the head."""

    expression: np.ndarray
    jaw: np.ndarray
    rotation: np.ndarray


@dataclass(frozen=True, eq=False)
class Actor:
    """A person of a photo; m vertices of the fine mesh.

    Attributes:
        model: the face model. identity: (k,). pose: as photographed.
        parents: (m, p) sparse, the fine vertices from those of the model's face part. triangles: (f, 3) int32.
        uv: (m, 2). texture: (T, T, 3) uint8. shade: (m,), what the texture's colour is multiplied with.
        relief: what displaces the fine mesh. edge_mm: of the fine mesh, about.
        photo: (S, S, 3) uint8, the crop. doubts: why it is not to be relied on; empty where it is.
    """

    model: FaceModel
    identity: np.ndarray
    pose: Pose
    parents: Any
    triangles: np.ndarray
    uv: np.ndarray
    texture: np.ndarray
    shade: np.ndarray
    relief: Relief
    edge_mm: float
    photo: np.ndarray
    doubts: tuple[str, ...]

    def mesh(self, pose: Pose) -> np.ndarray:
        """(m, 3) float64 mm: the fine mesh in the head's own frame, unturned."""
        smooth = self.parents @ shape_of(self.model, self.identity, pose)[face_part(self.model).vertices]
        normals = vertex_normals(torch.from_numpy(smooth), torch.from_numpy(self.triangles)).numpy()
        return smooth + self.relief(pose.expression, pose.jaw)[:, None] * normals

    def colours(self) -> np.ndarray:
        """(m, 3) in [0, 1], sRGB."""
        return colours_at(self.texture, self.uv) * self.shade[:, None]

    def with_relief_of(self, other: Actor) -> Actor:
        """The same person with another's relief.

        Raises:
            ValueError: the other's fine mesh is another one.
        """
        if not np.array_equal(self.triangles, other.triangles):
            raise ValueError("the two have meshes of different fineness")
        return replace(self, relief=other.relief)


def shape_of(model: FaceModel, identity: np.ndarray, pose: Pose) -> np.ndarray:
    """(n, 3) float64 mm of the model's vertices, unturned."""
    turns = None
    if model.articulation is not None:
        turns = torch.zeros(len(model.articulation.parents), 3)
        turns[JAW] = torch.from_numpy(pose.jaw).float()
    who, expression = torch.from_numpy(identity).float(), torch.from_numpy(pose.expression).float()
    return model.vertices(who, expression, turns).double().numpy()


def actor_from(
    model: FaceModel,
    identity: np.ndarray,
    pose: Pose,
    translation: np.ndarray,
    camera: Camera,
    photo: np.ndarray,
    doubts: tuple[str, ...] = (),
    edge_mm: float = 0.0,
    over: np.ndarray | None = None,
) -> Actor:
    """The actor of a face model that lies on a photo, with the relief that the photo's shading shows, which stays
    whatever the expression.

    Args:
        translation: (3,) mm: camera place = rotation @ model place + this. camera: of photo (S, S, 3) uint8.
        edge_mm: coarsest edges wanted of the fine mesh; the photo's pixels are the finest.
        over: (S, S) float32 in [0, 1], how far something lies over the face; None: nothing does.
    """
    part = face_part(model)
    placed = (shape_of(model, identity, pose) @ pose.rotation.T + translation)[part.vertices]
    pixel_mm = float(np.median(-placed[:, 2])) / camera.focal_px
    edge_mm = max(edge_mm, pixel_mm, LEAST_EDGE_MM)
    settings = replace(DetailConfig(), edge_mm=edge_mm)
    fine = add_detail(placed, part.triangles, photo / np.float32(255), camera, settings, part.relief_on, over)
    outside = np.repeat(part.outside, len(fine.triangles) // len(part.triangles))
    uv = fine.carry(part.uv)
    texture, _ = texture_of(fine.smooth, fine.triangles[outside], uv, fine.seen, photo, camera, TEXTURE_PX, over)
    lining = (model.region.numpy()[part.vertices] == REGIONS.index("mouth_inside")).astype(float)
    shade = 1 - (1 - INSIDE_SHADE) * fine.carry(lining[:, None])[:, 0]
    return Actor(
        model, identity, pose, fine.parents, fine.triangles, uv, texture, shade, still(fine), edge_mm, photo, doubts
    )


def still(fine: Detail) -> Relief:
    """The relief as it was photographed."""
    return lambda expression, jaw: fine.displacement_mm
