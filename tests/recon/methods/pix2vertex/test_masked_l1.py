from __future__ import annotations

import torch

from recon.methods.pix2vertex.masked_l1 import masked_l1


def test_closed_form_and_blind_outside_the_mask() -> None:
    mask = torch.zeros(2, 1, 4, 4)
    mask[0, :, :2, :2] = 1
    predicted, true = torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)
    predicted[0, 0, 0, 0] = 6  # one of 4 pixels x 3 channels
    torch.testing.assert_close(masked_l1(predicted, true, mask), torch.tensor(0.5))
    predicted[1] = 100
    predicted[0, :, 2:] = -100
    torch.testing.assert_close(masked_l1(predicted, true, mask), torch.tensor(0.5))


def test_an_empty_mask_gives_zero() -> None:
    assert masked_l1(torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2), torch.zeros(1, 1, 2, 2)) == 0


def test_gradient() -> None:
    torch.manual_seed(0)
    predicted = torch.randn(2, 3, 4, 4, dtype=torch.double, requires_grad=True)
    mask = (torch.rand(2, 1, 4, 4) > 0.5).double()
    assert torch.autograd.gradcheck(lambda p: masked_l1(p, torch.zeros_like(p) + 10, mask), predicted)
