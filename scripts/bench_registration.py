#!/usr/bin/env python3
"""Our registration against trimesh's nricp_amberg and nricp_sumner: python scripts/bench_registration.py --count 3

The same for all: the skin of the face region as template, the mesh of a render's true maps as target, one process for
each method with one thread, times of the registration alone. The first face warms the process up and is not counted.
The peers start from the template after our affine and model fits, which they lack, and are given the true places of the
landmarks that are seen; ours takes neither, and its time holds the fits. Each peer runs at its defaults and at a
setting tuned for these faces. Medians over faces. The peers need rtree installed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch
import trimesh

from recon.evaluate.held_out import drawn_records
from recon.evaluate.protocols.registration import score_registration
from recon.evaluate.results import Figure, Measure, Result
from recon.faces.default import load_default
from recon.faces.model import REGIONS, FaceModel
from recon.registration.affine import ransac_affine
from recon.registration.map_mesh import MapMesh, map_to_mesh
from recon.registration.matches import Target
from recon.registration.model_fit import fit_model
from recon.registration.parts import pieces_of
from recon.registration.register import register
from recon.synthesis.record import Record

# Softer at the end than the defaults, which leave the surface some tenths of a mm away; landmarks hold to the end.
AMBERG_TUNED = [[0.01, 10, 0.5, 10], [0.005, 5, 0.5, 10], [0.002, 2, 0.5, 10], [0.001, 1, 0.0, 10]]
SUMNER_TUNED = [[1, 0.001, 1, 1000, 0], [10, 0.001, 1, 1000, 0], [100, 0.001, 1, 1000, 0], [1000, 0.001, 1, 100, 0]]


@dataclass(frozen=True)
class Task:
    """What a method is given: the target, the template and, for the peers, a start and landmarks (ids, places)."""

    target: MapMesh
    template: FaceModel
    start: np.ndarray
    landmarks: np.ndarray
    places: np.ndarray


def ours(task: Task) -> np.ndarray:
    return register(task.target, task.template).vertices


def peer(name: str, steps: list[list[float]] | None, task: Task) -> np.ndarray:
    source = trimesh.Trimesh(task.start, task.template.triangles.numpy(), process=False)
    target = trimesh.Trimesh(task.target.vertices, task.target.triangles, process=False)
    method = getattr(trimesh.registration, name)
    return method(source, target, source_landmarks=task.landmarks, target_positions=task.places, steps=steps)


MEASURES = {
    "surface_mm": Measure("surface", "mm"),
    "vertex_mm": Measure("correspondence", "mm"),
    "seconds": Measure("time", "s"),
    "cpu_seconds": Measure("of processor", "s"),
    "memory_mib": Measure("memory, more", "MiB"),
}
Costs = tuple[float, ...]  # in the order of MEASURES
METHODS = {
    "ours": ours,
    "nricp_amberg": partial(peer, "nricp_amberg", None),
    "nricp_amberg, tuned": partial(peer, "nricp_amberg", AMBERG_TUNED),
    "nricp_sumner": partial(peer, "nricp_sumner", None),
    "nricp_sumner, tuned": partial(peer, "nricp_sumner", SUMNER_TUNED),
}


def measured(method: str, task: Task) -> tuple[np.ndarray, float, float, float]:
    """Vertices, seconds, seconds of processor, MiB by which the process grew at its peak (read from /proc: Linux)."""
    torch.set_num_threads(1)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of what was imported
    before = resident_mib("VmRSS")
    began, busy = time.perf_counter(), time.process_time()
    vertices = METHODS[method](task)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    return vertices, seconds, busy, resident_mib("VmHWM") - before


def resident_mib(which: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which)) / 1024


def skin_of_face(model: FaceModel) -> tuple[FaceModel, np.ndarray]:
    """The template that all are given, and the ids of its vertices in the whole model."""
    triangles, face = model.triangles.numpy(), model.face.numpy()
    skin = pieces_of(triangles, len(model.mean), np.unique(triangles[face]))[0]
    kept = triangles[face & np.isin(triangles[:, 0], skin)]
    ids, local = np.unique(kept, return_inverse=True)
    template = replace(
        model,
        mean=model.mean[ids],
        identity_basis=model.identity_basis[:, ids],
        expression_basis=model.expression_basis[:, ids],
        triangles=torch.from_numpy(local.reshape(-1, 3).astype(np.int32)),
        canonical=model.canonical[ids],
        face=torch.ones(len(kept), dtype=torch.bool),
        landmarks=torch.from_numpy(np.flatnonzero(np.isin(ids, model.landmarks.numpy()))),
    )
    return template, ids


def task_of(record: Record, model: FaceModel, template: FaceModel, ids: np.ndarray) -> Task:
    target = map_to_mesh(record.position_mm, record.correspondence, record.mask)
    mean, canonical = template.mean.double().numpy(), template.canonical.double().numpy()
    low, high = template.canonical_box_mm.double().numpy()
    matches = Target(target, canonical, np.arange(len(mean)), high - low).embedded
    affine, _ = ransac_affine(mean[matches.kept], matches.places[matches.kept])
    order = {int(vertex): i for i, vertex in enumerate(ids)}
    seen = [mark for mark in np.flatnonzero(record.landmarks_visible) if int(model.landmarks[mark]) in order]
    landmarks = np.array([order[int(model.landmarks[mark])] for mark in seen])
    shape, affine = fit_model(template, matches.places, matches.kept, affine)
    return Task(target, template, affine(shape), landmarks, record.landmarks_mm[seen].astype(np.float64))


def costs_of(methods: list[str], cases: list[tuple[Record, Task]], template: FaceModel) -> dict[str, list[Costs]]:
    """The figures of each method on each case; the first warms the process up."""
    figures: dict[str, list[Costs]] = {method: [] for method in methods}
    for method in methods:  # one after the other: what waits for the others' turn grows cold
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            for record, task in cases:
                vertices, *costs = process.submit(measured, method, task).result()
                score = score_registration(np.asarray(vertices), record, template)
                figures[method].append((score["surface_mean_mm"], score["vertex_mean_mm"], *costs))
                print(record.index, method, *(f"{x:.3f}" for x in figures[method][-1]), flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3, help="faces")
    parser.add_argument("--first", type=int, default=0, help="index of the one before them, which warms up")
    parser.add_argument("--seed", type=int, default=404, help="of the renders")
    parser.add_argument("--size", type=int, default=256, metavar="PX")
    parser.add_argument("--subdivisions", type=int, default=1, choices=(0, 1), help="of the default model")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where bench_registration.json is written")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    args = parser.parse_args()

    model = load_default(args.subdivisions)
    template, ids = skin_of_face(model)
    cases = []
    for record in list(drawn_records(model, args.first + args.count + 1, args.size, args.seed))[args.first :]:
        skin = record.mask & (record.region != REGIONS.index("eyes"))
        record = replace(record, mask=skin, vertices_mm=record.vertices_mm[ids])
        cases.append((record, task_of(record, model, template, ids)))
    figures = costs_of(args.methods, cases, template)
    result = Result(
        title="Registration beside trimesh's",
        protocol="bench_registration",
        settings={key: getattr(args, key) for key in ("count", "first", "seed", "size", "subdivisions", "methods")},
        figures=tuple(
            Figure(name, *measure, statistics.median(values), args.count, group=method)
            for method, rows in figures.items()
            for (name, measure), values in zip(MEASURES.items(), zip(*rows[1:], strict=True), strict=True)
        ),
        notes=(
            f"{len(template.mean)} vertices, maps of {args.size} px, one thread; medians over faces.",
            f"The machine's load at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        ),
    )
    print(result.markdown())
    if args.out:
        result.write(args.out, "bench_registration", ["python", "scripts/bench_registration.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
