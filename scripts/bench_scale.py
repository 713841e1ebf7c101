#!/usr/bin/env python3
"""What a realistic face costs, stage by stage, and what failures cost a long run: python scripts/bench_scale.py

Costs are processor time of one process with one thread, which a busy machine changes little: the stages of
`synth2real generate` with the bundled weights, the hand-over from worker to driver, the writing of shards; storage is
what the shards take. Ray's own cost is the driver's processor time for blocks that hold nothing. From these the plan
for a million faces is worked out, and its failures are simulated (`failure_model.py`).
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from failure_model import Cluster, simulate

from recon.configuration import read_config
from recon.evaluate.results import Figure, Result
from recon.processes import one_blas_thread
from recon.synthesis.job import BLOCK, Made, Stage, Wanted
from recon.synthesis.produce import PART, RECORDS_PER_SHARD
from recon.synthesis.scene import SceneConfig
from recon.synthesis.shards import Rows, write_shard
from synth2real import bundled
from synth2real.dataset.jobs import GenerateJob

MILLION = 1_000_000
NODES, WORKERS = 4, 4  # of the planned cluster
STORE_GB = 16  # of a node's memory, for what is made and not written
SPREAD = 0.3  # of the blocks' time, where too few were measured to tell
MTBF_H = {"a server, once in three years": 3 * 365 * 24, "a spot machine, once a day": 24, "once an hour": 1}
AWAY_S, SEEDS = 600, 5


@contextmanager
def counted(seconds: dict[str, list[float]], name: str) -> Iterator[None]:
    began = time.process_time()
    yield
    seconds[name].append(time.process_time() - began)


def measured(size: int, blocks: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Processor seconds of each step, a value a block (of BLOCK faces); bytes of a face by place."""
    job = GenerateJob(
        0,
        size,
        read_config(SceneConfig, bundled.scene_config()),
        bundled.generator_weights(),
        bundled.judge_weights(),
    )
    seconds, sizes = defaultdict(list), {}
    with counted(seconds, "open"):
        steps = {stage.name: stage.step() for stage in job.stages()}
    rows = []
    for number in range(-1, blocks):  # the first one compiles
        made = Made(range((number + 1) * BLOCK, (number + 2) * BLOCK))
        for name, step in steps.items():
            with counted(seconds, name):
                made = step(made)
            sizes[name] = handed_over(seconds, f"after {name}", made)
        rows += made.items
    for name in [*steps, *(f"after {name}" for name in steps)]:
        del seconds[name][0]
    with tempfile.TemporaryDirectory() as folder:
        sizes["part"], sizes["shard"] = written(seconds, job, rows[:RECORDS_PER_SHARD], Path(folder))
    return seconds, sizes


def handed_over(seconds: dict[str, list[float]], name: str, made: Made) -> float:
    """Bytes of a face on its way to another process."""
    with counted(seconds, name):
        sent = pickle.dumps(made)
        pickle.loads(sent)
    return len(sent) / BLOCK


def written(seconds: dict[str, list[float]], job: GenerateJob, rows: list, folder: Path) -> tuple[float, float]:
    """Bytes of a face in a part and in a shard, written as `produce` does."""
    schema, parts = job.schema(), []
    for first in range(0, len(rows), PART):
        parts.append(folder / f"{first}.parquet")
        some = rows[first : first + PART]
        with counted(seconds, "part"):
            write_shard(parts[-1], schema, some, compressed=False)
        seconds["part"][-1] *= BLOCK / len(some)
    with counted(seconds, "shard"):
        write_shard(folder / "shard.parquet", schema, Rows(parts).rows())
    seconds["shard"][-1] *= BLOCK / len(rows)
    return sum(part.stat().st_size for part in parts) / len(rows), (folder / "shard.parquet").stat().st_size / len(rows)


def ray_block_s(blocks: int) -> float:
    """The driver's processor seconds for a block that holds nothing."""
    from recon.synthesis.engines.on_ray import OnRay

    stage = Stage("nothing", partial(partial, list))
    with OnRay().blocks((stage,), 0, Wanted(blocks * BLOCK)) as made:
        next(made)
        began = time.process_time()
        for _ in range(blocks - 1):
            next(made)
        return (time.process_time() - began) / (blocks - 1)


def costs(seconds: dict[str, list[float]], sizes: dict[str, float], ray_s: float | None) -> Iterator[Figure]:
    """What was measured, of a face."""
    labels = {
        "render": "render and encode the labels",
        "translate": "translate, judge, encode",
        "after render": "hand a render over to a GPU's worker",
        "after translate": "hand a face over to the driver",
        "part": "write it to a part",
        "shard": "write it to a shard",
    }
    for name, label in labels.items():
        each = np.array(seconds[name]) / BLOCK * 1000
        yield Figure(name, label, "ms", float(np.median(each)), len(each), group="processor time of a face")
    if ray_s is not None:
        yield Figure("ray", "Ray, at the driver", "ms", ray_s / BLOCK * 1000, 1, group="processor time of a face")
    opened = seconds["open"][0]
    yield Figure("open", "load the networks, once a worker", "ms", opened * 1000, 1, group="processor time of a face")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Figure("memory", "memory of the measuring process, at most", "MB", peak, 1, group="size")
    said = {"shard": "a face in a shard", "translate": "on its way to the driver", "render": "on its way to a GPU"}
    for name, label in said.items():
        yield Figure(f"{name} size", label, "kB", sizes[name] / 1000, len(seconds["render"]) * BLOCK, group="size")


def plan(seconds: dict[str, list[float]], sizes: dict[str, float], ray_s: float | None) -> Iterator[Figure]:
    """A million faces on the planned cluster, without a GPU, worked out of the medians."""
    median: Callable[[str], float] = lambda name: float(np.median(seconds[name])) / BLOCK  # noqa: E731
    worker_s = median("render") + median("translate")
    driver_s = median("after translate") / 2 + median("part") + median("shard") + (ray_s or 0) / BLOCK
    group = f"a million faces on {NODES} nodes of {WORKERS} cores"
    workers = NODES * WORKERS
    yield Figure("core hours", "core hours", "", worker_s * MILLION / 3600, 1, group=group)
    yield Figure("hours", "hours", "", worker_s * MILLION / 3600 / workers, 1, group=group)
    yield Figure("storage", "storage", "GB", sizes["shard"] * MILLION / 1e9, 1, group=group)
    yield Figure("shards", "shards", "", float(np.ceil(MILLION / RECORDS_PER_SHARD)), 1, group=group)
    yield Figure("fed", "workers that one driver keeps up with", "", worker_s / driver_s, 1, group=group)

    ahead = int(NODES * STORE_GB * 1e9 / (sizes["translate"] * BLOCK))
    blocks = MILLION // BLOCK
    for name, hours in MTBF_H.items():
        cluster = Cluster(NODES, WORKERS, worker_s * BLOCK, SPREAD, hours, AWAY_S, ahead)
        runs = [simulate(cluster, blocks, seed) for seed in range(SEEDS)]
        again = 100 * np.array([run.made / blocks - 1 for run in runs])
        deaths = np.array([run.deaths for run in runs])
        took = np.array([run.wall_s for run in runs]) / 3600
        of = f"failures: {name}"
        yield Figure("deaths", "nodes that die", "", float(deaths.mean()), SEEDS, group=of)
        yield Figure("again", "work done again", "%", float(again.mean()), SEEDS, group=of)
        lost = again.sum() / 100 * MILLION / PART / max(deaths.sum(), 1)
        yield Figure("parts", f"parts of {PART} faces done again, a death", "", float(lost), SEEDS, group=of)
        yield Figure("took", "hours", "", float(took.mean()), SEEDS, group=of)


def main() -> None:
    one_blas_thread()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=bundled.BUNDLED_PX)
    parser.add_argument("--blocks", type=int, default=RECORDS_PER_SHARD // BLOCK, help=f"of {BLOCK} faces, measured")
    parser.add_argument("--ray_blocks", type=int, default=0, help="empty blocks through Ray; 0: Ray is not measured")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where bench_scale.json is written")
    args = parser.parse_args()
    seconds, sizes = measured(args.size, args.blocks)
    ray_s = ray_block_s(args.ray_blocks) if args.ray_blocks else None
    result = Result(
        title="What a face costs at scale",
        protocol="bench_scale",
        settings={"size": args.size, "blocks": args.blocks, "ray_blocks": args.ray_blocks},
        figures=(*costs(seconds, sizes, ray_s), *plan(seconds, sizes, ray_s)),
        notes=(
            f"Medians over blocks of {BLOCK} faces; processor time of one thread. The million is worked out, not run.",
            f"Failures are simulated, {SEEDS} runs each: a node is away for {AWAY_S} s; node 0 has the driver.",
            f"The machine's load at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        ),
    )
    print(result.markdown())
    if args.out:
        result.write(args.out, "bench_scale", ["python", "scripts/bench_scale.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
