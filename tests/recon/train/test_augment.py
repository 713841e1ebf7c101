from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from recon.train.augment import AugmentConfig, augment, flip, occlude, recolour, reframe

STILL = AugmentConfig(flip=0, occluders=0, colour=0, grey=0, shadow=0, degrade=0)


@pytest.fixture
def batch() -> dict[str, Tensor]:
    torch.manual_seed(0)
    mask = torch.zeros(4, 1, 32, 32)
    mask[..., 4:28, 6:20] = 1
    maps = {name: torch.rand(4, 3, 32, 32) * mask for name in ("position_mm", "correspondence", "normals")}
    return {"rgb": torch.rand(4, 3, 32, 32), "mask": mask, **maps}


def test_the_same_step_gives_the_same_batch(batch: dict[str, Tensor]) -> None:
    first, again = augment(batch, 3, 5, AugmentConfig()), augment(batch, 3, 5, AugmentConfig())
    assert all(torch.equal(first[name], again[name]) for name in batch)
    assert not torch.equal(first["rgb"], augment(batch, 3, 6, AugmentConfig())["rgb"])
    assert not torch.equal(first["rgb"], augment(batch, 4, 5, AugmentConfig())["rgb"])


def test_the_batch_given_is_left_alone(batch: dict[str, Tensor]) -> None:
    before = {name: value.clone() for name, value in batch.items()}
    augment(batch, 0, 0, AugmentConfig())
    assert all(torch.equal(batch[name], before[name]) for name in batch)


def test_all_strengths_at_zero_change_nothing(batch: dict[str, Tensor]) -> None:
    still = augment(batch, 0, 0, STILL)
    for name in batch:
        torch.testing.assert_close(still[name], batch[name], rtol=0, atol=1e-5)


def test_the_image_stays_in_range(batch: dict[str, Tensor]) -> None:
    for step in range(5):
        rgb = augment(batch, 0, step, AugmentConfig())["rgb"]
        assert rgb.min() >= 0 and rgb.max() <= 1 and rgb.isfinite().all()


def test_two_flips_are_none(batch: dict[str, Tensor]) -> None:
    which = torch.tensor([True, False, True, False])
    twice = flip(flip(batch, which), which)
    for name in batch:
        torch.testing.assert_close(twice[name], batch[name], rtol=0, atol=1e-6)


def test_a_flip_mirrors_the_face(batch: dict[str, Tensor]) -> None:
    """The mirrored point at pixel (row, column) is the point of column W - 1 - column with x negated."""
    mirrored = flip(batch, torch.ones(4, dtype=torch.bool))
    for name in ("position_mm", "normals"):
        torch.testing.assert_close(mirrored[name][:, 0, 10, 15], -batch[name][:, 0, 10, 16])
        torch.testing.assert_close(mirrored[name][:, 1:, 10, 15], batch[name][:, 1:, 10, 16])
    torch.testing.assert_close(mirrored["correspondence"][:, 0, 10, 15], 1 - batch["correspondence"][:, 0, 10, 16])
    assert not (mirrored["correspondence"] * (1 - mirrored["mask"])).any()


def test_an_occluder_takes_the_labels_with_it(batch: dict[str, Tensor]) -> None:
    occluded = occlude(batch, np.random.default_rng(0), most=3)
    hidden = (occluded["mask"] == 0) & (batch["mask"] == 1)
    assert hidden.any() and (occluded["mask"] == 1).any()
    for name in ("position_mm", "correspondence", "normals"):
        assert not (occluded[name] * hidden).any()
        assert torch.equal(occluded[name] * ~hidden, batch[name] * ~hidden)
    changed = (occluded["rgb"] != batch["rgb"]).any(1, keepdim=True)
    assert changed[hidden].float().mean() > 0.99


def test_grey_images_have_no_colour(batch: dict[str, Tensor]) -> None:
    grey = recolour(batch["rgb"], np.random.default_rng(0), strength=0.0, grey=1.0)
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    torch.testing.assert_close(grey, (batch["rgb"] * weights).sum(1, keepdim=True).expand(-1, 3, -1, -1))


def test_other_frames_move_pictures_and_labels_alike():
    """Labels that name the place in the picture still name it; where a picture ends there is no face."""
    size = 48
    row, column = torch.meshgrid(torch.arange(size) + 0.5, torch.arange(size) + 0.5, indexing="ij")
    places = (torch.stack([column, row, torch.zeros_like(row)]) / size).expand(16, -1, -1, -1)
    batch = {"rgb": places.clone(), "mask": torch.ones(16, 1, size, size), "position_mm": places.clone()}
    after = reframe(batch, np.random.default_rng(0), 0.1)
    inside = after["mask"].expand(-1, 3, -1, -1) == 1
    assert (after["rgb"] - after["position_mm"])[inside].abs().max() < 1.2 / size  # nearest against bilinear
    assert 0.6 < after["mask"].mean() < 1 and not torch.equal(after["rgb"], batch["rgb"])
    assert after["position_mm"][after["mask"].expand(-1, 3, -1, -1) == 0].abs().max() == 0
    still = reframe(batch, np.random.default_rng(0), 1e-9)
    assert torch.allclose(still["rgb"], batch["rgb"], atol=1e-5) and torch.equal(still["mask"], batch["mask"])
