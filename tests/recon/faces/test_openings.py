"""Edges of eyes and mouth: distances on a known opening, lids found on the default model."""

from __future__ import annotations

import numpy as np
import torch
import warp as wp

from recon.faces import load
from recon.faces.model import REGIONS
from recon.faces.openings import KNOTS, lid_edges, lip_edges, resampled, within


@wp.kernel
def measure(opening: wp.array(dtype=wp.float32), at: wp.array(dtype=wp.vec2), found: wp.array(dtype=wp.vec3)):
    p = wp.tid()
    found[p] = within(opening, 2, at[p][0], at[p][1])


def test_distances_in_a_triangle_over_a_line():
    upper, lower = np.array([[-6.0, 0.0], [0.0, 3.0], [6.0, 0.0]]), np.array([[-6.0, 0.0], [6.0, 0.0]])
    opening = np.concatenate([[9.0, 9.0], resampled(upper, lower)]).astype(np.float32)
    assert len(opening) == 2 + 2 + 2 * KNOTS
    places = [[0.0, 0.0], [3.0, 1.0], [-3.0, 2.0], [7.0, -1.0]]
    found = wp.zeros(4, dtype=wp.vec3, device="cpu")
    inputs = [wp.array(opening, dtype=wp.float32, device="cpu"), wp.array(places, dtype=wp.vec2, device="cpu"), found]
    wp.launch(measure, 4, inputs, device="cpu")
    expected = [[3.0, 0.0, 0.5], [0.5, 1.0, 0.75], [-0.5, 2.0, 0.25], [1.0, -1.0, 1.0]]
    assert np.allclose(found.numpy(), expected, atol=1e-5)


def test_lids_run_from_corner_to_corner_around_the_eyeball():
    model = load("default")
    x, y = model.mean[:, 0], model.mean[:, 1]
    for side, corners in ((0, (36, 39)), (1, (42, 45))):
        ends = model.landmarks[list(corners)].tolist()
        upper, lower = lid_edges(model, side)
        for edge in (upper, lower):
            assert [edge[0], edge[-1]] == ends and len(edge) >= 8
            assert (x[edge].diff() > 0).all()
            assert (model.region[edge] != REGIONS.index("eyes")).all()
        table = resampled(model.mean[upper, :2].numpy(), model.mean[lower, :2].numpy())
        opened = table[2 : 2 + KNOTS] - table[2 + KNOTS :]
        assert 6.0 < opened.max() < 12.0 and (opened[1:-1] > 0.5).all()
        marks = model.mean[model.landmarks[[37, 38, 40, 41] if side == 0 else [43, 44, 46, 47]]]
        for mark, on_upper in zip(marks, (True, True, False, False), strict=True):
            line = upper if on_upper else lower
            assert abs(np.interp(mark[0], x[line], y[line]) - float(mark[1])) < 1.0
    left = lid_edges(model, 1)[0]
    mirrored = torch.tensor(np.interp(-x[left].numpy()[::-1], x[upper := lid_edges(model, 0)[0]], y[upper]).copy())
    assert torch.allclose(mirrored, y[left].flip(0).double(), atol=0.3)


def test_a_jaw_that_drops_opens_the_lips():
    model = load("default")
    gaps = []
    for expression in (model.coefficients({}), model.coefficients({"jawOpen": 0.6})):
        table = lip_edges(model.vertices(torch.zeros(len(model.identity_basis)), expression), model.landmarks)
        gaps.append(float((table[2 : 2 + KNOTS] - table[2 + KNOTS :]).max()))
    assert gaps[0] < 3.0 and gaps[1] > gaps[0] + 8.0
