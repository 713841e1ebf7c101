"""Brows and lashes as strands on the drawn skin and along the drawn lids."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from torch import Tensor
from torch.nn import functional

from recon.faces.brows import along_brow
from recon.faces.model import REGIONS, FaceModel
from recon.people.hair.facial_hair_style import BrowStyle
from recon.people.hair.short_strands import bowed, draw_jitter, draw_widths, skin_normals, strand_colours
from recon.people.hair.strands import Roots, even_roots, ribbons
from recon.people.part import Part
from recon.people.template import smoothstep, template_of

ROOTS = 1600  # of both brows, where any style has hairs
LOCKS = 60
LASHES = (52, 30)  # a lid: upper, lower
LIDS = (((36, 37, 38, 39), (36, 41, 40, 39)), ((45, 44, 43, 42), (45, 46, 47, 42)))  # landmarks: upper, lower of an eye
EYE_RADIUS_MM = 12.0
LEVEL = -0.25  # lashes leave the inner rims level or toward the opening, or they would pierce the lids


def brow_part(model: FaceModel, vertices: Tensor, style: BrowStyle, seed: int) -> Part | None:
    """Both brows on a drawn head (n, 3) float32 mm; the same arguments give the same part, None where none grows."""
    rng = np.random.default_rng(seed)
    roots, height, along = brow_roots(model)
    height, along = along_brow(height, along, style.height, style.tilt, style.outer, style.inner)
    cover = brow_cover(height, along, style)
    kept = torch.from_numpy(rng.random(ROOTS, np.float32)) < cover
    if not bool(kept.any()):
        return None
    roots, height, along = roots.chosen(kept), height[kept], along[kept]
    count = len(along)
    side = torch.sign(roots.place[:, 0])
    # Hairs rise at the inner end, lie along the brow farther out; those above its middle point down, those below up.
    rising = 0.7 * smoothstep(0.7, 1.15, along) + 0.2 - 0.35 * (height / style.half).clamp(-1, 1) - 0.35 * (1 - along)
    comb = torch.stack([side, rising, torch.zeros(count)], 1)
    jitter = draw_jitter(rng, roots.lock, LOCKS, 0.3, style.frizz)
    normal = skin_normals(roots, vertices)
    length = style.length * (0.7 + 0.3 * smoothstep(-0.1, 0.4, along))
    length = length * torch.from_numpy(np.exp(0.15 * rng.standard_normal(count, np.float32)))
    lines = bowed(roots.carried(vertices), normal, comb, length, 0.15, -0.05 * normal, jitter, 3)
    return ribbons(
        REGIONS.index("brows"),
        lines,
        normal[:, None].expand(-1, 3, -1),
        draw_widths(rng, style.width, count),
        strand_colours(rng, style.colour, style.grey, style.variation, rng.standard_normal(count), 0.1),
        torch.from_numpy(0.4 * rng.standard_normal(count, np.float32)),
        taper=0.3,
        gloss=0.5,
        roughness=0.5,
    )


@lru_cache(maxsize=4)
def brow_roots(model: FaceModel) -> tuple[Roots, Tensor, Tensor]:
    """Roots about the brows; (m,) signed height in mm over their line; (m,) place along it, 0 outer to 1 inner end."""
    fields = template_of(model).fields
    skin = torch.isin(model.region, torch.tensor([REGIONS.index(n) for n in ("skin", "brows")]))
    near = skin & (fields["brow_mm"].abs() < 10) & (fields["brow_along"] > -0.2) & (fields["brow_along"] < 1.2)
    roots = even_roots(model, near.float(), ROOTS, LOCKS)
    height, along = roots.carried(torch.stack([fields["brow_mm"], fields["brow_along"]], 1)).unbind(1)
    return roots, height, along


def brow_cover(height: Tensor, along: Tensor, style: BrowStyle) -> Tensor:
    """Share of roots with a hair, (m,) in [0, 1], at heights over the middle of the brow and places along it."""
    half = style.half * (style.tail + (1 - style.tail) * smoothstep(-0.1, 0.7, along))
    across = height.abs() / half
    ends = smoothstep(-0.12, 0.12, along) * smoothstep(1.15, 0.9, along)
    return smoothstep(1.15, 0.5, across) * ends * style.density


def lash_part(model: FaceModel, vertices: Tensor, style: BrowStyle, seed: int) -> Part | None:
    """Lashes of both eyes on a drawn head (n, 3) float32 mm; the same arguments give the same part."""
    rng = np.random.default_rng(seed)
    roots, along, upper = lash_roots(model)
    kept = torch.from_numpy(rng.random(len(along), np.float32)) < style.lash_density * smoothstep(1.0, 0.8, along)
    if not bool(kept.any()):
        return None
    roots, along, upper = roots.chosen(kept), along[kept], upper[kept]
    count = len(along)
    place = roots.carried(vertices)
    out = place - eye_centres(model, vertices)[roots.lock.long()]
    out = functional.normalize(out * torch.tensor([1.0, LEVEL, 1.0]), dim=1)
    sign = 2 * upper - 1
    side = torch.sign(roots.place[:, 0])
    comb = torch.stack([0.5 * side * (1 - 1.4 * along), sign, torch.zeros(count)], 1)
    length = style.lash_length * torch.lerp(torch.tensor(0.5), torch.tensor(1.0), upper) * (1.15 - 0.5 * along)
    length = length * torch.from_numpy(np.exp(0.15 * rng.standard_normal(count, np.float32)))
    bend = torch.stack([torch.zeros(count), 0.45 * sign, torch.zeros(count)], 1)
    jitter = torch.from_numpy(0.12 * rng.standard_normal((count, 3), np.float32))
    lines = bowed(place, out, comb, length, 0.92, bend, jitter, 4)
    return ribbons(
        REGIONS.index("brows"),
        lines,
        out[:, None].expand(-1, 4, -1),
        draw_widths(rng, style.lash_width, count),
        strand_colours(rng, style.lash_colour, 0.0, 0.1, rng.standard_normal(count), 0.0),
        torch.from_numpy(rng.uniform(0, np.pi, count).astype(np.float32)),  # thin from no side
        taper=0.25,
        gloss=0.3,
        roughness=0.5,
    )


def eye_centres(model: FaceModel, vertices: Tensor) -> Tensor:
    """(2, 3) mm: behind the middle of the drawn eye openings."""
    marks = vertices[model.landmarks]
    return torch.stack([marks[36:42].mean(0), marks[42:48].mean(0)]) - marks.new_tensor([0.0, 0.0, EYE_RADIUS_MM])


@lru_cache(maxsize=4)
def lash_roots(model: FaceModel) -> tuple[Roots, Tensor, Tensor]:
    """Roots along the lids, whose `lock` is the eye; (m,) place, 0 outer to 1 inner corner; (m,) 1 on the upper lid."""
    edges = model.triangles.numpy()[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    span = np.linalg.norm(model.mean.numpy()[edges[:, 0]] - model.mean.numpy()[edges[:, 1]], axis=1)
    graph = coo_array((span, edges.T), (len(model.mean),) * 2).tocsr()
    corners, weights, along, eye, upper = [], [], [], [], []
    for which, lids in enumerate(LIDS):
        for lower, marks in enumerate(lids):
            path = shortest_path(graph, model.landmarks[list(marks)].tolist())
            reach = np.r_[0, np.cumsum(np.linalg.norm(np.diff(model.mean.numpy()[path], axis=0), axis=1))]
            at = np.linspace(0.03, 0.95, LASHES[lower]) * reach[-1]
            k = np.searchsorted(reach, at, side="right").clip(1, len(path) - 1)
            t = (at - reach[k - 1]) / (reach[k] - reach[k - 1])
            corners.append(np.stack([path[k - 1], path[k], path[k]], 1))
            weights.append(np.stack([1 - t, t, np.zeros_like(t)], 1))
            along.append(at / reach[-1])
            eye.append(np.full(len(t), which))
            upper.append(np.full(len(t), 1.0 - lower))
    joined = [torch.from_numpy(np.concatenate(part)) for part in (corners, weights, along, eye, upper)]
    at_corners = model.mean[joined[0]]
    place = (at_corners * joined[1].float()[..., None]).sum(1)
    out = functional.normalize(place - eye_centres(model, model.mean)[joined[3]], dim=1)
    roots = Roots(joined[0], joined[1].float(), place, out, joined[3].int())
    return roots, joined[2].float(), joined[4].float()


def shortest_path(graph: csr_array, stops: list[int]) -> np.ndarray:
    """Vertex ids along the mesh's edges through all stops."""
    path = [stops[0]]
    for start, end in pairwise(stops):
        before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)[1]
        back = [end]
        while back[-1] != start:
            back.append(int(before[back[-1]]))
        path += back[-2::-1]
    return np.array(path)
