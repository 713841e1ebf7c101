"""The protocol on fine detail: what `add_detail` adds to a smooth surface, against the relief that is known.

A smooth surface gets relief, is lit by rays and photographed (`recon.evaluate.known_relief`); `add_detail` is given
that photo and the smooth surface. Relief: bumps and pits on a sphere, pits alone, wrinkles on the default face's
forehead and on all of it. Mottled: a texture of albedo (standard deviation 5 %) is painted on. Over the vertices that
are well seen and 6 mm from a border. No network takes part.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy.spatial import KDTree

from recon.configuration import to_plain
from recon.detail.relief import Detail, DetailConfig, add_detail
from recon.errors import UserError
from recon.evaluate.known_relief import ball, bumps, face_patch, mottled, photograph, subdivided, wrinkles
from recon.evaluate.metrics.relief import correlation, normal_angles_deg, rms
from recon.evaluate.results import Figure, Measure, Result
from recon.evaluate.settings import DetailSettings as Settings
from recon.faces import load
from recon.geometry.cameras import Camera
from recon.geometry.parameterization import boundary_loops
from recon.geometry.surfaces import vertex_normals
from recon.progress import tracked
from recon.render.irradiance import from_side, irradiance

LIGHTS = {
    "diffuse": from_side(0, 0.0),
    "front": from_side(0, 0.5),
    "side 30": from_side(30, 0.5),
    "side 60": from_side(60, 0.5),
    "side 60, hard": from_side(60, 0.9),
}
MEASURES = {
    "correlation": Measure("correlation"),
    "correlation_mottled": Measure("mottled"),
    "true_mm": Measure("true relief, rms", "mm"),
    "added_mm": Measure("added", "mm"),
    "smooth_deg": Measure("normals off, smooth", "deg"),
    "detailed_deg": Measure("detailed", "deg"),
    "detailed_mottled_deg": Measure("detailed, mottled", "deg"),
    "flat_mm": Measure("added where flat", "mm"),
    "flat_mottled_mm": Measure("where flat and mottled", "mm"),
}
FINER = 3  # subdivisions of the truth; the detailed mesh has one or two
SPREAD, CLEAR_MM, WELL_SEEN = 0.05, 6.0, 0.9
BALL_SIZE, FACE_SIZE = 512, 768  # px


class Subject(NamedTuple):
    name: str
    vertices: np.ndarray  # (n, 3) mm, what `add_detail` is given, with
    triangles: np.ndarray  # (f, 3)
    camera: Camera
    smooth: np.ndarray  # (m, 3) mm, the same surface finer
    faces: np.ndarray  # (k, 3)
    height: np.ndarray  # (m,) mm of relief
    allowed: np.ndarray  # (n,)

    def true(self) -> np.ndarray:
        """(m, 3) mm with relief."""
        return self.smooth + self.height[:, None] * normals_of(self.smooth, self.faces)


def run(settings: Settings) -> Result:
    """Light, photograph, add detail, score: each surface in each light."""
    if settings.reconstruction.detail is None:
        raise UserError("--reconstruction.detail null adds nothing to score: give a method")
    method = settings.reconstruction.detail.method
    paper = f", by the paper's {method.replace('_', ' ')}" if method.startswith("equation") else ""
    cases = [(subject, light) for subject in subjects() for light in LIGHTS]
    figures: list[Figure] = []
    for subject, light in tracked(cases, "surfaces and lights"):
        scores, count = score(subject, light, settings)
        group = f"{subject.name}, {light}"
        figures += [Figure(name, *measure, scores[name], count, group=group) for name, measure in MEASURES.items()]
    return Result(
        title="Fine detail against known relief" + paper,
        protocol="detail",
        settings=to_plain(settings),
        figures=tuple(figures),
        notes=(
            "n is the number of the detailed mesh's vertices that are well seen and 6 mm from a border; one surface "
            "each, so no interval. The photos have noise of 1/255.",
            "Where flat: the smooth surface photographed, without relief.",
        ),
    )


def subjects() -> Iterator[Subject]:
    """The four surfaces."""
    vertices, triangles = ball(20.0)
    smooth, faces = subdivided(vertices, triangles, FINER)
    camera, everywhere = Camera.from_fov(4.2, BALL_SIZE), np.ones(len(vertices))
    for name, raised in (("bumps and pits", 0.5), ("pits", 0.0)):
        yield Subject(name, vertices, triangles, camera, smooth, faces, bumps(smooth, 250, 1, raised), everywhere)
    for name, above_mm, fov_deg, count in (("wrinkled forehead", 20.0, 13.5, 22), ("wrinkled face", -np.inf, 17.0, 60)):
        vertices, triangles = face_patch(load("default"), above_mm)
        smooth, faces = subdivided(vertices, triangles, FINER)
        height = wrinkles(smooth, normals_of(smooth, faces), count, 1)
        border = np.concatenate(boundary_loops(triangles))
        clear = (KDTree(vertices[border]).query(vertices)[0] > CLEAR_MM).astype(float)
        yield Subject(name, vertices, triangles, Camera.from_fov(fov_deg, FACE_SIZE), smooth, faces, height, clear)


def score(subject: Subject, light: str, settings: Settings) -> tuple[dict[str, float], int]:
    """The measures of MEASURES, and the number of vertices that they are taken over."""
    true, paint = subject.true(), mottled(subject.smooth, SPREAD, 3)
    lit = irradiance(true, subject.faces, LIGHTS[light], settings.rays)
    bare = irradiance(subject.smooth, subject.faces, LIGHTS[light], settings.rays)
    config = settings.reconstruction.detail or DetailConfig()

    def detailed(vertices: np.ndarray, radiance: np.ndarray) -> Detail:
        image = photograph(vertices, subject.faces, radiance, subject.camera)
        return add_detail(subject.vertices, subject.triangles, image, subject.camera, config, subject.allowed)

    clean, painted = detailed(true, lit), detailed(true, lit * paint)
    flat, flat_painted = detailed(subject.smooth, bare), detailed(subject.smooth, bare * paint)
    count, seen = len(clean.vertices), clean.visible > WELL_SEEN  # its vertices are the first of the truth's
    height, right = subject.height[:count][seen], normals_of(true, subject.faces)[:count]

    def off_deg(vertices: np.ndarray) -> float:
        return float(normal_angles_deg(vertices, clean.triangles, right)[seen].mean())

    scores = {
        "correlation": correlation(height, clean.displacement_mm[seen]),
        "correlation_mottled": correlation(height, painted.displacement_mm[seen]),
        "true_mm": rms(height),
        "added_mm": rms(clean.displacement_mm[seen]),
        "smooth_deg": off_deg(clean.smooth),
        "detailed_deg": off_deg(clean.vertices),
        "detailed_mottled_deg": off_deg(painted.vertices),
        "flat_mm": rms(flat.displacement_mm[seen]),
        "flat_mottled_mm": rms(flat_painted.displacement_mm[seen]),
    }
    return scores, int(seen.sum())


def normals_of(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    return vertex_normals(torch.from_numpy(vertices), torch.from_numpy(triangles)).numpy()
