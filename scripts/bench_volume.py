#!/usr/bin/env python3
"""Volumes of heads, how fast they are filled and how far their surfaces lie off: python scripts/bench_volume.py

Speed: `VolumeTarget` in so many processes of one thread each, beside trimesh's voxelizer (surface voxels by
subdivision, holes filled) on the same closed head, at the same size. Surfaces: marching cubes through the binary
volume, as VRN's mesh is made; from each of its vertices, but for those where the volume ends, to the nearest point of
the true head, in mm and in voxels. The voxels are cubes, and the volume reaches as deep as it is wide.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch
import trimesh

from recon.evaluate.held_out import drawn_records
from recon.evaluate.metrics.intervals import bootstrap_interval
from recon.evaluate.results import Figure, Measure, Result
from recon.faces import load
from recon.faces.outer import closed_head
from recon.geometry.closest_points import closest_points
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.surface import isosurface
from recon.people.wardrobe import DressConfig
from recon.synthesis.placement import Placement, placed
from recon.synthesis.record import Record
from recon.synthesis.scene import SceneConfig
from recon.synthesis.targets import VolumeTarget
from recon.synthesis.targets.pixels import vertices_px

PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0)
DRAWN_PX, LONGEST_MM, ASKED = 64, 5.0, 2000
SPEED = {"volumes_s": Measure("volumes a second", ""), "ms": Measure("of one processor", "ms")}
ERROR = {
    "mean_mm": Measure("surface, mean", "mm"),
    "mean_voxels": Measure("mean", "voxels"),
    "max_voxels": Measure("farthest point of a head", "voxels"),
}


def target_of(size: int) -> VolumeTarget:
    return VolumeTarget(size, size, 1.0)


def fill(record: Record, size: int, rounds: int) -> float:
    """Seconds of processor for `rounds` volumes, the first, which compiles, not counted."""
    torch.set_num_threads(1)
    target_of(size)(record)
    began = time.process_time()
    for _ in range(rounds):
        target_of(size)(record)
    return time.process_time() - began


def ours(record: Record, size: int, rounds: int, processes: int) -> dict[str, float]:
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        list(pool.map(fill, [record] * processes, [size] * processes, [1] * processes))  # starts them
        busy = sum(pool.map(fill, [record] * processes, [size] * processes, [rounds] * processes))
    each = busy / (rounds * processes)
    return {"volumes_s": processes / each, "ms": 1000 * each}


def trimeshs(record: Record, processes: int) -> dict[str, float]:
    head = trimesh.Trimesh(vertices_px(record), closed_head(load("default")), process=False)
    began = time.process_time()
    grid = head.voxelized(1.0)
    assert grid is not None
    grid.fill()
    each = time.process_time() - began
    return {"volumes_s": processes / each, "ms": 1000 * each}


def px_per_mm(record: Record) -> float:
    return record.focal_px / -float(record.origin_mm[2])


def head_mm(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """The closed head as `vertices_px` has it, in mm with y upward, and its triangles, none of them long."""
    head = vertices_px(record) * (1, -1, 1) / px_per_mm(record)
    vertices, faces, *_ = trimesh.remesh.subdivide_to_size(head, closed_head(load("default")), LONGEST_MM)
    return vertices, faces


def distances(record: Record, size: int, head: tuple[np.ndarray, np.ndarray]) -> tuple[float, float, float]:
    """ERROR of one head, in a volume of `size`."""
    sample = target_of(size)(record)
    config = VRNConfig(size, size, size, 1.0, levels=1)
    surface = isosurface(sample["volume"].numpy().astype(np.float32), config)
    assert surface is not None
    points = (surface.vertices[~surface.border] + (0, 0, float(sample["front_px"]))) / px_per_mm(record)
    away = closest_points(points[:: max(1, len(points) // ASKED)], *head, candidates=24).distance
    return float(away.mean()), float(away.mean() * px_per_mm(record)), float(away.max() * px_per_mm(record))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20, help="heads")
    parser.add_argument("--seed", type=int, default=404, help="of the heads")
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 64, 96, 128, 192], metavar="VOXELS")
    parser.add_argument("--speed", type=int, default=96, metavar="VOXELS", help="size at which the speed is measured")
    parser.add_argument("--rounds", type=int, default=50, help="volumes of a process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where bench_volume.json is written")
    args = parser.parse_args()

    heads = list(drawn_records(load("default"), args.count, DRAWN_PX, args.seed, PLAIN))
    one = placed(heads[0], Placement(), args.speed)
    speeds = {"ours": ours(one, args.speed, args.rounds, args.processes), "trimesh": trimeshs(one, args.processes)}
    figures = [
        Figure(name, *measure, speeds[who][name], args.rounds * args.processes if who == "ours" else 1, group=who)
        for who in speeds
        for name, measure in SPEED.items()
    ]
    true = [head_mm(head) for head in heads]
    for size in args.sizes:
        moved = [placed(head, Placement(), size) for head in heads]
        found = np.array([distances(head, size, mesh) for head, mesh in zip(moved, true, strict=True)])
        for (name, measure), values in zip(ERROR.items(), found.T, strict=True):
            value, interval = float(values.mean()), bootstrap_interval(values)
            figures.append(Figure(name, *measure, value, len(values), *interval, group=f"{size} voxels"))
        print(size, found.mean(0), found.max(0), flush=True)
    result = Result(
        title="Volumes of heads",
        protocol="bench_volume",
        settings={key: getattr(args, key) for key in ("count", "seed", "sizes", "speed", "rounds", "processes")},
        figures=tuple(figures),
        notes=(
            f"Speed at {args.speed} voxels a side, from processor time, times {args.processes} processes.",
            "Surfaces of binary volumes; of a head, the mean and the farthest of its points; means over heads.",
        ),
    )
    print(result.markdown())
    if args.out:
        result.write(args.out, "bench_volume", ["python", "scripts/bench_volume.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
