"""Codes as a mesh, as landmarks and as maps of the image."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import Tensor

from recon.faces import load
from recon.faces.model import NASION, FaceModel
from recon.methods.base import FaceGeometry, FaceLandmarks, FaceLook, FaceMesh
from recon.methods.deca.codes import Codes
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.face import face_of
from recon.methods.mesh_maps import rasterised, visibility
from recon.render.differentiable.camera import UNIT_MM
from recon.render.differentiable.light import HARMONICS


@dataclass(frozen=True)
class DecaGeometry(FaceGeometry):
    """What DECA answers: the mesh and all that follows from it, and the codes that made it.

    places_px: (B, n, 3) px of the image: `mesh.pixels` and, in the same unit, depth toward the viewer.
    """

    codes: Codes = field(kw_only=True)
    places_px: Tensor = field(kw_only=True)

    @property
    def at_rest_mm(self) -> Tensor:
        """As `FaceGeometry` says: the mean and the shape codes' modes."""
        assert self.mesh is not None
        model, shape = load(self.mesh.topology), self.codes.shape
        modes = model.identity_basis[: shape.shape[1]].to(shape)
        return model.mean.to(shape) + torch.tensordot(shape, modes, 1)


def geometry_of(codes: Codes, config: DecaConfig, side: int) -> DecaGeometry:
    """The whole head of the codes, its landmarks, and maps (B, ., side, side) of the face region.

    The rays are parallel. Places in mm are the face model's own, whose shape codes hold a person's size; from one image
    it is a guess of the model's, so the answer is good up to a scale. Mesh and landmarks are differentiable, the maps
    and the landmarks' visibility carry no gradient.
    """
    face = face_of(config, codes.shape.device, whole=True)
    model = face.model
    vertices = face.vertices_mm(codes)
    places = face.pixels(vertices, codes, side)
    mm = vertices - vertices[:, model.landmarks[NASION], None]
    mesh = FaceMesh(mm, places[..., :2], model.triangles, config.model)
    seen = places[:, model.landmarks, :2]
    with torch.no_grad():
        shown, of_face = _shown(load(config.model))
        maps, depth = rasterised(mesh, shown, of_face, model.canonical, side)
        visible = visibility(seen, mm[:, model.landmarks, 2], depth)
    marks = FaceLandmarks(seen, visible)
    look = FaceLook(face.albedo(codes), codes.light.unflatten(1, (HARMONICS, 3)))
    return DecaGeometry(maps, mesh, marks, "scale", look, codes=codes, places_px=places)


def mm_per_px(codes: Codes, side: int) -> Tensor:
    """(B,) what a pixel of an image of `side` px is on the face."""
    return 2 * UNIT_MM / (codes.camera[:, 0] * side)


@lru_cache(maxsize=4)
def _shown(model: FaceModel) -> tuple[Tensor, Tensor]:
    """All of the model's triangles, int32, and which of them are the face region's."""
    return model.triangles.int().contiguous(), model.face
