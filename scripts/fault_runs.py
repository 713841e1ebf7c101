"""What `try_faults.py` does to a command: start it in a process, watch its folder, kill it, compare what it left."""

from __future__ import annotations

import hashlib
import importlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing.context import ForkContext, ForkProcess
from pathlib import Path
from typing import Any

from fault_cases import Case

from recon import processes
from recon.cli.interrupts import STOPS

LOOK_S, LONG_S = 0.005, 600.0  # between two looks at a folder; until a run counts as hung
BLOCK = 4096  # bytes that a file takes on a disk, or a multiple of it
PASSING = (".lock",)  # of a run at work
CHANGING = ("stage.yaml", "experiment.yaml")  # say themselves how far a run is

NUMBERS = count()  # of runs

Contents = dict[str, str]  # path in a folder -> digest of what is there


class Place:
    """Where a case is tried. IN: its inputs, made once. NOW: where it works, always the same path, emptied between."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self.folder, self.now = case, folder, folder / "now"
        self.inputs, self.out = folder / "in", folder / "now" / case.fills
        self.inputs.mkdir(parents=True)
        self.now.mkdir()
        making = multiprocessing.get_context("fork").Process(target=_make, args=(case, self.inputs))
        making.start()
        making.join()
        if making.exitcode:
            raise SystemExit(f"the inputs of {case.words.split()[0]} could not be made")

    def begin(self) -> None:
        """An empty NOW, and what the command changes."""
        for path in self.now.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.case.begin(self.inputs, self.now)

    def words(self, words: str) -> list[str]:
        return [word.replace("IN/", f"{self.inputs}/").replace("NOW/", f"{self.now}/") for word in words.split()]


class Run:
    """A command at work in a process of its own, with its own process group.

    The process is forked off this one, which has imported what the program needs, and its workers off it: to import
    takes longer than the work. Otherwise it begins as a shell would begin it, with random generators of its own.
    """

    def __init__(self, place: Place, more: str = "", instead: str = "") -> None:
        self.place, self.log = place, place.folder / f"said_{next(NUMBERS)}.txt"  # two may be at work
        words = place.words(instead or f"{place.case.words} {more}")
        self.log.write_bytes(b"")
        self.process = multiprocessing.get_context("fork").Process(target=_run, args=(place.case, words, self.log))
        self.process.start()
        self.pid = self.process.pid or 0
        self.before, self.changes = listing(place.out), 0

    @property
    def alive(self) -> bool:
        return self.process.exitcode is None

    def wait(self) -> int:
        """-> the exit code, below 0 for a signal."""
        self.process.join(LONG_S)
        if self.process.exitcode is None:
            self.process.kill()
            raise SystemExit(f"{self.place.case.words.split()[0]} hung: {self.said}")
        return self.process.exitcode

    def wait_for(self, changes: int) -> bool:
        """Until its folder has changed so often; False where it ended before."""
        while self.alive and self.changes < changes:
            self.look()
        return self.alive

    def look(self) -> bool:
        """After a moment, whether its folder is another than at the look before."""
        self.process.join(LOOK_S)
        now = listing(self.place.out)
        changed = now != self.before
        self.before, self.changes = now, self.changes + changed
        return changed

    def kill(self, number: signal.Signals, group: bool = False) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number) if group else os.kill(self.pid, number)

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace").strip()

    def refused(self, sentence: str) -> bool:
        """Whether it ended with code 2 and one line that holds the sentence, after its log's lines."""
        return self.wait() == 2 and self.told(sentence)

    def told(self, sentence: str) -> bool:
        last = (self.said.splitlines() or [""])[-1]
        return last.startswith(("recon: ", "synth2real: ")) and sentence in last and "Traceback" not in self.said

    def workers(self) -> list[int]:
        """Processes that work for it."""
        found = []
        for children in Path(f"/proc/{self.pid}/task").glob("*/children"):
            try:
                pids = [int(pid) for pid in children.read_text().split()]
                found += [pid for pid in pids if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found

    def left_behind(self, patience_s: float = 30) -> str:
        """What to say of it where one of its processes is still there after so long; "" where none is."""
        end = time.monotonic() + patience_s
        while of_group(self.pid) and time.monotonic() < end:
            time.sleep(0.05)
        return f"processes are left behind: {of_group(self.pid)}" if of_group(self.pid) else ""


class Forked(ForkProcess):
    """A worker that answers signals as a spawned one does, also at its birth, when Python swallows what they raise."""

    def start(self) -> None:
        with processes.held_back(*STOPS):
            super().start()

    def run(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        super().run()


class Forks(ForkContext):
    Process = Forked


def _make(case: Case, folder: Path) -> None:
    processes.WORKERS = Forks()
    case.make(folder)


def _run(case: Case, words: list[str], log: Path) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in a shell's background ignores
    for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (os.open(log, os.O_WRONLY | os.O_APPEND), 1)):
        os.dup2(source, target)
    os.dup2(1, 2)
    random.seed()
    importlib.import_module("numpy").random.seed()
    importlib.import_module("torch").seed()
    case.prepare()
    processes.WORKERS = Forks()
    sys.argv = [case.module.split(".")[0], *words]
    sys.exit(importlib.import_module(case.module).main(words))


def of_group(group: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rsplit(")")[-1].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found


def listing(folder: Path) -> frozenset[str]:
    """The files under a folder, at this moment."""
    return frozenset(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)


def contents(folder: Path) -> Contents:
    """What lies in a folder but for what tells the time: TensorBoard's logs, dates in JSON, older checkpoints."""
    found = {}
    for path in sorted(Path(name) for name in listing(folder)):
        name = path.relative_to(folder).as_posix()
        others = sorted(path.parent.glob("step_*.pt"))
        if "tensorboard" in path.parts or path.name in PASSING or (path in others and path != others[-1]):
            continue
        found[name] = hashlib.sha256(_content(path)).hexdigest()
    return found


def _content(path: Path) -> bytes:
    if path.suffix == ".safetensors":  # whose header has its entries in any order
        from safetensors import safe_open

        with safe_open(path, framework="np") as file:
            parts = [json.dumps(file.metadata(), sort_keys=True).encode()]
            parts += [name.encode() + file.get_tensor(name).tobytes() for name in sorted(file.keys())]
        return b"".join(parts)
    if path.suffix == ".pt":  # whose pickle names what it has seen before, which reading splits
        import torch

        return _plain(torch.load(path, weights_only=True)).encode()
    whole = path.read_bytes()
    if path.suffix == ".json":
        said: Any = json.loads(whole)
        if isinstance(said, dict) and {"date", "commit"} <= said.keys():
            return json.dumps({key: said[key] for key in said.keys() - {"date", "commit"}}, sort_keys=True).encode()
    return whole


def _plain(value: Any) -> str:
    """All of what a checkpoint holds, as text."""
    if isinstance(value, dict):
        return str({str(key): _plain(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return str([_plain(item) for item in value])
    return str(value.tolist()) if hasattr(value, "tolist") else repr(value)


def differences(one: Contents, other: Contents) -> list[str]:
    """The files that are in one alone, or other ones."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def untrue(between: Contents, whole: Contents) -> list[str]:
    """Files of a run that was killed which are none of the whole run's, though they have a name of its own."""
    shown = {name: digest for name, digest in between.items() if Path(name).name not in CHANGING}
    return [name for name, digest in shown.items() if whole.get(name, digest) != digest]


def bytes_on_disk(folder: Path) -> int:
    """What a folder's files take."""
    return sum(-(-os.path.getsize(name) // BLOCK) * BLOCK for name in listing(folder))


class SmallDisk:
    """A disk of its own under a folder, of memory. Needs the right to mount."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self._mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs")

    def _mount(self, *words: str) -> None:
        subprocess.run(["mount", *words, str(self.folder)], check=True, capture_output=True)

    def remount(self, option: str) -> None:
        """size=BYTES, ro or rw."""
        self._mount("-o", f"remount,{option}")


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    disk = SmallDisk(folder, size)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def can_mount(folder: Path) -> bool:
    try:
        with small_disk(folder, BLOCK * 16):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False
