from __future__ import annotations

import math

import pytest
import torch

from recon.methods.deca.detail.losses import displacement_loss, height_loss, mrf_loss, mrf_of_layer, symmetry_loss


def test_the_mrf_loss_equals_a_hand_worked_case() -> None:
    """Two true patches that are opposite (once their mean over the channels is off)."""
    true = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])  # (1, 2 channels, 1, 2)
    assert float(mrf_of_layer(true, true)) == pytest.approx(0, abs=1e-6)
    assert float(mrf_of_layer(true.flip(3), true)) == pytest.approx(0, abs=1e-6)  # patches have no place
    alike = true[..., :1].expand(-1, -1, -1, 2)
    assert float(mrf_of_layer(alike, true)) == pytest.approx(math.log(2), abs=1e-6)
    assert float(mrf_loss([alike, alike], [true, true])) == pytest.approx(3 * math.log(2), abs=1e-5)


def test_the_mrf_loss_of_a_patch_between_two() -> None:
    """At right angles to both true patches all distances are alike: each is half as similar as can be."""
    true = torch.tensor([[[[1.0, -1.0]], [[-1.0, 1.0]], [[0.0, 0.0]]]])
    found = torch.tensor([[[[1.0]], [[1.0]], [[-2.0]]]])
    assert float(mrf_of_layer(found, true)) == pytest.approx(math.log(2), abs=1e-6)


def test_the_mrf_loss_has_finite_gradients_where_it_is_zero() -> None:
    torch.manual_seed(0)
    true = torch.randn(2, 4, 3, 3)
    found = true.clone().requires_grad_(True)
    mrf_of_layer(found, true).backward()
    assert found.grad is not None and bool(found.grad.isfinite().all())


def test_the_displacement_losses_equal_hand_worked_cases() -> None:
    displacement = torch.zeros(2, 1, 2, 4)
    displacement[0, 0, 0] = torch.tensor([1.0, 2.0, 2.0, 4.0])  # |1 - 4| + |2 - 2| + |2 - 2| + |4 - 1|
    whole = torch.ones(2, 4)
    assert float(symmetry_loss(displacement, whole)) == pytest.approx(6 / 16)
    assert float(displacement_loss(displacement, whole)) == pytest.approx(9 / 16)
    left = torch.tensor([[1.0, 0, 0, 0], [0, 0, 0, 0]])
    assert float(symmetry_loss(displacement, left)) == pytest.approx(3 / 2)
    assert float(displacement_loss(displacement, left)) == pytest.approx(1 / 2)
    assert float(symmetry_loss(displacement + displacement.flip(3), whole)) == 0
    assert float(displacement_loss(0 * displacement, whole)) == 0 == float(displacement_loss(displacement, 0 * whole))


def test_the_height_loss_is_the_mean_square_where_the_height_is_known() -> None:
    found, true = torch.zeros(3, 1, 2, 2), torch.zeros(3, 1, 2, 2)
    found[0, 0, 0] = torch.tensor([3.0, 1.0])
    true[2] = torch.nan
    seen = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    assert float(height_loss(found, true, seen)) == pytest.approx(9 / 6)  # six texels of two images
    assert float(height_loss(found[2:], true[2:], seen)) == 0 and float(height_loss(true[:1], true[:1], seen)) == 0
