from __future__ import annotations

import math

import torch

from recon.methods.pix2vertex.mask import mask_loss


def test_an_undecided_network_pays_one_bit() -> None:
    mask = (torch.rand(2, 1, 8, 8) > 0.5).float()
    torch.testing.assert_close(mask_loss(torch.zeros(2, 2, 8, 8), mask), torch.tensor(math.log(2)))


def test_certainty_pays_nothing_when_right_and_much_when_wrong() -> None:
    mask = (torch.rand(2, 1, 8, 8) > 0.5).float()
    right = (mask * 2 - 1) * 30
    assert mask_loss(right, mask, dice_weight=1.0) < 1e-6
    torch.testing.assert_close(mask_loss(-right, mask), torch.tensor(30.0))


def test_dice_of_a_half_sure_network() -> None:
    """With p = 1/2 everywhere and a full mask of n pixels, soft Dice is (n + 1) / (1.5 n + 1)."""
    n = 64
    dice = mask_loss(torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8), dice_weight=1.0) - math.log(2)
    torch.testing.assert_close(dice, torch.tensor(1 - (n + 1) / (1.5 * n + 1)))


def test_gradient() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 2, 4, 4, dtype=torch.double, requires_grad=True)
    mask = (torch.rand(1, 1, 4, 4) > 0.5).double()
    assert torch.autograd.gradcheck(lambda x: mask_loss(x, mask, 0.5), logits)
