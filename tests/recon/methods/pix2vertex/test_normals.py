from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from recon.methods.pix2vertex.normals import erode, map_normals, normals_loss


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
    torch.testing.assert_close(loss, torch.tensor(math.sin(angle) + 1 - math.cos(angle)), rtol=1e-5, atol=1e-6)


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


def test_gradient() -> None:
    torch.manual_seed(0)
    position = (plane(0.2, 0.1, 5).double() + 0.1 * torch.randn(1, 3, 5, 5).double()).requires_grad_()
    true, mask = plane(0.9, -0.7, 5).double(), torch.ones(1, 1, 5, 5).double()
    assert torch.autograd.gradcheck(lambda p: normals_loss(p, true, mask), position)
