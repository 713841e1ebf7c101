from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from recon.methods.embedder.losses import margin_loss
from recon.methods.embedder.verification import best_threshold, people_right, verification


def test_the_margin_loss_equals_a_hand_worked_case() -> None:
    """60 degrees from its person's direction, margin 30: cos 90 = 0, as is that of the other person: log 2."""
    embedding = torch.tensor([[1.0, 0.0, 0.0]])
    directions = torch.tensor([[0.5, math.sqrt(0.75), 0.0], [0.0, 0.0, 4.0]])  # the second is not of unit length
    loss = margin_loss(embedding, directions, torch.tensor([0]), math.radians(30), 20.0)
    assert float(loss) == pytest.approx(math.log(2), abs=1e-6)
    other = margin_loss(embedding, directions, torch.tensor([1]), math.radians(30), 2.0)  # cos 120 = -1/2 against 1/2
    assert float(other) == pytest.approx(math.log(1 + math.exp(2.0)), abs=1e-6)


def test_without_a_margin_it_is_the_cross_entropy_of_cosines() -> None:
    torch.manual_seed(0)
    embeddings = torch.nn.functional.normalize(torch.randn(5, 8), dim=1)
    directions, person = torch.nn.functional.normalize(torch.randn(7, 8), dim=1), torch.tensor([0, 3, 6, 1, 1])
    plain = torch.nn.functional.cross_entropy(10 * embeddings @ directions.T, person)
    assert float(margin_loss(embeddings, directions, person, 0.0, 10.0)) == pytest.approx(float(plain), abs=1e-6)


def test_it_falls_toward_the_persons_direction_from_everywhere() -> None:
    """Also where angle and margin pass half a turn, and with a finite slope on the direction itself."""
    angles = torch.linspace(0, math.pi, 181, dtype=torch.float64)
    embeddings = torch.stack([angles.cos(), angles.sin(), torch.zeros(181)], 1).requires_grad_(True)
    directions = torch.tensor([[1.0, 0, 0], [0, 0, 1.0]], dtype=torch.float64)
    losses = torch.stack([margin_loss(e[None], directions, torch.tensor([0]), 0.5, 1.0) for e in embeddings])
    assert (losses.diff() > 0).all()
    losses.sum().backward()
    assert embeddings.grad is not None and bool(embeddings.grad.isfinite().all())


def test_verification_of_parted_and_of_mixed_people() -> None:
    corners = np.eye(6).repeat(3, 0)
    told = verification(corners, np.arange(6).repeat(3))
    assert (told.accuracy, told.area, told.same, told.different) == (1.0, 1.0, 1.0, 0.0)
    assert (told.people, told.pairs) == (6, 18)
    alike = verification(np.ones((18, 1)), np.arange(6).repeat(3))
    assert alike.area == 0.5 and alike.accuracy == pytest.approx(0.5)
    with pytest.raises(ValueError, match="too few"):
        verification(np.eye(3), np.arange(3))


def test_the_threshold_parts_what_can_be_parted() -> None:
    values, alike = np.array([0.9, 0.2, 0.6, 0.6, 0.1]), np.array([True, False, True, True, False])
    assert best_threshold(values, alike) == pytest.approx(0.4)


def test_a_person_whose_photos_differ_lowers_their_own_share() -> None:
    """Five people on axes of their own; the first's second photo looks like the second person's."""
    embeddings, person = np.eye(5).repeat(2, 0), np.arange(5).repeat(2)
    embeddings[1] = embeddings[2]
    right = people_right(embeddings, person)
    assert right[0] < 0.6 < right[1] < 1 and (right[2:] > 0.95).all()
    alone = people_right(np.concatenate([np.eye(5).repeat(2, 0), np.eye(5)[:1]]), np.append(np.arange(5).repeat(2), 9))
    assert np.isnan(alone[5]) and alone[1] == 1.0
