#!/usr/bin/env python3
"""Records a second of `synth2real render`, and its memory over the run: python scripts/bench_records.py

Everything is counted: drawing, rendering, encoding, writing. The steady rate leaves out what happens before the first
shard stands (loading, compiling). Memory is the resident sets of the command and its workers, summed; pages that they
share count several times. Reads /proc, so Linux alone. Rates mean little on a busy machine: processor time stands
beside.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib
import numpy as np

from recon.evaluate.results import Figure, Measure, Result
from recon.synthesis.produce import RECORDS_PER_SHARD

matplotlib.use("Agg")
from matplotlib import pyplot

INTERVAL_S = 0.5
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # ended in between
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def resident_mb(pid: int) -> float:
    total = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{member}/statm").read_text().split()[1])
    return total * PAGE_MB


def watch(count: int, size: int, workers: int, out: Path, scene: Path | None) -> np.ndarray:
    """Run the command; (T, 3): seconds since its start, finished shards, MB resident."""
    options = {"--count": count, "--size": size, "--workers": workers, "--out": out}
    options |= {"--scene": scene} if scene else {}
    command = [sys.executable, "-m", "synth2real.cli", "render", *(str(v) for pair in options.items() for v in pair)]
    samples, start = [], time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        shards = len(list((out / "data").glob("train-*.parquet")))
        samples.append((time.monotonic() - start, shards, resident_mb(process.pid)))
        time.sleep(INTERVAL_S)
    if process.returncode:
        raise SystemExit(f"synth2real render failed with code {process.returncode}")
    return np.array(samples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=8 * RECORDS_PER_SHARD)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scene", type=Path, help="YAML file of what is drawn (default: as it comes)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="picture of memory and records over time")
    parser.add_argument("--name", default="bench_records", help="of the result")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where NAME.json is written")
    args = parser.parse_args()
    if args.count < 3 * RECORDS_PER_SHARD:
        parser.error(f"--count must be {3 * RECORDS_PER_SHARD} or more, for a steady rate")
    with tempfile.TemporaryDirectory() as folder:
        seconds, shards, memory = watch(args.count, args.size, args.workers, Path(folder) / "records", args.scene).T
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    last = args.count // RECORDS_PER_SHARD  # the last whole one
    first_s, last_s = seconds[shards >= 1][0], seconds[shards >= last][0]
    rate = (last - 1) * RECORDS_PER_SHARD / (last_s - first_s)
    steady = (seconds >= first_s) & (seconds <= last_s)
    growth = np.polyfit(seconds[steady], memory[steady], 1)[0] * (last_s - first_s)
    figures = {
        "rate": (Measure("records a second after the first shard"), rate),
        "rate_whole": (Measure("records a second with start and gallery"), args.count / seconds[-1]),
        "cpu_ms": (Measure("processor time a record", "ms"), 1000 * (used.ru_utime + used.ru_stime) / args.count),
        "memory_mb": (Measure("memory, at most", "MB"), memory.max()),
        "growth_mb": (Measure("memory, more from the first shard to the last", "MB"), growth),
    }
    result = Result(
        title="Records a second" + (f", {args.scene.stem}" if args.scene else ", everything on"),
        protocol="bench_records",
        settings={key: getattr(args, key) for key in ("count", "size", "workers", "scene")},
        figures=tuple(
            Figure(name, measure.label, measure.unit, float(x), args.count) for name, (measure, x) in figures.items()
        ),
        notes=(
            f"{args.count} records of {args.size} px, {args.workers} workers, one run.",
            f"The machine's load at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        ),
    )
    print(result.markdown())
    if args.plot:
        plot(seconds, shards, memory, args.plot)
    if args.out:
        result.write(args.out, args.name, ["python", "scripts/bench_records.py", *sys.argv[1:]])


def plot(seconds: np.ndarray, shards: np.ndarray, memory: np.ndarray, file: Path) -> None:
    figure, axes = pyplot.subplots(figsize=(8, 3.5), layout="constrained")
    axes.plot(seconds, memory, label="resident, MB")
    axes.plot(seconds, shards * RECORDS_PER_SHARD, drawstyle="steps-post", label="records written")
    axes.set(xlabel="seconds", ylim=(0, None))
    axes.legend()
    figure.savefig(file)


if __name__ == "__main__":
    main()
