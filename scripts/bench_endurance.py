#!/usr/bin/env python3
"""Does a long run slow down or grow? python scripts/bench_endurance.py --count 5000 --out docs/results

Watches the real `synth2real generate` from outside. At each finished shard it notes the processor time and the memory
of the command and its workers, and how long a fixed calibration job takes in between: on a shared machine an hour's
rate follows the neighbours, the ratio doesn't. Slopes are least squares over the shards, the first ones left out
(imports, caches); intervals by bootstrap over shards.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recon.evaluate.results import Figure, Result
from recon.processes import one_blas_thread
from recon.synthesis.produce import RECORDS_PER_SHARD

WARMING = 2  # shards
LOOK_S, CALIBRATIONS = 1.0, 3
PAGE, TICK = 4096, 100  # bytes; of a second, in which the kernel counts
BOOTSTRAP = 2000


def tree(root: int) -> list[int]:
    """Ids of a process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(_fields(int(entry.name))[1])
            except OSError:
                continue
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def used(root: int) -> tuple[float, float]:
    """Processor seconds of a process's tree, of children that ended too, and its resident megabytes."""
    seconds = resident = 0.0
    for process in tree(root):
        try:
            fields = _fields(process)
        except OSError:  # it ended just now, and counts as its parent's
            continue
        seconds += sum(map(int, fields[11:15])) / TICK
        resident += int(fields[21]) * PAGE / 2**20
    return seconds, resident


def _fields(process: int) -> list[str]:
    """Of /proc/PID/stat, from the state on: the name before it may hold spaces."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def calibration_s() -> float:
    """Processor seconds of a job that is always the same: sorting, memory, arithmetic."""
    values = np.random.default_rng(0).random(2_000_000)
    taken = []
    for _ in range(CALIBRATIONS):
        began = time.process_time()
        np.sort(values)
        np.sqrt(values * values + 1).sum()
        taken.append(time.process_time() - began)
    return float(np.median(taken))


def watched(words: Sequence[str], out: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Run a command that fills `out`; at each shard processor seconds so far, megabytes, the calibration's seconds."""
    seconds, resident, calibrated = [], [], []
    with subprocess.Popen(words) as run:
        while run.poll() is None:
            time.sleep(LOOK_S)
            if len(list((out / "data").glob("train-*.parquet"))) > len(seconds):
                so_far, now = used(run.pid)
                seconds.append(so_far)
                resident.append(now)
                calibrated.append(calibration_s())
                print(f"shard {len(seconds)}: {so_far:.0f} s, {now:.0f} MB, {calibrated[-1]:.3f} s", flush=True)
    if run.returncode:
        raise SystemExit(f"the command ended with {run.returncode}")
    return np.array(seconds), np.array(resident), np.array(calibrated)


def slope(values: np.ndarray) -> tuple[float, float, float]:
    """Of values of one shard after the other, a thousand faces, with its 95 % interval."""
    faces = np.arange(len(values)) * RECORDS_PER_SHARD / 1000
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(values), (BOOTSTRAP, len(values)))
    slopes = [np.polyfit(faces[draw], values[draw], 1)[0] for draw in draws if len(set(draw)) > 1]
    low, high = np.percentile(slopes, (2.5, 97.5))
    return float(np.polyfit(faces, values, 1)[0]), float(low), float(high)


def figures(seconds: np.ndarray, resident: np.ndarray, calibrated: np.ndarray) -> tuple[Figure, ...]:
    cost = np.diff(seconds)[WARMING - 1 :] / RECORDS_PER_SHARD
    relative = cost / calibrated[WARMING:]
    rate = slope(100 * relative / relative.mean())
    grown = slope(resident[WARMING:])
    n = len(cost)
    return (
        Figure("cost", "processor time of a face", "ms", 1000 * float(np.median(cost)), n),
        Figure("slower", "over the calibration's, change in a thousand faces", "%", rate[0], n, *rate[1:]),
        Figure("resident", "memory, median", "MB", float(np.median(resident[WARMING:])), n),
        Figure("grown", "memory, change in a thousand faces", "MB", grown[0], n, *grown[1:]),
    )


def main() -> None:
    one_blas_thread()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--look", default="translated", help="as generate's")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where bench_endurance.json is written")
    args = parser.parse_args()
    if args.count < (WARMING + 3) * RECORDS_PER_SHARD:
        parser.error(f"--count must be at least {(WARMING + 3) * RECORDS_PER_SHARD}: fewer shards have no slope")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "faces"
        words = [
            sys.executable,
            "-m",
            "synth2real.cli",
            "generate",
            "--count",
            str(args.count),
            "--size",
            str(args.size),
        ]
        words += ["--look", args.look, "--workers", str(args.workers), "--out", str(out)]
        told = watched(words, out)
    result = Result(
        title="A long run: rate and memory",
        protocol="bench_endurance",
        settings={"count": args.count, "size": args.size, "look": args.look, "workers": args.workers},
        figures=figures(*told),
        notes=(
            f"`synth2real generate` of {args.count} faces, a value a shard of {RECORDS_PER_SHARD}; the first "
            f"{WARMING} left out. Processor time and resident memory of the command and its workers.",
        ),
    )
    print(result.markdown())
    if args.out:
        result.write(args.out, "bench_endurance", ["python", "scripts/bench_endurance.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
