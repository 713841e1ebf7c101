"""A posed head with what is on it, joined into one mesh: what is opaque, panes that let light through, what is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from recon.faces.model import REGIONS, FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import rasterize_layers
from recon.geometry.surfaces import vertex_normals
from recon.people.part import Part

COAT = 8  # columns of `Scenery.coat`: albedo (3), tangent (3), gloss, roughness

CLOTHES = REGIONS.index("clothes")


@dataclass(frozen=True)
class Scenery:
    """A posed head with the parts on it, as one mesh; the head's vertices and triangles come first.

    Attributes:
        vertices, normals: (n, 3) float32, camera frame. triangles: (f, 3) int32.
        region: (n,) uint8. face: (f,) bool, False for parts.
        coat: (n - head's, COAT) float32, what the parts' paint is.
        head_vertices, head_triangles: how many are the head's. labelled: so many triangles, the head's and those of the
            parts that hide it, are what the labels see; the rest is only painted.
    """

    vertices: Tensor
    normals: Tensor
    triangles: Tensor
    region: Tensor
    face: Tensor
    coat: Tensor
    head_vertices: int
    head_triangles: int
    labelled: int


@dataclass(frozen=True)
class Panes:
    """What lets light through, posed; it hides nothing in the labels.

    Attributes:
        vertices, normals: (n, 3) float32, camera frame. triangles: (f, 3) int32. tint: (n, 3) share of each colour that
            passes.
    """

    vertices: Tensor
    normals: Tensor
    triangles: Tensor
    tint: Tensor


@dataclass(frozen=True)
class Seen:
    """Which triangles of a scenery a camera sees; int32 ids, -1 where there is none.

    Attributes:
        camera: of S pixels a side. points_px: (n, 3) float32, the vertices in its image, see `rasterize`.
        head, labelled: (S, S) at pixel centres: of the head alone, and of all that the labels see.
        samples: (k S, k S) of everything, k samples a pixel along each axis.
    """

    camera: Camera
    points_px: Tensor
    head: Tensor
    labelled: Tensor
    samples: Tensor


def seen_by(camera: Camera, scenery: Scenery, samples: int) -> Seen:
    """Rasterise a scenery with so many samples a pixel along each axis."""
    points, side = camera.project_with_distance(scenery.vertices), camera.size_px
    ids = rasterize_layers(points, scenery.triangles, side, side, samples, scenery.head_triangles, scenery.labelled)
    return Seen(camera, points, *ids)


def scenery_of(
    model: FaceModel,
    vertices: Tensor,
    parts: Sequence[Part],
    rotation: Tensor,
    translation: Tensor,
    hides: Collection[str] = REGIONS,
) -> Scenery:
    """Join the posed head `vertices` (n, 3) with the opaque `parts`, posed by `rotation` (3, 3), `translation` (3,).

    hides: names of the regions whose parts the labels see.
    """
    normals = vertex_normals(vertices, model.triangles)
    opaque = sorted((part for part in parts if part.transmission == 0), key=lambda p: REGIONS[p.region] not in hides)
    labelled = len(model.triangles) + sum(len(p.triangles) for p in opaque if REGIONS[p.region] in hides)
    if not opaque:
        coat = vertices.new_zeros(0, COAT)
        sizes = len(vertices), len(model.triangles), labelled
        return Scenery(vertices, normals, model.triangles, model.region, model.face, coat, *sizes)
    count = sum(len(part.triangles) for part in opaque)
    own = model.region
    if "clothes" in hides and any(part.region == CLOTHES for part in opaque):  # what shows of the bust is skin
        own = own.where(own != CLOTHES, REGIONS.index("neck"))
    return Scenery(
        vertices=torch.cat([vertices, *(part.vertices @ rotation.T + translation for part in opaque)]),
        normals=torch.cat([normals, *(part.normals @ rotation.T for part in opaque)]),
        triangles=torch.cat([model.triangles, _numbered(opaque, len(vertices))]),
        region=torch.cat([own, *(_filled(len(part.vertices), part.region) for part in opaque)]),
        face=functional.pad(model.face, (0, count)),
        coat=torch.cat([_coat(part, rotation) for part in opaque]),
        head_vertices=len(vertices),
        head_triangles=len(model.triangles),
        labelled=labelled,
    )


def panes_of(parts: Sequence[Part], rotation: Tensor, translation: Tensor) -> Panes | None:
    """The parts that let light through, joined and posed; None without any."""
    clear = [part for part in parts if part.transmission > 0]
    if not clear:
        return None
    return Panes(
        vertices=torch.cat([part.vertices for part in clear]) @ rotation.T + translation,
        normals=torch.cat([part.normals for part in clear]) @ rotation.T,
        triangles=_numbered(clear),
        tint=torch.cat([part.albedo * part.transmission for part in clear]),
    )


def _numbered(parts: Sequence[Part], first: int = 0) -> Tensor:
    """(f, 3) triangles of all parts, whose vertices stand one part after the other from number `first` on."""
    numbered = []
    for part in parts:
        numbered.append(part.triangles + first)
        first += len(part.vertices)
    return torch.cat(numbered)


def _coat(part: Part, rotation: Tensor) -> Tensor:
    surface = part.vertices.new_tensor([part.gloss, part.roughness]).expand(len(part.vertices), 2)
    return torch.cat([part.albedo, part.tangents @ rotation.T, surface], 1)


def _filled(count: int, region: int) -> Tensor:
    return torch.full((count,), region, dtype=torch.uint8)
