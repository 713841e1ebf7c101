"""Fine detail from the photo on a smooth mesh (Sela et al. 2017, section 4.2 and supplement B.2).

The mesh is subdivided, each vertex that the camera sees takes the photo's intensity, the light is estimated and
divided out with how much of the sky the smooth surface itself hides, and the high frequencies of what is left move
vertices along their normals. The paper's own step (`paper_relief`) leaves the light in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import sparse

from recon.detail.config import DetailConfig
from recon.detail.displacement import paper_step, solve_displacement
from recon.detail.heat import high_pass
from recon.detail.intensity import linear_luminance, luma, nearest, sample
from recon.detail.light import fit_light
from recon.detail.patch import Patch
from recon.detail.visibility import trust
from recon.geometry.cameras import Camera
from recon.geometry.subdivision import loop
from recon.geometry.surfaces import vertex_normals
from recon.render.irradiance import Illumination, irradiance

MOST_SUBDIVISIONS = 3
RAYS = 64  # of each given vertex, to find how much of the sky it sees; 256 move the relief by a twentieth
CLOSED = 0.05  # openness is at least this
UNLIKE = 0.25  # low-passed log ratio of photo and light that halves trust: shadows, beards; at .1 folds go as well


@dataclass(frozen=True)
class Detail:
    """A fine mesh, smooth and detailed; mm, camera frame.

    Attributes:
        vertices: (m, 3) float64, with detail. smooth: (m, 3) without. triangles: (k, 3) int32.
        displacement_mm: (m,) along the smooth normals, outward positive; exactly 0 where `visible` is.
        seen: (m,) in [0, 1], how well the camera sees a vertex. visible: (m,), how far the photo was trusted there.
        parents: (m, n) sparse, rows of sum 1: the fine vertices from the given ones.
    """

    vertices: np.ndarray
    smooth: np.ndarray
    triangles: np.ndarray
    displacement_mm: np.ndarray
    seen: np.ndarray
    visible: np.ndarray
    parents: Any

    def carry(self, attributes: np.ndarray) -> np.ndarray:
        """Attributes of the given vertices (n, ...), such as uv or correspondence -> (m, ...), float64."""
        flat = np.asarray(attributes, np.float64).reshape(len(attributes), -1)
        return (self.parents @ flat).reshape(self.parents.shape[0], *np.shape(attributes)[1:])


def add_detail(
    vertices: np.ndarray,
    triangles: np.ndarray,
    image: np.ndarray,
    camera: Camera,
    config: DetailConfig = DetailConfig(),
    allowed: np.ndarray | None = None,
    over: np.ndarray | None = None,
) -> Detail:
    """Add to a registered mesh the relief that its photo shows.

    Args:
        vertices: (n, 3) mm, camera frame. triangles: (f, 3) int, counter-clockwise.
        image: (H, W, 3) float in [0, 1], sRGB as stored in a photo, at its full resolution, of any shape.
        camera: of that image; its `size_px` is not used.
        allowed: (n,) in [0, 1], where detail may be added, such as the skin; everywhere that is seen without it.
        over: (H, W) float32 in [0, 1], how far something lies over the face in the image; None: nothing does.
    """
    pixel_mm = float(np.median(-vertices[:, 2])) / camera.focal_px  # the photo shows nothing finer
    fine, faces, parents = refined(vertices, triangles, max(config.edge_mm, pixel_mm))
    normals = vertex_normals(torch.from_numpy(fine), torch.from_numpy(faces)).numpy()
    seen = trust(fine, faces, normals, camera, image.shape[:2])
    visible = seen.copy()
    if allowed is not None:
        visible *= np.clip(parents @ np.asarray(allowed, np.float64), 0, 1)
    if over is not None:
        visible *= 1 - sample(over, camera.project(torch.from_numpy(fine)).numpy(), np.ones(len(fine)))
    # From here on, only the part of the mesh that is seen.
    part, near = np.unique(faces[(visible > 0)[faces].any(1)], return_inverse=True)
    displacement = np.zeros(len(fine))
    if len(part):
        patch = Patch(fine[part], near.reshape(-1, 3), normals[part])
        if config.method in ("equation_12", "equation_13"):
            displacement[part] = paper_relief(patch, image, camera, visible[part], config)
        else:
            visible[part] *= patch.evenness()
            sky = irradiance(vertices, triangles, Illumination(sky=1.0), RAYS)
            openness = parents[part] @ np.maximum(sky, CLOSED).astype(np.float64)
            displacement[part] = relief(patch, linear_luminance(image), camera, openness, visible[part], config)
    return Detail(fine + displacement[:, None] * normals, fine, faces, displacement, seen, visible, parents)


def without_detail(vertices: np.ndarray, triangles: np.ndarray, camera: Camera, shape: tuple[int, int]) -> Detail:
    """A registered mesh as it is, behind the same type. shape: height and width of the photo."""
    normals = vertex_normals(torch.from_numpy(vertices), torch.from_numpy(triangles)).numpy()
    seen, none = trust(vertices, triangles, normals, camera, shape), np.zeros(len(vertices))
    return Detail(vertices, vertices, triangles, none, seen, none, sparse.identity(len(vertices), format="csr"))


def relief(
    patch: Patch,
    luminance: np.ndarray,
    camera: Camera,
    openness: np.ndarray,
    visible: np.ndarray,
    config: DetailConfig,
) -> np.ndarray:
    """(p,) mm along the normals of a patch: paint, divide by the light, high-pass, solve."""
    points = camera.project_with_distance(torch.from_numpy(patch.vertices)).numpy()
    footprint = np.sqrt(patch.mass) * camera.focal_px / points[:, 2]
    intensity = sample(luminance, points[:, :2], footprint) / openness
    light = fit_light(patch.normals, intensity, visible * patch.mass)
    shading = light.shading(patch.normals)
    texture = np.log(np.maximum(intensity, light.floor) / shading)
    mu = high_pass(patch.laplacian, patch.mass, texture, visible, config.dt_mm2)
    trusted = visible / (1 + ((texture - mu) / UNLIKE) ** 2)
    mu = mu.clip(-config.contrast, config.contrast)
    slope = light.slope(patch.normals) if config.method == "shading" else np.zeros_like(patch.vertices)
    bright = np.minimum(shading / np.median(shading[visible > 0]), 1) ** 2  # shadow is mostly noise
    raw = solve_displacement(patch, mu, slope, trusted * bright, config.gamma_mm, config.eta, config.fairing_mm)
    return trusted * config.limit_mm * np.tanh(raw / config.limit_mm)


def paper_relief(
    patch: Patch, image: np.ndarray, camera: Camera, visible: np.ndarray, config: DetailConfig
) -> np.ndarray:
    """(p,) mm: supplement B.2 as printed, faded where the camera sees a vertex less well.

    Every vertex takes the grey value of its nearest pixel, mu is its high frequencies, and one step follows.
    """
    points = camera.project(torch.from_numpy(patch.vertices)).numpy()
    mu = high_pass(patch.laplacian, patch.mass, nearest(luma(image), points), visible, config.dt_mm2)
    fairing = -2 * config.fairing_mm**2 * patch.mean_curvature()
    form = "equation_12" if config.method == "equation_12" else "equation_13"
    return visible * paper_step(patch, mu, form, config.gamma_mm, config.eta, fairing)


def refined(vertices: np.ndarray, triangles: np.ndarray, edge_mm: float) -> tuple[np.ndarray, np.ndarray, Any]:
    """Subdivide until the median edge is within a factor sqrt(2) of `edge_mm`: vertices, triangles, parents."""
    parents: Any = sparse.identity(len(vertices), format="csr")
    corners = vertices[triangles]
    edge = float(np.median(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1)))
    steps = int(np.clip(np.round(np.log2(edge / edge_mm)), 0, MOST_SUBDIVISIONS))
    for _ in range(steps):
        matrix, triangles = loop(triangles, parents.shape[0])
        parents = (matrix @ parents).tocsr()
    return parents @ np.asarray(vertices, np.float64), np.asarray(triangles, np.int32), parents
