from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from recon.faces.parsing import OCCLUDER
from recon.train.augment import AugmentConfig, augment, occlude, recolour

STILL = AugmentConfig(occluders=0, colour=0, grey=0, shadow=0, degrade=0)


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


def test_an_occluder_takes_the_labels_with_it(batch: dict[str, Tensor]) -> None:
    occluded = occlude(batch, np.random.default_rng(0), most=3)
    hidden = (occluded["mask"] == 0) & (batch["mask"] == 1)
    assert hidden.any() and (occluded["mask"] == 1).any()
    for name in ("position_mm", "correspondence", "normals"):
        assert not (occluded[name] * hidden).any()
        assert torch.equal(occluded[name] * ~hidden, batch[name] * ~hidden)
    changed = (occluded["rgb"] != batch["rgb"]).any(1, keepdim=True)
    assert changed[hidden].float().mean() > 0.99


def test_an_occluder_hides_nothing_of_the_whole_face(batch: dict[str, Tensor]) -> None:
    """A batch that knows `visible` has its other maps of the face under things: one thing more changes none of them."""
    whole = {**batch, "visible": batch["mask"] * (torch.arange(32) < 15)}
    occluded = occlude(whole, np.random.default_rng(0), most=3)
    assert all(torch.equal(occluded[name], batch[name]) for name in ("mask", "position_mm", "correspondence"))
    hidden = (occluded["visible"] == 0) & (whole["visible"] == 1)
    assert hidden.any() and not (occluded["normals"] * hidden).any()


def test_grey_images_have_no_colour(batch: dict[str, Tensor]) -> None:
    grey = recolour(batch["rgb"], np.random.default_rng(0), strength=0.0, grey=1.0)
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    torch.testing.assert_close(grey, (batch["rgb"] * weights).sum(1, keepdim=True).expand(-1, 3, -1, -1))


def test_each_channel_is_scaled_by_itself(batch: dict[str, Tensor]) -> None:
    dark = {"rgb": batch["rgb"] / 2}
    factors = augment(dark, 0, 1, replace(STILL, channels=0.4))["rgb"] / dark["rgb"]
    found = factors.amax((2, 3))
    torch.testing.assert_close(found, factors.amin((2, 3)), atol=1e-4, rtol=0)
    assert 0.6 <= found.min() < 0.8 and 1.2 < found.max() <= 1.4 and len(found.unique()) == 12


def test_labels_over_an_atlas_stay_under_occluders(batch: dict[str, Tensor]) -> None:
    atlas = {"rgb": batch["rgb"], "uv_position": torch.rand(4, 3, 32, 32), "uv_weight": torch.ones(4, 1, 32, 32)}
    hidden = occlude(atlas, np.random.default_rng(0), 3)
    assert not torch.equal(hidden["rgb"], atlas["rgb"])
    assert all(torch.equal(hidden[name], atlas[name]) for name in ("uv_position", "uv_weight"))


def test_an_occluder_is_a_class_of_its_own_in_coarser_maps_too(batch: dict[str, Tensor]) -> None:
    coarse = {name: value[..., ::2, ::2] for name, value in batch.items() if name != "rgb"}
    classes = torch.ones(4, 1, 16, 16)
    occluded = occlude({"rgb": batch["rgb"], **coarse, "classes": classes}, np.random.default_rng(0), most=3)
    changed = occluded["classes"] == OCCLUDER
    assert changed.any() and (occluded["classes"][~changed] == 1).all()
    assert not (occluded["mask"] * changed).any() and occluded["mask"].shape == (4, 1, 16, 16)
