"""Known relief under known light: what `recon.detail.relief` adds can be held against the truth.

A smooth mesh is subdivided, displaced and lit at each vertex by rays (recon/render/irradiance.py), which what stands in
the way stops, the relief itself foremost.
"""

from __future__ import annotations

import numpy as np
import torch
import trimesh
from scipy.spatial import KDTree

from recon.faces.model import REGIONS, FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import interpolate, rasterize
from recon.geometry.subdivision import loop

SUPERSAMPLING = 2
SKIN = (0.45, 0.28, 0.2)  # linear albedo


def photograph(
    vertices: np.ndarray, triangles: np.ndarray, radiance: np.ndarray, camera: Camera, colour: tuple[float, ...] = SKIN
) -> np.ndarray:
    """(m,) linear radiance of white -> (S, S, 3) float32 sRGB in steps of 1/255 of a surface of that colour, with noise
    of 1/255."""
    fine = camera.scaled(SUPERSAMPLING)
    points = fine.project_with_distance(torch.from_numpy(vertices).float())
    faces = torch.from_numpy(triangles).int()
    ids = rasterize(points, faces, fine.size_px, fine.size_px)
    light = interpolate(ids, points, faces, torch.from_numpy(radiance).float()[:, None])[..., 0].numpy()
    size = camera.size_px
    light = light.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING).mean((1, 3))[..., None] * np.array(
        colour, np.float32
    )
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    noise = np.random.default_rng(0).normal(0, 1 / 255, shown.shape)
    return (np.round((shown + noise).clip(0, 1) * 255) / 255).astype(np.float32)


def subdivided(vertices: np.ndarray, triangles: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Loop's surface after `steps`; ids of the given vertices stay."""
    for _ in range(steps):
        matrix, triangles = loop(triangles, len(vertices))
        vertices = matrix @ vertices
    return vertices, triangles


def ball(radius_mm: float = 40.0, distance_mm: float = 600.0) -> tuple[np.ndarray, np.ndarray]:
    """A sphere before the camera, edges about 2.9 mm: (n, 3), (f, 3)."""
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=radius_mm)
    return np.asarray(sphere.vertices) + [0, 0, -distance_mm], np.asarray(sphere.faces, np.int32)


def face_patch(
    model: FaceModel, above_mm: float = -np.inf, distance_mm: float = 600.0
) -> tuple[np.ndarray, np.ndarray]:
    """The face region of a model's mean before the camera, without eyes and the mouth's inside: (n, 3), (f, 3).

    Args:
        above_mm: only what lies higher than this over the eyes' middle.
    """
    left_out = np.isin(model.region.numpy(), [REGIONS.index(name) for name in ("eyes", "mouth_inside", "teeth")])
    left_out |= model.mean[:, 1].numpy() < above_mm
    triangles = model.triangles.numpy()
    kept = triangles[model.face.numpy() & ~left_out[triangles].any(1)]
    used, kept = np.unique(kept, return_inverse=True)
    vertices = model.mean.double().numpy()[used]
    return vertices + [0, 0, -distance_mm], kept.reshape(-1, 3).astype(np.int32)


def bumps(vertices: np.ndarray, count: int, seed: int, raised: float = 0.5) -> np.ndarray:
    """(m,) mm: round bumps (a share `raised`) and pits at random vertices, 0.2 to 0.6 high and 0.3 to 0.8 wide
    (standard deviation)."""
    rng = np.random.default_rng(seed)
    height = np.zeros(len(vertices))
    for centre in rng.choice(len(vertices), count, replace=False):
        peak = rng.uniform(0.2, 0.6) * (1 if rng.random() < raised else -1)
        squared = ((vertices - vertices[centre]) ** 2).sum(1)
        height += peak * np.exp(-squared / (2 * rng.uniform(0.3, 0.8) ** 2))
    return height


def wrinkles(vertices: np.ndarray, normals: np.ndarray, count: int, seed: int) -> np.ndarray:
    """(m,) mm, not positive: grooves 0.2 to 0.6 deep, 0.3 to 0.7 wide (standard deviation), 15 to 40 long, mostly
    across the face, along curves on the surface that start at random vertices."""
    rng = np.random.default_rng(seed)
    tree, height = KDTree(vertices), np.zeros(len(vertices))
    columns, rows = np.floor(vertices[:, :2]).astype(int).T  # one start at most in a square mm: meshes are uneven
    _, starts = np.unique(np.stack([columns, rows]), axis=1, return_index=True)
    for start in rng.choice(starts[normals[starts, 2] > 0.5], count):
        heading, turn = rng.normal(0, 0.5), rng.normal(0, 0.02)
        place, path = vertices[start], []
        length = int(rng.uniform(15, 40) / 0.4)
        for _ in range(length):
            path.append(place)
            ahead = place + 0.4 * np.array([np.cos(heading), np.sin(heading), 0.0])
            near = tree.query(ahead)[1]
            place = ahead - ((ahead - vertices[near]) @ normals[near]) * normals[near]
            heading += turn
        found = KDTree(np.array(path)).query(vertices, distance_upper_bound=4.0)
        distance, nearest = map(np.asarray, found)
        near = np.isfinite(distance)
        fade = np.sin(np.pi * (nearest[near] + 0.5) / length)  # shallow at both ends
        width, depth = rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.6)
        groove = -depth * fade * np.exp(-(distance[near] ** 2) / (2 * width**2))
        height[near] = np.minimum(height[near], groove)
    return height


def mottled(vertices: np.ndarray, spread: float, seed: int) -> np.ndarray:
    """(m,) albedo about 1: log-normal with standard deviation `spread`, in waves of 1.5 to 8 mm."""
    rng = np.random.default_rng(seed)
    waves, total = 60, np.zeros(len(vertices))
    for _ in range(waves):
        direction = rng.normal(size=3)
        direction *= 2 * np.pi / (rng.uniform(1.5, 8) * np.linalg.norm(direction))
        total += np.cos(vertices @ direction + rng.uniform(0, 2 * np.pi))
    return np.exp(spread * total / np.sqrt(waves / 2))
