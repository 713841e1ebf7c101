#!/usr/bin/env python3
"""Do the meshes of real photos land on points that people or detectors put there?

    scripts/evaluate_meshes --webmorph DIR      photos (.jpg) with 189 points each (.pts), as the London set has them
    scripts/evaluate_meshes --five DIR --points faces.csv --count 100

The found face of each photo is registered without a hand; its vertices are projected into the photo. Error: mean
distance in per cent of the eye distance (of the outer eye corners with webmorph's points). Residual: the same after
taking off each point's mean offset, fitted on the other half of the people.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from recon.evaluate.protocols.photos import OUTER_EYES, POINTS, read_webmorph
from recon.faces import load
from recon.faces.model import FaceModel
from recon.people.template import template_of
from recon.photos.folder import find_images, read_points
from recon.photos.reading import Unusable, read_photo
from recon.reconstruction.face_finder import find_faces
from recon.reconstruction.networks import bundled_network
from recon.reconstruction.pipeline import ReconstructionConfig, reconstruct_face
from recon.reconstruction.results import project

NEAR_PERCENT = 8.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--webmorph", type=Path, metavar="DIR")
    parser.add_argument("--five", type=Path, metavar="DIR")
    parser.add_argument("--points", type=Path, metavar="CSV")
    parser.add_argument("--count", type=int, default=100, help="photos, evenly from the folder (default: 100)")
    args = parser.parse_args()
    model = load("default")
    if args.webmorph:
        ids = model.landmarks[list(POINTS)].numpy()
        files = sorted(args.webmorph.glob("*.jpg"))
        tables = {file: read_webmorph(file.with_suffix(".pts")) for file in files}
        outer = [list(POINTS).index(point) for point in OUTER_EYES]
        points = {file: table[list(POINTS.values())] for file, table in tables.items()}
        report("webmorph", points, ids, outer, model, args.count)
    if args.five:
        table = read_points(args.points or args.five.parent / "faces.csv")
        points = {file: table[file.name] for file in find_images(args.five) if file.name in table}
        report("five points", points, five_vertices(model), [0, 1], model, args.count)


def report(
    name: str, points: dict[Path, np.ndarray], ids: np.ndarray, eyes: list[int], model: FaceModel, count: int
) -> None:
    """points: file -> (k, 2) px; ids: (k,) vertices of the same meaning; eyes: the two whose distance is the unit."""
    network = bundled_network()
    files = list(points)[:: max(1, len(points) // count)][:count]
    offsets, missed = [], []
    for file in files:
        try:
            photo = read_photo(file)
            faces = find_faces(photo, network, model)
            true = points[file]
            face = min(faces, key=lambda one: float(np.linalg.norm(one.framing.middle - true[eyes].mean(0))))
            result = reconstruct_face(np.asarray(photo), face, model, ReconstructionConfig(detail=None))
        except Unusable as reason:
            missed.append(f"{file.name}: {reason}")
            continue
        unit = np.linalg.norm(true[eyes[1]] - true[eyes[0]])
        offsets.append(100 * (project(result, result.vertices[ids]) - true) / unit)
    found = np.array(offsets)
    errors = np.linalg.norm(found, axis=-1).mean(1)
    halves = found[::2], found[1::2]
    rest = [np.linalg.norm(one - other.mean(0), axis=-1).mean(1) for one, other in (halves, halves[::-1])]
    near = (errors <= NEAR_PERCENT).sum()
    print(f"{name}: {len(files)} photos, {len(missed)} without a mesh")
    print(f"  within {NEAR_PERCENT:g} %: {near} photos, {near / len(files):.1%}")
    residual = np.concatenate(rest).mean()
    print(f"  error {errors.mean():.2f} % (median {np.median(errors):.2f}); residual {residual:.2f} %")
    for offset, spread in zip(found.mean(0), found.std(0), strict=True):
        print(f"  offset {offset.round(1)}, spread {spread.round(1)}")
    print("\n".join(missed))


def five_vertices(model: FaceModel) -> np.ndarray:
    """Vertex ids of the pupils, the nose's tip and the mouth's corners, left in the image first."""
    angle = template_of(model).fields["optical_deg"].numpy()
    side = model.mean[:, 0].numpy()
    pupils = [int(np.where((angle > 0) & (side * sign > 0), angle, np.inf).argmin()) for sign in (-1, 1)]
    return np.array([*pupils, *model.landmarks[[30, 48, 54]].tolist()])


if __name__ == "__main__":
    main()
