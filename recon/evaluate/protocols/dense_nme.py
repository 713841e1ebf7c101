"""The protocol of dense alignment and reconstruction (PRNet, sections 4.2 and 4.3) on renders whose vertices are known.

Dense: each vertex of the face, hidden ones too, from its own place, in 2D and 3D, over the root of the area of the
vertices' box. Reconstruction: closest points for pairs only, over the outer interocular distance (VRN's measure). PRNet
took 45 thousand points of the Basel model fitted to AFLW2000-3D; these are the default model's, one drawn person each.
"""

from __future__ import annotations

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
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.self_grade import GradedHead, self_grade
from recon.evaluate.settings import DenseSettings as Settings
from recon.evaluate.sitting import eyes_apart
from recon.faces import load
from recon.faces.model import FaceModel
from recon.geometry.cameras import Camera
from recon.methods.base import Ambiguity
from recon.progress import tracked
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig

MEASURES = {
    "dense_2d": Measure("dense, 2D", "% of the box"),
    "dense_3d": Measure("dense, 3D", "% of the box"),
    "reconstruction": Measure("reconstruction", "% of the outer interocular distance"),
}
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
        values.append({"index": record.index, **score(mesh_of(geometry, 0), geometry.ambiguity, record, model)})
    missed = sum(not value["found"] for value in values)
    curves = {measure.label: np.array([value[name] for value in values]) for name, measure in MEASURES.items()}
    return Result(
        title="Every vertex of the face on held-out renders" + (", looking twice" if settings.mirrored else ""),
        protocol="dense_nme",
        settings=to_plain(settings),
        figures=figures_of(values, MEASURES),
        notes=(
            f"{len(values)} renders of {settings.size} px; without a face found {missed}, which count {NOT_FOUND:g} %.",
            "The mesh of a method that gives maps is the template registered to them, with its hidden side.",
        ),
        weights=digests(settings.network),
        values=values,
        pictures={"ced": ced_picture(curves, "%", CURVE_PERCENT)},
        self_grade=self_grade(graded_figure, aligned=False, count=settings.graded),
    )


def score(mesh: PlacedMesh | None, ambiguity: Ambiguity, record: Record, model: FaceModel) -> dict[str, Any]:
    """Whether a face was found, and the measures of MEASURES."""
    if mesh is None:
        return {"found": False, **dict.fromkeys(MEASURES, NOT_FOUND)}
    if mesh.topology != record.model:
        raise UserError(f"the network's meshes are of '{mesh.topology}', whose vertices are not the renders' own")
    true = true_places(record)
    face = np.unique(model.triangles.numpy()[model.face.numpy()])
    unit, apart = box_side(true[face]), eyes_apart(true[model.landmarks.numpy()])
    found = settled_depth(mesh.in_image[face], true[face], ambiguity)
    return {
        "found": True,
        "dense_2d": 100 * nme(found[:, :2], true[face, :2], unit),
        "dense_3d": 100 * nme(found, true[face], unit),
        "reconstruction": 100 * reconstruction_nme(found, true[face], apart)[0],
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
