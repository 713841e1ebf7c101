"""The simulation of failures, beside what can be said without it."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import pytest

from recon.synthesis.job import BLOCK
from recon.synthesis.produce import PART


def load_model() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "failure_model", Path(__file__).parents[2] / "scripts/failure_model.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["failure_model"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


model = load_model()


def cluster(**given: float):
    plain = {"nodes": 2, "workers": 4, "block_s": 2.0, "spread": 0.0, "mtbf_h": math.inf, "away_s": 60.0, "ahead": 1000}
    return model.Cluster(**{**plain, **given})


def test_without_failures_nothing_is_done_twice() -> None:
    cost = model.simulate(cluster(), 800, 0)
    assert (cost.wall_s, cost.made, cost.deaths, cost.drivers) == (pytest.approx(200), 800, 0, 0)
    assert model.simulate(cluster(ahead=4), 800, 0).wall_s == pytest.approx(400)  # room for half of the workers
    assert model.simulate(cluster(spread=0.3, ahead=1), 500, 0).wall_s == pytest.approx(1000, rel=0.05)  # mean block_s


def test_a_driver_that_dies_costs_what_was_under_way_and_at_most_a_part() -> None:
    """One node of four equal workers: nothing waits for its turn."""
    cost = model.simulate(cluster(nodes=1, mtbf_h=0.05), 4000, 1)
    assert cost.deaths == cost.drivers > 5
    assert 0 < (cost.made - 4000) / cost.deaths < 4 + PART // BLOCK
    assert cost.wall_s == pytest.approx(cost.made * 2 / 4 + cost.deaths * 60, rel=0.02)


def test_other_nodes_cost_more_the_more_they_hold() -> None:
    """A slow first block would hold all else: the further ahead, the more a death takes."""
    some = [model.simulate(cluster(nodes=8, spread=1.0, mtbf_h=0.2, ahead=n), 4000, 2) for n in (40, 4000)]
    lost = [(cost.made - 4000) / cost.deaths for cost in some]
    assert all(cost.deaths > cost.drivers > 0 for cost in some)
    assert lost[0] < lost[1]
