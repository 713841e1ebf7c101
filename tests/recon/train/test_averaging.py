from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from recon.train.averaging import Ema


def constant(value: float) -> nn.Linear:
    net = nn.Linear(1, 1).double()
    nn.init.constant_(net.weight, value)
    nn.init.constant_(net.bias, -value)
    return net


def test_constant_weights_give_the_geometric_series() -> None:
    ema = Ema(constant(0.0), decay=0.05)  # below the warm-up's first value, so the decay is constant
    for updates in range(1, 6):
        ema.update(constant(1.0))
        assert ema.average.weight.item() == pytest.approx(1 - 0.05**updates, rel=1e-12)
        assert ema.average.bias.item() == pytest.approx(-(1 - 0.05**updates), rel=1e-12)


def test_warm_up_follows_its_formula_until_the_decay() -> None:
    ema, expected = Ema(constant(0.0), decay=0.3), 0.0
    for t in range(20):
        decay = min(0.3, (1 + t) / (10 + t))
        expected = decay * expected + (1 - decay) * t
        ema.update(constant(float(t)))
    assert ema.average.weight.item() == pytest.approx(expected, rel=1e-12)


def test_buffers_are_copied_and_the_average_is_frozen() -> None:
    net = nn.BatchNorm1d(3)
    ema = Ema(net)
    net(torch.randn(8, 3))
    ema.update(net)
    assert net.running_mean is not None
    torch.testing.assert_close(ema.average.running_mean, net.running_mean, rtol=0, atol=0)
    assert ema.average.num_batches_tracked == 1
    assert not ema.average.training
    assert not any(p.requires_grad for p in ema.average.parameters())


def test_a_restored_average_continues_equal() -> None:
    ema = Ema(constant(0.0), decay=0.9)
    ema.update(constant(1.0))
    restored = Ema(constant(5.0), decay=0.9)
    restored.load_state_dict(copy.deepcopy(ema.state_dict()))
    for each in (ema, restored):
        each.update(constant(2.0))
    assert torch.equal(ema.average.weight, restored.average.weight)
