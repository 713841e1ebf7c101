#!/usr/bin/env python3
"""Fine detail against known relief: python scripts/evaluate_detail [--out pictures]

A smooth surface gets relief, is lit by rays (see recon/render/irradiance.py) and photographed; each method of
`add_detail` is given that photo and the smooth surface. Relief: bumps and pits on a sphere, pits alone, wrinkles on the
default face's forehead and on all of it. Where it says mottled, a texture of albedo (standard deviation 5 %) is painted
on. Figures are over the vertices that are well seen and 6 mm from a border.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import torch
from scipy.spatial import KDTree

from recon.detail.relief import Detail, DetailConfig, add_detail
from recon.evaluate.protocols.relief import (
    ball,
    bumps,
    face_patch,
    mottled,
    photograph,
    subdivided,
    wrinkles,
)
from recon.evaluate.report import markdown_table
from recon.faces import load
from recon.geometry.cameras import Camera
from recon.geometry.parameterization import boundary_loops
from recon.geometry.surfaces import vertex_normals
from recon.render.irradiance import from_side, irradiance

LIGHTS = {
    "diffuse": from_side(0, 0.0),
    "front": from_side(0, 0.5),
    "side 30": from_side(30, 0.5),
    "side 60": from_side(60, 0.5),
    "side 60, hard": from_side(60, 0.9),
}
METHODS = ("shading", "dark_is_deep", "equation_12", "equation_13")
FINER = 3  # subdivisions of the truth; the detailed mesh has one or two
SPREAD, CLEAR_MM = 0.05, 6.0


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


def normals_of(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    return vertex_normals(torch.from_numpy(vertices), torch.from_numpy(triangles)).numpy()


def subjects() -> Iterator[Subject]:
    vertices, triangles = ball(20.0)
    smooth, faces = subdivided(vertices, triangles, FINER)
    camera, everywhere = Camera.from_fov(4.2, 512), np.ones(len(vertices))
    for name, raised in (("bumps and pits", 0.5), ("pits", 0.0)):
        yield Subject(name, vertices, triangles, camera, smooth, faces, bumps(smooth, 250, 1, raised), everywhere)
    for name, above_mm, fov_deg, count in (("wrinkled forehead", 20.0, 13.5, 22), ("wrinkled face", -np.inf, 17.0, 60)):
        vertices, triangles = face_patch(load("default"), above_mm)
        smooth, faces = subdivided(vertices, triangles, FINER)
        height = wrinkles(smooth, normals_of(smooth, faces), count, 1)
        border = np.concatenate(boundary_loops(triangles))
        clear = (KDTree(vertices[border]).query(vertices)[0] > CLEAR_MM).astype(float)
        yield Subject(name, vertices, triangles, Camera.from_fov(fov_deg, 768), smooth, faces, height, clear)


def judge(subject: Subject, detail: Detail) -> tuple[float, float, float, float, float]:
    """Correlation, rms in mm of the truth and of what was added, mean angle in degrees of smooth and of detailed
    normals from the true ones; at the detailed mesh's vertices, which are the first of the truth's."""
    count, seen = len(detail.vertices), detail.visible > 0.9
    truth, added = subject.height[:count][seen], detail.displacement_mm[seen]
    right = normals_of(subject.true(), subject.faces)[:count]
    angles = [
        float(np.degrees(np.arccos((normals_of(mesh, detail.triangles) * right).sum(1).clip(-1, 1)))[seen].mean())
        for mesh in (detail.smooth, detail.vertices)
    ]
    return float(np.corrcoef(truth, added)[0, 1]), rms(truth), rms(added), angles[0], angles[1]


def rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def grey(vertices: np.ndarray, triangles: np.ndarray, camera: Camera) -> np.ndarray:
    """(S, S, 3) uint8 of a mesh as grey clay, lit from the upper right."""
    toward = np.array([0.6, 0.45, 0.66])
    shown = 0.1 + 0.85 * (normals_of(vertices, triangles) @ toward).clip(0)
    return np.uint8(255 * photograph(vertices, triangles, shown, camera, colour=(1, 1, 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rays", type=int, default=128, help="of each vertex")
    parser.add_argument("--lights", nargs="+", choices=LIGHTS, default=list(LIGHTS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--out", type=Path, help="folder for pictures: photo, smooth, detailed, true")
    args = parser.parse_args()
    rows, flat_rows = [], []
    for subject in subjects():
        true, paint = subject.true(), mottled(subject.smooth, SPREAD, 3)
        for light_name, light in ((name, LIGHTS[name]) for name in args.lights):
            lit = irradiance(true, subject.faces, light, args.rays)
            bare = irradiance(subject.smooth, subject.faces, light, args.rays)
            photo = photograph(true, subject.faces, lit, subject.camera)
            painted = photograph(true, subject.faces, lit * paint, subject.camera)
            flat = photograph(subject.smooth, subject.faces, bare, subject.camera)
            flat_painted = photograph(subject.smooth, subject.faces, bare * paint, subject.camera)
            for method in args.methods:

                def detailed(image: np.ndarray, method=method, subject=subject) -> Detail:
                    config = DetailConfig(method=method, edge_mm=0.4)
                    return add_detail(
                        subject.vertices, subject.triangles, image, subject.camera, config, subject.allowed
                    )

                answer = detailed(photo)
                clean, mixed = judge(subject, answer), judge(subject, detailed(painted))
                rows.append((subject.name, light_name, method, *clean, mixed[0], mixed[4]))
                added = [detailed(image) for image in (flat, flat_painted)]
                amounts = [rms(each.displacement_mm[each.visible > 0.9]) for each in added]
                flat_rows.append((subject.name, light_name, method, *amounts))
                print(*rows[-1][:3], *(f"{number:.3f}" for number in (*rows[-1][3:], *amounts)), flush=True)
                if args.out and method == args.methods[0]:
                    args.out.mkdir(parents=True, exist_ok=True)
                    meshes = [(answer.smooth, answer.triangles), (answer.vertices, answer.triangles)]
                    panels = [np.uint8(255 * photo)]
                    panels += [grey(*mesh, subject.camera) for mesh in [*meshes, (true, subject.faces)]]
                    name = f"{subject.name}, {light_name}.png".replace(" ", "_")
                    cv2.imwrite(str(args.out / name), np.concatenate(panels, axis=1)[..., ::-1])
    columns = ("relief", "light", "method", "correlation", "true rms mm", "added rms mm", "smooth normals deg")
    print(markdown_table((*columns, "detailed", "correlation, mottled", "detailed normals, mottled"), rows))
    print("\nThe smooth surface photographed: what is added, rms mm")
    print(markdown_table(("surface of", "light", "method", "even skin", "mottled skin"), flat_rows))


if __name__ == "__main__":
    main()
