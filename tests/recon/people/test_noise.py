"""Solid noise is smooth everywhere, also where its volume begins again."""

import torch

from recon.people.noise import SIDE, solid_noise, volume


def test_it_is_unit_normal_and_the_same_each_time():
    assert torch.equal(volume(), volume.__wrapped__())
    assert abs(float(volume().std()) - 1) < 0.02 and abs(float(volume().mean())) < 0.02


def test_no_step_where_the_volume_begins_again():
    across = torch.linspace(-3.0, 3.0, 601) + (SIDE - 1)
    for axis in range(3):
        places = torch.full((3, 601), 10.3)
        places[axis] = across
        steps = solid_noise(places, 1.0, (0.0, 0.0, 0.0)).diff(dim=1).abs()
        assert steps.max() < 0.06  # 0.01 of a cell apart; corners of the grid are some units apart


def test_another_offset_is_another_pattern_and_a_whole_turn_the_same():
    places = torch.rand(3, 500) * 40
    plain = solid_noise(places, 2.0, (0.0, 0.0, 0.0))
    assert (plain - solid_noise(places, 2.0, (9.5, 0.0, 0.0))).abs().mean() > 0.3
    turned = solid_noise(places, 2.0, (float(SIDE - 1), 0.0, 0.0))
    assert torch.allclose(plain, turned, atol=1e-4)
