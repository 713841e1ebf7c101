#!/usr/bin/env python3
"""Spoils small files of every kind that is read, and counts what the readers do with them: docs/results/fuzz.json.

    scripts/fuzz_readers.py --inputs 100000 --coverage 60 --tally fuzz.tally --out docs/results/fuzz.json
    scripts/fuzz_readers.py --reader "BFM, MATLAB" --again 1234 --keep spoilt     writes input 1234 into a folder

A fault is a crash, an exception that is no refusal in one sentence, more than 2 s of processor or more than a gigabyte.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from recon.evaluate.results import Figure, Result  # noqa: E402
from recon.processes import one_blas_thread  # noqa: E402
from tests.fuzz.campaign import MOST_BYTES, MOST_S, Tally, input_of, put, run, seeds_of  # noqa: E402
from tests.fuzz.covered import measured  # noqa: E402
from tests.fuzz.reader import Reader  # noqa: E402
from tests.fuzz.readers import READERS  # noqa: E402

SLICE = 100  # inputs of a reader at a time: a run that is stopped early has tried all readers alike


def figures_of(tallies: dict[str, Tally]) -> list[Figure]:
    """A row for each reader, and one for all."""
    rows = {**tallies, "all": _sum(tallies.values())}
    figures = []
    for name, tally in rows.items():
        counts = {
            "inputs": tally.inputs,
            "accepted": tally.accepted,
            "refused": tally.refused,
            "faults": len(tally.faults),
        }
        for key, count in counts.items():
            label = {"refused": "refused in a sentence"}.get(key, key)
            figures.append(Figure(key, label, "", float(count), tally.inputs, group=name))
        figures.append(Figure("slowest", "slowest", "s", tally.slowest_s, tally.inputs, group=name))
        figures.append(Figure("memory", "most memory", "MB", tally.most_bytes / 1e6, tally.inputs, group=name))
    return figures


def _sum(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole


def campaign(inputs: int, first: int, until_s: float, kept: Path) -> dict[str, Tally]:
    """Every reader's tally after `inputs` of all of them together, or what the time allows. kept: a line a slice."""
    done = dict(map(_slice_of, kept.read_text().splitlines())) if kept.is_file() else {}
    tallies = {reader.name: Tally() for reader in READERS}
    each, end = -(-inputs // len(READERS)), time.monotonic() + until_s
    for begin in range(0, each, SLICE):
        for reader in READERS:
            count, place = min(SLICE, each - begin), (reader.name, first + begin)
            tally = done.get(place)
            if tally is None or tally.inputs != count:
                if time.monotonic() > end:
                    return tallies
                tally = run(reader, first + begin, count)
                with kept.open("a") as file:
                    file.write(json.dumps([*place, asdict(tally)]) + "\n")
                for number, kind in tally.faults:
                    print(f"{reader.name}, input {number}: {kind}", flush=True)
            tallies[reader.name].add(tally)
    return tallies


def _slice_of(line: str) -> tuple[tuple[str, int], Tally]:
    name, first, counts = json.loads(line)
    return (name, first), Tally(**counts)


def covered(each: int, first: int) -> tuple[int, int]:
    """Lines of the readers that were reached, and all, in a process of its own."""
    with ProcessPoolExecutor(1) as pool:
        found = pool.submit(measured, each, first).result()
    for name, (reached, lines) in found.items():
        print(f"{reached / max(lines, 1):6.1%} of {lines:4d} lines  {name}")
    return sum(reached for reached, _ in found.values()), sum(lines for _, lines in found.values())


def write_again(reader: Reader, number: int, folder: Path) -> None:
    print(put(input_of(reader, seeds_of(reader), number), folder))


def main() -> None:
    one_blas_thread()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1000, help="of all readers together")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--tally", type=Path, metavar="FILE", help="of what is done: a run goes on from it")
    parser.add_argument("--seconds", type=float, default=1e9, help="after which no more are tried")
    parser.add_argument("--coverage", type=int, default=0, help="inputs of each reader that are traced")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the result")
    parser.add_argument("--reader", choices=[reader.name for reader in READERS])
    parser.add_argument("--again", type=int, metavar="NUMBER", help="write this input of the reader")
    parser.add_argument("--keep", type=Path, default=Path("spoilt"), help="the folder for it")
    args = parser.parse_args()
    if args.reader and args.again is not None:
        return write_again(next(one for one in READERS if one.name == args.reader), args.again, args.keep)
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = place
        tallies = campaign(args.inputs, args.first, args.seconds, args.tally or Path(place) / "tally")
    write(args, tallies, figures_of(tallies))
    if args.coverage:
        reached, lines = covered(args.coverage, args.first)
        share = Figure("coverage", "lines of the readers reached", "%", 100 * reached / lines, lines, group="all")
        write(args, tallies, [*figures_of(tallies), share])


def write(args: argparse.Namespace, tallies: dict[str, Tally], figures: list[Figure]) -> None:
    """The result, printed and written."""
    faults = _sum(tallies.values()).kinds()
    result = Result(
        title="Files of strangers, spoilt",
        protocol="fuzz_readers",
        settings={"inputs": args.inputs, "first": args.first, "coverage": args.coverage},
        figures=tuple(figures),
        notes=(
            "Valid small files with bytes, numbers, words, arrays or parts exchanged, and files made to harm. "
            "A fault is a crash, an exception that is no refusal in one sentence, more than "
            f"{MOST_S:g} s of processor or {MOST_BYTES / 1e9:g} GB of memory.",
            *(f"Fault, {times} times: {kind}." for kind, times in faults.most_common(10)),
        ),
    )
    print(result.markdown())
    if args.out:
        result.write(args.out.parent, args.out.stem, ["python", "scripts/fuzz_readers.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
