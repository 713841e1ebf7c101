"""Slow fields of a face model, by which people are painted. An eye's opening is given from its outer corner on."""

import pytest
import torch

from recon.people.template import LID_MM, LOWER_LID, about_eye

OPENING = torch.tensor([[-40.0, 0, 0], [-33, 3, 0], [-27, 3, 0], [-20, 0, 0], [-27, -3, 0], [-33, -3, 0]])


def test_skin_about_an_eye_is_told_by_its_distance_and_side() -> None:
    rim = torch.tensor([-36.5, 1.5, 0])  # half way from the outer corner to the upper lid
    normal = torch.tensor([-3.0, 7, 0]) / 58**0.5
    near, half, far = (about_eye((rim + way * LID_MM * normal)[None], OPENING).item() for way in (0.0, 0.5, 1.2))
    assert (near, half, far) == pytest.approx((1, 0.5, 0), abs=0.005)
    below = about_eye((rim + 0.5 * LID_MM * normal)[None] * torch.tensor([1, -1, 1]), OPENING).item()
    assert below == pytest.approx(0.5 * LOWER_LID, abs=0.005)
    inner, mirrored = about_eye(OPENING[3:4], OPENING), about_eye(OPENING[3:4] * torch.tensor([-1, 1, 1]), OPENING)
    assert 0 < inner.item() < 0.5
    assert mirrored.item() == 0  # on the other eye's side
    other = OPENING * torch.tensor([-1, 1, 1])
    assert about_eye(other[3:4], other).item() == pytest.approx(inner.item())
