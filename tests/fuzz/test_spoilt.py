"""Files of strangers: whatever they are, a reader reads them or refuses them in a sentence."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from tests.fuzz import campaign
from tests.fuzz.campaign import fault_of, input_of, put, run, run_all, seeds_of
from tests.fuzz.hostile import KINDS, hostile_of, with_hostile
from tests.fuzz.reader import Reader
from tests.fuzz.readers import READERS
from tests.fuzz.seeds import Seed

pytestmark = pytest.mark.filterwarnings("ignore")  # what libraries say of spoilt files, and of TorchScript
SOME = 6  # inputs of each reader: the long run is scripts/fuzz_readers.py
TESTED = [(kind[0], name) for kind, makers in KINDS.items() for maker in makers for name in maker()]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_seeds_are_read(reader: Reader) -> None:
    for seed in seeds_of(reader):
        with tempfile.TemporaryDirectory() as place:
            fault = fault_of(reader, put(seed, Path(place)))
            assert fault is None if seed.whole else not fault, fault


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_spoilt_files_are_refused_in_a_sentence(reader: Reader) -> None:
    tally = run(reader, 0, SOME)
    assert tally.inputs == SOME and not tally.faults, tally.faults


@pytest.mark.parametrize(("suffix", "name"), TESTED)
def test_files_made_to_harm(suffix: str, name: str) -> None:
    jobs = targets(suffix, hostile_of(suffix)[name])
    tally = run_all(jobs.__getitem__, 0, len(jobs))
    assert jobs and tally.inputs == len(jobs)
    assert not tally.faults, [(jobs[number][0].name, kind) for number, kind in tally.faults]


def targets(suffix: str, data: bytes) -> list[tuple[Reader, Seed]]:
    """Every reader of files with this ending, given the data in place of one of them."""
    found = [(reader, with_hostile(seeds_of(reader), suffix, data)) for reader in READERS]
    return [(reader, seed) for reader, seed in found if seed is not None]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_an_input_is_a_function_of_its_number(reader: Reader) -> None:
    one, other = (input_of(reader, seeds_of(reader), number) for number in (5, 6))
    assert one == input_of(reader, reader.seeds(), 5) != other


def test_faults_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "MOST_S", 0.5)
    monkeypatch.setattr(campaign, "MOST_BYTES", 10**8)

    def hungry(file: Path) -> None:
        assert bytearray(b"1") * (12 * 10**7)

    def busy(file: Path) -> None:
        until = time.process_time() + 10
        while time.process_time() < until:
            pass

    seeds = lambda: [Seed("a", {"a": b"abc"})]  # noqa: E731
    kinds = []
    for read in (lambda file: 1 / 0, lambda file: os.abort(), hungry, busy):
        tally = run(Reader("a test's", read, seeds), 0, 1)
        kinds += [kind.split(":")[0] for _, kind in tally.faults]
    assert kinds == ["ZeroDivisionError", "crash", "memory", "hang"]
