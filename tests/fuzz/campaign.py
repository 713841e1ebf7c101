"""Many spoilt inputs through a reader, in a process of its own that may crash, hang or fill its memory.

Input `number` of a reader is a function of its name and the number alone: `input_of` makes any of them again.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch

from tests.fuzz.hostile import hostile_for
from tests.fuzz.mutate import mutated
from tests.fuzz.reader import Reader
from tests.fuzz.seeds import Seed

MOST_S = 2.0  # of the processor, for one input
MOST_BYTES = 10**9  # of memory above where the process began
CEILING_BYTES = 2 * 10**9  # of addresses above there: a reader that goes on gets a MemoryError
LONGEST = 1000  # characters of a sentence
HOSTILE_SHARE = 0.04
NO_MEMORY = re.compile("(can.?t|cannot|unable to|failed to) allocate", re.IGNORECASE)  # torch's, HDF5's, numpy's
TICK = os.sysconf("SC_CLK_TCK")

Inputs = Callable[[int], tuple[Reader, Seed]]


@dataclass
class Tally:
    """What a reader did. faults: (number of the input, what went wrong)."""

    accepted: int = 0
    refused: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)
    slowest_s: float = 0.0
    most_bytes: int = 0

    @property
    def inputs(self) -> int:
        return self.accepted + self.refused + len(self.faults)

    def add(self, other: Tally) -> None:
        self.accepted += other.accepted
        self.refused += other.refused
        self.faults += other.faults
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.most_bytes = max(self.most_bytes, other.most_bytes)

    def kinds(self) -> Counter[str]:
        return Counter(kind for _, kind in self.faults)


def input_of(reader: Reader, seeds: list[Seed], number: int) -> Seed:
    """Input `number`: a seed whose target is spoilt, or a known bad file in its place."""
    rng = np.random.default_rng([number, zlib.crc32(reader.name.encode())])
    seed = seeds[int(rng.integers(len(seeds)))]
    data, bad = seed.files[seed.target], hostile_for(seed.target)
    if bad and rng.random() < HOSTILE_SHARE:
        data = bad[int(rng.integers(len(bad)))]
        data = data if rng.random() < 0.5 else mutated(data, rng)
    else:
        data = mutated(data, rng)
    return seed.with_target(data)


def put(seed: Seed, folder: Path) -> Path:
    """The seed's files in the folder; the path of its target."""
    for name, data in seed.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder / seed.target


def alone_in(place: str) -> None:
    """This process works in a folder, keeps nothing beyond it and asks nobody."""
    os.environ["XDG_CACHE_HOME"] = place
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.chdir(place)


def fault_of(reader: Reader, file: Path) -> str | None:
    """None where the file is read; "" where it is refused with a sentence; else what went wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader.read(file)
    except reader.refusals as error:
        sentence = str(error)
        if _of_memory(error):
            return f"memory: {_where(error)}"
        if not sentence or len(sentence) > LONGEST:
            return f"sentence of {len(sentence)} characters: {_where(error)}"
        return ""
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        kind = "memory" if _of_memory(error) else type(error).__name__
        return f"{kind}: {_where(error)}"
    return None


def _of_memory(error: BaseException | None) -> bool:
    """Whether memory ran out, even where that was answered with a sentence."""
    while error is not None:
        if isinstance(error, MemoryError) or NO_MEMORY.search(str(error)[:500]):
            return True
        error = error.__cause__ or error.__context__
    return False


def _where(error: BaseException) -> str:
    """The innermost line of ours on the way to an error."""
    place, step = "", error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if f"{os.sep}recon{os.sep}" in code.co_filename or f"{os.sep}synth2real{os.sep}" in code.co_filename:
            place = f"{Path(code.co_filename).name}:{code.co_name}"
        step = step.tb_next
    return f"{place} ({str(error).strip().splitlines()[0][:80] if str(error).strip() else ''})"


@cache
def seeds_of(reader: Reader) -> list[Seed]:
    return reader.seeds()


def run(reader: Reader, first: int, count: int) -> Tally:
    """Inputs `first` and so on, each process that dies followed by another."""
    seeds = seeds_of(reader)
    for seed in seeds:
        hostile_for(seed.target)  # made once, here, and not in every process
    return run_all(lambda number: (reader, input_of(reader, seeds, number)), first, first + count)


def run_all(inputs: Inputs, first: int, end: int) -> Tally:
    """Inputs `first` to `end` - 1 of any readers."""
    tally, number = Tally(), first
    while number < end:
        number = _one_process(inputs, number, end, tally)
    return tally


def _one_process(inputs: Inputs, number: int, end: int, tally: Tally) -> int:
    """Inputs of one process into the tally; the first input that is left."""
    begin, finish = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(begin)
        _work(inputs, number, end, finish)
    os.close(finish)
    held, busy, since = b"", _processor_s(child), time.monotonic()
    os.set_blocking(begin, False)
    while True:
        try:
            got = os.read(begin, 1 << 16)
            if not got:
                break
        except BlockingIOError:
            got = b""
        *lines, held = (held + got).split(b"\n")
        for line in lines:
            number = _count(line.decode(), tally) + 1
            busy, since = _processor_s(child), time.monotonic()
        if not lines and (_processor_s(child) - busy > 2 * MOST_S or time.monotonic() - since > 120):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(begin)
            tally.faults.append((number, f"hang: more than {MOST_S:g} s"))
            return number + 1
        if not got:
            time.sleep(0.01)
    os.close(begin)
    status = os.waitpid(child, 0)[1]
    if number < end and status:
        tally.faults.append((number, f"crash: {os.waitstatus_to_exitcode(status)}"))
        number += 1
    return number


def _count(line: str, tally: Tally) -> int:
    number, took, memory, outcome = line.split(" ", 3)
    tally.slowest_s, tally.most_bytes = max(tally.slowest_s, float(took)), max(tally.most_bytes, int(memory))
    if outcome == "accepted":
        tally.accepted += 1
    elif outcome == "refused":
        tally.refused += 1
    else:
        tally.faults.append((int(number), outcome))
    return int(number)


def _work(inputs: Inputs, number: int, end: int, pipe: int) -> None:
    """The child: each input in a new folder; never returns."""
    code = 1
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        torch.set_num_threads(1)  # a fork has none of its parent's threads, and OpenMP waits for them for ever
        start = _rss()
        resource.setrlimit(resource.RLIMIT_AS, (_addresses() + CEILING_BYTES, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as place:
            alone_in(place)
            for k in range(number, end):
                folder = Path(place) / f"n{k}"
                folder.mkdir()
                reader, seed = inputs(k)
                file = put(seed, folder)
                Path("/proc/self/clear_refs").write_text("5")  # the high water mark begins anew
                before, began = max(_rss(), start), time.process_time()
                fault = fault_of(reader, file)
                took, grown = time.process_time() - began, max(_high_water() - before, 0)
                outcome = {None: "accepted", "": "refused"}.get(fault, fault) or ""
                if grown > MOST_BYTES:
                    outcome = "memory: more than a gigabyte"
                if took > MOST_S:
                    outcome = f"hang: more than {MOST_S:g} s"
                line = f"{k} {took:.3f} {grown} {outcome}".replace("\n", " ")[:300]
                os.write(pipe, line.encode(errors="replace") + b"\n")
                shutil.rmtree(folder, ignore_errors=True)
        code = 0
    finally:
        os._exit(code)


def _status(key: str) -> int:
    text = Path("/proc/self/status").read_text()
    return int(text.split(key + ":", 1)[1].split(None, 1)[0]) * 1024


def _rss() -> int:
    return _status("VmRSS")


def _high_water() -> int:
    return _status("VmHWM")


def _addresses() -> int:
    return _status("VmSize")


def _processor_s(process: int) -> float:
    try:
        words = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / TICK
