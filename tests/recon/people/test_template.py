"""Slow fields of a face model, by which people are painted."""

import pytest
import torch

from recon.people.template import LID_MM, LOWER_LID, about_eye

OPENING = torch.tensor([[-3.0, 0, 0], [-1, 1, 0], [1, 1, 0], [3, 0, 0], [1, -1, 0], [-1, -1, 0]])


def test_skin_about_an_eye_is_told_by_its_distance() -> None:
    above, corner, far = torch.tensor([[0.0, 1 + LID_MM / 2, 0], [3, 0, 0], [0, 1, LID_MM + 5]]).split(1)
    assert about_eye(above, OPENING).item() == pytest.approx(0.5)
    assert about_eye(corner, OPENING).item() == pytest.approx(1, abs=0.1)
    assert about_eye(far, OPENING).item() == 0
    below = above * torch.tensor([1, -1, 1])
    assert about_eye(below, OPENING).item() == pytest.approx(0.5 * LOWER_LID)
