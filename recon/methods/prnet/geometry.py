"""A position map as a mesh, as landmarks and as maps of the image."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces import load
from recon.faces.atlas_map import atlas_map
from recon.faces.model import NASION
from recon.geometry.similarity import fit_similarity
from recon.methods.base import FaceGeometry, FaceLandmarks, FaceMesh
from recon.methods.mesh_maps import rasterised, spread, visibility
from recon.methods.prnet.config import PRNetLossConfig
from recon.methods.prnet.losses import weight_mask
from recon.methods.prnet.reading import TOPOLOGY, reading_of

WEIGHED_PX, LEAST_WEIGHT = 256, 1.0  # a vertex is learnt where the weight mask of that size is so much at least
TO_FACE = (1.0, -1.0, 1.0)  # rows of an image run downward


@dataclass(frozen=True)
class PositionGeometry(FaceGeometry):
    """What PRNet answers: the mesh and all that follows from it, and the map that it was read off.

    position_map: (B, 3, S, S) float px of the network's size, see `UvPositionTarget`.
    """

    position_map: Tensor = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Template:
    """What of the face model a map is turned into a mesh with.

    Attributes:
        mean: (n, 3) float64 mm. canonical: (n, 3) float32. triangles: (f, 3) int32, all of the model's.
        rows: (t,) int64, which of the reading's vertices a network learns: those of the atlas without the neck, which
            the weight mask leaves out. ids: (t,) int64, their numbers in the model. told: (n,) bool, the same.
        shown: (g, 3) int32, triangles between these. of_face: (g,) bool, which of them are the face region's.
        sized: (m,) int64, which of the reading's vertices are the face region's. size_mm: root mean square distance
            of these from their middle, on the mean face.
    """

    mean: np.ndarray
    canonical: Tensor
    triangles: Tensor
    rows: Tensor
    ids: Tensor
    told: Tensor
    shown: Tensor
    of_face: Tensor
    sized: Tensor
    size_mm: float


@lru_cache(maxsize=1)
def template() -> Template:
    """That of TOPOLOGY."""
    model, reading = load(TOPOLOGY), reading_of(WEIGHED_PX)
    weight = weight_mask(WEIGHED_PX, PRNetLossConfig().ratios, torch.device("cpu"))
    rows = (reading(weight[None])[0, :, 0] >= LEAST_WEIGHT).nonzero()[:, 0]
    told = torch.zeros(len(model.mean), dtype=torch.bool)
    told[reading.vertices[rows]] = True
    between = told[model.triangles.long()].all(1)
    sized = torch.isin(reading.vertices, model.triangles[model.face].unique().long()) & told[reading.vertices]
    return Template(
        mean=model.mean.double().numpy(),
        canonical=model.canonical,
        triangles=model.triangles,
        rows=rows,
        ids=reading.vertices[rows],
        told=told,
        shown=model.triangles[between].int().contiguous(),
        of_face=model.face[between],
        sized=sized.nonzero()[:, 0],
        size_mm=float(spread(model.mean[reading.vertices[sized]].double())),
    )


def mm_per_px(places: Tensor) -> Tensor:
    """(B, k, 3) px of the atlas's vertices -> (B,): what a pixel is, if the face has the size of the mean face.

    The rule of this method's scale: the root mean square distance of the face region's vertices from their middle is
    the mean face's. Pose does not matter to it, and it is differentiable.
    """
    one = template()
    return one.size_mm / spread(places[:, one.sized.to(places.device)])


def vertices_of(position_map: Tensor) -> Tensor:
    """(B, 3, S, S) px -> (B, k, 3) px: the vertices of `reading_of(S)`, linear in the map.

    What lies between pixels in a fold narrower than they are (lids, lips, nostrils) is lost when a map is read. What is
    lost of the mean face is known: it is added, in the pose that the affine map nearest to what was read tells.
    """
    size = position_map.shape[-1]
    places, (lost, inverse) = reading_of(size)(position_map), lost_of(size)
    linear = torch.einsum("ik,bkc->bic", inverse.to(places), places)  # (B, 3, 3)
    return places + torch.einsum("ki,bic->bkc", lost.to(places), linear)


@lru_cache(maxsize=8)
def lost_of(size: int) -> tuple[Tensor, Tensor]:
    """What maps of `size` px lose of the mean face, (k, 3) float64 mm; and (3, k), the pseudo-inverse of its learnt
    vertices about their middle, 0 for the others: that times places is the linear part of the map nearest to them."""
    one, reading = template(), reading_of(size)
    rasterised_mean = atlas_map(load(TOPOLOGY), size).rasterised(one.mean)
    read = reading(torch.from_numpy(np.moveaxis(rasterised_mean, -1, 0)[None]))[0]
    learnt = torch.from_numpy(one.mean)[one.ids]
    inverse = torch.zeros(3, len(read), dtype=torch.float64)
    inverse[:, one.rows] = torch.linalg.pinv(learnt - learnt.mean(0))
    return torch.from_numpy(one.mean)[reading.vertices] - read, inverse


def geometry_of(position_map: Tensor, side: int) -> PositionGeometry:
    """The mesh, the landmarks and the maps (B, ., side, side) of position maps (B, 3, S, S) px of S.

    Places in mm are those of parallel rays. Mesh and landmarks are differentiable in the map, but for what it says
    nothing of (the back of the head, the mouth's inside: the mean face's, laid along) and for visibility; the maps are
    rasterised from the mesh and carry no gradient.
    """
    size, one = position_map.shape[-1], template()
    places = vertices_of(position_map)  # (B, k, 3)
    marks = reading_of(size).landmarks.to(places.device)
    origin = places[:, marks[NASION], None]
    mm = (places - origin) * places.new_tensor(TO_FACE) * mm_per_px(places)[:, None, None]
    vertices, pixels = completed(mm[:, one.rows.to(mm.device)], origin[..., :2], mm_per_px(places))
    pixels = pixels * (side / size)
    mesh = FaceMesh(vertices, pixels, one.triangles.to(places.device), TOPOLOGY, one.told.to(places.device))
    seen = places[:, marks, :2] * (side / size)
    with torch.no_grad():
        maps, depth = rasterised(mesh, one.shown, one.of_face, one.canonical, side)
        visible = visibility(seen, mm[:, marks, 2], depth)
    return PositionGeometry(maps, mesh, FaceLandmarks(seen, visible), "scale", position_map=position_map)


def completed(mm: Tensor, origin: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """All of the model's vertices, from those that are told: (B, n, 3) mm and (B, n, 2) px.

    The others are the mean face's, by the similarity that brings it nearest to these; they carry no gradient.

    Args:
        mm: (B, t, 3), relative to the nasion. origin: (B, 1, 2) px, the nasion's. scale: (B,) mm for a pixel.
    """
    one, known = template(), mm.detach().double().cpu().numpy()
    source = one.mean[one.ids.numpy()]
    laid = np.stack([fit_similarity(source, places)(one.mean) for places in known])
    vertices = torch.from_numpy(laid).to(mm).index_copy(1, one.ids.to(mm.device), mm)
    across = vertices[..., :2] * vertices.new_tensor(TO_FACE[:2]) / scale[:, None, None]
    return vertices, origin + across
