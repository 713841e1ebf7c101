import numpy as np
import pytest

from synth2real.photos.balance import balancing_weights, shares, told
from synth2real.photos.batches import PhotoBatches
from synth2real.photos.traits import CLASSES, GROUPS, mouth_inside, tone_deg, traits_of


def traits(mouth, tone, glasses):
    return {"mouth": np.array(mouth), "tone": np.array(tone), "glasses": np.array(glasses)}


def drawn(count, seed):
    rng = np.random.default_rng(seed)
    return traits(rng.integers(0, 2, count), rng.integers(0, 3, count), (rng.random(count) < 0.2).astype(int))


def test_each_group_is_drawn_as_often_as_it_is_rendered():
    photos, renders = drawn(300, 0), drawn(200, 1)
    renders["mouth"][:150] = 0
    weights = balancing_weights(photos, renders)
    assert weights.sum() == pytest.approx(1)
    for trait, groups in photos.items():
        wanted = np.bincount(renders[trait], minlength=3) / 200
        np.testing.assert_allclose(shares(groups, weights, 3), wanted, atol=5e-3)
    assert "mouth: closed" in told(photos, renders, weights) and "(renders 8" in told(photos, renders, weights)


def test_what_no_photo_shows_is_left_out_and_a_rare_one_is_not_learnt_by_heart():
    photos, renders = drawn(100, 0), drawn(100, 1)
    photos["glasses"][:] = 0
    renders["glasses"][:] = 1
    assert balancing_weights(photos, renders).sum() == pytest.approx(1)
    photos["glasses"][0] = 1
    weights = balancing_weights(photos, renders)
    assert weights[0] == pytest.approx(0.1) and weights.sum() == pytest.approx(1)  # ten times the average


def test_batches_follow_the_weights_and_depend_on_seed_and_step_alone():
    images = np.stack([np.full((8, 8, 3), 40 * i, np.uint8) for i in range(5)])
    batches = PhotoBatches(images, np.ones((5, 8, 8), bool), 4, 0, 0.0, np.array([0.1, 0.2, 0.7, 0, 0]))
    seen = np.concatenate([(batches(i)["photo"].mean((1, 2, 3)) * 255 / 40).round().numpy() for i in range(200)])
    np.testing.assert_allclose(np.bincount(seen.astype(int), minlength=5) / 800, [0.1, 0.2, 0.7, 0, 0], atol=0.04)
    assert np.array_equal(batches(3)["photo"], batches(3)["photo"])


def test_an_open_mouth_and_a_tone_by_hand():
    classes = np.full((2, 10, 10), CLASSES.index("skin"), np.uint8)
    classes[0, :5] = CLASSES.index("hair")
    classes[0, 9, :2] = CLASSES.index("teeth"), CLASSES.index("mouth_inside")
    np.testing.assert_allclose(mouth_inside(classes), [2 / 50, 0])
    image = np.full((4, 4, 3), (198, 134, 66), np.uint8)  # L* 61.2, b* 45.6
    assert tone_deg(image, np.ones((4, 4), bool)) == pytest.approx(13.8, abs=0.2)
    assert np.isnan(tone_deg(image, np.zeros((4, 4), bool)))


def test_traits_by_hand():
    classes = np.full((2, 32, 32), CLASSES.index("skin"), np.uint8)
    classes[1, 16, 8:24] = CLASSES.index("teeth")
    images = np.stack([np.full((32, 32, 3), 230, np.uint8), np.full((32, 32, 3), (90, 60, 45), np.uint8)])
    found = traits_of(images, classes, np.ones((2, 32, 32), bool))
    assert {trait: [GROUPS[trait][group] for group in groups] for trait, groups in found.items()} == {
        "mouth": ["closed", "open"],
        "tone": ["light", "dark"],
        "glasses": ["none", "none"],
    }
