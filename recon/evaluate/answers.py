"""What a reconstructor says of one image, in the form that a protocol asks for: 68 points, a mesh, or a depth map.

Each is taken from what the method gives, maps, mesh or landmarks; the other forms are worked out from these. Places in
the image are (u, v, depth): pixels right and down, centres at +0.5, and depth toward the viewer in pixels of the same
scale, known up to a shift.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from recon.errors import UserError
from recon.evaluate.metrics.depth import fit_scale_and_shift
from recon.evaluate.metrics.missed import FEWEST_COVERED, MASK_THRESHOLD
from recon.faces import load
from recon.faces.model import FaceModel
from recon.faces.registry import KINDS
from recon.geometry.rasterize import interpolate, rasterize
from recon.methods.base import Ambiguity, FaceGeometry
from recon.methods.places import located
from recon.reconstruction.camera import recover_camera
from recon.registration.map_mesh import map_to_mesh
from recon.registration.register import register

BEHIND_MM = 10.0  # how far the nearest vertex of a mesh is put from the camera to be drawn


@dataclass(frozen=True)
class PlacedMesh:
    """One image's mesh.

    vertices_mm (n, 3), in the method's frame; in_image (n, 3), see above; triangles (f, 3) of the face region, of all
    where that is not known; topology, and the (68,) ids of the landmarks where it is a known model's.
    """

    vertices_mm: np.ndarray
    in_image: np.ndarray
    triangles: np.ndarray
    topology: str
    landmarks: np.ndarray | None

    @property
    def face(self) -> np.ndarray:
        """(k,) ids of the vertices of the face region."""
        return np.unique(self.triangles)


def landmarks_of(geometry: FaceGeometry, i: int) -> np.ndarray | None:
    """The 68 points (68, 3) in image i; depth is NaN where the method says none. None: no face was found.

    Pixels are the method's own landmarks, or else its mesh's; of maps, each is where the predicted correspondence is
    nearest to the landmark's canonical place.

    Raises:
        UserError: the method gives nothing that says where landmarks are.
    """
    own, mesh = geometry.landmarks, None if geometry.mesh is None else mesh_of(geometry, i)
    points = None
    if mesh is not None and mesh.landmarks is not None:
        points = mesh.in_image[mesh.landmarks]
    elif geometry.maps is not None:
        points = _landmarks_of_maps(geometry, i, load("default"))
        if points is None:
            return None
    if own is not None:
        pixels = _numpy(own.pixels[i])
        return np.column_stack([pixels, np.full(len(pixels), np.nan) if points is None else points[:, 2]])
    if points is None:
        raise UserError("this network says nothing of where the 68 landmarks are: take another with --network")
    return points


def mesh_of(geometry: FaceGeometry, i: int) -> PlacedMesh | None:
    """The mesh of image i; of a method that gives maps, the default template registered to them. None: no face."""
    if geometry.mesh is None:
        return _registered(geometry, i, load("default"))
    mesh = geometry.mesh
    vertices, pixels, triangles = _numpy(mesh.vertices_mm[i]), _numpy(mesh.pixels[i]), mesh.triangles.cpu().numpy()
    if np.isnan(vertices).any():  # how a batch's mesh says that this image shows none
        return None
    model = load(mesh.topology) if mesh.topology.partition(":")[0] in KINDS else None
    if model is not None and len(vertices) != len(model.mean):
        raise ValueError(f"a mesh of '{mesh.topology}' has {len(model.mean)} vertices, not {len(vertices)}")
    face = triangles if model is None else model.triangles.numpy()[model.face.numpy()]
    landmarks = None if model is None else model.landmarks.numpy()
    return PlacedMesh(vertices, in_image(vertices, pixels), face.astype(np.int64), mesh.topology, landmarks)


def at_rest(geometry: FaceGeometry, i: int) -> PlacedMesh | None:
    """As `mesh_of`, the vertices (n, 3) mm without expression and pose where the method tells these apart."""
    mesh, rest = mesh_of(geometry, i), geometry.at_rest_mm
    return mesh if mesh is None or rest is None else replace(mesh, vertices_mm=_numpy(rest[i]))


def depth_of(geometry: FaceGeometry, i: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """z (size, size) toward the viewer in the method's mm, and (size, size) bool, where the method sees the face."""
    if geometry.maps is not None:
        return _numpy(geometry.position_mm[i, 2]), _numpy(geometry.mask[i, 0]) >= MASK_THRESHOLD
    mesh = mesh_of(geometry, i)
    if mesh is None:
        return np.full((size, size), np.nan), np.zeros((size, size), bool)
    z = mesh.vertices_mm[:, 2]
    distance = z.max() + BEHIND_MM - z
    points = torch.from_numpy(np.column_stack([mesh.in_image[:, :2], distance])).float()
    triangles = torch.from_numpy(mesh.triangles.astype(np.int32))
    ids = rasterize(points, triangles, size, size)
    shown = interpolate(ids, points, triangles, torch.from_numpy(z[:, None]).float())[..., 0].double().numpy()
    return shown, (ids >= 0).numpy()


def in_image(points_mm: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(n, 3) places in the image of points (n, 3) mm, x right, y up, z toward the viewer, seen at pixels (n, 2)."""
    flat, seen = (points_mm - points_mm.mean(0))[:, :2] * (1, -1), pixels - pixels.mean(0)
    px_per_mm = float((flat * seen).sum() / (flat**2).sum())
    return np.column_stack([pixels, px_per_mm * points_mm[:, 2]])


def settled_depth(found: np.ndarray, true: np.ndarray, ambiguity: Ambiguity) -> np.ndarray:
    """`found` (n, 3) in the image with what its method can't know of depth taken from its pairs `true` (n, 3).

    The shift always, the scale too of a method that knows places up to "affine".
    """
    scale, shift = 1.0, float(np.mean(true[:, 2] - found[:, 2]))
    if ambiguity == "affine":
        scale, shift = fit_scale_and_shift(found[:, 2], true[:, 2])
    return np.column_stack([found[:, :2], scale * found[:, 2] + shift])


def _landmarks_of_maps(geometry: FaceGeometry, i: int, model: FaceModel) -> np.ndarray | None:
    mask = _numpy(geometry.mask[i, 0]) >= MASK_THRESHOLD
    if mask.sum() < FEWEST_COVERED:
        return None
    places, position = _numpy(geometry.correspondence[i]), _numpy(geometry.position_mm[i])
    size_mm = (model.canonical_box_mm[1] - model.canonical_box_mm[0]).numpy()
    pixels = located(places, mask, model.canonical[model.landmarks].numpy(), size_mm)
    rows, columns = np.nonzero(mask)
    centres = np.column_stack([columns, rows]) + 0.5
    depth = in_image(position[:, rows, columns].T, centres)[:, 2]
    nearest = np.linalg.norm(pixels[:, None] - centres, axis=-1).argmin(1)
    return np.column_stack([pixels, depth[nearest]])


def _registered(geometry: FaceGeometry, i: int, model: FaceModel) -> PlacedMesh | None:
    mask = _numpy(geometry.mask[i, 0]) >= MASK_THRESHOLD
    position, places = (
        np.ascontiguousarray(_numpy(values[i]).transpose(1, 2, 0))
        for values in (geometry.position_mm, geometry.correspondence)
    )
    maps = map_to_mesh(position, places, mask)
    try:
        vertices = register(maps, model).vertices.astype(np.float64)
    except UserError:  # too little of a face to register a template to
        return None
    pixels = recover_camera(maps.pixels, maps.vertices, mask.shape[::-1]).project(vertices)
    face = model.triangles.numpy()[model.face.numpy()].astype(np.int64)
    return PlacedMesh(vertices, in_image(vertices, pixels), face, model.name, model.landmarks.numpy())


def _numpy(values: torch.Tensor) -> np.ndarray:
    return values.detach().cpu().double().numpy()
