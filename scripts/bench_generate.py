#!/usr/bin/env python3
"""What a realistic face with both judges costs, beside another checkout: scripts/bench_generate.py --other CHECKOUT

`synth2real generate --look translated` as a user runs it, whole, in turns with another checkout of the project (an
earlier one, say) in this one's environment. Processor time of all its processes, as a busy machine's clock says little;
what it takes to start is measured by a run of a few faces, and taken off.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from recon.evaluate.results import Figure, Measure, Result

HERE = Path(__file__).resolve().parents[1]
TIME, RATIO = Measure("processor time of a face", "ms"), Measure("the other checkout's time over ours", "")
FEW = 32  # a block for each worker, and one more
PROGRAM = "import sys; from synth2real.cli import main; sys.exit(main())"


def processor_s(tree: Path, count: int, size: int, workers: int) -> float:
    """Of `generate` in a tree, all its processes."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["--look", "translated", "--count", count, "--size", size, "--workers", workers, "--out", f"{folder}/a"]
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        environment = os.environ | {"PYTHONPATH": str(tree)}
        command = [sys.executable, "-c", PROGRAM, "generate", *map(str, words)]
        subprocess.run(command, check=True, env=environment, cwd=tree, capture_output=True)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=128)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--other", type=Path, metavar="CHECKOUT", required=True)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where bench_generate.json is written")
    args = parser.parse_args()
    trees = {"ours": HERE, "the other checkout": args.other.resolve()}
    found: dict[str, list[float]] = {name: [] for name in trees}
    for tree in trees.values():
        processor_s(tree, FEW, args.size, args.workers)  # compiles what there is to compile
    for number in range(args.rounds):
        for name, tree in trees.items():
            spent = [processor_s(tree, count, args.size, args.workers) for count in (FEW, args.count)]
            found[name].append(1000 * (spent[1] - spent[0]) / (args.count - FEW))
            print(f"round {number}, {name}: {found[name][-1]:.1f} ms a face", flush=True)
    ratios = np.array(found["the other checkout"]) / np.array(found["ours"])
    figures = [Figure("ms", *TIME, float(np.median(values)), len(values), group=name) for name, values in found.items()]
    result = Result(
        title=f"Realistic faces with two judges, {args.size} px",
        protocol="bench_generate",
        settings={"count": args.count, "size": args.size, "workers": args.workers, "ms": found},
        figures=(*figures, Figure("ratio", *RATIO, float(np.median(ratios)), len(ratios))),
        notes=("Medians of the rounds; start-up taken off.",),
    )
    print(result.markdown())
    if args.out:
        result.write(args.out, "bench_generate", [f"python scripts/{Path(__file__).name}", *sys.argv[1:]])


if __name__ == "__main__":
    main()
