"""Every loss of the coarse stage: a case worked by hand, and zero where it should be."""

from __future__ import annotations

import math

import pytest
import torch

from recon.methods.deca.losses import (
    codes_loss,
    eye_closure_loss,
    identity_loss,
    landmark_loss,
    landmark_weights,
    lip_distance_loss,
    photometric_loss,
    products_of,
    regulariser,
)

MARKS = torch.rand(2, 68, 2, generator=torch.Generator().manual_seed(0))


def moved(*places: int, by: tuple[float, float]) -> torch.Tensor:
    other = MARKS.clone()
    other[:, list(places)] += torch.tensor(by)
    return other


def test_landmarks_count_as_the_authors_have_them() -> None:
    weights = landmark_weights(torch.device("cpu"))
    assert weights[[0, 5, 8, 11, 27, 30, 35, 36, 48, 54, 62]].tolist() == [1, 2, 1, 2, 1.5, 3, 3, 1, 3, 3, 1.5]
    assert float(landmark_loss(MARKS, MARKS)) == 0
    found = landmark_loss(moved(0, 30, by=(0.25, -0.5)), MARKS)
    assert float(found) == pytest.approx((1 + 3) * (0.25 + 0.5) / (68 * 2), rel=1e-5)


def test_lids_and_lips_are_told_by_differences_alone() -> None:
    everywhere = moved(*range(68), by=(0.3, -0.2))
    for loss in (eye_closure_loss, lip_distance_loss):
        assert float(loss(everywhere, MARKS)) == pytest.approx(0, abs=1e-6)
    winking = moved(37, 38, by=(0.0, 0.1))  # two upper lids of four pairs, one of two coordinates
    assert float(eye_closure_loss(winking, MARKS)) == pytest.approx(0.1 * 2 / 8, rel=1e-4)
    assert float(lip_distance_loss(winking, MARKS)) == 0
    speaking = moved(66, by=(0.06, 0.3))
    assert float(lip_distance_loss(speaking, MARKS)) == pytest.approx(0.36 / 6, rel=1e-4)
    assert float(eye_closure_loss(speaking, MARKS)) == 0


def test_colours_count_inside_the_skin_alone() -> None:
    image, skin = torch.full((2, 3, 4, 4), 0.5), torch.zeros(2, 1, 4, 4)
    skin[0, :, :2] = 1  # 8 pixels
    rendered = image.clone()
    rendered[:, :, 3] = 9.0
    assert float(photometric_loss(rendered, image, skin)) == 0
    rendered[0, 0, 0] += 0.3  # red of 4 of them
    rendered[0, 2, 1] -= 0.1  # blue of the others
    assert float(photometric_loss(rendered, image, skin)) == pytest.approx((4 * 0.3 + 4 * 0.1) / (3 * 8), rel=1e-5)
    assert float(photometric_loss(rendered, image, torch.zeros_like(skin))) == 0


def test_identity_is_one_minus_the_cosine() -> None:
    one = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert float(identity_loss(5 * one, one)) == pytest.approx(0, abs=1e-6)
    other = torch.tensor([[0.0, 3.0], [1.0, 1.0]])  # across, and by 45 degrees
    assert float(identity_loss(other, one)) == pytest.approx((1 + 1 - math.sqrt(0.5)) / 2, rel=1e-5)


def test_regularisers_are_half_the_squares() -> None:
    assert float(regulariser(torch.zeros(2, 5))) == 0
    assert float(regulariser(torch.tensor([[1.0, -2.0], [0.0, 3.0]]))) == pytest.approx((5 + 9) / 2 / 2)


def test_shapes_are_told_apart_by_the_distance_of_their_vertices() -> None:
    """Against the vertices themselves; the second mode lies across the mean, the first one is the mean's size."""
    random = torch.Generator().manual_seed(1)
    mean, other = torch.randn(2, 50, 3, generator=random)
    mean, other = mean - mean.mean(0), other - other.mean(0)
    other = other - mean * (other * mean).sum() / mean.square().sum()
    products = products_of(torch.stack([0.3 * mean, other]) + 7.0, mean)
    apart = codes_loss(torch.tensor([[2.0, 0.5]]), torch.tensor([[-1.0, -1.0]]), products)
    assert float(apart) == pytest.approx(float((1.5 * other).square().sum(1).mean().sqrt()), rel=1e-3)
    fewer = codes_loss(torch.tensor([[2.0]]), torch.tensor([[-1.0, -1.0]]), products)  # a mode that is not told
    assert float(fewer) == pytest.approx(float(other.square().sum(1).mean().sqrt()), rel=1e-3)


def test_shapes_that_are_not_known_do_not_count() -> None:
    products = torch.eye(2)
    found = torch.tensor([[1.0, 1.0], [3.0, 4.0]], requires_grad=True)
    loss = codes_loss(found, torch.tensor([[math.nan, math.nan], [0.0, 0.0]]), products)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(5, rel=1e-3)
    assert found.grad is not None and found.grad[0].tolist() == [0, 0] and found.grad.isfinite().all()
    nobody = codes_loss(found, torch.full((2, 2), math.nan), products)
    assert float(nobody.detach()) == 0
