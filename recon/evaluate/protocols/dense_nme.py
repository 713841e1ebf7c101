"""The protocol of dense alignment and reconstruction (PRNet, sections 4.2 and 4.3) on renders whose vertices are known.

Dense: each vertex of the face, hidden ones too, from its own place, in 2D and 3D, over the root of the area of the
vertices' box. Reconstruction: closest points for pairs only, over the outer interocular distance (VRN's measure); and
the shape alone, the vertices' own pairs after the best similarity, over the same. PRNet took 45 thousand points of the
Basel model fitted to AFLW2000-3D; these are the default model's.

Rows by yaw; of a scene file whose factors vary the expression or the yaw, a row for each (VRN's effects of pose and of
expression). Intervals are over people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from recon.configuration import read_config, to_plain
from recon.errors import UserError
from recon.evaluate.answers import PlacedMesh, in_image, mesh_of, settled_depth
from recon.evaluate.curves import ced_picture
from recon.evaluate.held_out import drawn_records
from recon.evaluate.metrics.nme import box_side, nme, reconstruction_nme
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.results import Figure, Measure, Result, figures_of, per_person
from recon.evaluate.self_grade import GradedHead, self_grade
from recon.evaluate.settings import DenseSettings as Settings
from recon.evaluate.sitting import eyes_apart
from recon.faces import load
from recon.faces.model import FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.similarity import fit_similarity
from recon.methods.base import Ambiguity
from recon.progress import tracked
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig

MEASURES = {
    "landmarks": Measure("68 points, 3D", "% of their box"),
    "dense_2d": Measure("dense, 2D", "% of the box"),
    "dense_3d": Measure("dense, 3D", "% of the box"),
    "reconstruction": Measure("reconstruction", "% of the outer interocular distance"),
    "shape": Measure("shape alone", "% of the same"),
}
YAWS_DEG = (30.0, 60.0, 90.0)  # upper ends of the ranges
NOT_FOUND = 100.0  # per cent, each error of an image in which no face is found
CURVE_PERCENT = 10.0


def run(settings: Settings) -> Result:
    """Draw, render, predict, score."""
    network, model = open_network(settings.network, settings.mirrored), load("default")
    scene = read_config(SceneConfig, settings.scene)
    records = drawn_records(model, settings.count, settings.size, settings.seed, scene)
    values = []
    for record in tracked(records, "renders", settings.count):
        geometry = predict_images(network, record.rgb[None])
        found = score(mesh_of(geometry, 0), geometry.ambiguity, record, model)
        person, shot = divmod(record.index, scene.shots)
        cell = scene.factors.cells[shot % len(scene.factors.cells)]
        drawn = {"yaw_deg": yaw_of(record), "expression": cell.expression, "factor_yaw_deg": cell.yaw_deg}
        values.append({"index": record.index, "person": person, **drawn, **found})
    missed = sum(not value["found"] for value in values)
    curves = {measure.label: np.array([value[name] for value in values]) for name, measure in MEASURES.items()}
    of = "".join(f", {place.parent.name}/{place.stem}" for place in (settings.scene, settings.network) if place)
    return Result(
        title=f"Every vertex of the face on held-out renders{of}" + (", looking twice" if settings.mirrored else ""),
        protocol="dense_nme",
        settings=to_plain(settings),
        figures=figures(values),
        notes=(
            f"{len(values)} renders of {settings.size} px; without a face found {missed}, which count {NOT_FOUND:g} %.",
            "The mesh of a method that gives maps is the template registered to them, with its hidden side.",
            "Only the shape alone is aligned; of all others depth's shift, which no method knows.",
        ),
        weights=digests(settings.network),
        values=values,
        pictures={"ced": ced_picture(curves, "%", CURVE_PERCENT)},
        self_grade=self_grade(graded_figure, aligned=False, count=settings.graded),
    )


def figures(values: Sequence[Mapping[str, Any]]) -> tuple[Figure, ...]:
    """A row for all renders, for each range of |yaw| that has some, and for each value of the scene's factors."""
    rows = {"all": list(values)}
    if len({value["factor_yaw_deg"] for value in values}) > 1:
        for yaw in dict.fromkeys(value["factor_yaw_deg"] for value in values):
            rows[f"yaw {yaw:g}"] = [value for value in values if value["factor_yaw_deg"] == yaw]
    else:
        for low, high in pairwise((0.0, *YAWS_DEG)):
            kept = [value for value in values if low <= abs(value["yaw_deg"]) < high]
            rows |= {f"yaw {low:g} to {high:g}": kept} if kept else {}
    for expression in dict.fromkeys(value["expression"] for value in values):
        kept = [value for value in values if value["expression"] == expression]
        rows |= {str(expression): kept} if expression is not None else {}
    shown = {row: kept for row, kept in rows.items() if row == "all" or len(kept) < len(values)}
    return tuple(
        figure for row, kept in shown.items() for figure in figures_of(per_person(kept, MEASURES), MEASURES, row)
    )


def yaw_of(record: Record) -> float:
    """Degrees, as the scene was drawn."""
    return float(json.loads(record.scene)["yaw_deg"])


def score(mesh: PlacedMesh | None, ambiguity: Ambiguity, record: Record, model: FaceModel) -> dict[str, Any]:
    """Whether a face was found, and the measures of MEASURES."""
    if mesh is None:
        return {"found": False, **dict.fromkeys(MEASURES, NOT_FOUND)}
    if mesh.topology != record.model:
        raise UserError(f"the network's meshes are of '{mesh.topology}', whose vertices are not the renders' own")
    true = true_places(record)
    face, marks = np.unique(model.triangles.numpy()[model.face.numpy()]), model.landmarks.numpy()
    unit, apart = box_side(true[face]), eyes_apart(true[marks])
    found = settled_depth(mesh.in_image[face], true[face], ambiguity)
    points = settled_depth(mesh.in_image[marks], true[marks], ambiguity)
    return {
        "found": True,
        "landmarks": 100 * nme(points, true[marks], box_side(true[marks])),
        "dense_2d": 100 * nme(found[:, :2], true[face, :2], unit),
        "dense_3d": 100 * nme(found, true[face], unit),
        "reconstruction": 100 * reconstruction_nme(found, true[face], apart)[0],
        "shape": 100 * nme(fit_similarity(found, true[face])(found), true[face], apart),
    }


def true_places(record: Record) -> np.ndarray:
    """(n, 3) places in the image of a record's vertices, see `recon.evaluate.answers`."""
    u, v = record.centre_px.tolist()
    camera = Camera(record.focal_px, (u, v), record.mask.shape[0])
    pixels = camera.project(torch.from_numpy(record.vertices_mm + record.origin_mm)).numpy()
    return in_image(record.vertices_mm.astype(np.float64), pixels.astype(np.float64))


def graded_figure(head: GradedHead) -> float:
    """The 3D figure."""
    return nme(settled_depth(head.found, head.true, "scale"), head.true, box_side(head.true))
