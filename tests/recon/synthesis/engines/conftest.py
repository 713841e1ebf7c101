from __future__ import annotations

import logging

import pytest


@pytest.fixture(scope="module")
def cluster():
    """A Ray cluster of this machine, which the process is in. Its GPU is a word: what runs there uses the CPU."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'synth2real[ray]'")
    ray.init(
        "local",
        num_cpus=2,
        num_gpus=1,
        object_store_memory=100_000_000,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    yield
    ray.shutdown()
