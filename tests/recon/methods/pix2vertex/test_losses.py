from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from recon.methods.pix2vertex.losses import (
    Pix2VertexLossConfig,
    erode,
    map_normals,
    mask_loss,
    masked_l1,
    normals_loss,
    overlap_loss,
    pix2vertex_losses,
)
from recon.methods.pix2vertex.network import Maps
from tests.recon.methods.pix2vertex.bumps import bumps


def test_the_true_maps_cost_nothing() -> None:
    batch = bumps(0)
    truth = Maps(batch["position_mm"] / 100, batch["correspondence"], (batch["mask"] * 2 - 1) * 40)
    losses = pix2vertex_losses(truth, batch, Pix2VertexLossConfig())
    assert losses.keys() == {"position", "correspondence", "mask", "normals"}
    assert all(float(loss) < 1e-5 for loss in losses.values())


def test_weights_are_the_papers_and_normals_can_be_off() -> None:
    batch = bumps(0)
    off_by_10_mm = Maps(batch["position_mm"] / 100 + 0.1, batch["correspondence"] - 0.02, batch["mask"] * 80 - 40)
    losses = pix2vertex_losses(off_by_10_mm, batch, Pix2VertexLossConfig(normals=0))
    torch.testing.assert_close(losses["position"], torch.tensor(10.0))
    torch.testing.assert_close(losses["correspondence"], torch.tensor(2.0))
    assert "normals" not in losses


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


def test_gradient_of_the_l1() -> None:
    torch.manual_seed(0)
    predicted = torch.randn(2, 3, 4, 4, dtype=torch.double, requires_grad=True)
    mask = (torch.rand(2, 1, 4, 4) > 0.5).double()
    assert torch.autograd.gradcheck(lambda p: masked_l1(p, torch.zeros_like(p) + 10, mask), predicted)


def plane(slope_x: float, slope_y: float, size: int = 9) -> Tensor:
    """z = slope_x x + slope_y y on a grid of unit steps, in the camera frame (y falls with the row)."""
    y, x = torch.meshgrid(-torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    return torch.stack([x, y, slope_x * x + slope_y * y])[None]


def test_normals_of_a_plane_look_at_the_viewer() -> None:
    expected = torch.tensor([-0.5, -0.25, 1.0])
    expected /= expected.norm()
    torch.testing.assert_close(map_normals(plane(0.5, 0.25)), expected.view(1, 3, 1, 1).expand(1, 3, 9, 9))


def test_equal_maps_cost_exactly_nothing() -> None:
    position = torch.randn(2, 3, 8, 8)
    assert normals_loss(position, position, torch.ones(2, 1, 8, 8)) == 0


@pytest.mark.parametrize("angle_deg", [10.0, 45.0, 80.0])
def test_a_tilted_plane_costs_its_closed_form(angle_deg: float) -> None:
    angle = math.radians(angle_deg)
    loss = normals_loss(plane(math.tan(angle), 0), plane(0, 0), torch.ones(1, 1, 9, 9))
    expected = torch.tensor((math.sin(angle) + 1 - math.cos(angle)) / 3)  # the mean over components
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-6)


def test_coordinates_and_normals_are_averaged_over_channels_alike() -> None:
    """The default weight makes up for it: 10 times equation 1's norm as a sum over components."""
    batch, mask = bumps(0), torch.ones_like(bumps(0)["mask"])
    batch = {**batch, "mask": mask}
    flat = Maps(
        batch["position_mm"] / 100 * torch.tensor([1.0, 1.0, 0.0]).view(1, 3, 1, 1), batch["correspondence"], mask
    )
    off = (map_normals(flat.position) - map_normals(batch["position_mm"] / 100)).abs()[..., 1:-1, 1:-1]
    losses = pix2vertex_losses(flat, batch, Pix2VertexLossConfig())
    torch.testing.assert_close(losses["normals"], 10 * off.sum(1).mean())
    torch.testing.assert_close(losses["normals"], 30 * off.mean())


def test_a_shift_of_the_whole_map_is_free() -> None:
    position = plane(0.3, -0.2)
    loss = normals_loss(position + torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1), position, torch.ones(1, 1, 9, 9))
    assert loss < 1e-5


def test_pixels_beside_the_rim_do_not_count() -> None:
    mask = torch.zeros(1, 1, 9, 9)
    mask[..., 2:7, 2:7] = 1
    assert erode(mask).sum() == 9
    assert erode(torch.ones(1, 1, 9, 9)).sum() == 49
    junk = torch.where(mask.bool(), plane(0.1, 0.1), torch.full((1, 3, 9, 9), 50.0))
    assert normals_loss(junk, plane(0.1, 0.1), mask) < 1e-5


def test_a_collapsed_prediction_has_a_finite_gradient() -> None:
    position = torch.zeros(1, 3, 8, 8, requires_grad=True)
    normals_loss(position, plane(0.1, 0.1, 8), torch.ones(1, 1, 8, 8)).backward()
    assert position.grad is not None and position.grad.isfinite().all()


def test_gradient_of_the_normals() -> None:
    torch.manual_seed(0)
    position = (plane(0.2, 0.1, 5).double() + 0.1 * torch.randn(1, 3, 5, 5).double()).requires_grad_()
    true, mask = plane(0.9, -0.7, 5).double(), torch.ones(1, 1, 5, 5).double()
    assert torch.autograd.gradcheck(lambda p: normals_loss(p, true, mask), position)


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


def test_gradient_of_the_mask() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 2, 4, 4, dtype=torch.double, requires_grad=True)
    mask = (torch.rand(1, 1, 4, 4) > 0.5).double()
    assert torch.autograd.gradcheck(lambda x: mask_loss(x, mask, 0.5), logits)


def test_the_overlap_of_classes_by_hand() -> None:
    classes = torch.zeros(2, 1, 4, 4)
    classes[1, :, :2, :2] = 2  # the first image shows one class, the second two
    right = torch.nn.functional.one_hot(classes[:, 0].long(), 3).permute(0, 3, 1, 2) * 80.0
    assert float(overlap_loss(right, classes)) == pytest.approx(0, abs=1e-6)
    blind = torch.zeros(2, 3, 4, 4)
    blind[:, 0] = 80.0  # all background: right, right but for four pixels, and the small thing is missed
    assert float(overlap_loss(blind, classes)) == pytest.approx((0 + (1 - 24 / 28) + 1) / 3, abs=1e-6)
    even = torch.zeros(2, 3, 4, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda logits: overlap_loss(logits, classes), even)
