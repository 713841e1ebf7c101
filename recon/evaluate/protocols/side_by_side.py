"""Networks side by side in one run: the same renders, the same photos, one core.

Each is asked about the same crops. Its mesh, landmarks and maps are scored as `renders` and `dense_nme` do; beside it
stand what its method's mean answer scores, which knows no image, and the mean face at the true pose.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recon.configuration import read_config, to_plain
from recon.errors import UserError
from recon.evaluate import held_out
from recon.evaluate.answers import in_image, landmarks_of, mesh_of, settled_depth
from recon.evaluate.metrics.nme import box_side, nme
from recon.evaluate.networks import open_network, predict_images
from recon.evaluate.protocols import dense_nme, landmarks_2d, renders, scan_views
from recon.evaluate.readers.textured_mesh import load_scan
from recon.evaluate.results import Figure, Measure, Result, figures_of
from recon.evaluate.settings import SideBySideSettings as Settings
from recon.evaluate.webmorph import Photo, load_framed
from recon.evaluate.yardsticks import blind_answers, mean_face
from recon.faces import load
from recon.methods.base import FaceGeometry, Reconstructor
from recon.methods.pretrained import digest, weights_file
from recon.processes import one_thread
from recon.progress import tracked
from recon.reconstruction.networks import kind_of
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig

SCAN = Measure("a scan's depth", "of the mean face's error")
PHOTOS = {"photos": Measure("points of photos", "% of the outer eye distance")}
TIMES = {
    "network_ms": Measure("network", "ms of one core"),
    "mesh_ms": Measure("network and mesh", "ms of one core"),
}
RENDERS = {
    "depth": Measure("renders: depth", "% of the range"),
    "correspondence_mm": Measure("correspondence, median", "mm"),
    "landmarks": Measure("68 points, 3D", "% of their box"),
}
DENSE = {"dense": Measure("every vertex, 3D", "% of the box")}
ICT = {f"ict_{name}": Measure(f"ICT's heads, {label}", unit) for name, (label, unit) in RENDERS.items()}
SHARE = Measure("every vertex, of the mean answer's error")
MEAN_FACE, BLIND_SEED = "mean face at the true pose", 1  # added to the seed: other people than those that are scored


def run(settings: Settings) -> Result:
    """Draw once; ask each network about everything."""
    networks = dict(zip(labels_of(settings.networks), map(_opened, settings.networks), strict=True))
    scene = read_config(SceneConfig, settings.scene)
    default, count, size = load("default"), settings.count, settings.size
    ict = None if settings.ict is None else load(f"ict:{settings.ict}")
    views = None if settings.scan is None else scan_views.render_views(load_scan(settings.scan), default, size)
    photos = None if settings.photos is None else load_framed(settings.photos, size)
    blind = {}
    if settings.blind:
        drawn = held_out.drawn_records(default, settings.blind, size, settings.seed + BLIND_SEED, scene)
        means = blind_answers(list(networks.values()), tracked(drawn, "records of the mean", settings.blind))
        blind = {f"{label}: mean answer": one for label, one in zip(networks, means, strict=True) if one is not None}
    asked = {**networks, **blind}
    records = held_out.drawn_records(default, count, size, settings.seed, scene)
    values = score_all(asked, tracked(records, "renders", count), "")
    if ict is not None:
        others = held_out.drawn_records(ict, count, size, settings.seed, scene)
        values += score_all(asked, tracked(others, "renders of ICT's heads", count), "ict_")
    figures: list[Figure] = []
    for label in (*asked, MEAN_FACE):
        network = asked.get(label)
        kept = [value for value in values if value["who"] == label]
        if network is not None and views is not None:
            figures.append(scan_figure(network, views, label))
        if network is not None and photos is not None:
            figures += photo_figures(network, photos, label)
        measures = {**(TIMES if label in networks else {}), **(ICT if ict else {}), **RENDERS, **DENSE}
        figures += [one for name in measures for one in figures_of(having(kept, name), {name: measures[name]}, label)]
    missed = {label: sum(not value["found"] for value in values if value["who"] == label) for label in asked}
    pairs = [(label, f"{label}: mean answer") for label in networks]
    figures += [share_figure(figures, *pair) for pair in pairs if pair[1] in blind and not missed[pair[1]]]
    return Result(
        title="Networks side by side",
        protocol="side_by_side",
        settings=to_plain(settings),
        figures=tuple(figures),
        notes=(
            f"{count} renders of {size} px, one person each; scored as `renders` and `dense_nme` do.",
            f"Mean answer: the mean map or volume of {settings.blind} other renders, whatever the image. Mean face: "
            "laid on the true landmarks by the best similarity.",
            "A share of the mean answer's error is left out where that answer shows no face.",
            "Times: of one core, from the crop at the network's size to its own answer, and to a mesh in the face "
            "model's vertices (of a network that gives maps alone by registration).",
            "No face found: " + "; ".join(f"{label} {number}" for label, number in missed.items()) + ".",
        ),
        weights={label: digest(weights_file(place)) for label, place in zip(networks, settings.networks, strict=True)},
        values=values,
    )


def labels_of(files: Sequence[Path]) -> list[str]:
    """What the networks of these files are called: method, variant, file, size.

    Raises:
        UserError: none is given, or one twice.
    """
    if not files:
        raise UserError("no networks to set side by side: give --networks '[FILE, FILE]'")
    labels = []
    for place in files:
        network, file = open_network(place, False), weights_file(place)
        labels.append(f"{kind_of(network)} ({file.parent.name}/{file.stem}, {file.stat().st_size / 1e6:.1f} MB)")
    if len(set(labels)) < len(labels):
        raise UserError("--networks names the same file twice: name each once")
    return labels


def score_all(networks: Mapping[str, Reconstructor], records: Iterable[Record], prefix: str) -> list[dict[str, Any]]:
    """Of each record and each network, and of the mean face: who, found, and the measures with `prefix`."""
    default, values = load("default"), []
    with one_thread():
        for record in records:
            if record.mask.sum() < renders.SMALLEST_FACE_PX:
                continue
            for who, network in networks.items():
                if not any(value["who"] == who for value in values):
                    mesh_of(predict_images(network, record.rgb[None]), 0)  # what is made once is no part of the time
                began = time.process_time()
                geometry = predict_images(network, record.rgb[None])
                answered = time.process_time()
                mesh = mesh_of(geometry, 0)
                times = {"network_ms": answered - began, "mesh_ms": time.process_time() - began}
                scores = scored(geometry, record, prefix)
                if record.model == default.name:
                    scores["dense"] = dense_nme.score(mesh, geometry.ambiguity, record, default)["dense_3d"]
                    scores |= {name: 1000 * seconds for name, seconds in times.items()}
                values.append({"who": who, "index": record.index, "found": mesh is not None, **scores})
            ideal = mean_face(record, default)
            scores = scored(ideal, record, prefix)
            if record.model == default.name:
                scores["dense"] = dense_nme.score(mesh_of(ideal, 0), "scale", record, default)["dense_3d"]
            values.append({"who": MEAN_FACE, "index": record.index, "found": True, **scores})
    return values


def scored(geometry: FaceGeometry, record: Record, prefix: str) -> dict[str, float]:
    """RENDERS of one answer, their names after `prefix`."""
    maps = renders.score_record(geometry, 0, record, load("default").canonical_box_mm.numpy())
    true, points = in_image(record.landmarks_mm.astype(np.float64), record.landmarks_px), landmarks_of(geometry, 0)
    marks = dense_nme.NOT_FOUND
    if points is not None:
        marks = 100 * nme(settled_depth(points, true, geometry.ambiguity), true, box_side(true))
    found = (maps["depth_mean"], maps["correspondence_median_mm"], marks)
    return {prefix + name: value for name, value in zip(RENDERS, found, strict=True)}


def having(values: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Those that say `name`."""
    return [value for value in values if name in value]


def scan_figure(network: Reconstructor, views: list[scan_views.View], group: str) -> Figure:
    """Mean depth error on the scan's views over the mean face's, as `scan_views` has it."""
    values = scan_views.score_views(network, views)
    ours, mean = (float(np.mean([value[name] for value in values])) for name in ("network_mm", "mean_face_mm"))
    return Figure("scan", *SCAN, ours / mean, len(values), group=group)


def photo_figures(network: Reconstructor, photos: list[Photo], group: str) -> tuple[Figure, ...]:
    """Mean error of the hand-placed points, as `landmarks_2d` has it."""
    found = landmarks_2d.score_photos(network, photos, load("default"))
    means = [{"photos": float(np.mean(list(value["error"].values())))} for value in found]
    return figures_of(means, PHOTOS, group)


def share_figure(figures: Sequence[Figure], label: str, blind: str) -> Figure:
    """Every vertex's error over that of the method's mean answer."""
    dense = {figure.group: figure for figure in figures if figure.name == "dense"}
    return Figure("share", *SHARE, dense[label].value / dense[blind].value, dense[label].n, group=label)


def _opened(place: Path) -> Reconstructor:
    return open_network(place, False)
