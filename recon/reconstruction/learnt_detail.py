"""Wrinkles that a network knows on a smooth mesh: DECA's M' = M + D n (Feng et al. 2021, section 4.2)."""

from __future__ import annotations

import numpy as np
import torch

from recon.detail.relief import Detail, refined
from recon.detail.visibility import trust
from recon.geometry.cameras import Camera
from recon.geometry.surfaces import vertex_normals
from recon.methods.uv_displacement import displacement_at


def learnt_detail(
    vertices: np.ndarray,
    triangles: np.ndarray,
    uv: np.ndarray,
    displacement_mm: np.ndarray,
    camera: Camera,
    shape: tuple[int, int],
    edge_mm: float,
) -> Detail:
    """The mesh subdivided to edges of about `edge_mm` and displaced.

    Args:
        vertices: (n, 3) mm, camera frame. triangles: (f, 3). uv: (n, 2). displacement_mm: (T, T) over it.
        camera: of the photo. shape: height and width of that.
    """
    fine, faces, parents = refined(vertices, triangles, edge_mm)
    normals = vertex_normals(torch.from_numpy(fine), torch.from_numpy(faces)).numpy()
    seen = trust(fine, faces, normals, camera, shape)
    places = torch.from_numpy(parents @ np.asarray(uv, np.float64)).float()
    found = displacement_at(torch.from_numpy(displacement_mm)[None, None], places)[0].double().numpy()
    return Detail(fine + found[:, None] * normals, fine, faces, found, seen, np.ones(len(fine)), parents)
