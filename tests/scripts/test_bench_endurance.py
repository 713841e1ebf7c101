"""The watch over a long run, on numbers and processes that are known."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recon.synthesis.produce import RECORDS_PER_SHARD

SCRIPT = Path(__file__).parents[2] / "scripts/bench_endurance.py"
spec = importlib.util.spec_from_file_location("bench_endurance", SCRIPT)
assert spec and spec.loader
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


def test_what_slows_and_grows_is_told():
    shards = 40
    cost = 0.1 * (1 + 0.05 * np.arange(shards) * RECORDS_PER_SHARD / 1000)  # 5 % slower, a thousand faces
    seconds = np.r_[7.0, 7.0 + np.cumsum(cost[1:] * RECORDS_PER_SHARD)]
    resident = 900 + 30 * np.arange(shards) * RECORDS_PER_SHARD / 1000
    told = {one.name: one for one in bench.figures(seconds, resident, np.full(shards, 0.2))}
    assert told["grown"].value == pytest.approx(30)
    assert told["slower"].value == pytest.approx(100 * 0.05 * 0.1 / cost[bench.WARMING :].mean(), rel=0.01)
    busy = np.linspace(0.2, 0.3, shards)  # a machine that slows everything alike
    seconds = np.r_[7.0, 7.0 + np.cumsum(0.5 * busy[1:] * RECORDS_PER_SHARD)]
    told = {one.name: one for one in bench.figures(seconds, resident, busy)}
    assert told["slower"].value == pytest.approx(0, abs=1e-6) and told["slower"].n == shards - bench.WARMING


def test_a_slope_has_an_interval_that_holds_it():
    noisy = 100 + np.random.default_rng(1).normal(0, 1, 39)
    value, low, high = bench.slope(noisy)
    assert low < value < high and low < 0 < high


def test_a_process_is_counted_with_its_children():
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(sum(range(10**7))); input()'])"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout and run.stdout.readline()
        seconds, resident = bench.used(run.pid)
        assert len(bench.tree(run.pid)) == 2 and run.pid in bench.tree(os.getpid())
        assert seconds > 0.05 and resident > 10
        run.communicate("\n")
