"""Whatever dies, Ray's rows are the plain engine's. Each cluster takes seconds to start, so all of it is slow."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from recon.errors import UserError
from recon.synthesis import produce as module
from recon.synthesis.produce import produce
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import SceneConfig
from recon.synthesis.shards import shard_files
from tests.recon.synthesis.engines.staged_job import StagedJob
from tests.recon.synthesis.test_produce import contents

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'synth2real[ray]'")

from recon.synthesis.engines.on_ray import OnRay  # noqa: E402

RENDERS = RenderJob(3, 32, SceneConfig(yaw_max_deg=10))


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "RECORDS_PER_SHARD", 20)
        yield


@pytest.fixture(scope="module")
def plain(small_shards, tmp_path_factory):
    """45 rows of the plain engine: every third candidate is rejected, so they are of 67."""
    out = tmp_path_factory.mktemp("plain")
    assert produce(StagedJob(reject=3), 45, out, 1).candidates == 68
    return contents(out)


@pytest.fixture(scope="module")
def renders(small_shards, tmp_path_factory):
    out = tmp_path_factory.mktemp("renders")
    produce(RENDERS, 11, out, 1)
    return contents(out)


def test_renders_are_bit_for_bit_the_plain_engines(cluster, renders, tmp_path):
    made = produce(RENDERS, 11, tmp_path, OnRay())
    assert contents(tmp_path) == renders
    assert made.pace.blocks == 2 and made.pace.seconds["render"] > 0


def test_rejected_candidates_are_made_up_for_in_order(cluster, plain, tmp_path):
    made = produce(StagedJob(reject=3), 45, tmp_path, OnRay())
    assert contents(tmp_path) == plain
    assert made.candidates == 68 and made.pace.blocks == 9  # none in vain
    assert list(made.pace.seconds) == ["double", "halve"]


def test_workers_that_are_killed(cluster, plain, tmp_path):
    """A task's and an actor's."""
    produce(StagedJob(reject=3, marks=tmp_path, kill=True), 45, tmp_path / "out", OnRay())
    assert {mark.name for mark in tmp_path.glob("died-*")} == {"died-double", "died-halve"}
    assert contents(tmp_path / "out") == plain


@pytest.mark.parametrize("engines", [(1, OnRay()), (OnRay(), 1)])
def test_either_engine_goes_on_where_the_other_was_stopped(cluster, plain, tmp_path, monkeypatch, engines):
    kept = module._kept_rows

    def interrupted(*given):
        for number, row in enumerate(kept(*given)):
            if number == 23:
                raise KeyboardInterrupt
            yield row

    monkeypatch.setattr(module, "_kept_rows", interrupted)
    with pytest.raises(KeyboardInterrupt):
        produce(StagedJob(reject=3), 45, tmp_path, engines[0])
    monkeypatch.setattr(module, "_kept_rows", kept)
    assert len(shard_files(tmp_path)) == 1
    produce(StagedJob(reject=3), 45, tmp_path, engines[1])
    assert contents(tmp_path) == plain


def test_what_a_worker_refuses_is_said(cluster, tmp_path):
    with pytest.raises(UserError, match="the weights are gone"):
        produce(StagedJob(refuse=18), 45, tmp_path, OnRay())
    with pytest.raises(UserError, match="all rejected"):
        produce(StagedJob(reject=1), 5, tmp_path / "none", OnRay())


def test_a_node_that_is_killed(plain, tmp_path):
    """Two nodes, both at work; one dies with what it holds when the first part is written."""
    from ray.cluster_utils import Cluster

    if ray.is_initialized():
        ray.shutdown()
    node = {"num_cpus": 2, "num_gpus": 1, "object_store_memory": 100_000_000}
    two = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        other = two.add_node(**node)
        two.wait_for_nodes()
        out, marks = tmp_path / "out", tmp_path / "marks"
        marks.mkdir()
        killer = threading.Thread(target=_kill_when_begun, args=(two, other, out, marks))
        killer.start()
        produce(StagedJob(reject=3, pause_s=0.5, marks=marks), 45, out, OnRay(two.address))
        killer.join()
        assert len(list(marks.glob("node-*"))) == 2 and (marks / "killed").exists()
        assert contents(out) == plain
    finally:
        two.shutdown()


def _kill_when_begun(two, node, out: Path, marks: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if list((out / ".begun").glob("*.parquet")) and len(list(marks.glob("node-*"))) == 2:
            assert not shard_files(out)
            two.remove_node(node, allow_graceful=False)
            (marks / "killed").touch()
            return
        time.sleep(0.05)
