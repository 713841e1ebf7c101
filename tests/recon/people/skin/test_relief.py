"""Relief of the skin: its gradient against finite differences, and normals that stay where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import warp as wp
from torch.nn import functional

from recon.geometry.launch import launch
from recon.people.noise import SIDE
from recon.people.skin.furrows import Crease, resolved
from recon.people.skin.relief import Relief, grain_volume, height_and_gradient, raised, relief_of
from recon.people.skin.wrinkles import draw_skin

COUNT = 4000
SKIN = replace(draw_skin(np.random.default_rng(0)), offset=(0.0, 0.0, 0.0))
POSED = torch.tensor([[0.0, 0.0, -600.0], [5.0, 1.0, -601.0], [1.0, 4.0, -598.0]])
TEMPLATE = torch.tensor([[3.0, 2.0, 3.0], [5.0, 2.0, 3.5], [3.0, 4.5, 2.8]])  # stretched by pose and person
EDGES = POSED[1:] - POSED[0]
NORMAL = functional.normalize(EDGES[0].cross(EDGES[1], dim=0), dim=0)


@wp.kernel
def at_points(
    relief: Relief,
    weights: wp.array(dtype=wp.vec3),
    normal: wp.vec3,
    found: wp.array(dtype=wp.vec4),
    normals: wp.array(dtype=wp.vec3),
):
    i = wp.tid()
    found[i] = height_and_gradient(relief, 0, 1, 2, weights[i])
    normals[i] = raised(normal, wp.vec3(found[i][1], found[i][2], found[i][3]))


def relief_at(weights: torch.Tensor, depth=(0.0,) * 3, lines=0.0, pores=0.0, grain=None):
    """(P, 3) -> heights (P,), gradients (P, 3), normals (P, 3) on one triangle."""
    rows = torch.zeros(3, len(Crease))
    rows[:, Crease.PHASE] = torch.tensor([0.1, 1.7, -0.6])
    rows[:, Crease.DEPTH_MM] = torch.tensor(depth)
    rows[:, Crease.HALF] = 0.15
    rows[:, Crease.LINES_MM], rows[:, Crease.PORES_MM] = lines, pores
    relief = relief_of(SKIN, POSED, TEMPLATE, rows, pixel_mm=0.1)
    if grain is not None:
        relief.grain = wp.from_torch(grain, dtype=wp.vec4)
    found, normals = torch.empty(len(weights), 4), torch.empty(len(weights), 3)
    outputs = [wp.from_torch(found, dtype=wp.vec4), wp.from_torch(normals, dtype=wp.vec3)]
    inputs = [relief, wp.from_torch(weights.contiguous(), dtype=wp.vec3), wp.vec3(*NORMAL.tolist()), *outputs]
    launch(at_points, len(weights), inputs, weights.device)
    return found[:, 0], found[:, 1:], normals


@pytest.fixture(scope="module")
def weights() -> torch.Tensor:
    return torch.distributions.Dirichlet(torch.ones(3)).sample((COUNT,))


def differences(weights: torch.Tensor, step: float, **relief) -> tuple[torch.Tensor, torch.Tensor]:
    """Derivatives of the height along both edges: by finite differences and from the gradient, (2, P) each."""
    gradient = relief_at(weights, **relief)[1]
    by_steps = []
    for corner in (1, 2):
        move = torch.zeros(3)
        move[corner], move[0] = step, -step
        ahead, behind = (relief_at(weights + sign * move, **relief)[0] for sign in (1, -1))
        by_steps.append((ahead - behind) / (2 * step))
    return torch.stack(by_steps), (gradient @ EDGES.T).T


def test_a_furrow_s_gradient_is_its_height_s(weights) -> None:
    by_steps, found = differences(weights, 2e-3, depth=(0.3, 0.1, 0.2))
    assert found.abs().max() > 0.5
    assert (by_steps - found).abs().mean() < 2e-3 * found.abs().max()


@pytest.mark.parametrize("kind", ["lines", "pores"])
def test_the_grain_s_gradient_is_its_height_s(weights, kind) -> None:
    slope = torch.tensor([0.15, -0.1, 0.2])  # a grain that is linear in x, y and z is interpolated exactly
    cells = torch.stack(torch.meshgrid(*[torch.arange(float(SIDE))] * 3, indexing="ij")[::-1], -1).view(-1, 3)
    grain = torch.cat([(cells @ slope)[:, None] - 2, slope.expand(len(cells), 3)], 1)
    by_steps, found = differences(weights, 1e-3, grain=grain, **({"lines": 1e-9} | {kind: 0.05}))
    assert found.abs().max() > 0.01
    assert (by_steps - found).abs().mean() < 5e-3 * found.abs().max()


def test_the_gradient_lies_in_the_surface_and_normals_lean_against_it(weights) -> None:
    _, gradient, normals = relief_at(weights, depth=(0.3, 0.3, 0.3), lines=0.05, pores=0.05)
    assert (gradient @ NORMAL).abs().max() < 1e-4
    assert torch.allclose(normals, functional.normalize(NORMAL - gradient, dim=1), atol=1e-5)
    assert torch.allclose(normals.norm(dim=1), torch.ones(COUNT), atol=1e-6)


def test_normals_stay_without_amplitude(weights) -> None:
    assert torch.allclose(relief_at(weights)[2], NORMAL.expand(COUNT, 3), atol=1e-6)


def test_heights_are_those_asked_for(weights) -> None:
    furrows = relief_at(weights, depth=(0.3,) * 3)[0]
    assert -0.3 - 1e-6 <= furrows.min() < -0.29 and furrows.max() <= 0
    lines = relief_at(weights, lines=0.05)[0]
    assert -0.05 - 1e-6 <= lines.min() < -0.045 and lines.max() <= 0


def test_grain_is_unit_normal_periodic_and_its_gradient_its_own() -> None:
    side = round(len(grain_volume()) ** (1 / 3))
    volume = grain_volume().view(side, side, side, 4)
    assert torch.equal(volume[0], volume[-1]) and torch.equal(volume[:, :, 0], volume[:, :, -1])
    assert abs(float(volume[..., 0].std()) - 1) < 0.03
    along_x = (volume[:, :, 2:, 0] - volume[:, :, :-2, 0]) / 2
    assert torch.corrcoef(torch.stack([along_x.reshape(-1), volume[:, :, 1:-1, 1].reshape(-1)]))[0, 1] > 0.99


def test_pixels_show_what_they_resolve() -> None:
    shares = [resolved(2.6, pixel) for pixel in (0.2, 0.64, 0.7, 0.8, 1.05, 3.0)]
    assert shares[0] == shares[1] == 1 and shares[-1] == shares[-2] == 0
    assert shares == sorted(shares, reverse=True) and 0 < shares[3] < shares[2] < 1
