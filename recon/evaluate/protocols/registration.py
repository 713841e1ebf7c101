"""A registered template against the mesh that a record was rendered from."""

from __future__ import annotations

import numpy as np
import torch

from recon.faces.model import FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.closest_points import closest_points
from recon.geometry.rasterize import rasterize
from recon.geometry.surfaces import triangle_normals
from recon.synthesis.record import Record

FINE = 4  # rays of a pixel, along each axis
NOISE_MM = 0.5
OUTLIER_SHARE = 0.02
OUTLIER_MM = 30.0
MEASURES = {
    "surface_mean_mm": "surface distance, mean (mm)",
    "surface_p95_mm": "surface distance, 95 % (mm)",
    "vertex_mean_mm": "vertex to its true place, mean (mm)",
    "vertex_p95_mm": "vertex to its true place, 95 % (mm)",
    "flipped": "flipped triangles that are seen, by sixteen rays a pixel",
    "flipped_shown": "of these, shown by the maps: seen at a pixel's centre",
}


def score_registration(vertices: np.ndarray, record: Record, model: FaceModel) -> dict[str, float]:
    """The measures of MEASURES.

    The surface distance is that of each true face pixel to the registered face, which leaves nothing of the visible
    face out; triangles of which something is seen count, and their corners.

    Args:
        vertices: (n, 3) mm, the model's vertices in the record's frame.
    """
    triangles = model.triangles.numpy()[model.face.numpy()].astype(np.int64)
    shown = record.position_mm[record.mask]
    surface = closest_points(shown, vertices.astype(np.float64), triangles).distance
    fine, coarse = seen_by(record, triangles, FINE), seen_by(record, triangles, 1)
    seen, shown_too = triangles[fine], coarse[fine]
    wrong = np.linalg.norm(vertices - record.vertices_mm, axis=1)[np.unique(seen)]
    true, found = (
        triangle_normals(torch.from_numpy(places), torch.from_numpy(seen)).numpy()
        for places in (record.vertices_mm.astype(np.float64), vertices.astype(np.float64))
    )
    flipped = (true * found).sum(1) < 0
    return {
        "surface_mean_mm": float(surface.mean()),
        "surface_p95_mm": float(np.percentile(surface, 95)),
        "vertex_mean_mm": float(wrong.mean()),
        "vertex_p95_mm": float(np.percentile(wrong, 95)),
        "flipped": float(flipped.sum()),
        "flipped_shown": float(flipped[shown_too].sum()),
    }


def seen_by(record: Record, triangles: np.ndarray, rays: int) -> np.ndarray:
    """(f,) bool: which triangles of the face (f, 3) some ray through the mask meets first, `rays` squared a pixel."""
    size = record.mask.shape[0]
    u, v = record.centre_px.tolist()
    camera = Camera(record.focal_px, (u, v), size).scaled(rays)
    points = camera.project_with_distance(torch.from_numpy(record.vertices_mm + record.origin_mm))
    ids = rasterize(points, torch.from_numpy(triangles.astype(np.int32)), rays * size, rays * size).numpy()
    shown = ids[np.kron(record.mask, np.ones((rays, rays), bool)) & (ids >= 0)]
    return np.bincount(shown, minlength=len(triangles)) > 0


def spoiled_maps(record: Record, model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """Position and correspondence (S, S, 3) with noise of .5 mm on each coordinate of both and 2 % outliers.

    One half of the outliers lies about its place, by up to 30 mm along each axis, the other about its correspondence.
    """
    rng = np.random.default_rng([record.seed, record.index])
    box_mm = (model.canonical_box_mm[1] - model.canonical_box_mm[0]).numpy()
    position = record.position_mm + rng.normal(0, NOISE_MM, record.position_mm.shape)
    correspondence = record.correspondence + rng.normal(0, NOISE_MM, record.correspondence.shape) / box_mm
    row, column = np.nonzero(record.mask)
    wrong = rng.permutation(len(row))[: round(OUTLIER_SHARE * len(row))]
    displaced, elsewhere = wrong[::2], wrong[1::2]
    position[row[displaced], column[displaced]] += rng.uniform(-OUTLIER_MM, OUTLIER_MM, (len(displaced), 3))
    correspondence[row[elsewhere], column[elsewhere]] = rng.random((len(elsewhere), 3))
    return position, correspondence
