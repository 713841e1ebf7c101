"""`generate` on a Ray cluster, with the bundled weights: the plain engine's bytes."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import pytest

from recon.configuration import read_config
from recon.synthesis.produce import produce
from recon.synthesis.scene import SceneConfig
from synth2real import bundled
from synth2real.dataset.jobs import GenerateJob

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@dataclass(frozen=True)
class WithoutGpu(GenerateJob):
    """Its actors, one a GPU that Ray believes in, translate on the CPU."""

    def stages(self):
        render, translate = super().stages()
        return render, replace(translate, on_gpu=self.open_translate)


def test_generated_rows_are_bit_for_bit_the_plain_engines(tmp_path):
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'synth2real[ray]'")
    from recon.synthesis.engines.on_ray import OnRay

    scene = read_config(SceneConfig, bundled.scene_config())
    job = WithoutGpu(0, 64, scene, bundled.generator_weights(), tuple(bundled.judge_weights()))
    produce(job, 10, tmp_path / "plain", 1)
    known = contents(tmp_path / "plain")
    ray.init(
        "local",
        num_cpus=2,
        num_gpus=1,
        object_store_memory=200_000_000,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    try:
        made = produce(job, 10, tmp_path / "ray", OnRay())
    finally:
        ray.shutdown()
    assert contents(tmp_path / "ray") == known
    assert made.pace.blocks == 2 and min(made.pace.seconds.values()) > 0


def contents(out):
    return {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
