"""Teeth numbered along the arch, from the middle to both sides."""

from __future__ import annotations

import numpy as np
import torch

from recon.faces import load
from recon.faces.model import REGIONS
from recon.people.mouth.teeth import LOWER, WIDTHS_MM, arch_mm, edge_height, numbered, teeth_of


def test_arch_of_a_half_circle_is_as_long_as_it_is():
    angle = torch.linspace(-1.5, 1.5, 301)
    points = torch.stack([30 * angle.sin(), 0 * angle, 30 * angle.cos()], 1)
    points = torch.cat([points, torch.tensor([[0.0, 0.0, 0.0]])])
    assert torch.allclose(arch_mm(points)[:-1], 30 * angle, atol=0.8)


def test_numbers_follow_the_widths():
    ends = np.concatenate([[0.0], np.cumsum(WIDTHS_MM[0])])
    assert torch.allclose(numbered(torch.tensor(ends).float(), WIDTHS_MM[0]), torch.arange(8.0), atol=1e-5)
    assert torch.allclose(numbered(torch.tensor([-4.25]), WIDTHS_MM[0]), torch.tensor([-0.5]))


def test_edge_of_a_level_row():
    along = torch.linspace(-20, 20, 81).repeat(3)
    height = torch.tensor([0.0, 5.0, 9.0]).repeat_interleave(81)
    assert torch.allclose(edge_height(along, height), torch.zeros(243), atol=1e-5)


def test_teeth_of_the_default_model():
    model = load("default")
    teeth = teeth_of(model)
    on = model.region == REGIONS.index("teeth")
    number, rise = teeth.place[on, 0], teeth.place[on, 1]
    lower = number > LOWER / 2
    assert teeth.painted and (teeth.place[~on, :2] == 0).all() and lower.sum() * 2 == on.sum()
    for jaw in (number[~lower], number[lower] - LOWER):
        assert -7 <= jaw.min() < -5 and 5 < jaw.max() <= 7
        assert torch.allclose(jaw.sort()[0], -jaw.sort()[0].flip(0), atol=0.1)
    assert (rise > -1.5).all() and 6 < rise.max() < 25
    x = model.mean[on, 0]
    assert (torch.sign(x[x.abs() > 1]) == torch.sign((number - LOWER * lower)[x.abs() > 1])).all()
    tongue = teeth.place[:, 3] > 0.5
    assert 300 < tongue.sum() < 1500 and (model.region[tongue] == REGIONS.index("mouth_inside")).all()
