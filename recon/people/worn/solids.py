"""Small solid bodies that things worn on a head are made of: tubes, sheets, rounded boxes.

Every body is a closed mesh wound counter-clockwise as seen from outside, in float64 numpy, mm; `as_part` joins bodies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from recon.geometry.surfaces import vertex_normals
from recon.people.part import Part


@dataclass(frozen=True)
class Body:
    """vertices (n, 3) mm; triangles (f, 3) int64, counter-clockwise seen from outside; albedo (n, 3) linear RGB."""

    vertices: np.ndarray
    triangles: np.ndarray
    albedo: np.ndarray


def as_part(region: int, bodies: Sequence[Body], gloss: float, roughness: float, transmission: float = 0.0) -> Part:
    """Join bodies into one Part with smooth normals."""
    counts = [len(body.vertices) for body in bodies]
    starts = np.cumsum([0, *counts[:-1]])
    vertices = torch.from_numpy(np.concatenate([body.vertices for body in bodies]).astype(np.float32))
    triangles = torch.from_numpy(
        np.concatenate([body.triangles + start for body, start in zip(bodies, starts, strict=True)]).astype(np.int32)
    )
    albedo = torch.from_numpy(np.concatenate([body.albedo for body in bodies]).clip(0, 1).astype(np.float32))
    return Part(
        region=region,
        vertices=vertices,
        triangles=triangles,
        normals=vertex_normals(vertices, triangles),
        albedo=albedo,
        tangents=torch.zeros_like(vertices),
        gloss=gloss,
        roughness=roughness,
        transmission=transmission,
    )


def body(vertices: np.ndarray, triangles: np.ndarray, albedo: np.ndarray | Sequence[float], flip: bool = False) -> Body:
    """A closed mesh; flip: turned inside out. albedo (3,) or (n, 3)."""
    return Body(vertices, triangles[:, ::-1] if flip else triangles, np.broadcast_to(albedo, vertices.shape))


@lru_cache(maxsize=64)
def lattice(rows: int, columns: int, around: bool, along: bool = False) -> np.ndarray:
    """Triangles (f, 3) of a row-major lattice; around: the last column meets the first; along: so does the last row."""
    i = np.arange(rows if along else rows - 1)[:, None]
    j = np.arange(columns if around else columns - 1)[None]
    below, right = (i + 1) % rows, (j + 1) % columns
    corners = [i * columns + j, i * columns + right, below * columns + right, below * columns + j]
    quads = np.stack([np.broadcast_to(corner, (i.size, j.size)) for corner in corners], -1).reshape(-1, 4)
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


@lru_cache(maxsize=64)
def capped(rows: int, columns: int) -> np.ndarray:
    """Triangles of a lattice closed around, with one more vertex after its vertices for each end: first, then last."""
    j = np.arange(columns)
    right, first, last, end = (j + 1) % columns, rows * columns, rows * columns + 1, (rows - 1) * columns
    near = np.stack([right, j, np.full(columns, first)], 1)
    far = np.stack([end + j, end + right, np.full(columns, last)], 1)
    return np.concatenate([lattice(rows, columns, True), near, far])


@lru_cache(maxsize=16)
def rounded_section(count: int, exponent: float) -> np.ndarray:
    """(count, 2) points of a superellipse in [-1, 1]: exponent 2 is a circle, larger ones tend to a square."""
    angle = (np.arange(count) + 0.5) * 2 * np.pi / count
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return np.sign(circle) * np.abs(circle) ** (2 / exponent)


def tangents_of(path: np.ndarray, closed: bool = False) -> np.ndarray:
    """Unit tangents (m, 3) of a path (m, 3) from central differences."""
    ends = (path[-1:], path[:1]) if closed else (path[:1], path[-1:])
    around = np.concatenate([ends[0], path, ends[1]])
    return unit(around[2:] - around[:-2])


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.sqrt(np.maximum(np.einsum("...i,...i->...", vectors, vectors), 1e-24))[..., None]


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The cross product of (..., 3), several times as fast as numpy's on small arrays."""
    return a[..., [1, 2, 0]] * b[..., [2, 0, 1]] - a[..., [2, 0, 1]] * b[..., [1, 2, 0]]


def tube(
    path: np.ndarray,
    half: np.ndarray,
    across: np.ndarray,
    albedo: np.ndarray | Sequence[float],
    closed: bool = False,
    section: int = 8,
    exponent: float = 3.0,
) -> Body:
    """A rounded bar swept along a path.

    Args:
        path: (m, 3) mm. half: half the extents along `across` and along the third axis, (2,) or (m, 2).
        across: (3,) or (m, 3), made perpendicular to the path.
        closed: the path is a loop; otherwise both ends get caps.
        section, exponent: corners of the cross-section and its squareness (`rounded_section`).
    """
    along = tangents_of(path, closed)
    third = unit(cross(along, np.asarray(across, float)))
    across = cross(third, along)
    corners = rounded_section(section, exponent)
    half = np.broadcast_to(half, (len(path), 2))
    vertices = (
        path[:, None]
        + (half[:, None, :1] * corners[None, :, :1]) * across[:, None]
        + (half[:, None, 1:] * corners[None, :, 1:]) * third[:, None]
    ).reshape(-1, 3)
    if closed:
        return body(vertices, lattice(len(path), section, True, True), albedo)
    return body(np.concatenate([vertices, path[:1], path[-1:]]), capped(len(path), section), albedo)


def rounded_box(
    centre: np.ndarray,
    axes: np.ndarray,
    albedo: np.ndarray | Sequence[float],
    exponent: float = 2.0,
    upright: float | None = None,
    rows: int = 10,
    columns: int = 16,
) -> Body:
    """A superellipsoid: exponent 2 an ellipsoid, larger ones a box with rounded edges.

    Args:
        centre: (3,) mm. axes: (3, 3), rows the half axes in mm; the third is the pole.
        upright: exponent along the pole, `exponent` when None; a cylinder has exponent 2, upright large.
    """
    upright = upright or exponent
    angle = (np.arange(columns) + 0.5) * 2 * np.pi / columns
    slope = np.linspace(-np.pi / 2, np.pi / 2, rows + 2)[1:-1]

    def power(wave: np.ndarray, p: float) -> np.ndarray:
        return np.sign(wave) * np.abs(wave) ** (2 / p)

    belt = power(np.cos(slope), upright)[:, None]
    x, y = belt * power(np.cos(angle), exponent)[None], belt * power(np.sin(angle), exponent)[None]
    z = np.broadcast_to(power(np.sin(slope), upright)[:, None], x.shape)
    places = np.concatenate([np.stack([x, y, z], -1).reshape(-1, 3), [[0, 0, -1], [0, 0, 1]]])
    return body(centre + places @ axes, capped(rows, columns), albedo, flip=bool(np.linalg.det(axes) < 0))


def sheet(front: np.ndarray, back: np.ndarray, albedo: np.ndarray | Sequence[float], around: bool = False) -> Body:
    """A thin sheet: two lattices (rows, columns, 3) of points joined along their rim; around: columns close.

    The rows run so that columns x rows points to the front. albedo (3,) or (rows, columns, 3), the same on both faces.
    """
    rows, columns = front.shape[:2]
    if np.ndim(albedo) == 3:
        albedo = np.tile(np.reshape(albedo, (-1, 3)), (2, 1))
    vertices = np.concatenate([front.reshape(-1, 3), back.reshape(-1, 3)])
    return body(vertices, sheet_triangles(rows, columns, around), albedo)


@lru_cache(maxsize=64)
def sheet_triangles(rows: int, columns: int, around: bool) -> np.ndarray:
    count = rows * columns
    faces = [lattice(rows, columns, around), lattice(rows, columns, around)[:, ::-1] + count]
    ids = np.arange(count).reshape(rows, columns)
    if around:
        edges = [ids[0], ids[-1, ::-1]]
    else:
        edges = [np.concatenate([ids[0], ids[1:, -1], ids[-1, -2::-1], ids[-2:0:-1, 0]])]
    for loop in edges:
        following = np.roll(loop, -1)
        faces.append(np.stack([loop, loop + count, following], 1))
        faces.append(np.stack([following, loop + count, following + count], 1))
    return np.concatenate(faces)
