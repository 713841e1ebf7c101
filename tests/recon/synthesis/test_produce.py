import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recon.errors import UserError
from recon.files import only_run_in
from recon.synthesis import produce as module
from recon.synthesis.engines import local
from recon.synthesis.produce import produce
from recon.synthesis.shards import Rows, shard_files
from tests.recon.synthesis import fake_job
from tests.recon.synthesis.fake_job import FakeJob


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(module, "RECORDS_PER_SHARD", 20)


def indices(out):
    return [row["index"] for row in Rows(shard_files(out)).rows(["index"])]


def contents(out):
    return {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_files_are_the_same_whatever_the_number_of_workers(tmp_path):
    job = FakeJob(reject=3)
    one = produce(job, 45, tmp_path / "one", workers=1)
    two = produce(job, 45, tmp_path / "two", workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    kept = [i for i in range(100) if i % 3][:45]
    assert indices(tmp_path / "one") == kept
    assert (one.count, one.candidates, len(one.shards)) == (45, kept[-1] + 1, 3) == (two.count, two.candidates, 3)


def test_more_can_be_asked_for_later(tmp_path, monkeypatch):
    produce(FakeJob(reject=3), 25, tmp_path / "grown", workers=1)  # the second shard is partial: completed
    drawn = record_blocks(monkeypatch)
    produce(FakeJob(reject=3), 45, tmp_path / "grown", workers=1)
    assert drawn[0] == 32  # the 25 kept end with index 37
    produce(FakeJob(reject=3), 45, tmp_path / "whole", workers=1)
    assert contents(tmp_path / "grown") == contents(tmp_path / "whole")


def record_blocks(monkeypatch):
    """The first index of each block that is drawn from here on."""
    drawn = []
    submitted = local.ProcessPool.submit

    def submit(pool, work, block):
        drawn.append(block.start)
        return submitted(pool, work, block)

    monkeypatch.setattr(local.ProcessPool, "submit", submit)
    return drawn


def test_a_run_that_was_stopped_early_goes_on_where_it_was(tmp_path, monkeypatch):
    """Of fewer records than a shard holds, and stopped in the midst of its second part."""
    monkeypatch.setattr(module, "PART", 8)
    whole = produce(FakeJob(reject=3), 19, tmp_path / "whole", workers=1)
    kept = module._kept_rows

    def interrupted(*given):
        for number, row in enumerate(kept(*given)):
            if number == 11:
                raise KeyboardInterrupt
            yield row

    monkeypatch.setattr(module, "_kept_rows", interrupted)
    with pytest.raises(KeyboardInterrupt):
        produce(FakeJob(reject=3), 19, tmp_path / "stopped", workers=1)
    assert not shard_files(tmp_path / "stopped")
    monkeypatch.setattr(module, "_kept_rows", kept)
    drawn = record_blocks(monkeypatch)
    assert produce(FakeJob(reject=3), 19, tmp_path / "stopped", workers=1).candidates == whole.candidates
    assert drawn[0] == 8  # eight are kept of the first 11; the block of the next is drawn whole
    assert contents(tmp_path / "whole") == contents(tmp_path / "stopped")


def test_two_runs_in_one_folder(tmp_path):
    with only_run_in(tmp_path), pytest.raises(UserError, match="another run is at work in --out"):
        produce(FakeJob(), 5, tmp_path, workers=1)
    assert produce(FakeJob(), 5, tmp_path, workers=1).count == 5


def test_parts_of_a_shard_that_is_there_are_removed(tmp_path, monkeypatch):
    """As a run leaves them that is killed when its last shard is whole."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "_remove_parts", lambda out: None)
        produce(FakeJob(), 5, tmp_path, workers=1)
    assert (tmp_path / ".begun").exists()
    produce(FakeJob(), 5, tmp_path, workers=1)
    assert not (tmp_path / ".begun").exists()


def test_a_run_that_was_stopped_before_its_manifest_goes_on(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(module, "whole_file", stopped)
        with pytest.raises(KeyboardInterrupt):
            produce(FakeJob(), 5, tmp_path, workers=1)
    assert produce(FakeJob(), 5, tmp_path, workers=1).count == 5


def stopped(*_, **__):
    raise KeyboardInterrupt


def test_a_finished_folder_is_left_alone(tmp_path):
    first = produce(FakeJob(), 5, tmp_path, workers=1)
    before = shard_files(tmp_path)[0].stat().st_mtime_ns
    assert produce(FakeJob(), 5, tmp_path, workers=1) == first
    assert shard_files(tmp_path)[0].stat().st_mtime_ns == before


def test_a_kill_loses_and_doubles_nothing(tmp_path):
    count = 300  # the script's shards hold 128
    script = [sys.executable, fake_job.__file__, str(tmp_path / "killed"), str(count)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(script, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not shard_files(tmp_path / "killed") and time.monotonic() < deadline:
        time.sleep(0.02)
    workers = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(shard_files(tmp_path / "killed")) in (1, 2) and workers

    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(alive, workers))  # nobody is left behind

    subprocess.run(script, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert indices(tmp_path / "killed") == [i for i in range(2 * count) if i % 3][:count]
    assert not list((tmp_path / "killed").rglob("*.tmp"))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("job", "count", "message"),
    [
        (FakeJob(seed=1), 5, "begun with seed 0, not 1"),
        (FakeJob(reject=2), 5, "begun with config.reject 0, not 2"),
        (FakeJob(), 4, "holds 5 records already"),
    ],
)
def test_another_job_is_refused(tmp_path, job, count, message):
    produce(FakeJob(), 5, tmp_path, workers=1)
    with pytest.raises(UserError, match=message):
        produce(job, count, tmp_path, workers=1)


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(UserError, match="holds other files"):
        produce(FakeJob(), 5, tmp_path, workers=1)
    with pytest.raises(UserError, match="is a file"):
        produce(FakeJob(), 5, tmp_path / "thesis.txt", workers=1)


def test_gives_up_when_everything_is_rejected(tmp_path):
    with pytest.raises(UserError, match="all rejected"):
        produce(FakeJob(reject=1), 5, tmp_path, workers=1)
    assert not shard_files(tmp_path)


def test_a_failed_write_leaves_no_half_shard(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that writing fails in the midst of a file
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, limits[1]))
    try:
        with pytest.raises(UserError, match="can't be written"):
            produce(FakeJob(), 20, tmp_path, workers=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert not shard_files(tmp_path) and not list(tmp_path.rglob("*.tmp"))
    assert produce(FakeJob(), 20, tmp_path, workers=1).count == 20
    assert json.loads((tmp_path / "manifest.json").read_text())["seed"] == 0
