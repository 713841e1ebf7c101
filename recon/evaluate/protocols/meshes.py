"""The protocol on meshes of photos: do they land on points that people or detectors put there?

The found face of each photo is registered without a hand; its vertices are projected into the photo. One photo is one
person.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recon.configuration import to_plain
from recon.errors import UserError
from recon.evaluate.metrics.points import offsets_percent, residual_percent
from recon.evaluate.networks import digests, open_network
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.settings import MeshesSettings as Settings
from recon.evaluate.webmorph import OUTER_EYES, POINTS, read_webmorph
from recon.faces import load
from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor
from recon.people.template import template_of
from recon.photos.folder import find_images
from recon.photos.points import read_points
from recon.photos.reading import Unusable, read_photo
from recon.photos.region import region_of
from recon.progress import tracked
from recon.reconstruction.face_finder import find_faces
from recon.reconstruction.pipeline import ReconstructionConfig, reconstruct_face
from recon.reconstruction.results import project

MEASURES = {
    "mesh": Measure("photos that gave a mesh", "%"),
    "near": Measure("photos whose points it meets", "%"),
    "error": Measure("error", "% of the eye distance"),
    "residual": Measure("residual", "% of the eye distance"),
}


class Marked(NamedTuple):
    """points: file -> (k, 2) px. vertices: (k,) ids of the same meaning. eyes: the two whose distance is the unit."""

    points: dict[Path, np.ndarray]
    vertices: np.ndarray
    eyes: tuple[int, int]


def run(settings: Settings) -> Result:
    """Find, reconstruct, project, score."""
    network, model = open_network(settings.network, settings.mirrored), load("default")
    marked = webmorph(settings, model) if settings.kind == "webmorph" else five(settings, model)
    step = max(1, len(marked.points) // settings.count)
    files = list(marked.points)[settings.first :: step][: settings.count]
    if len(files) < 2:
        raise UserError(f"{settings.folder} has {len(files)} photos with points: give a folder with two or more")
    values: list[dict[str, Any]] = []
    for file in tracked(files, "meshes"):
        value: dict[str, Any] = {"photo": file.name, "mesh": 0.0, "near": 0.0, "error": np.nan, "residual": np.nan}
        true = marked.points[file]
        unit = float(np.linalg.norm(true[marked.eyes[1]] - true[marked.eyes[0]]))
        try:
            found = vertices_in_photo(file, true[list(marked.eyes)].mean(0), network, model)[marked.vertices]
            offsets = offsets_percent(found, true, unit)
            error = float(np.linalg.norm(offsets, axis=-1).mean())
            near = 100.0 * (error <= settings.near_percent)
            value |= {"mesh": 100.0, "near": near, "error": error, "offsets": offsets}
        except Unusable as reason:
            value["reason"] = str(reason)
        values.append(value)
    made = [value for value in values if value["mesh"]]
    if len(made) > 1:
        for value, residual in zip(made, residual_percent(np.stack([v["offsets"] for v in made])), strict=True):
            value["residual"] = float(residual)
    return Result(
        title=f"Meshes of photos against {'14 hand-placed' if settings.kind == 'webmorph' else 'five known'} points",
        protocol="meshes",
        settings=to_plain(settings),
        figures=figures_of(values, MEASURES),
        notes=(
            f"A mesh meets a photo's points where its mean error is at most {settings.near_percent:g} %; a photo "
            "without a mesh does not count as met. Error: mean distance of the points, over the photos with a mesh.",
            "Residual: the same after each point's mean offset, fitted on the other half of the people, is taken off.",
        ),
        weights=digests(settings.network),
        values=values,
    )


def webmorph(settings: Settings, model: FaceModel) -> Marked:
    files = [file for file in sorted(settings.folder.glob("*.jpg")) if file.with_suffix(".pts").is_file()]
    points = {file: read_webmorph(file.with_suffix(".pts"))[list(POINTS.values())] for file in files}
    left, right = (list(POINTS).index(point) for point in OUTER_EYES)
    return Marked(points, model.landmarks[list(POINTS)].numpy(), (left, right))


def five(settings: Settings, model: FaceModel) -> Marked:
    table = read_points(settings.points or settings.folder.parent / "faces.csv")
    points = {file: table[file.name] for file in find_images(settings.folder) if file.name in table}
    return Marked(points, five_vertices(model), (0, 1))


def five_vertices(model: FaceModel) -> np.ndarray:
    """Vertex ids of the pupils, the nose's tip and the mouth's corners, left in the image first."""
    angle = template_of(model).fields["optical_deg"].numpy()
    side = model.mean[:, 0].numpy()
    pupils = [int(np.where((angle > 0) & (side * sign > 0), angle, np.inf).argmin()) for sign in (-1, 1)]
    return np.array([*pupils, *model.landmarks[[30, 48, 54]].tolist()])


def vertices_in_photo(file: Path, eyes_middle: np.ndarray, network: Reconstructor, model: FaceModel) -> np.ndarray:
    """(n, 2) px: all of the registered template's vertices, of the found face whose eyes are nearest to `eyes_middle`.

    Raises:
        Unusable: there is no face in the photo, or no mesh of it.
    """
    photo = read_photo(file)
    faces = find_faces(photo, network, model)
    face = min(faces, key=lambda one: float(np.linalg.norm(one.framing.middle - eyes_middle)))
    result = reconstruct_face(region_of(photo, face.framing), face, model, ReconstructionConfig(detail=None))
    return project(result, result.vertices)
