"""The protocol on registration: a template registered to a render's maps, against the mesh that was rendered.

To the true maps, and to the same with noise and outliers. Renders have expressions and yaw to 40 degrees; each shows
another person. No network takes part.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from recon.configuration import to_plain
from recon.evaluate.held_out import drawn_records
from recon.evaluate.metrics.flips import flipped
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.settings import RegistrationSettings as Settings
from recon.faces import load
from recon.faces.model import FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.closest_points import closest_points
from recon.geometry.rasterize import rasterize
from recon.progress import tracked
from recon.registration.map_mesh import map_to_mesh
from recon.registration.register import register
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig

FINE = 4  # rays of a pixel, along each axis
NOISE_MM = 0.5
OUTLIER_SHARE = 0.02
OUTLIER_MM = 30.0
MEASURES = {
    "surface_mean_mm": Measure("surface distance, mean", "mm"),
    "surface_p95_mm": Measure("surface distance, 95 %", "mm"),
    "vertex_mean_mm": Measure("vertex to its true place, mean", "mm"),
    "vertex_p95_mm": Measure("vertex to its true place, 95 %", "mm"),
    "flipped": Measure("flipped triangles that are seen"),
    "free": Measure("renders without one", "%"),
    "free_shown": Measure("renders without one at a pixel's centre", "%"),
    "seconds": Measure("time", "s"),
    "cpu_seconds": Measure("of processor", "s"),
}


def run(settings: Settings) -> Result:
    """Draw, register to both kinds of maps, score."""
    model, scene = load(settings.model), SceneConfig(variation=settings.variation)
    records = drawn_records(model, settings.count, settings.size, settings.seed, scene)
    values: list[dict[str, Any]] = []
    for record in tracked(records, "registrations", settings.count):
        maps = {"true": (record.position_mm, record.correspondence), "spoiled": spoiled_maps(record, model)}
        for kind, (position, correspondence) in maps.items():
            began, busy = time.perf_counter(), time.process_time()
            target = map_to_mesh(position, correspondence, record.mask)
            result = register(target, model, settings.reconstruction.registration)
            times = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - busy}
            scores = score_registration(result.vertices, record, model)
            values.append({"maps": kind, "index": record.index, **scores, **times})
    kinds = {"true maps": "true", f"{NOISE_MM:g} mm of noise, {OUTLIER_SHARE:.0%} of outliers": "spoiled"}
    of_kind = {group: [value for value in values if value["maps"] == kind] for group, kind in kinds.items()}
    beyond = ", heads beyond its identities" if settings.variation else ""
    mean = " from its mean face" if settings.reconstruction.registration.start == "mean" else ""
    return Result(
        title=f"Registration of the {model.name} model{mean}{beyond}",
        protocol="registration",
        settings=to_plain(settings),
        figures=tuple(figure for group, kept in of_kind.items() for figure in figures_of(kept, MEASURES, group)),
        notes=(
            f"Maps of {settings.size} px. The surface distance is that of each true face pixel to the registered face.",
            "A triangle is seen where one of sixteen rays a pixel meets it first. Times beside other work.",
        ),
        values=values,
    )


def score_registration(vertices: np.ndarray, record: Record, model: FaceModel) -> dict[str, float]:
    """The measures of MEASURES but for the times, and `flipped_shown`, the flipped ones seen at a pixel's centre.

    The surface distance leaves nothing of the visible face out; triangles of which something is seen count, and their
    corners.

    Args:
        vertices: (n, 3) mm, the model's vertices in the record's frame.
    """
    triangles = model.triangles.numpy()[model.face.numpy()].astype(np.int64)
    shown = record.position_mm[record.mask]
    surface = closest_points(shown, vertices.astype(np.float64), triangles).distance
    fine, coarse = seen_by(record, triangles, FINE), seen_by(record, triangles, 1)
    seen, shown_too = triangles[fine], coarse[fine]
    wrong = np.linalg.norm(vertices - record.vertices_mm, axis=1)[np.unique(seen)]
    over = flipped(record.vertices_mm, vertices, seen)
    return {
        "surface_mean_mm": float(surface.mean()),
        "surface_p95_mm": float(np.percentile(surface, 95)),
        "vertex_mean_mm": float(wrong.mean()),
        "vertex_p95_mm": float(np.percentile(wrong, 95)),
        "flipped": float(over.sum()),
        "flipped_shown": float(over[shown_too].sum()),
        "free": 100.0 * (not over.any()),
        "free_shown": 100.0 * (not over[shown_too].any()),
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
