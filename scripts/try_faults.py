#!/usr/bin/env python3
"""What commands survive, tried for real at toy sizes: python scripts/try_faults.py --kills 20 --out docs/results

Each command runs once unbroken. Then it is killed at random moments of its work and started again until it ends,
stopped by signals, put on a disk that is full or can't be written, robbed of a worker, given broken files, and started
twice; after each the same command must end with every file as the unbroken run's, and what it could not do must be said
in one sentence. How the files are compared: `contents` of fault_runs.py.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from fault_cases import CASES
from fault_runs import Contents, Place, Run, bytes_on_disk, can_mount, contents, differences, small_disk, untrue

from recon.evaluate.results import Figure, Result
from recon.processes import THREADS

TRIES = 5  # for a moment at which the command is at work
SHARES = (0.35, 0.8)  # of what a run fills, that fits the full disk

Counts = Counter[tuple[str, str]]  # of command and fault


class Trial:
    """A case beside its unbroken run. Each fault's method yields, a try each, what went wrong; "" where nothing did."""

    def __init__(self, name: str, folder: Path, seed: int) -> None:
        import numpy as np

        self.name, self.case = name, CASES[name]
        self.random = np.random.default_rng([seed, list(CASES).index(name)])
        self.place = Place(self.case, folder)
        self.place.begin()
        self.empty = bytes_on_disk(self.place.now)
        run, times = Run(self.place), []
        began = time.monotonic()
        while run.alive:
            if run.look():
                times.append(time.monotonic() - began)
        if run.wait():
            raise SystemExit(f"{name} fails without a fault: {run.said}")
        self.changes, self.pace_s = len(times), (times[-1] - times[0]) / len(times)
        self.whole, self.full = contents(self.place.out), bytes_on_disk(self.place.now)
        print(f"{name}: {self.changes} changes of its folder in {times[-1]:.1f} s, {len(self.whole)} files", flush=True)

    def moment(self, run: Run, share: float = 0.6) -> bool:
        """Wait for a random moment of the run; False where it ended before."""
        if run.wait_for(int(self.random.integers(1, max(2, int(share * self.changes))))):
            time.sleep(float(self.random.uniform(0, 2 * self.pace_s)))
        return run.alive

    def at_work(self, more: str = "") -> Run:
        """A run in a fresh folder, at a random moment of it."""
        for attempt in range(TRIES):
            self.place.begin()
            run = Run(self.place, more)
            if self.moment(run, 0.6 * 0.5**attempt):
                return run
            run.wait()
        raise SystemExit(f"{self.name} is too quick to be disturbed")

    def finished(self) -> str:
        """Run the command to its end; -> what is not as in the unbroken run."""
        run = Run(self.place)
        if run.wait():
            return f"it did not go on: {run.said}"
        other = differences(self.now(), self.whole)
        return f"other than in an unbroken run: {', '.join(other[:5])}" if other else ""

    def now(self) -> Contents:
        return contents(self.place.out)

    def kills(self, count: int) -> Iterator[str]:
        """`count` of them, several in the same folder; each also where a file was seen that is not true."""
        done = 0
        while done < count:
            self.place.begin()
            wrong, here = "", 0
            while done + here < count:
                run = Run(self.place)
                if not self.moment(run):
                    break
                run.kill(signal.SIGKILL)
                if run.wait() != -signal.SIGKILL:
                    break
                here += 1
                wrong = wrong or ", ".join(untrue(self.now(), self.whole)) or run.left_behind()
            wrong = wrong or self.finished()
            yield from [wrong] * here
            done += here

    def signals(self, number: signal.Signals) -> Iterator[str]:
        """SIGTERM to the process, as `kill` does; Ctrl-C to its group, as a terminal does."""
        for _ in range(TRIES):
            run = self.at_work()
            run.kill(number, group=number == signal.SIGINT)
            if (code := run.wait()) and (code == 130 or self.now() != self.whole):  # else it was done already
                wrong = "" if code == 130 and run.told("interrupted") else f"it ended with {code}, saying {run.said}"
                yield wrong or run.left_behind() or self.finished()
                return

    def full_disk(self) -> Iterator[str]:
        for share in SHARES:
            self.place.begin()
            size = int(self.empty + share * (self.full - self.empty))
            with small_disk(self.place.now, size) as disk:
                self.place.begin()
                run = Run(self.place)
                refused = run.refused("no space left on the disk")
                disk.remount(f"size={64 * self.full}")
                yield ("" if refused else f"it said {run.said}") or self.finished()

    def read_only(self) -> Iterator[str]:
        """A folder in which a run was killed."""
        self.place.begin()
        with small_disk(self.place.now, 64 * self.full) as disk:
            run = self.at_work()
            run.kill(signal.SIGKILL)
            run.wait()
            run.left_behind()
            disk.remount("ro")
            run = Run(self.place)
            refused = run.refused("can't be written")
            disk.remount("rw")
            yield ("" if refused else f"it said {run.said}") or self.finished()

    def dead_worker(self) -> Iterator[str]:
        if self.case.workers is None:
            return
        for _ in range(TRIES):
            run = self.at_work(self.case.workers)
            if workers := run.workers():
                os.kill(workers[0], signal.SIGKILL)
            if run.wait() and workers:
                wrong = "" if run.refused("a worker process died") else f"it said {run.said}"
                yield wrong or self.finished()
                return

    def two_runs(self) -> Iterator[str]:
        for _ in range(TRIES):
            first = self.at_work()
            second = Run(self.place)
            code = second.wait()
            if not first.alive:  # perhaps the folder was free already
                continue
            refused = code == 2 and second.told("another run is at work in")
            wrong = first.wait() or differences(self.now(), self.whole)
            yield ("" if refused else f"the second said {second.said}") or (f"the first: {wrong}" if wrong else "")
            return

    def damage(self) -> Iterator[str]:
        """A file cut short, and one with a bit turned over: the command, or the one that looks, names it."""
        if self.case.damage is None:
            return
        for cut in (True, False):
            self.place.begin()
            Run(self.place).wait()
            files = sorted(self.place.out.glob(self.case.damage))
            file = (
                files[-1]
                if self.case.told_by is None and self.case.fills == "out"
                else files[self.random.integers(len(files))]
            )
            kept = bytearray(file.read_bytes())
            place = int(self.random.integers(len(kept)))
            broken = kept[:place] if cut else kept[:place] + bytes([kept[place] ^ 1]) + kept[place + 1 :]
            file.write_bytes(broken)
            run = Run(self.place, instead=self.case.told_by or "")
            told = run.wait() != 0 and file.name in run.said and "Traceback" not in run.said
            file.write_bytes(kept)
            yield ("" if told else f"{'cut' if cut else 'a bit turned over'} at {place}: {run.said}") or self.finished()


FAULTS: dict[str, Callable[[Trial], Iterator[str]]] = {
    "SIGTERM": lambda trial: trial.signals(signal.SIGTERM),
    "Ctrl-C": lambda trial: trial.signals(signal.SIGINT),
    "full disk": Trial.full_disk,
    "read-only folder": Trial.read_only,
    "dead worker": Trial.dead_worker,
    "broken file": Trial.damage,
    "two runs in one folder": Trial.two_runs,
}
KILL = "kill -9"
NEED_DISK = ("full disk", "read-only folder")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--faults", nargs="+", choices=[KILL, *FAULTS], default=[KILL, *FAULTS])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder to write NAME.json to")
    parser.add_argument("--name", default="faults")
    args = parser.parse_args()
    os.environ.update(dict.fromkeys(THREADS, "1"))  # processes are forked off this one, which must have no threads
    from recon.faces import load

    for name in args.commands:
        for module in CASES[name].needs:
            importlib.import_module(module)
    load("default")
    tried: Counts = Counter()
    lost: Counts = Counter()
    with tempfile.TemporaryDirectory() as folder:
        faults = [fault for fault in args.faults if fault not in NEED_DISK or can_mount(Path(folder))]
        left_out = [fault for fault in args.faults if fault not in faults]
        for name in args.commands:
            trial = Trial(name, Path(folder) / name.replace(" ", "_"), args.seed)
            for fault in faults:
                for wrong in trial.kills(args.kills) if fault == KILL else FAULTS[fault](trial):
                    tried[name, fault] += 1
                    lost[name, fault] += bool(wrong)
                    print(f"{name}, {fault}: {wrong or 'survived'}", flush=True)
                if args.out and tried:  # so far: what was tried is not lost either
                    result = result_of(tried, lost, args.seed, left_out)
                    result.write(args.out, args.name, [f"python scripts/{Path(__file__).name}", *sys.argv[1:]])
    print(result_of(tried, lost, args.seed, left_out).markdown())
    return int(bool(lost.total()))


def result_of(
    tried: Counter[tuple[str, str]], lost: Counter[tuple[str, str]], seed: int, not_tried: list[str]
) -> Result:
    """kill -9 by command; the other faults over all commands."""
    kills = {f"{KILL}: {name}": [(name, fault)] for name, fault in tried if fault == KILL}
    others = {fault: [pair for pair in tried if pair[1] == fault] for fault in FAULTS}
    figures = []
    for group, pairs in (kills | others).items():
        count, failed = sum(tried[pair] for pair in pairs), sum(lost[pair] for pair in pairs)
        if count:
            figures.append(survived(group, count, count - failed))
    of_each = {
        fault: {
            name: f"{tried[name, fault] - lost[name, fault]} of {tried[name, fault]}"
            for name, its in tried
            if its == fault
        }
        for fault in dict.fromkeys(fault for _, fault in tried)
    }
    notes = [
        "Survived: the same command, run again, ends with every file as an unbroken run has it, no other file and no"
        " process left; what could not be done was said in one sentence; of broken files, that they were named.",
        "Commands at toy sizes: 32 px, 12 faces in three shards, trainings of 16 steps, 3 photos; kills fall between"
        " the first and the last change of a command's folder. Intervals are Clopper and Pearson's.",
        *(f"{fault}: tried with {', '.join(names)}." for fault, names in of_each.items() if fault != KILL),
        *(f"{fault}: not tried, as no disk can be mounted here." for fault in not_tried),
    ]
    title = f"Faults survived by {', '.join(dict.fromkeys(name for name, _ in tried))}"
    return Result(title, "faults", {"seed": seed, "survived": of_each}, tuple(figures), tuple(notes))


def survived(group: str, count: int, kept: int) -> Figure:
    from scipy.stats import binomtest

    interval = binomtest(kept, count).proportion_ci()
    return Figure(
        "survived", "survived", "%", 100 * kept / count, count, 100 * interval.low, 100 * interval.high, group=group
    )


if __name__ == "__main__":
    sys.exit(main())
